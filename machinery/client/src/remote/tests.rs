//! Requests, answers and events as text, and what a server that is hard to reach gets to see.

use std::time::Duration;

use api::Resource;
use api::value;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::HeaderMap;
use meta::FieldSelector;
use meta::LabelSelector;
use meta::Reason;
use meta::ResourceVersion;
use meta::Status;
use pki::ServerTrust;
use stdx::Clock;
use stdx::Rng;
use supervise::Supervisor;
use wire::Body;

use super::decode;
use super::encode;
use super::watch;
use crate::Action;
use crate::Answer;
use crate::DeleteOptions;
use crate::Error;
use crate::ListOptions;
use crate::Patch;
use crate::Precondition;
use crate::Propagation;
use crate::Remote;
use crate::RemoteConfig;
use crate::RemoteDeps;
use crate::Request;
use crate::Target;
use crate::Token;
use crate::Transport as _;
use crate::VersionMatch;
use crate::WatchOptions;
use crate::WriteOptions;

fn row(group: &str, name: &str) -> &'static Resource {
    Resource::preferred(group, name).expect("a row")
}

fn line(target: Target, action: Action) -> String {
    let encoded = encode::request(&Request { target, action });
    let body = encoded.body.unwrap_or_default();
    format!(
        "{} {} {} {}",
        encoded.method,
        encoded.path_and_query,
        encoded.content_type.unwrap_or("-"),
        String::from_utf8(body.into()).expect("text")
    )
}

#[test]
fn reads_are_paths_and_queries() {
    let pods = row("", "pods");
    assert_eq!(
        line(Target::object(pods, "a", "b").sub("status"), Action::Get { resource_version: None }),
        "GET /api/v1/namespaces/a/pods/b/status - "
    );
    let odd = Target::object(row("rbac.authorization.k8s.io", "clusterroles"), "", "system:a b?ü");
    assert_eq!(
        line(odd, Action::Get { resource_version: Some(ResourceVersion(0)) }),
        "GET /apis/rbac.authorization.k8s.io/v1/clusterroles/system:a%20b%3F%C3%BC?resourceVersion=0 - "
    );
    let list = ListOptions {
        labels: LabelSelector::parse("a=b,c in (d,e),!f").expect("a selector"),
        fields: FieldSelector::parse("spec.nodeName=n,metadata.name!=x\\,y").expect("a selector"),
        limit: 5,
        continue_token: "t+/=".to_owned(),
        resource_version: Some(ResourceVersion(7)),
        version_match: Some(VersionMatch::Exact),
    };
    assert_eq!(
        line(Target::all(pods), Action::List(list)),
        "GET /api/v1/pods?labelSelector=a%3Db%2Cc+in+%28d%2Ce%29%2C%21f&fieldSelector=spec.nodeName%3Dn%2Cmetadata.name%21%3Dx%5C%2Cy&limit=5&continue=t%2B%2F%3D&resourceVersion=7&resourceVersionMatch=Exact - "
    );
    let watch = WatchOptions {
        bookmarks: true,
        initial_events: Some(true),
        timeout_seconds: Some(9),
        ..WatchOptions::default()
    };
    assert_eq!(
        line(Target::object(pods, "a", "b"), Action::Watch(watch)),
        "GET /api/v1/namespaces/a/pods?watch=true&fieldSelector=metadata.name%3Db&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=9 - "
    );
}

