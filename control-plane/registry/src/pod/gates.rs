//! Fields of a pod that upstream has behind switches that are off: they are dropped, unless the stored
//! object uses them already.

use api::Value;

use super::container;
use crate::pod_defaults::items_mut;

/// Projections that are switched off.
const PROJECTIONS: [&str; 2] = ["clusterTrustBundle", "podCertificate"];

/// Drops what is switched off from a spec; `old` is the one that is stored.
pub(crate) fn drop_disabled(spec: &mut Value, old: &Value) {
    if !matches!(spec, Value::Object(_)) {
        return;
    }
    if old["schedulingGroup"].is_null() {
        spec.remove(&["schedulingGroup"]);
    }
    let signals =
        |spec: &Value| container::all(spec).any(|(_, _, c)| !c["lifecycle"]["stopSignal"].is_null());
    if signals(spec) && !signals(old) {
        for list in container::LISTS {
            for container in items_mut(spec, list) {
                container.remove(&["lifecycle", "stopSignal"]);
                if container["lifecycle"].is_zero() {
                    container.remove(&["lifecycle"]);
                }
            }
        }
    }
    for projection in PROJECTIONS {
        if projects(spec, projection) && !projects(old, projection) {
            for volume in items_mut(spec, "volumes") {
                let Some(projected) = volume.get_mut("projected") else { continue };
                for source in items_mut(projected, "sources") {
                    source.remove(&[projection]);
                }
            }
        }
    }
}

fn projects(spec: &Value, projection: &str) -> bool {
    let volumes = spec["volumes"].items().iter();
    let mut sources = volumes.flat_map(|volume| volume["projected"]["sources"].items());
    sources.any(|source| !source[projection].is_null())
}
