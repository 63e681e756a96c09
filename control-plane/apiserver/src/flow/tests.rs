//! Which requests are whose: the default FlowSchemas.

use std::collections::BTreeMap;

use api::Value;

use super::defaults;
use super::schema::Schema;
use crate::authz::Attributes;
use crate::user::MASTERS;
use crate::user::NODES;
use crate::user::User;

/// The default schemas, by precedence.
fn schemas() -> Vec<Schema> {
    let defaults = defaults::all().into_iter().filter(|default| default.resource == "flowschemas");
    let objects = defaults.map(|default| api::Object::new(defaults::row("flowschemas"), default.body));
    let mut schemas: Vec<Schema> = objects.map(|object| Schema::of(&object)).collect();
    schemas.sort_by(|a, b| (a.precedence, &a.name).cmp(&(b.precedence, &b.name)));
    schemas
}

fn resource(verb: &str, group: &str, resource: &str, namespace: &str) -> Attributes {
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    Attributes {
        verb: verb.into(),
        group: group.into(),
        resource: resource.into(),
        subresource: subresource.into(),
        namespace: namespace.into(),
        ..Attributes::default()
    }
}

#[test]
fn who_goes_where() {
    let schemas = schemas();
    let users: BTreeMap<&str, User> = [
        ("admin", User::new("admin", &[MASTERS])),
        ("jane", User::new("jane", &["dev"])),
        ("nobody", User::anonymous()),
        ("node", User::new("system:node:n1", &[NODES])),
        ("manager", User::new("system:kube-controller-manager", &[])),
        ("scheduler", User::new("system:kube-scheduler", &[])),
        ("garbage", User::service_account("kube-system", "generic-garbage-collector")),
        ("app", User::service_account("default", "app")),
        ("impostor", User::service_account("kube-system2", "x")),
    ]
    .into();
    let lease = || resource("update", "coordination.k8s.io", "leases", "kube-node-lease");
    let cases = [
        ("admin", resource("list", "", "secrets", ""), "exempt"),
        ("nobody", Attributes::non_resource("get", "/livez"), "probes"),
        ("nobody", Attributes::non_resource("get", "/livez/ping"), "probes"),
        ("nobody", Attributes::non_resource("get", "/livezz"), "global-default"),
        ("jane", Attributes::non_resource("post", "/livez"), "global-default"),
        ("jane", resource("get", "", "pods", "default"), "global-default"),
        ("node", lease(), "system-node-high"),
        ("node", resource("patch", "", "nodes/status", ""), "system-node-high"),
        ("node", resource("patch", "", "pods/status", "default"), "system-nodes"),
        ("manager", lease(), "system-leader-election"),
        ("manager", resource("list", "coordination.k8s.io", "leases", ""), "kube-controller-manager"),
        ("scheduler", resource("create", "", "pods/binding", "default"), "kube-scheduler"),
        ("garbage", lease(), "system-leader-election"),
        ("garbage", resource("delete", "", "pods", "default"), "kube-system-service-accounts"),
        ("app", resource("get", "", "configmaps", "default"), "service-accounts"),
        ("impostor", resource("get", "", "configmaps", "default"), "service-accounts"),
    ];
    for (user, attributes, expected) in cases {
        let found = schemas.iter().find(|schema| schema.matches(&users[user], &attributes));
        assert_eq!(found.map(|schema| schema.name.as_str()), Some(expected), "{user} {attributes:?}");
    }
}

#[test]
fn flows_are_told_apart_by_the_distinguisher() {
    let schemas = schemas();
    let named = |name: &str| schemas.iter().find(|schema| schema.name == name).expect("a schema");
    let (jane, joe) = (User::new("jane", &[]), User::new("joe", &[]));
    let (a, b) = (resource("get", "", "pods", "a"), resource("get", "", "pods", "b"));
    let by_user = named("global-default");
    assert_eq!(by_user.flow(&jane, &a), by_user.flow(&jane, &b));
    assert_ne!(by_user.flow(&jane, &a), by_user.flow(&joe, &a));
    let by_namespace = named("kube-scheduler");
    assert_eq!(by_namespace.flow(&jane, &a), by_namespace.flow(&joe, &a));
    assert_ne!(by_namespace.flow(&jane, &a), by_namespace.flow(&jane, &b));
    let one = named("exempt");
    assert_eq!(one.flow(&jane, &a), one.flow(&joe, &b));
}

#[test]
fn the_defaults_are_valid_objects() {
    let mut names = Vec::new();
    for default in defaults::all() {
        assert!(
            default.body["spec"].get("matchingPrecedence").or(default.body["spec"].get("type")).is_some()
        );
        names.push((default.resource, default.body["metadata"]["name"].str_or_empty().to_owned()));
        if default.resource == "flowschemas" {
            let level: &Value = &default.body["spec"]["priorityLevelConfiguration"]["name"];
            assert!(names.contains(&("prioritylevelconfigurations", level.str_or_empty().to_owned())));
        }
    }
    assert_eq!(names.len(), 19);
}
