//! Jobs that are over go after `ttlSecondsAfterFinished`.

use std::sync::Arc;
use std::time::Duration;

use api::Object;
use client::Client;
use client::DeleteOptions;
use client::Informer;
use client::Precondition;
use client::Propagation;
use control::Error;
use control::Key;
use control::Outcome;
use control::Reconcile;
use jiff::SignedDuration;
use jiff::Timestamp;
use stdx::Clock;

use super::claim::target;
use crate::context::Context;
use crate::context::Part;
use crate::context::wake_for_own;
use crate::objects::is_deleting;

const NAME: &str = "ttl-after-finished-controller";

struct Controller {
    jobs: Informer,
    client: Client,
    clock: Clock,
}

/// The controller.
pub(crate) fn build(context: &Context<'_>) -> Vec<Part> {
    let jobs = context.informer("batch", "jobs");
    let queue = context.queue();
    wake_for_own(&jobs, &queue);
    let controller = Controller { jobs, client: context.client(NAME), clock: context.deps.clock.clone() };
    vec![Part { queue, controller: Arc::new(controller), workers: 1 }]
}

/// How long a Job may still stay; `None` where nothing limits that (yet).
pub(crate) fn time_left(job: &Object, now: Timestamp) -> Option<SignedDuration> {
    let ttl = job.value()["spec"]["ttlSecondsAfterFinished"].as_i64()?;
    let mut ends = job.value()["status"]["conditions"].items().iter().filter(|condition| {
        matches!(condition["type"].str_or_empty(), "Complete" | "Failed")
            && condition["status"].as_str() == Some("True")
    });
    let ended = api::view::time(&ends.next()?["lastTransitionTime"])?;
    Some(SignedDuration::from_secs(ttl) - now.duration_since(ended))
}

#[async_trait::async_trait]
impl Reconcile for Controller {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn reconcile(&self, key: &Key) -> Result<Outcome, Error> {
        let Some(job) = self.jobs.get(&key.namespace, &key.name).filter(|job| !is_deleting(job)) else {
            return Ok(Outcome::Done);
        };
        let Some(left) = time_left(&job, self.clock.now()) else { return Ok(Outcome::Done) };
        if left > SignedDuration::ZERO {
            let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
            return Ok(Outcome::RequeueAfter(left + Duration::from_millis(500)));
        }
        let options = DeleteOptions {
            // Somebody may have given it more time since.
            precondition: Precondition {
                uid: Some(job.uid().to_owned()),
                resource_version: Some(job.resource_version()),
            },
            propagation: Some(Propagation::Foreground),
            ..DeleteOptions::default()
        };
        match self.client.delete(target(&job), options).await {
            Err(error) if !error.is_not_found() => Err(error.into()),
            _ => Ok(Outcome::Done),
        }
    }
}
