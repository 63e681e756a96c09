//! Request and answer over a netlink socket.

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::AddressFamily;
use rustix::net::Protocol;
use rustix::net::RecvFlags;
use rustix::net::SendFlags;
use rustix::net::SocketFlags;
use rustix::net::SocketType;
use rustix::net::netlink::SocketAddrNetlink;

use crate::message::HEADER_LEN;
use crate::message::Message;

pub(crate) const REQUEST: u16 = 0x1;
pub(crate) const ACK: u16 = 0x4;
pub(crate) const REPLACE: u16 = 0x100;
pub(crate) const EXCL: u16 = 0x200;
pub(crate) const CREATE: u16 = 0x400;
pub(crate) const DUMP: u16 = 0x300;

const KIND_ERROR: u16 = 2;
const KIND_DONE: u16 = 3;
/// The dump was disturbed by a change and may miss entries.
const FLAG_INTERRUPTED: u16 = 0x10;
/// The kernel answers in pieces of at most 32 KiB.
const BUFFER_LEN: usize = 64 << 10;
/// How often a disturbed dump is begun again.
const DUMP_ATTEMPTS: usize = 5;

/// A socket of one netlink protocol, bound to the namespace of the thread that opened it.
#[derive(Debug)]
pub(crate) struct Socket {
    fd: OwnedFd,
    sequence: u32,
    buffer: Vec<u8>,
}

/// Where reading an answer stands.
enum Progress {
    More,
    Done { interrupted: bool },
}

impl Socket {
    pub(crate) fn open(protocol: Option<Protocol>) -> io::Result<Self> {
        let fd = rustix::net::socket_with(
            AddressFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC,
            protocol,
        )?;
        rustix::net::bind(&fd, &SocketAddrNetlink::new(0, 0))?;
        rustix::net::connect(&fd, &SocketAddrNetlink::new(0, 0))?;
        Ok(Self { fd, sequence: 0, buffer: vec![0; BUFFER_LEN] })
    }

    /// Sends a request and waits for the kernel's acknowledgement.
    pub(crate) fn request(&mut self, message: Message) -> io::Result<()> {
        self.exchange(message, &mut |_| {}).map(|_| ())
    }

    /// Sends a dump request and hands out every answer's payload; begins again when the list changed
    /// meanwhile, so that nothing is missed.
    pub(crate) fn dump(&mut self, message: &Message) -> io::Result<Vec<Vec<u8>>> {
        for _ in 0..DUMP_ATTEMPTS {
            let mut found = Vec::new();
            if !self.exchange(message.clone(), &mut |payload| found.push(payload.to_vec()))? {
                return Ok(found);
            }
        }
        Err(Errno::INTR.into())
    }

    /// The answers to a request for one thing.
    pub(crate) fn get(&mut self, message: Message) -> io::Result<Vec<Vec<u8>>> {
        let mut found = Vec::new();
        self.exchange(message, &mut |payload| found.push(payload.to_vec()))?;
        Ok(found)
    }

    /// Gives whether a dump was disturbed.
    fn exchange(&mut self, message: Message, each: &mut dyn FnMut(&[u8])) -> io::Result<bool> {
        self.sequence = self.sequence.wrapping_add(1);
        let bytes = message.finish(self.sequence);
        rustix::net::send(&self.fd, &bytes, SendFlags::empty())?;
        let mut buffer = std::mem::take(&mut self.buffer);
        let result = self.receive(&mut buffer, each);
        self.buffer = buffer;
        result
    }

    fn receive(&self, buffer: &mut [u8], each: &mut dyn FnMut(&[u8])) -> io::Result<bool> {
        loop {
            let (len, _) = match rustix::net::recv(&self.fd, &mut *buffer, RecvFlags::empty()) {
                Err(Errno::INTR) => continue,
                other => other?,
            };
            if let Progress::Done { interrupted } = self.read(&buffer[..len], each)? {
                return Ok(interrupted);
            }
        }
    }

    /// Reads the messages of one datagram.
    fn read(&self, datagram: &[u8], each: &mut dyn FnMut(&[u8])) -> io::Result<Progress> {
        let mut rest = datagram;
        while rest.len() >= HEADER_LEN {
            let field =
                |at: usize| u32::from_ne_bytes(rest[at..at + 4].try_into().expect("within the header"));
            let len = field(0) as usize;
            let kind_and_flags = field(4).to_ne_bytes();
            let kind = u16::from_ne_bytes([kind_and_flags[0], kind_and_flags[1]]);
            let flags = u16::from_ne_bytes([kind_and_flags[2], kind_and_flags[3]]);
            let Some(payload) = rest.get(HEADER_LEN..len) else {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "netlink message cut short"));
            };
            // An answer to an earlier request that was given up is passed over.
            if field(8) == self.sequence {
                let interrupted = flags & FLAG_INTERRUPTED != 0;
                match kind {
                    KIND_DONE => return Ok(Progress::Done { interrupted }),
                    KIND_ERROR => return acknowledged(payload).map(|()| Progress::Done { interrupted }),
                    _ => each(payload),
                }
            }
            rest = rest.get(len.next_multiple_of(4)..).unwrap_or(&[]);
        }
        Ok(Progress::More)
    }
}

/// An error message carries a negative number; zero is the acknowledgement.
fn acknowledged(payload: &[u8]) -> io::Result<()> {
    let code = payload.get(0..4).map(|b| i32::from_ne_bytes(b.try_into().expect("four bytes")));
    match code {
        Some(0) => Ok(()),
        Some(code) => Err(io::Error::from_raw_os_error(-code)),
        None => Err(io::Error::new(io::ErrorKind::InvalidData, "netlink error cut short")),
    }
}
