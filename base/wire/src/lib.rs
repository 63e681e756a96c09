//! What the API server, the kubelet's server and every client need from HTTP.
//!
//! Invariants:
//! - Every connection and every HTTP/2 stream is a supervised task.
//! - A response body is dropped as soon as its client is gone, and whoever feeds it can wait for
//!   that ([`BodySender::closed`]): no watch outlives its client.
//! - Everything a peer can make grow is bounded: headers, frames, streams, queues, connections; and
//!   what waits for a peer that does not read is dropped after a while (`stall`).
//! - An upgraded connection is one type, [`Io`], on both sides, whatever is spoken over it; the
//!   kubelet sees one [`remote_command::Session`] for all protocols of exec and attach, and one
//!   [`port_forward::Session`] for all of port-forward.
//! - Nothing here knows what a Pod is.
//!
//! Reading order: [`Body`], [`Handler`] and [`Server`] and `cork`, [`Client`], `upgrade`, `channels`
//! (WebSocket) and `spdy`, then [`remote_command`], [`port_forward`], [`messages`], [`relay`].

mod body;
mod channels;
mod client;
mod cork;
mod error;
mod pipe;
mod server;
mod spdy;
mod stall;
mod upgrade;

pub mod messages;
pub mod outside;
pub mod port_forward;
pub mod relay;
pub mod remote_command;

#[cfg(test)]
mod tests;

pub use body::Body;
pub use body::BodyError;
pub use body::BodySender;
pub use body::Gone;
pub use client::Client;
pub use client::ClientOptions;
pub use client::Endpoint;
pub use error::Error;
pub use pipe::ByteReader;
pub use pipe::ByteWriter;
pub use server::ConnInfo;
pub use server::Handler;
pub use server::Listen;
pub use server::Peer;
pub use server::Server;
pub use server::ServerOptions;
pub use upgrade::Io;

/// The result of an operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
