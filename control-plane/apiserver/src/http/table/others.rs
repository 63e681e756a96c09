//! The kinds that people look at less often: storage, quotas, policies, admission.

use api::Object;
use api::Resource;
use api::Value;
use api::view::MapView;
use jiff::Timestamp;

use super::Column;
use super::INT;
use super::Row;
use super::STR;
use super::cells;
use super::cells::age;
use super::cells::or_none;

const BOOL: &str = "boolean";
const UNSET: &str = "<unset>";

/// Columns and cells of a resource that has some of its own here.
pub(super) fn layout(resource: &Resource) -> Option<(&'static [Column], Row)> {
    Some(match (resource.group, resource.name) {
        ("", "componentstatuses") => {
            (&[("Status", STR, 0), ("Message", STR, 0), ("Error", STR, 0)], component_status as Row)
        }
        ("admissionregistration.k8s.io", "validatingadmissionpolicies") => {
            (&[("Validations", INT, 0), ("ParamKind", STR, 0), ("Age", STR, 0)], |object, now| {
                admission_policy(object, now, "validations")
            })
        }
        ("admissionregistration.k8s.io", "mutatingadmissionpolicies") => {
            (&[("Mutations", INT, 0), ("ParamKind", STR, 0), ("Age", STR, 0)], |object, now| {
                admission_policy(object, now, "mutations")
            })
        }
        (
            "admissionregistration.k8s.io",
            "validatingadmissionpolicybindings" | "mutatingadmissionpolicybindings",
        ) => (&[("PolicyName", STR, 0), ("ParamRef", STR, 0), ("Age", STR, 0)], admission_binding),
        ("", "podtemplates") => {
            (&[("Containers", STR, 0), ("Images", STR, 0), ("Pod Labels", STR, 0)], pod_template as Row)
        }
        ("", "persistentvolumes") => (VOLUME, volume),
        ("", "persistentvolumeclaims") => (CLAIM, claim),
        ("", "resourcequotas") => (&[("Request", STR, 0), ("Limit", STR, 0), ("Age", STR, 0)], quota),
        ("batch", "cronjobs") => (CRON_JOB, cron_job),
        ("autoscaling", "horizontalpodautoscalers") => (AUTOSCALER, autoscaler),
        ("policy", "poddisruptionbudgets") => (BUDGET, budget),
        ("networking.k8s.io", "ingresses") => (INGRESS, ingress),
        ("networking.k8s.io", "ingressclasses") => {
            (&[("Controller", STR, 0), ("Parameters", STR, 0), ("Age", STR, 0)], ingress_class)
        }
        ("networking.k8s.io", "networkpolicies") => {
            (&[("Pod-Selector", STR, 0), ("Age", STR, 0)], network_policy)
        }
        ("storage.k8s.io", "storageclasses") => (STORAGE_CLASS, storage_class),
        ("storage.k8s.io", "volumeattachments") => (ATTACHMENT, attachment),
        ("storage.k8s.io", "csinodes") => (&[("Drivers", INT, 0), ("Age", STR, 0)], csi_node),
        ("node.k8s.io", "runtimeclasses") => (&[("Handler", STR, 0), ("Age", STR, 0)], runtime_class),
        (
            "admissionregistration.k8s.io",
            "mutatingwebhookconfigurations" | "validatingwebhookconfigurations",
        ) => (&[("Webhooks", INT, 0), ("Age", STR, 0)], webhooks),
        ("flowcontrol.apiserver.k8s.io", "flowschemas") => (FLOW_SCHEMA, flow_schema),
        ("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations") => (PRIORITY_LEVEL, priority_level),
        _ => return None,
    })
}

fn component_status(object: &Object, _now: Timestamp) -> Vec<Value> {
    let condition =
        object.value()["conditions"].items().iter().find(|c| c["type"].as_str() == Some("Healthy"));
    let condition = condition.unwrap_or(&api::NULL);
    let status = match condition["status"].str_or_empty() {
        "True" => "Healthy",
        "False" => "Unhealthy",
        _ => "Unknown",
    };
    vec![status.into(), condition["message"].clone(), condition["error"].str_or_empty().into()]
}

