//! The outer edge: overload, time limits, sizes, health, metrics, compression.

use std::time::Duration;

use super::*;
use crate::Limits;

fn small(seats: u32) -> Limits {
    Limits { requests_in_flight: seats, mutating_requests_in_flight: 0, ..Limits::default() }
}

async fn start_small(limits: Limits) -> Fixture {
    start_with(tempfile::tempdir().expect("a directory"), limits).await
}

impl Fixture {
    /// Sends a request with headers and gives the answer with its body still to come.
    async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> http::Response<Body> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body).expect("a request");
        let connection = Arc::new(ConnInfo::in_process(Stop::new()));
        self.server.handle(request, &connection).await
    }

    /// A number of `/metrics`.
    fn metric(&self, series: &str) -> Option<f64> {
        let text = self.server.inner.registry.text();
        let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
        line.parse().ok()
    }
}

async fn text_of(reply: http::Response<Body>) -> String {
    let bytes = reply.into_body().collect(64 << 20).await.expect("a body");
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_say_what_they_were_taken_for() {
    let fixture = start().await;
    let schemas = row("flowcontrol.apiserver.k8s.io", "flowschemas");
    let levels = row("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations");
    let token = fixture.token("reader", "view").await;
    let (code, headers, _) = fixture.http("GET", "/api/v1/pods", "", "", &token).await;
    assert_eq!(code, 200);
    let uid = |resource, name: &'static str| {
        let admin = fixture.admin.clone();
        async move {
            let object = admin.get(Target::object(resource, "", name)).await.expect("it is a default");
            object.value()["metadata"]["uid"].str_or_empty().to_owned()
        }
    };
    assert_eq!(headers["x-kubernetes-pf-flowschema-uid"], uid(schemas, "service-accounts").await.as_str());
    assert_eq!(headers["x-kubernetes-pf-prioritylevel-uid"], uid(levels, "workload-low").await.as_str());
    // A refusal by the authorizer was let in before.
    let (code, headers, _) = fixture.http("GET", "/api/v1/secrets", "", "", &token).await;
    assert_eq!((code, headers.contains_key("x-kubernetes-pf-flowschema-uid")), (403, true));
    // A schema of one's own, once it is there.
    let schema = value!({
        "metadata": {"name": "mine"},
        "spec": {
            "priorityLevelConfiguration": {"name": "exempt"}, "matchingPrecedence": 50,
            "rules": [{
                "subjects": [{"kind": "ServiceAccount", "serviceAccount": {"namespace": "default", "name": "reader"}}],
                "resourceRules": [{"verbs": ["list"], "apiGroups": [""], "resources": ["pods"], "namespaces": ["*"], "clusterScope": true}]
            }]
        }
    });
    fixture.admin.create(schemas, schema).await.expect("created");
    let (_, headers, _) = fixture.http("GET", "/api/v1/pods", "", "", &token).await;
    assert_eq!(headers["x-kubernetes-pf-flowschema-uid"], uid(schemas, "mine").await.as_str());
    // Its status says soon that its level exists, and later that it does not.
    for (level, status) in [("exempt", "False"), ("nowhere", "True")] {
        let patch = value!({"spec": {"priorityLevelConfiguration": {"name": level}}});
        fixture.admin.merge_patch(Target::object(schemas, "", "mine"), &patch).await.expect("patched");
        let mut watch = fixture
            .admin
            .watch(Target::object(schemas, "", "mine"), WatchOptions::default())
            .await
            .expect("a watch");
        let shows = |object: &api::Object| {
            let condition =
                object.value()["status"]["conditions"].items().first().cloned().unwrap_or_default();
            (condition["type"].str_or_empty().to_owned(), condition["status"].str_or_empty().to_owned())
        };
        let wanted = ("Dangling".to_owned(), status.to_owned());
        let found = tokio::time::timeout(Duration::from_secs(10), async {
            if shows(&fixture.admin.get(Target::object(schemas, "", "mine")).await.expect("there")) == wanted
            {
                return true;
            }
            while let Some(event) = watch.next().await {
                if shows(&event.expect("an event").object) == wanted {
                    return true;
                }
            }
            false
        });
        assert_eq!(found.await, Ok(true), "{level}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_are_refused_and_masters_never() {
    // One seat for each level, and service accounts may not borrow.
    let fixture = start_small(Limits { request_timeout: Duration::from_secs(2), ..small(1) }).await;
    let token = fixture.token("reader", "edit").await;
    let bearer = format!("Bearer {token}");
    let json = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let level = row("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations");
    let alone = value!({
        "metadata": {"annotations": {"apf.kubernetes.io/autoupdate-spec": "false"}},
        "spec": {"limited": {"borrowingLimitPercent": 0}}
    });
    fixture.admin.merge_patch(Target::object(level, "", "workload-low"), &alone).await.expect("patched");
    // A writer who never sends its body holds the seat until its time is up.
    let (_sender, body) = Body::channel(1);
    let path = "/api/v1/namespaces/default/configmaps";
    let slow = fixture.send("POST", path, &json, body);
    let quick = async {
        while fixture.metric(r#"apiserver_flowcontrol_current_executing_requests{priority_level="workload-low",flow_schema="service-accounts"}"#) != Some(1.0) {
            tokio::task::yield_now().await;
        }
        let refused = fixture.send("GET", "/api/v1/pods", &json[..1], Body::empty()).await;
        assert_eq!(refused.status(), 429);
        assert_eq!(refused.headers()["retry-after"], "1");
        assert!(refused.headers().contains_key("x-kubernetes-pf-prioritylevel-uid"));
        let text = text_of(refused).await;
        assert!(
            text.contains(r#""reason":"TooManyRequests","details":{"retryAfterSeconds":1},"code":429"#),
            "{text}"
        );
        // The administrator is exempt, and so is the whole process.
        fixture.admin.create(row("", "configmaps"), config_map("a", value!({}))).await.expect("created");
    };
    let (slow, ()) = tokio::join!(slow, quick);
    assert_eq!(slow.status(), 504);
    let text = text_of(slow).await;
    let sentence =
        r#""message":"Timeout: request did not complete within the allotted timeout","reason":"Timeout""#;
    assert!(text.contains(sentence), "{text}");
    let (code, ..) = fixture.http("GET", "/api/v1/pods", "", "", &token).await;
    assert_eq!(code, 200, "the seat came back");
    let rejected = r#"apiserver_flowcontrol_rejected_requests_total{priority_level="workload-low",flow_schema="service-accounts",reason="time-out"}"#;
    assert_eq!(fixture.metric(rejected), Some(1.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_gives_its_seat_back_once_it_is_set_up() {
    let fixture = start_small(small(1)).await;
    let token = fixture.token("reader", "view").await;
    let bearer = format!("Bearer {token}");
    let auth = [("authorization", bearer.as_str())];
    let mut watches = Vec::new();
    for _ in 0..5 {
        let reply = fixture.send("GET", "/api/v1/pods?watch=true", &auth, Body::empty()).await;
        assert_eq!(reply.status(), 200);
        watches.push(reply);
    }
    let series = r#"apiserver_longrunning_requests{verb="WATCH",group="",version="v1",resource="pods",subresource="",scope="cluster",component="apiserver"}"#;
    assert_eq!(fixture.metric(series), Some(5.0));
    watches.clear();
    assert_eq!(fixture.metric(series), Some(0.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_may_ask_for_less_time() {
    let fixture = start().await;
    let token = fixture.token("writer", "edit").await;
    let bearer = format!("Bearer {token}");
    let json = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let path = "/api/v1/namespaces/default/configmaps?timeout=50ms";
    let (_sender, body) = Body::channel(1);
    assert_eq!(fixture.send("POST", path, &json, body).await.status(), 504);
    let wrong = fixture.send("GET", "/api/v1/pods?timeout=5", &json, Body::empty()).await;
    assert_eq!(wrong.status(), 400);
    let text = text_of(wrong).await;
    assert!(
        text.contains("invalid timeout specified in the request URL - time: missing unit in duration"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_bounded_each_and_together() {
    let limits = Limits { max_body_bytes: 1 << 20, bodies_bytes: 3 << 19, ..Limits::default() };
    let fixture = start_small(limits).await;
    let token = fixture.token("writer", "edit").await;
    let bearer = format!("Bearer {token}");
    let json = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let path = "/api/v1/namespaces/default/configmaps";
    let large = fixture.send("POST", path, &json, Body::full(vec![b' '; (1 << 20) + 1])).await;
    assert_eq!(large.status(), 413);
    assert!(text_of(large).await.contains(
        r#""message":"Request entity too large: limit is 1048576","reason":"RequestEntityTooLarge""#
    ));
    let (first, body) = Body::channel(1);
    first.send(vec![b' '; 1 << 20].into()).await.expect("taken");
    let slow = fixture.send("POST", path, &json, body);
    let quick = async {
        loop {
            let reply = fixture.send("POST", path, &json, Body::full(vec![b' '; 1 << 20])).await;
            if reply.status() == 429 {
                assert_eq!(reply.headers()["retry-after"], "1");
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(first);
    };
    let (slow, ()) = tokio::join!(slow, quick);
    assert_eq!(slow.status(), 400);
    let after = fixture.send("POST", path, &json, Body::full(vec![b' '; 1 << 20])).await;
    assert_eq!(after.status(), 400, "there is room again");
}

#[tokio::test(flavor = "multi_thread")]
async fn large_lists_are_compressed_where_that_is_asked_for() {
    let fixture = start().await;
    let maps = row("", "configmaps");
    for i in 0..20 {
        let mut map = config_map(&format!("big-{i}"), value!({}));
        map.set(&["data", "k"], "x".repeat(20_000));
        fixture.admin.create(maps, map).await.expect("created");
    }
    let token = fixture.token("reader", "view").await;
    let bearer = format!("Bearer {token}");
    let list = "/api/v1/namespaces/default/configmaps";
    let mut bodies = Vec::new();
    for accept in ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"] {
        for gzip in [false, true] {
            let mut headers = vec![("authorization", bearer.as_str()), ("accept", accept)];
            if gzip {
                headers.push(("accept-encoding", "gzip"));
            }
            let reply = fixture.send("GET", list, &headers, Body::empty()).await;
            let encoding =
                reply.headers().get("content-encoding").map(|v| v.to_str().expect("text").to_owned());
            assert_eq!(encoding.as_deref(), gzip.then_some("gzip"), "{accept}");
            assert_eq!(reply.headers()["content-type"], accept);
            let bytes = reply.into_body().collect(64 << 20).await.expect("a body");
            let mut whole = Vec::new();
            if gzip {
                std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut whole)
                    .expect("gzip");
                assert!(bytes.len() < 40_000, "{}", bytes.len());
            } else {
                whole = bytes.to_vec();
            }
            bodies.push(whole);
        }
    }
    assert!(bodies.chunks(2).all(|pair| pair[0] == pair[1]));
    let headers = [("authorization", bearer.as_str()), ("accept-encoding", "gzip")];
    let small =
        fixture.send("GET", "/api/v1/namespaces/default/configmaps/big-1", &headers, Body::empty()).await;
    assert!(!small.headers().contains_key("content-encoding"));
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_metrics() {
    let fixture = start().await;
    let token = fixture.token("operator", "cluster-admin").await;
    let get = |path: &'static str| fixture.http("GET", path, "", "", &token);
    for path in ["/livez", "/readyz", "/healthz"] {
        assert_eq!(fixture.http("GET", path, "", "", "").await.0, 200, "{path} is for everybody");
    }
    for path in
        ["/livez", "/readyz", "/healthz", "/livez/ping", "/livez/etcd", "/readyz/shutdown", "/healthz/"]
    {
        let (code, headers, text) = get(path).await;
        assert_eq!((code, text.as_str()), (200, "ok"), "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
    }
    let (_, _, text) = get("/livez?verbose&exclude=etcd").await;
    assert!(
        text.starts_with("[+]ping ok\n[+]log ok\n[+]etcd excluded: ok\n[+]poststarthook/")
            && text.ends_with("livez check passed\n"),
        "{text}"
    );
    assert_eq!(get("/livez/informer-sync").await.0, 404);
    fixture.supervisor.spawner().stop(supervise::Rank::DataPlane).request();
    let (code, _, text) = get("/readyz").await;
    assert_eq!(code, 500);
    assert!(
        text.contains("[-]shutdown failed: reason withheld\n") && text.ends_with("readyz check failed\n"),
        "{text}"
    );
    assert_eq!(get("/livez").await.0, 200);

    let text = fixture.server.inner.registry.text();
    for line in [
        "# TYPE apiserver_request_total counter",
        "# TYPE apiserver_request_duration_seconds histogram",
        "# TYPE apiserver_watch_events_total counter",
        "apiserver_current_inflight_requests{request_kind=\"mutating\"} 0",
        "apiserver_storage_objects{resource=\"pods\"} 0",
        "apiserver_storage_objects{resource=\"flowschemas.flowcontrol.apiserver.k8s.io\"} 11",
        "apiserver_flowcontrol_nominal_limit_seats{priority_level=\"workload-low\"} 245",
        "apiserver_flowcontrol_lower_limit_seats{priority_level=\"workload-low\"} 24",
    ] {
        assert!(text.contains(line), "{line}");
    }
    let series = r#"apiserver_request_total{verb="GET",dry_run="",group="",version="",resource="",subresource="",scope="",component="apiserver",code="500"}"#;
    assert_eq!(fixture.metric(series), Some(1.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_goes_over_a_web_socket_where_that_is_asked_for() {
    let fixture = start().await;
    let token = fixture.token("reader", "view").await;
    let bearer = format!("Bearer {token}");
    let socket = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let known = [socket.as_slice(), &[("authorization", &bearer)]].concat();
    let reply = fixture.send("GET", "/api/v1/pods?watch=1", &known, Body::empty()).await;
    assert_eq!(reply.status(), 101);
    // The key and the answer to it are the example of RFC 6455.
    assert_eq!(reply.headers()["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    let reply = fixture.send("GET", "/api/v1/pods", &known, Body::empty()).await;
    assert_eq!(reply.status(), 200, "a list is no stream");
    let reply = fixture.send("GET", "/api/v1/pods?watch=1", &socket, Body::empty()).await;
    assert_eq!(reply.status(), 403, "a refusal stays one");
    let protocols = format!(
        "base64url.bearer.authorization.k8s.io.{}, anything",
        base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, &token)
    );
    let browser = [socket.as_slice(), &[("sec-websocket-protocol", &protocols)]].concat();
    let reply = fixture.send("GET", "/api/v1/pods?watch=1", &browser, Body::empty()).await;
    assert_eq!(reply.status(), 101);
    assert_eq!(reply.headers()["sec-websocket-protocol"], "anything");
}

#[tokio::test(flavor = "multi_thread")]
async fn binding_a_pod_is_no_new_generation() {
    let fixture = start().await;
    let token = fixture.token("writer", "cluster-admin").await;
    let pods = "/api/v1/namespaces/default/pods";
    let pod = r#"{"metadata":{"name":"a"},"spec":{"containers":[{"name":"a","image":"a"}],"serviceAccountName":"writer","automountServiceAccountToken":false}}"#;
    let (code, _, text) = fixture.http("POST", pods, "application/json", pod, &token).await;
    assert_eq!(code, 201, "{text}");
    let binding = r#"{"metadata":{"name":"a"},"target":{"kind":"Node","name":"n"}}"#;
    let (code, _, text) =
        fixture.http("POST", &format!("{pods}/a/binding"), "application/json", binding, &token).await;
    assert_eq!(code, 201, "{text}");
    let (_, _, text) = fixture.http("GET", &format!("{pods}/a"), "", "", &token).await;
    assert!(text.contains(r#""nodeName":"n""#), "{text}");
    assert!(text.contains(r#""generation":1,"#), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evicted_pod_says_why_it_goes() {
    let fixture = start().await;
    let token = fixture.token("writer", "cluster-admin").await;
    let pods = "/api/v1/namespaces/default/pods";
    let pod = r#"{"metadata":{"name":"a","finalizers":["example.com/keep"]},"spec":{"containers":[{"name":"a","image":"a"}],"serviceAccountName":"writer"}}"#;
    let (code, _, text) = fixture.http("POST", pods, "application/json", pod, &token).await;
    assert_eq!(code, 201, "{text}");
    let evict = |options: &str| {
        let body = format!(
            r#"{{"apiVersion":"policy/v1","kind":"Eviction","metadata":{{"name":"a"}},"deleteOptions":{options}}}"#
        );
        let (fixture, token) = (&fixture, &token);
        async move { fixture.http("POST", &format!("{pods}/a/eviction"), "application/json", &body, token).await }
    };
    let (code, _, text) = evict(r#"{"preconditions":{"uid":"another"}}"#).await;
    assert_eq!(code, 409, "{text}");
    assert!(
        text.contains("the UID in the precondition (another) does not match the UID in record"),
        "{text}"
    );
    let (_, _, before) = fixture.http("GET", &format!("{pods}/a"), "", "", &token).await;
    assert!(!before.contains("DisruptionTarget"), "{before}");
    let version = api::json::parse_value(before.as_bytes()).expect("JSON");
    let version = version["metadata"]["resourceVersion"].str_or_empty();
    let (code, _, text) = evict(&format!(r#"{{"preconditions":{{"resourceVersion":"{version}"}}}}"#)).await;
    assert_eq!(code, 201, "{text}");
    let (_, _, after) = fixture.http("GET", &format!("{pods}/a"), "", "", &token).await;
    assert!(after.contains(r#""reason":"EvictionByEvictionAPI""#), "{after}");
    assert!(after.contains("deletionTimestamp"), "{after}");
}
