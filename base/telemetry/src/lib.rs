//! The log of a process, its metrics and health, and errors with their causes in one line.
//!
//! Invariants: a message is constant and its details are fields; nothing per request or event is
//! logged above `debug`.

pub mod health;
pub mod metrics;

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use tracing_subscriber::EnvFilter;

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The filter does not parse.
    #[error("invalid log filter {filter:?}: {reason}; try `info` or `info,kubelet=debug`")]
    Filter {
        /// The filter.
        filter: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is one already.
    #[error("a log was set up before")]
    Twice,
}

/// Writes the log to standard error from now on. `filter` is a level, or levels by target such as
/// `info,kubelet=debug`.
///
/// # Errors
/// [`InitError`].
pub fn init(filter: &str, format: Format) -> Result<(), InitError> {
    let parsed = EnvFilter::try_new(filter)
        .map_err(|error| InitError::Filter { filter: filter.to_owned(), reason: error.to_string() })?;
    let builder = tracing_subscriber::fmt().with_env_filter(parsed).with_writer(|| Counted(io::stderr()));
    let result = match format {
        Format::Text => builder.with_ansi(false).try_init(),
        Format::Json => builder.json().try_init(),
    };
    result.map_err(|_| InitError::Twice)
}

/// Lines of the log that were begun, and those that were written: one that is not written for long
/// holds up whoever logs next. Where nobody called [`init`] both are zero.
pub fn log_lines() -> (u64, u64) {
    // In this order, so that no line seems to be written that was not begun.
    let written = WRITTEN.load(Ordering::Acquire);
    (BEGUN.load(Ordering::Acquire), written)
}

static BEGUN: AtomicU64 = AtomicU64::new(0);
static WRITTEN: AtomicU64 = AtomicU64::new(0);

/// Counts what passes through.
struct Counted<W>(W);

impl<W: io::Write> io::Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        BEGUN.fetch_add(1, Ordering::AcqRel);
        let result = self.0.write(bytes);
        WRITTEN.fetch_add(1, Ordering::AcqRel);
        result
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Shows an error with its causes: `cannot read the store: database.redb is damaged`.
pub struct Chain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn a_line_that_is_not_written_yet_shows() {
        struct Looks;
        impl io::Write for Looks {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                let (begun, written) = log_lines();
                assert_eq!(begun, written + 1);
                Ok(bytes.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        io::Write::write_all(&mut Counted(Looks), b"line").unwrap();
        let (begun, written) = log_lines();
        assert_eq!(begun, written);
    }

    #[test]
    fn a_chain_shows_every_cause() {
        let error = Outer(std::io::Error::other("inner"));
        assert_eq!(Chain(&error).to_string(), "outer: inner");
    }
}
