//! The contract between the processes: the generated types of `segnalalo/**/*.proto`, the record that log and
//! EVENTS share, and the conversions between the wire and the domain. It holds no rule and does no I/O.
//!
//! | module | holds |
//! |---|---|
//! | `common`, `observation`, `event`, `registry` | generated types, by package |
//! | `record` | the frame around an event on the log and on EVENTS |
//! | `convert` | wire to domain and back; the only place where old event versions are upcast |
//! | `json` | what platforms send, read with tolerance; an observation as JSON, for people |
//! | `sealed` | the box for personal data: seal, lock and open |

mod attachment;
pub mod convert;
pub mod json;
pub mod record;
pub mod sealed;

pub use convert::{
    schema::{event_name, subject_of, subject_of_wire},
    time,
};

pub mod common {
    pub mod v1 {
        tonic::include_proto!("segnalalo.common.v1");
    }
}
pub mod observation {
    pub mod v1 {
        tonic::include_proto!("segnalalo.observation.v1");
    }
}
pub mod event {
    pub mod v1 {
        tonic::include_proto!("segnalalo.event.v1");
    }
}
pub mod registry {
    #[expect(clippy::allow_attributes, reason = "generated: tonic-build writes them")]
    pub mod v1 {
        tonic::include_proto!("segnalalo.registry.v1");
    }
}

/// All descriptors of the contract, for gRPC reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
