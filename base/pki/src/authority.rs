//! Certificate authorities, and bundles of those that are trusted.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use stdx::Rng;
use x509_parser::prelude::FromDer;
use x509_parser::prelude::ParsedExtension;
use x509_parser::prelude::X509Certificate;

use crate::Credential;
use crate::Csr;
use crate::Error;
use crate::KeyPair;
use crate::Leaf;
use crate::Result;
use crate::Subject;
use crate::Usage;
use crate::Validity;
use crate::certificate::Contents;
use crate::certificate::key_id;
use crate::files;
use crate::pem;
use crate::tls;

/// A certificate authority: a self-signed certificate and its key. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CertificateAuthority {
    certificate: CertificateDer<'static>,
    pem: Arc<str>,
    key: KeyPair,
    subject: Arc<[u8]>,
    key_id: Arc<[u8]>,
    validity: Validity,
    rng: Rng,
}

/// Authorities whose word is taken. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CaBundle {
    pem: Arc<str>,
    pub(crate) roots: Arc<RootCertStore>,
    pub(crate) clients: Arc<dyn ClientCertVerifier>,
}

impl CertificateAuthority {
    /// A new authority with an ECDSA P-256 key.
    ///
    /// # Errors
    /// [`Error::Crypto`].
    pub fn generate(common_name: &str, validity: Validity, rng: &Rng) -> Result<Self> {
        let key = KeyPair::generate()?;
        let subject = Subject::common_name(common_name).to_der();
        let contents = Contents {
            issuer: &subject,
            issuer_key_id: &[],
            subject: &subject,
            public_key: key.public_key(),
            validity,
            authority: true,
            names: &Default::default(),
            usages: &[
                Usage::DIGITAL_SIGNATURE,
                Usage::KEY_ENCIPHERMENT,
                Usage::parse("cert sign").expect("in the table"),
            ],
        };
        let certificate = contents.sign(&key, rng)?;
        Self::new(CertificateDer::from(certificate), key, rng)
    }

