//! A certificate chain with its key.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;
use stdx::Rng;
use x509_parser::prelude::FromDer;
use x509_parser::prelude::X509Certificate;

use crate::Error;
use crate::KeyPair;
use crate::Result;
use crate::Subject;
use crate::Validity;
use crate::authority::validity_of;
use crate::files;
use crate::pem;

/// What a server or client proves its identity with. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Credential {
    chain: Arc<[CertificateDer<'static>]>,
    key: KeyPair,
    subject: Arc<Subject>,
    validity: Validity,
}

impl Credential {
    /// A chain, the holder's certificate first, and the holder's key.
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::KeyMismatch`].
    pub fn new(chain: Vec<CertificateDer<'static>>, key: KeyPair) -> Result<Self> {
        let first = chain.first().ok_or_else(|| Error::malformed("certificate chain", "it is empty"))?;
        let (_, parsed) =
            X509Certificate::from_der(first).map_err(|error| Error::malformed("certificate", error))?;
        if parsed.public_key().raw != key.public_key() {
            return Err(Error::KeyMismatch);
        }
        let subject = Arc::new(Subject::from_name(parsed.subject())?);
        let validity = validity_of(&parsed)?;
        Ok(Self { chain: chain.into(), key, subject, validity })
    }

    /// Reads PEM; certificate and key may be the same text.
    ///
    /// # Errors
    /// As [`Credential::new`].
    pub fn from_pem(chain: &str, key: &str) -> Result<Self> {
        Self::new(pem::certificates(chain.as_bytes())?, KeyPair::from_pem(key)?)
    }

    /// Reads two files (or twice the same).
    ///
    /// # Errors
    /// As [`Credential::new`], or that a file cannot be read.
    pub fn load(chain: &Path, key: &Path) -> Result<Self> {
        let (chain_text, key_text) = (files::read(chain)?, files::read(key)?);
        Self::from_pem(&chain_text, &key_text).map_err(files::inside(chain))
    }

    /// Reads two files; `None` if the chain is not there.
    ///
    /// # Errors
    /// As [`Credential::load`].
    pub fn load_if_there(chain: &Path, key: &Path) -> Result<Option<Self>> {
        files::read_if_there(chain)?.map(|_| Self::load(chain, key)).transpose()
    }

    /// Writes two files, the key first and with mode 0600.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn store(&self, chain: &Path, key: &Path) -> Result<()> {
        files::write(key, files::Secrecy::Secret, self.key_pem().as_bytes())?;
        files::write(chain, files::Secrecy::Public, self.chain_pem().as_bytes())
    }

    /// The chain in PEM.
    pub fn chain_pem(&self) -> String {
        self.chain.iter().map(|certificate| pem::encode("CERTIFICATE", certificate)).collect()
    }

    /// The key in PEM.
    pub fn key_pem(&self) -> String {
        self.key.to_pem()
    }

    /// The chain in DER, the holder's certificate first.
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// To whom it was issued.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// When it is valid.
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// How long it is still valid; zero once it has expired.
    pub fn remaining(&self, now: Timestamp) -> Duration {
        Duration::try_from(self.validity.not_after.duration_since(now)).unwrap_or_default()
    }

    /// When to get a new one: at 70 to 90 percent of its life, so that many holders do not renew
    /// together (the rule of client-go's certificate manager).
    pub fn renewal_time(&self, rng: &Rng) -> Timestamp {
        let Validity { not_before, not_after } = self.validity;
        let life = not_after.duration_since(not_before).as_secs_f64();
        let age = SignedDuration::try_from_secs_f64(life * (0.7 + 0.2 * rng.fraction()));
        not_before.checked_add(age.unwrap_or(SignedDuration::ZERO)).unwrap_or(not_after)
    }

    pub(crate) fn certified_key(&self) -> Arc<CertifiedKey> {
        Arc::new(CertifiedKey::new(self.chain.to_vec(), self.key.signing_key()))
    }
}