#[test]
fn writes_say_what_they_are() {
    let pods = row("", "pods");
    let options = || WriteOptions {
        dry_run: true,
        field_manager: "m".to_owned(),
        field_validation: "Strict".to_owned(),
    };
    let body = value!({"metadata": {"name": "b"}});
    assert_eq!(
        line(Target::within(pods, "a"), Action::Create(body.clone(), options())),
        "POST /api/v1/namespaces/a/pods?dryRun=All&fieldManager=m&fieldValidation=Strict application/json {\"metadata\":{\"name\":\"b\"},\"apiVersion\":\"v1\",\"kind\":\"Pod\"}"
    );
    let scale = Target::object(row("apps", "deployments"), "a", "b").sub("scale");
    assert_eq!(
        line(scale, Action::Update(value!({"spec": {"replicas": 2}}), WriteOptions::default())),
        "PUT /apis/apps/v1/namespaces/a/deployments/b/scale application/json {\"spec\":{\"replicas\":2},\"apiVersion\":\"autoscaling/v1\",\"kind\":\"Scale\"}"
    );
    let apply = Patch::Apply { config: Bytes::from_static(b"a: b"), force: true };
    assert_eq!(
        line(Target::object(pods, "a", "b"), Action::Patch(apply, WriteOptions::default())),
        "PATCH /api/v1/namespaces/a/pods/b?force=true application/apply-patch+yaml a: b"
    );
    let delete = DeleteOptions {
        grace_period_seconds: Some(0),
        precondition: Precondition { uid: Some("u".to_owned()), resource_version: Some(ResourceVersion(3)) },
        propagation: Some(Propagation::Foreground),
        dry_run: true,
    };
    assert_eq!(
        line(Target::object(pods, "a", "b"), Action::Delete(delete)),
        "DELETE /api/v1/namespaces/a/pods/b application/json {\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"gracePeriodSeconds\":0,\"preconditions\":{\"uid\":\"u\",\"resourceVersion\":\"3\"},\"propagationPolicy\":\"Foreground\",\"dryRun\":[\"All\"]}"
    );
}

#[test]
fn a_status_survives_the_wire() {
    let mut status = Status::invalid("apps", "Deployment", "d", meta::Cause::required("spec.x", "why"));
    status.retry_after_seconds = Some(4);
    let back = decode::refusal(status.code(), &HeaderMap::new(), status.to_json().as_bytes());
    assert_eq!(back, status);
    let mut headers = HeaderMap::new();
    headers.insert("retry-after", 7.into());
    let proxy = decode::refusal(503, &headers, b"upstream connect error\n");
    assert_eq!(
        (proxy.reason, proxy.message.as_str()),
        (Reason::ServiceUnavailable, "upstream connect error")
    );
    assert_eq!(proxy.retry_after_seconds, Some(7));
    assert_eq!(decode::refusal(401, &HeaderMap::new(), b"").message, "the server answered with HTTP 401");
}

