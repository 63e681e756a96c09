//! Defaults of a pod's spec, shared by pods and by every template of one.
//!
//! Source: Kubernetes API reference, PodSpec and Container ("Defaults to …").

use std::sync::LazyLock;

use api::Value;
use api::value;
use api::view::quantity;
use meta::Quantity;

/// What a source of a volume is taken for: source, field, value.
static SOURCE_DEFAULTS: LazyLock<Vec<(&str, &str, Value)>> = LazyLock::new(|| {
    vec![
        ("hostPath", "type", "".into()),
        ("iscsi", "iscsiInterface", "default".into()),
        ("rbd", "pool", "rbd".into()),
        ("rbd", "user", "admin".into()),
        ("rbd", "keyring", "/etc/ceph/keyring".into()),
        ("azureDisk", "cachingMode", "ReadWrite".into()),
        ("azureDisk", "fsType", "ext4".into()),
        ("azureDisk", "readOnly", false.into()),
        ("azureDisk", "kind", "Shared".into()),
        ("scaleIO", "storageMode", "ThinProvisioned".into()),
        ("scaleIO", "fsType", "xfs".into()),
    ]
});

/// Sets the defaults of a pod's (or template's) spec.
pub(crate) fn set_pod_spec_defaults(spec: &mut Value) {
    if !matches!(spec, Value::Object(_)) {
        return;
    }
    let defaults = [
        ("restartPolicy", "Always".into()),
        ("terminationGracePeriodSeconds", 30.into()),
        ("dnsPolicy", "ClusterFirst".into()),
        ("schedulerName", "default-scheduler".into()),
        ("securityContext", Value::object()),
    ];
    spec.ensure_map().fill(defaults, is_unset);
    // The deprecated alias is kept equal for old clients.
    let account = ["serviceAccountName", "serviceAccount"].map(|key| spec[key].str_or_empty().to_owned());
    if let Some(name) = account.iter().find(|name| !name.is_empty()) {
        spec.set(&["serviceAccountName"], name);
        spec.set(&["serviceAccount"], name);
    }
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for container in items_mut(spec, list) {
            set_container_defaults(container);
        }
    }
    for volume in items_mut(spec, "volumes") {
        set_volume_defaults(volume);
    }
    round_amounts(spec);
    if let Some(overhead) = spec.get_mut("overhead") {
        round_up(overhead);
    }
}

/// Amounts are held in thousandths; what is finer is rounded up.
fn round_amounts(object: &mut Value) {
    let Some(resources) = object.get_mut("resources") else { return };
    for kind in ["limits", "requests"] {
        if let Some(amounts) = resources.get_mut(kind) {
            round_up(amounts);
        }
    }
}

fn round_up(amounts: &mut Value) {
    let Some(amounts) = amounts.as_map_mut() else { return };
    // Only these two suffixes, in the canonical form, say something finer.
    let fine = |value: &Value| value.str_or_empty().ends_with(['n', 'u']);
    if !amounts.iter().any(|entry| fine(&entry.value)) {
        return;
    }
    amounts.edit(|entries| {
        for entry in entries.iter_mut().filter(|entry| fine(&entry.value)) {
            if let Some(amount) = quantity(&entry.value) {
                entry.value = Quantity::from_millis(amount.milli_value()).to_string().into();
            }
        }
    });
}

fn set_container_defaults(container: &mut Value) {
    let defaults = [
        ("terminationMessagePath", "/dev/termination-log".into()),
        ("terminationMessagePolicy", "File".into()),
        ("imagePullPolicy", pull_policy(container["image"].str_or_empty()).into()),
    ];
    container.ensure_map().fill(defaults, is_unset);
    for port in items_mut(container, "ports") {
        set_default(port, "protocol", "TCP");
    }
    round_amounts(container);
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe @ Value::Object(_)) = container.get_mut(probe) {
            set_probe_defaults(probe);
        }
    }
    for hook in ["postStart", "preStop"] {
        let handler = container.get_mut("lifecycle").and_then(|lifecycle| lifecycle.get_mut(hook));
        if let Some(http) = handler.and_then(|handler| handler.get_mut("httpGet")) {
            set_http_defaults(http);
        }
    }
    for variable in items_mut(container, "env") {
        let Some(from) = variable.get_mut("valueFrom") else { continue };
        if let Some(reference) = from.get_mut("fieldRef") {
            set_default(reference, "apiVersion", "v1");
        }
        if let Some(reference @ Value::Object(_)) = from.get_mut("fileKeyRef") {
            set_default_exact(reference, "optional", false);
        }
    }
}

fn set_probe_defaults(probe: &mut Value) {
    let counts =
        [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)];
    probe.ensure_map().fill(counts.map(|(field, default)| (field, default.into())), Value::is_zero);
    if let Some(http) = probe.get_mut("httpGet") {
        set_http_defaults(http);
    }
    if let Some(grpc) = probe.get_mut("grpc") {
        set_default_exact(grpc, "service", "");
    }
}

