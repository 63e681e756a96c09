//! Events as they arrive: one JSON document a line.

use api::Resource;
use api::Value;
use bytes::Buf as _;
use bytes::BytesMut;
use meta::Status;
use stdx::Clock;
use tokio::time::Instant;
use wire::Body;

use super::decode;
use crate::EventKind;
use crate::WatchEvent;
use crate::WatchStream;

/// Reads the events of one answer.
pub(super) struct Events {
    resource: &'static Resource,
    body: Body,
    buffer: BytesMut,
    /// How much of the buffer is known to hold no end of a line.
    searched: usize,
    max_event_bytes: usize,
}

impl Events {
    pub(super) fn new(resource: &'static Resource, body: Body, max_event_bytes: usize) -> Self {
        Self { resource, body, buffer: BytesMut::new(), searched: 0, max_event_bytes }
    }

    /// The next event; `None` where the server ended the watch in order.
    async fn next(&mut self) -> Option<Result<WatchEvent, Status>> {
        loop {
            if let Some(line) = self.line() {
                if line.iter().all(u8::is_ascii_whitespace) {
                    continue;
                }
                return Some(event(self.resource, &line));
            }
            if self.buffer.len() > self.max_event_bytes {
                let limit = self.max_event_bytes;
                return Some(Err(broken(format!("an event is larger than {limit} bytes"))));
            }
            match self.body.next().await {
                Some(Ok(piece)) => self.buffer.extend_from_slice(&piece),
                Some(Err(error)) => return Some(Err(broken(error.to_string()))),
                None if self.buffer.is_empty() => return None,
                None => {
                    // The last line may lack its end; a torn one is no JSON.
                    let rest = self.buffer.split();
                    return Some(event(self.resource, &rest));
                }
            }
        }
    }

    fn line(&mut self) -> Option<BytesMut> {
        let found = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n');
        let Some(offset) = found else {
            self.searched = self.buffer.len();
            return None;
        };
        let line = self.buffer.split_to(self.searched + offset);
        self.buffer.advance(1);
        self.searched = 0;
        Some(line)
    }
}

/// Events until the server ends the watch, it fails, or `deadline` passes without its end.
pub(super) fn stream(events: Events, clock: Clock, deadline: Instant) -> WatchStream {
    Box::pin(futures_util::stream::unfold(Some(events), move |events| {
        let clock = clock.clone();
        async move {
            let mut events = events?;
            let next = tokio::select! {
                // Cancel-safe: the loser's future is only dropped together with the watch.
                next = events.next() => next?,
                () = clock.sleep_until(deadline) => {
                    Err(broken("the server did not end it in time; the connection counts as dead".to_owned()))
                }
            };
            // After an error there is nothing to go on with.
            let rest = next.is_ok().then_some(events);
            Some((next, rest))
        }
    }))
}

fn event(resource: &'static Resource, line: &[u8]) -> Result<WatchEvent, Status> {
    let mut value =
        api::json::parse_value(line).map_err(|error| broken(format!("an event is not JSON: {error}")))?;
    let inner = value.remove(&["object"]).unwrap_or(Value::Null);
    let kind = match value["type"].str_or_empty() {
        "ADDED" => EventKind::Added,
        "MODIFIED" => EventKind::Modified,
        "DELETED" => EventKind::Deleted,
        "BOOKMARK" => EventKind::Bookmark,
        "ERROR" => return Err(decode::status(&inner, 500)),
        other => return Err(broken(format!("an event of the unknown type {other:?}"))),
    };
    Ok(WatchEvent { kind, object: decode::object(resource, inner) })
}

fn broken(why: String) -> Status {
    Status::internal(format!("the watch broke off: {why}"))
}
