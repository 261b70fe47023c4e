//! What each call needs. A call that isn't here is the operator's, and each is noted: who adds one and forgets this table
//! opens nothing.

use segnalalo_domain::client::Right;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing at all: whether the registry serves.
    Nothing,
    /// To be known.
    Credentials,
    Rights(&'static [Right]),
    /// To be the notifier.
    Sending,
}

#[derive(Debug, Clone, Copy)]
pub struct Method {
    /// "<service>/<method>", without the package.
    pub name: &'static str,
    pub needs: Needs,
    /// Reads people's data without being about one ticket that its handler notes.
    pub noted: bool,
}

const OPERATOR: Needs = Needs::Rights(&[Right::Operator]);

const fn method(name: &'static str, needs: Needs) -> Method {
    Method { name, needs, noted: false }
}

const fn noted(name: &'static str) -> Method {
    Method { name, needs: OPERATOR, noted: true }
}

pub const METHODS: &[Method] = &[
    method("TicketService/ListTickets", Needs::Rights(&[Right::Read])),
    method("TicketService/SearchTickets", Needs::Rights(&[Right::Read, Right::PersonalData])),
    method("TicketService/GetTicket", Needs::Rights(&[Right::Read])),
    method("TicketService/GetHistory", Needs::Rights(&[Right::Read])),
    method("TicketService/Execute", Needs::Rights(&[Right::Act])),
    method("TicketService/Watch", Needs::Rights(&[Right::Read])),
    noted("TicketService/ListNotices"),
    noted("TicketService/ListHeldReplies"),
    method("TicketService/SettleReply", OPERATOR),
    method("DeliveryService/BeginAttempt", Needs::Sending),
    method("MediaService/Store", Needs::Sending),
    method("MediaService/GiveUp", Needs::Sending),
    method("MediaService/List", Needs::Rights(&[Right::Read, Right::PersonalData])),
    method("MediaService/Read", Needs::Rights(&[Right::Read, Right::PersonalData])),
    noted("PersonService/FindPerson"),
    noted("PersonService/ExportPerson"),
    method("PersonService/ErasePerson", OPERATOR),
    noted("RegisterService/GetDay"),
    method("RegisterService/GetSigningKey", OPERATOR),
    method("RegisterService/VerifyRegister", OPERATOR),
    method("RegisterService/OpenEmergency", OPERATOR),
    method("RegisterService/ExtendEmergency", OPERATOR),
    method("RegisterService/CloseEmergency", OPERATOR),
    method("RegisterService/ImportEmergency", OPERATOR),
    method("RetentionService/ShowRetention", OPERATOR),
    method("RetentionService/RunRetention", OPERATOR),
    method("LogService/VerifyLog", OPERATOR),
    method("LogService/ExportLog", OPERATOR),
    method("ClientService/AddClient", OPERATOR),
    method("ClientService/ListClients", OPERATOR),
    method("ClientService/RevokeClient", OPERATOR),
    method("ClientService/ListReads", OPERATOR),
];

const PACKAGE: &str = "/segnalalo.registry.v1.";

/// By the path of the request: `/segnalalo.registry.v1.TicketService/Watch`.
pub fn of(path: &str) -> Method {
    if path.starts_with("/grpc.health.v1.Health/") {
        return method("health", Needs::Nothing);
    }
    if path.starts_with("/grpc.reflection.") {
        return method("reflection", Needs::Credentials);
    }
    let known = path.strip_prefix(PACKAGE).and_then(|name| METHODS.iter().find(|method| method.name == name));
    known.copied().unwrap_or(noted("other"))
}

/// `TicketService/ListNotices` as `list_notices`.
pub fn call_name(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message as _;
    use prost_types::FileDescriptorSet;

    #[test]
    fn a_call_that_nobody_thought_of_is_the_operators() {
        assert_eq!(of("/segnalalo.registry.v1.NewService/New").needs, OPERATOR);
        assert_eq!(of("/elsewhere/Watch").needs, OPERATOR);
        assert_eq!(of("/grpc.health.v1.Health/Check").needs, Needs::Nothing);
        assert_eq!(of("/segnalalo.registry.v1.TicketService/Watch").needs, Needs::Rights(&[Right::Read]));
        assert_eq!(call_name("/segnalalo.registry.v1.TicketService/ListHeldReplies"), "list_held_replies");
    }

    const BEGIN: &str = "writes them -->\n";
    const END: &str = "<!-- end of calls -->";

    #[expect(clippy::disallowed_methods, reason = "a test has no kit::config, and nothing in production reads this")]
    fn may_write() -> bool {
        std::env::var("REWRITE").is_ok_and(|value| value == "1")
    }

    #[test]
    fn the_table_in_the_docs_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/security.md");
        let docs = std::fs::read_to_string(path).unwrap();
        let (before, rest) = docs.split_once("<!-- calls: ").unwrap();
        let (note, rest) = rest.split_once(BEGIN).unwrap();
        let (shown, after) = rest.split_once(END).unwrap();
        let table = matrix();
        if may_write() {
            std::fs::write(path, format!("{before}<!-- calls: {note}{BEGIN}{table}{END}{after}")).unwrap();
            return;
        }
        assert_eq!(shown, table, "docs/security.md: REWRITE=1 writes the table");
    }

    #[test]
    fn every_call_of_a_ticket_is_in_the_table() {
        let set = FileDescriptorSet::decode(segnalalo_proto::DESCRIPTORS).unwrap();
        let services = set.file.iter().flat_map(|file| &file.service);
        for service in services.filter(|service| service.name() == "TicketService") {
            for method in &service.method {
                let path = format!("{PACKAGE}{}/{}", service.name(), method.name());
                assert_ne!(of(&path).name, "other", "{path} is the operator's only: is that meant?");
            }
        }
    }

    fn matrix() -> String {
        let row = |method: &Method| {
            let needed = |right| matches!(method.needs, Needs::Rights(rights) if rights.contains(&right));
            let cell = |right| if needed(right) { "needed" } else { "" };
            let rights = [Right::Read, Right::Act, Right::PersonalData].map(cell).join(" | ");
            let operator = if matches!(method.needs, Needs::Rights(_)) { "may" } else { "" };
            let notifier = if method.needs == Needs::Sending { "may" } else { "" };
            format!("| `{}` | {rights} | {operator} | {notifier} |\n", method.name)
        };
        let head = "\n| call | read | act | personal_data | operator | notifier |\n|---|---|---|---|---|---|\n";
        format!("{head}{}\n", METHODS.iter().map(row).collect::<String>())
    }
}
