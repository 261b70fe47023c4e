//! Pictures, voice notes and documents, with their bytes. Three photographs, a voice note and a form are always there:
//! the rehearsal's citizens send them by name.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, sync::Arc};

/// Name, type and bytes.
const SAMPLES: [(&str, &str, &[u8]); 5] = [
    ("buca", "image/jpeg", include_bytes!("../../assets/samples/buca.jpg")),
    ("lampione", "image/jpeg", include_bytes!("../../assets/samples/lampione.jpg")),
    ("rifiuti", "image/jpeg", include_bytes!("../../assets/samples/rifiuti.jpg")),
    ("voce", "audio/ogg; codecs=opus", include_bytes!("../../assets/samples/voce.ogg")),
    ("modulo", "application/pdf", include_bytes!("../../assets/samples/modulo.pdf")),
];

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Media {
    pub id: String,
    pub mime_type: String,
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub bytes: Arc<[u8]>,
}

impl Media {
    /// `None`: no sample has that name.
    pub fn sample(id: String, name: &str) -> Option<Self> {
        let (_, mime_type, bytes) = SAMPLES.into_iter().find(|(known, ..)| *known == name)?;
        Some(Self { id, mime_type: mime_type.to_owned(), bytes: bytes.into() })
    }

    /// From `data:<type>;base64,<bytes>`, as a browser reads a file.
    pub fn from_data_url(id: String, url: &str) -> Option<Self> {
        let (mime_type, encoded) = url.strip_prefix("data:")?.split_once(";base64,")?;
        Some(Self { id, mime_type: mime_type.to_owned(), bytes: STANDARD.decode(encoded).ok()?.into() })
    }

    /// Base64, as in webhooks.
    pub fn sha256(&self) -> String {
        STANDARD.encode(Sha256::digest(&self.bytes))
    }

    /// Lowercase hex, as media's metadata have it.
    pub fn sha256_hex(&self) -> String {
        hex::encode(Sha256::digest(&self.bytes))
    }
}

#[derive(Debug, Default)]
pub struct Store {
    by_id: BTreeMap<String, Media>,
}

impl Store {
    pub(super) fn put(&mut self, media: Media) {
        self.by_id.insert(media.id.clone(), media);
    }

    pub(super) fn delete(&mut self, id: &str) {
        self.by_id.remove(id);
    }

    pub fn get(&self, id: &str) -> Option<&Media> {
        self.by_id.get(id)
    }
}

fn to_base64<S: Serializer>(bytes: &Arc<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(bytes))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<[u8]>, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD.decode(text).map(Into::into).map_err(serde::de::Error::custom)
}
