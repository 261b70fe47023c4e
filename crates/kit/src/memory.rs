//! What stands in a process's memory is kept off the disk: names, words and keys are open there, and a core dump would write
//! them where no erasure reaches. Swap is the machine's (docs/privacy.md).

use std::io;

/// From now on this process leaves no core dump, whatever limit it was started with, and nobody but root reads its memory.
/// Processes that it starts inherit the limit.
///
/// # Errors
/// The operating system refuses.
pub fn keep_off_disk() -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    // Where dumps are piped to a program the limit doesn't count (core(5)): then this does.
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn neither_a_file_nor_a_program_gets_a_dump() {
        keep_off_disk().unwrap();
        let limit = getrlimit(Resource::Core);
        assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    }
}
