//! A certificate authority of one test: certificates as PEM files in a folder.

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A certificate and its key, as files.
#[derive(Debug, Clone)]
pub struct Pair {
    pub cert: String,
    pub key: String,
}

pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: PathBuf,
    /// The file of its own certificate.
    pub ca: String,
}

impl Authority {
    /// # Errors
    /// The files can't be written.
    pub fn new(folder: &Path, name: &str) -> Result<Self> {
        let mut params = params(name, &[])?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate()?;
        let ca = write(folder, &format!("{name}.pem"), &params.self_signed(&key)?.pem())?;
        Ok(Self { issuer: Issuer::new(params, key), folder: folder.to_owned(), ca })
    }

    /// For a server on this machine. A second one of the same name takes the first's place.
    ///
    /// # Errors
    /// The files can't be written.
    pub fn server(&self, name: &str) -> Result<Pair> {
        let mut params = params(name, &["127.0.0.1", "localhost"])?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.pair(name, &params)
    }

    /// # Errors
    /// The files can't be written.
    pub fn client(&self, name: &str) -> Result<Pair> {
        self.pair(name, &client(name)?)
    }

    /// One that ended years ago.
    ///
    /// # Errors
    /// The files can't be written.
    pub fn expired(&self, name: &str) -> Result<Pair> {
        let mut params = client(name)?;
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
        self.pair(name, &params)
    }

    fn pair(&self, name: &str, params: &CertificateParams) -> Result<Pair> {
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Pair {
            cert: write(&self.folder, &format!("{name}.cert.pem"), &certificate.pem())?,
            key: write(&self.folder, &format!("{name}.key.pem"), &key.serialize_pem())?,
        })
    }
}

fn params(name: &str, addresses: &[&str]) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(addresses.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}

fn client(name: &str) -> Result<CertificateParams> {
    let mut params = params(name, &[])?;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    Ok(params)
}

fn write(folder: &Path, name: &str, pem: &str) -> Result<String> {
    let file = folder.join(name);
    fs::write(&file, pem)?;
    Ok(file.to_string_lossy().into_owned())
}
