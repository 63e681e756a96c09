//! One change of one object, and the changes of one batch of the store, with the bytes that watches
//! send.

use std::sync::Arc;
use std::sync::OnceLock;

use api::Object;
use bytes::Bytes;
use client::EventKind;

use super::room::Room;
use super::room::Share;

/// One change of one object.
pub(crate) struct Change {
    pub(super) revision: u64,
    /// The object after it; of a deletion, its last state.
    pub(super) object: Arc<Object>,
    /// The object before it.
    pub(super) previous: Option<Arc<Object>>,
    pub(super) deleted: bool,
    /// What a watch sees of an object that was deleted or that it no longer selects: the state before
    /// at the revision of the change.
    departed: OnceLock<Arc<Object>>,
}

/// A change, and what it is to those who see it.
pub(crate) type Event = (EventKind, Arc<Change>);

/// What one batch of the store is to all watchers with the same filter: selected changes in order,
/// never empty, and their bytes, which are made once for all of them.
pub(crate) struct Events {
    events: Box<[Event]>,
    json: OnceLock<Bytes>,
    protobuf: OnceLock<Bytes>,
    _share: Share,
}

impl Change {
    /// `object` is what now exists.
    pub(super) fn new(revision: u64, object: Arc<Object>, previous: Option<Arc<Object>>) -> Self {
        Self { revision, object, previous, deleted: false, departed: OnceLock::new() }
    }

    /// The end of an object, whose last state is given.
    pub(super) fn deletion(revision: u64, last: Arc<Object>) -> Self {
        Self { deleted: true, ..Self::new(revision, last.clone(), Some(last)) }
    }

    /// The same with objects that hold on to nothing but their bytes: whoever follows the past reads
    /// those, and the values of objects that are no more would be most of what the window takes.
    pub(super) fn without_values(&self) -> Self {
        let lean = |object: &Arc<Object>| Arc::new(object.without_value());
        let previous = self.previous.as_ref().map(lean);
        Self { deleted: self.deleted, ..Self::new(self.revision, lean(&self.object), previous) }
    }

    /// The bytes of the version that it brought or ended. Those before it are another change's.
    pub(super) fn weight(&self) -> usize {
        self.object.json().len()
    }

    /// The object that an event of this kind carries.
    pub(crate) fn object_for(&self, kind: EventKind) -> &Arc<Object> {
        match &self.previous {
            Some(previous) if kind == EventKind::Deleted => {
                self.departed.get_or_init(|| Arc::new(at_revision(previous, self.revision)))
            }
            _ => &self.object,
        }
    }
}

impl Events {
    pub(super) fn new(events: Vec<Event>, room: &Arc<Room>) -> Self {
        let bytes = events.iter().map(|(_, change)| change.weight()).sum();
        let (json, protobuf) = (OnceLock::new(), OnceLock::new());
        Self { events: events.into(), json, protobuf, _share: room.take(bytes) }
    }

    /// Each of them.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Event> {
        self.events.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// The lines of a JSON watch.
    pub(crate) fn json(&self) -> Bytes {
        self.json.get_or_init(|| json_lines(&self.events)).clone()
    }

    /// The frames of a protobuf watch; `None` for a kind that has no such form.
    pub(crate) fn protobuf(&self) -> Option<Bytes> {
        if let Some(frames) = self.protobuf.get() {
            return Some(frames.clone());
        }
        let frames = protobuf_frames(&self.events)?;
        Some(self.protobuf.get_or_init(|| frames).clone())
    }
}

/// The lines of a JSON watch for events.
fn json_lines(events: &[Event]) -> Bytes {
    let objects = || events.iter().map(|(kind, change)| (name_of(*kind), change.object_for(*kind).json()));
    let mut lines = Vec::with_capacity(objects().map(|(kind, json)| line_length(kind, json)).sum());
    objects().for_each(|(kind, json)| push_line(&mut lines, kind, json));
    lines.into()
}

/// The frames of a protobuf watch for events; `None` for a kind that has no such form.
fn protobuf_frames(events: &[Event]) -> Option<Bytes> {
    let mut frames = Vec::new();
    for (kind, change) in events {
        let object = change.object_for(*kind).protobuf()?;
        frames.extend_from_slice(&api::protobuf::encode_watch_event(name_of(*kind), object));
    }
    Some(frames.into())
}

/// One line of a JSON watch.
pub(crate) fn event_line(kind: &str, object: &[u8]) -> Bytes {
    let mut line = Vec::with_capacity(line_length(kind, object));
    push_line(&mut line, kind, object);
    line.into()
}

/// What an event of this kind is called in a watch.
pub(crate) fn name_of(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Added => "ADDED",
        EventKind::Modified => "MODIFIED",
        EventKind::Deleted => "DELETED",
        EventKind::Bookmark => "BOOKMARK",
    }
}

const LINE: [&str; 3] = ["{\"type\":\"", "\",\"object\":", "}\n"];

fn line_length(kind: &str, object: &[u8]) -> usize {
    LINE.iter().map(|part| part.len()).sum::<usize>() + kind.len() + object.len()
}

fn push_line(lines: &mut Vec<u8>, kind: &str, object: &[u8]) {
    let [start, middle, end] = LINE.map(str::as_bytes);
    [start, kind.as_bytes(), middle, object, end].iter().for_each(|part| lines.extend_from_slice(part));
}

/// The same object with another `resourceVersion`.
fn at_revision(object: &Object, revision: u64) -> Object {
    let mut value = object.value().clone();
    value.set(&["metadata", "resourceVersion"], revision.to_string());
    Object::new(object.resource(), value)
}
