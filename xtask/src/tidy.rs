//! `tidy`: the rules that a tool can check, so that no reviewer has to.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context as _;
use anyhow::Result;
use serde_json::Value;

use crate::output;
use crate::root;

/// Longest file without an exception, in lines.
const MAX_LINES: usize = 800;
/// Most packages in the lock file. Some seventy of them are peers that only tests use (`tests/clients`).
const MAX_LOCKED: usize = 410;

/// Texts that may not stand in code, where they may, and why.
const BANNED: &[(&str, &[&str], &str)] = &[
    ("tokio::spawn(", &["base/supervise"], "every task is owned: spawn through supervise::Spawner"),
    ("SystemTime::now", &[], "time is passed in: use stdx::Clock"),
    ("Timestamp::now", &["base/stdx"], "time is passed in: use stdx::Clock"),
    ("todo!(", &[], "unfinished code does not ship"),
    ("unimplemented!(", &[], "unfinished code does not ship"),
    ("#[ignore", &[], "a test that does not run is no test"),
    ("allow(dead_code)", &[], "dead code goes"),
];

/// Files over the limit, each with why it is one idea. The list only shrinks.
const LARGE_FILES: &[(&str, &str)] = &[];

/// Runs every check and reports every finding.
pub(crate) fn run() -> Result<()> {
    let mut findings = Vec::new();
    check_arrows(&mut findings)?;
    check_lock_file(&mut findings)?;
    for file in sources(&root())? {
        check_file(&file, &mut findings)?;
    }
    for name in ["README.md", "ARCHITECTURE.md", "SPEC.md", "CHANGELOG.md", "LICENSE"] {
        if !root().join(name).exists() {
            findings.push(format!("{name} is missing"));
        }
    }
    if findings.is_empty() {
        return Ok(());
    }
    for finding in &findings {
        eprintln!("tidy: {finding}");
    }
    anyhow::bail!("{} findings", findings.len())
}

/// The layers of the map and what each may use besides its own crates.
fn check_arrows(findings: &mut Vec<String>) -> Result<()> {
    let metadata: Value =
        serde_json::from_str(&output("cargo", &["metadata", "--format-version", "1", "--no-deps"])?)?;
    let mut layers = BTreeMap::new();
    let packages = metadata["packages"].as_array().context("cargo metadata lists packages")?;
    for package in packages {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
        let dir = manifest.parent().unwrap_or(manifest);
        let place = dir.strip_prefix(root()).unwrap_or(dir);
        let layer = place.components().next().map(|c| c.as_os_str().to_string_lossy().into_owned());
        let name = package["name"].as_str().unwrap_or_default().to_owned();
        if let Some(folder) = dir.file_name()
            && folder.to_string_lossy() != name
        {
            findings.push(format!("{}: the folder's name must be the crate's, {name}", place.display()));
        }
        layers.insert(name, layer.unwrap_or_default());
    }
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let used = dependency["name"].as_str().unwrap_or_default();
            let (Some(from), Some(to)) = (layers.get(name), layers.get(used)) else { continue };
            if let Some(why) = forbidden(name, from, used, to) {
                findings.push(format!("{name} ({from}) may not use {used} ({to}): {why}"));
            }
        }
    }
    Ok(())
}

/// Why one crate may not use another, if it may not.
fn forbidden(name: &str, from: &str, used: &str, to: &str) -> Option<&'static str> {
    let rank = |layer: &str| match layer {
        "base" => 0,
        "machinery" => 1,
        "control-plane" | "node" | "addons" | "cli" => 2,
        "bin" => 3,
        _ => 4,
    };
    if used == "store" && !matches!(name, "apiserver" | "store") && rank(from) < 3 {
        return Some("only the API server holds the store; everybody else is a client of the API");
    }
    if rank(from) < rank(to) {
        return Some("arrows go from base to machinery to the components to bin to tests, never back");
    }
    if rank(from) == 2 && rank(to) == 2 && from != to {
        return Some("components meet only at the API: no edges among the middle layers");
    }
    let inside = match (from, name, used) {
        ("control-plane", "apiserver", "store" | "registry") => true,
        ("control-plane", ..) if from == to => false,
        ("node", "kubelet", "images" | "volumes" | "network" | "runtime") => true,
        ("node", ..) if from == to => false,
        _ => true,
    };
    if inside {
        None
    } else {
        Some("inside a layer only store and registry lead to apiserver, and the node's parts to kubelet")
    }
}

fn check_lock_file(findings: &mut Vec<String>) -> Result<()> {
    let text = fs::read_to_string(root().join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let count = text.matches("[[package]]").count();
    if count > MAX_LOCKED {
        findings.push(format!("Cargo.lock has {count} packages, more than the budget of {MAX_LOCKED}"));
    }
    Ok(())
}

fn check_file(path: &Path, findings: &mut Vec<String>) -> Result<()> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let name = path.strip_prefix(root()).unwrap_or(path).display().to_string();
    if name.contains("/generated/") || name.starts_with("xtask/src/tidy") {
        return Ok(());
    }
    let lines = text.lines().count();
    if lines > MAX_LINES && !LARGE_FILES.iter().any(|(file, _)| *file == name) {
        findings
            .push(format!("{name} has {lines} lines, more than {MAX_LINES}: is there a second idea in it?"));
    }
    if !text.starts_with("//!") && !text.starts_with("#!") {
        findings.push(format!("{name} does not begin with what it is (`//! …`)"));
    }
    let test = name.contains("/tests/") || name.ends_with("tests.rs");
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or("");
        for (banned, places, why) in BANNED {
            if code.contains(banned) && !test && !places.iter().any(|place| name.starts_with(place)) {
                findings.push(format!("{name}:{}: {banned} is banned: {why}", number + 1));
            }
        }
    }
    Ok(())
}

/// Every Rust file of the workspace.
fn sources(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let path = entry?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            files.extend(sources(&path)?);
        } else if name.ends_with(".rs") {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows() {
        for (name, from, used, to, allowed) in [
            ("api", "machinery", "stdx", "base", true),
            ("stdx", "base", "api", "machinery", false),
            ("kubelet", "node", "runtime", "node", true),
            ("proxy", "node", "network", "node", false),
            ("kubelet", "node", "store", "control-plane", false),
            ("scheduler", "control-plane", "apiserver", "control-plane", false),
            ("apiserver", "control-plane", "store", "control-plane", true),
            ("dns", "addons", "proxy", "node", false),
            ("skiff", "bin", "store", "control-plane", true),
        ] {
            assert_eq!(forbidden(name, from, used, to).is_none(), allowed, "{name} -> {used}");
        }
    }
}
