//! Unpacking a layer into an overlay lower directory.
//!
//! Bytes of a layer come from outside. Every path is therefore resolved by the kernel with
//! `openat2(RESOLVE_IN_ROOT)` inside the layer's directory, so that no `..`, absolute path, symbolic
//! link or hard link can reach beyond it, whatever order the entries come in.
//!
//! Rules (OCI image specification, Layer Filesystem Changeset): `.wh.NAME` hides `NAME` of the
//! layers below and becomes overlay's character device 0/0; `.wh..wh..opq` hides everything below a
//! directory and becomes overlay's opaque attribute; both apply to lower layers only, whatever the
//! order of the entries. A parent directory that the layer does not carry takes its owner, mode and
//! attributes from the layers below. Attributes of overlay itself are not taken from a layer: they
//! could redirect a directory anywhere.

mod entry;
mod tree;

use std::io;
use std::io::BufRead;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use crate::Digest;
use crate::Error;
use crate::Usage;
use crate::content::HashingReader;
use entry::Applier;

/// An entry that cannot be applied.
#[derive(Debug)]
pub(crate) enum EntryError {
    /// The entry itself is wrong.
    Refused(String),
    /// Writing it failed.
    Io(io::Error),
}

impl From<io::Error> for EntryError {
    fn from(error: io::Error) -> Self {
        EntryError::Io(error)
    }
}

impl From<rustix::io::Errno> for EntryError {
    fn from(error: rustix::io::Errno) -> Self {
        EntryError::Io(error.into())
    }
}

/// Unpacks `compressed` (gzip, zstd or plain, told by its first bytes) into the empty directory
/// `target`, above `lowers` (top first), and checks that the tar stream has the digest `diff_id`.
/// Blocking.
pub(crate) fn unpack(
    compressed: impl BufRead,
    target: &Path,
    lowers: &[PathBuf],
    diff_id: &Digest,
) -> Result<Usage, Error> {
    let stream = decompress(compressed).map_err(Error::io("reading the layer for", target))?;
    let mut stream = HashingReader::new(stream);
    let usage = apply(&mut stream, target, lowers, diff_id)?;
    let actual = stream
        .finish()
        .map_err(|error| layer_error(diff_id, "end of archive", EntryError::Io(error), target))?;
    if actual != *diff_id {
        let what = format!("layer {diff_id} after decompression");
        return Err(Error::Digest { what, expected: diff_id.clone(), actual });
    }
    Ok(usage)
}

/// The plain bytes of a stream that may be compressed.
pub(crate) fn decompress<'a>(mut stream: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
    // `fill_buf` gives at least the first few bytes of a file: the readers here are file buffers.
    let head = stream.fill_buf()?;
    if head.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(flate2::bufread::MultiGzDecoder::new(stream)));
    }
    // A zstd frame, or one of its skippable frames.
    let skippable = head.len() >= 4 && head[0] & 0xf0 == 0x50 && head[1..4] == [0x2a, 0x4d, 0x18];
    if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) || skippable {
        return Ok(Box::new(zstd::Decoder::with_buffer(stream)?));
    }
    Ok(Box::new(stream))
}

fn apply(stream: impl Read, target: &Path, lowers: &[PathBuf], diff_id: &Digest) -> Result<Usage, Error> {
    let fail = |name: &str, error| layer_error(diff_id, name, error, target);
    let mut applier = Applier::open(target, lowers).map_err(|error| fail("/", error))?;
    let mut archive = tar::Archive::new(stream);
    let entries = archive.entries().map_err(|error| fail("/", error.into()))?;
    for entry in entries {
        let mut entry = entry.map_err(|error| match error.kind() {
            io::ErrorKind::Other | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                fail("archive", EntryError::Refused(format!("broken archive: {error}")))
            }
            _ => fail("archive", error.into()),
        })?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        applier.apply(&mut entry).map_err(|error| fail(&name, error))?;
    }
    applier.finish().map_err(|error| fail("directory times", error))
}

fn layer_error(layer: &Digest, entry: &str, error: EntryError, target: &Path) -> Error {
    match error {
        EntryError::Refused(reason) => {
            Error::Layer { layer: layer.clone(), reason: format!("{entry:?}: {reason}") }
        }
        EntryError::Io(source) if crate::error::is_full(&source) => {
            Error::DiskFull { what: "unpacking a layer".into(), path: target.to_owned() }
        }
        EntryError::Io(source) => Error::LayerIo { layer: layer.clone(), entry: entry.to_owned(), source },
    }
}

#[cfg(test)]
mod tests;
