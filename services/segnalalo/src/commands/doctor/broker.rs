//! The broker: version, limits, whether it syncs what it acknowledges, whether it encrypts, and its streams beside what the
//! registry makes.

use super::{
    conf::Store,
    finding::{Finding, Verdict, causes, or_ok},
    machine::{Sync, milliseconds},
    place::Place,
};
use crate::failure::Failure;
use segnalalo_kit::bus::{BrokerFacts, BusConfig, Found, Kept, NotIn, StoreFacts, Visit};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// Older ones have no atomic batches, or lose what they acknowledged.
const OLDEST: [u32; 3] = [2, 15, 1];
/// As in deploy/nats.conf: Meta's bodies reach 3 MB, we take 4.
const MESSAGE: usize = 8 * 1024 * 1024;
/// In each stream's folder, when it is encrypted.
const KEY: &str = "meta.key";

pub struct Examined {
    pub findings: Vec<Finding>,
    /// As the registry, which may ask for all streams.
    pub visit: Option<Visit>,
}

/// `disk` is what was measured of the disk on which the broker's files are known to be.
///
/// # Errors
/// A variable is wrong.
pub async fn look(place: &Place, disk: Option<Sync>) -> Result<Examined, Failure> {
    let config = BusConfig::from_vars("registry", &place.vars_of("registry")).map_err(Failure::config)?;
    let mut findings = Vec::new();
    // What the registry hasn't made yet was said then.
    let mut can_measure = false;
    let visit = match Visit::enter(&config).await {
        Ok(visit) => Some(visit),
        Err(why) => {
            findings.push(not_in(&why, &config.url));
            None
        }
    };
    if let Some(visit) = &visit {
        findings.extend(server(&visit.broker(), visit.store().await.ok()));
        match visit.streams().await {
            Ok(found) => {
                can_measure = !found.iter().any(|(_, found)| *found == Found::Missing);
                findings.extend(streams(&found));
            }
            Err(error) => findings.push(Finding::error("streams", "unseen").with("why", causes(&error))),
        }
    }
    let conf = place.nats_conf.as_deref();
    let read = conf.map(|file| (file, fs::read_to_string(file).map(|text| Store::read(&text))));
    findings
        .extend(durability(read.as_ref().map(|(file, store)| (*file, store.as_ref().map_err(ToString::to_string)))));
    if let Some(folder) = &place.broker_data {
        findings.push(on_disk(folder, &plain(folder)));
    }
    if let Some(disk) = disk.filter(|_| can_measure) {
        findings.extend(measure(place, disk).await?);
    }
    Ok(Examined { findings, visit })
}

/// How often the broker is given something to keep, and how often it is tried again when that was too quick: a machine that
/// is busy elsewhere measures badly.
const TIMES: usize = 50;
const ROUNDS: usize = 3;

/// The proof by measuring: who has kept a message has waited for the disk. `disk` is that of the broker too.
async fn measure(place: &Place, disk: Sync) -> Result<Option<Finding>, Failure> {
    let config = BusConfig::from_vars("doctor", &place.vars_of("doctor")).map_err(Failure::config)?;
    // Whether it is there and knows the key was said elsewhere.
    let Ok(visit) = Visit::enter(&config).await else { return Ok(None) };
    let mut finding = None;
    for _ in 0..ROUNDS {
        let judged = match visit.keeping(TIMES).await {
            Ok(times) => quick(&times, disk.least),
            Err(error) => Finding::warning("durability", "unmeasured").with("why", causes(&error)),
        };
        let doubtful = judged.verdict == Verdict::Error;
        finding = Some(judged);
        if !doubtful {
            break;
        }
    }
    Ok(finding)
}

/// What keeping takes beyond an answer is the disk's: it can't be much less than the quickest of many writes that were really
/// made. A quarter of that: the broker may share a sync with somebody else.
fn quick(times: &[Kept], disk: Duration) -> Finding {
    let least = |of: fn(&Kept) -> Duration| times.iter().map(of).min().unwrap_or_default();
    let extra = least(|time| time.kept).saturating_sub(least(|time| time.answered));
    let finding = match extra < disk / 4 {
        true => Finding::error("durability", "too_quick"),
        false => Finding::ok("durability", "measured"),
    };
    finding.with("broker", milliseconds(extra)).with("disk", milliseconds(disk))
}

