//! The kubelet's API, as the API server uses it.

use std::sync::Arc;
use std::time::Duration;

use api::value;
use http::Request;
use http::StatusCode;
use runtime::Runtime;
use runtime::types::ExecOutput;
use wire::Body;

use super::bed::Bed;
use super::bed::IMAGE;

static TEST: supervise::TaskKind =
    supervise::TaskKind { name: "test", rank: supervise::Rank::Admin, on_end: supervise::OnEnd::Nothing };

fn client(bed: &Bed, identity: Option<(&str, &str)>) -> wire::Client {
    let validity = pki::Validity::starting(jiff::Timestamp::now(), Duration::from_secs(3600));
    let credential = identity.map(|(user, group)| {
        let leaf = pki::Leaf::client(pki::Subject::new(user, [group]));
        pki::Rotating::new(&bed.authority.issue(&leaf, validity).unwrap())
    });
    let trust = pki::ServerTrust::Authorities(bed.authority.bundle().unwrap());
    let tls: Arc<rustls::ClientConfig> = pki::client_config(&trust, credential).unwrap();
    let endpoint = wire::Endpoint::named(bed.address, "n1", Some(tls)).unwrap();
    wire::Client::new(endpoint, wire::ClientOptions::default(), &bed.spawner, &TEST)
}

async fn get(client: &wire::Client, path: &str) -> (StatusCode, String) {
    let response = client.send(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect(1 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn bed_with_pod() -> Bed {
    let bed = Bed::start().await;
    let container = value!({"name": "a", "image": IMAGE, "imagePullPolicy": "IfNotPresent"});
    bed.create("web", value!({"containers": [container]})).await;
    bed.until("web", |status| status["phase"].as_str() == Some("Running")).await;
    bed
}

#[tokio::test]
async fn only_the_api_server_is_answered() {
    let bed = bed_with_pod().await;
    assert_eq!(get(&client(&bed, None), "/healthz").await, (StatusCode::OK, "ok".into()));
    assert_eq!(get(&client(&bed, None), "/pods").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(get(&client(&bed, Some(("mallory", "people"))), "/pods").await.0, StatusCode::FORBIDDEN);
    let trusted = client(&bed, Some(("kube-apiserver-kubelet-client", "people")));
    let (status, pods) = get(&trusted, "/pods").await;
    assert_eq!(status, StatusCode::OK);
    let pods = api::json::parse_value(pods.as_bytes()).unwrap();
    assert_eq!(pods["items"].items()[0]["metadata"]["name"].as_str(), Some("web"));
    let admin = client(&bed, Some(("somebody", "system:masters")));
    assert_eq!(get(&admin, "/metrics").await.0, StatusCode::OK);
    assert_eq!(get(&admin, "/nothing").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn logs_are_read_and_missing_ones_explained() {
    let bed = bed_with_pod().await;
    let client = client(&bed, Some(("x", "system:masters")));
    let record = bed.runtime.container_status(&bed.runtime.find("a").unwrap()).await.unwrap();
    let path = record.log_path.expect("a container has a log");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "2020-01-01T00:00:01Z stdout F one\n2020-01-01T00:00:02Z stderr F two\n").unwrap();
    assert_eq!(get(&client, "/containerLogs/ns/web/a").await, (StatusCode::OK, "one\ntwo\n".into()));
    assert_eq!(get(&client, "/containerLogs/ns/web/a?tailLines=1").await.1, "two\n");
    assert_eq!(
        get(&client, "/containerLogs/ns/web/a?sinceTime=2020-01-01T00:00:02Z&timestamps=true").await.1,
        "2020-01-01T00:00:02Z two\n"
    );
    let (status, text) = get(&client, "/containerLogs/ns/web/a?previous=true").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(text, "previous terminated container \"a\" in pod \"web\" not found");
    assert_eq!(get(&client, "/containerLogs/ns/web/b").await.0, StatusCode::NOT_FOUND);
    assert_eq!(get(&client, "/containerLogs/ns/none/a").await.0, StatusCode::NOT_FOUND);
    assert_eq!(get(&client, "/containerLogs/ns/web/a?tailLines=x").await.0, StatusCode::BAD_REQUEST);
    // Following ends with the container.
    let request = Request::get("/containerLogs/ns/web/a?follow=true").body(Body::empty()).unwrap();
    let mut body = client.send(request).await.unwrap().into_body();
    assert_eq!(body.next().await.unwrap().unwrap(), "one\ntwo\n");
    bed.runtime.exit(&record.id, 0, "Completed");
    assert!(body.next().await.is_none());
}

#[tokio::test]
async fn commands_run_over_every_protocol() {
    let bed = bed_with_pod().await;
    let client = client(&bed, Some(("x", "system:masters")));
    let output = ExecOutput { stdout: b"hello".to_vec(), stderr: b"oops".to_vec(), exit_code: 3 };
    bed.runtime.teach_command(&["say", "it"], output);
    let streams = wire::remote_command::Streams { stdin: false, stdout: true, stderr: true, tty: false };
    for transport in [wire::remote_command::Transport::WebSocket, wire::remote_command::Transport::Spdy] {
        let path = "/exec/ns/web/a?command=say&command=it&output=1&error=1";
        let request = Request::get(path).body(Body::empty()).unwrap();
        let tasks = (&bed.spawner, &TEST);
        let rng = stdx::Rng::from_seed(4);
        let session = wire::remote_command::connect(&client, request, streams, transport, &rng, tasks).await;
        let mut session = session.unwrap();
        assert_eq!(session.stdout.as_mut().unwrap().to_end().await, b"hello");
        assert_eq!(session.stderr.as_mut().unwrap().to_end().await, b"oops");
        let status = session.outcome().await;
        let status = api::json::parse_value(&status).unwrap();
        assert_eq!(status["reason"].as_str(), Some("NonZeroExitCode"), "{transport:?}");
        assert_eq!(status["details"]["causes"].items()[0]["message"].as_str(), Some("3"));
    }
    assert_eq!(get(&client, "/exec/ns/web/a?command=say&output=1").await.0, StatusCode::BAD_REQUEST);
    assert_eq!(get(&client, "/exec/ns/web/a?output=1").await.0, StatusCode::BAD_REQUEST);
}
