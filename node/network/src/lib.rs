//! The pod network: an address and a way out for every pod of this node.
//!
//! Every pod has a veth pair whose host end is a port of one bridge per cluster. The pod's address
//! is a host address (`/32`, `/128`), and its only route leads to the bridge's own address: traffic
//! between two pods of a node is therefore routed by the node, never switched. That is deliberate.
//! An answer that was switched would pass by connection tracking, and Service addresses would only
//! work with the machine-wide `br_netfilter` switch; and policies could not see it.
//!
//! nftables table `inet skiff-<cluster id>-net`: masquerade for what leaves the cluster, host ports.
//! A verdict of ours cannot undo a drop in somebody else's chain of the same hook, so where iptables
//! has a `FORWARD` chain (Docker sets its policy to DROP) accepting rules go into that chain too;
//! rules of the legacy xtables backend cannot be reached, which is logged.
//!
//! Invariants:
//! - An address belongs to one pod at a time, and is given out again only after every other free
//!   address of the range (oldest first), so that a late packet or cache entry meets nobody.
//! - An address is on record before it is used, and until all traces of it are gone. The record
//!   survives the process; after a reboot it starts anew, because then all namespaces are gone.
//! - Everything made on the host carries the cluster's id; [`PodNetwork::wipe`] takes it all away.
//! - Hardware addresses follow from IP addresses: a neighbour entry is never wrong.
//!
//! Calls are blocking and take milliseconds. Reading order: [`PodNetwork`] (pod_network), `ipam`,
//! `state`, `plan`.

mod config;
mod error;
mod forward;
mod ipam;
mod plan;
mod pod_network;
mod state;

pub use config::HostPort;
pub use config::NetworkConfig;
pub use config::Protocol;
pub use error::Error;
pub use pod_network::PodAddresses;
pub use pod_network::PodNetwork;
