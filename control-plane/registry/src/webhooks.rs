//! Configurations of webhooks, and admission policies.

use api::Value;
use api::value;
use meta::Cause;
use meta::Causes;
use meta::names;

use crate::Context;
use crate::Generation;
use crate::Path;
use crate::Strategy;
use crate::Table;
use crate::pod_defaults::items_mut;
use crate::pod_defaults::set_default;
use crate::rules;
use crate::rules::Seen;
use crate::table;

pub(crate) struct WebhookConfigurations;
pub(crate) enum AdmissionPolicies {
    Validating,
    Mutating,
}
pub(crate) struct AdmissionBindings;

impl Strategy for WebhookConfigurations {
    fn table(&self) -> &'static Table {
        &table::WEBHOOK_CONFIGURATION
    }

    fn allows_unconditional_update(&self) -> bool {
        false
    }

    fn set_defaults(&self, object: &mut Value) {
        let mutating = object["kind"].as_str() == Some("MutatingWebhookConfiguration");
        for hook in items_mut(object, "webhooks") {
            set_default(hook, "failurePolicy", "Fail");
            set_default(hook, "matchPolicy", "Equivalent");
            set_default(hook, "namespaceSelector", value!({}));
            set_default(hook, "objectSelector", value!({}));
            set_default(hook, "timeoutSeconds", 10);
            if mutating && hook["reinvocationPolicy"].is_null() {
                hook.set(&["reinvocationPolicy"], "Never");
            }
            let service = hook.get_mut("clientConfig").and_then(|config| config.get_mut("service"));
            if let Some(service @ Value::Object(_)) = service {
                set_default(service, "port", 443);
            }
            for rule in items_mut(hook, "rules") {
                set_default(rule, "scope", "*");
            }
        }
    }

    fn generation(&self, _resource: &api::Resource) -> Generation {
        Generation::Counted
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let (list, hooks) = (Path::new("webhooks"), object["webhooks"].items());
        let mut seen = Seen::default();
        for (i, hook) in hooks.iter().enumerate() {
            let path = list.index(i);
            check_hook(&path, hook, causes);
            let name = hook["name"].str_or_empty();
            if !name.is_empty() && seen.again(name) {
                causes.push(Cause::duplicate(path.child("name"), name));
            }
        }
    }
}

fn check_hook(path: &Path<'_>, hook: &Value, causes: &mut Causes) {
    let name = hook["name"].str_or_empty();
    if name.is_empty() {
        causes.push(Cause::required(path.child("name"), ""));
    } else {
        rules::spelled(&path.child("name"), name, names::dns1123_subdomain, causes);
        if name.split('.').count() < 3 {
            let detail = "should be a domain with at least three segments separated by dots";
            causes.push(Cause::invalid(path.child("name"), name, detail));
        }
    }
    let list = path.child("rules");
    for (i, rule) in hook["rules"].items().iter().enumerate() {
        check_rule(&list.index(i), rule, causes);
    }
    let field = path.child("sideEffects");
    match hook["sideEffects"].str_or_empty() {
        "" => causes.push(Cause::required(field, "must specify one of None, NoneOnDryRun")),
        "None" | "NoneOnDryRun" => {}
        other => causes.push(Cause::not_supported(field, other, &["None", "NoneOnDryRun"])),
    }
    let seconds = hook["timeoutSeconds"].as_i64().unwrap_or(10);
    if !(1..=30).contains(&seconds) {
        let detail = "the timeout value must be between 1 and 30 seconds";
        causes.push(Cause::invalid(path.child("timeoutSeconds"), seconds, detail));
    }
    if hook["reinvocationPolicy"].as_str() == Some("") {
        let known = ["IfNeeded", "Never"];
        causes.push(Cause::not_supported(path.child("reinvocationPolicy"), "", &known));
    }
    for field in ["namespaceSelector", "objectSelector"] {
        rules::label_selector(&path.child(field), &hook[field], causes);
    }
    check_client(&path.child("clientConfig"), &hook["clientConfig"], causes);
    check_versions(&path.child("admissionReviewVersions"), hook, causes);
}

