//! Once around: two reports, every answer to both, and one that isn't solved after all.

use super::newcomer::{CHAT, Newcomer, WALL, picture};
use jiff::{Span, civil::Date};
use segnalalo_domain::calendar::local_date;
use segnalalo_kit::clock::{Clock as _, SystemClock};
use segnalalo_tests::harness::Screen;

const MONTHS: [&str; 12] = [
    "gennaio",
    "febbraio",
    "marzo",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "agosto",
    "settembre",
    "ottobre",
    "novembre",
    "dicembre",
];

fn in_two_weeks() -> Date {
    local_date(SystemClock.now()).checked_add(Span::new().days(14)).unwrap()
}

/// As the citizen reads it: "7 dicembre 2026".
fn in_words(date: Date) -> String {
    let month = MONTHS[usize::try_from(date.month()).unwrap() - 1];
    format!("{} {month} {}", date.day(), date.year())
}

/// The public code in a text: `S-7K3M9`.
fn code(text: &str) -> String {
    let start = text.find("S-").unwrap_or_else(|| panic!("no code in {text:?}"));
    text[start..start + 7].to_owned()
}

/// Each once, one after the other.
fn assert_in_order(text: &str, pieces: &[&str]) {
    let mut rest = text;
    for piece in pieces {
        assert_eq!(text.matches(piece).count(), 1, "{piece:?} once in {text}");
        let at = rest.find(piece).unwrap_or_else(|| panic!("{piece:?} comes too early in {text}"));
        rest = &rest[at + piece.len()..];
    }
}

/// What a pane says of the three steps of the operator.
struct Words {
    pane: &'static str,
    taken_in_charge: &'static str,
    feasible: &'static str,
    resolved: &'static str,
}

const ON_WHATSAPP: Words = Words {
    pane: CHAT,
    taken_in_charge: "è stata presa in carico. Numero di protocollo: ",
    feasible: "Prevediamo di intervenire entro ",
    resolved: "risulta risolto.",
};

const ON_FACEBOOK: Words = Words {
    pane: WALL,
    taken_in_charge: "presa in carico con protocollo ",
    feasible: "intervento previsto entro ",
    resolved: "segnalazione risolta.",
};

/// The operator solves it, and each step appears in the pane; the protocol number.
async fn solve(newcomer: &Newcomer, code: &str, words: &Words, note: &str) -> String {
    newcomer.operates(&["take-in-charge", code]);
    let shown = newcomer.reads(words.pane, words.taken_in_charge).await;
    let start = shown.find(words.taken_in_charge).unwrap() + words.taken_in_charge.len();
    let protocol = shown[start..start + "2026/0000001".len()].to_owned();

    let day = in_two_weeks();
    newcomer.operates(&["feasible", code, "--by", &day.to_string()]);
    let shown = newcomer.reads(words.pane, words.feasible).await;
    assert!(shown.contains(&in_words(day)), "the day in words: {shown}");

    newcomer.operates(&["resolve", code, "--text", note]);
    let shown = newcomer.reads(words.pane, note).await;
    assert_in_order(&shown, &[words.taken_in_charge, words.feasible, words.resolved, note]);
    protocol
}

#[tokio::test]
async fn a_newcomer_plays_citizen_and_operator_once_around() {
    let newcomer = Newcomer::arrives().await;

    newcomer.posts("Il lampione davanti alla scuola di via Torino è spento").await;
    let wall = newcomer.reads(WALL, "Codice S-").await;
    assert!(wall.contains("via Torino è spento #segnalaloaBiella"), "the hashtag came after the words: {wall}");
    newcomer.writes("Buongiorno, c'è una buca profonda in via Italia davanti al 12").await;
    let chat = newcomer.reads(CHAT, "Il codice è S-").await;
    let (on_facebook, on_whatsapp) = (code(&wall), code(&chat));
    assert_ne!(on_facebook, on_whatsapp);
    assert!(chat.contains("112") && wall.contains("112"), "who writes is told where emergencies go");
    newcomer.browser.holds("document.getElementById('waiting').hidden").await.unwrap();
    picture(&newcomer.browser, "receipts.png").await;

    let list = newcomer.operates(&["list"]);
    assert!(list.contains(&on_facebook) && list.contains(&on_whatsapp), "{list}");
    let protocol = solve(&newcomer, &on_whatsapp, &ON_WHATSAPP, "La buca è chiusa.").await;
    let other = solve(&newcomer, &on_facebook, &ON_FACEBOOK, "La lampadina è nuova.").await;
    assert!(protocol.ends_with("/0000001") && other.ends_with("/0000002"), "{protocol}, {other}");

    newcomer.writes("non è risolto, la buca c'è ancora").await;
    let chat = newcomer.reads(CHAT, &format!("Abbiamo riaperto la sua segnalazione {protocol}")).await;
    let wall = newcomer.reads(WALL, &other).await;
    assert!(!wall.contains(&protocol) && !chat.contains(&other), "each answer is where its question was");
    assert!(!wall.contains("riaperta"), "the other one stays solved");
    let story = newcomer.operates(&["show", &on_whatsapp]);
    assert!(story.contains("riaperta") && story.contains("buca profonda"), "{story}");
    assert!(newcomer.never_reloaded().await);

    newcomer.browser.holds("document.getElementById('waiting').hidden").await.unwrap();

    let poster = newcomer.opens_on(Screen::Poster).await;
    poster.shows(CHAT, "Abbiamo riaperto").await.unwrap();
    picture(&poster, "wall-and-phone.png").await;
    poster.close().await.unwrap();

    assert_fits_on_a_phone(&newcomer, &protocol).await;
    newcomer.browser.close().await.unwrap();
}

async fn assert_fits_on_a_phone(newcomer: &Newcomer, protocol: &str) {
    let phone = newcomer.opens_on(Screen::Phone).await;
    phone.click("[data-view-to=whatsapp]").await.unwrap();
    phone.shows(CHAT, &format!("Abbiamo riaperto la sua segnalazione {protocol}")).await.unwrap();
    for view in ["whatsapp", "messenger", "aside", "wall"] {
        phone.click(&format!("[data-view-to={view}]")).await.unwrap();
        let width = phone.value("document.documentElement.scrollWidth").await.unwrap();
        assert_eq!(width, 390, "{view} is as wide as the phone");
    }
    phone.click("[data-view-to=whatsapp]").await.unwrap();
    picture(&phone, "mobile.png").await;
    phone.close().await.unwrap();
}
