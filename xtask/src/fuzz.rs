//! `cargo xtask fuzz`: coverage-guided search for inputs that a target of `tests/fuzz` does not survive.
//!
//! libFuzzer does the work, on stable Rust: what it needs of the compiler (counters of edges, traced
//! comparisons) are passes of LLVM that stable rustc takes by flags. The program that links it is
//! written into the target directory, so that neither the workspace nor its lock file know of it.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::Context as _;
use anyhow::Result;

use crate::output;
use crate::root;

const USAGE: &str = "usage: cargo xtask fuzz TARGET|all [--minutes N]";
/// Apache-2.0 with LLVM exceptions, and MIT; kept by the rust-fuzz project.
const LIBFUZZER: &str = "=0.4.13";
const PASSES: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares -Cdebug-assertions -Coverflow-checks";
/// An input that takes longer is a finding, in seconds.
const TIMEOUT: &str = "-timeout=1";
/// A process that grows beyond this is a finding: 256 MiB besides what the fuzzer itself takes.
const MEMORY: &str = "-rss_limit_mb=384";
/// libFuzzer's exit codes of what it finds: a panic, a leak of time, a blow-up.
const FOUND: [i32; 3] = [77, 70, 71];

/// Runs one target, or all of them: as many at once as there are processors.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let (names, minutes) = match args {
        [name] => (name, 1.0),
        [name, flag, minutes] if flag == "--minutes" => (name, minutes.parse::<f64>().context(USAGE)?),
        _ => anyhow::bail!(USAGE),
    };
    let corpora = root().join("tests/fuzz/corpus");
    let mut targets: Vec<String> = fs::read_dir(&corpora)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_>>()?;
    targets.sort();
    if names != "all" {
        anyhow::ensure!(
            targets.contains(names),
            "there is no target {names:?}; there are {}",
            targets.join(", ")
        );
        targets = vec![names.clone()];
    }
    let place = target_directory()?.join("fuzz");
    let program = build(&place)?;
    let workers = std::thread::available_parallelism()?.get();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut findings = 0;
        while let Some(target) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
            findings += search(&program, &place, &corpora, target, minutes)?;
        }
        Ok::<_, anyhow::Error>(findings)
    };
    let findings: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().expect("workers return errors")).sum::<Result<_>>()
    })?;
    anyhow::ensure!(findings == 0, "{findings} findings; each is kept in its corpus, where tests replay it");
    Ok(())
}

/// Searches through one target until its time is over; the number of findings.
fn search(program: &Path, place: &Path, corpora: &Path, target: &str, minutes: f64) -> Result<usize> {
    let (grown, kept) = (place.join("corpus").join(target), corpora.join(target));
    let found = place.join("found").join(target);
    fs::create_dir_all(&grown)?;
    fs::create_dir_all(&found)?;
    let begin = Instant::now();
    let mut findings = 0;
    // The fuzzer ends with what it finds, the slowness of the machine included: then it goes on.
    loop {
        let left = (minutes * 60.0 - begin.elapsed().as_secs_f64()).round();
        if left < 1.0 {
            println!("{target}: searched for {:.0} s, {findings} findings", begin.elapsed().as_secs_f64());
            return Ok(findings);
        }
        let status = Command::new("nice")
            .args(["-n", "19"])
            .arg(program)
            .args([&grown, &kept])
            .args([TIMEOUT, MEMORY, "-print_final_stats=1", "-verbosity=0", "-max_len=16384"])
            .arg(format!("-max_total_time={left}"))
            .arg(format!("-artifact_prefix={}/", found.display()))
            .env("FUZZ_TARGET", target)
            .status()?;
        let code = status.code().unwrap_or(-1);
        anyhow::ensure!(
            status.success() || FOUND.contains(&code),
            "{target}: the fuzzer itself failed ({status})"
        );
        findings += judge(program, &found, &kept, target)?;
    }
}

/// Keeps what fails again by itself; how many those are.
fn judge(program: &Path, found: &Path, kept: &Path, target: &str) -> Result<usize> {
    let mut findings = 0;
    for entry in fs::read_dir(found)? {
        let path = entry?.path();
        if is_found_again(program, target, &path)? {
            minimise(program, target, &path, kept)?;
            findings += 1;
        } else {
            println!("{target}: {} was the machine's slowness", path.display());
        }
        fs::remove_file(&path)?;
    }
    Ok(findings)
}

/// Whether an input fails by itself too: on a busy machine anything may be slow once.
fn is_found_again(program: &Path, target: &str, path: &Path) -> Result<bool> {
    let run = || {
        let mut command = Command::new(program);
        command.arg(path).args([TIMEOUT, MEMORY]).env("FUZZ_TARGET", target);
        Ok::<_, anyhow::Error>(!command.output()?.status.success())
    };
    Ok(run()? && run()?)
}

/// Makes a finding as small as half a minute allows and keeps it.
fn minimise(program: &Path, target: &str, path: &Path, kept: &Path) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let smaller = kept.join(&name);
    let crash = name.starts_with("crash");
    if crash {
        let status = Command::new("nice")
            .args(["-n", "19"])
            .arg(program)
            .arg(path)
            .args(["-minimize_crash=1", "-max_total_time=30", "-verbosity=0"])
            .arg(format!("-exact_artifact_path={}", smaller.display()))
            .env("FUZZ_TARGET", target)
            .output()?
            .status;
        println!("{target}: minimised ({status})");
    }
    if !smaller.exists() {
        fs::copy(path, &smaller)?;
    }
    println!("{target}: {}", smaller.display());
    Ok(())
}

/// Writes and builds the program that links the fuzzer with the targets.
fn build(place: &Path) -> Result<PathBuf> {
    let package = place.join("guided");
    fs::create_dir_all(package.join("src"))?;
    let manifest = format!(
        "[package]\nname = \"guided\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n[workspace]\n\n\
         [profile.release]\nopt-level = 1\n\n\
         [dependencies]\nlibfuzzer-sys = \"{LIBFUZZER}\"\nfuzz = {{ path = {:?} }}\n",
        root().join("tests/fuzz")
    );
    fs::write(package.join("Cargo.toml"), manifest)?;
    fs::write(package.join("src/main.rs"), MAIN)?;
    // The versions that the product is built with.
    fs::copy(root().join("Cargo.lock"), package.join("Cargo.lock"))?;
    let host = host()?;
    let status = Command::new("cargo")
        .args(["build", "--release", "--target", &host])
        .current_dir(&package)
        .env("RUSTFLAGS", PASSES)
        .env("CARGO_TARGET_DIR", place.join("build"))
        .status()?;
    anyhow::ensure!(status.success(), "the fuzzer does not build");
    Ok(place.join("build").join(host).join("release/guided"))
}

const MAIN: &str = r#"#![no_main]
use std::sync::OnceLock;

static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let run = TARGET.get_or_init(|| {
        let name = std::env::var("FUZZ_TARGET").expect("FUZZ_TARGET names the target");
        fuzz::target(&name).expect("a target of tests/fuzz").run
    });
    run(input);
});
"#;

fn host() -> Result<String> {
    let text = output("rustc", &["-vV"])?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not say what it runs on")?.to_owned())
}

fn target_directory() -> Result<PathBuf> {
    let metadata: serde_json::Value =
        serde_json::from_str(&output("cargo", &["metadata", "--format-version", "1", "--no-deps"])?)?;
    Ok(metadata["target_directory"].as_str().context("cargo does not say where it builds")?.into())
}
