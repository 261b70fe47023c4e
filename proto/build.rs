//! Compiles the contract without a protoc: protox parses, tonic-prost-build writes the types.

use std::{env, path::PathBuf};

const FILES: [&str; 18] = [
    "segnalalo/common/v1/common.proto",
    "segnalalo/observation/v1/inbound.proto",
    "segnalalo/observation/v1/observed.proto",
    "segnalalo/event/v1/event.proto",
    "segnalalo/event/v1/access.proto",
    "segnalalo/event/v1/channel.proto",
    "segnalalo/event/v1/conversation.proto",
    "segnalalo/event/v1/ticket.proto",
    "segnalalo/event/v1/register.proto",
    "segnalalo/event/v1/retention.proto",
    "segnalalo/registry/v1/client_service.proto",
    "segnalalo/registry/v1/ticket_service.proto",
    "segnalalo/registry/v1/delivery_service.proto",
    "segnalalo/registry/v1/log_service.proto",
    "segnalalo/registry/v1/media_service.proto",
    "segnalalo/registry/v1/person_service.proto",
    "segnalalo/registry/v1/register_service.proto",
    "segnalalo/registry/v1/retention_service.proto",
];

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script its folder this way")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let descriptors = protox::compile(FILES, ["."])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), prost::Message::encode_to_vec(&descriptors))?;
    // No `connect` of its own: a call needs credentials (`segnalalo_kit::rpc`).
    tonic_prost_build::configure().build_transport(false).btree_map(".").compile_fds(descriptors)?;
    println!("cargo:rerun-if-changed=segnalalo");
    Ok(())
}
