//! Rules of pods.

use api::value;

use super::*;
use crate::Subresource;

fn pod() -> Value {
    value!({
        "metadata": {"name": "p", "namespace": "n"},
        "spec": {
            "containers": [{
                "name": "c", "image": "i", "ports": [{"containerPort": 80}],
                "volumeMounts": [{"name": "v", "mountPath": "/v"}],
                "livenessProbe": {"httpGet": {"port": 80}},
                "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "2"}}
            }],
            "volumes": [{"name": "v", "emptyDir": {}}, {"name": "s", "secret": {"secretName": "s"}}],
            "tolerations": [{"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}]
        }
    })
}

fn found(path: &[&str], new: Value) -> Vec<String> {
    let mut object = pod();
    object.set(path, new);
    complaints(row("", "v1", "pods"), object)
}

/// The complaints about a container with one field set otherwise.
fn found_in_container(field: &str, new: Value) -> Vec<String> {
    let mut container = value!({"name": "c", "image": "i"});
    container.set(&[field], new);
    found(&["spec", "containers"], value!([container]))
}

#[test]
fn a_pod_that_is_right() {
    assert_eq!(complaints(row("", "v1", "pods"), pod()), [""; 0]);
}

#[test]
fn containers() {
    let table = [
        (
            "name",
            "A".into(),
            "spec.containers[0].name: Invalid value: \"A\": a lowercase RFC 1123 label must",
        ),
        ("image", "".into(), "spec.containers[0].image: Required value"),
        (
            "image",
            " i".into(),
            "spec.containers[0].image: Invalid value: \" i\": must not have leading or trailing whitespace",
        ),
        (
            "imagePullPolicy",
            "Often".into(),
            r#"spec.containers[0].imagePullPolicy: Unsupported value: "Often": supported values: "Always", "IfNotPresent", "Never""#,
        ),
        (
            "ports",
            value!([{"containerPort": 0}]),
            "spec.containers[0].ports[0].containerPort: Required value",
        ),
        (
            "ports",
            value!([{"containerPort": 70000}]),
            "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
        ),
        (
            "env",
            value!([{"name": "a", "value": "x", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]),
            r#"spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty"#,
        ),
        (
            "volumeMounts",
            value!([{"name": "x", "mountPath": "/v"}]),
            r#"spec.containers[0].volumeMounts[0].name: Not found: "x""#,
        ),
        (
            "resources",
            value!({"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}),
            r#"spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1"#,
        ),
        (
            "resources",
            value!({"limits": {"disk": "1"}}),
            r#"spec.containers[0].resources.limits[disk]: Invalid value: "disk": must be a standard resource type or fully qualified"#,
        ),
        (
            "livenessProbe",
            value!({}),
            "spec.containers[0].livenessProbe: Required value: must specify a handler type",
        ),
        (
            "securityContext",
            value!({"runAsUser": (-1)}),
            "spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive",
        ),
        (
            "terminationMessagePolicy",
            "Never".into(),
            r#"spec.containers[0].terminationMessagePolicy: Unsupported value: "Never": supported values: "File", "FallbackToLogsOnError""#,
        ),
    ];
    for (field, new, sentence) in table {
        let found = found_in_container(field, new);
        assert!(found.iter().any(|cause| cause.starts_with(sentence)), "{sentence}\n{found:?}");
    }
}

#[test]
fn the_spec() {
    let table: [(&str, Value, &str); 9] = [
        ("containers", value!([]), "spec.containers: Required value"),
        (
            "restartPolicy",
            "Sometimes".into(),
            r#"spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never""#,
        ),
        (
            "activeDeadlineSeconds",
            0.into(),
            "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive",
        ),
        (
            "hostAliases",
            value!([{"ip": "x"}]),
            r#"spec.hostAliases[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"#,
        ),
        (
            "tolerations",
            value!([{"operator": "Equal", "value": "x"}]),
            r#"spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys""#,
        ),
        (
            "topologySpreadConstraints",
            value!([{"maxSkew": 0, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule"}]),
            "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
        ),
        (
            "affinity",
            value!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}}),
            "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term",
        ),
        (
            "volumes",
            value!([{"name": "v", "emptyDir": {}, "hostPath": {"path": "/"}}]),
            "spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type",
        ),
        (
            "dnsPolicy",
            "None".into(),
            "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None",
        ),
    ];
    for (field, new, sentence) in table {
        let found = found(&["spec", field], new);
        assert!(found.iter().any(|cause| cause == sentence), "{sentence}\n{found:?}");
    }
}

#[test]
fn what_of_a_pod_may_change() {
    let row = row("", "v1", "pods");
    let change = |change: fn(&mut Value)| change_complaints(row, Subresource::None, pod(), change);
    let image = |object: &mut Value| {
        let list = object.at_mut(&["spec", "containers"]).as_list_mut().expect("a list");
        list.iter_mut().for_each(|container| container.set(&["image"], "j"));
    };
    assert_eq!(change(image), [""; 0]);
    assert_eq!(
        change(|object| object.set(&["spec", "hostname"], "h")),
        [
            "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
        ]
    );
    assert_eq!(
        change(|object| object.set(&["spec", "tolerations"], value!([]))),
        ["spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"]
    );
    let part = Subresource::Other("resize");
    let found = change_complaints(row, part, pod(), |object| {
        let list = object.at_mut(&["spec", "containers"]).as_list_mut().expect("a list");
        list.iter_mut().for_each(|container| container.set(&["resources"], value!({})));
    });
    assert_eq!(
        found,
        [
            r#"spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing"#,
            "spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed",
            "spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed",
        ]
    );
    let part = Subresource::Other("ephemeralcontainers");
    let found = change_complaints(row, part, pod(), |object| {
        let container = value!({"name": "e", "image": "i", "targetContainerName": "x"});
        object.set(&["spec", "ephemeralContainers"], vec![container]);
    });
    assert_eq!(found, [r#"spec.ephemeralContainers[0].targetContainerName: Not found: "x""#]);
}
