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
    assert!(matches!(error, Error::NewerFormat { found: 2, supported: 1, .. }), "{error}");
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
