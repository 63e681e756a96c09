//! Rules of kinds of the cluster: quotas, certificates, webhooks and others.

use api::value;

use super::*;
use crate::Subresource;

#[test]
fn autoscalers() {
    let row = row("autoscaling", "v2", "horizontalpodautoscalers");
    let scaler = |max: i64| {
        value!({
            "metadata": {"name": "h"},
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"},
                "maxReplicas": max,
                "behavior": {}
            }
        })
    };
    assert_eq!(complaints(row, scaler(3)), [""; 0]);
    let made = made(row, scaler(3));
    assert_eq!(made["spec"]["minReplicas"], 1.into());
    assert_eq!(made["spec"]["metrics"].items()[0]["resource"]["target"]["averageUtilization"], 80.into());
    assert_eq!(made["spec"]["behavior"]["scaleUp"]["policies"].items().len(), 2);
    assert_eq!(made["spec"]["behavior"]["scaleDown"]["stabilizationWindowSeconds"], Value::Null);
    assert_eq!(
        complaints(row, scaler(0)),
        [
            "spec.maxReplicas: Required value: must be set and greater than 0",
            "spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`"
        ]
    );
}

#[test]
fn budgets() {
    let row = row("policy", "v1", "poddisruptionbudgets");
    let budget = |spec: Value| value!({"metadata": {"name": "b"}, "spec": spec});
    assert_eq!(complaints(row, budget(value!({"minAvailable": "50%"}))), [""; 0]);
    assert_eq!(
        complaints(row, budget(value!({"minAvailable": 1, "maxUnavailable": 1}))),
        [
            r#"spec: Invalid value: {"MinAvailable":1,"MaxUnavailable":1}: minAvailable and maxUnavailable cannot be both set"#
        ]
    );
    assert_eq!(
        complaints(row, budget(value!({"minAvailable": "101%"}))),
        [r#"spec.minAvailable: Invalid value: "101%": must not be greater than 100%"#]
    );
}

#[test]
fn ingresses() {
    let row = row("networking.k8s.io", "v1", "ingresses");
    let ingress = |path: Value| {
        value!({
            "metadata": {"name": "i"},
            "spec": {"rules": [{"host": "a.example.com", "http": {"paths": [path]}}]}
        })
    };
    let backend = value!({"service": {"name": "s", "port": {"number": 80}}});
    let right = value!({"path": "/", "pathType": "Prefix", "backend": &backend});
    assert_eq!(complaints(row, ingress(right)), [""; 0]);
    assert_eq!(
        complaints(row, ingress(value!({"path": "a", "pathType": "Exact", "backend": &backend}))),
        [r#"spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path"#]
    );
    assert_eq!(
        complaints(row, ingress(value!({"path": "/", "backend": &backend}))),
        ["spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified"]
    );
    assert_eq!(
        complaints(row, ingress(value!({"path": "/", "pathType": "Exact", "backend": {}}))),
        [
            r#"spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required"#
        ]
    );
}

#[test]
fn network_policies() {
    let row = row("networking.k8s.io", "v1", "networkpolicies");
    let policy =
        |rule: Value| value!({"metadata": {"name": "p"}, "spec": {"podSelector": {}, "ingress": [rule]}});
    let block = |except: &str| value!({"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": [except]}}]});
    assert_eq!(complaints(row, policy(block("10.1.0.0/16"))), [""; 0]);
    assert_eq!(
        complaints(row, policy(block("11.1.0.0/16"))),
        [
            r#"spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.1.0.0/16": must be a strict subset of `cidr`"#
        ]
    );
    assert_eq!(
        complaints(row, policy(value!({"from": [{}], "ports": [{"endPort": 5}]}))),
        [
            "spec.ingress[0].ports[0].endPort: Invalid value: 5: may not be specified when `port` is not specified",
            "spec.ingress[0].from[0]: Required value: must specify a peer"
        ]
    );
}