fn admission_policy(object: &Object, now: Timestamp, list: &str) -> Vec<Value> {
    let spec = &object.value()["spec"];
    let count = i64::try_from(spec[list].items().len()).unwrap_or(i64::MAX);
    let kind = &spec["paramKind"];
    let shown = if kind.is_null() {
        UNSET.to_owned()
    } else {
        format!("{}/{}", kind["apiVersion"].str_or_empty(), kind["kind"].str_or_empty())
    };
    vec![count.into(), shown.into(), age(object, now)]
}

fn admission_binding(object: &Object, now: Timestamp) -> Vec<Value> {
    let spec = &object.value()["spec"];
    let reference = &spec["paramRef"];
    let shown = if reference.is_null() {
        UNSET.to_owned()
    } else if reference["name"].str_or_empty().is_empty() {
        reference["namespace"].str_or_empty().to_owned()
    } else {
        let namespace = reference["namespace"].as_str().unwrap_or("*");
        format!("{namespace}/{}", reference["name"].str_or_empty())
    };
    vec![spec["policyName"].clone(), shown.into(), age(object, now)]
}

/// The name as a table shows it: a class that is taken where none is named says so.
pub(super) fn name(object: &Object) -> Value {
    let annotations = MapView::of(&object.value()["metadata"]["annotations"]);
    let keys: &[&str] = match object.value()["kind"].str_or_empty() {
        "StorageClass" => &[
            "storageclass.kubernetes.io/is-default-class",
            "storageclass.beta.kubernetes.io/is-default-class",
        ],
        "IngressClass" => &["ingressclass.kubernetes.io/is-default-class"],
        _ => &[],
    };
    match keys.iter().any(|key| annotations.str(key) == Some("true")) {
        true => format!("{} (default)", object.name()).into(),
        false => object.name().into(),
    }
}

const VOLUME: &[Column] = &[
    ("Capacity", STR, 0),
    ("Access Modes", STR, 0),
    ("Reclaim Policy", STR, 0),
    ("Status", STR, 0),
    ("Claim", STR, 0),
    ("StorageClass", STR, 0),
    ("VolumeAttributesClass", STR, 0),
    ("Reason", STR, 0),
    ("Age", STR, 0),
    ("VolumeMode", STR, 1),
];

fn volume(object: &Object, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (&object.value()["spec"], &object.value()["status"]);
    let claim = &spec["claimRef"];
    let claim = match claim.is_null() {
        true => String::new(),
        false => format!("{}/{}", claim["namespace"].str_or_empty(), claim["name"].str_or_empty()),
    };
    vec![
        spec["capacity"]["storage"].str_or_empty().into(),
        access_modes(&spec["accessModes"]),
        spec["persistentVolumeReclaimPolicy"].str_or_empty().into(),
        phase(object),
        claim.into(),
        spec["storageClassName"].str_or_empty().into(),
        or(&spec["volumeAttributesClassName"], UNSET),
        status["reason"].str_or_empty().into(),
        age(object, now),
        or(&spec["volumeMode"], UNSET),
    ]
}

const CLAIM: &[Column] = &[
    ("Status", STR, 0),
    ("Volume", STR, 0),
    ("Capacity", STR, 0),
    ("Access Modes", STR, 0),
    ("StorageClass", STR, 0),
    ("VolumeAttributesClass", STR, 0),
    ("Age", STR, 0),
    ("VolumeMode", STR, 1),
];

fn claim(object: &Object, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (&object.value()["spec"], &object.value()["status"]);
    let volume = spec["volumeName"].str_or_empty();
    // Before it is bound, what is asked for is not what there is.
    let (capacity, modes) = match volume.is_empty() {
        true => ("", "".into()),
        false => (status["capacity"]["storage"].str_or_empty(), access_modes(&status["accessModes"])),
    };
    vec![
        phase(object),
        volume.into(),
        capacity.into(),
        modes,
        spec["storageClassName"].str_or_empty().into(),
        or(&spec["volumeAttributesClassName"], UNSET),
        age(object, now),
        or(&spec["volumeMode"], UNSET),
    ]
}