fn not_in(why: &NotIn, url: &str) -> Finding {
    let address = url.rsplit('@').next().unwrap_or_default();
    match why {
        NotIn::Unknown => Finding::error("broker", "unknown_key").with("url", address),
        NotIn::Unreachable(cause) => Finding::error("broker", "unreachable").with("url", address).with("why", cause),
    }
}

fn server(facts: &BrokerFacts, store: Option<StoreFacts>) -> Vec<Finding> {
    let about = |finding: Finding| finding.with("version", &facts.version);
    let numbers = facts.version.split(['.', '-']).map_while(|part| part.parse::<u32>().ok()).collect::<Vec<_>>();
    let mut bad = Vec::new();
    if numbers.as_slice() < OLDEST.as_slice() {
        bad.push(about(Finding::error("broker", "old")));
    }
    if !facts.jetstream || store.is_none() {
        bad.push(about(Finding::error("broker", "no_jetstream")));
    }
    if facts.max_payload < MESSAGE {
        bad.push(about(Finding::error("broker", "small_messages")).with("bytes", facts.max_payload));
    }
    if let Some(StoreFacts { used, limit: Some(limit) }) = store
        && used > limit / 10 * 9
    {
        bad.push(about(Finding::error("broker", "full")).with("used", used).with("limit", limit));
    }
    let used =
        store.map(|store| format!("{:.1}", store.used as f64 / 1_000_000.0).replace('.', ",")).unwrap_or_default();
    or_ok(bad, about(Finding::ok("broker", "ok")).with("used", used))
}

fn durability(conf: Option<(&Path, Result<&Store, String>)>) -> Vec<Finding> {
    let Some((file, store)) = conf else { return vec![Finding::warning("durability", "unseen")] };
    let about = |finding: Finding| finding.with("file", file.display());
    let store = match store {
        Ok(store) => store,
        Err(why) => return vec![about(Finding::warning("durability", "unreadable")).with("why", why)],
    };
    let mut bad = Vec::new();
    if !store.syncs_always() {
        let interval = store.sync_interval.clone().unwrap_or_default();
        bad.push(about(Finding::error("durability", "no_sync")).with("interval", interval));
    }
    if store.cipher.is_none() {
        bad.push(about(Finding::error("durability", "no_cipher")));
    }
    let cipher = store.cipher.clone().unwrap_or_default();
    or_ok(bad, about(Finding::ok("durability", "ok")).with("cipher", cipher))
}

fn streams(found: &[(String, Found)]) -> Vec<Finding> {
    let missing = found.iter().filter(|(_, found)| *found == Found::Missing).map(|(name, _)| name.as_str());
    let missing = missing.collect::<Vec<_>>().join(", ");
    let mut bad = found
        .iter()
        .filter_map(|(name, found)| match found {
            Found::Different(what) => {
                Some(Finding::error("streams", "different").with("stream", name).with("what", what.join("; ")))
            }
            Found::Right | Found::Missing => None,
        })
        .collect::<Vec<_>>();
    if !missing.is_empty() {
        bad.push(Finding::warning("streams", "missing").with("streams", missing));
    }
    let names = found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    or_ok(bad, Finding::ok("streams", "ok").with("streams", names))
}

/// Streams whose files aren't encrypted, and how many there are.
struct OnDisk {
    plain: Vec<String>,
    all: usize,
}

fn plain(folder: &Path) -> OnDisk {
    let below = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let streams =
        below(folder.join("jetstream")).flat_map(|account| below(account.join("streams"))).collect::<Vec<_>>();
    let plain = streams.iter().filter(|stream| !stream.join(KEY).exists());
    let name = |stream: &PathBuf| stream.file_name().unwrap_or_default().to_string_lossy().into_owned();
    OnDisk { plain: plain.map(name).collect(), all: streams.len() }
}

