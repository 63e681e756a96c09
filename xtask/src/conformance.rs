//! `conformance`: runs the official suite against a new cluster and writes a table of its outcomes.
//!
//! The suite is not part of the project: its program (`e2e.test` of the Kubernetes release whose API is
//! served) and tarballs of the images it uses are given. What may run beside other tests is dealt to
//! `--procs` processes in small batches; what the suite marks as serial runs alone, afterwards.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use anyhow::Context as _;
use anyhow::Result;
use serde_json::Value;

use crate::packages;
use crate::release_program;
use crate::run as command;
use crate::scratch::Cluster;

/// Tests that one process of the suite runs one after the other. A process costs a second or two, a
/// test up to minutes: small batches keep the processes equally busy.
const BATCH: usize = 6;
/// What one process may take; the longest tests wait ten minutes.
const TIMEOUT: &str = "1h";
const CONFORMANCE: &str = r"\[Conformance\]";

/// What was asked for.
struct Options {
    suite: PathBuf,
    images: Option<PathBuf>,
    focus: String,
    skip: String,
    procs: usize,
    out: PathBuf,
    against: Option<PathBuf>,
}

/// A test of the suite, by its whole name.
struct Test {
    name: String,
    serial: bool,
}

/// How a test ended.
#[derive(Clone, Debug, PartialEq)]
struct Outcome {
    state: String,
    seconds: f64,
}

/// Outcomes by the name of the test, in its order.
type Table = BTreeMap<String, Outcome>;

/// Builds, starts, runs, writes the table; fails if a test did not pass.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let options = Options::parse(args)?;
    // Read first: the new table may go to the same place.
    let before = options.against.as_deref().map(read).transpose()?;
    packages::install(&[packages::RUNTIME])?;
    command("cargo", &["build", "--release", "--package", "skiff"])?;
    fs::create_dir_all(&options.out)?;
    let tests = list(&options)?;
    anyhow::ensure!(!tests.is_empty(), "the suite has no test whose name matches {}", options.focus);
    let cluster = Cluster::new("conformance", "control-plane,node")?;
    cluster.up()?;
    import(&cluster, options.images.as_deref())?;
    println!("{} tests in {} processes", tests.len(), options.procs);
    let table = run_all(&options, &cluster.kubeconfig(), &tests)?;
    drop(cluster);
    let path = options.out.join("outcomes.tsv");
    fs::write(&path, written(&table)).with_context(|| format!("cannot write {}", path.display()))?;
    if let Some(before) = before {
        print!("{}", difference(&before, &table));
    }
    let failed: Vec<&String> =
        table.iter().filter(|(_, outcome)| outcome.state != "passed").map(|(name, _)| name).collect();
    println!("{} of {} passed; the table is {}", table.len() - failed.len(), table.len(), path.display());
    anyhow::ensure!(failed.is_empty(), "{} tests did not pass", failed.len());
    Ok(())
}

impl Options {
    fn parse(args: &[String]) -> Result<Self> {
        let mut given: BTreeMap<&str, &str> = BTreeMap::new();
        let mut rest = args.iter();
        while let Some(flag) = rest.next() {
            let known = ["suite", "images", "focus", "skip", "procs", "out", "against"];
            let name = flag.strip_prefix("--").filter(|name| known.contains(name));
            let name = name.with_context(|| format!("unknown option {flag}: see `cargo xtask`"))?;
            given.insert(name, rest.next().with_context(|| format!("{flag} needs a value"))?);
        }
        let path = |name: &str| given.get(name).map(std::path::absolute).transpose();
        let suite = path("suite")?.context("--suite PATH names the suite's program, e2e.test")?;
        anyhow::ensure!(suite.is_file(), "{} is not a program", suite.display());
        let procs = given.get("procs").map_or(Ok(1), |procs| procs.parse());
        let procs = procs.context("--procs is a number of processes")?;
        anyhow::ensure!(procs > 0, "--procs is at least 1");
        let out = release_program("conformance")?;
        Ok(Self {
            suite,
            images: path("images")?,
            focus: given.get("focus").unwrap_or(&CONFORMANCE).to_string(),
            skip: given.get("skip").copied().unwrap_or_default().to_owned(),
            procs,
            out: path("out")?.unwrap_or(out),
            against: path("against")?,
        })
    }
}

