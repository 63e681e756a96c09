//! Links, addresses, routes and neighbours (rtnetlink(7)).

use std::net::IpAddr;
use std::os::fd::AsRawFd;
use std::os::fd::BorrowedFd;
use std::path::Path;

use ipnet::IpNet;
use rustix::net::Protocol;

use crate::Error;
use crate::message;
use crate::message::Message;
use crate::message::as_ip;
use crate::message::as_str;
use crate::message::as_u32;
use crate::message::attribute;
use crate::message::ip_bytes;
use crate::socket::ACK;
use crate::socket::CREATE;
use crate::socket::DUMP;
use crate::socket::EXCL;
use crate::socket::REPLACE;
use crate::socket::REQUEST;
use crate::socket::Socket;

// Numbers of the kernel's ABI: linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h,
// linux/neighbour.h, linux/veth.h.
const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
const RTM_GETLINK: u16 = 18;
const RTM_NEWADDR: u16 = 20;
const RTM_DELADDR: u16 = 21;
const RTM_GETADDR: u16 = 22;
const RTM_NEWROUTE: u16 = 24;
const RTM_DELROUTE: u16 = 25;
const RTM_NEWNEIGH: u16 = 28;
const RTM_DELNEIGH: u16 = 29;

/// NETLINK_ROUTE is protocol 0, which the socket call takes for an absent one.
const ROUTE: Option<Protocol> = None;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;

const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_MASTER: u16 = 10;
const IFLA_LINKINFO: u16 = 18;
const IFLA_STATS64: u16 = 23;
const IFLA_NET_NS_FD: u16 = 28;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;
const IFLA_INFO_SLAVE_KIND: u16 = 4;
const IFLA_INFO_SLAVE_DATA: u16 = 5;
const IFLA_BRPORT_MODE: u16 = 4;
const VETH_INFO_PEER: u16 = 1;
const IFF_UP: u32 = 1;

const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_F_NODAD: u8 = 0x02;

const RTA_DST: u16 = 1;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const RTA_PREFSRC: u16 = 7;
const RT_TABLE_MAIN: u8 = 254;
const RTPROT_STATIC: u8 = 4;
const RT_SCOPE_UNIVERSE: u8 = 0;
const RT_SCOPE_LINK: u8 = 253;
const RTN_UNICAST: u8 = 1;

const NDA_DST: u16 = 1;
const NDA_LLADDR: u16 = 2;
const NUD_PERMANENT: u16 = 0x80;

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Index in its namespace.
    pub index: u32,
    /// Name.
    pub name: String,
    /// Bytes of the largest packet.
    pub mtu: u32,
    /// Hardware address; empty where there is none.
    pub mac: Vec<u8>,
    /// Whether it is administratively up.
    pub up: bool,
    /// Index of the bridge that it is a port of.
    pub master: Option<u32>,
    /// What kind of virtual device it is: `bridge`, `veth`, …; empty for real ones.
    pub kind: String,
    /// Counters since it was made.
    pub stats: LinkStats,
}

/// Counters of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkStats {
    /// Packets received.
    pub rx_packets: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Bytes received.
    pub rx_bytes: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Bad packets received.
    pub rx_errors: u64,
    /// Failures to send.
    pub tx_errors: u64,
}

/// A pair of interfaces to be made, one of them in another namespace, which stays down: the kernel
/// cannot bring it up before the pair is whole.
#[derive(Clone, Copy, Debug)]
pub struct Veth<'a> {
    /// Name in this namespace.
    pub name: &'a str,
    /// Bridge of this namespace that it becomes a port of.
    pub master: Option<u32>,
    /// Name in the other namespace.
    pub peer_name: &'a str,
    /// The other namespace.
    pub peer_namespace: BorrowedFd<'a>,
    /// Bytes of the largest packet, for both.
    pub mtu: u32,
}

