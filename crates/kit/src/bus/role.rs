//! Who may do what on the broker: one table. The broker's configuration, the page docs/security.md and the tests are made
//! from it. A process that is taken over can do what stands here for it, and no more.

/// A process, or a person's tools, as the broker knows it.
#[derive(Debug, PartialEq, Eq)]
pub struct Role {
    /// As the connection's name, so that the role's inbox is `_INBOX_<name>`.
    pub name: &'static str,
    pub grants: &'static [Grant],
}

/// One thing that a role needs. Nobody may purge or delete a stream, nor change one that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// On exactly these subjects.
    Publish(&'static str),
    /// Creates what is missing: streams, buckets, and the consumers of the work queues.
    Topology,
    /// Takes from INBOUND and OBSERVED, and parks what can't be handled.
    WorkQueues,
    /// EVENTS record by record, to compare it with the log.
    CompareEvents,
    /// EVENTS in order, by consumers that the broker forgets; parks pointers to records that can't be used.
    FollowEvents,
    WriteKeys,
    /// One key at a time, by its name.
    ReadKeys,
    /// Lists DEAD, takes letters out, and puts them back where they came from.
    HandleDead,
    ReadDemoClock,
    WriteDemoClock,
}

use Grant::{
    CompareEvents, FollowEvents, HandleDead, Publish, ReadDemoClock, ReadKeys, Topology, WorkQueues, WriteDemoClock,
    WriteKeys,
};

/// Where the doctor writes, to see how long it takes until a message is on the disk.
pub(super) const PROBE: &str = "probe.sync";

const TABLE: [Role; 9] = [
    Role {
        name: "registry",
        grants: &[Topology, WorkQueues, Publish("events.>"), CompareEvents, WriteKeys, ReadDemoClock, WriteDemoClock],
    },
    Role { name: "triage", grants: &[FollowEvents, ReadKeys, Publish("observed.triage"), ReadDemoClock] },
    Role { name: "sla-clock", grants: &[FollowEvents, Publish("observed.sla"), ReadDemoClock] },
    Role { name: "notifier", grants: &[FollowEvents, ReadKeys, Publish("observed.notifier"), ReadDemoClock] },
    Role { name: "ingest-facebook", grants: &[Publish("inbound.facebook"), ReadDemoClock] },
    Role { name: "ingest-whatsapp", grants: &[Publish("inbound.whatsapp"), ReadDemoClock] },
    Role { name: "operator", grants: &[HandleDead, ReadDemoClock, WriteDemoClock] },
    Role { name: "graph-sim", grants: &[ReadDemoClock, WriteDemoClock] },
    Role { name: "doctor", grants: &[Publish(PROBE), ReadDemoClock] },
];

impl Role {
    pub const ALL: &'static [Self] = &TABLE;

    /// Subjects on which it may publish, requests to the broker's API among them.
    pub fn publishes(&self) -> Vec<String> {
        let mut subjects: Vec<String> = self.grants.iter().flat_map(|grant| grant.publishes(self.name)).collect();
        subjects.push("$JS.API.INFO".to_owned());
        subjects.sort();
        subjects.dedup();
        subjects
    }

    /// Its own inbox, and what its grants let it listen to.
    pub fn subscribes(&self) -> Vec<String> {
        let mut subjects = vec![format!("_INBOX_{}.>", self.name)];
        if self.grants.contains(&ReadDemoClock) {
            subjects.push("$KV.DEMO_CLOCK.>".to_owned());
        }
        subjects
    }
}

const QUEUES: [&str; 2] = ["INBOUND", "OBSERVED"];
/// A bucket is a stream.
const STREAMS: [&str; 7] = ["INBOUND", "OBSERVED", "EVENTS", "DEAD", "KV_KEYS", "KV_DEMO_CLOCK", "PROBE"];

impl Grant {
    fn publishes(self, role: &str) -> Vec<String> {
        let api = |calls: &[&str]| calls.iter().map(|call| format!("$JS.API.{call}")).collect::<Vec<_>>();
        match self {
            Publish(subject) => vec![subject.to_owned()],
            Topology => STREAMS
                .iter()
                .flat_map(|name| [format!("$JS.API.STREAM.INFO.{name}"), format!("$JS.API.STREAM.CREATE.{name}")])
                .collect(),
            WorkQueues => QUEUES.iter().flat_map(|queue| work_queue(queue)).collect(),
            CompareEvents => api(&["DIRECT.GET.EVENTS"]),
            FollowEvents => {
                let parked = format!("dead.events.{role}.*");
                let mut subjects =
                    api(&["STREAM.INFO.EVENTS", "CONSUMER.CREATE.EVENTS.*", "CONSUMER.MSG.NEXT.EVENTS.*"]);
                subjects.push(format!("$JS.API.DIRECT.GET.DEAD.{parked}"));
                subjects.push(parked);
                subjects
            }
            WriteKeys => {
                let mut subjects = api(&[
                    "CONSUMER.CREATE.KV_KEYS",
                    "CONSUMER.CREATE.KV_KEYS.>",
                    "CONSUMER.INFO.KV_KEYS.*",
                    "CONSUMER.MSG.NEXT.KV_KEYS.*",
                    "DIRECT.GET.KV_KEYS.$KV.KEYS.>",
                ]);
                subjects.push("$KV.KEYS.>".to_owned());
                subjects
            }
            ReadKeys => api(&["DIRECT.GET.KV_KEYS.$KV.KEYS.>"]),
            HandleDead => {
                let mut subjects =
                    api(&["STREAM.INFO.DEAD", "DIRECT.GET.DEAD", "DIRECT.GET.DEAD.>", "STREAM.MSG.DELETE.DEAD"]);
                subjects.extend(["inbound.*".to_owned(), "observed.*".to_owned()]);
                subjects
            }
            ReadDemoClock => api(&[
                "STREAM.INFO.KV_DEMO_CLOCK",
                "DIRECT.GET.KV_DEMO_CLOCK",
                "DIRECT.GET.KV_DEMO_CLOCK.>",
                "CONSUMER.CREATE.KV_DEMO_CLOCK",
                "CONSUMER.CREATE.KV_DEMO_CLOCK.>",
                "CONSUMER.INFO.KV_DEMO_CLOCK.*",
                "CONSUMER.MSG.NEXT.KV_DEMO_CLOCK.*",
            ]),
            WriteDemoClock => vec!["$KV.DEMO_CLOCK.>".to_owned()],
        }
    }
}

/// A consumer on a work queue has to be made anew when it is wrong: that deletes no message.
fn work_queue(stream: &str) -> Vec<String> {
    vec![
        format!("$JS.API.CONSUMER.CREATE.{stream}.*"),
        format!("$JS.API.CONSUMER.DELETE.{stream}.*"),
        format!("$JS.API.CONSUMER.INFO.{stream}.*"),
        format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.*"),
        format!("$JS.ACK.{stream}.>"),
        format!("dead.{}", stream.to_lowercase()),
    ]
}
