//! What becomes of old versions: lists that began before a compaction.

use std::time::Duration;

use super::*;
use crate::Limits;

/// A page of ConfigMaps, one object long.
fn next(token: &str) -> ListOptions {
    ListOptions { limit: 1, continue_token: token.to_owned(), ..ListOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_whose_versions_are_gone_can_go_on_as_things_are_now() {
    let limits = Limits { compaction_interval: Duration::from_millis(20), ..Limits::default() };
    let f = start_with(tempfile::tempdir().expect("a directory"), limits).await;
    let rows = Resource::find("", "v1", "configmaps").expect("a row");
    let maps = || Target::within(rows, "default");
    for name in ["a", "b", "c"] {
        f.admin.create(rows, map(name)).await.expect("created");
    }
    let first = f.admin.list(maps(), next("")).await.expect("listed");
    // The version of the first page is given up once something newer is there.
    f.admin.create(rows, map("d")).await.expect("created");
    let expired = loop {
        match f.admin.list(maps(), next(&first.continue_token)).await {
            Ok(page) => assert_eq!(page.items[0].name(), "b"),
            Err(error) => break error,
        }
    };
    let expired = expired.status().expect("the server's own words");
    assert_eq!(expired.reason, Reason::Expired);
    assert!(expired.message.starts_with("The provided continue parameter is too old"));
    assert!(expired.to_json().contains(&format!("\"continue\":\"{}\"", expired.continue_token)));
    let mut names = Vec::new();
    let mut token = expired.continue_token.clone();
    while !token.is_empty() {
        let page = f.admin.list(maps(), next(&token)).await.expect("goes on");
        assert!(page.resource_version > first.resource_version);
        names.extend(page.items.iter().map(|item| item.name().to_owned()));
        token = page.continue_token;
        if let Some(left) = page.remaining {
            assert_eq!(left as usize + names.len(), 3);
        }
    }
    assert_eq!(names, ["b", "c", "d"]);
    f.supervisor.shutdown().request();
}

fn map(name: &str) -> Value {
    value!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "default", "name": name}})
}
