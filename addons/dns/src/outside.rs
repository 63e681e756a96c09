//! What reads bytes from outside, one plain function each: for the fuzzer.

use crate::Records;
use crate::answer::Handling;
use crate::answer::Transport;
use crate::answer::handle;

/// A packet of the DNS; how long the reply is that it gets at once.
pub fn packet(bytes: &[u8], tcp: bool, records: &Records) -> usize {
    match handle(bytes, if tcp { Transport::Tcp } else { Transport::Udp }, records) {
        Handling::Reply(reply) => reply.len(),
        Handling::Drop | Handling::Relay | Handling::Chase(_) => 0,
    }
}
