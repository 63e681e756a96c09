//! List, then watch, for ever: the one watch loop of the code base.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use meta::ResourceVersion;
use stdx::Backoff;
use stdx::BackoffPolicy;
use stdx::Clock;
use stdx::Rng;
use supervise::Stop;

use crate::Client;
use crate::Error;
use crate::EventKind;
use crate::ListOptions;
use crate::Target;
use crate::WatchOptions;
use crate::informer::Cache;
use crate::informer::Deleted;

const RETRY: BackoffPolicy = BackoffPolicy::doubling(Duration::from_millis(200), Duration::from_secs(30));

/// What the loop knows.
enum State {
    /// Nothing: the next step is a list.
    Empty,
    /// Everything up to this version: the next step is a watch from it.
    At(ResourceVersion),
}

pub(crate) async fn run(cache: Arc<Cache>, client: Client, clock: Clock, rng: Rng, stop: Stop) {
    let mut backoff = Backoff::new(RETRY, rng);
    let mut state = State::Empty;
    loop {
        let step = stop.unless(step(&cache, &client, &mut state, &mut backoff)).await;
        let Some(result) = step else { return };
        if let Err(error) = result {
            if error.is_expired() {
                state = State::Empty;
            }
            let delay = backoff.next_delay();
            tracing::warn!(resource = cache.resource.name, %error, ?delay, "list and watch interrupted");
            if stop.unless(clock.sleep(delay)).await.is_none() {
                return;
            }
        }
    }
}

/// One list, or one watch until it ends.
async fn step(cache: &Cache, client: &Client, state: &mut State, backoff: &mut Backoff) -> Result<(), Error> {
    let target = Target::within(cache.resource, &cache.scope.namespace);
    match state {
        State::Empty => {
            let options = ListOptions { fields: cache.field_selector(), ..ListOptions::default() };
            let list = client.list(target, options).await?;
            *state = State::At(list.resource_version);
            cache.replace(list.items);
            backoff.reset();
        }
        State::At(version) => {
            let options = WatchOptions {
                fields: cache.field_selector(),
                resource_version: Some(*version),
                bookmarks: true,
                ..WatchOptions::default()
            };
            let mut events = client.watch(target, options).await?;
            while let Some(event) = events.next().await {
                let event = event.map_err(Error::from)?;
                *version = event.object.resource_version();
                backoff.reset();
                match event.kind {
                    EventKind::Added | EventKind::Modified => cache.apply(event.object, Deleted::No),
                    EventKind::Deleted => cache.apply(event.object, Deleted::Yes),
                    EventKind::Bookmark => {}
                }
            }
        }
    }
    Ok(())
}
