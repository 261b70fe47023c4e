use super::*;

fn messages() -> Messages {
    Messages::load(&city()).unwrap()
}

fn city() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/biella")
}

fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn now() -> Timestamp {
    "2026-11-23T09:00:00+01:00".parse().unwrap()
}

fn sample() -> BTreeMap<String, String> {
    variables(&[
        ("code", "S-7K3M9"),
        ("protocol", "2026/0000001"),
        ("office", "STRADE"),
        ("take_in_charge_by", "2026-11-24T15:00:00Z"),
        ("answer_by", "2027-01-04T15:00:00Z"),
        ("expected_by", "2026-12-04"),
        ("reference", "2026/0000001"),
        ("state", "taken_in_charge"),
    ])
}

#[test]
fn every_message_has_words_on_every_channel() {
    let messages = messages();
    for template in Template::ALL {
        for channel in Channel::ALL {
            let text = messages.text(*template, *channel, &sample(), "Parole dell'operatore.", now()).unwrap();
            assert!(text.len() > 10 && !text.contains("{{") && !text.contains("  "), "{template} {channel}: {text}");
        }
    }
}

#[test]
fn codes_leave_as_words() {
    let text = messages().text(Template::Receipt, Channel::Whatsapp, &sample(), "", now()).unwrap();
    assert!(text.contains("entro martedì 24 novembre alle 16"), "{text}");
    let text = messages().text(Template::TakenInCharge, Channel::Whatsapp, &sample(), "", now()).unwrap();
    assert!(text.contains("2026/0000001") && text.contains("Strade"), "{text}");
    let text = messages().text(Template::Status, Channel::FacebookPost, &sample(), "", now()).unwrap();
    assert!(text.contains("presa in carico") && text.contains("4 dicembre 2026"), "{text}");
}

#[test]
fn what_may_be_missing_leaves_no_hole() {
    let some = variables(&[("reference", "S-7K3M9"), ("state", "received")]);
    let text = messages().text(Template::Status, Channel::Whatsapp, &some, "", now()).unwrap();
    assert_eq!(text, "Segnalazione S-7K3M9: ricevuta, in attesa di essere presa in carico.");
}

#[test]
fn every_emergency_names_112_and_no_refusal_sounds_like_a_success() {
    let messages = messages();
    for channel in Channel::ALL {
        for template in [Template::Emergency, Template::Receipt, Template::ReceiptAsk] {
            assert!(messages.text(template, *channel, &sample(), "", now()).unwrap().contains("112"));
        }
        for template in [Template::NotFeasible, Template::NotPertinent] {
            let text = messages.text(template, *channel, &sample(), "No.", now()).unwrap().to_lowercase();
            assert!(!text.contains("risolt") && !text.contains("si può fare"), "{text}");
        }
    }
}

#[test]
fn nothing_is_shortened() {
    let long = "a".repeat(3000);
    let error = messages().text(Template::Answer, Channel::Messenger, &sample(), &long, now()).unwrap_err();
    assert_eq!(error.code(), "text_too_long");
    assert!(messages().text(Template::Answer, Channel::Whatsapp, &sample(), &long, now()).is_ok());
}

#[test]
fn words_are_not_a_template() {
    let text = messages().text(Template::Answer, Channel::Whatsapp, &sample(), "{{ protocol }} & <b>", now()).unwrap();
    assert!(text.ends_with("{{ protocol }} & <b>"), "{text}");
}

#[test]
fn after_a_day_whatsapp_gets_the_approved_template() {
    let template = messages().whatsapp(Template::TakenInCharge, &sample(), "", now()).unwrap();
    assert_eq!(template.name, "segnalalo_presa_in_carico");
    assert_eq!(template.parameters[..2], ["S-7K3M9", "2026/0000001"]);
    assert!(template.text.contains("Numero di protocollo: 2026/0000001. Se ne occupa: "), "{}", template.text);
    assert_eq!(messages().whatsapp(Template::Status, &sample(), "", now()), None);
}

#[test]
fn the_operators_words_stay_whole_in_a_template_and_are_none_themselves() {
    let answer = messages().whatsapp(Template::Answer, &sample(), "una\nriga con {{1}}", now()).unwrap();
    assert_eq!(answer.parameters[1], "una riga con {{1}}");
    assert!(answer.text.contains("domanda: una riga con {{1}} Per altre"), "{}", answer.text);
    let resolved = messages().whatsapp(Template::Resolved, &sample(), "", now()).unwrap();
    assert_eq!(resolved.parameters[1], "-", "Meta takes no empty parameter");
}

/// Whoever decides what is owed gives each of these.
#[test]
fn what_a_text_needs_and_does_not_get_is_for_a_person() {
    let error =
        messages().text(Template::TakenInCharge, Channel::Whatsapp, &variables(&[("code", "S-7K3M9")]), "", now());
    assert_eq!(error.unwrap_err().code(), "text_variables");
    let empty = variables(&[("protocol", "")]);
    assert!(messages().text(Template::Answer, Channel::Whatsapp, &empty, "Sì.", now()).is_err());
    assert!(
        messages().text(Template::NotFeasible, Channel::Whatsapp, &sample(), " ", now()).is_err(),
        "no reason given"
    );
}

#[test]
fn messenger_citizens_are_told_about_the_seven_days_and_leave_another_contact() {
    let text = |channel| messages().text(Template::Receipt, channel, &sample(), "", now()).unwrap();
    assert!(text(Channel::Messenger).contains("7 giorni") && text(Channel::Messenger).contains("altro recapito"));
    assert!(!text(Channel::Whatsapp).contains("7 giorni"));
}

