//! What an operator writes on the line: names of tickets, dates, who he is.

use crate::{failure::Failure, phrases::Phrases};
use jiff::civil::Date;
use segnalalo_domain::protocol::EmergencyNumber;
use segnalalo_kit::config::Vars;
use segnalalo_proto::{
    common::v1::{Actor, TicketState, actor},
    registry::v1::{TicketRef, ticket_ref::By},
};

/// A ticket by its code, its protocol number or its id, as people write them.
pub fn ticket_ref(text: &str) -> TicketRef {
    let text = text.trim();
    let by = if text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        By::TicketId(text.to_ascii_lowercase())
    } else if text.parse::<EmergencyNumber>().is_ok()
        || !text.is_empty() && text.chars().all(|letter| letter.is_ascii_digit() || letter == '/' || letter == ' ')
    {
        By::Protocol(text.to_owned())
    } else {
        let code = text.to_ascii_uppercase();
        By::Code(if code.starts_with("S-") { code } else { format!("S-{code}") })
    };
    TicketRef { by: Some(by) }
}

/// 2026-11-30, 30/11/2026 or 30.11.2026; as ISO 8601.
pub fn date(text: &str, phrases: &Phrases) -> Result<String, Failure> {
    let read = || -> Option<Date> {
        if let Ok(date) = text.trim().parse() {
            return Some(date);
        }
        let mut parts = text.trim().split(['/', '.', '-']);
        let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
    };
    read().map(|date| date.to_string()).ok_or_else(|| Failure::usage(phrases.text("bad_date", &[("text", text)])))
}

/// Who acts: named on the line, or by `SEGNALALO_OPERATOR`, or as the machine knows him.
pub fn actor(named: Option<&str>, vars: &Vars, phrases: &Phrases) -> Result<Actor, Failure> {
    let name =
        named.map(str::to_owned).or_else(|| vars.optional("SEGNALALO_OPERATOR")).or_else(|| vars.optional("USER"));
    match name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()) {
        Some(name) => Ok(Actor { r#type: actor::Type::Person as i32, name }),
        None => Err(Failure::usage(phrases.text("no_operator", &[]))),
    }
}

/// Drawn at random: a person begins something here, and a retry repeats the key that was printed.
pub fn draw_key() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

/// States by code, in small letters; the city's word for a state is taken as well.
pub fn states(texts: &[String], phrases: &Phrases) -> Result<Vec<i32>, Failure> {
    let codes = phrases.codes("state");
    texts
        .iter()
        .map(|text| {
            let wanted = text.trim().to_lowercase();
            let code = codes.iter().find(|code| **code == wanted || phrases.word("state", code) == wanted);
            let state = code
                .and_then(|code| TicketState::from_str_name(&format!("TICKET_STATE_{}", code.to_ascii_uppercase())));
            state.map(|state| state as i32).ok_or_else(|| {
                Failure::usage(phrases.text("bad_state", &[("text", text), ("states", &codes.join(", "))]))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrases() -> Phrases {
        Phrases::load(&Vars::from_pairs([("SEGNALALO_CITY", "nowhere")])).unwrap_or_else(|failure| panic!("{failure}"))
    }

    #[test]
    fn a_ticket_is_known_by_code_number_or_id() {
        let by = |text: &str| ticket_ref(text).by.unwrap();
        assert_eq!(by("s-7k3m9"), By::Code("S-7K3M9".to_owned()));
        assert_eq!(by("7k3m9"), By::Code("S-7K3M9".to_owned()));
        assert_eq!(by(" 2026/0000001 "), By::Protocol("2026/0000001".to_owned()));
        assert_eq!(by("1/2026"), By::Protocol("1/2026".to_owned()));
        assert_eq!(by("e-2026/0001"), By::Protocol("e-2026/0001".to_owned()));
        assert_eq!(by("0000001"), By::Protocol("0000001".to_owned()));
        let id = "00FF00ff00ff00ff00ff00ff00ff00ff";
        assert_eq!(by(id), By::TicketId(id.to_lowercase()));
    }

    #[test]
    fn dates_are_read_as_people_in_italy_write_them() {
        for text in ["2026-11-30", "30/11/2026", "30.11.2026", " 30-11-2026 "] {
            assert_eq!(date(text, &phrases()).ok().as_deref(), Some("2026-11-30"), "{text}");
        }
        for text in ["domani", "31/11/2026", "30/11", "30/11/2026/1"] {
            assert!(date(text, &phrases()).is_err(), "{text}");
        }
    }

    #[test]
    fn states_are_taken_by_code_or_by_word() {
        let read = |text: &str| states(&[text.to_owned()], &phrases()).ok();
        assert_eq!(read("received"), Some(vec![TicketState::Received as i32]));
        assert_eq!(read("Presa in carico"), Some(vec![TicketState::TakenInCharge as i32]));
        assert_eq!(read("boh"), None);
    }

    #[test]
    fn nobody_acts_without_a_name() {
        assert!(actor(None, &Vars::from_pairs([("A", "b")]), &phrases()).is_err());
        let vars = Vars::from_pairs([("USER", "anna")]);
        assert_eq!(actor(None, &vars, &phrases()).unwrap().name, "anna");
        assert_eq!(actor(Some("Bruno"), &vars, &phrases()).unwrap().name, "Bruno");
    }
}
