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
    Package { name: "skopeo", shows: "/usr/bin/skopeo", why: "filling that registry with a tool not ours" },
    Package { name: "curl", shows: "/usr/bin/curl", why: "requests to Services, also from inside of pods" },
    Package { name: "apache2-utils", shows: "/usr/bin/htpasswd", why: "a registry with passwords" },
    Package { name: "runc", shows: "/usr/sbin/runc", why: "the second OCI runtime of the runtime's suite" },
    Package { name: "iproute2", shows: "/usr/bin/ip", why: "looking at what tests left behind" },
    Package { name: "nodejs", shows: "/usr/bin/node", why: "the JavaScript client" },
    Package { name: "npm", shows: "/usr/bin/npm", why: "installing the JavaScript client" },
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

/// The official clients that the end-to-end tests drive: a current one, and an older one where there
/// is one to be had.
///
/// Debian 12 has none; its newer suites do, which the machine's own mirror serves as well.
pub(crate) fn kubectls() -> Result<Vec<PathBuf>> {
    let on_path = PathBuf::from("kubectl");
    let current = match minor(&on_path) {
        Some(minor) if minor >= CURRENT => on_path,
        Some(_) | None => fetch_kubectl("sid", |minor| minor >= CURRENT)?,
    };
    let older = installed_kubectl(OLDER).map_or_else(|| fetch_kubectl("trixie", |minor| minor < CURRENT), Ok);
    match older {
        Ok(older) => Ok(vec![current, older]),
        Err(error) => {
            println!("tests run with one version of kubectl only: {error:#}");
            Ok(vec![current])
        }
    }
}

/// The interpreter of the official Python client, in an environment of its own.
pub(crate) fn python_client() -> Result<PathBuf> {
    let dir = tools().join(format!("python-{PYTHON_CLIENT}"));
    let python = dir.join("bin/python");
    let has_client = || {
        let import = Command::new(&python).args(["-c", "import kubernetes"]).output();
        import.is_ok_and(|output| output.status.success())
    };
    if !has_client() {
        println!("installing {PYTHON_CLIENT} from PyPI: a client that the tests drive");
        let made = Command::new("python3").args(["-m", "venv", "--clear"]).arg(&dir).output();
        if !made.is_ok_and(|output| output.status.success()) {
            // Debian keeps what makes environments apart from the interpreter.
            run("apt-get", &["install", "-y", "-qq", "--no-install-recommends", "python3-venv"])?;
            run("python3", &["-m", "venv", "--clear", &dir.to_string_lossy()])?;
        }
        run(&python.to_string_lossy(), &["-m", "pip", "install", "--quiet", PYTHON_CLIENT])?;
        anyhow::ensure!(has_client(), "{PYTHON_CLIENT} was installed and cannot be imported");
    }
    Ok(python)
}

/// The directory in which Node.js finds the official JavaScript client.
pub(crate) fn javascript_client() -> Result<PathBuf> {
    let dir = tools().join(format!("node-{}", JAVASCRIPT_CLIENT.replace(['/', '@'], "-")));
    if !dir.join("node_modules/@kubernetes/client-node/package.json").exists() {
        println!("installing {JAVASCRIPT_CLIENT} from npm: a client that the tests drive");
        std::fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let dir = dir.to_string_lossy();
        run(
            "npm",
            &["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", &dir, JAVASCRIPT_CLIENT],
        )?;
    }
    Ok(dir)
}

/// The official clients of other languages, by the names of their registries. The next version of the
/// JavaScript client wants a newer Node.js than Debian 12 has.
const PYTHON_CLIENT: &str = "kubernetes==37.0.2";
const JAVASCRIPT_CLIENT: &str = "@kubernetes/client-node@1.4.0";

/// Where tools are kept between runs.
fn tools() -> PathBuf {
    std::env::home_dir().unwrap_or_default().join(".cache/skiff-tools")
}

/// The minor version of Kubernetes that we are.
const CURRENT: u32 = 36;
/// The older client that many machines still have.
const OLDER: u32 = 33;

/// A kubectl of this minor version on the search path, or beside the one that is there: the Cloud
/// SDK keeps several in one folder.
fn installed_kubectl(wanted: u32) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let names = ["kubectl".to_owned(), format!("kubectl.1.{wanted}")];
    std::env::split_paths(&path)
        .flat_map(|dir| {
            let real = std::fs::canonicalize(dir.join("kubectl")).ok();
            let beside = real.as_deref().and_then(Path::parent).map(Path::to_owned);
            std::iter::once(dir).chain(beside)
        })
        .flat_map(|dir| names.iter().map(move |name| dir.join(name)).collect::<Vec<_>>())
        .find(|candidate| candidate.exists() && minor(candidate) == Some(wanted))
}

/// The kubectl of a Debian suite, unpacked into the cache.
fn fetch_kubectl(suite: &str, suits: impl Fn(u32) -> bool) -> Result<PathBuf> {
    let dir = tools();
    let cached = dir.join(format!("kubectl-{suite}"));
    if minor(&cached).is_some_and(&suits) {
        return Ok(cached);
    }
    println!("installing kubectl of Debian's {suite}: a client that the end-to-end tests drive");
    let state = dir.join(format!("apt-{suite}"));
    for part in ["lists/partial", "archives/partial"] {
        std::fs::create_dir_all(state.join(part))
            .with_context(|| format!("cannot create {}", state.display()))?;
    }
    let list = state.join("sources.list");
    std::fs::write(&list, format!("deb {} {suite} main\n", debian_mirror()?))?;
    let options = [
        format!("Dir::Etc::SourceList={}", list.display()),
        "Dir::Etc::SourceParts=/dev/null".to_owned(),
        // What is installed by that name from elsewhere must not count as the newest.
        "Dir::State::Status=/dev/null".to_owned(),
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
    apt(&["download", "-qq", "kubectl"])?;
    let package = std::fs::read_dir(&state)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .context("apt-get downloaded nothing")?;
    let unpacked = state.join("unpacked");
    let status = Command::new("dpkg-deb").arg("-x").arg(&package).arg(&unpacked).status()?;
    anyhow::ensure!(status.success(), "cannot unpack {}", package.display());
    std::fs::copy(unpacked.join("usr/bin/kubectl"), &cached).context("the package holds no kubectl")?;
    anyhow::ensure!(
        minor(&cached).is_some_and(suits),
        "the kubectl of {suite} does not run here or is not of the version wanted"
    );
    Ok(cached)
}

/// The minor version of a kubectl, if it runs.
fn minor(kubectl: &Path) -> Option<u32> {
    let output = Command::new(kubectl).args(["version", "--client", "-o", "json"]).output();
    let text = output.ok().filter(|output| output.status.success())?.stdout;
    let version: serde_json::Value = serde_json::from_slice(&text).ok()?;
    version["clientVersion"]["minor"].as_str()?.trim_end_matches('+').parse().ok()
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
    mirror.cloned().context("no Debian mirror in /etc/apt: install kubectl 1.36 or newer by hand")
}
