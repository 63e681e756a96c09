//! The record of attachments: a log of JSON lines, read back at start.
//!
//! Lines are appended with one write and never flushed: a record that outlives its process is all
//! that is needed, because a machine that stopped has lost every namespace that the record is about.
//! The first line names the boot; a log of another boot is history.

use std::collections::BTreeMap;
use std::fs;
use std::fs::File;
use std::io;
use std::io::Write;
use std::net::IpAddr;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;

use crate::Error;
use crate::HostPort;

const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";
/// Lines after which the log is written anew, beyond what is in use.
const COMPACT_AFTER: usize = 10_000;

/// Addresses given back that are kept in order; more than any range that is ever used up.
const RELEASED_MAX: usize = 1 << 17;

/// One pod's attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attachment {
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) host_ports: Vec<HostPort>,
}

/// All attachments, in memory and on disk.
#[derive(Debug)]
pub(crate) struct State {
    path: PathBuf,
    log: File,
    lines: usize,
    boot_id: String,
    attachments: BTreeMap<String, Attachment>,
    /// Addresses given back, the oldest first, as the log tells it.
    released: Vec<IpAddr>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Line {
    Boot(String),
    Released(Vec<IpAddr>),
    Attached { uid: String, attachment: Attachment },
    Detached { uid: String },
}

impl State {
    /// Reads the record of this boot and writes it anew without its history.
    pub(crate) fn open(dir: &Path) -> Result<Self, Error> {
        fs::create_dir_all(dir).map_err(failed("cannot create", dir))?;
        let boot_id = fs::read_to_string(BOOT_ID).map_err(failed("cannot read", BOOT_ID.as_ref()))?;
        Self::open_in_boot(dir, boot_id.trim())
    }

    fn open_in_boot(dir: &Path, boot_id: &str) -> Result<Self, Error> {
        let path = dir.join("attachments.log");
        let text = match fs::read(&path) {
            Ok(text) => String::from_utf8_lossy(&text).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(failed("cannot read", &path)(error)),
        };
        let (attachments, released) = replay(&text, boot_id);
        let log = write_anew(&path, boot_id, &attachments, &released)?;
        Ok(Self { path, log, lines: 0, boot_id: boot_id.to_owned(), attachments, released })
    }

    pub(crate) fn attachments(&self) -> &BTreeMap<String, Attachment> {
        &self.attachments
    }

    pub(crate) fn released(&self) -> &[IpAddr] {
        &self.released
    }

    pub(crate) fn attach(&mut self, uid: &str, attachment: Attachment) -> Result<(), Error> {
        self.append(&Line::Attached { uid: uid.to_owned(), attachment: attachment.clone() })?;
        self.released.retain(|address| !attachment.addresses.contains(address));
        self.attachments.insert(uid.to_owned(), attachment);
        Ok(())
    }

    pub(crate) fn detach(&mut self, uid: &str) -> Result<(), Error> {
        self.append(&Line::Detached { uid: uid.to_owned() })?;
        if let Some(attachment) = self.attachments.remove(uid) {
            self.released.extend(attachment.addresses);
            let excess = self.released.len().saturating_sub(RELEASED_MAX);
            self.released.drain(..excess);
        }
        Ok(())
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) -> Result<(), Error> {
        self.attachments.clear();
        self.released.clear();
        self.rewrite()
    }

    fn append(&mut self, line: &Line) -> Result<(), Error> {
        if self.lines > COMPACT_AFTER + self.attachments.len() {
            self.rewrite()?;
        }
        let mut bytes = serde_json::to_vec(line).expect("lines of strings and numbers always serialize");
        bytes.push(b'\n');
        self.log.write_all(&bytes).map_err(failed("cannot write", &self.path))?;
        self.lines += 1;
        Ok(())
    }