fn check_client(path: &Path<'_>, config: &Value, causes: &mut Causes) {
    let (url, service) = (config["url"].as_str(), &config["service"]);
    if url.is_some() != service.is_null() {
        causes.push(Cause::required(path, "exactly one of url or service is required"));
        return;
    }
    if let Some(url) = url {
        let field = path.child("url");
        match url.split_once("://") {
            Some(("https", rest)) if rest.is_empty() || rest.starts_with('/') => {
                let detail = "host must be specified; desired format: https://host[/path]";
                causes.push(Cause::invalid(field, "", detail));
            }
            Some(("https", rest)) => {
                let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
                let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
                let host = rest.split('/').next().unwrap_or(rest);
                let user = host.rsplit_once('@').map_or("", |(user, _)| user);
                for (part, detail) in [
                    (user, "user information is not permitted in the URL"),
                    (fragment, "fragments are not permitted in the URL"),
                    (query, "query parameters are not permitted in the URL"),
                ] {
                    if !part.is_empty() {
                        causes.push(Cause::invalid(field, part, detail));
                    }
                }
            }
            other => {
                let scheme = other.map_or("", |(scheme, _)| scheme);
                let detail = "'https' is the only allowed URL scheme; desired format: https://host[/path]";
                causes.push(Cause::invalid(field, scheme, detail));
            }
        }
        return;
    }
    let at = path.child("service");
    rules::required(&at, service, "name", causes);
    rules::required(&at, service, "namespace", causes);
    let port = service["port"].as_i64().unwrap_or(443);
    if !(1..=65535).contains(&port) {
        let detail = "port is not valid: must be between 1 and 65535, inclusive";
        causes.push(Cause::invalid(at.child("port"), port, detail));
    }
    let route = service["path"].str_or_empty();
    if !route.is_empty() && !route.starts_with('/') {
        causes.push(Cause::invalid(at.child("path"), route, "must start with a '/'"));
    }
    // What comes first counts as the slash, even if it is none.
    let steps = route.get(1..).unwrap_or("");
    let steps = steps.strip_suffix('/').unwrap_or(steps);
    for (i, step) in steps.split('/').enumerate().filter(|_| !matches!(route, "" | "/")) {
        let details = match step {
            "" => vec![format!("segment[{i}] may not be empty")],
            step => names::dns1123_subdomain(step).iter().map(|e| format!("segment[{i}]: {e}")).collect(),
        };
        causes.extend(details.iter().map(|detail| Cause::invalid(at.child("path"), route, detail)));
    }
}

fn check_versions(path: &Path<'_>, hook: &Value, causes: &mut Causes) {
    let versions = hook["admissionReviewVersions"].items();
    if versions.is_empty() {
        causes.push(Cause::required(path, "must specify one of v1, v1beta1"));
        return;
    }
    let mut seen = Seen::default();
    for (i, version) in versions.iter().enumerate() {
        if seen.again(version.str_or_empty()) {
            causes.push(Cause::invalid(path.index(i), version, "duplicate version"));
        } else {
            rules::spelled(&path.index(i), version.str_or_empty(), names::dns1035_label, causes);
        }
    }
    if !versions.iter().any(|version| matches!(version.str_or_empty(), "v1" | "v1beta1")) {
        let detail = "must include at least one of v1, v1beta1";
        causes.push(Cause::invalid(path, &hook["admissionReviewVersions"], detail));
    }
}

fn check_rule(path: &Path<'_>, rule: &Value, causes: &mut Causes) {
    for (field, what) in
        [("operations", "operations"), ("apiGroups", "API groups"), ("apiVersions", "API versions")]
    {
        let (at, list) = (path.child(field), rule[field].items());
        if list.is_empty() {
            causes.push(Cause::required(at, ""));
        }
        if list.len() > 1 && list.iter().any(|item| item.as_str() == Some("*")) {
            let detail = format!("if '*' is present, must not specify other {what}");
            causes.push(Cause::invalid(at, &rule[field], &detail));
        }
        for (i, item) in list.iter().enumerate() {
            if item.str_or_empty().is_empty() && field == "apiVersions" {
                causes.push(Cause::required(at.index(i), ""));
            }
        }
    }
    check_resources(&path.child("resources"), &rule["resources"], causes);
    let (list, names) = (path.child("resourceNames"), rule["resourceNames"].items());
    rules::distinct(&list, names.iter().map(Value::str_or_empty), causes);
}

fn check_resources(path: &Path<'_>, resources: &Value, causes: &mut Causes) {
    let list = resources.items();
    if list.is_empty() {
        causes.push(Cause::required(path, ""));
    }
    let has = |text: &str| list.iter().any(|item| item.as_str() == Some(text));
    for (i, item) in list.iter().enumerate() {
        let text = item.str_or_empty();
        if text.is_empty() {
            causes.push(Cause::required(path.index(i), ""));
        }
        if let Some((resource, subresource)) = text.split_once('/') {
            if has(&format!("{resource}/*")) && subresource != "*" {
                let detail = format!("if '{resource}/*' is present, must not specify {text}");
                causes.push(Cause::invalid(path.index(i), text, &detail));
            } else if has(&format!("*/{subresource}")) && resource != "*" {
                let detail = format!("if '*/{subresource}' is present, must not specify {text}");
                causes.push(Cause::invalid(path.index(i), text, &detail));
            }
        }
    }
    if has("*/*") && list.len() > 1 {
        let detail = "if '*/*' is present, must not specify other resources";
        causes.push(Cause::invalid(path, resources, detail));
    }
    if has("*") && list.iter().any(|item| !item.str_or_empty().contains('/') && item.as_str() != Some("*")) {
        let detail = "if '*' is present, must not specify other resources without subresources";
        causes.push(Cause::invalid(path, resources, detail));
    }
}

