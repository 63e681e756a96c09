//! Service-account tokens: JSON Web Tokens (RFC 7519) signed with RS256 or ES256.

use std::path::Path;

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature;
use aws_lc_rs::signature::EcdsaKeyPair;
use aws_lc_rs::signature::RsaKeyPair;
use aws_lc_rs::signature::UnparsedPublicKey;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;
use crate::KeyPair;
use crate::Result;
use crate::der;
use crate::files;
use crate::pem;

/// Signs tokens.
pub struct TokenSigner {
    key: SigningKey,
    header: String,
    public: PublicKey,
}

/// Checks signatures against a set of keys, and publishes the set.
#[derive(Clone, Debug, Default)]
pub struct TokenVerifier {
    keys: Vec<PublicKey>,
}

/// A token whose signature is right. Issuer, audience and times are the caller's to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedToken {
    /// The key that signed it.
    pub key_id: String,
    payload: Vec<u8>,
}

enum SigningKey {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct PublicKey {
    id: String,
    kind: PublicKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum PublicKind {
    /// The whole PKCS#1 key, modulus and exponent.
    Rsa { key: Vec<u8>, modulus: Vec<u8>, exponent: Vec<u8> },
    /// The uncompressed point.
    Ecdsa { point: Vec<u8> },
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    /// Extensions that must be understood (RFC 7515 §4.1.11): none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crit: Option<serde_json::Value>,
}

#[derive(Serialize)]
struct Jwk<'a> {
    #[serde(rename = "use")]
    usage: &'static str,
    kty: &'static str,
    kid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<&'static str>,
    alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
}

/// Longer than any token of ours: the header of an HTTP request would not hold it.
const MAX_TOKEN_BYTES: usize = 64 << 10;

impl TokenSigner {
    /// A signer with a new RSA key of 2048 bits: RS256 is what every verifier of OpenID Connect
    /// must know.
    ///
    /// # Errors
    /// [`Error::Crypto`].
    pub fn generate() -> Result<Self> {
        Self::new(&KeyPair::generate_rsa()?)
    }

    /// Signs with this key: RS256 for RSA, ES256 for P-256.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for another kind of key.
    pub fn new(key: &KeyPair) -> Result<Self> {
        let public = PublicKey::from_spki(key.public_key())?;
        let der = pem::private_key(key.to_pem().as_bytes())?;
        let der = der.secret_der();
        let unsupported = Error::Unsupported("token signing key");
        let signing = match &public.kind {
            PublicKind::Rsa { .. } => {
                RsaKeyPair::from_pkcs8(der).or_else(|_| RsaKeyPair::from_der(der)).map(SigningKey::Rsa)
            }
            PublicKind::Ecdsa { .. } => {
                let algorithm = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
                EcdsaKeyPair::from_pkcs8(algorithm, der)
                    .or_else(|_| EcdsaKeyPair::from_private_key_der(algorithm, der))
                    .map(SigningKey::Ecdsa)
            }
        };
        let header = Header { alg: public.algorithm().into(), kid: Some(public.id.clone()), crit: None };
        let header = serde_json::to_vec(&header).expect("strings always serialise");
        Ok(Self { key: signing.map_err(|_| unsupported)?, header: URL_SAFE_NO_PAD.encode(header), public })
    }

    /// Reads the key from a file, or makes an RSA key and writes it with mode 0600.
    ///
    /// # Errors
    /// As [`TokenSigner::new`], or that the file cannot be read or written.
    pub fn load_or_create(path: &Path) -> Result<Self> {
        if let Some(text) = files::read_if_there(path)? {
            return KeyPair::from_pem(&text).and_then(|key| Self::new(&key)).map_err(files::inside(path));
        }
        let key = KeyPair::generate_rsa()?;
        files::write(path, files::Secrecy::Secret, key.to_pem().as_bytes())?;
        Self::new(&key)
    }

    /// Signs claims; gives the compact form.
    ///
    /// # Errors
    /// [`Error::Malformed`] if the claims cannot be written as JSON, [`Error::Crypto`].
    pub fn sign(&self, claims: &impl Serialize) -> Result<String> {
        let payload = serde_json::to_vec(claims).map_err(|error| Error::malformed("set of claims", error))?;
        let mut token = format!("{}.{}", self.header, URL_SAFE_NO_PAD.encode(payload));
        let rng = SystemRandom::new();
        let signature = match &self.key {
            SigningKey::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&signature::RSA_PKCS1_SHA256, &rng, token.as_bytes(), &mut signature)
                    .map(|()| signature)
            }
            SigningKey::Ecdsa(key) => {
                key.sign(&rng, token.as_bytes()).map(|signature| signature.as_ref().to_vec())
            }
        };
        let signature = signature.map_err(|_| Error::Crypto("sign a token"))?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    /// The id of the key, as upstream derives it: SHA-256 of the public key in base64url.
    pub fn key_id(&self) -> &str {
        &self.public.id
    }

    /// `RS256` or `ES256`.
    pub fn algorithm(&self) -> &'static str {
        self.public.algorithm()
    }

    /// A verifier that knows this signer alone.
    pub fn verifier(&self) -> TokenVerifier {
        TokenVerifier { keys: vec![self.public.clone()] }
    }
}

