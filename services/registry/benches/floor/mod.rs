//! What an append can't be faster than, and how times are told.

use bytes::Bytes;
use std::{error::Error, fs::File, path::Path, time::Duration};

pub type Done<T = ()> = Result<T, Box<dyn Error>>;

/// The same records under their positions, one batch, flushed and synced: no index, no chain, no check.
pub struct Floor {
    db: sled::Db,
    file: File,
}

impl Floor {
    pub fn open(folder: &Path) -> Done<Self> {
        let db = sled::Config::new().path(folder).flush_every_ms(None).open()?;
        let file = File::options().read(true).write(true).open(folder.join("db"))?;
        Ok(Self { db, file })
    }

    pub fn append(&self, records: &[(u64, Bytes)]) -> Done {
        let mut batch = sled::Batch::default();
        for (position, bytes) in records {
            batch.insert(&position.to_be_bytes(), &bytes[..]);
        }
        self.db.apply_batch(batch)?;
        self.db.flush()?;
        Ok(self.file.sync_data()?)
    }
}

/// In milliseconds.
pub fn percentile(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    times[(times.len() - 1) * percent / 100].as_secs_f64() * 1_000.0
}
