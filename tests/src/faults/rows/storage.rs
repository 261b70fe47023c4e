//! What disks do.

use super::{Injected, Row, broker::copy, row};
use crate::{
    faults::city::{City, SOON},
    harness::{Service, wait_until},
};
use anyhow::{Context as _, Result, ensure};
use std::{
    fs::{self, File, OpenOptions},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(
            "log-fsync-error",
            "storage",
            "fsync of the log fails once",
            "I1-I8: the registry ends with an error, and a new one goes on",
            fsync_error
        ),
        row!("log-slow-disk", "storage", "each sync of the log takes 200 ms longer", "I1-I8", slow_disk),
        row!(
            "log-lost-tail",
            "storage",
            "the log loses its synced end, part of which EVENTS never had",
            "I1-I8: EVENTS or the redelivered message brings it back",
            lost_tail
        ),
        row!(
            "log-torn-tail",
            "storage",
            "the last 5,000 bytes of the log's file are gone",
            "I1-I8: mended from EVENTS",
            torn
        ),
        row!(
            "log-zeroed-tail",
            "storage",
            "the last 5,000 bytes of the log's file are zero",
            "I1-I8: mended from EVENTS",
            zeroed
        ),
        row!(
            "log-flipped-bit",
            "storage",
            "one bit in the middle of the log's file",
            "I4: seen, and mended from EVENTS",
            flipped
        ),
        row!(
            "disk-full-log",
            "storage",
            "no room where the log is",
            "I1-I9: the registry ends with an error; webhooks are still taken",
            full_log
        ),
        row!(
            "disk-full-broker",
            "storage",
            "no room where the broker keeps its streams",
            "I9: refused (503), then all of it",
            full_broker
        ),
    ]
}

async fn fsync_error(city: &mut City) -> Result<Injected> {
    city.start().await?;
    city.write(8).await;
    city.restart_armed(Service::Registry, "log.sync=4*off->1*return(error)").await?;
    city.write(8).await;
    ends_with_an_error(city).await?;
    city.write(8).await;
    Ok(Injected::Times(city.hits("log.sync")))
}

/// A registry whose disk failed must not look as if it had stopped in order.
async fn ends_with_an_error(city: &mut City) -> Result<()> {
    let Ok(status) = city.until_dead(Service::Registry).await else {
        city.findings.push("I9: the registry's disk failed and it goes on".to_owned());
        return Ok(());
    };
    if status.code().is_none_or(|code| code == 0) {
        city.findings.push(format!("I9: the registry's disk failed and it ended with {status}"));
    }
    let said = city.processes.log(Service::Registry)?;
    if !said.contains("the log can't be written") {
        city.findings.push("I8: the registry's disk failed and it didn't say so".to_owned());
    }
    Ok(())
}

async fn slow_disk(city: &mut City) -> Result<Injected> {
    city.start().await?;
    city.restart_armed(Service::Registry, "log.before-sync=30*return(slow)").await?;
    city.write(32).await;
    city.take_in_charge(3).await?;
    Ok(Injected::Times(city.hits("log.before-sync")))
}

async fn lost_tail(city: &mut City) -> Result<Injected> {
    city.start().await?;
    city.write(8).await;
    city.heal().await?;
    let (log, older) = (city.processes.data().join("log"), city.processes.data().join("log-older"));
    city.processes.stop(Service::Registry).await?;
    copy(&log, &older)?;
    // The relay stands still for a second before it publishes: what is synced in the log is nowhere else then.
    city.arm(Service::Registry, "relay.before-publish=1*return(linger)");
    city.processes.launch(Service::Registry)?;
    city.write(8).await;
    city.until_dead(Service::Registry).await?;
    fs::remove_dir_all(&log)?;
    fs::rename(&older, &log)?;
    Ok(Injected::Times(city.hits("relay.before-publish")))
}

async fn torn(city: &mut City) -> Result<Injected> {
    damaged(city, |file, length| Ok(file.set_len(length.saturating_sub(5_000))?)).await
}

async fn zeroed(city: &mut City) -> Result<Injected> {
    damaged(city, |file, length| {
        file.seek(SeekFrom::Start(length.saturating_sub(5_000)))?;
        Ok(file.write_all(&[0; 5_000])?)
    })
    .await
}

