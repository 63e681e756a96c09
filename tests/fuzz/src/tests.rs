//! Every input of the corpus, within its time.

use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use super::*;

/// Far above what any input takes, in a build without optimization on a busy machine.
const LIMIT: Duration = Duration::from_secs(5);

fn corpus(target: &Target) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    entries.map(|entry| entry.expect("a file").path()).collect()
}

#[test]
fn every_target_survives_its_corpus() {
    for target in TARGETS {
        let files = corpus(target);
        assert!(!files.is_empty(), "{} has no corpus", target.name);
        for file in files {
            let input = std::fs::read(&file).expect("a file");
            let started = Instant::now();
            (target.run)(&input);
            assert!(started.elapsed() < LIMIT, "{} took {:?}", file.display(), started.elapsed());
        }
    }
}

#[test]
fn no_target_minds_nothing_or_noise() {
    for target in TARGETS {
        (target.run)(b"");
        for seed in 0..64u32 {
            let noise: Vec<u8> =
                (0..seed * 7).map(|i| (i.wrapping_mul(2_654_435_761) ^ seed).to_le_bytes()[3]).collect();
            (target.run)(&noise);
        }
    }
}

#[test]
fn the_corpus_has_no_orphans() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for entry in std::fs::read_dir(root).expect("a folder") {
        let name = entry.expect("an entry").file_name();
        assert!(target(&name.to_string_lossy()).is_some(), "{name:?} is no target");
    }
}
