//! What the holders of a pod template have in common.

use api::Value;
use meta::Cause;
use meta::Causes;
use meta::names;

use crate::Path;
use crate::pod;
use crate::rules;

/// The rules of a pod template. `claims` are claim templates that become volumes of the same name.
pub(crate) fn check_template(path: &Path<'_>, template: &Value, claims: &Value, causes: &mut Causes) {
    let (metadata, spec) = (&template["metadata"], &template["spec"]);
    check_metadata(path, metadata, spec, causes);
    let at = path.child("spec");
    pod::check_pod_spec(&at, spec, &pod::Owner::template(claims), causes);
    pod::annotations::check_fields(&at, metadata, spec, causes);
    if !spec["ephemeralContainers"].items().is_empty() {
        let detail = "ephemeral containers not allowed in pod template";
        causes.push(Cause::forbidden(path.child("spec.ephemeralContainers"), detail));
    }
}

/// The rules of a template's metadata. Upstream leaves the metadata out of the path.
pub(crate) fn check_metadata(path: &Path<'_>, metadata: &Value, spec: &Value, causes: &mut Causes) {
    let annotations = path.child("annotations");
    rules::labels(&path.child("labels"), &metadata["labels"], causes);
    rules::annotations(&annotations, &metadata["annotations"], causes);
    pod::annotations::check(&annotations, &metadata["annotations"], spec, causes);
}

/// Warnings about an object's name and its template.
pub(crate) fn named_warnings(place: &[&str], object: &Value) -> Vec<String> {
    let mut found = warn_of_name(object);
    found.extend(warnings(place, object));
    found
}

/// Warns where the name of a workload makes no good host name.
fn warn_of_name(object: &Value) -> Vec<String> {
    let errors = names::dns1123_label(object["metadata"]["name"].str_or_empty());
    if errors.is_empty() {
        return Vec::new();
    }
    let errors = errors.join(" ");
    vec![format!(
        "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [{errors}]"
    )]
}

/// Drops from the template at this place what is switched off and not in use.
pub(crate) fn drop_disabled(place: &[&str], object: &mut Value, old: &Value) {
    if place.is_empty() || object.at(place).is_null() {
        return;
    }
    let old = &old.at(place)["spec"];
    pod::gates::drop_disabled(object.at_mut(place).at_mut(&["spec"]), old);
}

/// Warnings about the template at this place.
pub(crate) fn warnings(place: &[&str], object: &Value) -> Vec<String> {
    if place.is_empty() {
        return Vec::new();
    }
    pod::warnings::of_template(&Path::new(&place.join(".")), object.at(place))
}
