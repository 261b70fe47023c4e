//! Ports for servers. They lie below those that the system gives to outgoing connections: a server that is killed and
//! started again must not find its port taken by a client.

use std::{
    net::TcpListener,
    sync::atomic::{AtomicU16, Ordering},
};

const FIRST: u16 = 18_000;
const COUNT: u16 = 14_000;
/// Tests run in parallel, each in a process of its own: each begins to look elsewhere.
const STRIDE: u32 = 37;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port on loopback that nobody listens on, and that this process gives out once.
///
/// # Panics
/// All are taken.
pub fn free() -> u16 {
    let start =
        u16::try_from(std::process::id().wrapping_mul(STRIDE) % u32::from(COUNT)).expect("a remainder of a u16");
    (0..COUNT)
        .map(|_| FIRST + (start + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT) % COUNT)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a machine has free ports")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_is_given_out_twice() {
        let mut ports: Vec<u16> = (0..50).map(|_| free()).collect();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 50);
    }
}
