//! What the image store is told.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

/// Where images are kept and how they are fetched.
#[derive(Clone, Debug)]
pub struct ImagesConfig {
    /// The store's own directory; one store per directory, held by a lock.
    pub root: PathBuf,
    /// Which image of a multi-platform index is taken.
    pub platform: Platform,
    /// Layers downloaded at the same time, over all pulls.
    pub parallel_downloads: usize,
    /// Registries that need more than the defaults.
    pub registries: RegistriesConfig,
}

/// Connection settings, and what is particular to single registries.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct RegistriesConfig {
    /// PEM bundles trusted besides the built-in roots; files that do not exist are passed over.
    pub ca_files: Vec<PathBuf>,
    /// By registry host as it stands in an image name, with its port (`registry.example.com:5000`).
    pub hosts: BTreeMap<String, RegistryHost>,
    /// Bound on connecting, TLS handshake included.
    #[serde(skip)]
    pub connect_timeout: Duration,
    /// A transfer without a byte for so long is broken off and resumed.
    #[serde(skip)]
    pub idle_timeout: Duration,
    /// How often a download that makes no progress is taken up again.
    #[serde(skip)]
    pub resume_attempts: u32,
}

/// What is particular to one registry.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct RegistryHost {
    /// Asked before the registry itself, in order: `https://mirror.example.com[/prefix]`.
    pub mirrors: Vec<String>,
    /// Speak HTTP without TLS. Loopback registries always do, as with containerd and Docker.
    pub plain_http: bool,
    /// Accept any certificate.
    pub skip_tls_verify: bool,
}

/// An operating system and an architecture, in Go's words, as OCI image indexes use them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// `linux`.
    pub os: String,
    /// `amd64`, `arm64`, `arm`, `riscv64`, …
    pub architecture: String,
    /// `v7` for 32-bit ARM; empty where there is none.
    pub variant: String,
}

impl ImagesConfig {
    /// Defaults for a store at `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            platform: Platform::host(),
            parallel_downloads: 4,
            registries: RegistriesConfig::default(),
        }
    }

    /// Every mistake with its path.
    pub fn validate(&self) -> Result<(), Vec<String>> {
        let mut mistakes = Vec::new();
        if !self.root.is_absolute() {
            mistakes.push(format!("images.root: {} is not an absolute path", self.root.display()));
        }
        if self.parallel_downloads == 0 {
            mistakes.push("images.parallelDownloads: must be at least 1".into());
        }
        for (host, settings) in &self.registries.hosts {
            for (i, mirror) in settings.mirrors.iter().enumerate() {
                if !mirror.starts_with("https://") && !mirror.starts_with("http://") {
                    mistakes.push(format!(
                        "images.registries.hosts[{host}].mirrors[{i}]: {mirror:?} must start with https:// or http://"
                    ));
                }
            }
        }
        if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
    }
}

impl Default for RegistriesConfig {
    fn default() -> Self {
        Self {
            ca_files: vec![PathBuf::from("/etc/ssl/certs/ca-certificates.crt")],
            hosts: BTreeMap::new(),
            connect_timeout: Duration::from_secs(20),
            idle_timeout: Duration::from_secs(60),
            resume_attempts: 6,
        }
    }
}

impl Platform {
    /// The machine that this program was built for.
    pub fn host() -> Self {
        let (architecture, variant) = match std::env::consts::ARCH {
            "x86_64" => ("amd64", ""),
            "x86" => ("386", ""),
            "aarch64" => ("arm64", ""),
            "arm" => ("arm", "v7"),
            "powerpc64" => ("ppc64le", ""),
            other => (other, ""),
        };
        Self { os: "linux".into(), architecture: architecture.into(), variant: variant.into() }
    }
}

impl std::fmt::Display for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        if self.variant.is_empty() { Ok(()) } else { write!(f, "/{}", self.variant) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_reported() {
        let mut config = ImagesConfig::new("images");
        config.parallel_downloads = 0;
        let host = RegistryHost { mirrors: vec!["mirror.example.com".into()], ..RegistryHost::default() };
        config.registries.hosts.insert("registry.example.com".into(), host);
        let mistakes = config.validate().expect_err("three mistakes");
        assert_eq!(mistakes.len(), 3, "{mistakes:?}");
        assert!(mistakes[2].starts_with("images.registries.hosts[registry.example.com].mirrors[0]:"));
        assert!(ImagesConfig::new("/images").validate().is_ok());
    }
}