impl TokenVerifier {
    /// Knows every public key and the public half of every private key in a PEM text.
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::Unsupported`].
    pub fn from_pem(text: &str) -> Result<Self> {
        use rustls::pki_types::SubjectPublicKeyInfoDer;
        use rustls::pki_types::pem::PemObject;
        let mut keys = Vec::new();
        for key in SubjectPublicKeyInfoDer::pem_slice_iter(text.as_bytes()) {
            let key = key.map_err(|error| Error::malformed("PEM public key", error))?;
            keys.push(PublicKey::from_spki(&key)?);
        }
        for key in rustls::pki_types::PrivateKeyDer::pem_slice_iter(text.as_bytes()) {
            let key = key.map_err(|error| Error::malformed("PEM private key", error))?;
            keys.push(PublicKey::from_spki(KeyPair::from_der(key)?.public_key())?);
        }
        if keys.is_empty() {
            return Err(Error::malformed("PEM public key", "no PUBLIC KEY section"));
        }
        Ok(Self { keys })
    }

    /// Knows the keys of both.
    #[must_use]
    pub fn and(mut self, other: TokenVerifier) -> Self {
        self.keys.extend(other.keys);
        self
    }

    /// Checks the signature. The key's own algorithm counts; a header that claims another is
    /// refused.
    ///
    /// # Errors
    /// [`Error::Malformed`] if it is no token, [`Error::Signature`] if no key fits.
    pub fn verify(&self, token: &str) -> Result<VerifiedToken> {
        let malformed = |why: &str| Error::malformed("token", why);
        if token.len() > MAX_TOKEN_BYTES {
            return Err(malformed("too long"));
        }
        let (signed, signature) = token.rsplit_once('.').ok_or_else(|| malformed("no signature"))?;
        let (header, payload) = signed.split_once('.').ok_or_else(|| malformed("no payload"))?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed("not base64url"));
        let (header, payload, signature) = (decode(header)?, decode(payload)?, decode(signature)?);
        let header: Header = serde_json::from_slice(&header).map_err(|_| malformed("a strange header"))?;
        if header.crit.is_some() {
            return Err(malformed("extensions that are not understood"));
        }
        let mut fitting = self.keys.iter().filter(|key| {
            key.algorithm() == header.alg && header.kid.as_ref().is_none_or(|id| *id == key.id)
        });
        let key =
            fitting.find(|key| key.verify(signed.as_bytes(), &signature)).ok_or(Error::Signature("token"))?;
        Ok(VerifiedToken { key_id: key.id.clone(), payload })
    }

    /// The JSON Web Key Set (RFC 7517), as the API server publishes it under `/openid/v1/jwks`.
    pub fn jwks(&self) -> String {
        let keys: Vec<_> = self.keys.iter().map(PublicKey::jwk).collect();
        serde_json::json!({ "keys": keys }).to_string()
    }

    /// The algorithms in use, sorted, without duplicates.
    pub fn algorithms(&self) -> Vec<&'static str> {
        let mut algorithms: Vec<_> = self.keys.iter().map(PublicKey::algorithm).collect();
        algorithms.sort_unstable();
        algorithms.dedup();
        algorithms
    }
}

impl VerifiedToken {
    /// The claims.
    ///
    /// # Errors
    /// [`Error::Malformed`] if they are not of this form.
    pub fn claims<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.payload).map_err(|error| Error::malformed("set of claims", error))
    }
}

const RSA_ENCRYPTION: [u8; 13] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
const EC_P256: [u8; 19] =
    [6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];

impl PublicKey {
    fn from_spki(spki: &[u8]) -> Result<Self> {
        let unsupported = || Error::Unsupported("token signing key");
        let id = digest::digest(&digest::SHA256, spki);
        let id = URL_SAFE_NO_PAD.encode(id.as_ref());
        let (content, _) = der::expect(der::SEQUENCE, spki).ok_or_else(unsupported)?;
        let (algorithm, rest) = der::expect(der::SEQUENCE, content).ok_or_else(unsupported)?;
        let (bits, _) = der::expect(der::BIT_STRING, rest).ok_or_else(unsupported)?;
        let key = bits.get(1..).ok_or_else(unsupported)?.to_vec();
        let kind = if algorithm == RSA_ENCRYPTION {
            let (numbers, _) = der::expect(der::SEQUENCE, &key).ok_or_else(unsupported)?;
            let (modulus, rest) = der::expect(der::INTEGER, numbers).ok_or_else(unsupported)?;
            let (exponent, _) = der::expect(der::INTEGER, rest).ok_or_else(unsupported)?;
            let positive = |number: &[u8]| number.strip_prefix(&[0]).unwrap_or(number).to_vec();
            let (modulus, exponent) = (positive(modulus), positive(exponent));
            PublicKind::Rsa { modulus, exponent, key }
        } else if algorithm == EC_P256 && key.len() == 65 {
            PublicKind::Ecdsa { point: key }
        } else {
            return Err(unsupported());
        };
        Ok(Self { id, kind })
    }

    fn algorithm(&self) -> &'static str {
        match self.kind {
            PublicKind::Rsa { .. } => "RS256",
            PublicKind::Ecdsa { .. } => "ES256",
        }
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let outcome = match &self.kind {
            PublicKind::Rsa { key, .. } => {
                UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, key).verify(message, signature)
            }
            PublicKind::Ecdsa { point } => {
                UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
        };
        outcome.is_ok()
    }

    fn jwk(&self) -> Jwk<'_> {
        let encode = |bytes: &[u8]| Some(URL_SAFE_NO_PAD.encode(bytes));
        let (kty, crv) = match self.kind {
            PublicKind::Rsa { .. } => ("RSA", None),
            PublicKind::Ecdsa { .. } => ("EC", Some("P-256")),
        };
        let (n, e, x, y) = match &self.kind {
            PublicKind::Rsa { modulus, exponent, .. } => (encode(modulus), encode(exponent), None, None),
            PublicKind::Ecdsa { point } => (None, None, encode(&point[1..33]), encode(&point[33..])),
        };
        Jwk { usage: "sig", kty, kid: &self.id, crv, alg: self.algorithm(), n, e, x, y }
    }
}
