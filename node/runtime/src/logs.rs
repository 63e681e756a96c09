//! Reads container logs in the CRI's format, as `kubectl logs` wants them.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::path::PathBuf;

use bytes::Bytes;
use futures_util::Stream;
use jiff::Timestamp;
use rustix::fs::inotify;
use tokio::io::unix::AsyncFd;
use tokio::sync::watch;

use crate::session::async_fd;

/// Read at once; a log line is at most a little longer than 16 KiB.
const CHUNK: usize = 64 * 1024;

/// Which lines, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogOptions {
    /// Go on with what is written later, until the container has ended.
    pub follow: bool,
    /// At most this many of the last lines that exist now.
    pub tail_lines: Option<usize>,
    /// Nothing older.
    pub since: Option<Timestamp>,
    /// Each line begins with its time.
    pub timestamps: bool,
    /// Stop after this many bytes of output.
    pub limit_bytes: Option<usize>,
    /// One stream only.
    pub stream: Option<LogStream>,
}

/// Where a line was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// One line of a log file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLine<'a> {
    /// When, as it is written.
    pub time: &'a str,
    /// Where.
    pub stream: LogStream,
    /// Whether the next line of the same stream goes on where this one ends.
    pub partial: bool,
    /// What, without a line end.
    pub text: &'a [u8],
}

/// Parses one line, without its line end:
/// `2016-10-06T00:17:09.669794202Z stdout P text`. `None` if it has another form.
pub fn parse_line(line: &[u8]) -> Option<LogLine<'_>> {
    let mut fields = line.splitn(4, |byte| *byte == b' ');
    let time = std::str::from_utf8(fields.next()?).ok()?;
    let stream = match fields.next()? {
        b"stdout" => LogStream::Stdout,
        b"stderr" => LogStream::Stderr,
        _ => return None,
    };
    // Tags are separated by colons; the first is the one that is defined.
    let tag = fields.next()?.split(|byte| *byte == b':').next()?;
    let partial = match tag {
        b"P" => true,
        b"F" => false,
        _ => return None,
    };
    Some(LogLine { time, stream, partial, text: fields.next().unwrap_or_default() })
}

/// Reads the log at `path`. `ended` holds whether the container has ended: with `follow` the stream
/// goes on, across rotation, until it is true and everything is read. Lines of another form are
/// left out.
pub fn read(
    path: PathBuf,
    options: LogOptions,
    ended: watch::Receiver<bool>,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let reader = Reader {
        path,
        limit: options.limit_bytes.unwrap_or(usize::MAX),
        options,
        ended,
        file: None,
        rest: Vec::new(),
        inside_line: false,
        watch: None,
        finished: false,
    };
    futures_util::stream::unfold(reader, |mut reader| async move {
        match reader.next().await {
            Ok(Some(bytes)) => Some((Ok(bytes), reader)),
            Ok(None) => None,
            Err(error) => {
                reader.finished = true;
                Some((Err(error), reader))
            }
        }
    })
}

struct Reader {
    path: PathBuf,
    options: LogOptions,
    ended: watch::Receiver<bool>,
    file: Option<File>,
    /// The beginning of a line whose end was not written yet.
    rest: Vec<u8>,
    /// The last line that was output was partial.
    inside_line: bool,
    limit: usize,
    watch: Option<AsyncFd<OwnedFd>>,
    finished: bool,
}

