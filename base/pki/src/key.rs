//! Keys, and the names they are bound to.

use std::sync::Arc;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::encoding::Pkcs8V1Der;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1_SIGNING;
use aws_lc_rs::signature::EcdsaKeyPair;
use aws_lc_rs::signature::RsaKeyPair;
use rustls::SignatureScheme;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::alg_id;
use rustls::sign::SigningKey;

use crate::Error;
use crate::Result;
use crate::der;
use crate::pem;

/// A private key that can sign: ECDSA, RSA or Ed25519. Cheap to clone.
#[derive(Clone, Debug)]
pub struct KeyPair {
    der: Arc<PrivateKeyDer<'static>>,
    key: Arc<dyn SigningKey>,
    public: Arc<[u8]>,
}

/// The name in a certificate, as Kubernetes reads it: the common name is the user, each organisation
/// is a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The user, or the name of a server or authority.
    pub common_name: String,
    /// The user's groups.
    pub organizations: Vec<String>,
}

impl KeyPair {
    /// A new ECDSA key on P-256.
    ///
    /// # Errors
    /// [`Error::Crypto`].
    pub fn generate() -> Result<Self> {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING);
        let pkcs8 = key.and_then(|key| key.to_pkcs8v1()).map_err(|_| Error::Crypto("make an ECDSA key"))?;
        Self::from_der(PrivatePkcs8KeyDer::from(pkcs8.as_ref().to_vec()).into())
    }

    /// A new RSA key of 2048 bits: for signatures that every verifier can check.
    ///
    /// # Errors
    /// [`Error::Crypto`].
    pub fn generate_rsa() -> Result<Self> {
        let failed = |_| Error::Crypto("make an RSA key");
        let key = RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
        let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&key).map_err(failed)?;
        Self::from_der(PrivatePkcs8KeyDer::from(pkcs8.as_ref().to_vec()).into())
    }

    /// Reads a key in PKCS#8, PKCS#1 or SEC 1.
    ///
    /// # Errors
    /// [`Error::Malformed`] if it is none of these.
    pub fn from_der(der: PrivateKeyDer<'static>) -> Result<Self> {
        let key = any_supported_type(&der).map_err(|error| Error::malformed("private key", error))?;
        let public = key.public_key().ok_or(Error::Unsupported("key"))?.to_vec().into();
        Ok(Self { der: Arc::new(der), key, public })
    }

    /// Reads the first private key of a PEM text.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn from_pem(pem: &str) -> Result<Self> {
        Self::from_der(pem::private_key(pem.as_bytes())?)
    }

    /// As PEM.
    pub fn to_pem(&self) -> String {
        let label = match &*self.der {
            PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
            PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
            _ => "PRIVATE KEY",
        };
        pem::encode(label, self.der.secret_der())
    }

    /// The SubjectPublicKeyInfo in DER.
    pub fn public_key(&self) -> &[u8] {
        &self.public
    }

    pub(crate) fn signing_key(&self) -> Arc<dyn SigningKey> {
        self.key.clone()
    }

    /// Signs; gives the AlgorithmIdentifier in DER and the signature.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
        let schemes = [
            (SignatureScheme::ECDSA_NISTP256_SHA256, alg_id::ECDSA_SHA256),
            (SignatureScheme::ECDSA_NISTP384_SHA384, alg_id::ECDSA_SHA384),
            (SignatureScheme::RSA_PKCS1_SHA256, alg_id::RSA_PKCS1_SHA256),
            (SignatureScheme::ED25519, alg_id::ED25519),
        ];
        let mut signers =
            schemes.into_iter().filter_map(|(scheme, id)| Some((self.key.choose_scheme(&[scheme])?, id)));
        let (signer, id) = signers.next().ok_or(Error::Unsupported("signing key"))?;
        let signature = signer.sign(message).map_err(|_| Error::Crypto("sign"))?;
        Ok((der::element(der::SEQUENCE, id.as_ref()), signature))
    }
}

const COMMON_NAME: [u8; 3] = [0x55, 4, 3];
const ORGANIZATION: [u8; 3] = [0x55, 4, 10];

impl Subject {
    /// A name without groups.
    pub fn common_name(name: impl Into<String>) -> Self {
        Self { common_name: name.into(), organizations: Vec::new() }
    }

    /// A user with groups.
    pub fn new<S: Into<String>>(
        common_name: impl Into<String>,
        organizations: impl IntoIterator<Item = S>,
    ) -> Self {
        let organizations = organizations.into_iter().map(Into::into).collect();
        Self { common_name: common_name.into(), organizations }
    }

    /// As a Name in DER: organisations first, as most writers do.
    pub(crate) fn to_der(&self) -> Vec<u8> {
        let attribute = |oid: &[u8], value: &str| {
            let pair = der::sequence(&[
                &der::element(der::OID, oid),
                &der::element(der::UTF8_STRING, value.as_bytes()),
            ]);
            der::element(der::SET, &pair)
        };
        let mut content: Vec<u8> = self
            .organizations
            .iter()
            .flat_map(|organization| attribute(&ORGANIZATION, organization))
            .collect();
        if !self.common_name.is_empty() {
            content.extend(attribute(&COMMON_NAME, &self.common_name));
        }
        der::element(der::SEQUENCE, &content)
    }

    pub(crate) fn from_name(name: &x509_parser::x509::X509Name<'_>) -> Result<Self> {
        let text = |attribute: &x509_parser::x509::AttributeTypeAndValue<'_>| {
            attribute.as_str().map(str::to_owned).map_err(|error| Error::malformed("subject", error))
        };
        // With several common names the last one counts, as in Go's crypto/x509.
        let common_name = name.iter_common_name().last().map(text).transpose()?.unwrap_or_default();
        let organizations = name.iter_organization().map(text).collect::<Result<_>>()?;
        Ok(Self { common_name, organizations })
    }
}
