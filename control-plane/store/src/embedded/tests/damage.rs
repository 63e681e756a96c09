//! Damaged and foreign files are refused with a sentence, never misread.

use std::fs;
use std::os::unix::fs::FileExt;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::embedded::format;

async fn fill(directory: &Path) -> Vec<Record> {
    let running = Running::open(directory, Options::default()).await.unwrap();
    for number in 0..200u32 {
        let write = Write::put(format!("/k/{number:04}"), Expect::Absent, vec![number as u8; 3000]);
        running.store.commit(write).await.unwrap();
    }
    let records = running.store.range(Range::prefix("")).await.unwrap().records;
    running.stop().await;
    records
}

#[tokio::test]
async fn files_are_private() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("a/b");
    Running::open(&directory, Options::default()).await.unwrap().stop().await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    assert_eq!(mode(&directory.join("store.redb")), 0o600);
    assert!(!directory.join("store.redb.new").exists());
}

#[tokio::test]
async fn a_newer_format_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    fill(directory.path()).await;
    let database = redb::Database::open(directory.path().join("store.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(format::META).unwrap().insert(format::META_FORMAT, format::FORMAT + 1).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = Running::open(directory.path(), Options::default()).await.err().unwrap();
    assert!(matches!(error, Error::NewerFormat { found: 3, supported: 2, .. }), "{error}");
    assert!(!error.to_string().contains('\n'));
}

#[tokio::test]
async fn an_empty_cut_or_foreign_file_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    fill(directory.path()).await;
    let path = directory.path().join("store.redb");
    let whole = fs::read(&path).unwrap();
    let cuts = [0, 1, 100, 4096, whole.len() / 2, whole.len() - 4096];
    let contents = cuts.into_iter().map(|len| whole[..len].to_vec()).chain([b"not a database".repeat(1000)]);
    for content in contents {
        fs::write(&path, &content).unwrap();
        let error = Running::open(directory.path(), Options::default()).await.err();
        let Some(error @ Error::Corrupt { .. }) = error else {
            panic!("{} bytes of {}: {error:?}", content.len(), whole.len());
        };
        assert!(error.to_string().contains("move it away and restore the latest backup"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), content, "a refused file is left as it is");
    }
    fs::write(&path, &whole).unwrap();
    let running = Running::open(directory.path(), Options::default()).await.unwrap();
    assert_eq!(running.store.range(Range::prefix("")).await.unwrap().records.len(), 200);
    running.stop().await;
}

#[tokio::test]
async fn a_flipped_bit_is_never_read_as_data() {
    let directory = tempfile::tempdir().unwrap();
    let expected = fill(directory.path()).await;
    let path = directory.path().join("store.redb");
    let whole = fs::read(&path).unwrap();
    let rng = stdx::Rng::from_seed(3);
    let mut noticed = 0;
    for _ in 0..60 {
        let place = rng.below(whole.len() as u64);
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.write_all_at(&[whole[place as usize] ^ (1 << rng.below(8))], place).unwrap();
        drop(file);
        match Running::open(directory.path(), Options::default()).await {
            Ok(running) => {
                match running.store.range(Range::prefix("")).await {
                    Ok(page) => assert_eq!(page.records, expected, "byte {place}"),
                    Err(Error::Corrupt { .. } | Error::Closed) => noticed += 1,
                    Err(error) => panic!("byte {place}: {error}"),
                }
                running.stop().await;
            }
            Err(Error::Corrupt { .. }) => noticed += 1,
            Err(error) => panic!("byte {place}: {error}"),
        }
        fs::write(&path, &whole).unwrap();
    }
    assert!(noticed > 10, "only {noticed} of 60 flips were noticed");
}

/// What a killed process leaves of commits that are in the journal: `count` of one block each.
async fn leave_journal(directory: &Path, count: u64) {
    let live = tempfile::tempdir().unwrap();
    let running = Running::open(live.path(), Options::default()).await.unwrap();
    for number in 0..count {
        let write = Write::put(format!("/k/{number}"), Expect::Absent, vec![number as u8; 3000]);
        running.store.commit(write).await.unwrap();
    }
    fs::create_dir_all(directory).unwrap();
    for file in ["store.redb", "store.journal"] {
        fs::copy(live.path().join(file), directory.join(file)).unwrap();
    }
    running.stop().await;
}

