//! Writes a container's log file in the CRI's format:
//! `2016-10-06T00:17:09.669794202Z stdout F text`, with `P` for a part of a line.

use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;

use jiff::Timestamp;

/// A line is cut into parts of this many bytes.
pub(crate) const MAX_PART: usize = 16 * 1024;

/// Which stream a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

/// The log of one container.
#[derive(Debug, Default)]
pub(crate) struct LogWriter {
    path: Option<PathBuf>,
    file: Option<File>,
    /// The beginning of a line whose end has not come, per stream.
    pending: [Vec<u8>; 2],
}

impl LogWriter {
    /// Opens the log at `path`, with the directories it needs.
    pub(crate) fn open(path: Option<PathBuf>) -> io::Result<Self> {
        let mut log = Self { path, ..Self::default() };
        if let Some(parent) = log.path.as_deref().and_then(Path::parent) {
            std::fs::create_dir_all(parent)?;
        }
        log.reopen()?;
        Ok(log)
    }

    /// Goes on in a new file of the same name, after the old one was renamed.
    pub(crate) fn reopen(&mut self) -> io::Result<()> {
        if let Some(path) = &self.path {
            self.file = Some(OpenOptions::new().create(true).append(true).mode(0o640).open(path)?);
        }
        Ok(())
    }

    /// Adds what `stream` printed at `now`. Lines go to the file when they are complete or too long.
    pub(crate) fn write(&mut self, stream: Stream, data: &[u8], now: Timestamp) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let stamp = format!("{now:.9} {} ", stream.name());
        let pending = &mut self.pending[stream as usize];
        let mut out = Vec::with_capacity(data.len() + stamp.len() * 4);
        let mut rest = data;
        while !rest.is_empty() {
            let room = MAX_PART - pending.len();
            let newline = rest.iter().take(room + 1).position(|byte| *byte == b'\n');
            let (piece, tag, skip) = match newline {
                Some(at) => (&rest[..at], b'F', at + 1),
                None if rest.len() >= room => (&rest[..room], b'P', room),
                None => {
                    pending.extend_from_slice(rest);
                    break;
                }
            };
            entry(&mut out, &stamp, tag, &[pending, piece]);
            pending.clear();
            rest = &rest[skip..];
        }
        if pending.is_empty() {
            // A quiet container must not hold on to the buffer of its longest line.
            *pending = Vec::new();
        }
        file.write_all(&out)
    }

    /// Writes out a last line that has no end.
    pub(crate) fn finish(&mut self, stream: Stream, now: Timestamp) -> io::Result<()> {
        let pending = std::mem::take(&mut self.pending[stream as usize]);
        let Some(file) = self.file.as_mut().filter(|_| !pending.is_empty()) else { return Ok(()) };
        let mut out = Vec::with_capacity(pending.len() + 48);
        entry(&mut out, &format!("{now:.9} {} ", stream.name()), b'P', &[&pending]);
        file.write_all(&out)
    }
}

impl Stream {
    fn name(self) -> &'static str {
        match self {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        }
    }
}

fn entry(out: &mut Vec<u8>, stamp: &str, tag: u8, pieces: &[&[u8]]) {
    out.extend_from_slice(stamp.as_bytes());
    out.extend_from_slice(&[tag, b' ']);
    pieces.iter().for_each(|piece| out.extend_from_slice(piece));
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(chunks: &[(Stream, &[u8])]) -> String {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/c/0.log");
        let mut log = LogWriter::open(Some(path.clone())).unwrap();
        let now: Timestamp = "2016-10-06T00:17:09.6697942Z".parse().unwrap();
        for (stream, data) in chunks {
            log.write(*stream, data, now).unwrap();
        }
        log.finish(Stream::Stdout, now).unwrap();
        log.finish(Stream::Stderr, now).unwrap();
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn lines_are_whole_and_streams_do_not_mix() {
        let text = written(&[
            (Stream::Stdout, b"one\ntw"),
            (Stream::Stderr, b"err\n"),
            (Stream::Stdout, b"o\n\nlast"),
        ]);
        let t = "2016-10-06T00:17:09.669794200Z";
        let expected = format!(
            "{t} stdout F one\n{t} stderr F err\n{t} stdout F two\n{t} stdout F \n{t} stdout P last\n"
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn long_lines_are_cut() {
        let long = vec![b'x'; MAX_PART + 10];
        let text = written(&[(Stream::Stdout, &long), (Stream::Stdout, b"\nshort\n")]);
        let sizes: Vec<(char, usize)> = text
            .lines()
            .map(|line| line.split_once("stdout ").unwrap().1.split_once(' ').unwrap())
            .map(|(tag, text)| (tag.chars().next().unwrap(), text.len()))
            .collect();
        assert_eq!(sizes, [('P', MAX_PART), ('F', 10), ('F', 5)]);
    }

    #[test]
    fn a_line_of_exactly_the_limit_is_whole() {
        let mut line = vec![b'x'; MAX_PART];
        line.push(b'\n');
        assert_eq!(written(&[(Stream::Stdout, &line)]).lines().count(), 1);
    }
}
