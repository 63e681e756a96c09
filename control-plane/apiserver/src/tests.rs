//! Requests through the whole path: authorization, write path, store, watch cache, encoding.

mod admission;
mod apply;
mod edge;
mod history;
mod hostile;
mod protobuf;
mod quota;
mod versions;

use std::sync::Arc;

use api::Resource;
use api::Value;
use api::value;
use client::Client;
use client::DeleteOptions;
use client::EventKind;
use client::ListOptions;
use client::Target;
use client::WatchOptions;
use futures_util::StreamExt as _;
use http::Request;
use meta::LabelSelector;
use meta::Reason;
use pki::CertificateAuthority;
use pki::TokenSigner;
use pki::Validity;
use stdx::Clock;
use stdx::Rng;
use supervise::Stop;
use supervise::Supervisor;
use wire::Body;
use wire::ConnInfo;
use wire::Handler as _;

use crate::ApiServer;
use crate::Config;
use crate::Deps;
use crate::MASTERS;
use crate::User;

struct Fixture {
    server: ApiServer,
    admin: Client,
    supervisor: Supervisor,
    dir: tempfile::TempDir,
}

async fn start_in(dir: tempfile::TempDir) -> Fixture {
    start_with(dir, crate::Limits::default()).await
}

async fn start_with(dir: tempfile::TempDir, limits: crate::Limits) -> Fixture {
    let supervisor = Supervisor::new();
    let (clock, rng) = (Clock::system(), Rng::from_system());
    let options = store::Options::default();
    let path = dir.path().join("store");
    let store = store::Embedded::open(&path, options, &supervisor.spawner(), &clock)
        .await
        .expect("the directory opens");
    let validity = Validity::starting(clock.now(), std::time::Duration::from_secs(3600));
    let ca = CertificateAuthority::generate("test-ca", validity, &rng).expect("keys can be made");
    let config = Config {
        issuer: "https://kubernetes.default.svc".into(),
        service_cidrs: vec!["10.96.0.0/16".parse().expect("a range")],
        node_ports: crate::NodePorts::new(30000, 32767),
        cluster_domain: "cluster.local".into(),
        advertise: "127.0.0.1:6443".parse().expect("an address"),
        limits,
    };
    let deps = Deps {
        store: store.shared(),
        client_ca: ca.bundle().expect("a bundle"),
        token_signer: TokenSigner::generate().expect("keys can be made"),
        kubelet_tls: None,
        clock,
        rng,
        spawner: supervisor.spawner(),
        registry: telemetry::metrics::Registry::new(),
        health: telemetry::health::Health::new(),
    };
    let server = ApiServer::start(config, deps).await.expect("starts");
    let admin = Client::new(server.transport(User::new("admin", &[MASTERS])), "test");
    Fixture { server, admin, supervisor, dir }
}

async fn start() -> Fixture {
    start_in(tempfile::tempdir().expect("a directory")).await
}

fn row(group: &str, name: &str) -> &'static Resource {
    Resource::preferred(group, name).expect("a row")
}

fn config_map(name: &str, labels: Value) -> Value {
    value!({"metadata": {"namespace": "default", "name": name, "labels": labels}, "data": {"k": "v"}})
}

impl Fixture {
    async fn http(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        body: &str,
        user: &str,
    ) -> (u16, http::HeaderMap, String) {
        let mut request = Request::builder().method(method).uri(path);
        if !kind.is_empty() {
            request = request.header("content-type", kind);
        }
        if !user.is_empty() {
            request = request.header("authorization", format!("Bearer {user}"));
        }
        let request = request.body(Body::full(body.to_owned())).expect("a request");
        let connection = Arc::new(ConnInfo::in_process(Stop::new()));
        let reply = self.server.handle(request, &connection).await;
        let (parts, body) = reply.into_parts();
        let bytes = body.collect(64 << 20).await.expect("a body");
        (parts.status.as_u16(), parts.headers, String::from_utf8(bytes.to_vec()).expect("text"))
    }

