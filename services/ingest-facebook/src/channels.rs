//! `channels.toml` of the city's folder: of it, the hashtag. The rest of the file is for others.

use segnalalo_kit::city::Error;
use serde::Deserialize;
use std::{fs, path::Path};

const FILE: &str = "channels.toml";

#[derive(Deserialize)]
struct File {
    facebook: Facebook,
}

#[derive(Deserialize)]
struct Facebook {
    hashtag: String,
}

/// The city's hashtag, without its `#`.
///
/// # Errors
/// The file can't be read, isn't what was expected, or its hashtag is no single word.
pub fn hashtag(city: &Path) -> Result<String, Error> {
    let file = city.join(FILE);
    let text = fs::read_to_string(&file).map_err(|source| Error::Unreadable { file: file.clone(), source })?;
    let parsed: File =
        toml::from_str(&text).map_err(|source| Error::Malformed { file: file.clone(), source: Box::new(source) })?;
    let hashtag = parsed.facebook.hashtag.trim().trim_start_matches('#').to_owned();
    if hashtag.is_empty() || !hashtag.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return Err(Error::Invalid {
            file,
            key: "facebook.hashtag".to_owned(),
            expected: "one word of letters, digits and underscores".to_owned(),
        });
    }
    Ok(hashtag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<String, Error> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), text).unwrap();
        hashtag(folder.path())
    }

    #[test]
    fn the_hashtag_is_read_with_or_without_its_sign() {
        assert_eq!(of("[facebook]\nhashtag = \"segnalaloaBiella\"").unwrap(), "segnalaloaBiella");
        assert_eq!(of("[facebook]\nhashtag = \"#segnalaloaBiella\"\npage_name = \"x\"").unwrap(), "segnalaloaBiella");
    }

    #[test]
    fn a_wrong_file_is_named_with_what_was_expected() {
        let error = of("[facebook]\nhashtag = \"due parole\"").unwrap_err();
        assert!(error.to_string().contains("channels.toml: facebook.hashtag: expected one word"), "{error}");
        assert!(matches!(of("[facebook]"), Err(Error::Malformed { .. })));
        assert!(matches!(hashtag(Path::new("nowhere")), Err(Error::Unreadable { .. })));
    }
}
