//! What the runtime and a pod's shim say to each other.
//!
//! A connection of type `SOCK_SEQPACKET` carries one request, as JSON in one message, and what
//! follows from it: mostly one reply; for `Subscribe`, `Exec` and `Attach` messages until the end.
//! Everything large is in files. Output of an attached container travels as messages that begin
//! with [`STDOUT`] or [`STDERR`]; JSON never does.

use serde::Deserialize;
use serde::Serialize;

/// No message is longer.
pub(crate) const MESSAGE_LIMIT: usize = 16 * 1024 + 1;
/// First byte of a message with standard output.
pub(crate) const STDOUT: u8 = b'o';
/// First byte of a message with standard error.
pub(crate) const STDERR: u8 = b'e';

/// From the runtime.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Start a container whose directory is ready. Reply: `Ok` or `Failed`.
    Start { container: String },
    /// Signal a container's process, or everything in the container. Reply: `Ok`.
    Signal { container: String, signal: i32, target: Target },
    /// Run the command in `exec/<name>` with the three descriptors that come along, or with a
    /// terminal and none. Replies: `Ok` with the process or `Failed`, then `Exited`.
    Exec { container: String, name: String },
    /// Reply: `Ok`, with a descriptor to write input to if the container has a stdin; then output,
    /// then `Exited`.
    Attach { container: String },
    /// On a connection that attached: no more input from here.
    CloseStdin { container: String },
    /// Open the log anew. Reply: `Ok`.
    ReopenLog { container: String },
    /// Forget a container that ended. Reply: `Ok`.
    Forget { container: String },
    /// `Started` and `Ended` from now on, after one `Ok`.
    Subscribe,
    /// Kill everything and end. Reply: `Ok`, when nothing is left.
    Shutdown,
}

/// What a signal reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Target {
    /// The container's first process.
    Init,
    /// Every process of the container. The signal is then always SIGKILL.
    All,
}

/// From the shim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Reply {
    /// Done; with the process where one was started.
    Ok { pid: Option<i32> },
    /// Not done, and why.
    Failed { message: String },
    /// The container or command ended.
    Exited { code: i32 },
    /// To subscribers: a container started.
    Started { container: String },
    /// To subscribers: a container ended; its record says the rest.
    Ended { container: String, code: i32 },
}

impl Reply {
    pub(crate) fn ok() -> Self {
        Reply::Ok { pid: None }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Reply::Failed { message: message.into() }
    }
}
