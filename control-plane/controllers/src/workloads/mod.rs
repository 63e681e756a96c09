//! Controllers of what runs: pods, and what keeps them running.

pub(crate) mod cronjob;
pub(crate) mod daemonset;
pub(crate) mod deployment;
pub(crate) mod replicaset;
pub(crate) mod statefulset;
pub(crate) mod ttl;

pub(crate) mod claim;
mod cron;
mod daemonset_plan;
mod deployment_plan;
mod deployment_status;
pub(crate) mod disruption;
mod hash;
mod history;
pub(crate) mod job;
mod job_indexes;
mod job_plan;
mod job_policy;
pub(crate) mod overlay;
pub(crate) mod pods;
mod replicaset_plan;
mod statefulset_plan;

#[cfg(test)]
mod cronjob_tests;
#[cfg(test)]
mod daemonset_tests;
#[cfg(test)]
mod deployment_tests;
#[cfg(test)]
mod job_tests;
#[cfg(test)]
mod replicaset_tests;
#[cfg(test)]
mod statefulset_tests;
