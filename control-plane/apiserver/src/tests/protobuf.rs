//! Protobuf on the wire: what goes in comes out, in objects, lists and watches.

use api::types::TypeId;

use super::*;

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

fn type_of(_api_version: &str, kind: &str) -> Option<TypeId> {
    match kind {
        "Status" => TypeId::find("meta/v1.Status"),
        kind => Resource::for_kind("", "v1", kind).and_then(|row| row.ty),
    }
}

impl Fixture {
    async fn protobuf(&self, method: &str, path: &str, body: Vec<u8>, token: &str) -> (u16, String, Vec<u8>) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", PROTOBUF)
            .header("accept", PROTOBUF)
            .header("authorization", format!("Bearer {token}"))
            .body(Body::full(body))
            .expect("a request");
        let reply = self.server.handle(request, &Arc::new(ConnInfo::in_process(Stop::new()))).await;
        let (parts, body) = reply.into_parts();
        let media_type = parts.headers["content-type"].to_str().expect("text").to_owned();
        (parts.status.as_u16(), media_type, body.collect(1 << 20).await.expect("a body").to_vec())
    }
}

/// The frames of a watch: kind of event, object.
fn frames(mut bytes: &[u8]) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    while let Some((head, rest)) = bytes.split_first_chunk::<4>() {
        let (frame, rest) = rest.split_at(u32::from_be_bytes(*head) as usize);
        // Field 1: the kind of event. Field 2: a message whose field 1 is the object.
        assert_eq!(frame[0], 0x0a);
        let name_end = 2 + usize::from(frame[1]);
        let start = frame.windows(4).position(|window| window == b"k8s\0").expect("an enveloped object");
        let name = String::from_utf8(frame[2..name_end].to_vec()).expect("text");
        found.push((name, api::protobuf::decode(&frame[start..], type_of).expect("an object")));
        bytes = rest;
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_lists_and_watches_in_protobuf() {
    let fixture = start().await;
    let token = fixture.token("writer", "cluster-admin").await;
    let ty = row("", "configmaps").ty.expect("configmaps have a type");
    let mut map = config_map("p", value!({"a": "1"}));
    map.set(&["kind"], "ConfigMap");
    map.set(&["apiVersion"], "v1");
    let path = "/api/v1/namespaces/default/configmaps";
    let (code, media_type, bytes) =
        fixture.protobuf("POST", path, api::protobuf::encode(ty, &map), &token).await;
    assert_eq!((code, media_type.as_str()), (201, PROTOBUF));
    let created = api::protobuf::decode(&bytes, type_of).expect("a ConfigMap");
    assert_eq!(created["data"], value!({"k": "v"}));
    let version = created["metadata"]["resourceVersion"].str_or_empty().to_owned();

    let (_, _, bytes) = fixture.protobuf("GET", &format!("{path}/p"), Vec::new(), &token).await;
    let got = api::protobuf::decode(&bytes, type_of).expect("a ConfigMap");
    assert_eq!(got, created);
    let stored =
        fixture.admin.get(Target::object(row("", "configmaps"), "default", "p")).await.expect("there");
    let fields = |value: &Value| value["metadata"]["managedFields"].items()[0]["fieldsV1"].clone();
    assert_eq!(fields(&got), fields(stored.value()));

    let selector = format!("{path}?labelSelector=a%3D1");
    let (code, media_type, bytes) = fixture.protobuf("GET", &selector, Vec::new(), &token).await;
    assert_eq!((code, media_type.as_str()), (200, PROTOBUF));
    let list = api::protobuf::decode(&bytes, |_, kind| {
        assert_eq!(kind, "ConfigMapList");
        TypeId::find("core/v1.ConfigMapList")
    });
    let list = list.expect("a list");
    assert_eq!(list["items"].items().len(), 1);
    assert_eq!(list["items"].items()[0]["metadata"]["uid"], created["metadata"]["uid"]);
    assert!(!list["metadata"]["resourceVersion"].str_or_empty().is_empty());

    let body = value!({"metadata": {"labels": {"a": "2"}}});
    let target = Target::object(row("", "configmaps"), "default", "p");
    fixture.admin.merge_patch(target, &body).await.expect("patched");
    let watch = format!("{path}?watch=1&resourceVersion={version}&timeoutSeconds=1");
    let (code, media_type, bytes) = fixture.protobuf("GET", &watch, Vec::new(), &token).await;
    assert_eq!((code, media_type), (200, format!("{PROTOBUF};stream=watch")));
    let events = frames(&bytes);
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0].0, "MODIFIED");
    assert_eq!(events[0].1["metadata"]["labels"], value!({"a": "2"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_protobuf_form_is_refused_or_json() {
    let fixture = start().await;
    let token = fixture.token("writer", "cluster-admin").await;
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let (code, media_type, _) = fixture.protobuf("GET", path, Vec::new(), &token).await;
    assert_eq!((code, media_type.as_str()), (406, "application/json"));
    let (code, media_type, bytes) =
        fixture.protobuf("GET", "/api/v1/namespaces/default/configmaps/none", Vec::new(), &token).await;
    assert_eq!((code, media_type.as_str()), (404, "application/json"));
    assert!(String::from_utf8_lossy(&bytes).contains("NotFound"));
}
