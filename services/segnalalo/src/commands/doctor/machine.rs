//! Memory, and the disk on which the log stands: how much of it is left, and how long it takes until what was written is
//! really there.

use super::finding::{Finding, or_ok};
use rustix::fs::{StatVfs, statfs, statvfs};
use segnalalo_kit::clock;
use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;
/// docs/operations.md asks for a machine of 2 GB, which shows a little less.
const MACHINE: u64 = 1800 * MIB;
/// What the processes and the broker may take together, at most, when none is under load.
const TOGETHER: u64 = 512 * MIB;
const HARDLY_ANY: u64 = 256 * MIB;

/// Bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    pub total: u64,
    /// Without swapping (MemAvailable).
    pub available: u64,
    /// Of the control group in which this process runs.
    pub limit: Option<u64>,
}

/// `contained`: this process has a container of its own, whose limit is nobody else's.
pub fn memory(seen: Option<Memory>, contained: bool) -> Finding {
    let Some(seen) = seen else { return Finding::warning("memory", "unseen") };
    let limit = seen.limit.filter(|limit| !contained && *limit < seen.total);
    let finding = if seen.available < HARDLY_ANY {
        Finding::error("memory", "low")
    } else if limit.is_some_and(|limit| limit < TOGETHER) {
        Finding::error("memory", "limited")
    } else if seen.total < MACHINE {
        Finding::warning("memory", "small")
    } else {
        Finding::ok("memory", "ok")
    };
    let finding = finding.with("available", megabytes(seen.available)).with("total", megabytes(seen.total));
    finding.with("limit", limit.map(megabytes).unwrap_or_default())
}

pub fn look_at_memory() -> Option<Memory> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    Some(Memory {
        total: meminfo(&text, "MemTotal")?,
        available: meminfo(&text, "MemAvailable")?,
        limit: group_limit(),
    })
}

/// In bytes; the file says kB.
fn meminfo(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// Version 2 of control groups, or version 1. "max" and the huge number that stands for it are no limit.
fn group_limit() -> Option<u64> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let own = own.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or_default().to_owned();
    let root = Path::new("/sys/fs/cgroup");
    let files = [root.join(own).join("memory.max"), root.join("memory.max"), root.join("memory/memory.limit_in_bytes")];
    let read = |file: &PathBuf| fs::read_to_string(file).ok()?.trim().parse::<u64>().ok();
    files.iter().find_map(read).filter(|limit| *limit < 1 << 60)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disk {
    /// Bytes that we may use.
    pub free: u64,
    pub total: u64,
    /// Files that can still be made, of how many; zero of zero where the file system doesn't count them.
    pub files_free: u64,
    pub files: u64,
    /// A file system of memory: gone with the machine.
    pub in_memory: bool,
    /// Whether the broker's files stand on the same disk; `None`: they aren't seen from here.
    pub with_broker: Option<bool>,
}

const SCARCE: u64 = 10 * GIB;
const TOO_LITTLE: u64 = GIB;

pub fn disk(folder: &Path, seen: io::Result<Disk>) -> Vec<Finding> {
    let about = |finding: Finding| finding.with("folder", folder.display());
    let seen = match seen {
        Ok(seen) => seen,
        Err(error) => return vec![about(Finding::error("disk", "unseen")).with("why", error)],
    };
    let about = |finding| {
        let share = seen.free.saturating_mul(100) / seen.total.max(1);
        about(finding).with("free", gigabytes(seen.free)).with("share", share)
    };
    let mut bad = Vec::new();
    if seen.in_memory {
        bad.push(about(Finding::error("disk", "in_memory")));
    }
    if seen.free < TOO_LITTLE {
        bad.push(about(Finding::error("disk", "full")));
    } else if seen.free < SCARCE && seen.free < seen.total / 5 {
        bad.push(about(Finding::warning("disk", "scarce")));
    }
    if seen.files > 0 && seen.files_free < seen.files / 20 {
        bad.push(about(Finding::warning("disk", "files")).with("files", seen.files_free));
    }
    if seen.with_broker == Some(true) {
        bad.push(about(Finding::warning("disk", "shared")));
    }
    or_ok(bad, about(Finding::ok("disk", "ok")).with("files", seen.files_free))
}

pub fn look_at_disk(folder: &Path, broker: Option<&Path>) -> io::Result<Disk> {
    let there = nearest(folder);
    let StatVfs { f_bavail, f_blocks, f_frsize, f_favail, f_files, .. } = statvfs(&there)?;
    let device = |folder: &Path| fs::metadata(nearest(folder)).map(|metadata| metadata.dev());
    let ours = device(&there)?;
    Ok(Disk {
        free: f_bavail * f_frsize,
        total: f_blocks * f_frsize,
        files_free: f_favail,
        files: f_files,
        in_memory: is_memory(&there)?,
        with_broker: broker.and_then(|broker| device(broker).ok()).map(|theirs| theirs == ours),
    })
}

/// tmpfs and ramfs (statfs(2)).
fn is_memory(folder: &Path) -> io::Result<bool> {
    let kind = statfs(folder)?.f_type;
    Ok(kind == 0x0102_1994 || kind == 0x8584_58f6)
}

/// The registry makes its folder when it starts.
fn nearest(folder: &Path) -> PathBuf {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    absolute.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/")).to_owned()
}

/// How often it is measured.
const SYNCS: usize = 50;
const BLOCK: [u8; 4096] = [0x5e; 4096];
const SLOW: Duration = Duration::from_millis(20);
const VERY_SLOW: Duration = Duration::from_millis(200);
/// No disk is that quick: it says that it has what it hasn't.
const UNBELIEVABLE: Duration = Duration::from_micros(5);

/// From a write to its being on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sync {
    pub least: Duration,
    pub p50: Duration,
    pub p99: Duration,
}

