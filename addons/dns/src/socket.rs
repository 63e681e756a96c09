//! Listening sockets.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use rustix::net::AddressFamily;
use rustix::net::SocketFlags;
use rustix::net::SocketType;
use rustix::net::sockopt;
use tokio::net::TcpListener;
use tokio::net::UdpSocket;

/// Connections that wait to be accepted.
const BACKLOG: i32 = 256;
/// Room for a burst of questions.
const RECEIVE_BUFFER: usize = 1 << 20;

/// UDP sockets that share one address: the kernel gives every client one of them.
pub(crate) fn udp(address: SocketAddr, count: usize) -> io::Result<Vec<UdpSocket>> {
    let mut address = address;
    let mut sockets = Vec::with_capacity(count);
    for _ in 0..count {
        let fd = bound(address, SocketType::DGRAM)?;
        sockopt::set_socket_recv_buffer_size(&fd, RECEIVE_BUFFER)?;
        let socket = UdpSocket::from_std(fd.into())?;
        // Port 0 is a choice of the kernel, which the others must share.
        address = socket.local_addr()?;
        sockets.push(socket);
    }
    Ok(sockets)
}

pub(crate) fn tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let fd = bound(address, SocketType::STREAM)?;
    rustix::net::listen(&fd, BACKLOG)?;
    TcpListener::from_std(fd.into())
}

/// The address may be one that this machine gets later, such as that of a bridge.
fn bound(address: SocketAddr, kind: SocketType) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let fd = rustix::net::socket_with(family, kind, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None)?;
    match address {
        SocketAddr::V4(_) => sockopt::set_ip_freebind(&fd, true)?,
        SocketAddr::V6(_) => sockopt::set_ipv6_freebind(&fd, true)?,
    }
    match kind {
        SocketType::DGRAM => sockopt::set_socket_reuseport(&fd, true)?,
        _ => sockopt::set_socket_reuseaddr(&fd, true)?,
    }
    rustix::net::bind(&fd, &address)?;
    Ok(fd)
}