impl Reader {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        if self.finished || self.limit == 0 {
            return Ok(None);
        }
        if self.file.is_none() {
            self.open()?;
        }
        loop {
            // Asked before reading: what is written before the end is read after it.
            let ended = *self.ended.borrow();
            let (output, length) = self.read_chunk()?;
            if !output.is_empty() {
                return Ok(Some(output));
            }
            if length > 0 || self.switch_file()? {
                continue;
            }
            if !self.options.follow || ended {
                return Ok(None);
            }
            self.wait().await?;
        }
    }

    fn open(&mut self) -> io::Result<()> {
        if self.options.follow {
            // Watched before it is opened, so that nothing is missed in between.
            self.watch = Some(watch_directory(&self.path)?);
        }
        let mut file = File::open(&self.path)?;
        if let Some(lines) = self.options.tail_lines {
            let start = tail_offset(&mut file, lines)?;
            file.seek(SeekFrom::Start(start))?;
        }
        self.file = Some(file);
        Ok(())
    }

    /// What the next chunk of the file gives, and how many bytes were read for it.
    fn read_chunk(&mut self) -> io::Result<(Bytes, usize)> {
        let Some(file) = &mut self.file else { return Ok((Bytes::new(), 0)) };
        let mut chunk = std::mem::take(&mut self.rest);
        let before = chunk.len();
        chunk.resize(before + CHUNK, 0);
        let length = file.read(&mut chunk[before..])?;
        chunk.truncate(before + length);
        let mut output = Vec::with_capacity(length);
        let mut start = 0;
        while let Some(at) = chunk[start..].iter().position(|byte| *byte == b'\n') {
            self.add(&chunk[start..start + at], &mut output);
            start += at + 1;
        }
        self.rest = chunk.split_off(start);
        if output.len() > self.limit {
            output.truncate(self.limit);
        }
        self.limit -= output.len();
        Ok((output.into(), length))
    }

    fn add(&mut self, line: &[u8], output: &mut Vec<u8>) {
        let Some(line) = parse_line(line) else { return };
        if self.options.stream.is_some_and(|stream| stream != line.stream) {
            return;
        }
        if let Some(since) = self.options.since
            && line.time.parse::<Timestamp>().is_ok_and(|time| time < since)
        {
            return;
        }
        if self.options.timestamps && !self.inside_line {
            output.extend_from_slice(line.time.as_bytes());
            output.push(b' ');
        }
        output.extend_from_slice(line.text);
        if !line.partial {
            output.push(b'\n');
        }
        self.inside_line = line.partial;
    }

    /// Goes on with the new file once the old one, which was renamed, is read; `true` if it did.
    fn switch_file(&mut self) -> io::Result<bool> {
        let (Some(file), true) = (&self.file, self.options.follow) else { return Ok(false) };
        let fresh = match File::open(&self.path) {
            Ok(fresh) => fresh,
            // Between the rename and the new file.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let (old, new) = (file.metadata()?, fresh.metadata()?);
        if (old.dev(), old.ino()) == (new.dev(), new.ino()) {
            return Ok(false);
        }
        self.file = Some(fresh);
        self.rest.clear();
        Ok(true)
    }

    async fn wait(&mut self) -> io::Result<()> {
        let Some(watch) = &self.watch else { return Ok(()) };
        tokio::select! {
            // Cancel-safe: events stay in the kernel's queue until they are read below.
            guard = watch.readable() => {
                let mut buffer = [0; 4096];
                let mut guard = guard?;
                // What happened does not matter: the file is looked at again.
                while let Ok(Ok(1..)) = guard.try_io(|fd| Ok(rustix::io::read(fd.get_ref(), &mut buffer)?)) {}
                Ok(())
            }
            // Cancel-safe; an error means that the sender is gone, which is the end as well.
            changed = self.ended.changed() => {
                if changed.is_err() {
                    self.options.follow = false;
                }
                Ok(())
            }
        }
    }
}

/// Changes of files in the directory of `path` make the descriptor readable.
fn watch_directory(path: &Path) -> io::Result<AsyncFd<OwnedFd>> {
    let fd = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
    let flags = inotify::WatchFlags::MODIFY | inotify::WatchFlags::CREATE | inotify::WatchFlags::MOVED_TO;
    inotify::add_watch(&fd, path.parent().unwrap_or(Path::new("/")), flags)?;
    async_fd(fd)
}

