//! SPDY/3.1 as Kubernetes' clients speak it: many streams over one upgraded connection.
//!
//! Flow control is not part of that dialect: the library that all of them use neither sends
//! WINDOW_UPDATE nor waits for one, so honouring the initial window would stall after 64 KiB. What
//! bounds memory is back-pressure: a stream whose reader is slow stops the connection's reader, and
//! then TCP, as on the other side.

mod connection;
mod frame;
mod headers;

pub(crate) use connection::Connection;
pub(crate) use connection::Stream;
pub(crate) use frame::FrameReader;
pub(crate) use headers::Headers;

/// Which end of the connection: streams of the client have odd numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Client,
    Server,
}
