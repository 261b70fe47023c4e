//! The services as the binary knows them.

/// A process of the system, in the order in which they are started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    GraphSim,
    Registry,
    Triage,
    SlaClock,
    Notifier,
    IngestFacebook,
    IngestWhatsapp,
}

impl Service {
    pub const ALL: [Self; 7] = [
        Self::GraphSim,
        Self::Registry,
        Self::Triage,
        Self::SlaClock,
        Self::Notifier,
        Self::IngestFacebook,
        Self::IngestWhatsapp,
    ];

    /// The subcommand.
    pub fn name(self) -> &'static str {
        match self {
            Self::GraphSim => "graph-sim",
            Self::Registry => "registry",
            Self::Triage => "triage",
            Self::SlaClock => "sla-clock",
            Self::Notifier => "notifier",
            Self::IngestFacebook => "ingest-facebook",
            Self::IngestWhatsapp => "ingest-whatsapp",
        }
    }

    /// Whether others call it: it has an address beside the one for its admin port.
    pub fn listens(self) -> bool {
        !matches!(self, Self::Triage | Self::SlaClock | Self::Notifier)
    }

    /// The variable of its address.
    pub(super) fn listen_variable(self) -> String {
        self.variable("LISTEN")
    }

    /// The variable of its admin port.
    pub(super) fn admin_variable(self) -> String {
        self.variable("ADMIN")
    }

    fn variable(self, what: &str) -> String {
        format!("{}_{what}", self.name().replace('-', "_").to_uppercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_named_after_the_service() {
        assert_eq!(Service::SlaClock.admin_variable(), "SLA_CLOCK_ADMIN");
        assert_eq!(Service::IngestFacebook.listen_variable(), "INGEST_FACEBOOK_LISTEN");
    }
}