fn pod_template(object: &Object, _now: Timestamp) -> Vec<Value> {
    let template = &object.value()["template"];
    let mut row = cells::containers(&template["spec"]["containers"]);
    row.push(cells::pairs(&template["metadata"]["labels"]));
    row
}

fn quota(object: &Object, now: Timestamp) -> Vec<Value> {
    let status = &object.value()["status"];
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    for (resource, hard) in MapView::of(&status["hard"]).iter() {
        let used = status["used"].get(resource).map_or("0", Value::str_or_empty);
        let hard = hard.str_or_empty();
        let list = if resource.starts_with("limits.") { &mut limits } else { &mut requests };
        list.push(format!("{resource}: {used}/{hard}"));
    }
    requests.sort_unstable();
    limits.sort_unstable();
    vec![requests.join(", ").into(), limits.join(", ").into(), age(object, now)]
}

const CRON_JOB: &[Column] = &[
    ("Schedule", STR, 0),
    ("Timezone", STR, 0),
    ("Suspend", BOOL, 0),
    ("Active", INT, 0),
    ("Last Schedule", STR, 0),
    ("Age", STR, 0),
    ("Containers", STR, 1),
    ("Images", STR, 1),
    ("Selector", STR, 1),
];

fn cron_job(object: &Object, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (&object.value()["spec"], &object.value()["status"]);
    let last = api::view::time(&status["lastScheduleTime"]);
    let job = &spec["jobTemplate"]["spec"];
    let mut row = vec![
        spec["schedule"].clone(),
        or(&spec["timeZone"], cells::NONE),
        if spec["suspend"].as_bool() == Some(true) { "True" } else { "False" }.into(),
        status["active"].items().len().into(),
        or_none(&last.map(|last| cells::human(last, now)).unwrap_or_default()),
        age(object, now),
    ];
    row.extend(cells::containers(&job["template"]["spec"]["containers"]));
    row.push(cells::label_selector(&job["selector"]));
    row
}

const AUTOSCALER: &[Column] = &[
    ("Reference", STR, 0),
    ("Targets", STR, 0),
    ("MinPods", STR, 0),
    ("MaxPods", STR, 0),
    ("Replicas", STR, 0),
    ("Age", STR, 0),
];

fn autoscaler(object: &Object, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (&object.value()["spec"], &object.value()["status"]);
    let target = &spec["scaleTargetRef"];
    let (metrics, current) = (spec["metrics"].items(), status["currentMetrics"].items());
    let mut targets: Vec<String> = metrics
        .iter()
        .enumerate()
        .map(|(i, metric)| metric_target(metric, current.get(i).unwrap_or(&Value::Null)))
        .collect();
    let more = targets.len().saturating_sub(2);
    targets.truncate(2);
    let mut shown = targets.join(", ");
    if more > 0 {
        shown.push_str(&format!(" + {more} more..."));
    }
    vec![
        format!("{}/{}", target["kind"].str_or_empty(), target["name"].str_or_empty()).into(),
        or_none(&shown),
        spec["minReplicas"].as_i64().map_or_else(|| UNSET.into(), |min| min.to_string().into()),
        spec["maxReplicas"].as_i64().unwrap_or(0).into(),
        status["currentReplicas"].as_i64().unwrap_or(0).into(),
        age(object, now),
    ]
}

/// What a metric is and what it should be.
fn metric_target(metric: &Value, status: &Value) -> String {
    let (source, prefix) = match metric["type"].str_or_empty() {
        "Resource" => ("resource", true),
        "ContainerResource" => ("containerResource", true),
        "Pods" => ("pods", false),
        "Object" => ("object", false),
        "External" => ("external", false),
        _ => return "<unknown type>".to_owned(),
    };
    let (target, current) = (&metric[source]["target"], &status[source]["current"]);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let percent = |value: &Value| value.as_i64().map(|number| format!("{number}%"));
    let average = text(&target["averageValue"]);
    let (now, wanted, suffix) = match (average, prefix) {
        (Some(wanted), _) => {
            let suffix = if matches!(source, "object" | "external") { " (avg)" } else { "" };
            (text(&current["averageValue"]), wanted, suffix)
        }
        (None, true) => {
            let wanted = percent(&target["averageUtilization"]).unwrap_or_else(|| "<auto>".to_owned());
            (percent(&current["averageUtilization"]), wanted, "")
        }
        (None, false) => (text(&current["value"]), text(&target["value"]).unwrap_or_default(), ""),
    };
    let now = now.unwrap_or_else(|| "<unknown>".to_owned());
    let name = if prefix { format!("{}: ", metric[source]["name"].str_or_empty()) } else { String::new() };
    format!("{name}{now}/{wanted}{suffix}")
}