    /// A token of a fresh service account that is bound to a cluster role.
    async fn token(&self, name: &str, role: &str) -> String {
        let account = value!({"metadata": {"namespace": "default", "name": name}});
        self.admin.create(row("", "serviceaccounts"), account).await.expect("created");
        let binding = value!({
            "metadata": {"name": format!("test-{name}")},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "namespace": "default", "name": name}]
        });
        self.admin
            .create(row("rbac.authorization.k8s.io", "clusterrolebindings"), binding)
            .await
            .expect("created");
        let target = Target::object(row("", "serviceaccounts"), "default", name).sub("token");
        let answer = self.admin.post(target, value!({"spec": {}})).await.expect("a token");
        answer["status"]["token"].str_or_empty().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn create_get_update_delete() {
    let fixture = start().await;
    let maps = row("", "configmaps");
    let created = fixture.admin.create(maps, config_map("a", value!({}))).await.expect("created");
    let text = String::from_utf8(created.json().to_vec()).expect("text");
    assert!(
        text.starts_with(
            r#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","namespace":"default","uid":""#
        ),
        "{text}"
    );
    let again = fixture.admin.create(maps, config_map("a", value!({}))).await.expect_err("taken");
    assert_eq!(again.to_string(), r#"configmaps "a" already exists"#);
    let target = Target::object(maps, "default", "a");
    let got = fixture.admin.get(target.clone()).await.expect("there");
    assert_eq!(got.json(), created.json());
    let mut changed = got.value().clone();
    changed.set(&["data", "k"], "w");
    let updated = fixture.admin.update(target.clone(), changed.clone()).await.expect("updated");
    assert!(updated.resource_version() > got.resource_version());
    changed.set(&["data", "k"], "x");
    let stale = fixture.admin.update(target.clone(), changed).await.expect_err("stale");
    assert_eq!(stale.reason(), Some(Reason::Conflict));
    let unchanged = fixture.admin.update(target.clone(), updated.value().clone()).await.expect("no change");
    assert_eq!(unchanged.resource_version(), updated.resource_version());
    fixture.admin.delete(target.clone(), DeleteOptions::default()).await.expect("deleted");
    assert!(fixture.admin.get(target).await.expect_err("gone").is_not_found());
}

#[tokio::test(flavor = "multi_thread")]
async fn watches_see_selector_transitions_in_order() {
    let fixture = start().await;
    let maps = row("", "configmaps");
    let list = fixture.admin.list(Target::all(maps), ListOptions::default()).await.expect("a list");
    let options = WatchOptions {
        labels: LabelSelector::parse("app=web").expect("valid"),
        resource_version: Some(list.resource_version),
        ..WatchOptions::default()
    };
    let mut events = fixture.admin.watch(Target::within(maps, "default"), options).await.expect("a watch");
    fixture.admin.create(maps, config_map("other", value!({"app": "db"}))).await.expect("created");
    fixture.admin.create(maps, config_map("a", value!({"app": "web"}))).await.expect("created");
    let target = Target::object(maps, "default", "a");
    for labels in [value!({"x": "y"}), value!({"app": null}), value!({"app": "web"})] {
        fixture
            .admin
            .merge_patch(target.clone(), &value!({"metadata": {"labels": labels}}))
            .await
            .expect("patched");
    }
    fixture.admin.delete(target, DeleteOptions::default()).await.expect("deleted");
    let mut seen = Vec::new();
    let mut last = list.resource_version;
    for _ in 0..5 {
        let event = events.next().await.expect("open").expect("no error");
        assert!(event.object.resource_version() > last);
        last = event.object.resource_version();
        seen.push(event.kind);
    }
    assert_eq!(
        seen,
        [EventKind::Added, EventKind::Modified, EventKind::Deleted, EventKind::Added, EventKind::Deleted]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_consistent_while_the_collection_changes() {
    let fixture = start().await;
    let maps = row("", "configmaps");
    for i in 0..5 {
        fixture.admin.create(maps, config_map(&format!("m{i}"), value!({}))).await.expect("created");
    }
    let target = Target::within(maps, "default");
    let options = ListOptions { limit: 2, ..ListOptions::default() };
    let first = fixture.admin.list(target.clone(), options.clone()).await.expect("a page");
    assert_eq!((first.items.len(), first.remaining), (2, Some(3)));
    fixture.admin.create(maps, config_map("m00", value!({}))).await.expect("created");
    fixture
        .admin
        .delete(Target::object(maps, "default", "m4"), DeleteOptions::default())
        .await
        .expect("deleted");
    let mut names: Vec<String> = first.items.iter().map(|o| o.name().to_owned()).collect();
    let mut token = first.continue_token;
    while !token.is_empty() {
        let options = ListOptions { continue_token: token, ..options.clone() };
        let page = fixture.admin.list(target.clone(), options).await.expect("a page");
        assert_eq!(page.resource_version, first.resource_version);
        names.extend(page.items.iter().map(|o| o.name().to_owned()));
        token = page.continue_token;
    }
    assert_eq!(names, ["m0", "m1", "m2", "m3", "m4"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_get_what_their_roles_allow() {
    let fixture = start().await;
    let token = fixture.token("viewer", "view").await;
    let pods = "/api/v1/namespaces/default/pods";
    assert_eq!(fixture.http("GET", pods, "", "", &token).await.0, 200);
    let (code, _, body) = fixture.http("POST", pods, "application/json", "{}", &token).await;
    assert_eq!(code, 403, "{body}");
    assert!(body.contains(r#"pods is forbidden: User \"system:serviceaccount:default:viewer\" cannot create resource \"pods\" in API group \"\" in the namespace \"default\""#), "{body}");
    assert_eq!(fixture.http("GET", "/api/v1/namespaces/default/secrets", "", "", &token).await.0, 403);
    assert_eq!(fixture.http("GET", pods, "", "", "nonsense").await.0, 401);
    assert_eq!(fixture.http("GET", pods, "", "", "").await.0, 403);
    assert_eq!(fixture.http("GET", "/readyz", "", "", "").await.2, "ok");
    let account = Target::object(row("", "serviceaccounts"), "default", "viewer");
    fixture.admin.delete(account, DeleteOptions::default()).await.expect("deleted");
    assert_eq!(fixture.http("GET", pods, "", "", &token).await.0, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_gets_upstreams_answer() {
    let fixture = start().await;
    let token = fixture.token("root", "cluster-admin").await;
    let deployments = "/apis/apps/v1/namespaces/default/deployments";
    let base = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"#;
    for (path, kind, body, code, wanted) in [
        (
            "/api/v1/namespaces/default/nosuch",
            "application/json",
            "{}",
            404,
            "the server could not find the requested resource",
        ),
        (deployments, "application/json", "{", 400, "json parse error"),
        (deployments, "application/xml", "<a/>", 415, "the body of the request was in an unknown format"),
        (
            deployments,
            "application/json",
            &format!("{base}\"replicas\":\"3\"}}}}"),
            400,
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (deployments, "application/json", &format!("{base}}}}}"), 422, "spec.selector: Required value"),
        (
            "/api/v1/namespaces/default/configmaps?fieldValidation=Strict",
            "application/json",
            r#"{"metadata":{"name":"c"},"dta":{},"data":{"a":"1","a":"2"}}"#,
            400,
            r#"strict decoding error: unknown field \"dta\", duplicate field \"data.a\""#,
        ),
        (
            "/api/v1/namespaces/nowhere/configmaps",
            "application/json",
            r#"{"metadata":{"name":"c"}}"#,
            404,
            r#"namespaces \"nowhere\" not found"#,
        ),
        (
            "/api/v1/namespaces/default/configmaps",
            "application/json",
            r#"{"metadata":{"name":"Up"}}"#,
            422,
            "a lowercase RFC 1123 subdomain must consist of",
        ),
        (
            "/api/v1/namespaces/default/configmaps",
            "application/json",
            r#"{"metadata":{}}"#,
            422,
            "name or generateName is required",
        ),
    ] {
        let (found, _, answer) = fixture.http("POST", path, kind, body, &token).await;
        assert_eq!(found, code, "{path} {body}: {answer}");
        assert!(answer.contains(wanted), "{path} {body}: {answer}");
    }
    let (code, headers, _) = fixture
        .http(
            "POST",
            "/api/v1/namespaces/default/configmaps",
            "application/json",
            r#"{"metadata":{"name":"warned"},"dta":{}}"#,
            &token,
        )
        .await;
    assert_eq!(code, 201);
    assert_eq!(headers["warning"], r#"299 - "unknown field \"dta\"""#);
    let large = format!(r#"{{"metadata":{{"name":"l"}},"data":{{"a":"{}"}}}}"#, "x".repeat(3 << 20));
    assert_eq!(
        fixture
            .http("POST", "/api/v1/namespaces/default/configmaps", "application/json", &large, &token)
            .await
            .0,
        413
    );
    assert_eq!(
        fixture.http("GET", "/api/v1/configmaps?watch=1&resourceVersion=99999999", "", "", &token).await.0,
        504
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_never_given_twice_under_concurrency() {
    let fixture = start().await;
    let services = row("", "services");
    let create = |i: usize| {
        let admin = fixture.admin.clone();
        async move {
            let body = value!({
                "metadata": {"namespace": "default", "name": format!("s{i}")},
                "spec": {"type": "NodePort", "ports": [{"port": 80}], "selector": {"a": "b"}}
            });
            admin.create(services, body).await.expect("created")
        }
    };
    let made = futures_util::future::join_all((0..50).map(create)).await;
    let mut ips: Vec<&str> = made.iter().map(|s| s.value()["spec"]["clusterIP"].str_or_empty()).collect();
    let mut ports: Vec<i64> =
        made.iter().filter_map(|s| s.value()["spec"]["ports"].items()[0]["nodePort"].as_i64()).collect();
    ips.sort_unstable();
    ips.dedup();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!((ips.len(), ports.len()), (50, 50));
    let addresses = fixture
        .admin
        .list(Target::all(row("networking.k8s.io", "ipaddresses")), ListOptions::default())
        .await
        .expect("a list");
    assert_eq!(addresses.items.len(), 51);
    fixture
        .admin
        .delete(Target::object(services, "default", "s0"), DeleteOptions::default())
        .await
        .expect("deleted");
    let addresses = fixture
        .admin
        .list(Target::all(row("networking.k8s.io", "ipaddresses")), ListOptions::default())
        .await
        .expect("a list");
    assert_eq!(addresses.items.len(), 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_there_after_a_restart() {
    let fixture = start().await;
    let maps = row("", "configmaps");
    let before = fixture.admin.create(maps, config_map("a", value!({"l": "m"}))).await.expect("created");
    fixture.supervisor.shutdown().request();
    fixture.supervisor.run().await;
    drop((fixture.server, fixture.admin));
    let fixture = start_in(fixture.dir).await;
    let after = fixture.admin.get(Target::object(maps, "default", "a")).await.expect("there");
    assert_eq!(after.json(), before.json());
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_end_gracefully_and_namespaces_wait_for_their_content() {
    let fixture = start().await;
    let pods = row("", "pods");
    fixture
        .admin
        .create(row("", "serviceaccounts"), value!({"metadata": {"namespace": "default", "name": "default"}}))
        .await
        .expect("created");
    let body = value!({
        "metadata": {"namespace": "default", "generateName": "p-"},
        "spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "i"}]}
    });
    let pod = fixture.admin.create(pods, body).await.expect("created");
    assert!(pod.name().starts_with("p-") && pod.name().len() == 7);
    assert_eq!(pod.value()["status"]["qosClass"].as_str(), Some("BestEffort"));
    assert_eq!(pod.value()["spec"]["volumes"].items().len(), 1);
    let target = Target::object(pods, "default", pod.name());
    fixture.admin.delete(target.clone(), DeleteOptions::default()).await.expect("marked");
    let marked = fixture.admin.get(target.clone()).await.expect("still there");
    assert_eq!(marked.value()["metadata"]["deletionGracePeriodSeconds"].as_i64(), Some(30));
    let now = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
    fixture.admin.delete(target.clone(), now).await.expect("removed");
    assert!(fixture.admin.get(target).await.expect_err("gone").is_not_found());
    let spaces = row("", "namespaces");
    fixture.admin.create(spaces, value!({"metadata": {"name": "x"}})).await.expect("created");
    let target = Target::object(spaces, "", "x");
    fixture.admin.delete(target.clone(), DeleteOptions::default()).await.expect("marked");
    let marked = fixture.admin.get(target.clone()).await.expect("still there");
    assert_eq!(marked.value()["status"]["phase"].as_str(), Some("Terminating"));
    let refused = fixture.admin.create(maps_in("x").0, maps_in("x").1).await.expect_err("terminating");
    assert_eq!(refused.reason(), Some(Reason::Forbidden));
    let mut last = marked.value().clone();
    last.set(&["spec", "finalizers"], value!([]));
    fixture.admin.update(target.clone().sub("finalize"), last).await.expect("finalized");
    assert!(fixture.admin.get(target).await.expect_err("gone").is_not_found());
}

fn maps_in(namespace: &str) -> (&'static Resource, Value) {
    (row("", "configmaps"), value!({"metadata": {"namespace": namespace, "name": "a"}}))
}
