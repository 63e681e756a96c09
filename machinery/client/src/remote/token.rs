//! The bearer token of each request.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::path::PathBuf;

use http::HeaderValue;
use parking_lot::Mutex;
use thiserror::Error as ThisError;

use super::Token;

/// A token that cannot be used.
#[derive(Debug, ThisError)]
pub(super) enum Error {
    /// The file.
    #[error("cannot read the token file {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// Characters that HTTP does not allow.
    #[error("the bearer token holds characters that HTTP does not allow in a header")]
    Characters,
}

/// Gives the header of the current token.
pub(super) struct TokenSource {
    token: Token,
    read: Mutex<Option<Read>>,
}

struct Read {
    version: Version,
    header: HeaderValue,
}

/// What changes when a file does; kubelets replace tokens by a link to another file.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Version {
    inode: u64,
    seconds: i64,
    nanoseconds: i64,
    size: u64,
}

impl TokenSource {
    pub(super) fn new(token: Token) -> Self {
        Self { token, read: Mutex::new(None) }
    }

    /// The `Authorization` header; a file that cannot be read any more goes on with its last token.
    pub(super) fn header(&self) -> Result<Option<HeaderValue>, Error> {
        match &self.token {
            Token::None => Ok(None),
            Token::Fixed(token) => bearer(token).map(Some),
            Token::File(path) => self.of_file(path).map(Some),
        }
    }

    fn of_file(&self, path: &Path) -> Result<HeaderValue, Error> {
        let mut read = self.read.lock();
        let current = version(path);
        if let (Some(read), Ok(current)) = (&*read, &current)
            && read.version == *current
        {
            return Ok(read.header.clone());
        }
        let fresh = current.and_then(|version| Ok((version, fs::read_to_string(path)?)));
        match (fresh, &*read) {
            (Ok((version, text)), _) => {
                let header = bearer(text.trim())?;
                *read = Some(Read { version, header: header.clone() });
                Ok(header)
            }
            (Err(error), Some(last)) => {
                tracing::warn!(path = %path.display(), %error, "token file cannot be read, using its last content");
                Ok(last.header.clone())
            }
            (Err(source), None) => Err(Error::Read { path: path.to_owned(), source }),
        }
    }
}

fn version(path: &Path) -> io::Result<Version> {
    let metadata = fs::metadata(path)?;
    Ok(Version {
        inode: metadata.ino(),
        seconds: metadata.mtime(),
        nanoseconds: metadata.mtime_nsec(),
        size: metadata.size(),
    })
}

fn bearer(token: &str) -> Result<HeaderValue, Error> {
    let mut header = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| Error::Characters)?;
    header.set_sensitive(true);
    Ok(header)
}
