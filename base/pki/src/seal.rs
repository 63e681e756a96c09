//! Secrets at rest: AES-256-GCM.

use std::path::Path;

use aws_lc_rs::aead::AES_256_GCM;
use aws_lc_rs::aead::Aad;
use aws_lc_rs::aead::LessSafeKey;
use aws_lc_rs::aead::NONCE_LEN;
use aws_lc_rs::aead::Nonce;
use aws_lc_rs::aead::UnboundKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use stdx::Rng;

use crate::Error;
use crate::Result;
use crate::files;

/// A key that seals values for their place. A random 96-bit nonce goes with each value, so one key
/// is good for 2^32 values (NIST SP 800-38D §8.3): far above what a cluster writes in a key's life.
pub struct SealingKey {
    key: LessSafeKey,
    rng: Rng,
}

/// The length of a key.
const KEY_BYTES: usize = 32;

impl SealingKey {
    /// Uses these bytes.
    pub fn new(bytes: &[u8; KEY_BYTES], rng: &Rng) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, bytes).expect("the length is right");
        Self { key: LessSafeKey::new(key), rng: rng.clone() }
    }

    /// Reads a key (32 bytes in base64) from a file, or makes one and writes it with mode 0600.
    ///
    /// # Errors
    /// [`Error::Malformed`], or that the file cannot be read or written.
    pub fn load_or_create(path: &Path, rng: &Rng) -> Result<Self> {
        if let Some(text) = files::read_if_there(path)? {
            let bytes =
                STANDARD.decode(text.trim()).ok().and_then(|bytes| <[u8; KEY_BYTES]>::try_from(bytes).ok());
            let bytes = bytes.ok_or_else(|| Error::malformed("key", "32 bytes in base64 are expected"));
            return Ok(Self::new(&bytes.map_err(files::inside(path))?, rng));
        }
        let mut bytes = [0; KEY_BYTES];
        rng.fill(&mut bytes);
        files::write(path, files::Secrecy::Secret, (STANDARD.encode(bytes) + "\n").as_bytes())?;
        Ok(Self::new(&bytes, rng))
    }

    /// Seals a value for a place (its storage key, say): nonce, cipher text, tag. It opens only with
    /// the same place, so that whoever can write the disk cannot pass one secret off as another.
    ///
    /// # Errors
    /// [`Error::Crypto`].
    pub fn seal(&self, place: &[u8], plaintext: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        self.rng.fill(&mut nonce);
        let mut out = Vec::with_capacity(NONCE_LEN + plaintext.len() + AES_256_GCM.tag_len());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(plaintext);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.key.seal_in_place_separate_tag(nonce, Aad::from(place), &mut out[NONCE_LEN..]);
        out.extend_from_slice(tag.map_err(|_| Error::Crypto("seal a value"))?.as_ref());
        Ok(out)
    }

    /// Opens what [`SealingKey::seal`] gave.
    ///
    /// # Errors
    /// [`Error::Sealed`].
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(Error::Sealed)?;
        let mut body = body.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.key.open_in_place(nonce, Aad::from(place), &mut body).map_err(|_| Error::Sealed)?;
        let len = opened.len();
        body.truncate(len);
        Ok(body)
    }
}