fn on_disk(folder: &Path, seen: &OnDisk) -> Finding {
    let finding = match seen {
        OnDisk { all: 0, .. } => Finding::warning("encryption", "unseen"),
        OnDisk { plain, .. } if !plain.is_empty() => Finding::error("encryption", "plain"),
        _ => Finding::ok("encryption", "ok"),
    };
    finding.with("folder", folder.display()).with("streams", seen.plain.join(", ")).with("count", seen.all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn a_broker_is_new_enough_and_keeps_what_it_gets() {
        let good = BrokerFacts { version: "2.15.1".to_owned(), jetstream: true, max_payload: MESSAGE };
        let roomy = Some(StoreFacts { used: 1, limit: None });
        assert_eq!(codes(&server(&good, roomy)), ["ok"]);
        let version = |version: &str| {
            codes(&server(&BrokerFacts { version: version.to_owned(), ..good.clone() }, roomy)).join(" ")
        };
        assert_eq!(
            [version("2.15.0"), version("2.9.20"), version("2.16.0-RC.1"), version("3.0.0")],
            ["old", "old", "ok", "ok"]
        );
        let small = BrokerFacts { max_payload: 1_048_576, ..good.clone() };
        assert_eq!(codes(&server(&small, roomy)), ["small_messages"]);
        assert_eq!(codes(&server(&BrokerFacts { jetstream: false, ..good.clone() }, None)), ["no_jetstream"]);
        assert_eq!(codes(&server(&good, Some(StoreFacts { used: 95, limit: Some(100) }))), ["full"]);
    }

    #[test]
    fn a_broker_that_does_not_sync_is_refused() {
        let seen = |text: &str| {
            let store = Store::read(text);
            let findings = durability(Some((Path::new("nats.conf"), Ok(&store))));
            findings.iter().map(|finding| (finding.code, finding.verdict)).collect::<Vec<_>>()
        };
        use Verdict::{Error, Ok as Well, Warning};
        assert_eq!(seen("jetstream { sync_interval: always, cipher: aes, key: k }"), [("ok", Well)]);
        assert_eq!(seen("jetstream { cipher: aes, key: k }"), [("no_sync", Error)]);
        assert_eq!(seen("jetstream { sync_interval: 2m }"), [("no_sync", Error), ("no_cipher", Error)]);
        assert_eq!(durability(None)[0].verdict, Warning);
        assert_eq!(codes(&durability(Some((Path::new("x"), Err("no".to_owned()))))), ["unreadable"]);
    }

    #[test]
    fn a_broker_that_is_quicker_than_its_disk_keeps_nothing() {
        let code = |kept, disk| {
            let time = Kept { answered: Duration::from_micros(90), kept: Duration::from_micros(kept) };
            quick(&[time; 30], Duration::from_micros(disk)).code
        };
        assert_eq!([code(380, 170), code(200, 330), code(100, 170)], ["measured", "measured", "too_quick"]);
        assert_eq!(code(10, 170), "too_quick");
    }

    #[test]
    fn streams_are_as_the_registry_makes_them() {
        let found = |found| vec![("EVENTS".to_owned(), Found::Right), ("DEAD".to_owned(), found)];
        assert_eq!(codes(&streams(&found(Found::Right))), ["ok"]);
        assert_eq!(codes(&streams(&found(Found::Missing))), ["missing"]);
        assert_eq!(codes(&streams(&found(Found::Different(vec!["max_age is 1s".to_owned()])))), ["different"]);
    }

    #[test]
    fn files_that_anybody_could_read_are_named() {
        let place = tempfile::tempdir().unwrap();
        let stream = |name: &str| place.path().join("jetstream/$G/streams").join(name);
        assert_eq!(on_disk(place.path(), &plain(place.path())).code, "unseen");
        fs::create_dir_all(stream("EVENTS")).unwrap();
        fs::write(stream("EVENTS").join(KEY), "x").unwrap();
        assert_eq!(on_disk(place.path(), &plain(place.path())).code, "ok");
        fs::create_dir_all(stream("DEAD")).unwrap();
        assert_eq!(plain(place.path()).plain, ["DEAD"]);
        assert_eq!(on_disk(place.path(), &plain(place.path())).code, "plain");
    }
}
