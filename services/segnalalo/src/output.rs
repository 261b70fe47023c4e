//! Standard output, for commands that are read by `head` as well: who closes it has seen enough.

use std::io::{ErrorKind, Write as _};

/// Prints a line. Ends the process in silence when nobody reads any more.
pub fn line(text: impl AsRef<str>) {
    if let Err(error) = writeln!(std::io::stdout(), "{}", text.as_ref()) {
        let code = if error.kind() == ErrorKind::BrokenPipe { 0 } else { 1 };
        std::process::exit(code);
    }
}
