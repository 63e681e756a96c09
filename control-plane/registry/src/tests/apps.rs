//! Rules of the workloads of the apps group.

use api::value;

use super::*;
use crate::Subresource;

fn deployment() -> Value {
    value!({
        "metadata": {"name": "d", "namespace": "n"},
        "spec": {
            "selector": {"matchLabels": {"a": "b"}},
            "template": {
                "metadata": {"labels": {"a": "b"}},
                "spec": {"containers": [{"name": "c", "image": "i"}]}
            }
        }
    })
}

#[test]
fn workloads_that_are_right() {
    for name in ["deployments", "replicasets", "statefulsets"] {
        assert_eq!(complaints(row("apps", "v1", name), deployment()), [""; 0], "{name}");
    }
    assert_eq!(complaints(row("apps", "v1", "daemonsets"), deployment()), [""; 0]);
}

#[test]
fn deployments() {
    let table: [(&[&str], Value, &str); 9] = [
        (
            &["spec", "replicas"],
            (-1).into(),
            "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
        ),
        (
            &["spec", "selector", "matchLabels"],
            value!({"a": "c"}),
            r#"spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`"#,
        ),
        (
            &["spec", "selector"],
            value!({}),
            "spec.selector: Invalid value: {}: empty selector is invalid for deployment",
        ),
        (
            &["spec", "selector", "matchExpressions"],
            value!([{"key": "a", "operator": "Is"}]),
            r#"spec.selector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator"#,
        ),
        (
            &["spec", "strategy"],
            value!({"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}),
            "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
        ),
        (
            &["spec", "strategy"],
            value!({"type": "Replace"}),
            r#"spec.strategy.type: Unsupported value: "Replace": supported values: "Recreate", "RollingUpdate""#,
        ),
        (
            &["spec", "strategy"],
            value!({"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "0%"}}),
            r#"spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0"#,
        ),
        (
            &["spec", "progressDeadlineSeconds"],
            0.into(),
            "spec.progressDeadlineSeconds: Invalid value: 0: must be greater than minReadySeconds",
        ),
        (
            &["spec", "template", "spec", "restartPolicy"],
            "Never".into(),
            r#"spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always""#,
        ),
    ];
    for (path, new, sentence) in table {
        let mut object = deployment();
        object.set(path, new);
        let found = complaints(row("apps", "v1", "deployments"), object);
        assert!(found.contains(&sentence.to_owned()), "{sentence}\n{found:?}");
    }
}

#[test]
fn selectors_do_not_change() {
    let found =
        change_complaints(row("apps", "v1", "deployments"), Subresource::None, deployment(), |object| {
            object.set(&["spec", "selector", "matchLabels"], value!({"a": "c"}));
            object.set(&["spec", "template", "metadata", "labels"], value!({"a": "c"}));
        });
    assert_eq!(found, [r#"spec.selector: Invalid value: {"matchLabels":{"a":"c"}}: field is immutable"#]);
}

#[test]
fn a_stateful_set_changes_only_in_part() {
    let row = row("apps", "v1", "statefulsets");
    let found = change_complaints(row, Subresource::None, deployment(), |object| {
        object.set(&["spec", "replicas"], 3);
        object.set(&["spec", "template", "spec", "containers"], value!([{"name": "c", "image": "j"}]));
    });
    assert_eq!(found, [""; 0]);
    let found = change_complaints(row, Subresource::None, deployment(), |object| {
        object.set(&["spec", "serviceName"], "other");
    });
    assert_eq!(
        found,
        [
            "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
        ]
    );
}

#[test]
fn a_replication_controller_selects_what_it_makes() {
    let mut object = deployment();
    object.set(&["spec", "selector"], value!({"a": "c"}));
    assert_eq!(
        complaints(row("", "v1", "replicationcontrollers"), object),
        [
            r#"spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`"#
        ]
    );
}
