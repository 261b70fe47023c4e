//! A process that crashes leaves no core dump, even where it was started with leave to.

use super::city::{City, SOON};
use segnalalo_tests::harness::{Service, wait_until};
use std::{
    fs,
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
};

/// What the operating system says of a process's dumps: limits, soft and hard.
pub fn core_limit(pid: u32) -> String {
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap_or_default();
    line.split_whitespace().skip(4).take(2).collect::<Vec<_>>().join(" ")
}

/// Crashes it by its number.
fn abort(mut child: Child) -> ExitStatus {
    let sent = Command::new("sh").args(["-c", &format!("kill -ABRT {}", child.id())]).status().unwrap();
    assert!(sent.success());
    child.wait().unwrap()
}

fn may_dump(program: &Path, arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -c unlimited 2>/dev/null; exec \"$0\" \"$@\""]).arg(program).args(arguments);
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn dumps(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with("core")).collect()
}

#[tokio::test]
async fn a_process_that_crashes_leaves_no_core_dump() {
    let city = City::prepare().await;
    let folder = city.processes.folder();
    // Whether this machine would write one at all.
    let sleeper = may_dump(Path::new("sleep"), &["60"], folder).spawn().unwrap();
    wait_until("it may", SOON, async || core_limit(sleeper.id()).ends_with("unlimited")).await.unwrap();
    let would = abort(sleeper).core_dumped();
    println!("another program leaves a dump here: {would}");
    for name in dumps(folder) {
        fs::remove_file(folder.join(name)).unwrap();
    }
    for service in Service::ALL {
        let ours = city.processes.command(&[service.name()]).unwrap();
        let mut command = may_dump(Path::new(ours.get_program()), &[service.name()], folder);
        command.env_clear().envs(ours.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let child = command.spawn().unwrap();
        wait_until(&format!("{} may not", service.name()), SOON, async || core_limit(child.id()) == "0 0")
            .await
            .unwrap();
        let ended = abort(child);
        assert_eq!(ended.signal(), Some(6), "{}", service.name());
        assert!(!ended.core_dumped(), "{} left a dump", service.name());
    }
    assert_eq!(dumps(folder), [""; 0]);
}
