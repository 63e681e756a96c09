//! What the holders of a pod template have in common.

use api::Value;
use meta::Cause;
use meta::names;

use crate::Path;
use crate::pod;
use crate::rules;

/// The rules of a pod template. `claims` are claim templates that become volumes of the same name.
pub(crate) fn check_template(path: &Path<'_>, template: &Value, claims: &Value, causes: &mut Vec<Cause>) {
    // Upstream names the labels of a template without the metadata between.
    rules::labels(&path.child("labels"), &template["metadata"]["labels"], causes);
    rules::annotations(&path.child("annotations"), &template["metadata"]["annotations"], causes);
    pod::check_pod_spec(&path.child("spec"), &template["spec"], claims, causes);
    if !template["spec"]["ephemeralContainers"].items().is_empty() {
        let detail = "ephemeral containers not allowed in pod template";
        causes.push(Cause::forbidden(path.child("spec.ephemeralContainers"), detail));
    }
}

/// Warns where the name of a workload makes no good host name.
pub(crate) fn warn_of_name(object: &Value) -> Vec<String> {
    let errors = names::dns1123_label(object["metadata"]["name"].str_or_empty());
    if errors.is_empty() {
        return Vec::new();
    }
    let errors = errors.join(" ");
    vec![format!(
        "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [{errors}]"
    )]
}
