//! Defaults of a pod's spec, shared by pods and by every template of one.
//!
//! Source: Kubernetes API reference, PodSpec and Container ("Defaults to …").

use api::Value;
use api::value;

/// Sets the defaults of a pod's (or template's) spec.
pub(crate) fn set_pod_spec_defaults(spec: &mut Value) {
    if !matches!(spec, Value::Object(_)) {
        return;
    }
    set_default(spec, "restartPolicy", "Always");
    set_default(spec, "terminationGracePeriodSeconds", 30);
    set_default(spec, "dnsPolicy", "ClusterFirst");
    set_default(spec, "schedulerName", "default-scheduler");
    set_default(spec, "securityContext", Value::object());
    // The deprecated alias is kept equal for old clients.
    let account = ["serviceAccountName", "serviceAccount"].map(|key| spec[key].str_or_empty().to_owned());
    if let Some(name) = account.iter().find(|name| !name.is_empty()) {
        spec.set(&["serviceAccountName"], name);
        spec.set(&["serviceAccount"], name);
    }
    let host_network = spec["hostNetwork"].as_bool() == Some(true);
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for container in items_mut(spec, list) {
            set_container_defaults(container, host_network);
        }
    }
    for volume in items_mut(spec, "volumes") {
        set_volume_defaults(volume);
    }
}

fn set_container_defaults(container: &mut Value, host_network: bool) {
    set_default(container, "terminationMessagePath", "/dev/termination-log");
    set_default(container, "terminationMessagePolicy", "File");
    let image = container["image"].str_or_empty();
    let policy = if is_latest(image) { "Always" } else { "IfNotPresent" };
    set_default(container, "imagePullPolicy", policy);
    for port in items_mut(container, "ports") {
        set_default(port, "protocol", "TCP");
        if host_network && port["hostPort"].is_zero() {
            let number = port["containerPort"].clone();
            port.set(&["hostPort"], number);
        }
    }
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
        if let Some(reference) = variable.get_mut("valueFrom").and_then(|from| from.get_mut("fieldRef")) {
            set_default(reference, "apiVersion", "v1");
        }
    }
    // A limit without a request is a request of the same size.
    let limits = container["resources"]["limits"].clone();
    for (name, limit) in limits.entries().iter().map(|entry| (entry.key.as_str(), &entry.value)) {
        if container["resources"]["requests"].get(name).is_none() {
            container.set(&["resources", "requests", name], limit.clone());
        }
    }
}

fn set_probe_defaults(probe: &mut Value) {
    set_default(probe, "timeoutSeconds", 1);
    set_default(probe, "periodSeconds", 10);
    set_default(probe, "successThreshold", 1);
    set_default(probe, "failureThreshold", 3);
    if let Some(http) = probe.get_mut("httpGet") {
        set_http_defaults(http);
    }
    if let Some(grpc) = probe.get_mut("grpc") {
        set_default_exact(grpc, "service", "");
    }
}

fn set_http_defaults(http: &mut Value) {
    set_default(http, "path", "/");
    set_default(http, "scheme", "HTTP");
}

fn set_volume_defaults(volume: &mut Value) {
    for source in ["secret", "configMap", "downwardAPI", "projected"] {
        if let Some(source @ Value::Object(_)) = volume.get_mut(source) {
            set_default(source, "defaultMode", 0o644);
        }
    }
    let field_refs = |items: &mut Value| {
        for item in items_mut(items, "items") {
            if let Some(reference) = item.get_mut("fieldRef") {
                set_default(reference, "apiVersion", "v1");
            }
        }
    };
    if let Some(downward) = volume.get_mut("downwardAPI") {
        field_refs(downward);
    }
    if let Some(projected) = volume.get_mut("projected") {
        for source in items_mut(projected, "sources") {
            if let Some(token) = source.get_mut("serviceAccountToken") {
                set_default(token, "expirationSeconds", 3600);
            }
            if let Some(downward) = source.get_mut("downwardAPI") {
                field_refs(downward);
            }
        }
    }
    if let Some(path @ Value::Object(_)) = volume.get_mut("hostPath") {
        set_default_exact(path, "type", "");
    }
    let sources = volume.entries().len();
    if sources <= 1 && volume.get("name").is_some() {
        // A volume that names no source is an empty directory.
        volume.set(&["emptyDir"], value!({}));
    }
}

/// Sets a field that is absent or zero.
pub(crate) fn set_default(object: &mut Value, key: &str, default: impl Into<Value>) {
    if object[key].is_null() || object[key].as_str() == Some("") {
        object.set(&[key], default);
    }
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
        assert_eq!(container["resources"]["requests"], value!({"memory": "1Mi", "cpu": "1"}));
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
