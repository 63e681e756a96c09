//! LimitRanger: what one container, pod or claim may ask for, and what it asks for by default.
//!
//! Source: Kubernetes documentation, "Limit Ranges".

use api::Value;
use meta::Quantity;
use meta::Status;
use quota::Resources;
use quota::pod;
use quota::pod::Bound;
use quota::pod::Source;

use crate::path::Call;

/// Tells which amounts the plugin set.
const ANNOTATION: &str = "kubernetes.io/limit-ranger";

/// Containers of a new pod get the default requests and limits of the namespace.
pub(super) fn set_defaults(call: &Call<'_>, pod: &mut Value, old: Option<&Value>) -> Result<(), Status> {
    if old.is_some() || !super::is_about(call, "pods", "") {
        return Ok(());
    }
    for range in super::of_namespace(call, "limitranges") {
        default_pod(range.value(), pod);
    }
    Ok(())
}

/// A new pod, a resized one and every write of a claim stay within the limits of the namespace.
pub(super) fn validate(call: &Call<'_>, object: Option<&Value>, old: Option<&Value>) -> Result<(), Status> {
    let Some(object) = object else { return Ok(()) };
    let new_pod = old.is_none() && super::is_about(call, "pods", "");
    let is_pod = new_pod || super::is_about(call, "pods", "resize");
    let is_claim = super::is_about(call, "persistentvolumeclaims", "");
    let ending = old.is_some_and(|old| !old["metadata"]["deletionTimestamp"].is_null());
    if ending || !(is_pod || is_claim) {
        return Ok(());
    }
    for range in super::of_namespace(call, "limitranges") {
        let complaints = if is_pod {
            pod_complaints(range.value(), object)
        } else {
            claim_complaints(range.value(), object)
        };
        if let Some(why) = together(&complaints) {
            return Err(super::forbidden(call, &why));
        }
    }
    Ok(())
}

fn default_pod(range: &Value, pod: &mut Value) {
    // Validation lets a range have one entry of each type.
    let Some(limit) = of_type(range, "Container").next() else { return };
    let (requests, limits) = (Resources::of(&limit["defaultRequest"]), Resources::of(&limit["default"]));
    let mut set = Vec::new();
    for (list, kind) in [("containers", "container"), ("initContainers", "init container")] {
        let containers = pod.at_mut(&["spec"]).get_mut(list).and_then(Value::as_list_mut);
        for container in containers.into_iter().flat_map(|list| list.iter_mut()) {
            let name = container["name"].str_or_empty().to_owned();
            for (field, word, defaults) in [("requests", "request", &requests), ("limits", "limit", &limits)]
            {
                let own = Resources::of(&container["resources"][field]);
                let added = defaults.only(|name| !own.contains(name));
                for (resource, amount) in added.iter() {
                    container.set(&["resources", field, resource], amount.to_string());
                }
                if !added.is_empty() {
                    let names: Vec<&str> = added.names().collect();
                    set.push(format!("{} {word} for {kind} {name}", names.join(", ")));
                }
            }
        }
    }
    if !set.is_empty() {
        let text = format!("LimitRanger plugin set: {}", set.join("; "));
        pod.set(&["metadata", "annotations", ANNOTATION], text);
    }
}

fn pod_complaints(range: &Value, pod: &Value) -> Vec<String> {
    let mut complaints = Vec::new();
    for limit in of_type(range, "Container") {
        let containers = ["containers", "initContainers"].map(|list| pod["spec"][list].items());
        for container in containers.into_iter().flatten() {
            let asked = Asked {
                kind: "Container",
                requests: Resources::of(&container["resources"]["requests"]),
                limits: Resources::of(&container["resources"]["limits"]),
            };
            asked.check(limit, &mut complaints);
        }
    }
    for limit in of_type(range, "Pod") {
        let asked = Asked {
            kind: "Pod",
            requests: pod::resources(pod, Bound::Requests, Source::Spec),
            limits: pod::resources(pod, Bound::Limits, Source::Spec),
        };
        asked.check(limit, &mut complaints);
    }
    complaints
}