/// Imports every tarball of a directory.
fn import(cluster: &Cluster, images: Option<&Path>) -> Result<()> {
    let Some(dir) = images else { return Ok(()) };
    let entries = fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "tar") {
            cluster.skiff(&["image", "import", &path.to_string_lossy()])?;
        }
    }
    Ok(())
}

/// The tests that match, as the suite itself tells them.
fn list(options: &Options) -> Result<Vec<Test>> {
    let report = options.out.join("list.json");
    let mut suite = Command::new(&options.suite);
    suite.arg("--provider=skeleton").arg("--ginkgo.dry-run").arg("--ginkgo.focus").arg(&options.focus);
    if !options.skip.is_empty() {
        suite.arg("--ginkgo.skip").arg(&options.skip);
    }
    suite.arg("--ginkgo.json-report").arg(&report).stdout(Stdio::null()).stderr(Stdio::null());
    let status = suite.status().with_context(|| format!("cannot run {}", options.suite.display()))?;
    anyhow::ensure!(status.success(), "{} cannot list its tests ({status})", options.suite.display());
    let report = parse(&report)?;
    let run = specs(&report).filter(|spec| spec["State"] == "passed");
    Ok(run.map(|spec| Test { name: name(spec), serial: is_serial(spec) }).collect())
}

/// Whether a test must run alone. A dry run reports the label, not the property.
fn is_serial(spec: &Value) -> bool {
    let labels = |value: &Value| value.as_array().is_some_and(|list| list.iter().any(|l| l == "Serial"));
    let containers = spec["ContainerHierarchyLabels"].as_array();
    spec["IsSerial"] == true
        || labels(&spec["LeafNodeLabels"])
        || containers.is_some_and(|containers| containers.iter().any(labels))
}

/// Runs the tests: the parallel ones in as many processes as asked for, then the serial ones.
fn run_all(options: &Options, kubeconfig: &Path, tests: &[Test]) -> Result<Table> {
    let (serial, parallel): (Vec<&Test>, Vec<&Test>) = tests.iter().partition(|test| test.serial);
    let table = Mutex::new(Table::new());
    for (tests, procs) in [(parallel, options.procs), (serial, 1)] {
        let batches: Vec<&[&Test]> = tests.chunks(BATCH).collect();
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..procs)
                .map(|_| {
                    scope.spawn(|| -> Result<()> {
                        while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                            let outcomes = run_batch(options, kubeconfig, batch)?;
                            table.lock().expect("no holder panics").extend(outcomes);
                        }
                        Ok(())
                    })
                })
                .collect();
            workers.into_iter().try_for_each(|worker| worker.join().expect("workers return errors"))
        })?;
    }
    Ok(table.into_inner().expect("no holder panics"))
}

/// Runs a few tests in one process. What the suite does not report (it crashed, or its time was over)
/// is `lost`.
fn run_batch(options: &Options, kubeconfig: &Path, batch: &[&Test]) -> Result<Table> {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let report = options.out.join(format!("batch-{number:03}.json"));
    let log = options.out.join(format!("batch-{number:03}.log"));
    if report.exists() {
        fs::remove_file(&report)?;
    }
    // The suite matches its own description and the name.
    let focus: Vec<String> = batch.iter().map(|test| format!(" {}$", escaped(&test.name))).collect();
    let output = fs::File::create(&log)?;
    let mut suite = Command::new(&options.suite);
    suite.env("KUBECONFIG", kubeconfig).args(["--provider=skeleton", "--ginkgo.no-color"]);
    suite.arg("--ginkgo.focus").arg(focus.join("|")).arg("--ginkgo.timeout").arg(TIMEOUT);
    suite.arg("--ginkgo.json-report").arg(&report);
    // Whether tests failed is in the report.
    suite.stdout(output.try_clone()?).stderr(output).status()?;
    let mut table: Table = batch
        .iter()
        .map(|test| (test.name.clone(), Outcome { state: "lost".to_owned(), seconds: 0.0 }))
        .collect();
    if report.exists() {
        for spec in specs(&parse(&report)?).filter(|spec| spec["State"] != "skipped" || failed(spec)) {
            let seconds = spec["RunTime"].as_f64().unwrap_or_default() / 1e9;
            let state = spec["State"].as_str().unwrap_or("lost").to_owned();
            table.insert(name(spec), Outcome { state, seconds });
        }
    }
    for (name, outcome) in &table {
        println!("{:<8} {:>7.1} s  {name}  ({})", outcome.state, outcome.seconds, log.display());
    }
    Ok(table)
}

