//! Server-side apply and managed fields over HTTP: codes, messages, ownership.

use api::Value;
use api::json;

use super::Fixture;
use super::start;

const APPLY: &str = "application/apply-patch+yaml";
const MAP: &str = "/api/v1/namespaces/default/configmaps/m";
const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/default/deployments/web";

struct Admin {
    fixture: Fixture,
    token: String,
}

impl Admin {
    async fn start() -> Self {
        let fixture = start().await;
        let token = fixture.token("root", "cluster-admin").await;
        Self { fixture, token }
    }

    async fn call(&self, method: &str, path: &str, kind: &str, body: &str) -> (u16, Value) {
        let (code, _, text) = self.fixture.http(method, path, kind, body, &self.token).await;
        (code, json::parse_value(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}")))
    }

    async fn apply(&self, path: &str, manager: &str, body: &str) -> (u16, Value) {
        self.call("PATCH", &format!("{path}?fieldManager={manager}"), APPLY, body).await
    }
}

/// `manager operation subresource: fields` of every entry.
fn owners(object: &Value) -> Vec<String> {
    let entry = |entry: &Value| {
        format!(
            "{} {} {}: {}",
            entry["manager"].str_or_empty(),
            entry["operation"].str_or_empty(),
            entry["subresource"].str_or_empty(),
            json::to_string(&entry["fieldsV1"])
        )
    };
    object["metadata"]["managedFields"].items().iter().map(entry).collect()
}

fn deployment(replicas: u32) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
      - {{name: c, image: i}}
"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn apply_makes_changes_and_keeps() {
    let admin = Admin::start().await;
    let (code, made) = admin.apply(DEPLOYMENT, "a", &deployment(2)).await;
    assert_eq!(code, 201, "{made:?}");
    assert_eq!(
        owners(&made),
        [
            r#"a Apply : {"f:spec":{"f:replicas":{},"f:selector":{},"f:template":{"f:metadata":{"f:labels":{"f:app":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:image":{},"f:name":{}}}}}}}"#
        ]
    );
    let (code, again) = admin.apply(DEPLOYMENT, "a", &deployment(2)).await;
    assert_eq!((code, &again["metadata"]), (200, &made["metadata"]));
    let (code, conflict) = admin.apply(DEPLOYMENT, "b", &deployment(3)).await;
    assert_eq!(code, 409);
    assert_eq!(
        conflict["message"].as_str(),
        Some(r#"Apply failed with 1 conflict: conflict with "a": .spec.replicas"#)
    );
    assert_eq!(
        json::to_string(&conflict["details"]["causes"]),
        r#"[{"reason":"FieldManagerConflict","message":"conflict with \"a\"","field":".spec.replicas"}]"#
    );
    let (code, forced) = admin.apply(DEPLOYMENT, "b&force=true", &deployment(3)).await;
    assert_eq!((code, forced["spec"]["replicas"].as_i64()), (200, Some(3)));
    assert_eq!(forced["metadata"]["generation"].as_i64(), Some(2));
    assert!(!owners(&forced)[0].contains("replicas") && owners(&forced)[1].contains("replicas"));
    let scale = r#"{"spec":{"replicas":5}}"#;
    let path = format!("{DEPLOYMENT}/scale?fieldManager=hpa");
    assert_eq!(admin.call("PATCH", &path, "application/merge-patch+json", scale).await.0, 200);
    let (_, scaled) = admin.call("GET", DEPLOYMENT, "", "").await;
    assert!(
        owners(&scaled).contains(&r#"hpa Update scale: {"f:spec":{"f:replicas":{}}}"#.to_owned()),
        "{:?}",
        owners(&scaled)
    );
    let (_, conflict) = admin.apply(DEPLOYMENT, "b", &deployment(3)).await;
    assert_eq!(
        conflict["message"].as_str(),
        Some(
            r#"Apply failed with 1 conflict: conflict with "hpa" with subresource "scale" using apps/v1: .spec.replicas"#
        )
    );
    let (code, _) = admin.apply(DEPLOYMENT, "c&dryRun=All&force=true", &deployment(9)).await;
    assert_eq!(code, 200);
    let (_, after) = admin.call("GET", DEPLOYMENT, "", "").await;
    assert_eq!(after, scaled);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_applier_drops_goes() {
    let admin = Admin::start().await;
    let base = "{apiVersion: v1, kind: ConfigMap, metadata: {name: m";
    admin.apply(MAP, "a", &format!("{base}, labels: {{x: '1'}}}}, data: {{k: v, l: w}}}}")).await;
    admin.apply(MAP, "b", &format!("{base}}}, data: {{l: w}}}}")).await;
    let (code, left) = admin.apply(MAP, "a", &format!("{base}}}}}")).await;
    assert_eq!(code, 200, "{left:?}");
    assert_eq!(left["data"], api::value!({"l": "w"}));
    assert_eq!(left["metadata"].get("labels"), None);
    assert_eq!(owners(&left), [r#"b Apply : {"f:data":{"f:l":{}}}"#]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_write_owns_what_it_changes() {
    let admin = Admin::start().await;
    let maps = "/api/v1/namespaces/default/configmaps?fieldManager=one";
    let body = r#"{"metadata":{"name":"m"},"data":{"k":"v","l":"w"}}"#;
    let (code, made) = admin.call("POST", maps, "application/json", body).await;
    assert_eq!(code, 201);
    assert_eq!(owners(&made), [r#"one Update : {"f:data":{".":{},"f:k":{},"f:l":{}}}"#]);
    let path = format!("{MAP}?fieldManager=two");
    let patch = r#"{"data":{"k":"x"}}"#;
    let (_, patched) = admin.call("PATCH", &path, "application/merge-patch+json", patch).await;
    assert_eq!(
        owners(&patched),
        [r#"one Update : {"f:data":{".":{},"f:l":{}}}"#, r#"two Update : {"f:data":{"f:k":{}}}"#]
    );
    let (_, again) = admin.call("PATCH", &path, "application/merge-patch+json", patch).await;
    assert_eq!(again, patched);
    let (code, conflict) = admin.apply(MAP, "three", "{apiVersion: v1, kind: ConfigMap, data: {k: z}}").await;
    assert_eq!(code, 409);
    assert_eq!(
        conflict["message"].as_str(),
        Some(r#"Apply failed with 1 conflict: conflict with "two" using v1: .data.k"#)
    );
    let reset = r#"{"metadata":{"managedFields":[]}}"#;
    let (_, forgotten) = admin.call("PATCH", MAP, "application/merge-patch+json", reset).await;
    assert!(owners(&forgotten).is_empty());
    let (_, unnamed) =
        admin.call("PATCH", MAP, "application/merge-patch+json", r#"{"data":{"n":"1"}}"#).await;
    assert!(owners(&unnamed).is_empty(), "nobody is tracked until the first apply");
    let (_, applied) =
        admin.apply(MAP, "four&force=true", "{apiVersion: v1, kind: ConfigMap, data: {k: z}}").await;
    assert_eq!(
        owners(&applied),
        [
            r#"four Apply : {"f:data":{"f:k":{}}}"#,
            r#"before-first-apply Update : {"f:data":{".":{},"f:l":{},"f:n":{}}}"#
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_are_owned_apart() {
    let admin = Admin::start().await;
    admin.apply(DEPLOYMENT, "a", &format!("{}status: {{replicas: 7}}\n", deployment(1))).await;
    let status = "{apiVersion: apps/v1, kind: Deployment, spec: {replicas: 9}, status: {replicas: 4}}";
    let (code, object) = admin.apply(&format!("{DEPLOYMENT}/status"), "s", status).await;
    assert_eq!(code, 200, "{object:?}");
    assert_eq!(object["spec"]["replicas"].as_i64(), Some(1));
    assert_eq!(object["status"]["replicas"].as_i64(), Some(4));
    assert!(owners(&object).contains(&r#"s Apply status: {"f:status":{"f:replicas":{}}}"#.to_owned()));
    assert!(!owners(&object)[0].contains("f:status"));
}

#[tokio::test(flavor = "multi_thread")]
async fn applies_that_are_refused() {
    let admin = Admin::start().await;
    for (path, body, code, message) in [
        (MAP.to_owned(), "{}", 422, "fieldManager: Required value: is required for apply patch"),
        (format!("{MAP}?fieldManager=a"), "[", 400, "error decoding YAML"),
        (format!("{MAP}?fieldManager=a"), "{kind: ConfigMap}", 400, "Object 'apiVersion' is missing"),
        (
            format!("{MAP}?fieldManager=a"),
            "{kind: Secret, apiVersion: v1}",
            400,
            "invalid object type: /v1, Kind=Secret",
        ),
        (
            format!("{MAP}?fieldManager=a"),
            "{kind: ConfigMap, apiVersion: v1, metadata: {name: other}}",
            400,
            "the name of the object (other) does not match the name on the URL (m)",
        ),
        (
            format!("{MAP}?fieldManager=a"),
            "{kind: ConfigMap, apiVersion: v1, dta: {}}",
            500,
            "failed to create typed patch object (/; /v1, Kind=ConfigMap): .dta: field not declared in schema",
        ),
        (
            format!("{MAP}?fieldManager=a"),
            "{kind: ConfigMap, apiVersion: v1, metadata: {managedFields: [{}]}}",
            400,
            "metadata.managedFields must be nil",
        ),
        (
            format!("{MAP}?fieldManager=a"),
            "{kind: ConfigMap, apiVersion: v1, metadata: {uid: x}}",
            409,
            "uid mismatch",
        ),
        (
            format!("{DEPLOYMENT}/status?fieldManager=a"),
            "{kind: Deployment, apiVersion: apps/v1}",
            404,
            "deployments.apps \"web\" not found",
        ),
    ] {
        let (found, answer) = admin.call("PATCH", &path, APPLY, body).await;
        assert_eq!(found, code, "{path} {body}: {answer:?}");
        assert!(answer["message"].str_or_empty().contains(message), "{path} {body}: {answer:?}");
    }
    let (code, _) =
        admin.call("PATCH", &format!("{MAP}?force=true"), "application/merge-patch+json", "{}").await;
    assert_eq!(code, 422);
    let viewer = admin.fixture.token("patcher", "view").await;
    let (code, _, _) =
        admin.fixture.http("PATCH", &format!("{MAP}?fieldManager=a"), APPLY, "{}", &viewer).await;
    assert_eq!(code, 403);
}
