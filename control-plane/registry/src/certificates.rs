//! CertificateSigningRequests: who asked is the server's to say, approval and status are written apart.

use api::Value;
use api::value;
use base64::Engine as _;
use meta::Cause;
use meta::Causes;
use meta::names;

use crate::Context;
use crate::Generation;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::rules;
use crate::rules::Seen;
use crate::strategy::copy_field;
use crate::table;
use crate::table::Table;

/// Conditions that are never taken away.
const FINAL: [&str; 3] = ["Approved", "Denied", "Failed"];
/// Conditions that only an approver sets.
const OF_APPROVAL: [&str; 2] = ["Approved", "Denied"];
/// The signer of requests that were made before there were names for signers.
const LEGACY: &str = "kubernetes.io/legacy-unknown";
const SHORTEST_SECONDS: i64 = 600;

pub(crate) struct SigningRequests;

impl Strategy for SigningRequests {
    fn table(&self) -> &'static Table {
        &table::SIGNING_REQUEST
    }

    fn reset_fields(&self) -> &'static [&'static str] {
        &["spec", "status"]
    }

    /// Who asks is what the server knows, never what the client says of itself.
    fn prepare_create(&self, cx: &Context<'_>, object: &mut Value) {
        for field in ["uid", "groups", "extra"] {
            object.remove(&["spec", field]);
        }
        object.set(&["spec", "username"], cx.user.name);
        if !cx.user.uid.is_empty() {
            object.set(&["spec", "uid"], cx.user.uid);
        }
        if !cx.user.groups.is_empty() {
            object.set(&["spec", "groups"], cx.user.groups.to_vec());
        }
        for (key, values) in cx.user.extra {
            object.set(&["spec", "extra", key], values.clone());
        }
        object.set(&["status"], value!({}));
    }

    fn prepare_update(&self, cx: &Context<'_>, part: Subresource, object: &mut Value, old: &Value) {
        copy_field(object, old, "spec");
        match part {
            Subresource::None => copy_field(object, old, "status"),
            Subresource::Status => keep_approval(object, old),
            Subresource::Other(_) => {
                let conditions = object["status"]["conditions"].clone();
                copy_field(object, old, "status");
                object.set(&["status", "conditions"], conditions);
            }
        }
        date_conditions(cx, object, old);
    }

    fn generation(&self, _resource: &api::Resource) -> Generation {
        Generation::None
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let (path, spec) = (Path::new("spec"), &object["spec"]);
        if !has_block(spec["request"].str_or_empty(), REQUEST) {
            let detail = "PEM block type must be CERTIFICATE REQUEST";
            causes.push(Cause::invalid(path.child("request"), &spec["request"], detail));
        }
        let (list, usages) = (path.child("usages"), spec["usages"].items());
        if usages.is_empty() {
            causes.push(Cause::required(list, ""));
        }
        rules::distinct(&list, usages.iter().map(Value::str_or_empty), causes);
        let signer = spec["signerName"].str_or_empty();
        let field = path.child("signerName");
        if signer == LEGACY {
            let detail = "the legacy signerName is not allowed via this API version";
            causes.push(Cause::invalid(field, signer, detail));
        } else {
            check_signer(&field, signer, causes);
        }
        match spec["expirationSeconds"].as_i64() {
            Some(seconds) if seconds < SHORTEST_SECONDS => {
                let detail = "may not specify a duration less than 600 seconds (10 minutes)";
                causes.push(Cause::invalid(path.child("expirationSeconds"), seconds, detail));
            }
            _ => {}
        }
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        check_conditions(&Path::new("status.conditions"), object, old, causes);
        let field = Path::new("status.conditions");
        let of = |object: &Value, kind: &str| -> Vec<Value> {
            let conditions = object["status"]["conditions"].items().iter();
            conditions.filter(|condition| condition["type"].as_str() == Some(kind)).cloned().collect()
        };
        for kind in FINAL {
            let (new, old) = (of(object, kind), of(old, kind));
            let approver = part == Subresource::Other("approval") || !OF_APPROVAL.contains(&kind);
            let what = match new.len().cmp(&old.len()) {
                std::cmp::Ordering::Less => "remove",
                std::cmp::Ordering::Greater if !approver => "add",
                std::cmp::Ordering::Equal if !approver && new != old => "modify",
                _ => continue,
            };
            let detail = format!("updates may not {what} a condition of type {kind:?}");
            causes.push(Cause::forbidden(field, &detail));
        }
        let [new, old] = [object, old].map(|object| object["status"]["certificate"].str_or_empty());
        if new != old {
            let detail = if part != Subresource::Status {
                "updates may not set certificate content"
            } else if old.is_empty() {
                if !has_block(new, CERTIFICATE) {
                    let why = "must contain at least one CERTIFICATE PEM block";
                    causes.push(Cause::invalid("status.certificate", "<certificate data>", why));
                }
                return;
            } else {
                "updates may not modify existing certificate content"
            };
            causes.push(Cause::forbidden("status.certificate", detail));
        }
    }
}

