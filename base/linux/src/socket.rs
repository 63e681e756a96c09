//! Unix sockets with message boundaries that carry descriptors.

use std::io;
use std::io::IoSlice;
use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::path::PathBuf;

use rustix::fs::Mode;
use rustix::fs::OFlags;
use rustix::net::AddressFamily;
use rustix::net::RecvAncillaryBuffer;
use rustix::net::RecvAncillaryMessage;
use rustix::net::RecvFlags;
use rustix::net::SendAncillaryBuffer;
use rustix::net::SendAncillaryMessage;
use rustix::net::SendFlags;
use rustix::net::SocketAddrUnix;
use rustix::net::SocketFlags;
use rustix::net::SocketType;

use crate::Result;
use crate::error::OnPath;

/// At most this many descriptors travel with one message.
pub const MAX_DESCRIPTORS: usize = 4;

/// Listens at `dir/name` for connections of type `SOCK_SEQPACKET`; a stale file is replaced. The
/// socket does not block and only root may connect.
pub fn listen(dir: &Path, name: &str) -> Result<OwnedFd> {
    let path = dir.join(name);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error).on("remove", &path),
        _ => {}
    }
    let socket = new_socket(SocketType::SEQPACKET).on("make a socket for", &path)?;
    with_short_path(dir, name, |address| rustix::net::bind(&socket, address)).on("bind", &path)?;
    rustix::fs::chmod(&path, Mode::RUSR | Mode::WUSR).on("protect", &path)?;
    rustix::net::listen(&socket, 64).on("listen at", &path)?;
    Ok(socket)
}

/// Listens at `dir/name` for stream connections, for peers that speak the OCI console protocol.
pub fn listen_stream(dir: &Path, name: &str) -> Result<OwnedFd> {
    let path = dir.join(name);
    let socket = new_socket(SocketType::STREAM).on("make a socket for", &path)?;
    with_short_path(dir, name, |address| rustix::net::bind(&socket, address)).on("bind", &path)?;
    rustix::net::listen(&socket, 1).on("listen at", &path)?;
    Ok(socket)
}

/// Connects to what [`listen`] made. The connection does not block.
pub fn connect(dir: &Path, name: &str) -> Result<OwnedFd> {
    let path = dir.join(name);
    let socket = new_socket(SocketType::SEQPACKET).on("make a socket for", &path)?;
    with_short_path(dir, name, |address| rustix::net::connect(&socket, address)).on("connect to", &path)?;
    Ok(socket)
}

/// Takes a waiting connection, `None` if there is none. The connection does not block.
pub fn accept(listener: impl AsFd) -> io::Result<Option<OwnedFd>> {
    match rustix::net::accept_with(listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK) {
        Ok(connection) => Ok(Some(connection)),
        Err(rustix::io::Errno::AGAIN | rustix::io::Errno::CONNABORTED | rustix::io::Errno::INTR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Sends one message with descriptors; the receiver gets copies of them. An error of kind
/// `WouldBlock` means that the peer does not keep up and nothing was sent.
pub fn send(socket: impl AsFd, message: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !control.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(io::Error::other("too many descriptors for one message"));
    }
    let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
    rustix::net::sendmsg(socket, &[IoSlice::new(message)], &mut control, flags)?;
    Ok(())
}

/// Receives one message into `buffer`. Length zero means that the peer is gone; `WouldBlock` that
/// there is no message yet.
pub fn receive(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
    let message = rustix::net::recvmsg(socket, &mut [IoSliceMut::new(buffer)], &mut control, flags)?;
    let mut descriptors = Vec::new();
    for part in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = part {
            descriptors.extend(rights);
        }
    }
    Ok((message.bytes, descriptors))
}

fn new_socket(kind: SocketType) -> rustix::io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    rustix::net::socket_with(AddressFamily::UNIX, kind, flags, None)
}

/// A unix socket's address holds 107 bytes, a state directory may be deeper: go through the
/// directory's descriptor.
fn with_short_path<T>(
    dir: &Path,
    name: &str,
    work: impl FnOnce(&SocketAddrUnix) -> rustix::io::Result<T>,
) -> rustix::io::Result<T> {
    use std::os::fd::AsRawFd;
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let dir = rustix::fs::open(dir, flags, Mode::empty())?;
    let path: PathBuf = format!("/proc/self/fd/{}/{name}", dir.as_raw_fd()).into();
    work(&SocketAddrUnix::new(path)?)
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::io::Write;

    use super::*;

    #[test]
    fn messages_keep_their_boundaries_and_carry_descriptors() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("x".repeat(120));
        std::fs::create_dir(&deep).unwrap();
        let listener = listen(&deep, "s").unwrap();
        let client = connect(&deep, "s").unwrap();
        let server = accept(&listener).unwrap().unwrap();
        let (mut reader, writer) = std::io::pipe().unwrap();
        send(&client, b"one", &[writer.as_fd()]).unwrap();
        send(&client, b"two", &[]).unwrap();
        drop(writer);
        let mut buffer = [0; 64];
        let (length, descriptors) = receive(&server, &mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"one");
        let mut passed = std::fs::File::from(descriptors.into_iter().next().unwrap());
        passed.write_all(b"through").unwrap();
        drop(passed);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "through");
        assert_eq!(receive(&server, &mut buffer).unwrap().0, 3);
        assert_eq!(receive(&server, &mut buffer).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        drop(client);
        assert_eq!(receive(&server, &mut buffer).unwrap().0, 0);
    }
}
