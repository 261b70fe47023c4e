//! One TOML file of the city's folder, read into a shape; and the ways to say what is wrong with it.

use super::Error;
use serde::de::DeserializeOwned;
use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
};

/// Where a value came from, so that faults can name it.
pub(super) struct File(PathBuf);

impl File {
    pub fn read<T: DeserializeOwned>(city: &Path, name: &str) -> Result<(Self, T), Error> {
        let (file, text) = Self::text(city, name)?;
        let content = file.parse(&text)?;
        Ok((file, content))
    }

    /// As it stands, for who needs the very text too.
    pub fn text(city: &Path, name: &str) -> Result<(Self, String), Error> {
        let file = Self(city.join(name));
        let text = fs::read_to_string(&file.0).map_err(|source| Error::Unreadable { file: file.0.clone(), source })?;
        Ok((file, text))
    }

    /// For text that comes from elsewhere.
    pub fn named(name: &str) -> Self {
        Self(PathBuf::from(name))
    }

    pub fn parse<T: DeserializeOwned>(&self, text: &str) -> Result<T, Error> {
        toml::from_str(text).map_err(|source| Error::Malformed { file: self.0.clone(), source: Box::new(source) })
    }

    /// The same of what stands at a place in the text.
    pub fn invalid_at(
        &self,
        text: &str,
        span: &Range<usize>,
        field: impl AsRef<str>,
        expected: impl Into<String>,
    ) -> Error {
        let line = text.get(..span.start).unwrap_or_default().matches('\n').count() + 1;
        self.invalid(format!("line {line}: {}", field.as_ref()), expected)
    }

    pub fn invalid(&self, key: impl Into<String>, expected: impl Into<String>) -> Error {
        Error::Invalid { file: self.0.clone(), key: key.into(), expected: expected.into() }
    }
}