async fn flipped(city: &mut City) -> Result<Injected> {
    damaged(city, |file, length| {
        let mut byte = [0];
        file.seek(SeekFrom::Start(length / 2))?;
        file.read_exact(&mut byte)?;
        file.seek(SeekFrom::Start(length / 2))?;
        Ok(file.write_all(&[byte[0] ^ 8])?)
    })
    .await
}

/// Damages the log's file while the registry is down, as a disk would. Either the registry mends what is missing from
/// EVENTS, or it refuses to start and the operator puts the damaged folder aside, as docs/operations.md says.
async fn damaged(city: &mut City, damage: fn(&mut File, u64) -> Result<()>) -> Result<Injected> {
    city.start().await?;
    city.write(16).await;
    city.take_in_charge(2).await?;
    city.processes.kill(Service::Registry)?;
    let log = city.processes.data().join("log");
    let mut file = OpenOptions::new().read(true).write(true).open(log.join("db"))?;
    // sled takes room ahead: what is damaged must be what was written.
    let length = written(&mut file)?;
    damage(&mut file, length)?;
    drop(file);
    city.write(8).await;
    city.arm(Service::Registry, "");
    city.processes.launch(Service::Registry)?;
    let mut refused = false;
    let url = format!("{}/readyz", city.processes.admin_url(Service::Registry));
    wait_until("the registry starts, or refuses to", SOON, async || {
        refused = city.processes.ended(Service::Registry).is_some();
        refused || city.http.get(&url).await.is_ok_and(|answer| answer.status == 200)
    })
    .await?;
    if refused {
        fs::rename(&log, city.processes.data().join("log-damaged"))?;
    }
    Ok(Injected::Times(1))
}

/// Where the last byte stands that isn't zero.
fn written(file: &mut File) -> Result<u64> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes.iter().rposition(|byte| *byte != 0).context("an empty log")? as u64 + 1)
}

/// A small file system of memory, for as long as it lives.
struct Small(PathBuf);

impl Small {
    fn mount(at: &Path, megabytes: u32) -> Result<Self, String> {
        let mount = || -> Result<()> {
            fs::create_dir_all(at)?;
            let size = format!("size={megabytes}m");
            let output = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).output()?;
            ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
            Ok(())
        };
        match mount() {
            Ok(()) => Ok(Self(at.to_owned())),
            Err(error) => Err(format!("no file system can be mounted here ({error:#})")),
        }
    }

    /// Takes all the room there is.
    fn fill(&self) -> Result<PathBuf> {
        let path = self.0.join("filler");
        let mut file = File::create(&path)?;
        for size in [1 << 16, 1 << 10, 1] {
            let piece = vec![1; size];
            while file.write_all(&piece).is_ok() {}
        }
        Ok(path)
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // It may be in use for a moment still.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

async fn full_log(city: &mut City) -> Result<Injected> {
    let small = match Small::mount(&city.processes.data(), 64) {
        Ok(small) => small,
        Err(why) => return Ok(Injected::NotShown(why)),
    };
    city.start().await?;
    city.write(8).await;
    city.heal().await?;
    let filler = small.fill()?;
    let mut posted = 0;
    // sled has room that it took ahead: citizens write until it is used up.
    while city.processes.runs(Service::Registry) && posted < 2_000 {
        city.write(40).await;
        posted += 40;
    }
    ensure!(!city.processes.runs(Service::Registry), "{posted} messages, and the disk isn't full");
    ends_with_an_error(city).await?;
    city.write(8).await;
    fs::remove_file(filler)?;
    city.heal().await?;
    // The folder goes with the row: what it held is compared before.
    city.mounts.push(Box::new(small));
    Ok(Injected::Times(1))
}

async fn full_broker(city: &mut City) -> Result<Injected> {
    city.broker.stop().await?;
    let small = match Small::mount(&city.broker.store(), 64) {
        Ok(small) => small,
        Err(why) => return Ok(Injected::NotShown(why)),
    };
    city.broker.restart().await?;
    city.start().await?;
    city.write(8).await;
    city.heal().await?;
    let filler = small.fill()?;
    let before = city.citizens.refused();
    let mut posted = 0;
    while city.citizens.refused() == before && posted < 2_000 {
        city.write(40).await;
        posted += 40;
    }
    let refused = city.citizens.refused() - before;
    fs::remove_file(filler)?;
    city.broker.restart().await?;
    city.mounts.push(Box::new(small));
    Ok(Injected::Times(refused))
}