async fn open_and_count(directory: &Path) -> Result<usize> {
    let running = Running::open(directory, Options::default()).await?;
    let records = running.store.range(Range::prefix("/k/")).await?.records;
    let whole =
        |record: &Record| record.value.len() == 3000 && record.key.ends_with(&record.value[0].to_string());
    assert!(records.iter().all(whole), "a record is not what was written");
    running.stop().await;
    Ok(records.len())
}

#[tokio::test]
async fn what_only_the_journal_holds_is_there_after_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    leave_journal(directory.path(), 9).await;
    assert_eq!(open_and_count(directory.path()).await.unwrap(), 9);
    assert_eq!(open_and_count(directory.path()).await.unwrap(), 9);
}

#[tokio::test]
async fn damage_of_the_journal_is_refused_unless_it_ends_there() {
    const LAST: u64 = 8;
    let parent = tempfile::tempdir().unwrap();
    let pristine = parent.path().join("pristine");
    leave_journal(&pristine, LAST + 1).await;
    let rng = stdx::Rng::from_seed(5);
    let block = journal::BLOCK_BYTES as u64;
    for attempt in 0..60 {
        let directory = parent.path().join(attempt.to_string());
        fs::create_dir(&directory).unwrap();
        for file in ["store.redb", "store.journal"] {
            fs::copy(pristine.join(file), directory.join(file)).unwrap();
        }
        let (frame, place) = (rng.below(LAST + 1), rng.below(3000));
        let file =
            fs::OpenOptions::new().read(true).write(true).open(directory.join("store.journal")).unwrap();
        if attempt % 3 == 0 {
            file.write_all_at(&[0; journal::BLOCK_BYTES], frame * block).unwrap();
        } else {
            let mut byte = [0];
            file.read_exact_at(&mut byte, frame * block + place).unwrap();
            file.write_all_at(&[byte[0] ^ (1 << rng.below(8))], frame * block + place).unwrap();
        }
        match open_and_count(&directory).await {
            // Nothing tells damage of the last frame from a write that the power cut short.
            Ok(count) => assert!(frame == LAST && count as u64 == LAST, "frame {frame}: {count}"),
            Err(Error::Corrupt { path, .. }) => {
                assert!(frame < LAST && path.ends_with("store.journal"), "frame {frame}: {path:?}");
            }
            Err(error) => panic!("frame {frame}: {error}"),
        }
    }
}

#[tokio::test]
async fn a_journal_that_is_missing_or_newer_than_the_database_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let [first, second] = ["first", "second"].map(|name| parent.path().join(name));
    leave_journal(&first, 3).await;
    fs::remove_file(first.join("store.journal")).unwrap();
    let error = open_and_count(&first).await.unwrap_err();
    assert!(error.to_string().contains("store.journal beside it is missing"), "{error}");

    // The database of an older backup beside a journal that went on.
    fs::create_dir(&second).unwrap();
    Running::open(&second, Options::default()).await.unwrap().stop().await;
    let older = fs::read(second.join("store.redb")).unwrap();
    let live = Running::open(&second, Options { journal_bytes: 10_000, ..Options::default() }).await.unwrap();
    for number in 0..9u8 {
        live.store.commit(Write::put("/k", Expect::Any, vec![number; 3000])).await.unwrap();
    }
    let newer = fs::read(second.join("store.journal")).unwrap();
    live.stop().await;
    fs::write(second.join("store.redb"), older).unwrap();
    fs::write(second.join("store.journal"), newer).unwrap();
    let error = open_and_count(&second).await.unwrap_err();
    assert!(error.to_string().contains("it continues revision"), "{error}");
}

#[tokio::test]
async fn a_store_from_before_there_were_journals_gets_one() {
    let directory = tempfile::tempdir().unwrap();
    let expected = fill(directory.path()).await;
    fs::remove_file(directory.path().join("store.journal")).unwrap();
    let database = redb::Database::open(directory.path().join("store.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    let old = format::FORMAT_WITHOUT_JOURNAL;
    transaction.open_table(format::META).unwrap().insert(format::META_FORMAT, old).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let running = Running::open(directory.path(), Options::default()).await.unwrap();
    assert_eq!(running.store.range(Range::prefix("")).await.unwrap().records, expected);
    running.stop().await;
    fs::remove_file(directory.path().join("store.journal")).unwrap();
    assert!(matches!(open_and_count(directory.path()).await, Err(Error::Corrupt { .. })));
}
