//! A cluster of its own for a measurement or a suite, which goes with everything it wrote.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context as _;
use anyhow::Result;

use crate::release_program;
use crate::run;

/// Time between two looks at a process that ends.
const LOOK: Duration = Duration::from_millis(5);

/// A cluster in a temporary directory.
pub(crate) struct Cluster {
    program: PathBuf,
    dir: PathBuf,
    listen: String,
    roles: &'static str,
}

impl Cluster {
    /// A cluster of the release build that runs `roles`; nothing is started yet.
    pub(crate) fn new(name: &str, roles: &'static str) -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("skiff-{name}-{}", std::process::id()));
        // Free now, and nobody else is told to take it.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        // Pods reach the API server at an address of the node.
        let address = if roles.contains("node") { "0.0.0.0" } else { "127.0.0.1" };
        Ok(Self { program: release_program("skiff")?, dir, listen: format!("{address}:{port}"), roles })
    }

    /// The administrator's kubeconfig.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.dir.join("admin.kubeconfig")
    }

    /// Starts it; how long it took to be ready.
    pub(crate) fn up(&self) -> Result<Duration> {
        let start = Instant::now();
        self.skiff(&["up", "--roles", self.roles, "--listen", &self.listen])?;
        Ok(start.elapsed())
    }

    /// Kills it, and waits until it is gone: its memory takes a while, and it holds the store.
    pub(crate) fn kill(&self) -> Result<()> {
        let pid = self.pid()?;
        run("kill", &["-9", &pid])?;
        while Path::new("/proc").join(&pid).exists() {
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    pub(crate) fn pid(&self) -> Result<String> {
        let status: serde_json::Value = serde_json::from_str(&self.skiff(&["status", "--output", "json"])?)?;
        Ok(status["pid"].as_u64().context("the cluster runs")?.to_string())
    }

    /// Runs a command of the program for this cluster; what it prints.
    pub(crate) fn skiff(&self, args: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.program);
        let output = command.args(args).arg("--data-dir").arg(&self.dir).output()?;
        let errors = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "skiff {}: {errors}", args.join(" "));
        Ok(String::from_utf8(output.stdout)?)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.skiff(&["down", "--wipe"]) {
            eprintln!("{} is left: {error:#}", self.dir.display());
        } else if self.dir.exists()
            && let Err(error) = fs::remove_dir_all(&self.dir)
        {
            eprintln!("{} is left: {error}", self.dir.display());
        }
    }
}
