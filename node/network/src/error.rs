//! Errors of the pod network.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

use ipnet::IpNet;

/// What went wrong with the pod network.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration is wrong.
    #[error("{}", mistakes.join("; "))]
    Config {
        /// One sentence each.
        mistakes: Vec<String>,
    },
    /// The node has no pod range yet: try again once `spec.podCIDRs` is set.
    #[error("the node has no pod CIDR yet")]
    NoPodCidr,
    /// Every address of the range belongs to a pod.
    #[error("no free address in {cidr}")]
    Exhausted {
        /// The range.
        cidr: IpNet,
    },
    /// Two pods want one port of the node.
    #[error("host port {port} is taken by pod {uid}")]
    HostPortTaken {
        /// `protocol/port`, with the address where it is a single one.
        port: String,
        /// Who has it.
        uid: String,
    },
    /// The kernel refused something.
    #[error("{what}")]
    Kernel {
        /// What was being done.
        what: String,
        /// Cause.
        #[source]
        source: netlink::Error,
    },
    /// A namespace or a kernel parameter could not be used.
    #[error("{what}")]
    Linux {
        /// What was being done.
        what: String,
        /// Cause.
        #[source]
        source: linux::Error,
    },
    /// An interface that was just made is gone.
    #[error("interface {name} vanished while {address} was being assigned")]
    Vanished {
        /// The interface.
        name: String,
        /// The address.
        address: IpAddr,
    },
    /// The record of attachments cannot be read or written.
    #[error("{what} {}", path.display())]
    State {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Cause.
        #[source]
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn kernel(what: impl Into<String>) -> impl FnOnce(netlink::Error) -> Error {
        let what = what.into();
        move |source| Error::Kernel { what, source }
    }

    pub(crate) fn linux(what: impl Into<String>) -> impl FnOnce(linux::Error) -> Error {
        let what = what.into();
        move |source| Error::Linux { what, source }
    }
}
