//! Places where a test makes a process die, stumble or do wrong. Without the feature `failpoints`, which no image has,
//! all of this is nothing. With it the variable `FAILPOINTS` says what happens where, in the notation of the crate `fail`:
//! `relay.before-publish=3*off->1*return(kill);log.sync=1*return(error)`.
//!
//! | at | with | happens |
//! |---|---|---|
//! | `point` | `return(kill)` | the process is gone, as by `kill -9` |
//! | `point` | `return(linger)` | the step stands still for a second, while others go on; then the process is gone |
//! | `point` | `return(slow)` | it stands still for 200 ms, and says so |
//! | `point` | `sleep(500)` | it stands still for so many milliseconds, without a word |
//! | `fails` | `return(error)` | the step fails |
//! | `skew` | `return(FILE)` | a clock is wrong by so many seconds as stand in the file, for as long as it is there |
//! | `mistaken` | `return` | a mistake that somebody once made is made again |
//!
//! Each says on stderr that it was hit: whoever injects a fault looks for that line.

/// What stands before the name of a point that was hit.
pub const HIT: &str = "failpoint hit:";

/// Reads `FAILPOINTS`; they are in force as long as the value lives.
#[must_use]
pub fn init() -> Points {
    Points {
        #[cfg(feature = "failpoints")]
        _scenario: fail::FailScenario::setup(),
    }
}

pub struct Points {
    #[cfg(feature = "failpoints")]
    _scenario: fail::FailScenario<'static>,
}

/// A step of the work that a test may make the last one, or a slow one.
#[cfg(feature = "failpoints")]
pub fn point(name: &str) {
    if let Some(Some(what)) = fail::eval(name, |what| what) {
        eprintln!("{HIT} {name}");
        match what.as_str() {
            "kill" => kill(),
            "linger" => {
                std::thread::park_timeout(std::time::Duration::from_secs(1));
                kill();
            }
            "slow" => std::thread::park_timeout(std::time::Duration::from_millis(200)),
            _ => {}
        }
    }
}

#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub fn point(_name: &str) {}

/// Whether the step is to fail.
#[cfg(feature = "failpoints")]
pub fn fails(name: &str) -> bool {
    let hit = fail::eval(name, |_| ()).is_some();
    if hit {
        eprintln!("{HIT} {name}");
    }
    hit
}

#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub fn fails(_name: &str) -> bool {
    false
}

/// By how many seconds a clock is wrong.
#[cfg(feature = "failpoints")]
pub fn skew(name: &str) -> i64 {
    use std::sync::atomic::{AtomicI64, Ordering};
    static LAST: AtomicI64 = AtomicI64::new(0);
    let file = fail::eval(name, |file| file).flatten();
    let text = file.and_then(|file| std::fs::read_to_string(file).ok());
    let seconds = text.and_then(|text| text.trim().parse().ok()).unwrap_or_default();
    if LAST.swap(seconds, Ordering::Relaxed) != seconds && seconds != 0 {
        eprintln!("{HIT} {name}");
    }
    seconds
}

#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub fn skew(_name: &str) -> i64 {
    0
}

/// Whether a known mistake is to be made. `make faults` shows that each is found.
#[cfg(feature = "failpoints")]
pub fn mistaken(name: &str) -> bool {
    let made = fail::eval(&format!("mistake.{name}"), |_| ()).is_some();
    if made {
        eprintln!("{HIT} mistake.{name}");
    }
    made
}

#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub fn mistaken(_name: &str) -> bool {
    false
}

/// Nothing is flushed, nobody is told.
#[cfg(feature = "failpoints")]
fn kill() -> ! {
    let own = std::process::id().to_string();
    // Where there is no `kill`, the abort does as much.
    let _ = std::process::Command::new("kill").args(["-9", &own]).status();
    std::process::abort()
}