/// A unicast route of the main table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Where to; `0.0.0.0/0` or `::/0` for the default route.
    pub destination: IpNet,
    /// The next hop; `None` when the destination is on the link.
    pub gateway: Option<IpAddr>,
    /// Index of the interface.
    pub link: u32,
    /// The source address to prefer.
    pub source: Option<IpAddr>,
}

/// An rtnetlink socket of one namespace.
#[derive(Debug)]
pub struct Netlink {
    socket: Socket,
}

impl Netlink {
    /// For the calling thread's namespace.
    ///
    /// # Errors
    /// When the kernel refuses the socket.
    pub fn open() -> Result<Self, Error> {
        let socket = Socket::open(ROUTE).map_err(Error::request("open a route socket"))?;
        Ok(Self { socket })
    }

    /// For the namespace at `path` (`/proc/<pid>/ns/net`, `/run/netns/<name>`).
    ///
    /// # Errors
    /// When the namespace cannot be entered.
    pub fn open_in(path: &Path) -> Result<Self, Error> {
        linux::namespace::in_net(path, Self::open).map_err(|source| Error::Namespace { source })?
    }

    /// The link of a name; `None` when there is none.
    ///
    /// # Errors
    /// As the kernel reports.
    pub fn link(&mut self, name: &str) -> Result<Option<Link>, Error> {
        let mut message = Message::new(RTM_GETLINK, REQUEST | ACK, &ifinfo(0, 0, 0));
        message.attr_str(IFLA_IFNAME, name);
        let result = self.socket.get(message).map_err(Error::request(format!("look up link {name}")));
        match result {
            Ok(answers) => Ok(answers.first().and_then(|payload| parse_link(payload))),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every link of the namespace.
    ///
    /// # Errors
    /// As the kernel reports.
    pub fn links(&mut self) -> Result<Vec<Link>, Error> {
        let message = Message::new(RTM_GETLINK, REQUEST | DUMP, &ifinfo(0, 0, 0));
        let found = self.socket.dump(&message).map_err(Error::request("list links"))?;
        Ok(found.iter().filter_map(|payload| parse_link(payload)).collect())
    }

    /// Makes a bridge, unless a link of the name exists.
    ///
    /// # Errors
    /// As the kernel reports.
    pub fn create_bridge(&mut self, name: &str, mtu: u32) -> Result<Link, Error> {
        if let Some(link) = self.link(name)? {
            return Ok(link);
        }
        let what = format!("create bridge {name}");
        let mut message = Message::new(RTM_NEWLINK, REQUEST | ACK | CREATE | EXCL, &ifinfo(0, 0, 0));
        message.attr_str(IFLA_IFNAME, name).attr_u32(IFLA_MTU, mtu).nest(IFLA_LINKINFO, &[], |info| {
            info.attr_str(IFLA_INFO_KIND, "bridge");
        });
        self.socket.request(message).map_err(Error::request(what.clone()))?;
        let gone = || std::io::Error::from(std::io::ErrorKind::NotFound);
        self.link(name)?.ok_or_else(|| Error::request(what)(gone()))
    }

    /// Makes a veth pair with its other end in another namespace.
    ///
    /// # Errors
    /// When either name is taken, or as the kernel reports.
    pub fn create_veth(&mut self, veth: &Veth<'_>) -> Result<(), Error> {
        let up = ifinfo(0, IFF_UP, IFF_UP);
        let mut message = Message::new(RTM_NEWLINK, REQUEST | ACK | CREATE | EXCL, &up);
        message.attr_str(IFLA_IFNAME, veth.name).attr_u32(IFLA_MTU, veth.mtu);
        if let Some(master) = veth.master {
            message.attr_u32(IFLA_MASTER, master);
        }
        message.nest(IFLA_LINKINFO, &[], |info| {
            info.attr_str(IFLA_INFO_KIND, "veth").nest(IFLA_INFO_DATA, &[], |data| {
                data.nest(VETH_INFO_PEER, &ifinfo(0, 0, 0), |peer| {
                    let namespace = veth.peer_namespace.as_raw_fd().cast_unsigned();
                    peer.attr_str(IFLA_IFNAME, veth.peer_name)
                        .attr_u32(IFLA_MTU, veth.mtu)
                        .attr_u32(IFLA_NET_NS_FD, namespace);
                });
            });
        });
        self.socket.request(message).map_err(Error::request(format!("create veth {}", veth.name)))
    }

    /// Brings a link up.
    ///
    /// # Errors
    /// As the kernel reports.
    pub fn set_up(&mut self, link: u32) -> Result<(), Error> {
        let message = Message::new(RTM_NEWLINK, REQUEST | ACK, &ifinfo(link, IFF_UP, IFF_UP));
        self.socket.request(message).map_err(Error::request(format!("bring link {link} up")))
    }

    /// Sets the largest packet size.
    ///
    /// # Errors
    /// As the kernel reports.
    pub fn set_mtu(&mut self, link: u32, mtu: u32) -> Result<(), Error> {
        let mut message = Message::new(RTM_NEWLINK, REQUEST | ACK, &ifinfo(link, 0, 0));
        message.attr_u32(IFLA_MTU, mtu);
        self.socket.request(message).map_err(Error::request(format!("set the MTU of link {link} to {mtu}")))
    }

    /// Sets the hardware address.
    ///
    /// # Errors
    /// As the kernel reports.
    pub fn set_mac(&mut self, link: u32, mac: [u8; 6]) -> Result<(), Error> {
        let mut message = Message::new(RTM_NEWLINK, REQUEST | ACK, &ifinfo(link, 0, 0));
        message.attr(IFLA_ADDRESS, &mac);
        self.socket.request(message).map_err(Error::request(format!("set the address of link {link}")))
    }

    /// Makes a link a port of a bridge.
    ///
    /// # Errors
    /// As the kernel reports.
    pub fn set_master(&mut self, link: u32, bridge: u32) -> Result<(), Error> {
        let mut message = Message::new(RTM_NEWLINK, REQUEST | ACK, &ifinfo(link, 0, 0));
        message.attr_u32(IFLA_MASTER, bridge);
        self.socket.request(message).map_err(Error::request(format!("make link {link} a bridge port")))
    }

    /// Lets a bridge port send a frame back to where it came from.
    ///
    /// # Errors
    /// As the kernel reports; the link must be a bridge port.
    pub fn set_hairpin(&mut self, link: u32) -> Result<(), Error> {
        let mut message = Message::new(RTM_NEWLINK, REQUEST | ACK, &ifinfo(link, 0, 0));
        message.nest(IFLA_LINKINFO, &[], |info| {
            info.attr_str(IFLA_INFO_SLAVE_KIND, "bridge").nest(IFLA_INFO_SLAVE_DATA, &[], |data| {
                data.attr(IFLA_BRPORT_MODE, &[1]);
            });
        });
        self.socket.request(message).map_err(Error::request(format!("set hairpin mode of link {link}")))
    }

    /// Deletes a link by name; one that is gone is fine.
    ///
    /// # Errors
    /// As the kernel reports.
    pub fn delete_link(&mut self, name: &str) -> Result<(), Error> {
        let mut message = Message::new(RTM_DELLINK, REQUEST | ACK, &ifinfo(0, 0, 0));
        message.attr_str(IFLA_IFNAME, name);
        gone_is_fine(self.socket.request(message).map_err(Error::request(format!("delete link {name}"))))
    }

    /// Gives a link an address. IPv6 addresses are usable at once: whoever assigns them knows that
    /// they are unique.
    ///
    /// # Errors
    /// As the kernel reports.
    pub fn add_address(&mut self, link: u32, address: IpNet) -> Result<(), Error> {
        let message = address_message(RTM_NEWADDR, REQUEST | ACK | CREATE | REPLACE, link, address);
        self.socket.request(message).map_err(Error::request(format!("add address {address}")))
    }

    /// Takes an address away; one that is gone is fine.
    ///
    /// # Errors
    /// As the kernel reports.
    pub fn delete_address(&mut self, link: u32, address: IpNet) -> Result<(), Error> {
        let message = address_message(RTM_DELADDR, REQUEST | ACK, link, address);
        gone_is_fine(
            self.socket.request(message).map_err(Error::request(format!("delete address {address}"))),
        )
    }

    /// The addresses of one link, or of all with index 0.
    ///
    /// # Errors
    /// As the kernel reports.
    pub fn addresses(&mut self, link: u32) -> Result<Vec<IpNet>, Error> {
        let message = Message::new(RTM_GETADDR, REQUEST | DUMP, &[0; 8]);
        let found = self.socket.dump(&message).map_err(Error::request("list addresses"))?;
        let mut addresses = Vec::new();
        for payload in &found {
            // struct ifaddrmsg: family, prefix length, flags, scope, index.
            let (Some(fixed), Some(index)) = (payload.get(0..8), payload.get(4..8).and_then(as_u32)) else {
                continue;
            };
            let attributes = &payload[8..];
            let address = attribute(attributes, IFA_LOCAL).or_else(|| attribute(attributes, IFA_ADDRESS));
            if let Some(address) = address.and_then(as_ip)
                && (link == 0 || link == index)
                && let Ok(net) = IpNet::new(address, fixed[1])
            {
                addresses.push(net);
            }
        }
        Ok(addresses)
    }

    /// Adds a route, or replaces the one to the same destination.
    ///
    /// # Errors
    /// As the kernel reports.
    pub fn replace_route(&mut self, route: &Route) -> Result<(), Error> {
        let message = route_message(RTM_NEWROUTE, REQUEST | ACK | CREATE | REPLACE, route);
        self.socket
            .request(message)
            .map_err(Error::request(format!("set the route to {}", route.destination)))
    }

    /// Deletes a route; one that is gone is fine.
    ///
    /// # Errors
    /// As the kernel reports.
    pub fn delete_route(&mut self, route: &Route) -> Result<(), Error> {
        let message = route_message(RTM_DELROUTE, REQUEST | ACK, route);
        let result = self.socket.request(message);
        gone_is_fine(result.map_err(Error::request(format!("delete the route to {}", route.destination))))
    }

    /// Pins a neighbour's hardware address.
    ///
    /// # Errors
    /// As the kernel reports.
    pub fn replace_neighbour(&mut self, link: u32, address: IpAddr, mac: [u8; 6]) -> Result<(), Error> {
        let mut message = neighbour_message(RTM_NEWNEIGH, REQUEST | ACK | CREATE | REPLACE, link, address);
        message.attr(NDA_LLADDR, &mac);
        self.socket.request(message).map_err(Error::request(format!("set the neighbour {address}")))
    }

    /// Forgets a neighbour; one that is gone is fine.
    ///
    /// # Errors
    /// As the kernel reports.
    pub fn delete_neighbour(&mut self, link: u32, address: IpAddr) -> Result<(), Error> {
        let message = neighbour_message(RTM_DELNEIGH, REQUEST | ACK, link, address);
        let result = self.socket.request(message);
        gone_is_fine(result.map_err(Error::request(format!("delete the neighbour {address}"))))
    }
}

/// `struct ifinfomsg`.
fn ifinfo(index: u32, flags: u32, change: u32) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[4..8].copy_from_slice(&index.to_ne_bytes());
    bytes[8..12].copy_from_slice(&flags.to_ne_bytes());
    bytes[12..16].copy_from_slice(&change.to_ne_bytes());
    bytes
}

fn family(address: IpAddr) -> u8 {
    if address.is_ipv4() { AF_INET } else { AF_INET6 }
}

fn address_message(kind: u16, flags: u16, link: u32, address: IpNet) -> Message {
    let nodad = if address.addr().is_ipv6() { IFA_F_NODAD } else { 0 };
    let mut fixed = [family(address.addr()), address.prefix_len(), nodad, RT_SCOPE_UNIVERSE, 0, 0, 0, 0];
    fixed[4..8].copy_from_slice(&link.to_ne_bytes());
    let mut message = Message::new(kind, flags, &fixed);
    let bytes = ip_bytes(address.addr());
    message.attr(IFA_LOCAL, &bytes).attr(IFA_ADDRESS, &bytes);
    message
}

/// `struct rtmsg`: family, destination and source prefix, tos, table, protocol, scope, type, flags.
fn route_message(kind: u16, flags: u16, route: &Route) -> Message {
    let address = route.destination.addr();
    // IPv6 knows no link scope for routes.
    let on_link = route.gateway.is_none() && address.is_ipv4();
    let scope = if on_link { RT_SCOPE_LINK } else { RT_SCOPE_UNIVERSE };
    let fixed = [
        family(address),
        route.destination.prefix_len(),
        0,
        0,
        RT_TABLE_MAIN,
        RTPROT_STATIC,
        scope,
        RTN_UNICAST,
        0,
        0,
        0,
        0,
    ];
    let mut message = Message::new(kind, flags, &fixed);
    if route.destination.prefix_len() > 0 {
        message.attr(RTA_DST, &ip_bytes(route.destination.network()));
    }
    if let Some(gateway) = route.gateway {
        message.attr(RTA_GATEWAY, &ip_bytes(gateway));
    }
    if let Some(source) = route.source {
        message.attr(RTA_PREFSRC, &ip_bytes(source));
    }
    message.attr_u32(RTA_OIF, route.link);
    message
}

/// `struct ndmsg`: family, padding, index, state, flags, type.
fn neighbour_message(kind: u16, flags: u16, link: u32, address: IpAddr) -> Message {
    let mut fixed = [0; 12];
    fixed[0] = family(address);
    fixed[4..8].copy_from_slice(&link.to_ne_bytes());
    fixed[8..10].copy_from_slice(&NUD_PERMANENT.to_ne_bytes());
    let mut message = Message::new(kind, flags, &fixed);
    message.attr(NDA_DST, &ip_bytes(address));
    message
}

fn parse_link(payload: &[u8]) -> Option<Link> {
    let fixed = payload.get(0..16)?;
    let attributes = &payload[16..];
    let number = |kind| attribute(attributes, kind).and_then(as_u32);
    let kind = attribute(attributes, IFLA_LINKINFO).and_then(|info| attribute(info, IFLA_INFO_KIND));
    Some(Link {
        index: as_u32(&fixed[4..8])?,
        up: as_u32(&fixed[8..12])? & IFF_UP != 0,
        name: attribute(attributes, IFLA_IFNAME).map(as_str)?,
        mtu: number(IFLA_MTU).unwrap_or_default(),
        mac: attribute(attributes, IFLA_ADDRESS).unwrap_or_default().to_vec(),
        master: number(IFLA_MASTER),
        kind: kind.map(message::as_str).unwrap_or_default(),
        stats: attribute(attributes, IFLA_STATS64).map(parse_stats).unwrap_or_default(),
    })
}

/// `struct rtnl_link_stats64` begins with these.
fn parse_stats(bytes: &[u8]) -> LinkStats {
    let number = |i: usize| {
        let field = bytes.get(i * 8..i * 8 + 8).and_then(|b| b.try_into().ok());
        field.map(u64::from_ne_bytes).unwrap_or_default()
    };
    LinkStats {
        rx_packets: number(0),
        tx_packets: number(1),
        rx_bytes: number(2),
        tx_bytes: number(3),
        rx_errors: number(4),
        tx_errors: number(5),
    }
}

fn gone_is_fine(result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(error) if error.is_not_found() => Ok(()),
        other => other,
    }
}