#[test]
fn elements_of_a_list_are_typed_as_single_objects_are() {
    let text = br#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"9","continue":"c","remainingItemCount":3},
        "items":[{"metadata":{"name":"a","namespace":"n","resourceVersion":"8"}}]}"#;
    let Ok(Answer::List(list)) = decode::answer(row("", "pods"), true, text) else { panic!("a list") };
    assert_eq!(
        (list.resource_version, list.continue_token.as_str(), list.remaining),
        (ResourceVersion(9), "c", Some(3))
    );
    assert!(list.items[0].json().starts_with(br#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a""#));
    let empty = br#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"9"},"items":null}"#;
    assert!(
        matches!(decode::answer(row("", "pods"), true, empty), Ok(Answer::List(list)) if list.items.is_empty())
    );
    let status = br#"{"kind":"Status","apiVersion":"v1","status":"Success"}"#;
    assert!(matches!(decode::answer(row("", "pods"), false, status), Ok(Answer::Value(_))));
    assert!(decode::answer(row("", "pods"), true, status).is_err());
    assert!(decode::answer(row("", "pods"), false, b"<html>").is_err());
}

/// Events read from pieces, as `kind name` or the error's message.
async fn read(pieces: Vec<&'static [u8]>, max: usize) -> Vec<String> {
    let body = Body::stream(futures_util::stream::iter(
        pieces.into_iter().map(|piece| Ok(Bytes::from_static(piece))),
    ));
    let clock = Clock::system();
    let deadline = clock.instant() + Duration::from_secs(60);
    let events = watch::stream(watch::Events::new(row("", "pods"), body, max), clock, deadline);
    let shown = events.map(|event| match event {
        Ok(event) => format!("{:?} {}@{}", event.kind, event.object.name(), event.object.resource_version()),
        Err(status) => format!("{:?}: {}", status.reason, status.message),
    });
    shown.collect().await
}

#[tokio::test]
async fn events_are_cut_at_lines_wherever_the_network_cuts() {
    let text: &[u8] = b"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"1\"}}}\n\n{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"2\"}}}\n{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"3\"}}}\n";
    let expected = ["Added a@1", "Deleted a@2", "Bookmark @3"];
    for size in [1, 2, 7, 64, text.len()] {
        assert_eq!(read(text.chunks(size).collect(), 1 << 20).await, expected, "pieces of {size} bytes");
    }
    let torn = &text[..text.len() - 4];
    let last = read(vec![torn], 1 << 20).await.pop().expect("an error");
    assert!(last.contains("the watch broke off: an event is not JSON"), "{last}");
    let expired: &[u8] = b"{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"reason\":\"Expired\",\"code\":410,\"message\":\"too old\"}}\n{\"type\":\"ADDED\"";
    assert_eq!(read(vec![expired], 1 << 20).await, ["Expired: too old"]);
    let huge = read(vec![&[b' '; 100], &[b' '; 100]], 150).await;
    assert_eq!(
        huge,
        ["InternalError: Internal error occurred: the watch broke off: an event is larger than 150 bytes"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_watch_on_a_dead_connection_ends() {
    let (_sender, body) = Body::channel(1);
    let clock = Clock::system();
    let deadline = clock.instant() + Duration::from_secs(40);
    let mut events = watch::stream(watch::Events::new(row("", "pods"), body, 1 << 20), clock, deadline);
    let end = events.next().await.expect("an error").expect_err("an error");
    assert!(end.message.contains("counts as dead"), "{end}");
    assert!(events.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_cannot_be_reached_is_asked_less_and_less_often() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("bound").port();
    drop(free);
    let supervisor = Supervisor::new();
    let config = RemoteConfig::new(&format!("https://127.0.0.1:{port}"), ServerTrust::Anyone).expect("a URL");
    let deps = RemoteDeps { clock: Clock::system(), rng: Rng::from_seed(1), spawner: supervisor.spawner() };
    let remote = Remote::new(config, deps).expect("usable");
    let start = tokio::time::Instant::now();
    for _ in 0..12 {
        let request =
            Request { target: Target::all(row("", "pods")), action: Action::List(ListOptions::default()) };
        let Err(Error::Transport(text)) = remote.call(request).await else { panic!("nobody listens") };
        assert!(text.contains(&port.to_string()) && text.contains("refused"), "{text}");
    }
    let elapsed = start.elapsed();
    assert!(elapsed > Duration::from_secs(8) && elapsed < Duration::from_secs(60), "{elapsed:?}");
}

#[test]
fn a_token_is_read_again_when_its_file_changes() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("token");
    let source = super::TokenSource::new(Token::File(path.clone()));
    assert!(source.header().is_err(), "there is no file yet");
    let shown = || source.header().expect("a header").expect("a token").to_str().expect("text").to_owned();
    for token in ["one", "two", "three"] {
        let next = dir.path().join("next");
        std::fs::write(&next, format!("{token}\n")).expect("written");
        std::fs::rename(&next, &path).expect("renamed");
        assert_eq!(shown(), format!("Bearer {token}"));
    }
    std::fs::remove_file(&path).expect("removed");
    assert_eq!(shown(), "Bearer three", "the last content");
}

#[test]
fn only_tls_is_spoken() {
    for (server, why) in [
        ("http://h", "only TLS"),
        ("h:6443", "scheme is missing"),
        ("https://h:x", "port is no number"),
        ("https://", "no URL"),
    ] {
        let error = RemoteConfig::new(server, ServerTrust::Anyone).expect_err(server).to_string();
        assert!(error.contains(why), "{error}");
    }
}
