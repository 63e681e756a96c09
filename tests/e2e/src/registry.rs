//! A real registry on loopback, from Debian, and the tools that fill it.

use std::net::Ipv4Addr;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::command::Background;
use crate::command::limited;
use crate::command::run;
use crate::command::wait_until;
use crate::free_port;

/// The user of a registry that wants one.
pub const USER: &str = "somebody";
/// The user's password.
pub const PASSWORD: &str = "opensesame";

/// A registry that ends with the test.
pub struct Registry {
    dir: TempDir,
    port: u16,
    secured: bool,
    process: Background,
}

impl Registry {
    /// A registry that everybody may use.
    pub fn open() -> Self {
        Self::start(None)
    }

    /// A registry that wants [`USER`] and [`PASSWORD`].
    pub fn secured() -> Self {
        let made = run(Command::new("htpasswd").args(["-nbB", USER, PASSWORD]));
        assert_eq!(made.code, 0, "htpasswd (Debian: apache2-utils): {}", made.err);
        Self::start(Some(&made.out))
    }

    fn start(htpasswd: Option<&str>) -> Self {
        let dir = tempfile::tempdir().expect("a directory for the registry");
        let port = free_port();
        let root = dir.path().display();
        let mut config = format!(
            "version: 0.1\nlog: {{level: warn}}\nstorage: {{filesystem: {{rootdirectory: {root}/data}}}}\n\
             http: {{addr: \"127.0.0.1:{port}\"}}\n"
        );
        if let Some(htpasswd) = htpasswd {
            std::fs::write(dir.path().join("htpasswd"), htpasswd).expect("a password file can be written");
            config.push_str(&format!("auth: {{htpasswd: {{realm: tests, path: {root}/htpasswd}}}}\n"));
        }
        let file = dir.path().join("config.yml");
        std::fs::write(&file, config).expect("a configuration can be written");
        let process = Background::start(Command::new("docker-registry").arg("serve").arg(&file));
        wait_until("the registry", || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port))
                .map_err(|error| format!("{error}: {}", process.said()))
        });
        Self { dir, port, secured: htpasswd.is_some(), process }
    }

    /// `HOST:PORT`.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Pushes an archive under a name; what pods call it.
    pub fn push(&self, archive: &Path, name: &str) -> String {
        let reference = format!("{}/{name}", self.host());
        let mut command = limited("skopeo");
        command.args(["--insecure-policy", "copy", "--dest-tls-verify=false"]);
        if self.secured {
            command.arg(format!("--dest-creds={USER}:{PASSWORD}"));
        }
        let said = run(command
            .arg(format!("docker-archive:{}", archive.display()))
            .arg(format!("docker://{reference}"))
            .env("TMPDIR", self.dir.path()));
        assert_eq!(said.code, 0, "skopeo copy: {}\n{}", said.all(), self.process.said());
        reference
    }
}

/// Turns an archive of `docker save` into one of an OCI layout, with a tool that is not ours.
pub fn to_oci_layout(archive: &Path, layout: &Path, name: &str) {
    let said = run(limited("skopeo")
        .args(["--insecure-policy", "copy"])
        .arg(format!("docker-archive:{}", archive.display()))
        .arg(format!("oci-archive:{}:{name}", layout.display())));
    assert_eq!(said.code, 0, "skopeo copy: {}", said.all());
}