pub fn sync(folder: &Path, seen: &io::Result<Sync>) -> Finding {
    let about = |finding: Finding| finding.with("folder", folder.display());
    let seen = match seen {
        Ok(seen) => seen,
        Err(error) => return about(Finding::error("sync", "unwritable")).with("why", error),
    };
    let finding = if seen.p50 < UNBELIEVABLE {
        Finding::error("sync", "unbelievable")
    } else if seen.p50 > SLOW || seen.p99 > VERY_SLOW {
        Finding::warning("sync", "slow")
    } else {
        Finding::ok("sync", "ok")
    };
    about(finding).with("p50", milliseconds(seen.p50)).with("p99", milliseconds(seen.p99))
}

/// Writes a small file so many times, and takes it away again. Blocks.
pub fn measure_sync(folder: &Path) -> io::Result<Sync> {
    let file = nearest(folder).join(format!(".segnalalo-doctor-{}", std::process::id()));
    let measured = write_and_sync(&file);
    let _ = fs::remove_file(&file);
    measured.map(|mut times| {
        times.sort_unstable();
        let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
        Sync { least: times[0], p50: at(50), p99: at(99) }
    })
}

fn write_and_sync(file: &Path) -> io::Result<Vec<Duration>> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(file)?;
    (0..SYNCS)
        .map(|_| {
            let begun = clock::monotonic();
            file.write_all(&BLOCK)?;
            file.sync_data()?;
            Ok(begun.elapsed())
        })
        .collect()
}

fn megabytes(bytes: u64) -> String {
    (bytes / MIB).to_string()
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / GIB as f64).replace('.', ",")
}

pub fn milliseconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1000.0).replace('.', ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn memory_is_what_is_there_and_what_may_be_taken() {
        let good = Memory { total: 4 * GIB, available: 2 * GIB, limit: None };
        let code = |memory: Memory| super::memory(Some(memory), false).code;
        assert_eq!(code(good), "ok");
        assert_eq!(code(Memory { total: GIB, available: GIB / 2, ..good }), "small");
        assert_eq!(code(Memory { available: 100 * MIB, ..good }), "low");
        let limited = Memory { limit: Some(128 * MIB), ..good };
        assert_eq!(code(limited), "limited");
        assert_eq!(super::memory(Some(limited), true).code, "ok", "it is the doctor's own");
        assert_eq!(super::memory(None, false).code, "unseen");
        assert_eq!(meminfo("MemTotal:  2048 kB\nMemAvailable:    7 kB\n", "MemAvailable"), Some(7 * 1024));
    }

    #[test]
    fn a_disk_may_be_full_in_several_ways() {
        let good = Disk {
            free: 50 * GIB,
            total: 100 * GIB,
            files_free: 900,
            files: 1000,
            in_memory: false,
            with_broker: Some(false),
        };
        let seen = |disk: Disk| super::disk(Path::new("/data"), Ok(disk));
        assert_eq!(codes(&seen(good)), ["ok"]);
        assert_eq!(codes(&seen(Disk { files: 0, files_free: 0, with_broker: None, ..good })), ["ok"]);
        assert_eq!(codes(&seen(Disk { free: 5 * GIB, ..good })), ["scarce"]);
        assert_eq!(codes(&seen(Disk { free: 5 * GIB, total: 6 * GIB, ..good })), ["ok"], "a small disk that is empty");
        assert_eq!(codes(&seen(Disk { free: 5 * MIB, ..good })), ["full"]);
        assert_eq!(codes(&seen(Disk { files_free: 10, with_broker: Some(true), ..good })), ["files", "shared"]);
        assert_eq!(codes(&seen(Disk { in_memory: true, ..good })), ["in_memory"]);
        assert_eq!(codes(&super::disk(Path::new("/data"), Err(io::Error::other("no")))), ["unseen"]);
    }

    #[test]
    fn a_disk_is_judged_by_when_a_write_is_there() {
        let seen = |p50, p99| {
            let [least, p50, p99] = [p50, p50, p99].map(Duration::from_micros);
            sync(Path::new("/data"), &Ok(Sync { least, p50, p99 })).code
        };
        assert_eq!(seen(330, 2_000), "ok");
        assert_eq!(seen(30_000, 40_000), "slow");
        assert_eq!(seen(330, 900_000), "slow");
        assert_eq!(seen(1, 2), "unbelievable");
        let place = tempfile::tempdir().unwrap();
        let measured = measure_sync(place.path()).unwrap();
        assert!(measured.least <= measured.p50 && measured.p50 <= measured.p99);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "nothing is left");
        assert_eq!(sync(Path::new("/x"), &Err(io::Error::other("no"))).code, "unwritable");
    }

    #[test]
    fn this_machine_has_memory_and_a_disk() {
        assert!(look_at_memory().unwrap().total > 0);
        let disk = look_at_disk(Path::new("/"), Some(Path::new("/not/there/yet"))).unwrap();
        assert!(disk.total > 0 && disk.with_broker == Some(true), "{disk:?}");
    }
}
