//! What every controller is made of: a work queue, a runner, leader election, an event recorder.
//!
//! The contract (level, not edge): a reconcile is given a key and the reason for the log, reads the
//! world from informers, plans with a pure function and applies the operations with preconditions.
//! It must be right for any earlier state of the world, because wake-ups are merged, delayed and
//! repeated at will.
//!
//! Reading order: [`WorkQueue`], [`Reconcile`], [`run`], [`Elector`], [`Recorder`].

mod election;
mod queue;
mod recorder;
mod runner;

pub use election::ElectionConfig;
pub use election::Elector;
pub use queue::Key;
pub use queue::WorkQueue;
pub use recorder::EventType;
pub use recorder::Recorder;
pub use runner::Error;
pub use runner::Outcome;
pub use runner::Reconcile;
pub use runner::run;
