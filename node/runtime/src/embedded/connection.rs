//! A connection to a pod's shim.

use std::io;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;

use linux::socket;
use tokio::io::unix::AsyncFd;

use crate::error::Error;
use crate::error::Result;
use crate::session::async_fd;
use crate::shim::protocol::MESSAGE_LIMIT;
use crate::shim::protocol::Reply;
use crate::shim::protocol::Request;
use crate::state;
use crate::state::SandboxDir;
use crate::types::SandboxId;

/// Carries one request and what follows from it.
pub(super) struct Connection {
    sandbox: SandboxId,
    fd: AsyncFd<OwnedFd>,
}

/// What a shim sent.
pub(super) enum Message {
    /// A reply, with descriptors.
    Reply(Reply, Vec<OwnedFd>),
    /// Output of an attached container: its tag and the bytes.
    Output(u8, Vec<u8>),
}

impl Connection {
    /// Connects to the shim of `sandbox` and sends it `request`.
    pub(super) async fn open(
        dir: &SandboxDir,
        sandbox: &SandboxId,
        request: &Request,
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<Self> {
        let lost = |what: &str, error: &dyn std::fmt::Display| Error::Shim {
            sandbox: sandbox.0.clone(),
            what: format!("{what}: {error}"),
        };
        let fd = socket::connect(&dir.0, state::SOCKET).map_err(|e| lost("does not answer", &e.chain()))?;
        let fd = async_fd(fd).map_err(|e| lost("cannot be watched", &e))?;
        let connection = Self { sandbox: sandbox.clone(), fd };
        connection.send(request, descriptors).await?;
        Ok(connection)
    }

    /// Sends a request.
    pub(super) async fn send(&self, request: &Request, descriptors: &[BorrowedFd<'_>]) -> Result<()> {
        let bytes = serde_json::to_vec(request).map_err(|error| self.lost(&error))?;
        loop {
            let mut guard = self.fd.writable().await.map_err(|error| self.lost(&error))?;
            match guard.try_io(|fd| socket::send(fd.get_ref(), &bytes, descriptors)) {
                Ok(result) => return result.map_err(|error| self.lost(&error)),
                Err(_would_block) => {}
            }
        }
    }

    /// The next message; `None` when the shim is gone. Cancel-safe.
    pub(super) async fn receive(&self) -> Result<Option<Message>> {
        let mut buffer = vec![0; MESSAGE_LIMIT];
        let (length, descriptors) = loop {
            let mut guard = self.fd.readable().await.map_err(|error| self.lost(&error))?;
            match guard.try_io(|fd| socket::receive(fd.get_ref(), &mut buffer)) {
                Ok(Ok(received)) => break received,
                Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
                Ok(Err(error)) => return Err(self.lost(&error)),
                Err(_would_block) => {}
            }
        };
        if length == 0 {
            return Ok(None);
        }
        buffer.truncate(length);
        if buffer[0] != b'{' {
            let tag = buffer.remove(0);
            return Ok(Some(Message::Output(tag, buffer)));
        }
        let reply = serde_json::from_slice(&buffer).map_err(|error| self.lost(&error))?;
        Ok(Some(Message::Reply(reply, descriptors)))
    }

    /// The next reply; output that comes before it is dropped.
    pub(super) async fn reply(&self) -> Result<(Reply, Vec<OwnedFd>)> {
        loop {
            match self.receive().await? {
                Some(Message::Reply(reply, descriptors)) => return Ok((reply, descriptors)),
                Some(Message::Output(..)) => {}
                None => return Err(self.lost(&"it ended")),
            }
        }
    }

    /// Sends `request`, expects `Ok`; the process id that came with it, and descriptors.
    pub(super) async fn call(
        dir: &SandboxDir,
        sandbox: &SandboxId,
        request: &Request,
    ) -> Result<(Option<i32>, Vec<OwnedFd>)> {
        let connection = Self::open(dir, sandbox, request, &[]).await?;
        connection.expect_ok().await
    }

    /// Expects `Ok` as the next reply.
    pub(super) async fn expect_ok(&self) -> Result<(Option<i32>, Vec<OwnedFd>)> {
        match self.reply().await? {
            (Reply::Ok { pid }, descriptors) => Ok((pid, descriptors)),
            (Reply::Failed { message }, _) => Err(Error::Start(message)),
            (other, _) => Err(self.lost(&format!("it said {other:?}"))),
        }
    }

    fn lost(&self, error: &dyn std::fmt::Display) -> Error {
        Error::Shim { sandbox: self.sandbox.0.clone(), what: format!("broke off: {error}") }
    }
}