#[test]
fn a_public_answer_is_short() {
    for template in Template::ALL {
        let text = messages()
            .text(*template, Channel::FacebookPost, &sample(), "", now())
            .or_else(|_| messages().text(*template, Channel::FacebookPost, &sample(), "Parole.", now()));
        let length = text.unwrap().chars().count();
        assert!(length < 300, "{template}: {length}");
    }
}

#[test]
fn a_wrong_file_is_refused_with_its_key_and_what_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("messages")).unwrap();
    let original = std::fs::read_to_string(city().join("messages/messages.toml")).unwrap();
    for (from, to, key, expected) in [
        ("è {{ code }}", "è {{ citizen }}", "receipt.private", "citizen"),
        ("Come trattiamo i suoi dati: {{ privacy }}", "", "receipt.private", "expected {{ privacy }} in it"),
        ("privacy = \"https", "privacy = \"http", "privacy", "https://"),
        ("è {{ code }}", "è {{ code ", "receipt.private", "syntax error"),
        ("è {{ code }}", "è {{ code | shout }}", "receipt.private", "shout"),
        ("Il motivo:\n{{ words }}", "", "not_feasible.private", "expected {{ words }} in it"),
        (
            "{% if expected_by %}\nLa nuova data prevista è {{ expected_by }}.{% endif %}",
            "{{ expected_by }}",
            "progress.private",
            "{% if",
        ),
        ("[thanks]", "[tanks]", "thanks", "missing"),
        ("resolved = \"risolta\"", "", "states.resolved", "no words"),
        ("\"protocol\", \"office\"]", "\"phone\"]", "taken_in_charge.whatsapp.parameters", "phone"),
        ("[\"code\", \"protocol\", \"office\"]", "[\"code\"]", "taken_in_charge.whatsapp.body", "[1]"),
        ("{{2}} Può rispondere qui. Grazie.\"", "{{2}}.\"", "question.whatsapp.body", "behind the last"),
    ] {
        assert!(original.contains(from), "{from}");
        std::fs::write(folder.path().join("messages/messages.toml"), original.replacen(from, to, 1)).unwrap();
        let error = Messages::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains("messages.toml") && error.contains(key) && error.contains(expected), "{error}");
    }
}

/// `cargo test -p segnalalo-notifier every_text -- --nocapture` to read them.
#[test]
fn every_text_can_be_printed() {
    for template in Template::ALL {
        for channel in [Channel::Whatsapp, Channel::Messenger, Channel::FacebookPost] {
            let text = messages().text(*template, channel, &sample(), "Parole dell'operatore.", now()).unwrap();
            println!("--- {template} {channel}\n{text}");
        }
        if let Some(approved) = messages().whatsapp(*template, &sample(), "Parole dell'operatore.", now()) {
            println!("--- {template} {}\n{}", approved.name, approved.text);
        }
    }
}

#[test]
fn the_first_message_says_where_to_read_how_his_data_are_used_and_fits_every_channel() {
    for channel in Channel::ALL {
        for template in [Template::Receipt, Template::ReceiptAsk, Template::Emergency] {
            let text = messages().text(template, *channel, &sample(), "", now()).unwrap();
            assert!(text.contains("https://www.comune.biella.it/privacy"), "{template} {channel}: {text}");
        }
    }
    for template in [Template::Receipt, Template::ReceiptAsk] {
        let approved = messages().whatsapp(template, &sample(), "", now()).unwrap();
        assert!(approved.text.contains("https://www.comune.biella.it/privacy"), "{}", approved.text);
        // Meta: the body of a template takes 1024 characters.
        assert!(approved.text.chars().count() <= 1024);
    }
}

/// GDPR art. 13 par. 1 and 2, letter by letter.
#[test]
fn the_page_on_personal_data_has_everything_that_article_13_asks() {
    let page = std::fs::read_to_string(city().join("pages/privacy.md")).unwrap();
    let headings = page.lines().filter_map(|line| line.strip_prefix("## ")).collect::<Vec<_>>();
    for (asked, heading, words) in [
        ("1(a) controller", "Chi è il titolare del trattamento", "Comune di Biella"),
        ("1(b) data protection officer", "Il responsabile della protezione dei dati", "DPO"),
        ("1(c) purposes", "Perché trattiamo i suoi dati", "segnalazioni"),
        ("1(c) legal basis", "La base giuridica", "articolo 6, paragrafo 1, lettera e)"),
        ("1(e) recipients", "Chi riceve i dati", "Meta Platforms Ireland"),
        ("1(f) third countries", "Il trasferimento fuori dall'Unione europea", "Stati Uniti"),
        ("2(a) retention", "Per quanto tempo li conserviamo", "5 anni"),
        ("2(b) rights", "I suoi diritti", "articolo 15"),
        ("2(c) no consent", "I suoi diritti", "revoca del consenso"),
        ("2(d) complaint", "Il reclamo al Garante", "articolo 77"),
        ("2(e) whether it must be given", "È obbligatorio darci i dati?", "sua scelta"),
        ("2(f) automated decisions", "Perché trattiamo i suoi dati", "nessuna decisione"),
    ] {
        assert!(headings.contains(&heading), "{asked}: no heading {heading:?}");
        let section = page.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
        assert!(section.contains(words), "{asked}: {heading:?} doesn't say {words:?}");
    }
}
