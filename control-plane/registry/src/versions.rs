//! Kinds that are served in a second version, with other fields than the one that is stored.
//!
//! There is one stored form. A request in the second version is turned into it on the way in, and the
//! answer is turned back on the way out; everything between knows the stored form only. What the second
//! version cannot say is kept in annotations, so that a client of it takes nothing away.

mod autoscaling;
mod events;

use std::sync::Arc;
use std::sync::OnceLock;

use api::Object;
use api::Resource;
use api::Value;

/// A second version of a kind.
pub struct Version {
    /// The row that is served.
    pub served: &'static Resource,
    /// The row that is stored.
    pub stored: &'static Resource,
    to_stored: fn(&mut Value),
    to_served: fn(&mut Value),
    /// Names of selectable fields: served, stored.
    fields: &'static [(&'static str, &'static str)],
}

/// The version that a row is, where it is not the stored one.
pub fn of(resource: &Resource) -> Option<&'static Version> {
    static ALL: OnceLock<Vec<Version>> = OnceLock::new();
    let row = |group, version, name| Resource::find(group, version, name).expect("a row of the table");
    let all = ALL.get_or_init(|| {
        vec![
            Version {
                served: row("events.k8s.io", "v1", "events"),
                stored: row("", "v1", "events"),
                to_stored: events::to_core,
                to_served: events::from_core,
                fields: events::FIELDS,
            },
            Version {
                served: row("autoscaling", "v1", "horizontalpodautoscalers"),
                stored: row("autoscaling", "v2", "horizontalpodautoscalers"),
                to_stored: autoscaling::to_v2,
                to_served: autoscaling::from_v2,
                fields: &[],
            },
        ]
    });
    all.iter().find(|version| version.served == resource)
}

impl Version {
    /// Turns a whole object, or an applied configuration, into the stored form.
    pub fn to_stored(&self, object: &mut Value) {
        (self.to_stored)(object);
        object.set(&["apiVersion"], self.stored.api_version());
    }

    /// Turns a stored object into the served form.
    pub fn to_served(&self, object: &mut Value) {
        (self.to_served)(object);
        object.set(&["apiVersion"], self.served.api_version());
    }

    /// A stored object as it is served.
    pub fn serve(&self, object: &Object) -> Arc<Object> {
        let mut value = object.value().clone();
        self.to_served(&mut value);
        Arc::new(Object::new(self.served, value))
    }

    /// A served object in its stored form.
    pub fn unserve(&self, object: &Object) -> Object {
        let mut value = object.value().clone();
        self.to_stored(&mut value);
        Object::new(self.stored, value)
    }

    /// The stored name of a field that a selector names.
    pub fn stored_field<'a>(&self, served: &'a str) -> &'a str {
        self.fields.iter().find(|(name, _)| *name == served).map_or(served, |(_, stored)| stored)
    }
}

/// Moves a field to another name, if it is there.
fn rename(object: &mut Value, from: &str, to: &str) {
    if let Some(value) = object.remove(&[from]) {
        object.set(&[to], value);
    }
}

#[cfg(test)]
mod tests {
    use api::value;

    use super::*;

    /// The served form of a stored object; and nothing is lost on the way back.
    fn round_trip(group: &str, version: &str, resource: &str, stored: &Value) -> Value {
        let row = Resource::find(group, version, resource).expect("a row of the table");
        let version = of(row).expect("a second version");
        let mut object = stored.clone();
        version.to_served(&mut object);
        let served = object.clone();
        version.to_stored(&mut object);
        assert_eq!(&object, stored);
        served
    }

    #[test]
    fn an_event_has_other_names_in_its_own_group() {
        let stored = value!({
            "apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"},
            "involvedObject": {"kind": "Pod", "name": "p"}, "message": "text", "reason": "Started",
            "source": {"component": "kubelet"}, "firstTimestamp": "2026-01-01T00:00:00Z",
            "lastTimestamp": "2026-01-01T00:00:01Z", "count": 2, "reportingComponent": "kubelet"
        });
        let served = round_trip("events.k8s.io", "v1", "events", &stored);
        assert_eq!(served["apiVersion"], "events.k8s.io/v1".into());
        assert_eq!(served["regarding"], stored["involvedObject"]);
        assert_eq!(served["note"], "text".into());
        assert_eq!(served["deprecatedCount"], 2.into());
        assert_eq!(served["reportingController"], "kubelet".into());
        assert!(served.get("message").is_none() && served.get("source").is_none());
        let version = of(Resource::find("events.k8s.io", "v1", "events").expect("a row")).expect("a version");
        assert_eq!(version.stored_field("regarding.name"), "involvedObject.name");
        assert_eq!(version.stored_field("type"), "type");
    }

    #[test]
    fn the_first_autoscaler_keeps_what_it_cannot_say_in_annotations() {
        let stored = value!({
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "h", "annotations": {"mine": "1"}},
            "spec": {
                "scaleTargetRef": {"kind": "Deployment", "name": "d"}, "minReplicas": 1, "maxReplicas": 5,
                "metrics": [
                    {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}},
                    {"type": "Pods", "pods": {"metric": {"name": "rps"}, "target": {"type": "AverageValue", "averageValue": "10"}}},
                    {"type": "Object", "object": {
                        "describedObject": {"kind": "Ingress", "name": "i"}, "metric": {"name": "hits"},
                        "target": {"type": "Value", "value": "2k"}
                    }},
                    {"type": "External", "external": {
                        "metric": {"name": "queue", "selector": {"matchLabels": {"q": "a"}}},
                        "target": {"type": "AverageValue", "averageValue": "30"}
                    }}
                ],
                "behavior": {"scaleDown": {"stabilizationWindowSeconds": 60, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 15}]}}
            },
            "status": {
                "currentReplicas": 1, "desiredReplicas": 1,
                "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 55, "averageValue": "110m"}}}],
                "conditions": [{"type": "AbleToScale", "status": "True"}]
            }
        });
        let served = round_trip("autoscaling", "v1", "horizontalpodautoscalers", &stored);
        assert_eq!(served["spec"]["targetCPUUtilizationPercentage"], 60.into());
        assert_eq!(served["status"]["currentCPUUtilizationPercentage"], 55.into());
        assert!(served["spec"].get("metrics").is_none() && served["status"].get("conditions").is_none());
        let metrics =
            served["metadata"]["annotations"]["autoscaling.alpha.kubernetes.io/metrics"].str_or_empty();
        assert!(
            metrics.contains(r#""metricName":"rps""#) && metrics.contains(r#""targetAverageValue":"10""#),
            "{metrics}"
        );
    }

    #[test]
    fn the_first_autoscaler_as_its_clients_write_it() {
        let row =
            Resource::find("autoscaling", "v1", "horizontalpodautoscalers").expect("a row of the table");
        let mut object = value!({
            "apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"},
            "spec": {"maxReplicas": 5, "targetCPUUtilizationPercentage": 70}
        });
        of(row).expect("a second version").to_stored(&mut object);
        assert_eq!(
            object["spec"]["metrics"],
            value!([{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}])
        );
        assert_eq!(object["apiVersion"], "autoscaling/v2".into());
    }
}
