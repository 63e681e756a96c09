//! Content addresses.

use std::fmt;

use serde::Deserialize;
use serde::Serialize;
use sha2::Digest as _;

/// A SHA-256 content address, `sha256:<64 hex digits>` (OCI image specification, Descriptors).
///
/// SHA-512, the specification's other algorithm, is refused at parsing: no registry hands it out.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest {
    text: String,
}

const PREFIX: &str = "sha256:";

impl Digest {
    /// Parses the canonical form; the error is a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.strip_prefix(PREFIX) {
            Some(hex) if is_hex(hex) => Ok(Self { text: text.to_owned() }),
            Some(_) => {
                Err(format!("{text:?} is not a digest: 64 lower-case hexadecimal digits must follow sha256:"))
            }
            None => Err(format!("{text:?} is not a sha256 digest")),
        }
    }

    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(bytes);
        hasher.finish()
    }

    /// The hexadecimal part: a file name.
    pub fn hex(&self) -> &str {
        &self.text[PREFIX.len()..]
    }

    /// The whole, `sha256:` included.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Whether `text` is a full SHA-256 in hexadecimal digits.
pub(crate) fn is_hex(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.text
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Computes a [`Digest`] piece by piece.
pub(crate) struct Hasher {
    inner: sha2::Sha256,
}

impl Hasher {
    pub(crate) fn new() -> Self {
        Self { inner: sha2::Sha256::new() }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.inner.update(bytes);
    }

    pub(crate) fn finish(self) -> Digest {
        let mut text = String::with_capacity(PREFIX.len() + 64);
        text.push_str(PREFIX);
        for byte in self.inner.finalize() {
            for nibble in [byte >> 4, byte & 0xf] {
                text.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
            }
        }
        Digest { text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_vector_and_refusals() {
        let empty = Digest::of(b"");
        assert_eq!(empty.hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(Digest::parse(empty.as_str()), Ok(empty));
        for bad in ["", "sha256:", "sha256:ABC", "sha512:00", "sha256:../../etc/passwd", "md5:00"] {
            assert!(Digest::parse(bad).is_err(), "{bad}");
        }
    }
}
