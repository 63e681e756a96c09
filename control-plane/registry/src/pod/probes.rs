//! Probes and hooks of a container, and when it is started again.

use api::Value;
use meta::Cause;
use meta::Causes;
use meta::names;

use crate::Path;
use crate::rules;

/// The probes of a container.
pub(super) const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];
const HANDLERS: [&str; 5] = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];
const COUNTS: [&str; 5] =
    ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"];
const MAX_RULES: usize = 20;
const MAX_CODES: usize = 255;

/// What happens after a container's start and before its end.
pub(super) fn check_hooks(path: &Path<'_>, container: &Value, spec: &Value, causes: &mut Causes) {
    let grace = spec["terminationGracePeriodSeconds"].as_i64();
    let path = path.child("lifecycle");
    for hook in ["postStart", "preStop"] {
        let handler = &container["lifecycle"][hook];
        if !handler.is_null() {
            check_handler(&path.child(hook), handler, grace, causes);
        }
    }
}

pub(super) fn check_all(path: &Path<'_>, container: &Value, causes: &mut Causes) {
    for kind in PROBES {
        let probe = &container[kind];
        if !probe.is_null() {
            check_probe(&path.child(kind), probe, kind, causes);
        }
    }
}

fn check_probe(path: &Path<'_>, probe: &Value, kind: &str, causes: &mut Causes) {
    check_handler(path, probe, None, causes);
    rules::non_negative(path, probe, &COUNTS, causes);
    let (field, grace) =
        (path.child("terminationGracePeriodSeconds"), probe["terminationGracePeriodSeconds"].as_i64());
    if let Some(grace) = grace.filter(|seconds| *seconds <= 0) {
        causes.push(Cause::invalid(field, grace, "must be greater than 0"));
    }
    let successes = probe["successThreshold"].as_i64().unwrap_or(0);
    match (kind, grace) {
        ("readinessProbe", Some(grace)) => {
            causes.push(Cause::invalid(field, grace, "must not be set for readinessProbes"));
        }
        ("readinessProbe", None) => {}
        _ if successes != 1 => {
            causes.push(Cause::invalid(path.child("successThreshold"), successes, "must be 1"));
        }
        _ => {}
    }
}

fn check_handler(path: &Path<'_>, handler: &Value, grace: Option<i64>, causes: &mut Causes) {
    let mut handlers = HANDLERS.into_iter().filter(|kind| !handler[*kind].is_null());
    let Some(kind) = handlers.next() else {
        causes.push(Cause::required(path, "must specify a handler type"));
        return;
    };
    check_action(&path.child(kind), kind, &handler[kind], grace, causes);
    for second in handlers {
        causes.push(Cause::forbidden(path.child(second), "may not specify more than 1 handler type"));
    }
}

fn check_action(path: &Path<'_>, kind: &str, action: &Value, grace: Option<i64>, causes: &mut Causes) {
    match kind {
        "exec" if action["command"].items().is_empty() => {
            causes.push(Cause::required(path.child("command"), ""));
        }
        "httpGet" => {
            rules::required(path, action, "path", causes);
            rules::port_or_name(&path.child("port"), &action["port"], causes);
            let scheme = action["scheme"].str_or_empty();
            if !matches!(scheme, "HTTP" | "HTTPS") {
                causes.push(Cause::not_supported(path.child("scheme"), scheme, &["HTTP", "HTTPS"]));
            }
            for header in action["httpHeaders"].items() {
                let name = header["name"].str_or_empty();
                rules::spelled(&path.child("httpHeaders"), name, names::http_header, causes);
            }
        }
        "tcpSocket" => rules::port_or_name(&path.child("port"), &action["port"], causes),
        "grpc" => rules::port(&path.child("port"), action["port"].as_i64().unwrap_or(0), causes),
        "sleep" => {
            let seconds = action["seconds"].as_i64().unwrap_or(0);
            if let Some(grace) = grace.filter(|grace| seconds < 0 || seconds > *grace) {
                let detail =
                    format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
                causes.push(Cause::invalid(path, seconds, &detail));
            }
        }
        _ => {}
    }
}

/// Rules for restarts need a policy for what they leave open.
pub(super) fn require_policy(path: &Path<'_>, causes: &mut Causes) {
    let detail = "must specify restartPolicy when restart rules are used";
    causes.push(Cause::required(path.child("restartPolicy"), detail));
}

/// When a container is started again, apart from its pod's policy.
pub(super) fn check_restarts(path: &Path<'_>, container: &Value, causes: &mut Causes) {
    let (policy, list) = (container["restartPolicy"].as_str(), container["restartPolicyRules"].items());
    match policy {
        None if list.is_empty() => return,
        None => require_policy(path, causes),
        Some(text) => {
            let known = ["Always", "Never", "OnFailure"];
            if !known.contains(&text) {
                causes.push(Cause::not_supported(path.child("restartPolicy"), text, &known));
            }
        }
    }
    let path = path.child("restartPolicyRules");
    if list.len() > MAX_RULES {
        causes.push(rules::too_many(path, list.len(), MAX_RULES));
    }
    for (i, rule) in list.iter().enumerate() {
        let path = path.index(i);
        let (action, known) = (rule["action"].str_or_empty(), ["Restart", "RestartAllContainers"]);
        if !known.contains(&action) {
            causes.push(Cause::not_supported(path.child("action"), action, &known));
        }
        let (codes, path) = (&rule["exitCodes"], path.child("exitCodes"));
        if codes.is_null() {
            causes.push(Cause::required(path, "must be specified"));
            continue;
        }
        let (operator, known) = (codes["operator"].str_or_empty(), ["In", "NotIn"]);
        if !known.contains(&operator) {
            causes.push(Cause::not_supported(path.child("operator"), operator, &known));
        }
        let values = codes["values"].items().len();
        if values > MAX_CODES {
            causes.push(rules::too_many(path.child("values"), values, MAX_CODES));
        }
    }
}
