//! The borders between offices that were decided for the city, and what else the taxonomy says outright.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use segnalalo_domain::words::{Channel, Kind, Stance, Urgency};
use segnalalo_triage::classify::{Classifier, Message, Verdict};
use std::path::Path;

fn classifier() -> Classifier {
    Classifier::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/biella")).unwrap()
}

fn classify(text: &str) -> Verdict {
    classifier().classify(&Message { channel: Channel::Whatsapp, text, has_attachments: false, is_location: false })
}

#[test]
fn each_border_is_where_it_was_decided() {
    for (text, office) in [
        ("il tombino di via Torino fa rumore quando passano le auto", "STRADE"),
        ("dal tombino di via Torino esce odore di fogna", "ACQUA"),
        ("caditoia ostruita dalle foglie in via Milano", "STRADE"),
        ("cacca di cane sul marciapiede di via Italia", "RIFIUTI"),
        ("rifiuti abbandonati in fondo a via Carso", "RIFIUTI"),
        ("semaforo spento in via Milano", "LUCE"),
        ("il semaforo di via Milano da verde solo cinque secondi", "POLIZIA"),
        ("sottopasso allagato in via Trossi", "PROTCIV"),
        ("il torrente ha mangiato l'argine", "PROTCIV"),
        ("la bolletta TARI è sbagliata", "TRIBUTI"),
        ("il cassonetto non si apre", "RIFIUTI"),
        ("piove nella scuola elementare di via Coda", "SCUOLA"),
        ("il campo da calcio comunale è senza rete", "CULTURA_SPORT"),
        ("al cimitero di Oremo l'erba è alta", "DEMOGRAFICI"),
        ("il contrassegno disabili di mia madre è scaduto, come si rinnova?", "POLIZIA"),
        ("cade intonaco dalla facciata di una casa disabitata in via Scaglia", "EDILIZIA_SUAP"),
    ] {
        assert_eq!(classify(text).office.as_deref(), Some(office), "{text}");
    }
}

#[test]
fn a_facade_that_is_falling_now_is_an_emergency() {
    let verdict = classify("sta cadendo il cornicione in via Italia sopra la gente");
    assert_eq!((verdict.kind, verdict.urgency), (Kind::Emergency, Urgency::Emergency));
    assert_eq!(verdict.office.as_deref(), Some("EDILIZIA_SUAP"));
}

#[test]
fn who_thanks_or_insults_and_reports_reports() {
    for text in [
        "Grazie per il lavoro che fate, ma il lampione di via Trento è spento da un mese",
        "Siete dei buffoni, la buca di via Torino è lì da un anno",
    ] {
        assert_eq!(classify(text).kind, Kind::Report, "{text}");
    }
}

#[test]
fn who_says_that_it_is_not_solved_objects() {
    for text in ["non è risolto", "ancora rotto", "la buca c'è ancora", "Non avete risolto nulla!"] {
        let verdict = classify(text);
        assert_eq!((verdict.kind, verdict.stance), (Kind::FollowUp, Stance::Objects), "{text}");
    }
}

#[test]
fn who_is_content_thanks_and_is_satisfied() {
    for text in ["perfetto risolto grazie", "buca sistemata, grazie!"] {
        let verdict = classify(text);
        assert_eq!((verdict.kind, verdict.stance), (Kind::Thanks, Stance::Satisfied), "{text}");
    }
}

#[test]
fn what_concerns_somebody_else_has_no_office() {
    for text in ["buca davanti al municipio di Candelo", "prestiti in 24 ore senza busta paga, scrivimi"] {
        assert_eq!(classify(text).office, None, "{text}");
    }
}

#[test]
fn what_nobody_understands_goes_to_the_urp() {
    let verdict = classify("c'è una cosa strana vicino a quella cosa lì");
    assert_eq!((verdict.kind, verdict.office.as_deref()), (Kind::Report, Some("URP")));
    assert!(verdict.confidence < 0.36);
}

#[test]
fn personal_data_is_seen_and_public_places_are_not() {
    let verdict = classify("Mi chiamo Mario Rossi, abito in via Torino 12, tel 347 1234567. Buca in piazza Martiri");
    let kinds: Vec<&str> = verdict.pii.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["phone", "name", "address"]);
    assert!(verdict.pii.iter().all(|(_, value)| !value.contains("Martiri")));
}

#[test]
fn the_reasons_are_words_an_operator_understands() {
    let verdict = classify("lampione spento in via Trento");
    assert!(verdict.because.iter().any(|line| line.contains("«lampione»")), "{:?}", verdict.because);
}

#[test]
fn no_text_is_too_strange_to_be_classified() {
    let long = "buca ".repeat(20_000);
    for text in
        ["", " ", "\u{0}\u{301}", "🙏🙏", "é".repeat(500).as_str(), "@@##..&&||**", "v. p. c. 1/", long.as_str()]
    {
        let _ = classify(text);
    }
}