fn set_match_defaults(resources: &mut Value) {
    set_default(resources, "matchPolicy", "Equivalent");
    set_default(resources, "namespaceSelector", value!({}));
    set_default(resources, "objectSelector", value!({}));
    for list in ["resourceRules", "excludeResourceRules"] {
        for rule in items_mut(resources, list) {
            set_default(rule, "scope", "*");
        }
    }
}

impl Strategy for AdmissionPolicies {
    fn table(&self) -> &'static Table {
        match self {
            Self::Validating => &table::VALIDATING_POLICY,
            Self::Mutating => &table::MUTATING_POLICY,
        }
    }

    fn allows_unconditional_update(&self) -> bool {
        false
    }

    fn set_defaults(&self, object: &mut Value) {
        let Some(spec @ Value::Object(_)) = object.get_mut("spec") else { return };
        set_default(spec, "failurePolicy", "Fail");
        if let Some(resources @ Value::Object(_)) = spec.get_mut("matchConstraints") {
            set_match_defaults(resources);
        }
    }

    fn generation(&self, _resource: &api::Resource) -> Generation {
        Generation::Counted
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let (path, spec) = (Path::new("spec"), &object["spec"]);
        let (at, constraints) = (path.child("matchConstraints"), &spec["matchConstraints"]);
        if constraints.is_null() {
            causes.push(Cause::required(at, ""));
        } else {
            if constraints["resourceRules"].items().is_empty() {
                causes.push(Cause::required(at.child("resourceRules"), ""));
            }
            check_match(&at, constraints, causes);
        }
        let kind = &spec["paramKind"];
        if !kind.is_null() {
            let at = path.child("paramKind");
            rules::required(&at, kind, "apiVersion", causes);
            rules::group_version(&at.child("apiVersion"), kind["apiVersion"].str_or_empty(), causes);
            rules::required(&at, kind, "kind", causes);
        }
        check_variables(&path.child("variables"), spec["variables"].items(), causes);
        check_conditions(&path.child("matchConditions"), spec["matchConditions"].items(), causes);
        if object["kind"].as_str() == Some("MutatingAdmissionPolicy") {
            check_mutations(&path, spec, causes);
        } else {
            check_validations(&path, spec, object["metadata"]["name"].str_or_empty(), causes);
        }
        let validating = object["kind"].as_str() == Some("ValidatingAdmissionPolicy");
        if validating && spec["validations"].items().is_empty() && spec["auditAnnotations"].items().is_empty()
        {
            let detail = "validations or auditAnnotations must contain at least one item";
            for field in ["validations", "auditAnnotations"] {
                causes.push(Cause::required(path.child(field), detail));
            }
        }
    }
}

/// A text of a policy that must be there, as upstream says it.
fn specified(path: &Path<'_>, object: &Value, field: &str, causes: &mut Causes) {
    if object[field].str_or_empty().trim().is_empty() {
        causes.push(Cause::required(path.child(field), &format!("{field} is not specified")));
    }
}

fn check_variables(list: &Path<'_>, variables: &[Value], causes: &mut Causes) {
    for (i, variable) in variables.iter().enumerate() {
        let (path, name) = (list.index(i), variable["name"].str_or_empty());
        specified(&path, variable, "name", causes);
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !name.is_empty() && (!plain || name.starts_with(|c: char| c.is_ascii_digit())) {
            causes.push(Cause::invalid(path.child("name"), name, "must be a valid CEL identifier"));
        }
        specified(&path, variable, "expression", causes);
    }
}

fn check_conditions(list: &Path<'_>, conditions: &[Value], causes: &mut Causes) {
    let mut seen = Seen::default();
    for (i, condition) in conditions.iter().enumerate() {
        let (path, name) = (list.index(i), condition["name"].str_or_empty());
        rules::name(&path, condition, "name", names::qualified_name, causes);
        if !name.is_empty() && seen.again(name) {
            causes.push(Cause::duplicate(path.child("name"), name));
        }
    }
}

