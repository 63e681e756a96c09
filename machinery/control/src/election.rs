//! Leader election on a Lease.
//!
//! Source: coordination.k8s.io/v1 Lease as upstream's controller manager and scheduler use it. A
//! holder that does not renew within the lease's duration loses it; clocks need not agree, because a
//! follower counts from when it saw the lease change.

use std::time::Duration;

use api::Resource;
use api::Value;
use api::value;
use client::Client;
use client::Target;
use stdx::Clock;
use supervise::Stop;
use tokio::time::Instant;

/// How an election is held.
#[derive(Clone, Debug)]
pub struct ElectionConfig {
    /// Namespace of the Lease.
    pub namespace: String,
    /// Name of the Lease.
    pub name: String,
    /// Who we are: unique among candidates.
    pub identity: String,
    /// How long a holder that fell silent keeps the lease.
    pub lease_duration: Duration,
    /// How long renewing may fail before we step down.
    pub renew_deadline: Duration,
    /// Time between two tries.
    pub retry_period: Duration,
}

impl ElectionConfig {
    /// Upstream's timing: 15 s, 10 s, 2 s.
    pub fn new(namespace: &str, name: &str, identity: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            identity: identity.to_owned(),
            lease_duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            retry_period: Duration::from_secs(2),
        }
    }
}

/// A candidate.
pub struct Elector {
    config: ElectionConfig,
    client: Client,
    clock: Clock,
    seen: Option<(Value, Instant)>,
}

impl Elector {
    /// A candidate that has not asked yet.
    pub fn new(config: ElectionConfig, client: Client, clock: Clock) -> Self {
        Self { config, client, clock, seen: None }
    }

    /// Waits until we hold the lease; `false` if stopping was requested first.
    pub async fn acquire(&mut self, stop: &Stop) -> bool {
        loop {
            match self.attempt().await {
                Ok(true) => {
                    tracing::info!(
                        lease = self.config.name,
                        identity = self.config.identity,
                        "became leader"
                    );
                    return true;
                }
                Ok(false) => {}
                Err(error) => tracing::debug!(lease = self.config.name, %error, "election failed"),
            }
            if stop.unless(self.clock.sleep(self.config.retry_period)).await.is_none() {
                return false;
            }
        }
    }

    /// Renews until the lease is lost or stopping is requested; in the latter case it is given up,
    /// so that the next leader need not wait. Returns whether we still held it at the end.
    pub async fn hold(&mut self, stop: &Stop) -> bool {
        let mut renewed = self.clock.instant();
        loop {
            if stop.unless(self.clock.sleep(self.config.retry_period)).await.is_none() {
                self.release().await;
                return true;
            }
            match self.attempt().await {
                Ok(true) => renewed = self.clock.instant(),
                Ok(false) => return false,
                Err(error) => tracing::warn!(lease = self.config.name, %error, "lease not renewed"),
            }
            if renewed.elapsed() > self.config.renew_deadline {
                tracing::error!(lease = self.config.name, "lease lost: not renewed in time");
                return false;
            }
        }
    }

    /// One try to take or renew the lease.
    async fn attempt(&mut self) -> Result<bool, client::Error> {
        let now = self.clock.instant();
        let Some(lease) = self.client.find(self.target()).await? else {
            let spec = self.spec(None);
            let body = value!({
                "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                "metadata": {"namespace": &self.config.namespace, "name": &self.config.name},
                "spec": spec
            });
            return settle(self.client.create(lease_resource(), body).await);
        };
        let spec = &lease.value()["spec"];
        if self.seen.as_ref().is_none_or(|(seen, _)| seen != spec) {
            self.seen = Some((spec.clone(), now));
        }
        let holder = spec["holderIdentity"].str_or_empty();
        let since = self.seen.as_ref().map_or(now, |(_, at)| *at);
        let free =
            holder.is_empty() || holder == self.config.identity || now - since > self.config.lease_duration;
        if !free {
            return Ok(false);
        }
        let mut body = lease.value().clone();
        body.set(&["spec"], self.spec(Some(spec)));
        settle(self.client.update(self.target(), body).await)
    }

    async fn release(&self) {
        let result = async {
            let lease = self.client.get(self.target()).await?;
            if lease.value()["spec"]["holderIdentity"].as_str() == Some(&self.config.identity) {
                let mut body = lease.value().clone();
                body.set(&["spec", "holderIdentity"], "");
                self.client.update(self.target(), body).await?;
            }
            Ok::<(), client::Error>(())
        };
        if let Err(error) = result.await {
            tracing::debug!(lease = self.config.name, %error, "lease not released");
        }
    }

    fn spec(&self, old: Option<&Value>) -> Value {
        let now = meta::time::micros(self.clock.now());
        let ours = old.is_some_and(|old| old["holderIdentity"].as_str() == Some(&self.config.identity));
        let transitions = old.and_then(|old| old["leaseTransitions"].as_i64()).unwrap_or(0);
        let acquired = old.filter(|_| ours).and_then(|old| old["acquireTime"].as_str());
        value!({
            "holderIdentity": &self.config.identity,
            "leaseDurationSeconds": self.config.lease_duration.as_secs() as i64,
            "acquireTime": acquired.unwrap_or(&now),
            "renewTime": &now,
            "leaseTransitions": if ours || old.is_none() { transitions } else { transitions + 1 }
        })
    }

    fn target(&self) -> Target {
        Target::object(lease_resource(), &self.config.namespace, &self.config.name)
    }
}

fn lease_resource() -> &'static Resource {
    Resource::find("coordination.k8s.io", "v1", "leases").expect("a row of the table")
}

/// Losing a race for the lease is no error: somebody else leads.
fn settle<T>(result: Result<T, client::Error>) -> Result<bool, client::Error> {
    match result {
        Ok(_) => Ok(true),
        Err(error) if error.is_conflict() || error.is_already_exists() => Ok(false),
        Err(error) => Err(error),
    }
}