const BUDGET: &[Column] = &[
    ("Min Available", STR, 0),
    ("Max Unavailable", STR, 0),
    ("Allowed Disruptions", INT, 0),
    ("Age", STR, 0),
];

fn budget(object: &Object, now: Timestamp) -> Vec<Value> {
    let spec = &object.value()["spec"];
    let bound = |key: &str| -> Value {
        match (spec[key].as_i64(), spec[key].as_str()) {
            (Some(number), _) => number.to_string().into(),
            (None, Some(share)) => share.into(),
            (None, None) => "N/A".into(),
        }
    };
    vec![
        bound("minAvailable"),
        bound("maxUnavailable"),
        object.value()["status"]["disruptionsAllowed"].as_i64().unwrap_or(0).into(),
        age(object, now),
    ]
}

const INGRESS: &[Column] =
    &[("Class", STR, 0), ("Hosts", STR, 0), ("Address", STR, 0), ("Ports", STR, 0), ("Age", STR, 0)];

fn ingress(object: &Object, now: Timestamp) -> Vec<Value> {
    let spec = &object.value()["spec"];
    let hosts: Vec<String> = spec["rules"]
        .items()
        .iter()
        .map(|rule| rule["host"].str_or_empty().to_owned())
        .filter(|host| !host.is_empty())
        .collect();
    let mut addresses: Vec<&str> = object.value()["status"]["loadBalancer"]["ingress"]
        .items()
        .iter()
        .map(|ingress| ingress["ip"].as_str().unwrap_or(ingress["hostname"].str_or_empty()))
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    let secured = !spec["tls"].items().is_empty();
    vec![
        or(&spec["ingressClassName"], cells::NONE),
        if hosts.is_empty() { "*".into() } else { cells::limited(&hosts, 3).into() },
        addresses.join(",").into(),
        if secured { "80, 443" } else { "80" }.into(),
        age(object, now),
    ]
}

fn ingress_class(object: &Object, now: Timestamp) -> Vec<Value> {
    let spec = &object.value()["spec"];
    let parameters = &spec["parameters"];
    let shown = match (parameters.is_null(), parameters["apiGroup"].as_str()) {
        (true, _) => cells::NONE.to_owned(),
        (false, Some(group)) => {
            format!("{}.{group}/{}", parameters["kind"].str_or_empty(), parameters["name"].str_or_empty())
        }
        (false, None) => {
            format!("{}/{}", parameters["kind"].str_or_empty(), parameters["name"].str_or_empty())
        }
    };
    vec![spec["controller"].str_or_empty().into(), shown.into(), age(object, now)]
}

fn network_policy(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![cells::label_selector(&object.value()["spec"]["podSelector"]), age(object, now)]
}

const STORAGE_CLASS: &[Column] = &[
    ("Provisioner", STR, 0),
    ("ReclaimPolicy", STR, 0),
    ("VolumeBindingMode", STR, 0),
    ("AllowVolumeExpansion", STR, 0),
    ("Age", STR, 0),
];

fn storage_class(object: &Object, now: Timestamp) -> Vec<Value> {
    let value = object.value();
    vec![
        value["provisioner"].str_or_empty().into(),
        or(&value["reclaimPolicy"], "Delete"),
        or(&value["volumeBindingMode"], "Immediate"),
        value["allowVolumeExpansion"].as_bool().unwrap_or(false).into(),
        age(object, now),
    ]
}

const ATTACHMENT: &[Column] =
    &[("Attacher", STR, 0), ("PV", STR, 0), ("Node", STR, 0), ("Attached", BOOL, 0), ("Age", STR, 0)];

