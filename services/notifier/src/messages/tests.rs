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

fn sample() -> BTreeMap<String, String> {
    variables(&[
        ("code", "S-7K3M9"),
        ("protocol", "2026/0000001"),
        ("office", "STRADE"),
        ("take_in_charge_by", "2026-11-24T15:00:00Z"),
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
            let text = messages.text(*template, *channel, &sample(), "Parole dell'operatore.").unwrap();
            assert!(text.len() > 10 && !text.contains("{{") && !text.contains("  "), "{template} {channel}: {text}");
        }
    }
}

#[test]
fn codes_leave_as_words() {
    let text = messages().text(Template::Receipt, Channel::Whatsapp, &sample(), "").unwrap();
    assert!(text.contains("entro martedì 24 novembre alle 16"), "{text}");
    let text = messages().text(Template::TakenInCharge, Channel::Whatsapp, &sample(), "").unwrap();
    assert!(text.contains("2026/0000001") && text.contains("Strade"), "{text}");
    let text = messages().text(Template::Status, Channel::FacebookPost, &sample(), "").unwrap();
    assert!(text.contains("presa in carico") && text.contains("4 dicembre 2026"), "{text}");
}

#[test]
fn what_may_be_missing_leaves_no_hole() {
    let some = variables(&[("reference", "S-7K3M9"), ("state", "received")]);
    let text = messages().text(Template::Status, Channel::Whatsapp, &some, "").unwrap();
    assert_eq!(text, "Segnalazione S-7K3M9: ricevuta, in attesa di essere presa in carico.");
}

#[test]
fn every_emergency_names_112_and_no_refusal_sounds_like_a_success() {
    let messages = messages();
    for channel in Channel::ALL {
        for template in [Template::Emergency, Template::Receipt, Template::ReceiptAsk] {
            assert!(messages.text(template, *channel, &sample(), "").unwrap().contains("112"));
        }
        for template in [Template::NotFeasible, Template::NotPertinent] {
            let text = messages.text(template, *channel, &sample(), "No.").unwrap().to_lowercase();
            assert!(!text.contains("risolt") && !text.contains("si può fare"), "{text}");
        }
    }
}

#[test]
fn nothing_is_shortened() {
    let long = "a".repeat(3000);
    let error = messages().text(Template::Answer, Channel::Messenger, &sample(), &long).unwrap_err();
    assert_eq!(error.code(), "text_too_long");
    assert!(messages().text(Template::Answer, Channel::Whatsapp, &sample(), &long).is_ok());
}

#[test]
fn words_are_not_a_template() {
    let text = messages().text(Template::Answer, Channel::Whatsapp, &sample(), "{{ protocol }} & <b>").unwrap();
    assert!(text.ends_with("{{ protocol }} & <b>"), "{text}");
}

#[test]
fn after_a_day_whatsapp_gets_the_approved_template() {
    let template = messages().whatsapp(Template::TakenInCharge, &sample(), "").unwrap();
    assert_eq!(template.name, "segnalalo_presa_in_carico");
    assert_eq!(template.parameters[..2], ["S-7K3M9", "2026/0000001"]);
    assert_eq!(messages().whatsapp(Template::Status, &sample(), ""), None);
    let answer = messages().whatsapp(Template::Answer, &sample(), "una\nriga").unwrap();
    assert_eq!(answer.parameters[1], "una riga");
}

#[test]
fn a_wrong_file_is_refused_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("messages")).unwrap();
    let original = std::fs::read_to_string(city().join("messages/messages.toml")).unwrap();
    for (from, to, key) in [
        ("è {{ code }}", "è {{ citizen }}", "receipt.private"),
        ("[thanks]", "[tanks]", "thanks"),
        ("resolved = \"risolta\"", "", "states.resolved"),
        (
            "parameters = [\"code\", \"protocol\", \"office\"]",
            "parameters = [\"phone\"]",
            "taken_in_charge.whatsapp.parameters",
        ),
    ] {
        std::fs::write(folder.path().join("messages/messages.toml"), original.replacen(from, to, 1)).unwrap();
        let error = Messages::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains(key), "{error} should name {key}");
    }
}
