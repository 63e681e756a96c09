//! The kubelet: keeps the pods that are bound to this node running, and tells the API server how
//! they are.
//!
//! ```text
//! informer (pods of this node) ─┐
//! runtime events ───────────────┼─> one worker per pod UID: facts ─> plan (pure) ─> operations
//! probes, timers, operations ───┘                              └─> status (pure) ─> one patch
//! ```
//!
//! Invariants:
//! - One worker for each pod UID, never for a name: a pod that is replaced under its name shares
//!   nothing with its predecessor.
//! - A worker's decisions are a pure function of facts (`plan`); whatever takes time runs as an
//!   operation beside the worker, which stays able to hear of a deletion.
//! - Everything that must survive the process is in the runtime's records (attempts, exits) or in
//!   the API (last status). A killed kubelet that starts again disturbs no container.
//! - A terminal phase is final: nothing is started again, and no status takes it back.
//! - The kubelet deletes a pod object only when deletion was asked for, everything of the pod is
//!   gone from the node, and the UID is the one it ran.
//! - Objects are read by name, those that this node's pods refer to only: the Node authorizer allows
//!   no more.
//!
//! Building one, as `bin/skiff` does:
//!
//! ```no_run
//! # fn parts() -> kubelet::Deps { unimplemented!() }
//! # async fn example(stop: supervise::Stop) -> Result<(), kubelet::Error> {
//! let config = kubelet::Config::new("node-1", "192.0.2.10".parse().expect("an address"), "/var/lib/skiff/kubelet");
//! let deps: kubelet::Deps = parts(); // client as `system:node:node-1`, informers over it, runtime, images, …
//! let kubelet = kubelet::Kubelet::build(config, deps).await?;
//! kubelet.run(stop).await;
//! # Ok(())
//! # }
//! ```
//!
//! Reading order: [`Config`], [`Kubelet`] (run), `worker`, `plan`, `status`, `container`,
//! `volumes`, `probes`, `node`, `server`.

mod admission;
mod backoff;
mod config;
mod container;
mod dns;
mod env;
mod error;
mod expand;
mod hooks;
mod housekeeping;
mod log_rotation;
mod node;
mod objects;
mod plan;
mod pod;
mod probes;
mod request;
mod run;
mod server;
mod state;
mod status;
mod volumes;
mod worker;

#[cfg(test)]
mod tests;

pub use config::Config;
pub use error::Error;
pub use run::Deps;
pub use run::Kubelet;