/// A spec that skipped itself, rather than one that the focus left out.
fn failed(spec: &Value) -> bool {
    !spec["Failure"]["Message"].as_str().unwrap_or_default().is_empty()
}

fn parse(report: &Path) -> Result<Value> {
    let text = fs::read(report).with_context(|| format!("the suite wrote no {}", report.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is not a report", report.display()))
}

/// The tests of a report; set-up and clean-up of the suite are reported among them.
fn specs(report: &Value) -> impl Iterator<Item = &Value> {
    let suites = report.as_array().into_iter().flatten();
    suites
        .flat_map(|suite| suite["SpecReports"].as_array().into_iter().flatten())
        .filter(|spec| spec["LeafNodeType"] == "It")
}

/// The whole name, as the suite matches it.
fn name(spec: &Value) -> String {
    let containers = spec["ContainerHierarchyTexts"].as_array().into_iter().flatten();
    let texts = containers.chain([&spec["LeafNodeText"]]).filter_map(Value::as_str);
    texts.collect::<Vec<_>>().join(" ")
}

/// A text as a regular expression that matches it alone (Go's syntax).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// The table as lines of outcome, seconds and name, separated by tabs.
fn written(table: &Table) -> String {
    let line =
        |(name, outcome): (&String, &Outcome)| format!("{}\t{:.1}\t{name}\n", outcome.state, outcome.seconds);
    table.iter().map(line).collect()
}

/// Reads a table that an earlier run wrote.
fn read(path: &Path) -> Result<Table> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let line = |line: &str| -> Result<(String, Outcome)> {
        let mut fields = line.splitn(3, '\t');
        let mut field = || fields.next().with_context(|| format!("{}: not a row: {line}", path.display()));
        let (state, seconds, name) = (field()?, field()?, field()?);
        Ok((name.to_owned(), Outcome { state: state.to_owned(), seconds: seconds.parse()? }))
    };
    text.lines().map(line).collect()
}

/// What one run has otherwise than another.
fn difference(before: &Table, after: &Table) -> String {
    let state =
        |table: &Table, name: &str| table.get(name).map_or("absent", |outcome| &outcome.state).to_owned();
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = names.into_iter().map(|name| (state(before, name), state(after, name), name));
    changed
        .filter(|(before, after, _)| before != after)
        .map(|(before, after, name)| format!("{before} -> {after}: {name}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[(&str, &str)]) -> Table {
        let row = |(name, state): &(&str, &str)| {
            ((*name).to_owned(), Outcome { state: (*state).to_owned(), seconds: 1.5 })
        };
        rows.iter().map(row).collect()
    }

    #[test]
    fn a_table_is_read_as_it_was_written() {
        let table = table(&[("[sig-a] b\tc [Conformance]", "passed"), ("d", "failed")]);
        let path = std::env::temp_dir().join(format!("skiff-table-{}", std::process::id()));
        fs::write(&path, written(&table)).unwrap();
        assert_eq!(read(&path).unwrap(), table);
        fs::write(&path, "passed\tsoon").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("not a row: passed\tsoon"));
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn two_runs_differ_in_outcomes_only() {
        let before = table(&[("a", "passed"), ("b", "passed"), ("c", "failed")]);
        let after = table(&[("a", "passed"), ("b", "failed"), ("d", "passed")]);
        let expected = "passed -> failed: b\nfailed -> absent: c\nabsent -> passed: d\n";
        assert_eq!(difference(&before, &after), expected);
    }

    #[test]
    fn what_must_run_alone_is_known_by_its_label() {
        let of =
            |labels: Value| serde_json::json!({"LeafNodeLabels": null, "ContainerHierarchyLabels": labels});
        assert!(is_serial(&of(serde_json::json!([["sig-node"], ["sig-node", "Serial"]]))));
        assert!(!is_serial(&of(serde_json::json!([["sig-node"], null]))));
        assert!(is_serial(&serde_json::json!({"LeafNodeLabels": ["Serial"]})));
    }

    #[test]
    fn names_match_themselves() {
        assert_eq!(escaped("[sig-a] b (c.d) $e"), r"\[sig-a\] b \(c\.d\) \$e");
    }

    #[test]
    fn names_are_those_of_the_suite() {
        let spec =
            serde_json::json!({"ContainerHierarchyTexts": ["[sig-a] A", "b"], "LeafNodeText": "c [Serial]"});
        assert_eq!(name(&spec), "[sig-a] A b c [Serial]");
    }
}
