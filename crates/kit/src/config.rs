//! The process's configuration: environment variables, read once and carried as a value, so that tests pass a list of
//! pairs. An error always names the variable. A variable that is set to nothing counts as not set: compose files pass
//! on what they have. What a value means is the business of him who asks for it.

use std::{any::type_name, collections::BTreeMap, env, fmt, fs, str::FromStr, sync::Arc};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{name} isn't set")]
    Missing { name: String },
    #[error("{name}: {value:?} isn't a valid {expected}")]
    Invalid { name: String, value: String, expected: &'static str },
    #[error("{name} and {name}_FILE are both set: one of them is enough")]
    Twice { name: String },
    #[error("{name}_FILE: {file} can't be read")]
    Unreadable {
        name: String,
        file: String,
        #[source]
        source: std::io::Error,
    },
}

/// The environment, as it was when it was read.
#[derive(Clone, Default)]
pub struct Vars {
    pairs: Arc<BTreeMap<String, String>>,
}

impl Vars {
    /// Those of this process. What isn't Unicode is left out.
    pub fn process() -> Self {
        let unicode = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self::from_pairs(env::vars_os().filter_map(unicode)).with_settings()
    }

    /// And what they lack from the folder `SEGNALALO_SETTINGS`: a file for each variable, called like it.
    #[must_use]
    pub fn with_settings(&self) -> Self {
        let entries = self.optional("SEGNALALO_SETTINGS").and_then(|folder| fs::read_dir(folder).ok());
        let named = |name: &str| name.bytes().all(|letter| letter == b'_' || letter.is_ascii_uppercase());
        let lacking = entries.into_iter().flatten().filter_map(|entry| {
            let (file, name) = (entry.as_ref().ok()?.path(), entry.as_ref().ok()?.file_name().into_string().ok()?);
            let set = self.optional(&name).or_else(|| self.optional(&format!("{name}_FILE"))).is_some();
            if set || !named(&name) {
                return None;
            }
            match fs::read_to_string(&file) {
                Ok(text) => Some((name, text.trim_end_matches(['\r', '\n']).to_owned())),
                // Who asks for it says that it can't be read.
                Err(_) => Some((format!("{name}_FILE"), file.display().to_string())),
            }
        });
        self.with(lacking.collect::<Vec<_>>())
    }

    pub fn from_pairs<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let pairs = pairs.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self { pairs: Arc::new(pairs.collect()) }
    }

    /// The same, but for these: what `segnalalo all` sets for its processes.
    #[must_use]
    pub fn with<K: Into<String>, V: Into<String>>(&self, pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let mut all = BTreeMap::clone(&self.pairs);
        all.extend(pairs.into_iter().map(|(name, value)| (name.into(), value.into())));
        Self { pairs: Arc::new(all) }
    }

    pub fn required(&self, name: &str) -> Result<String, Error> {
        self.optional(name).ok_or_else(|| missing(name))
    }

    pub fn optional(&self, name: &str) -> Option<String> {
        self.pairs.get(name).filter(|value| !value.trim().is_empty()).cloned()
    }

    /// `default` when the variable isn't set; an error when it is and can't be read.
    pub fn parsed<T: FromStr>(&self, name: &str, default: T) -> Result<T, Error> {
        let Some(value) = self.optional(name) else {
            return Ok(default);
        };
        value.trim().parse().map_err(|_| Error::Invalid {
            name: name.to_owned(),
            value,
            expected: type_name::<T>().rsplit("::").next().unwrap_or_default(),
        })
    }

    /// From `NAME`, or from the file that `NAME_FILE` names.
    pub fn secret(&self, name: &str) -> Result<Secret, Error> {
        self.secret_optional(name)?.ok_or_else(|| missing(name))
    }

    pub fn secret_optional(&self, name: &str) -> Result<Option<Secret>, Error> {
        let file = self.optional(&format!("{name}_FILE"));
        match (self.optional(name), file) {
            (Some(_), Some(_)) => Err(Error::Twice { name: name.to_owned() }),
            (Some(value), None) => Ok(Some(Secret::new(value))),
            (None, Some(file)) => read_secret(name, file).map(Some),
            (None, None) => Ok(None),
        }
    }
}

fn read_secret(name: &str, file: String) -> Result<Secret, Error> {
    let text = fs::read_to_string(&file).map_err(|source| Error::Unreadable { name: name.to_owned(), file, source })?;
    // Editors end a file with a line feed that isn't part of the secret.
    let value = text.trim_end_matches(['\r', '\n']);
    if value.is_empty() {
        return Err(missing(&format!("{name}_FILE (the file is empty)")));
    }
    Ok(Secret::new(value))
}

fn missing(name: &str) -> Error {
    Error::Missing { name: name.to_owned() }
}

/// Names only: values may be secrets.
impl fmt::Debug for Vars {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.pairs.keys()).finish()
    }
}

/// A value that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_set_to_nothing_is_not_set() {
        let vars = Vars::from_pairs([("A", " ")]);
        assert_eq!(vars.optional("A"), None);
        assert_eq!(vars.required("A").unwrap_err().to_string(), "A isn't set");
    }

    #[test]
    fn a_bad_value_names_its_variable_and_what_was_expected() {
        let vars = Vars::from_pairs([("PORT", "many")]);
        let error = vars.parsed("PORT", 1_u16).unwrap_err();
        assert_eq!(error.to_string(), "PORT: \"many\" isn't a valid u16");
        assert_eq!(vars.parsed("OTHER", 1_u16).unwrap(), 1);
    }

    #[test]
    fn a_secret_comes_from_a_file_without_its_line_feed() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "s3cret\n").unwrap();
        let vars = Vars::from_pairs([("TOKEN_FILE", file.path().to_str().unwrap())]);
        assert_eq!(vars.secret("TOKEN").unwrap().expose(), "s3cret");
        let both = vars.with([("TOKEN", "x")]);
        assert!(matches!(both.secret("TOKEN"), Err(Error::Twice { .. })));
    }

    #[test]
    fn what_the_environment_lacks_comes_from_the_folder_of_settings() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("TOKEN"), "s3cret\n").unwrap();
        fs::write(folder.path().join("PLACE"), "there").unwrap();
        fs::write(folder.path().join("notes.txt"), "no variable").unwrap();
        let place = folder.path().to_str().unwrap();
        let vars = Vars::from_pairs([("SEGNALALO_SETTINGS", place), ("PLACE", "here"), ("TOKEN", "")]).with_settings();
        assert_eq!(vars.secret("TOKEN").unwrap().expose(), "s3cret");
        assert_eq!(vars.required("PLACE").unwrap(), "here");
        assert_eq!(vars.optional("notes.txt"), None);
    }

    #[test]
    fn a_file_that_is_not_there_names_the_variable() {
        let vars = Vars::from_pairs([("TOKEN_FILE", "nowhere/at/all")]);
        let error = vars.secret("TOKEN").unwrap_err();
        assert_eq!(error.to_string(), "TOKEN_FILE: nowhere/at/all can't be read");
    }

    #[test]
    fn neither_secrets_nor_the_environment_are_printed() {
        let vars = Vars::from_pairs([("TOKEN", "s3cret")]);
        let printed = format!("{vars:?} {:?}", vars.secret("TOKEN").unwrap());
        assert_eq!(printed, "{\"TOKEN\"} ***");
    }
}
