//! One corpus of requests, and what upstream's own API server answered to each.
//!
//! The corpus is text (`testdata`): scenarios are requests in order, of which later ones use what
//! earlier ones were answered; kinds are samples of each kind of object, which one script
//! (`every.http`) takes through its life. The recordings hold facts of upstream's answers: code, reason,
//! sentences, fields, warnings, media type, and what an object reads like, with everything left out that
//! no two servers have in common (identities, times, versions, addresses that were allocated).
//!
//! The test replays everything against the API server behind its real HTTP path and compares. A
//! difference is a bug of ours: there is no list of excuses.
//!
//! Invariants:
//! - A recording is made by [`facts`] alone, from either server, so both are seen with the same eyes.
//! - A scenario has a namespace of its own and names of its own, so scenarios run beside each other.
//! - An object that is like one seen before in its scenario is recorded as the difference from it: a
//!   mistake shows where it is made, and nowhere else.
//!
//! Reading order: [`corpus`] (what is asked; `scenario` and `kind` read the two formats), [`replay`]
//! (asking), [`facts`] (what of an answer counts), [`recording`] (kept answers, comparing).

pub mod corpus;
mod edit;
pub mod facts;
mod kind;
pub mod recording;
pub mod replay;
mod scenario;
pub mod server;

pub use corpus::Cluster;
pub use corpus::Corpus;
pub use scenario::Scenario;
pub use scenario::Step;
pub use server::Target;
