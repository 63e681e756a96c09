//! Health: what there is to check, and the answers over HTTP.

use std::sync::Arc;
use std::sync::Weak;
use std::time::Duration;

use http::HeaderValue;
use http::StatusCode;
use http::header;
use parking_lot::Mutex;
use supervise::Rank;
use supervise::Spawner;
use telemetry::health::Health;
use telemetry::health::Question;
use telemetry::health::Scope;
use tokio::time::Instant;

use super::Reply;
use super::query::Query;
use super::text;
use crate::server::ApiServer;
use crate::server::Inner;

/// How long something that has work may stand still before that is a failure.
const PATIENCE: Duration = Duration::from_secs(10);
/// What is done before the first request is let in, under upstream's names.
const STARTED: [&str; 5] = [
    "poststarthook/priority-and-fairness-config-producer",
    "poststarthook/priority-and-fairness-config-consumer",
    "poststarthook/rbac/bootstrap-roles",
    "poststarthook/scheduling/bootstrap-system-priority-classes",
    "poststarthook/bootstrap-controller",
];

/// Adds the checks of an API server that has started.
pub(crate) fn add_checks(health: &Health, server: &Arc<Inner>, spawner: &Spawner) {
    let log = Progress::default();
    health.add("log", Scope::Alive, move || {
        let (begun, written) = telemetry::log_lines();
        match log.is_stuck(begun > written, written, Instant::now()) {
            true => Err(format!("the log has not been written for {PATIENCE:?}")),
            false => Ok(()),
        }
    });
    let store = StoreCheck {
        server: Arc::downgrade(server),
        commits: Progress::default(),
        feed: Progress::default(),
    };
    health.add("etcd", Scope::Alive, move || store.look());
    for name in STARTED {
        health.add(name, Scope::Alive, || Ok(()));
    }
    // The caches were read whole before anybody could ask.
    health.add("informer-sync", Scope::Ready, || Ok(()));
    let spawner = spawner.clone();
    health.add("shutdown", Scope::Ready, move || {
        let stopping = Rank::ALL.into_iter().any(|rank| spawner.stop(rank).is_requested());
        if stopping { Err("process is shutting down".to_owned()) } else { Ok(()) }
    });
}

/// Sees, from one look to the next, whether something that has work goes on with it.
#[derive(Default)]
struct Progress {
    /// How far it was when it was first seen not to go on, and when that was.
    still: Mutex<Option<(u64, Instant)>>,
}

impl Progress {
    /// Whether it stands still for too long. `reached` is how far it has come.
    fn is_stuck(&self, has_work: bool, reached: u64, now: Instant) -> bool {
        let mut still = self.still.lock();
        match *still {
            Some((before, since)) if has_work && before == reached => now - since > PATIENCE,
            _ => {
                *still = has_work.then_some((reached, now));
                false
            }
        }
    }
}

/// Whether the store commits what it is given, and what it commits arrives.
struct StoreCheck {
    server: Weak<Inner>,
    commits: Progress,
    feed: Progress,
}

impl StoreCheck {
    fn look(&self) -> Result<(), String> {
        let server = self.server.upgrade().ok_or("the server has stopped")?;
        let (committed, applied) = server.storage.progress();
        let now = Instant::now();
        if self.commits.is_stuck(server.storage.is_writing(), committed, now) {
            return Err(format!("the store has committed nothing of what waits for {PATIENCE:?}"));
        }
        if self.feed.is_stuck(applied < committed, applied, now) {
            return Err(format!("revision {committed} of the store has not arrived for {PATIENCE:?}"));
        }
        Ok(())
    }
}

impl ApiServer {
    pub(super) fn health(&self, path: &str, query: &Query) -> Reply {
        let exclude: Vec<&str> = query.all("exclude").collect();
        let question = Question { path, verbose: query.has("verbose"), exclude: &exclude };
        let verdict = self.inner.health.ask(question);
        let code = StatusCode::from_u16(verdict.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut reply = text(code, verdict.text);
        let headers = reply.headers_mut();
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        reply
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_work_must_go_on_with_it() {
        let (progress, now) = (Progress::default(), Instant::now());
        assert!(!progress.is_stuck(true, 1, now));
        assert!(progress.is_stuck(true, 1, now + PATIENCE * 2));
        assert!(!progress.is_stuck(true, 2, now + PATIENCE * 2), "it goes on");
        assert!(!progress.is_stuck(false, 2, now + PATIENCE * 4), "it has nothing to do");
        assert!(!progress.is_stuck(true, 2, now + PATIENCE * 4), "its work is new");
    }
}