fn claim_complaints(range: &Value, claim: &Value) -> Vec<String> {
    let mut complaints = Vec::new();
    for limit in of_type(range, "PersistentVolumeClaim") {
        let asked = Asked {
            kind: "PersistentVolumeClaim",
            requests: Resources::of(&claim["spec"]["resources"]["requests"]),
            limits: Resources::default(),
        };
        for (name, least) in Resources::of(&limit["min"]).iter() {
            complaints.extend(asked.below(name, least));
        }
        for (name, most) in Resources::of(&limit["max"]).iter() {
            let text = format!("maximum {name} usage per {} is {most}", asked.kind);
            match asked.requests.get(name) {
                None => complaints.push(format!("{text}.  No request is specified")),
                Some(request) if request > most => {
                    complaints.push(format!("{text}, but request is {request}"))
                }
                Some(_) => {}
            }
        }
    }
    complaints
}

/// What a container, a pod or a claim asks for.
struct Asked {
    kind: &'static str,
    requests: Resources,
    limits: Resources,
}

impl Asked {
    fn check(&self, limit: &Value, complaints: &mut Vec<String>) {
        for (name, least) in Resources::of(&limit["min"]).iter() {
            complaints.extend(self.below(name, least));
        }
        for (name, most) in Resources::of(&limit["max"]).iter() {
            complaints.extend(self.above(name, most));
        }
        for (name, ratio) in Resources::of(&limit["maxLimitRequestRatio"]).iter() {
            complaints.extend(self.stretched(name, ratio));
        }
    }

    fn below(&self, name: &str, least: Quantity) -> Option<String> {
        let text = format!("minimum {name} usage per {} is {least}", self.kind);
        match (self.requests.get(name), self.limits.get(name)) {
            (None, _) => Some(format!("{text}.  No request is specified")),
            (Some(request), _) if request < least => Some(format!("{text}, but request is {request}")),
            (_, Some(limit)) if limit < least => Some(format!("{text}, but limit is {limit}")),
            _ => None,
        }
    }

    fn above(&self, name: &str, most: Quantity) -> Option<String> {
        let text = format!("maximum {name} usage per {} is {most}", self.kind);
        match (self.requests.get(name), self.limits.get(name)) {
            (_, None) => Some(format!("{text}.  No limit is specified")),
            (_, Some(limit)) if limit > most => Some(format!("{text}, but limit is {limit}")),
            (Some(request), _) if request > most => Some(format!("{text}, but request is {request}")),
            _ => None,
        }
    }

    fn stretched(&self, name: &str, most: Quantity) -> Option<String> {
        let text = format!("{name} max limit to request ratio per {} is {most}", self.kind);
        let some = |list: &Resources| list.get(name).filter(|amount| !amount.is_zero());
        let Some(request) = some(&self.requests) else {
            return Some(format!("{text}, but no request is specified or request is 0"));
        };
        let Some(limit) = some(&self.limits) else {
            return Some(format!("{text}, but no limit is specified or limit is 0"));
        };
        let ratio = limit.milli_value() as f64 / request.milli_value() as f64;
        let exceeds = ratio * 1000.0 > most.milli_value() as f64;
        exceeds.then(|| format!("{text}, but provided ratio is {ratio:.6}"))
    }
}

fn of_type<'v>(range: &'v Value, kind: &'static str) -> impl Iterator<Item = &'v Value> {
    range["spec"]["limits"].items().iter().filter(move |limit| limit["type"].as_str() == Some(kind))
}

