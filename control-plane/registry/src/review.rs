//! The rules of reviews: questions that are posted and answered, never stored.

use api::Resource;
use api::Value;
use api::value;
use meta::Cause;
use meta::Causes;
use meta::Status;

use crate::Path;

/// Refuses a review that asks for nothing, or for two things at once.
///
/// # Errors
/// The status that the review is answered with.
pub fn check(resource: &Resource, review: &Value) -> Result<(), Status> {
    if resource.name == "tokenreviews" {
        if review["spec"]["token"].str_or_empty().is_empty() {
            return Err(Status::bad_request("token is required for TokenReview in authentication"));
        }
        return Ok(());
    }
    let spec = &review["spec"];
    let mut causes = Causes::default();
    match resource.name {
        "subjectaccessreviews" | "localsubjectaccessreviews" => {
            check_attributes(spec, &mut causes);
            if spec["user"].str_or_empty().is_empty() && spec["groups"].items().is_empty() {
                causes.push(Cause::invalid(
                    "spec.user",
                    "",
                    "at least one of user or group must be specified",
                ));
            }
        }
        "selfsubjectaccessreviews" => check_attributes(spec, &mut causes),
        _ => return Ok(()),
    }
    check_metadata(resource, &review["metadata"], &mut causes);
    if resource.name == "localsubjectaccessreviews" {
        check_local(review, &mut causes);
    }
    if causes.is_empty() { Ok(()) } else { Err(Status::invalid(resource.group, "", "", causes)) }
}

fn check_attributes(spec: &Value, causes: &mut Causes) {
    let url = &spec["nonResourceAttributes"];
    match (spec["resourceAttributes"].is_null(), url.is_null()) {
        (false, false) => {
            let shown = value!({"Path": url["path"].str_or_empty(), "Verb": url["verb"].str_or_empty()});
            let detail = "cannot be specified in combination with resourceAttributes";
            causes.push(Cause::invalid("spec.nonResourceAttributes", shown, detail));
        }
        (true, true) => {
            let detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
            causes.push(Cause::invalid("spec.resourceAttributes", Value::Null, detail));
        }
        _ => {}
    }
    let path = Path::new("spec.resourceAttributes");
    for (field, operators) in [
        ("fieldSelector", &["DoesNotExist", "Exists", "In", "NotIn"][..]),
        ("labelSelector", &["DoesNotExist", "Exists", "In", "NotIn"][..]),
    ] {
        check_selector(&path.child(field), &spec["resourceAttributes"][field], operators, causes);
    }
}

fn check_selector(path: &Path<'_>, selector: &Value, operators: &[&str], causes: &mut Causes) {
    let requirements = selector["requirements"].items();
    if !selector["rawSelector"].is_zero() && !requirements.is_empty() {
        let detail = "may not specified at the same time as requirements";
        causes.push(Cause::invalid(path.child("rawSelector"), &selector["rawSelector"], detail));
    }
    let list = path.child("requirements");
    for (i, requirement) in requirements.iter().enumerate() {
        let path = list.index(i);
        let none = requirement["values"].items().is_empty();
        if requirement["key"].str_or_empty().is_empty() {
            causes.push(Cause::required(path.child("key"), "must be specified"));
        }
        match requirement["operator"].str_or_empty() {
            "In" | "NotIn" if none => {
                let detail = "must be specified when `operator` is 'In' or 'NotIn'";
                causes.push(Cause::required(path.child("values"), detail));
            }
            "Exists" | "DoesNotExist" if !none => {
                let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                causes.push(Cause::forbidden(path.child("values"), detail));
            }
            known if operators.contains(&known) => {}
            other => {
                causes.push(Cause::invalid(path.child("operator"), other, "not a valid selector operator"))
            }
        }
    }
}

/// A review has no name, and nothing else that an object has: only who asked is noted.
fn check_metadata(resource: &Resource, metadata: &Value, causes: &mut Causes) {
    let allowed = |key: &str| key == "managedFields" || (key == "namespace" && resource.namespaced);
    if metadata.entries().iter().any(|entry| !allowed(entry.key.as_str()) && !entry.value.is_zero()) {
        let detail = if resource.namespaced { "must be empty except for namespace" } else { "must be empty" };
        causes.push(Cause::invalid("metadata", metadata, detail));
    }
}

fn check_local(review: &Value, causes: &mut Causes) {
    let spec = &review["spec"];
    let named = spec["resourceAttributes"]["namespace"].str_or_empty();
    if !spec["resourceAttributes"].is_null() && named != review["metadata"]["namespace"].str_or_empty() {
        let field = "spec.resourceAttributes.namespace";
        causes.push(Cause::invalid(field, named, "must match metadata.namespace"));
    }
    if !spec["nonResourceAttributes"].is_null() {
        let url = &spec["nonResourceAttributes"];
        let shown = value!({"Path": url["path"].str_or_empty(), "Verb": url["verb"].str_or_empty()});
        causes.push(Cause::invalid(
            "spec.nonResourceAttributes",
            shown,
            "disallowed on this kind of request",
        ));
    }
}