fn set_http_defaults(http: &mut Value) {
    http.ensure_map().fill([("path", "/".into()), ("scheme", "HTTP".into())], is_unset);
}

fn set_volume_defaults(volume: &mut Value) {
    let Value::Object(sources) = &mut *volume else { return };
    // Few of them are there: what is looked at is what is there, not all that could be.
    for source in sources.iter_mut().filter(|entry| matches!(entry.value, Value::Object(_))) {
        set_source_defaults(source.key.as_str(), &mut source.value);
    }
    if sources.len() <= 1 && sources.contains("name") {
        // A volume that names no source is an empty directory.
        sources.insert("emptyDir", value!({}));
    }
}

fn set_source_defaults(kind: &str, source: &mut Value) {
    match kind {
        "secret" | "configMap" => set_default(source, "defaultMode", 0o644),
        "downwardAPI" => {
            set_default(source, "defaultMode", 0o644);
            set_field_ref_defaults(source);
        }
        "projected" => {
            set_default(source, "defaultMode", 0o644);
            for source in items_mut(source, "sources") {
                if let Some(token) = source.get_mut("serviceAccountToken") {
                    set_default(token, "expirationSeconds", 3600);
                }
                if let Some(downward) = source.get_mut("downwardAPI") {
                    set_field_ref_defaults(downward);
                }
            }
        }
        "image" => {
            let policy = pull_policy(source["reference"].str_or_empty());
            set_default(source, "pullPolicy", policy);
        }
        "ephemeral" => {
            let template = source.get_mut("volumeClaimTemplate");
            if let Some(spec @ Value::Object(_)) = template.and_then(|template| template.get_mut("spec")) {
                set_default(spec, "volumeMode", "Filesystem");
            }
        }
        _ => {
            for (_, field, default) in SOURCE_DEFAULTS.iter().filter(|(of, ..)| *of == kind) {
                set_default_exact(source, field, default.clone());
            }
        }
    }
}

fn set_field_ref_defaults(files: &mut Value) {
    for file in items_mut(files, "items") {
        if let Some(reference) = file.get_mut("fieldRef") {
            set_default(reference, "apiVersion", "v1");
        }
    }
}

/// Sets a field that is absent or zero.
pub(crate) fn set_default(object: &mut Value, key: &str, default: impl Into<Value>) {
    if is_unset(&object[key]) {
        object.set(&[key], default);
    }
}

fn is_unset(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

/// Sets a field that is absent, and leaves a zero alone.
fn set_default_exact(object: &mut Value, key: &str, default: impl Into<Value>) {
    if object[key].is_null() {
        object.set(&[key], default);
    }
}

/// The elements of a list field, for change.
pub(crate) fn items_mut<'a>(object: &'a mut Value, list: &str) -> impl Iterator<Item = &'a mut Value> {
    let list = object.get_mut(list).and_then(Value::as_list_mut);
    list.into_iter().flat_map(|list| list.iter_mut())
}

/// When an image is pulled that nothing is said about.
fn pull_policy(image: &str) -> &'static str {
    if is_latest(image) { "Always" } else { "IfNotPresent" }
}

/// Whether an image reference has the tag `latest`, or neither tag nor digest.
fn is_latest(image: &str) -> bool {
    if image.contains('@') {
        return false;
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pod_spec() {
        let mut spec = value!({
            "containers": [{
                "name": "a", "image": "127.0.0.1:5000/x", "ports": [{"containerPort": 80}],
                "resources": {"limits": {"cpu": "1"}, "requests": {"memory": "1Mi"}},
                "readinessProbe": {"httpGet": {"port": 80}}
            }],
            "volumes": [{"name": "v"}, {"name": "c", "configMap": {"name": "c"}}]
        });
        set_pod_spec_defaults(&mut spec);
        let container = &spec["containers"].items()[0];
        assert_eq!(container["imagePullPolicy"].as_str(), Some("Always"));
        assert_eq!(container["ports"].items()[0]["protocol"].as_str(), Some("TCP"));
        assert_eq!(container["readinessProbe"]["httpGet"]["scheme"].as_str(), Some("HTTP"));
        assert_eq!(spec["volumes"].items()[0]["emptyDir"], value!({}));
        assert_eq!(spec["volumes"].items()[1]["configMap"]["defaultMode"].as_i64(), Some(420));
        let once = spec.clone();
        set_pod_spec_defaults(&mut spec);
        assert_eq!(spec, once);
    }

    #[test]
    fn pull_policy_follows_the_tag() {
        for (image, latest) in [
            ("a", true),
            ("a:latest", true),
            ("a:1", false),
            ("h:5000/a", true),
            ("h:5000/a:1", false),
            ("a@sha256:x", false),
        ] {
            assert_eq!(is_latest(image), latest, "{image}");
        }
    }
}