/// Several complaints as upstream joins them.
fn together(complaints: &[String]) -> Option<String> {
    let mut unique: Vec<&str> = Vec::new();
    for complaint in complaints {
        if !unique.contains(&complaint.as_str()) {
            unique.push(complaint);
        }
    }
    match unique.as_slice() {
        [] => None,
        [one] => Some((*one).to_owned()),
        several => Some(format!("[{}]", several.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use api::value;

    use super::*;

    fn range(limit: Value) -> Value {
        value!({"spec": {"limits": [limit]}})
    }

    fn container(name: &str, requests: Value, limits: Value) -> Value {
        value!({"name": name, "resources": {"requests": requests, "limits": limits}})
    }

    fn pod(containers: Value) -> Value {
        value!({"spec": {"containers": containers}})
    }

    #[test]
    fn containers_get_what_they_do_not_name() {
        let range = range(value!({
            "type": "Container", "defaultRequest": {"cpu": "100m", "memory": "200Mi"}, "default": {"cpu": "500m"}
        }));
        let mut pod = pod(value!([container("a", value!({"cpu": "300m"}), value!({})), {"name": "b"}]));
        pod.set(
            &["spec", "initContainers"],
            value!([container("c", value!({"cpu": "1", "memory": "1"}), value!({"cpu": "2"}))]),
        );
        default_pod(&range, &mut pod);
        let containers = pod["spec"]["containers"].items();
        assert_eq!(
            containers[0]["resources"],
            value!({"requests": {"cpu": "300m", "memory": "200Mi"}, "limits": {"cpu": "500m"}})
        );
        assert_eq!(
            containers[1]["resources"],
            value!({"requests": {"cpu": "100m", "memory": "200Mi"}, "limits": {"cpu": "500m"}})
        );
        assert_eq!(
            pod["metadata"]["annotations"][ANNOTATION].str_or_empty(),
            "LimitRanger plugin set: memory request for container a; cpu limit for container a; \
             cpu, memory request for container b; cpu limit for container b"
        );
    }

    #[test]
    fn minimum_maximum_and_ratio_in_upstreams_words() {
        let says = |limit: Value, requests: Value, limits: Value| {
            together(&pod_complaints(&range(limit), &pod(value!([container("a", requests, limits)]))))
                .unwrap_or_default()
        };
        let least = || value!({"type": "Container", "min": {"cpu": "100m"}});
        assert_eq!(
            says(least(), value!({}), value!({})),
            "minimum cpu usage per Container is 100m.  No request is specified"
        );
        assert_eq!(
            says(least(), value!({"cpu": "50m"}), value!({})),
            "minimum cpu usage per Container is 100m, but request is 50m"
        );
        assert_eq!(
            says(least(), value!({"cpu": "200m"}), value!({"cpu": "50m"})),
            "minimum cpu usage per Container is 100m, but limit is 50m"
        );
        let most = || value!({"type": "Pod", "max": {"memory": "1Gi"}});
        assert_eq!(
            says(most(), value!({}), value!({})),
            "maximum memory usage per Pod is 1Gi.  No limit is specified"
        );
        assert_eq!(
            says(most(), value!({}), value!({"memory": "2Gi"})),
            "maximum memory usage per Pod is 1Gi, but limit is 2Gi"
        );
        assert_eq!(
            says(most(), value!({"memory": "2Gi"}), value!({"memory": "1Gi"})),
            "maximum memory usage per Pod is 1Gi, but request is 2Gi"
        );
        let ratio = || value!({"type": "Container", "maxLimitRequestRatio": {"cpu": "1500m"}});
        assert_eq!(
            says(ratio(), value!({"cpu": "1"}), value!({"cpu": "2"})),
            "cpu max limit to request ratio per Container is 1500m, but provided ratio is 2.000000"
        );
        assert_eq!(
            says(ratio(), value!({}), value!({"cpu": "2"})),
            "cpu max limit to request ratio per Container is 1500m, but no request is specified or request is 0"
        );
        assert_eq!(says(ratio(), value!({"cpu": "2"}), value!({"cpu": "3"})), "");
    }

    #[test]
    fn several_complaints_come_together() {
        let limit = value!({"type": "Container", "min": {"cpu": "1", "memory": "1Gi"}});
        let one = container("a", value!({"cpu": "500m", "memory": "1Mi"}), value!({}));
        assert_eq!(
            together(&pod_complaints(&range(limit), &pod(value!([one.clone(), one])))).as_deref(),
            Some(
                "[minimum cpu usage per Container is 1, but request is 500m, minimum memory usage per Container is 1Gi, but request is 1Mi]"
            )
        );
    }

    #[test]
    fn claims_have_bounds_of_their_own() {
        let range = range(
            value!({"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}, "max": {"storage": "2Gi"}}),
        );
        let says = |size: &str| {
            let claim = value!({"spec": {"resources": {"requests": {"storage": size}}}});
            together(&claim_complaints(&range, &claim)).unwrap_or_default()
        };
        assert_eq!(says("3Gi"), "maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi");
        assert_eq!(says("1Mi"), "minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi");
        assert_eq!(says("2Gi"), "");
    }
}