#[test]
fn volumes_and_their_classes() {
    let volume = |spec: Value| value!({"metadata": {"name": "v"}, "spec": spec});
    let row_of = row("", "v1", "persistentvolumes");
    let right = value!({"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/x"}});
    assert_eq!(complaints(row_of, volume(right)), [""; 0]);
    assert_eq!(
        complaints(row_of, volume(value!({"accessModes": ["Always"]}))),
        [
            r#"spec.accessModes: Unsupported value: "Always": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod""#,
            "spec.capacity: Required value",
            r#"spec.capacity: Unsupported value: null: supported values: "storage""#,
            "spec: Required value: must specify a volume type",
        ]
    );
    let row = row("storage.k8s.io", "v1", "storageclasses");
    let class = value!({"metadata": {"name": "c"}, "provisioner": "example.com/p"});
    assert_eq!(complaints(row, class.clone()), [""; 0]);
    let found = change_complaints(row, Subresource::None, class, |object| {
        object.set(&["reclaimPolicy"], "Retain");
    });
    assert_eq!(found, [r#"reclaimPolicy: Invalid value: "Retain": field is immutable"#]);
    assert_eq!(complaints(row, value!({"metadata": {"name": "c"}})), ["provisioner: Required value"]);
}

#[test]
fn claims_grow_when_they_are_bound() {
    let row = row("", "v1", "persistentvolumeclaims");
    let claim = value!({
        "metadata": {"name": "c"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    });
    assert_eq!(complaints(row, claim.clone()), [""; 0]);
    let found = change_complaints(row, Subresource::None, claim.clone(), |object| {
        object.set(&["spec", "resources", "requests", "storage"], "2Gi");
    });
    assert_eq!(
        found,
        [
            "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
        ]
    );
    let found = change_complaints(row, Subresource::None, claim, |object| {
        object.set(&["spec", "volumeName"], "v");
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn signing_requests_are_approved_and_signed_apart() {
    let row = row("certificates.k8s.io", "v1", "certificatesigningrequests");
    let request = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0=";
    let csr = value!({
        "metadata": {"name": "r"},
        "spec": {"request": request, "signerName": "example.com/s", "usages": ["client auth"]}
    });
    assert_eq!(complaints(row, csr.clone()), [""; 0]);
    let mut forged = csr.clone();
    forged.set(&["spec", "username"], "admin");
    forged.set(&["spec", "groups"], value!(["system:masters"]));
    let made = made(row, forged);
    assert_eq!((&made["spec"]["username"], &made["spec"]["groups"]), (&"someone".into(), &Value::Null));
    let approve = |object: &mut Value| {
        let approved = value!({"type": "Approved", "status": "True"});
        object.set(&["status", "conditions"], vec![approved]);
    };
    let approval = Subresource::Other("approval");
    assert_eq!(change_complaints(row, approval, csr.clone(), approve), [""; 0]);
    assert_eq!(
        change_complaints(row, Subresource::Status, csr.clone(), approve),
        [r#"status.conditions: Forbidden: updates may not add a condition of type "Approved""#]
    );
    let found = change_complaints(row, approval, csr.clone(), |object| {
        let both = value!([{"type": "Approved", "status": "True"}, {"type": "Denied", "status": "False"}]);
        object.set(&["status", "conditions"], both);
    });
    assert_eq!(
        found,
        [
            r#"status.conditions[1].status: Unsupported value: "False": supported values: "True""#,
            r#"status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive"#
        ]
    );
    let mut wrong = csr;
    wrong.set(&["spec", "usages"], value!(["client auth", "client auth", "fun"]));
    let found = complaints(row, wrong);
    assert_eq!(found[0], r#"spec.usages[1]: Duplicate value: "client auth""#);
    assert!(found[1].starts_with(r#"spec.usages[2]: Unsupported value: "fun""#), "{found:?}");
}

#[test]
fn webhooks() {
    let row = row("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations");
    let hook = value!({
        "name": "a.example.com", "clientConfig": {"service": {"name": "s", "namespace": "n"}},
        "sideEffects": "None", "admissionReviewVersions": ["v1"],
        "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}]
    });
    let of = |hook: Value| value!({"metadata": {"name": "w"}, "webhooks": [hook]});
    assert_eq!(complaints(row, of(hook.clone())), [""; 0]);
    let table: [(&[&str], Value, &str); 4] = [
        (
            &["sideEffects"],
            "".into(),
            "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun",
        ),
        (
            &["clientConfig"],
            value!({"url": "http://a"}),
            r#"webhooks[0].clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]"#,
        ),
        (
            &["timeoutSeconds"],
            31.into(),
            "webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds",
        ),
        (
            &["clientConfig"],
            value!({}),
            "webhooks[0].clientConfig: Required value: exactly one of url or service is required",
        ),
    ];
    for (path, new, sentence) in table {
        let mut hook = hook.clone();
        hook.set(path, new);
        assert_eq!(complaints(row, of(hook)), [sentence]);
    }
}

#[test]
fn flows() {
    let row_of = row("flowcontrol.apiserver.k8s.io", "v1", "flowschemas");
    let schema = |subject: Value| {
        let rule = value!({
            "subjects": [subject],
            "nonResourceRules": [{"verbs": ["*", "get"], "nonResourceURLs": ["/x"]}]
        });
        value!({
            "metadata": {"name": "f"},
            "spec": {"priorityLevelConfiguration": {"name": "p"}, "rules": [rule]}
        })
    };
    assert_eq!(
        complaints(row_of, schema(value!({"kind": "User"}))),
        [
            "spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'",
            r#"spec.rules[0].nonResourceRules[0].verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs"#
        ]
    );
    let row_of = row("flowcontrol.apiserver.k8s.io", "v1", "prioritylevelconfigurations");
    let level = |spec: Value| value!({"metadata": {"name": "l"}, "spec": spec});
    let limited = value!({"type": "Limited", "limited": {"limitResponse": {"type": "Queue", "queuing": {}}}});
    assert_eq!(complaints(row_of, level(limited.clone())), [""; 0]);
    assert_eq!(
        made(row_of, level(limited))["spec"]["limited"]["limitResponse"]["queuing"]["queues"],
        64.into()
    );
    assert_eq!(
        complaints(row_of, level(value!({"type": "Limited"}))),
        ["spec.limited: Required value: must not be empty when type is Limited"]
    );
}

#[test]
fn runtime_classes_slices_and_leases() {
    let class = |handler: &str| value!({"metadata": {"name": "r"}, "handler": handler});
    let row_of = row("node.k8s.io", "v1", "runtimeclasses");
    assert_eq!(complaints(row_of, class("")), ["handler: Required value"]);
    let found =
        change_complaints(row_of, Subresource::None, class("a"), |object| object.set(&["handler"], "b"));
    assert_eq!(found, [r#"handler: Invalid value: "b": field is immutable"#]);
    let slice = value!({
        "metadata": {"name": "s"}, "addressType": "IPv4", "endpoints": [{"addresses": ["fd00::1"]}]
    });
    assert_eq!(
        complaints(row("discovery.k8s.io", "v1", "endpointslices"), slice),
        [r#"endpoints[0].addresses: Invalid value: "fd00::1": must be an IPv4 address"#]
    );
    let lease = value!({"metadata": {"name": "l"}, "spec": {"leaseDurationSeconds": 0}});
    assert_eq!(
        complaints(row("coordination.k8s.io", "v1", "leases"), lease),
        ["spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"]
    );
}
