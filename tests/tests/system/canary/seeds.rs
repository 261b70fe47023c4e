//! Who lives in the canary's city, and the words, numbers, ids and secrets by which each would be recognised. They occur
//! nowhere else: not in the city's files, not in the sources of what runs.

use super::{super::media::PHOTO, search::Canary};
use segnalalo_kit::{
    config::Vars,
    master_key::{MasterKey, NAME, Purpose},
    rpc,
};
use segnalalo_tests::harness::{BROKER_KEY, Broker, Processes};
use std::collections::BTreeSet;

pub const PHONE: &str = "393517730462";
pub const NAME_WHATSAPP: &str = "Zenobia Quattrocchielli";
pub const NAME_POST: &str = "Ermenegildo Sventramucchi";
pub const NAME_COMMENT: &str = "Ludmilla Barbazzanini";
pub const NAME_MESSENGER: &str = "Onofrio Pappagallettini";
/// She writes under a post that isn't ours to answer.
pub const NAME_STRANGER: &str = "Serafina Ghirlandellona";

pub const REPORT: &str = "Voragine in via Italia 4, una cosa svarionatissima. Sono Zenobia Quattrocchielli, abito in vicolo \
    Pettirossolungò 37, codice fiscale QTTZNB61T52A859K, auto GX482RT, scrivete a zenobia.q@posta-canarina.example o \
    chiamate il 351 773 0462";
pub const POST: &str = "#segnalaloaBiella lampione spento in via Torino, abito di fronte e sono infuriatissimissimo";
pub const COMMENT: &str = "anche da me, in strada Beccacciniera 12, chiamatemi al 328-9904417";
pub const PRIVATE: &str = "Rifiuti abbandonati in via Pietro Micca, li ha lasciati il mio vicino Sgombrinelli";
pub const STRANGE: &str = "che bella festa, una trambustolona";
pub const NOTE: &str = "La signora ha telefonato: la figlia è la Mozzarellini";
pub const NO: &str = "Non si può fare: il muro è della famiglia Scalabrinazzi";
pub const DONE: &str = "Gentile signora, la buca di casa Gorgonzolardi è chiusa";
pub const PARKED: &str = "illeggibile, di Trepidantonia Scompigliacci";
/// Put into what the platform says of a message that it refuses.
pub const REFUSED: &str = "3470018823";

const WORDS: [(&str, &[&str]); 5] = [
    (
        "name",
        &[
            "Quattrocchielli",
            "Zenobia",
            "Sventramucchi",
            "Ermenegildo",
            "Barbazzanini",
            "Ludmilla",
            "Pappagallettini",
            "Ghirlandellona",
            "Sgombrinelli",
            "Mozzarellini",
            "Scalabrinazzi",
            "Gorgonzolardi",
            "Scompigliacci",
        ],
    ),
    ("words", &["svarionatissima", "infuriatissimissimo", "trambustolona"]),
    ("address", &["Pettirossolungò", "vicolo Pettiross", "Beccacciniera"]),
    (
        "telephone",
        &[
            "3517730462",
            "351 773 0462",
            "351-773-0462",
            "351 7730462",
            "3289904417",
            "328-9904417",
            "328 9904417",
            REFUSED,
        ],
    ),
    ("code, plate or mail", &["QTTZNB61T52A859K", "GX482RT", "zenobia.q@posta-canarina"]),
];

/// Whose values are canaries. Page and number are the city's own and public.
const SECRETS: [&str; 7] = [
    NAME,
    "FACEBOOK_APP_SECRET",
    "FACEBOOK_VERIFY_TOKEN",
    "FACEBOOK_PAGE_TOKEN",
    "WHATSAPP_APP_SECRET",
    "WHATSAPP_VERIFY_TOKEN",
    "WHATSAPP_TOKEN",
];

/// A photograph that is one, with bytes of its own at its end and in its middle.
pub fn photo() -> Vec<u8> {
    [PHOTO, PHOTO_END.as_bytes()].concat()
}

const PHOTO_END: &str = "CANARINO-IN-FONDO-ALLA-FOTOGRAFIA-71c09e";

pub fn of_people() -> Vec<Canary> {
    let words = WORDS.iter().flat_map(|(kind, words)| words.iter().map(|word| Canary::new(kind, word)));
    let middle = &PHOTO[PHOTO.len() / 2..PHOTO.len() / 2 + 32];
    let photo = [Canary::new("photo", PHOTO_END), Canary::new("photo", middle), Canary::new("photo", photo())];
    words.chain(photo).collect()
}

/// Gives the processes secrets that are drawn anew and are found nowhere else; all of them.
pub fn secrets(processes: &mut Processes, broker: &Broker) -> Vec<Canary> {
    let drawn = SECRETS.map(|name| (name, hex::encode(rand::random::<[u8; 32]>())));
    for (name, value) in &drawn {
        processes.set(name, value);
    }
    let master = MasterKey::from_vars(&Vars::from_pairs(drawn.clone())).unwrap();
    let tokens = [Purpose::OperatorToken, Purpose::NotifierToken].map(|purpose| rpc::token_of(&master, purpose));
    let keys = [Purpose::Keyring, Purpose::Mirror, Purpose::Recovery].map(|purpose| *master.derive(purpose).expose());
    let mut canaries = drawn.iter().map(|(_, value)| Canary::new("secret", value)).collect::<Vec<_>>();
    canaries.push(Canary::new("secret", BROKER_KEY));
    canaries.extend(broker.identities().map(|(_, identity)| Canary::new("secret", identity.seed.expose())));
    canaries.extend(tokens.iter().map(|token| Canary::new("token", token.expose())));
    canaries.extend(keys.map(|key| Canary::new("key", key)));
    canaries
}

/// The platform's ids of people, messages and media in what it has sent and knows; the city's own are left out.
pub fn provider_ids(told: &[String]) -> Vec<Canary> {
    const OURS: [&str; 2] = ["104587321965874", "106540352242922"];
    let mut ids = BTreeSet::new();
    for text in told {
        let text = text.replace("\\/", "/");
        for word in text.split(|letter: char| !(letter.is_ascii_alphanumeric() || "._-+/=".contains(letter))) {
            let parts = if word.starts_with("wamid.") || word.starts_with("m_") {
                vec![word]
            } else {
                word.split(['_', '/']).collect()
            };
            ids.extend(parts.into_iter().filter_map(|part| kind(part).map(|kind| (kind, part.to_owned()))));
        }
    }
    ids.into_iter().filter(|(_, id)| !OURS.contains(&id.as_str())).map(|(kind, id)| Canary::new(kind, id)).collect()
}

fn kind(word: &str) -> Option<&'static str> {
    let digits = |text: &str, least: usize| text.len() >= least && text.bytes().all(|byte| byte.is_ascii_digit());
    match word {
        _ if word.starts_with("wamid.") => Some("wamid"),
        _ if word.starts_with("m_") && word.len() > 30 => Some("Messenger id"),
        _ if word.strip_prefix("IT.").is_some_and(|rest| digits(rest, 15)) => Some("business-scoped id"),
        _ if digits(word, 18) => Some("post or comment"),
        _ if digits(word, 16) => Some("PSID or media id"),
        _ => None,
    }
}
