//! Links, addresses, routes, neighbours, nftables and conntrack.
//!
//! Everything here is blocking and takes milliseconds at most, except [`nft::apply`] of a large
//! ruleset; callers that are async use a blocking thread. A socket belongs to the network namespace
//! in which it was opened, whatever thread uses it later.
//!
//! Netlink is spoken directly: the node needs about a dozen messages, and the encoding of a message
//! (a header, then attributes that nest) is shorter than any translation to a library's types.
//! nftables is driven by its own text form through `nft -f -`, one transaction per call.
//!
//! Invariants: what is asked for and already there is no error; what is to go and gone already is no
//! error; everything else the kernel refuses is reported with what was tried.
//!
//! Reading order: `message`, `socket`, [`Netlink`] (route), [`nft`], [`conntrack`], [`testbed`].

pub mod conntrack;
mod error;
mod message;
pub mod nft;
mod route;
mod socket;
pub mod testbed;

pub use error::Error;
pub use route::Link;
pub use route::LinkStats;
pub use route::Netlink;
pub use route::Route;
pub use route::Veth;
