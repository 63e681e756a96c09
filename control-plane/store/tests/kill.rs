//! `kill -9` at any moment: every acknowledged write is there, and no revision goes back.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test as a whole, helpers included")]

use std::collections::BTreeMap;
use std::io::BufRead;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use stdx::Clock;
use stdx::Rng;
use store::Embedded;
use store::Expect;
use store::Options;
use store::Range;
use store::Revision;
use store::Store;
use store::Write;
use supervise::Supervisor;

const KILLS: u32 = 220;
const WRITERS: usize = 4;
const KEYS: u64 = 40;
/// Names the data directory for the child, which is this same test started again.
const CHILD: &str = "STORE_KILL_TEST_DIRECTORY";

#[test]
fn survives_being_killed_at_any_moment() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if let Some(directory) = std::env::var_os(CHILD) {
        runtime.block_on(write_until_killed(Path::new(&directory)));
    }
    let directory = tempfile::tempdir().unwrap();
    let rng = Rng::from_seed(20);
    let mut expected = BTreeMap::new();
    let mut newest = Revision::NONE;
    let mut acknowledged = 0;
    for kill in 0..KILLS {
        let lines = run_and_kill(directory.path(), &rng);
        acknowledged += lines.len();
        for line in &lines {
            let fields: Vec<u64> = line.split(' ').map(|field| field.parse().unwrap()).collect();
            let [writer, number, synced, revision] = fields[..] else {
                panic!("a line of the child: {line:?}");
            };
            newest = newest.max(Revision(revision));
            if synced == 1 {
                expected.insert(key(writer, number), number);
            }
        }
        runtime.block_on(verify(directory.path(), kill, newest, &expected));
    }
    assert!(acknowledged > KILLS as usize * 5, "only {acknowledged} writes in {KILLS} lives");
}

fn key(writer: u64, number: u64) -> String {
    format!("/w{writer}/{}", number % KEYS)
}

/// Starts the child, kills it a random moment after its first line, returns all whole lines.
fn run_and_kill(directory: &Path, rng: &Rng) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "survives_being_killed_at_any_moment", "--nocapture"])
        .env(CHILD, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("open") {
        line.clear();
        assert!(output.read_line(&mut line).unwrap() > 0, "the child ended by itself");
    }
    let reader = std::thread::spawn(move || {
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut output, &mut rest).unwrap();
        rest
    });
    std::thread::sleep(Duration::from_micros(rng.below(30_000)));
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None, "killed, not ended");
    let rest = reader.join().unwrap();
    rest.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).map(str::to_owned).collect()
}

async fn open(directory: &Path) -> (Embedded, Supervisor) {
    let supervisor = Supervisor::new();
    let store = Embedded::open(directory, Options::default(), &supervisor.spawner(), &Clock::system()).await;
    (store.unwrap_or_else(|error| panic!("open: {error}")), supervisor)
}

async fn verify(directory: &Path, kill: u32, newest: Revision, expected: &BTreeMap<String, u64>) {
    let (store, supervisor) = open(directory).await;
    let current = store.current_revision();
    assert!(current >= newest, "kill {kill}: {newest} was handed out, now it is {current}");
    let page = store.range(Range::prefix("/w")).await.unwrap();
    let found: BTreeMap<String, u64> = page
        .records
        .iter()
        .map(|record| (record.key.to_string(), std::str::from_utf8(&record.value).unwrap().parse().unwrap()))
        .collect();
    for (key, number) in expected {
        // A write that was not acknowledged any more may have made it.
        let there = found.get(key).copied();
        assert!(there >= Some(*number), "kill {kill}: {key} must be {number} or later, is {there:?}");
    }
    supervisor.shutdown().request();
    supervisor.run().await;
}

async fn write_until_killed(directory: &Path) -> ! {
    let (store, _supervisor) = open(directory).await;
    println!("open");
    let first = store.current_revision().0;
    let writer = |writer: u64| {
        let store = &store;
        async move {
            // Numbers grow over lives, so that "or later" can be told by comparing.
            for number in first * 1000.. {
                let relaxed = number % 4 == 3;
                let write = Write::put(key(writer, number), Expect::Any, number.to_string());
                let write = if relaxed { write.relaxed() } else { write };
                let revision = store.commit(write).await.unwrap().revision;
                let line = format!("{writer} {number} {} {revision}\n", u8::from(!relaxed));
                std::io::stdout().write_all(line.as_bytes()).unwrap();
            }
        }
    };
    let writers: [_; WRITERS] = std::array::from_fn(|index| writer(index as u64));
    let [a, b, c, d] = writers;
    tokio::join!(a, b, c, d);
    unreachable!("writers go on until they are killed")
}
