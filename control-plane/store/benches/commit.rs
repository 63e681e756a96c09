//! How many puts a second, by the number of writers that share an fsync and by the number of keys;
//! what a reopening costs after a kill; what a range costs. `cargo bench -p store`, or with the
//! numbers of keys: `cargo bench -p store --bench commit -- 1000`.

use std::time::Duration;
use std::time::Instant;

use stdx::Clock;
use store::Embedded;
use store::Expect;
use store::Options;
use store::Range;
use store::Store;
use store::Write;
use supervise::Supervisor;

const VALUE_BYTES: usize = 4096;
const MEASURE: Duration = Duration::from_millis(1500);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("runtime").block_on(run());
}

#[expect(clippy::print_stdout, reason = "the result of a bench")]
async fn run() {
    let clock = Clock::system();
    println!(
        "{:>8} {:>8} {:>9} {:>12} {:>12} {:>12}",
        "keys", "writers", "relaxed", "puts/s", "us/put", "cpu us/put"
    );
    let asked: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    for keys in if asked.is_empty() { vec![10, 1_000, 100_000] } else { asked } {
        let directory = tempfile::tempdir().expect("temporary directory");
        let supervisor = Supervisor::new();
        let spawner = supervisor.spawner();
        let open = Embedded::open(directory.path(), Options::default(), &spawner, &clock);
        let store = open.await.expect("open");
        fill(&store, keys).await;
        for (writers, relaxed) in [(1, false), (16, false), (128, false), (1, true), (16, true)] {
            let cpu = cpu_time();
            let started = Instant::now();
            let puts = measure(&store, keys, writers, relaxed).await;
            let (elapsed, cpu) = (started.elapsed().as_secs_f64(), (cpu_time() - cpu).as_secs_f64());
            let (rate, each, burned) =
                (puts as f64 / elapsed, elapsed * 1e6 / puts as f64, cpu * 1e6 / puts as f64);
            println!("{keys:>8} {writers:>8} {relaxed:>9} {rate:>12.0} {each:>12.1} {burned:>12.1}");
        }
        let started = Instant::now();
        let page = store.range(Range { limit: 5000, ..Range::prefix("/registry/") }).await.expect("range");
        println!("range of {} in {:?}", page.records.len(), started.elapsed());
        let copy = tempfile::tempdir().expect("temporary directory");
        // The live file between commits is what a kill leaves: let the flush timer and compaction
        // finish first, for a copy is not taken in one instant.
        tokio::time::sleep(Duration::from_secs(7)).await;
        for file in ["store.redb", "store.journal"] {
            std::fs::copy(directory.path().join(file), copy.path().join(file)).expect("copy");
        }
        let started = Instant::now();
        let spawner = Supervisor::new().spawner();
        let reopened = Embedded::open(copy.path(), Options::default(), &spawner, &clock).await;
        let size = std::fs::metadata(directory.path().join("store.redb")).expect("file").len() >> 20;
        println!("reopen of {size} MiB after a kill in {:?} ({})", started.elapsed(), reopened.is_ok());
        supervisor.shutdown().request();
        let started = Instant::now();
        supervisor.run().await;
        println!("orderly stop in {:?}", started.elapsed());
        let started = Instant::now();
        let reopened = Embedded::open(directory.path(), Options::default(), &spawner, &clock).await;
        println!("reopen after it in {:?} ({})", started.elapsed(), reopened.is_ok());
    }
}

async fn fill(store: &Embedded, keys: usize) {
    for chunk in (0..keys).collect::<Vec<_>>().chunks(500) {
        let writes = chunk.iter().map(|&index| Write::put(key(index), Expect::Absent, vec![7; VALUE_BYTES]));
        store.commit_all(writes.collect()).await.expect("fill");
    }
}

async fn measure(store: &Embedded, keys: usize, writers: usize, relaxed: bool) -> usize {
    let deadline = Instant::now() + MEASURE;
    let tasks = (0..writers).map(|writer| async move {
        let mut index = writer;
        let mut puts = 0;
        while Instant::now() < deadline {
            index = index.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let write = Write::put(key((index >> 33) % keys), Expect::Any, vec![8; VALUE_BYTES]);
            store.commit(if relaxed { write.relaxed() } else { write }).await.expect("put");
            puts += 1;
        }
        puts
    });
    futures_util::future::join_all(tasks).await.into_iter().sum()
}

fn key(index: usize) -> String {
    format!("/registry/pods/namespace-{}/pod-{index:07}", index % 50)
}

fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
