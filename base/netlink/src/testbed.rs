//! Network namespaces for tests of crates that change the network: nothing outside is touched, and
//! everything goes with the test's process. Needs root.

use std::path::Path;
use std::path::PathBuf;
use std::sync::mpsc;

use linux::namespace;
use linux::namespace::Unshare;

use crate::Error;
use crate::Netlink;

/// The loopback interface is the first of every namespace.
const LOOPBACK: u32 = 1;

/// A network namespace that lives as long as the process.
#[derive(Clone, Debug)]
pub struct TestNamespace {
    path: PathBuf,
}

impl TestNamespace {
    /// Moves the calling thread into a new namespace, and with it every thread that it starts.
    ///
    /// # Errors
    /// Without the privilege.
    pub fn enter_new() -> Result<(), Error> {
        namespace::unshare(Unshare { net: true, ..Unshare::default() }).map_err(namespace_error)?;
        Netlink::open()?.set_up(LOOPBACK)
    }

    /// A new namespace, kept by a thread that never ends; the caller stays where it is.
    ///
    /// # Errors
    /// Without the privilege.
    pub fn new() -> Result<Self, Error> {
        let (sender, receiver) = mpsc::channel();
        let keeper = std::thread::Builder::new().name("namespace".into()).spawn(move || {
            let entered = Self::enter_new().map(|()| rustix::thread::gettid().as_raw_nonzero());
            if sender.send(entered).is_ok() {
                loop {
                    std::thread::park();
                }
            }
        });
        keeper.map_err(Error::request("start a thread"))?;
        let thread = receiver.recv().expect("the thread sends before it ends")?;
        Ok(Self { path: PathBuf::from(format!("/proc/self/task/{thread}/ns/net")) })
    }

    /// Its path, for whoever enters namespaces by path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `work` in it. Sockets that `work` makes stay in it.
    ///
    /// # Errors
    /// When it cannot be entered.
    pub fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        namespace::in_net(&self.path, work).map_err(namespace_error)
    }
}

fn namespace_error(source: linux::Error) -> Error {
    Error::Namespace { source }
}
