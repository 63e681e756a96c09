//! Connection tracking: finding and forgetting flows (linux/netfilter/nfnetlink_conntrack.h).
//!
//! Translation is decided once per flow. A UDP client that goes on sending from one port therefore
//! keeps its old endpoint for as long as it talks, unless the flow is forgotten.

use std::net::IpAddr;

use rustix::net::netlink;

use crate::Error;
use crate::message::Message;
use crate::message::as_be16;
use crate::message::as_ip;
use crate::message::attribute;
use crate::socket::ACK;
use crate::socket::DUMP;
use crate::socket::REQUEST;
use crate::socket::Socket;

const SUBSYSTEM: u16 = 1 << 8;
const GET: u16 = SUBSYSTEM | 1;
const DELETE: u16 = SUBSYSTEM | 2;
const NESTED: u16 = 1 << 15;

const CTA_TUPLE_ORIG: u16 = 1;
const CTA_TUPLE_REPLY: u16 = 2;
const CTA_ID: u16 = 12;
const CTA_TUPLE_IP: u16 = 1;
const CTA_TUPLE_PROTO: u16 = 2;
const CTA_PROTO_NUM: u16 = 1;
const CTA_PROTO_SRC_PORT: u16 = 2;
const CTA_PROTO_DST_PORT: u16 = 3;

/// UDP's protocol number.
pub const UDP: u8 = 17;
/// TCP's protocol number.
pub const TCP: u8 = 6;
/// SCTP's protocol number.
pub const SCTP: u8 = 132;

/// One direction of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuple {
    /// Where from.
    pub source: IpAddr,
    /// Where to.
    pub destination: IpAddr,
    /// Zero for protocols without ports.
    pub source_port: u16,
    /// Zero for protocols without ports.
    pub destination_port: u16,
}

/// A tracked flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Protocol number.
    pub protocol: u8,
    /// As the client sent it: its destination is the address before translation.
    pub original: Tuple,
    /// As answers come back: its source is the endpoint after translation.
    pub reply: Tuple,
    family: u8,
    original_bytes: Vec<u8>,
    id: Option<Vec<u8>>,
}

/// Every flow of the calling thread's namespace. Blocking.
///
/// # Errors
/// As the kernel reports.
pub fn flows() -> Result<Vec<Flow>, Error> {
    list(&mut open()?)
}

/// Forgets every flow that `matches`; gives how many there were. Blocking.
///
/// # Errors
/// As the kernel reports; flows that end by themselves meanwhile are no error.
pub fn delete(matches: impl Fn(&Flow) -> bool) -> Result<usize, Error> {
    let mut socket = open()?;
    let mut deleted = 0;
    for flow in list(&mut socket)?.into_iter().filter(|flow| matches(flow)) {
        let mut message = Message::new(DELETE, REQUEST | ACK, &generic_header(flow.family));
        message.attr(CTA_TUPLE_ORIG | NESTED, &flow.original_bytes);
        if let Some(id) = &flow.id {
            message.attr(CTA_ID, id);
        }
        match socket.request(message).map_err(Error::request("delete a tracked flow")) {
            Ok(()) => deleted += 1,
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(deleted)
}

fn open() -> Result<Socket, Error> {
    Socket::open(Some(netlink::NETFILTER)).map_err(Error::request("open a netfilter socket"))
}

fn list(socket: &mut Socket) -> Result<Vec<Flow>, Error> {
    let message = Message::new(GET, REQUEST | DUMP, &generic_header(0));
    let found = socket.dump(&message).map_err(Error::request("list tracked flows"))?;
    Ok(found.iter().filter_map(|payload| parse_flow(payload)).collect())
}

/// `struct nfgenmsg`: family, version, resource id.
fn generic_header(family: u8) -> [u8; 4] {
    [family, 0, 0, 0]
}

fn parse_flow(payload: &[u8]) -> Option<Flow> {
    let (family, attributes) = (*payload.first()?, payload.get(4..)?);
    let original_bytes = attribute(attributes, CTA_TUPLE_ORIG)?;
    let (protocol, original) = parse_tuple(original_bytes)?;
    let (_, reply) = parse_tuple(attribute(attributes, CTA_TUPLE_REPLY)?)?;
    let id = attribute(attributes, CTA_ID).map(<[u8]>::to_vec);
    Some(Flow { protocol, original, reply, family, original_bytes: original_bytes.to_vec(), id })
}

fn parse_tuple(bytes: &[u8]) -> Option<(u8, Tuple)> {
    let ip = attribute(bytes, CTA_TUPLE_IP)?;
    // Sources have odd numbers, destinations even ones: IPv4 1 and 2, IPv6 3 and 4.
    let address = |v4: u16, v6: u16| attribute(ip, v4).or_else(|| attribute(ip, v6)).and_then(as_ip);
    let protocol = attribute(bytes, CTA_TUPLE_PROTO)?;
    let port = |kind| attribute(protocol, kind).and_then(as_be16).unwrap_or_default();
    let tuple = Tuple {
        source: address(1, 3)?,
        destination: address(2, 4)?,
        source_port: port(CTA_PROTO_SRC_PORT),
        destination_port: port(CTA_PROTO_DST_PORT),
    };
    Some((*attribute(protocol, CTA_PROTO_NUM)?.first()?, tuple))
}