fn attachment(object: &Object, now: Timestamp) -> Vec<Value> {
    let spec = &object.value()["spec"];
    vec![
        spec["attacher"].str_or_empty().into(),
        spec["source"]["persistentVolumeName"].str_or_empty().into(),
        spec["nodeName"].str_or_empty().into(),
        object.value()["status"]["attached"].as_bool().unwrap_or(false).into(),
        age(object, now),
    ]
}

fn csi_node(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![object.value()["spec"]["drivers"].items().len().into(), age(object, now)]
}

fn runtime_class(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![object.value()["handler"].str_or_empty().into(), age(object, now)]
}

fn webhooks(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![object.value()["webhooks"].items().len().into(), age(object, now)]
}

const FLOW_SCHEMA: &[Column] = &[
    ("PriorityLevel", STR, 0),
    ("MatchingPrecedence", STR, 0),
    ("DistinguisherMethod", STR, 0),
    ("Age", STR, 0),
    ("MissingPL", STR, 0),
];

fn flow_schema(object: &Object, now: Timestamp) -> Vec<Value> {
    let spec = &object.value()["spec"];
    let conditions = object.value()["status"]["conditions"].items();
    let dangling = conditions.iter().find(|condition| condition["type"].as_str() == Some("Dangling"));
    vec![
        spec["priorityLevelConfiguration"]["name"].str_or_empty().into(),
        spec["matchingPrecedence"].as_i64().unwrap_or(0).into(),
        or(&spec["distinguisherMethod"]["type"], cells::NONE),
        age(object, now),
        dangling.map_or("?", |condition| condition["status"].str_or_empty()).into(),
    ]
}

const PRIORITY_LEVEL: &[Column] = &[
    ("Type", STR, 0),
    ("NominalConcurrencyShares", STR, 0),
    ("Queues", STR, 0),
    ("HandSize", STR, 0),
    ("QueueLengthLimit", STR, 0),
    ("Age", STR, 0),
];

fn priority_level(object: &Object, now: Timestamp) -> Vec<Value> {
    let spec = &object.value()["spec"];
    let limited = &spec["limited"];
    let queuing = &limited["limitResponse"]["queuing"];
    let number = |value: &Value| -> Value { value.as_i64().map_or_else(|| cells::NONE.into(), Value::from) };
    vec![
        spec["type"].str_or_empty().into(),
        number(&limited["nominalConcurrencyShares"]),
        number(&queuing["queues"]),
        number(&queuing["handSize"]),
        number(&queuing["queueLengthLimit"]),
        age(object, now),
    ]
}

fn or(value: &Value, otherwise: &str) -> Value {
    value.as_str().unwrap_or(otherwise).into()
}

fn phase(object: &Object) -> Value {
    match object.value()["metadata"]["deletionTimestamp"].is_null() {
        true => object.value()["status"]["phase"].str_or_empty().into(),
        false => "Terminating".into(),
    }
}

fn access_modes(modes: &Value) -> Value {
    let known = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let has = |mode: &str| modes.items().iter().any(|known| known.as_str() == Some(mode));
    let shown: Vec<&str> = known.iter().filter(|(mode, _)| has(mode)).map(|(_, short)| *short).collect();
    shown.join(",").into()
}

#[cfg(test)]
mod tests {
    use api::value;

    use super::*;

    #[test]
    fn metrics_of_autoscalers() {
        let cpu =
            value!({"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 80}}});
        assert_eq!(metric_target(&cpu, &Value::Null), "cpu: <unknown>/80%");
        let status = value!({"resource": {"name": "cpu", "current": {"averageUtilization": 12}}});
        assert_eq!(metric_target(&cpu, &status), "cpu: 12%/80%");
        let queue = value!({"type": "External", "external": {"target": {"averageValue": "5"}}});
        assert_eq!(metric_target(&queue, &Value::Null), "<unknown>/5 (avg)");
    }

    #[test]
    fn modes_of_volumes() {
        let modes = value!(["ReadWriteMany", "ReadWriteOnce", "ReadWriteOnce"]);
        assert_eq!(access_modes(&modes).as_str(), Some("RWO,RWX"));
    }
}