fn check_validations(path: &Path<'_>, spec: &Value, policy: &str, causes: &mut Causes) {
    let list = path.child("validations");
    for (i, validation) in spec["validations"].items().iter().enumerate() {
        let path = list.index(i);
        specified(&path, validation, "expression", causes);
        let message = validation["message"].str_or_empty();
        if message.contains(['\n', '\r']) {
            causes.push(Cause::invalid(path.child("message"), message, "must not contain line breaks"));
        }
        let reasons = ["Forbidden", "Invalid", "RequestEntityTooLarge"];
        rules::supported(&path, validation, "reason", &reasons, causes);
    }
    let (list, annotations) = (path.child("auditAnnotations"), spec["auditAnnotations"].items());
    let mut seen = Seen::default();
    for (i, annotation) in annotations.iter().enumerate() {
        let (path, key) = (list.index(i), annotation["key"].str_or_empty());
        rules::spelled(&path.child("key"), &format!("{policy}/{key}"), names::qualified_name, causes);
        if seen.again(key) {
            causes.push(Cause::duplicate(path.child("key"), key));
        }
        specified(&path, annotation, "valueExpression", causes);
    }
}

fn check_mutations(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    let list = path.child("mutations");
    if spec["mutations"].items().is_empty() {
        causes.push(Cause::required(list, "mutations must contain at least one item"));
    }
    for (i, mutation) in spec["mutations"].items().iter().enumerate() {
        let path = list.index(i);
        let (own, other) = match mutation["patchType"].str_or_empty() {
            "JSONPatch" => ("jsonPatch", "applyConfiguration"),
            "ApplyConfiguration" => ("applyConfiguration", "jsonPatch"),
            _ => continue,
        };
        let kind = mutation["patchType"].str_or_empty();
        if !mutation[other].is_null() {
            let detail = format!("must not be specified when patchType is {kind}");
            causes.push(Cause::invalid(path.child(other), format!("{{{other}}}"), &detail));
        }
        if mutation[own].is_null() {
            let detail = format!("must be specified when patchType is {kind}");
            causes.push(Cause::required(path.child(own), &detail));
        } else {
            rules::required(&path.child(own), &mutation[own], "expression", causes);
        }
    }
    if spec["reinvocationPolicy"].str_or_empty().is_empty() {
        causes.push(Cause::required(path.child("reinvocationPolicy"), ""));
    }
    let operations = spec["matchConstraints"]["resourceRules"].items().iter();
    for operation in operations.flat_map(|rule| rule["operations"].items()) {
        if operation.as_str() == Some("DELETE") {
            let at = path.child("matchConstraints.resourceRules.operations");
            causes.push(Cause::not_supported(at, operation, &["*", "CONNECT", "CREATE", "UPDATE"]));
        }
    }
}

fn check_match(path: &Path<'_>, resources: &Value, causes: &mut Causes) {
    for field in ["namespaceSelector", "objectSelector"] {
        rules::label_selector(&path.child(field), &resources[field], causes);
    }
    for list in ["resourceRules", "excludeResourceRules"] {
        let at = path.child(list);
        for (i, rule) in resources[list].items().iter().enumerate() {
            check_rule(&at.index(i), rule, causes);
        }
    }
}

impl Strategy for AdmissionBindings {
    fn table(&self) -> &'static Table {
        &table::ADMISSION_BINDING
    }

    fn allows_unconditional_update(&self) -> bool {
        false
    }

    fn set_defaults(&self, object: &mut Value) {
        let Some(spec @ Value::Object(_)) = object.get_mut("spec") else { return };
        if let Some(resources @ Value::Object(_)) = spec.get_mut("matchResources") {
            set_match_defaults(resources);
        }
    }

    fn generation(&self, _resource: &api::Resource) -> Generation {
        Generation::Counted
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let (path, spec) = (Path::new("spec"), &object["spec"]);
        rules::required_name(&path, spec, "policyName", names::dns1123_subdomain, causes);
        check_match(&path.child("matchResources"), &spec["matchResources"], causes);
        let reference = &spec["paramRef"];
        if !reference.is_null() {
            let at = path.child("paramRef");
            match (reference["name"].str_or_empty().is_empty(), reference["selector"].is_null()) {
                (true, true) => {
                    causes.push(Cause::required(at, "one of name or selector must be specified"));
                }
                (false, false) => {
                    for field in ["name", "selector"] {
                        let detail = "name and selector are mutually exclusive";
                        causes.push(Cause::forbidden(at.child(field), detail));
                    }
                }
                _ => {}
            }
            rules::label_selector(&at.child("selector"), &reference["selector"], causes);
            rules::one_of(&at, reference, "parameterNotFoundAction", &["Deny", "Allow"], causes);
        }
        let (list, actions) = (path.child("validationActions"), spec["validationActions"].items());
        if object["kind"].as_str() == Some("ValidatingAdmissionPolicyBinding") && actions.is_empty() {
            causes.push(Cause::required(list, "at least one validation action is required"));
        }
        rules::distinct(&list, actions.iter().map(Value::str_or_empty), causes);
        let has = |text: &str| actions.iter().any(|action| action.as_str() == Some(text));
        if has("Deny") && has("Warn") {
            let detail = "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)";
            causes.push(Cause::invalid(list, &spec["validationActions"], detail));
        }
    }
}
