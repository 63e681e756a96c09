//! Debian packages that the program or its tests need.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;
use anyhow::Result;

use crate::run;

/// A package, the file that shows that it is there, and why it is needed.
pub(crate) struct Package {
    name: &'static str,
    shows: &'static str,
    why: &'static str,
}

/// What a node needs at run time.
pub(crate) const RUNTIME: &[Package] =
    &[Package { name: "nftables", shows: "/usr/sbin/nft", why: "the Service and pod network rules" }];

/// What the tests need besides.
pub(crate) const TESTS: &[Package] = &[
    Package { name: "busybox-static", shows: "/bin/busybox", why: "the program inside test images" },
    Package {
        name: "docker-registry",
        shows: "/usr/bin/docker-registry",
        why: "a real registry to pull from",
    },
    Package { name: "apache2-utils", shows: "/usr/bin/htpasswd", why: "a registry with passwords" },
    Package { name: "runc", shows: "/usr/sbin/runc", why: "the second OCI runtime of the runtime's suite" },
    Package { name: "iproute2", shows: "/usr/bin/ip", why: "looking at what tests left behind" },
    Package { name: "openssl", shows: "/usr/bin/openssl", why: "an independent reader of certificates" },
];

/// Installs what is missing, and says which and why.
pub(crate) fn install(groups: &[&[Package]]) -> Result<()> {
    let missing: Vec<&Package> = groups
        .iter()
        .flat_map(|group| group.iter())
        .filter(|p| !std::path::Path::new(p.shows).exists())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    for package in &missing {
        println!("installing {}: {}", package.name, package.why);
    }
    // A machine that never updated knows no packages; one that did need not again.
    let known = Command::new("apt-cache").args(["show", missing[0].name]).output();
    if !known.is_ok_and(|output| output.status.success() && !output.stdout.is_empty()) {
        run("apt-get", &["update", "-qq"])?;
    }
    let mut args = vec!["install", "-y", "-qq", "--no-install-recommends"];
    args.extend(missing.iter().map(|package| package.name));
    run("apt-get", &args)
}

/// Makes sure that an official kubectl of at least 1.30 is there, and gives its path. Debian 12 has
/// none; its development suite does, which the machine's own mirror serves as well.
pub(crate) fn kubectl() -> Result<PathBuf> {
    let cached = std::env::home_dir().unwrap_or_default().join(".cache/skiff-tools/kubectl");
    if let Some(found) = [PathBuf::from("kubectl"), cached.clone()].into_iter().find(|path| is_recent(path)) {
        return Ok(found);
    }
    println!("installing kubectl: the official client, which the end-to-end tests drive");
    let dir = cached.parent().context("the cache has a directory")?.to_owned();
    let state = dir.join("apt");
    for part in ["lists/partial", "archives/partial"] {
        std::fs::create_dir_all(state.join(part))
            .with_context(|| format!("cannot create {}", state.display()))?;
    }
    let list = state.join("sid.list");
    std::fs::write(&list, format!("deb {} sid main\n", debian_mirror()?))?;
    let options = [
        format!("Dir::Etc::SourceList={}", list.display()),
        "Dir::Etc::SourceParts=/dev/null".to_owned(),
        format!("Dir::State::Lists={}/lists", state.display()),
        format!("Dir::Cache={}", state.display()),
    ];
    let apt = |words: &[&str]| -> Result<()> {
        let status = Command::new("apt-get")
            .args(options.iter().flat_map(|option| ["-o", option.as_str()]))
            .args(words)
            .current_dir(&state)
            .status()
            .context("cannot run apt-get")?;
        anyhow::ensure!(status.success(), "apt-get {} failed ({status})", words.join(" "));
        Ok(())
    };
    apt(&["update", "-qq"])?;
    apt(&["download", "-qq", "kubectl"]).or_else(|_| apt(&["download", "-qq", "kubernetes-client"]))?;
    let package = std::fs::read_dir(&state)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .context("apt-get downloaded nothing")?;
    let unpacked = state.join("unpacked");
    let status = Command::new("dpkg-deb").arg("-x").arg(&package).arg(&unpacked).status()?;
    anyhow::ensure!(status.success(), "cannot unpack {}", package.display());
    std::fs::copy(unpacked.join("usr/bin/kubectl"), &cached).context("the package holds no kubectl")?;
    anyhow::ensure!(is_recent(&cached), "the kubectl of Debian's development suite does not run here");
    Ok(cached)
}

fn is_recent(kubectl: &Path) -> bool {
    let output = Command::new(kubectl).args(["version", "--client", "-o", "json"]).output();
    let Some(text) = output.ok().filter(|output| output.status.success()).map(|output| output.stdout) else {
        return false;
    };
    let version: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    let minor = version["clientVersion"]["minor"].as_str().unwrap_or("0");
    minor.trim_end_matches('+').parse::<u32>().is_ok_and(|minor| minor >= 30)
}

/// The mirror that this machine takes Debian's packages from.
fn debian_mirror() -> Result<String> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    if let Ok(entries) = std::fs::read_dir("/etc/apt/sources.list.d") {
        files.extend(entries.filter_map(|entry| entry.ok().map(|entry| entry.path())));
    }
    let texts = files.iter().filter_map(|file| std::fs::read_to_string(file).ok());
    let words: Vec<String> =
        texts.flat_map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
    let mirror =
        words.iter().find(|word| word.contains("://") && word.trim_end_matches('/').ends_with("/debian"));
    mirror.cloned().context("no Debian mirror in /etc/apt: install kubectl 1.30 or newer by hand")
}
