//! The contract between the processes: the generated types of `segnalalo/**/*.proto`, the record that log and
//! EVENTS share, and the conversions between the wire and the domain. It holds no rule and does no I/O.

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
    pub mod v1 {
        tonic::include_proto!("segnalalo.registry.v1");
    }
}

/// All descriptors of the contract, for gRPC reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