    /// Reads an authority from PEM.
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::KeyMismatch`].
    pub fn from_pem(certificate: &str, key: &str, rng: &Rng) -> Result<Self> {
        let mut certificates = pem::certificates(certificate.as_bytes())?;
        Self::new(certificates.swap_remove(0), KeyPair::from_pem(key)?, rng)
    }

    /// Reads the authority from two files, or makes one and writes them (the key with mode 0600).
    ///
    /// # Errors
    /// As [`CertificateAuthority::from_pem`], or that a file cannot be read or written.
    pub fn load_or_create(
        certificate: &Path,
        key: &Path,
        common_name: &str,
        now: Timestamp,
        lifetime: Duration,
        rng: &Rng,
    ) -> Result<Self> {
        if let Some(text) = files::read_if_there(certificate)? {
            let key_text = files::read(key)?;
            return Self::from_pem(&text, &key_text, rng).map_err(files::inside(certificate));
        }
        let made = Self::generate(common_name, Validity::starting(now, lifetime), rng)?;
        // The key first: a certificate on disk means that its key is there too.
        files::write(key, files::Secrecy::Secret, made.key.to_pem().as_bytes())?;
        files::write(certificate, files::Secrecy::Public, made.pem.as_bytes())?;
        Ok(made)
    }

    /// Issues a certificate with a new ECDSA P-256 key. The chain holds the certificate alone: the
    /// peer knows the authority.
    ///
    /// # Errors
    /// [`Error::Crypto`].
    pub fn issue(&self, leaf: &Leaf, validity: Validity) -> Result<Credential> {
        let key = KeyPair::generate()?;
        let certificate = self.sign(&leaf.subject.to_der(), key.public_key(), leaf, validity)?;
        Credential::new(vec![certificate], key)
    }

    /// Issues a certificate for a request: subject, names and key are taken from it, other
    /// extensions it asks for are not. The validity is cut to that of the authority. Gives PEM.
    ///
    /// # Errors
    /// [`Error::Crypto`].
    pub fn sign_csr(&self, csr: &Csr, usages: &[Usage], validity: Validity) -> Result<String> {
        let leaf = Leaf { subject: csr.subject.clone(), names: csr.names.clone(), usages: usages.to_vec() };
        let certificate = self.sign(&csr.raw_subject, &csr.public_key, &leaf, validity)?;
        Ok(pem::encode("CERTIFICATE", &certificate))
    }

    /// The certificate in PEM.
    pub fn certificate_pem(&self) -> &str {
        &self.pem
    }

    /// The key in PEM.
    pub fn key_pem(&self) -> String {
        self.key.to_pem()
    }

    /// When it is valid.
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// A bundle that trusts this authority alone.
    ///
    /// # Errors
    /// [`Error::Malformed`] if the certificate cannot be a trust anchor.
    pub fn bundle(&self) -> Result<CaBundle> {
        CaBundle::from_pem(&self.pem)
    }

    fn new(certificate: CertificateDer<'static>, key: KeyPair, rng: &Rng) -> Result<Self> {
        let malformed = |error: &dyn std::fmt::Display| Error::malformed("CA certificate", error);
        let (_, parsed) = X509Certificate::from_der(&certificate).map_err(|error| malformed(&error))?;
        if !parsed.is_ca() {
            return Err(malformed(&"it may not issue certificates"));
        }
        if parsed.public_key().raw != key.public_key() {
            return Err(Error::KeyMismatch);
        }
        let stated = parsed.iter_extensions().find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
            _ => None,
        });
        let (subject, validity) = (parsed.subject().as_raw().into(), validity_of(&parsed)?);
        let key_id = stated.unwrap_or_else(|| key_id(key.public_key())).into();
        let pem = pem::encode("CERTIFICATE", &certificate).into();
        Ok(Self { pem, certificate, key, subject, key_id, validity, rng: rng.clone() })
    }

    fn sign(
        &self,
        subject: &[u8],
        public_key: &[u8],
        leaf: &Leaf,
        validity: Validity,
    ) -> Result<CertificateDer<'static>> {
        let not_after = validity.not_after.min(self.validity.not_after);
        let contents = Contents {
            issuer: &self.subject,
            issuer_key_id: &self.key_id,
            subject,
            public_key,
            validity: Validity { not_after, ..validity },
            authority: false,
            names: &leaf.names,
            usages: &leaf.usages,
        };
        contents.sign(&self.key, &self.rng).map(CertificateDer::from)
    }

    /// The certificate in DER.
    pub fn certificate_der(&self) -> &CertificateDer<'static> {
        &self.certificate
    }
}

impl CaBundle {
    /// Reads every certificate of a PEM text.
    ///
    /// # Errors
    /// [`Error::Malformed`] if there is none, or one of them is damaged.
    pub fn from_pem(text: &str) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in pem::certificates(text.as_bytes())? {
            roots.add(certificate).map_err(|error| Error::malformed("CA certificate", error))?;
        }
        Self::from_roots(roots, text)
    }

    /// Takes trust anchors that are known otherwise (those of the web, say).
    ///
    /// # Errors
    /// [`Error::Malformed`] if there is none.
    pub fn from_roots(roots: RootCertStore, pem: &str) -> Result<Self> {
        let roots = Arc::new(roots);
        let clients = WebPkiClientVerifier::builder_with_provider(roots.clone(), tls::provider())
            .build()
            .map_err(|error| Error::malformed("CA bundle", error))?;
        Ok(Self { pem: pem.into(), roots, clients })
    }

    /// The PEM text it was read from.
    pub fn pem(&self) -> &str {
        &self.pem
    }
}

pub(crate) fn validity_of(certificate: &X509Certificate<'_>) -> Result<Validity> {
    let time = |time: x509_parser::time::ASN1Time| {
        Timestamp::from_second(time.timestamp()).map_err(|error| Error::malformed("certificate", error))
    };
    let validity = certificate.validity();
    Ok(Validity { not_before: time(validity.not_before)?, not_after: time(validity.not_after)? })
}