    fn rewrite(&mut self) -> Result<(), Error> {
        self.log = write_anew(&self.path, &self.boot_id, &self.attachments, &self.released)?;
        self.lines = 0;
        Ok(())
    }
}

/// A line that is cut short is the end of what is known.
fn replay(text: &str, boot_id: &str) -> (BTreeMap<String, Attachment>, Vec<IpAddr>) {
    let mut attachments: BTreeMap<String, Attachment> = BTreeMap::new();
    let mut released: Vec<IpAddr> = Vec::new();
    let mut lines = text.lines().map_while(|line| serde_json::from_str::<Line>(line).ok());
    match lines.next() {
        Some(Line::Boot(boot)) if boot == boot_id => {}
        _ => return (attachments, released),
    }
    for line in lines {
        match line {
            Line::Boot(_) => {}
            Line::Released(addresses) => released = addresses,
            Line::Attached { uid, attachment } => {
                released.retain(|address| !attachment.addresses.contains(address));
                attachments.insert(uid, attachment);
            }
            Line::Detached { uid } => {
                released
                    .extend(attachments.remove(&uid).into_iter().flat_map(|attachment| attachment.addresses));
            }
        }
    }
    (attachments, released)
}

fn write_anew(
    path: &Path,
    boot_id: &str,
    attachments: &BTreeMap<String, Attachment>,
    released: &[IpAddr],
) -> Result<File, Error> {
    let mut lines = vec![Line::Boot(boot_id.to_owned()), Line::Released(released.to_vec())];
    lines.extend(
        attachments
            .iter()
            .map(|(uid, attachment)| Line::Attached { uid: uid.clone(), attachment: attachment.clone() }),
    );
    let mut bytes = Vec::new();
    for line in &lines {
        serde_json::to_writer(&mut bytes, line).expect("lines of strings and numbers always serialize");
        bytes.push(b'\n');
    }
    let temporary = path.with_extension("new");
    let write = || -> io::Result<File> {
        let mut file = File::create(&temporary)?;
        file.write_all(&bytes)?;
        fs::rename(&temporary, path)?;
        Ok(file)
    };
    write().map_err(failed("cannot write", path))
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::State { what, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attachment(address: &str) -> Attachment {
        Attachment { addresses: vec![address.parse().unwrap()], host_ports: Vec::new() }
    }

    #[test]
    fn the_record_survives_the_process_but_not_the_machine() {
        let dir = tempfile::tempdir().unwrap();
        let mut state = State::open_in_boot(dir.path(), "one").unwrap();
        state.attach("a", attachment("10.0.0.2")).unwrap();
        state.attach("b", attachment("10.0.0.3")).unwrap();
        state.attach("c", attachment("10.0.0.4")).unwrap();
        state.detach("b").unwrap();
        state.detach("a").unwrap();
        // A process that died in the middle of a line.
        let mut text = fs::read(dir.path().join("attachments.log")).unwrap();
        text.extend(b"{\"attached\":{\"uid\":\"d\",\"att");
        fs::write(dir.path().join("attachments.log"), text).unwrap();
        for _ in 0..2 {
            let again = State::open_in_boot(dir.path(), "one").unwrap();
            assert_eq!(again.attachments().keys().collect::<Vec<_>>(), ["c"]);
            assert_eq!(
                again.released(),
                ["10.0.0.3".parse::<IpAddr>().unwrap(), "10.0.0.2".parse().unwrap()]
            );
        }
        let other = State::open_in_boot(dir.path(), "two").unwrap();
        assert!(other.attachments().is_empty() && other.released().is_empty());
    }

    #[test]
    fn the_log_does_not_grow_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let mut state = State::open_in_boot(dir.path(), "one").unwrap();
        for _ in 0..COMPACT_AFTER {
            state.attach("a", attachment("10.0.0.2")).unwrap();
            state.detach("a").unwrap();
        }
        let len = fs::metadata(dir.path().join("attachments.log")).unwrap().len();
        assert!(len < 2_000_000, "{len}");
    }
}
