//! The documents as clients read them.

use std::collections::BTreeSet;

use super::*;

fn rows(group: &str, version: &str) -> Vec<&'static Resource> {
    Resource::all().iter().filter(|row| row.group == group && row.version == version).collect()
}

/// Every reference of a document leads somewhere, and every schema is referred to.
fn check_references(document: &Value, prefix: &str, schemas: &Value) {
    fn collect<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(map) => {
                for entry in map.iter() {
                    match (entry.key.as_str(), &entry.value) {
                        ("$ref", Value::String(text)) => drop(found.insert(text.as_str())),
                        (_, value) => collect(value, found),
                    }
                }
            }
            Value::Array(list) => list.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    collect(document, &mut found);
    let found: BTreeSet<&str> =
        found.into_iter().map(|name| name.strip_prefix(prefix).expect("one place for schemas")).collect();
    let defined: BTreeSet<&str> = schemas.entries().iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(found, defined);
    assert!(schemas.entries().iter().all(|entry| !entry.value.is_null()));
}

#[test]
fn documents_are_closed() {
    let all: Vec<&'static Resource> = Resource::all().iter().collect();
    let v2 = v2_document(&all);
    check_references(&v2, "#/definitions/", &v2["definitions"]);
    for row in &all {
        let v3 = v3_document(&rows(row.group, row.version));
        check_references(&v3, "#/components/schemas/", &v3["components"]["schemas"]);
    }
}

#[test]
fn operation_ids_are_unique() {
    let all: Vec<&'static Resource> = Resource::all().iter().collect();
    let document = v2_document(&all);
    let mut seen = BTreeSet::new();
    for path in document["paths"].entries().iter() {
        for operation in path.value.entries().iter().filter(|entry| entry.key.as_str() != "parameters") {
            let id = operation.value["operationId"].str_or_empty().to_owned();
            assert!(seen.insert(id.clone()), "{id} stands twice");
        }
    }
    for id in
        ["listCoreV1NamespacedPod", "patchAppsV1NamespacedDeploymentStatus", "connectCoreV1GetNodeProxy"]
    {
        assert!(seen.contains(id), "{id} is missing");
    }
}

/// Every type of a built-in kind says what it and its fields are for.
#[test]
fn everything_is_described() {
    let all: Vec<&'static Resource> = Resource::all().iter().filter(|row| row.ty.is_some()).collect();
    let document = v2_document(&all);
    let mut bare = Vec::new();
    for schema in
        document["definitions"].entries().iter().filter(|entry| entry.value.get("properties").is_some())
    {
        for property in schema.value["properties"].entries().iter() {
            if property.value["description"].str_or_empty().is_empty() {
                bare.push(format!("{}.{}", schema.key.as_str(), property.key.as_str()));
            }
        }
    }
    // Upstream itself says nothing of these.
    let silent = [
        "io.k8s.api.certificates.v1.CertificateSigningRequest.metadata",
        "io.k8s.api.networking.v1.IngressRule.http",
        "io.k8s.apimachinery.pkg.apis.meta.v1.GroupResource.group",
        "io.k8s.apimachinery.pkg.apis.meta.v1.GroupResource.resource",
    ];
    assert_eq!(bare, silent);
}

/// A schema without what it and its fields are for.
fn undescribed(schema: &Value) -> Value {
    match schema {
        Value::Object(map) => {
            let kept = map.iter().filter(|entry| entry.key.as_str() != "description");
            Value::Object(kept.map(|entry| (entry.key.clone(), undescribed(&entry.value))).collect())
        }
        other => other.clone(),
    }
}

#[test]
fn what_clients_rely_on() {
    let document = v3_document(&rows("", "v1"));
    let schemas = &document["components"]["schemas"];
    for (name, expected) in [
        (
            "io.k8s.api.core.v1.Pod",
            r##"{"type":"object","properties":{"kind":{"type":"string"},"apiVersion":{"type":"string"},"metadata":{"allOf":[{"$ref":"#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}],"default":{}},"spec":{"allOf":[{"$ref":"#/components/schemas/io.k8s.api.core.v1.PodSpec"}],"default":{}},"status":{"allOf":[{"$ref":"#/components/schemas/io.k8s.api.core.v1.PodStatus"}],"default":{}}},"x-kubernetes-group-version-kind":[{"group":"","version":"v1","kind":"Pod"}]}"##,
        ),
        (
            "io.k8s.api.core.v1.LocalObjectReference",
            r#"{"type":"object","properties":{"name":{"type":"string","default":""}},"x-kubernetes-map-type":"atomic"}"#,
        ),
        (
            "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
            r#"{"format":"int-or-string","oneOf":[{"type":"integer"},{"type":"string"}]}"#,
        ),
    ] {
        assert_eq!(api::json::to_string(&undescribed(&schemas[name])), expected);
    }
    let pod = &schemas["io.k8s.api.core.v1.Pod"];
    assert!(pod["description"].str_or_empty().starts_with("Pod is a collection of containers"));
    assert!(pod["properties"]["spec"]["description"].str_or_empty().contains("desired behavior"));
    let ports = &schemas["io.k8s.api.core.v1.Container"]["properties"]["ports"];
    assert_eq!(ports["x-kubernetes-list-map-keys"], value!(["containerPort", "protocol"]));
    assert_eq!(ports["x-kubernetes-patch-merge-key"].as_str(), Some("containerPort"));
    let patch = &document["paths"]["/api/v1/namespaces/{namespace}/pods/{name}"]["patch"];
    let names: Vec<&str> = patch["parameters"].items().iter().map(|p| p["name"].str_or_empty()).collect();
    assert_eq!(names, ["dryRun", "fieldManager", "fieldValidation", "force"]);
    assert_eq!(
        patch["x-kubernetes-group-version-kind"],
        value!({"group": "", "version": "v1", "kind": "Pod"})
    );
}
