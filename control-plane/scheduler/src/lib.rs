//! The scheduler: finds a node for every pod that has none.
mod config;
mod error;
mod run;

pub use config::Config;
pub use error::Error;
pub use run::Deps;
pub use run::Scheduler;
