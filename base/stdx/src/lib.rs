//! What `std` lacks and every layer needs: time and chance that are passed in, and back-off.
//!
//! Invariants: nothing above this crate reads the wall clock or the operating system's random
//! source; a process builds one [`Clock`] and one [`Rng`] in its composition root and hands clones
//! down. That is what lets a whole control plane run in one test, in virtual time, from a seed.

mod backoff;
mod clock;
mod rng;

pub use backoff::Backoff;
pub use backoff::BackoffPolicy;
pub use clock::Clock;
pub use rng::Rng;
