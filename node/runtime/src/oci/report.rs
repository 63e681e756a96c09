//! Keeps the errors that the OCI library only logs, so that a failure can say what happened.

use std::fmt;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use tracing::Event;
use tracing::Level;
use tracing::Metadata;
use tracing::Subscriber;
use tracing::field::Field;
use tracing::field::Visit;
use tracing::level_filters::LevelFilter;
use tracing::span;

/// The file that errors are written to; the processes that the library forks share it.
struct ErrorFile {
    file: File,
}

/// From here on errors logged by this process and its forks go to a file in `dir`.
pub(super) fn install(dir: &Path) {
    // Without the file or as a second subscriber there is only less detail in a message.
    if let Ok(file) = File::options().create(true).append(true).open(path(dir)) {
        drop(tracing::subscriber::set_global_default(ErrorFile { file }));
    }
}

/// The first error logged, which is the innermost.
pub(super) fn first(dir: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path(dir)).ok()?;
    text.lines().next().map(str::to_owned).filter(|line| !line.is_empty())
}

fn path(dir: &Path) -> PathBuf {
    dir.join("oci.log")
}

impl Subscriber for ErrorFile {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::ERROR)
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        line.text.push_str(&line.fields);
        line.text.push('\n');
        // A full disk costs the detail, not the container.
        drop((&self.file).write_all(line.text.as_bytes()));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// One event as one line: the message, then the fields.
#[derive(Default)]
struct Line {
    text: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let to = if field.name() == "message" { &mut self.text } else { &mut self.fields };
        let written = match field.name() {
            "message" => write!(to, "{value:?}"),
            name => write!(to, ", {name}: {value:?}"),
        };
        written.expect("writing to a string does not fail");
    }
}