/// Where the last `lines` lines of `file` begin.
fn tail_offset(file: &mut File, lines: usize) -> io::Result<u64> {
    let mut end = file.seek(SeekFrom::End(0))?;
    if lines == 0 {
        return Ok(end);
    }
    // One more than asked for: the last line's end, and the end of the line before the first.
    let mut newlines: VecDeque<u64> = VecDeque::new();
    let mut chunk = vec![0; CHUNK];
    while end > 0 && newlines.len() <= lines {
        let length = end.min(CHUNK as u64);
        end -= length;
        let chunk = &mut chunk[..length as usize];
        file.seek(SeekFrom::Start(end))?;
        file.read_exact(chunk)?;
        let found = chunk.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n');
        newlines.extend(found.map(|(at, _)| end + at as u64));
    }
    Ok(newlines.get(lines).map_or(0, |at| at + 1))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use futures_util::StreamExt;

    use super::*;

    const LOG: &str = "2020-01-01T00:00:01Z stdout F one\n\
                       2020-01-01T00:00:02Z stderr F two\n\
                       nonsense\n\
                       2020-01-01T00:00:03Z stdout P thr\n\
                       2020-01-01T00:00:03Z stdout F ee\n\
                       2020-01-01T00:00:04Z stdout F \n";

    async fn check(options: LogOptions) -> String {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("0.log");
        std::fs::write(&path, LOG).unwrap();
        let (_sender, ended) = watch::channel(true);
        let chunks: Vec<_> = read(path, options, ended).map(|chunk| chunk.unwrap()).collect().await;
        String::from_utf8(chunks.concat()).unwrap()
    }

    #[tokio::test]
    async fn lines_as_asked_for() {
        let all = LogOptions::default();
        assert_eq!(check(all.clone()).await, "one\ntwo\nthree\n\n");
        assert_eq!(check(LogOptions { follow: true, ..all.clone() }).await, "one\ntwo\nthree\n\n");
        assert_eq!(check(LogOptions { tail_lines: Some(3), ..all.clone() }).await, "three\n\n");
        assert_eq!(check(LogOptions { tail_lines: Some(0), ..all.clone() }).await, "");
        assert_eq!(check(LogOptions { tail_lines: Some(99), ..all.clone() }).await, "one\ntwo\nthree\n\n");
        assert_eq!(check(LogOptions { limit_bytes: Some(5), ..all.clone() }).await, "one\nt");
        let stderr = LogOptions { stream: Some(LogStream::Stderr), ..all.clone() };
        assert_eq!(check(stderr).await, "two\n");
        let since = "2020-01-01T00:00:03Z".parse().unwrap();
        let late = LogOptions { since: Some(since), timestamps: true, ..all };
        assert_eq!(check(late).await, "2020-01-01T00:00:03Z three\n2020-01-01T00:00:04Z \n");
    }

    #[tokio::test]
    async fn following_crosses_rotation_and_ends_with_the_container() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("0.log");
        let line = |text: &str| format!("2020-01-01T00:00:01Z stdout F {text}\n");
        std::fs::write(&path, line("one")).unwrap();
        let (sender, ended) = watch::channel(false);
        let options = LogOptions { follow: true, ..LogOptions::default() };
        let stream = read(path.clone(), options, ended);
        tokio::pin!(stream);
        assert_eq!(stream.next().await.unwrap().unwrap(), "one\n");
        let mut old = File::options().append(true).open(&path).unwrap();
        old.write_all(line("two").as_bytes()).unwrap();
        assert_eq!(stream.next().await.unwrap().unwrap(), "two\n");
        std::fs::rename(&path, dir.path().join("0.log.old")).unwrap();
        old.write_all(line("three").as_bytes()).unwrap();
        std::fs::write(&path, line("four")).unwrap();
        assert_eq!(stream.next().await.unwrap().unwrap(), "three\n");
        assert_eq!(stream.next().await.unwrap().unwrap(), "four\n");
        let half = line("five");
        let mut new = File::options().append(true).open(&path).unwrap();
        new.write_all(&half.as_bytes()[..10]).unwrap();
        new.write_all(&half.as_bytes()[10..]).unwrap();
        sender.send(true).unwrap();
        assert_eq!(stream.next().await.unwrap().unwrap(), "five\n");
        assert!(stream.next().await.is_none());
    }

    #[test]
    fn other_forms_are_not_lines() {
        assert_eq!(parse_line(b""), None);
        assert_eq!(parse_line(b"2020-01-01T00:00:01Z stdin F x"), None);
        assert_eq!(parse_line(b"2020-01-01T00:00:01Z stdout X x"), None);
        assert!(parse_line(b"2020-01-01T00:00:01Z stdout P:future x").is_some_and(|line| line.partial));
    }
}
