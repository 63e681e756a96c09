//! What reads bytes from outside, one plain function each: for the fuzzer.

use std::pin::pin;
use std::task::Context;
use std::task::Poll;
use std::task::Waker;

use crate::spdy::FrameReader;

/// Frames of SPDY/3.1 one after the other; how many were read before the end or a mistake.
pub fn spdy_frames(bytes: &[u8]) -> usize {
    let mut reader = FrameReader::new();
    let mut io = bytes;
    let mut frames = 0;
    loop {
        let next = pin!(reader.next(&mut io)).poll(&mut Context::from_waker(Waker::noop()));
        // Bytes in memory are always there.
        let Poll::Ready(Ok(Some(_))) = next else { return frames };
        frames += 1;
    }
}

/// A message of a WebSocket of remote commands: what its channel's bytes are.
pub fn channel_message(text: bool, bytes: &[u8]) -> Option<(u8, usize)> {
    crate::channels::read_message(text, bytes)
}
