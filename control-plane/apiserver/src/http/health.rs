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

/// How far the watch cache may be behind the store, in time, before that is a failure.
const LAG: Duration = Duration::from_secs(10);
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
    let store = StoreCheck { server: Arc::downgrade(server), behind: Mutex::new(None) };
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

/// Whether what the store commits arrives.
struct StoreCheck {
    server: Weak<Inner>,
    /// A revision that was committed but had not arrived, and when that was seen.
    behind: Mutex<Option<(u64, Instant)>>,
}

impl StoreCheck {
    fn look(&self) -> Result<(), String> {
        let server = self.server.upgrade().ok_or("the server has stopped")?;
        let (committed, applied) = server.storage.progress();
        let mut behind = self.behind.lock();
        match *behind {
            Some((revision, since)) if applied < revision => {
                if since.elapsed() > LAG {
                    return Err(format!("revision {revision} of the store has not arrived for {LAG:?}"));
                }
            }
            _ => *behind = (applied < committed).then(|| (committed, Instant::now())),
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