/// Whether base64 text holds a PEM block that begins like this.
fn has_block(encoded: &str, start: &[u8]) -> bool {
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).unwrap_or_default();
    decoded.windows(start.len()).any(|window| window == start)
}

const REQUEST: &[u8] = b"-----BEGIN CERTIFICATE REQUEST-----";
const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// `domain/path`, each part of the path a subdomain.
fn check_signer(path: &Path<'_>, signer: &str, causes: &mut Causes) {
    if signer.is_empty() {
        causes.push(Cause::required(path, ""));
        return;
    }
    let Some((domain, rest)) = signer.split_once('/') else {
        let detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
        causes.push(Cause::invalid(path, signer, detail));
        return;
    };
    let mut spell = |text: &str, rule: rules::NameRule| {
        let wrong = text.split('.').map(|part| (part, rule(part))).find(|(_, errors)| !errors.is_empty());
        for (part, error) in wrong.iter().flat_map(|(part, errors)| errors.iter().map(move |e| (part, e))) {
            causes.push(Cause::invalid(path, text, &format!("validating label {part:?}: {error}")));
        }
    };
    spell(domain, names::dns1123_label);
    spell(rest, names::dns1123_subdomain);
    if !domain.contains('.') {
        let detail = "should be a domain with at least two segments separated by dots";
        causes.push(Cause::invalid(path, domain, detail));
    }
}

/// A writer of the status leaves the conditions of the approver as they are.
fn keep_approval(object: &mut Value, old: &Value) {
    for kind in OF_APPROVAL {
        let is = |condition: &&Value| condition["type"].as_str() == Some(kind);
        let kept: Vec<Value> = old["status"]["conditions"].items().iter().filter(is).cloned().collect();
        if object["status"]["conditions"].items().iter().filter(is).count() != kept.len() {
            continue;
        }
        let conditions = object.at_mut(&["status"]).get_mut("conditions").and_then(Value::as_list_mut);
        let places = conditions.into_iter().flat_map(|list| list.iter_mut());
        let places = places.filter(|condition| condition["type"].as_str() == Some(kind));
        for (condition, before) in places.zip(kept) {
            *condition = before;
        }
    }
}

/// Conditions that carry no time get the time at which they were written, or turned.
fn date_conditions(cx: &Context<'_>, object: &mut Value, old: &Value) {
    let now = meta::time::seconds(cx.clock.now());
    let before = old["status"]["conditions"].items();
    let Some(status @ Value::Object(_)) = object.get_mut("status") else { return };
    let Some(conditions) = status.get_mut("conditions").and_then(Value::as_list_mut) else { return };
    for condition in conditions.iter_mut() {
        if condition["lastUpdateTime"].is_null() {
            condition.set(&["lastUpdateTime"], now.as_str());
        }
        if condition["lastTransitionTime"].is_null() {
            let same = before.iter().find(|old| {
                old["type"] == condition["type"]
                    && old["status"] == condition["status"]
                    && !old["lastTransitionTime"].is_null()
            });
            let time = same.map_or_else(|| now.as_str().into(), |old| old["lastTransitionTime"].clone());
            condition.set(&["lastTransitionTime"], time);
        }
    }
}

fn check_conditions(path: &Path<'_>, object: &Value, old: &Value, causes: &mut Causes) {
    if object["status"]["conditions"] == old["status"]["conditions"] {
        return;
    }
    let conditions = object["status"]["conditions"].items();
    let mut seen = Seen::default();
    for (i, condition) in conditions.iter().enumerate() {
        let at = path.index(i);
        rules::required(&at, condition, "type", causes);
        rules::required(&at, condition, "status", causes);
        let kind = condition["type"].str_or_empty();
        let known: &[&str] = if FINAL.contains(&kind) { &["True"] } else { &["False", "True", "Unknown"] };
        rules::supported(&at, condition, "status", known, causes);
        let opposite = match kind {
            "Approved" => "Denied",
            "Denied" => "Approved",
            _ => "",
        };
        if !opposite.is_empty() && seen.has(opposite) {
            let detail = "Approved and Denied conditions are mutually exclusive";
            causes.push(Cause::invalid(path, kind, detail));
        }
        if seen.again(kind) {
            causes.push(Cause::duplicate(at.child("type"), kind));
        }
    }
}
