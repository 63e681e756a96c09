//! Rules that claims, classes and slices share.

use api::Value;
use meta::Cause;
use meta::Causes;
use meta::names;

use crate::Path;
use crate::rules;
use crate::rules::Seen;

const MAX_DRIVER_NAME: usize = 63;
const MAX_POOL_NAME: usize = 253;
/// Of the part of a qualified name that follows the domain.
const MAX_IDENTIFIER: usize = 32;
const MAX_SELECTORS: usize = 32;
const MAX_CONFIGS: usize = 32;
const MAX_EXPRESSION: usize = 10 * 1024;
const MAX_PARAMETERS: usize = 10 * 1024;
const MAX_BINDING_CONDITIONS: usize = 4;
pub(super) const TAINT_EFFECTS: [&str; 3] = ["NoExecute", "NoSchedule", "None"];
const IDENTIFIER: &str = "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')";

/// A list of at most so many items, each by its rule. Of one that is too long nothing else is said.
pub(super) fn list(
    path: &Path<'_>,
    items: &[Value],
    max: usize,
    causes: &mut Causes,
    mut check: impl FnMut(&Path<'_>, &Value, &mut Causes),
) -> bool {
    if items.len() > max {
        causes.push(rules::too_many(path, items.len(), max));
        return false;
    }
    for (i, item) in items.iter().enumerate() {
        check(&path.index(i), item, causes);
    }
    true
}

/// The same, of items that differ in their key.
pub(super) fn set<'v>(
    path: &Path<'_>,
    items: &'v [Value],
    max: usize,
    key: impl Fn(&'v Value) -> &'v str,
    causes: &mut Causes,
    check: impl FnMut(&Path<'_>, &Value, &mut Causes),
) {
    if list(path, items, max, causes, check) {
        rules::distinct(path, items.iter().map(key), causes);
    }
}

/// What tells most of them apart.
pub(super) fn name_of(named: &Value) -> &str {
    named["name"].str_or_empty()
}

/// The name of a driver, as that of a CSI driver.
pub(super) fn driver(path: &Path<'_>, name: &str, causes: &mut Causes) {
    if name.is_empty() {
        causes.push(Cause::required(path, ""));
        return;
    }
    if name.len() > MAX_DRIVER_NAME {
        causes.push(Cause::too_long(path, MAX_DRIVER_NAME));
    }
    let errors = names::dns1123_subdomain(&name.to_ascii_lowercase());
    causes.extend(errors.iter().map(|detail| Cause::invalid(path, name, detail)));
}

/// The name of a pool: subdomains with slashes between them.
pub(super) fn pool(path: &Path<'_>, name: &str, causes: &mut Causes) {
    if name.is_empty() {
        causes.push(Cause::required(path, ""));
        return;
    }
    if name.len() > MAX_POOL_NAME {
        causes.push(Cause::too_long(path, MAX_POOL_NAME));
    }
    for part in name.split('/') {
        rules::spelled(path, part, names::dns1123_subdomain, causes);
    }
}

/// The name of an attribute or a capacity: an identifier, or a domain, a slash, and an identifier. What has
/// more slashes upstream lets pass.
pub(super) fn qualified(path: &Path<'_>, name: &str, causes: &mut Causes) {
    let parts: Vec<&str> = name.split('/').collect();
    match parts[..] {
        [name] => identifier(path, name, causes),
        [domain, name] => {
            if domain.is_empty() {
                causes.push(Cause::invalid(path, "", "the domain must not be empty"));
            } else {
                driver(path, domain, causes);
            }
            if name.is_empty() {
                causes.push(Cause::invalid(path, "", "the name must not be empty"));
            } else {
                identifier(path, name, causes);
            }
        }
        _ => {}
    }
}

/// The same, which must have a domain.
pub(super) fn fully_qualified(path: &Path<'_>, name: &str, causes: &mut Causes) {
    qualified(path, name, causes);
    if !name.contains('/') {
        let detail = "a fully qualified name must be a domain and a name separated by a slash";
        causes.push(Cause::invalid(path, name, detail));
    }
}

fn identifier(path: &Path<'_>, name: &str, causes: &mut Causes) {
    if name.len() > MAX_IDENTIFIER {
        causes.push(Cause::too_long(path, MAX_IDENTIFIER));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.chars().all(plain) || name.starts_with(|c: char| c.is_ascii_digit()) || name.is_empty() {
        causes.push(Cause::invalid(path, name, IDENTIFIER));
    }
}

/// Which devices fit. What an expression says is found out when it is evaluated.
pub(super) fn selectors(path: &Path<'_>, selectors: &Value, causes: &mut Causes) {
    list(path, selectors.items(), MAX_SELECTORS, causes, |path, selector, causes| {
        let expression = selector["cel"]["expression"].str_or_empty();
        if selector["cel"].is_null() {
            causes.push(Cause::required(path.child("cel"), ""));
        } else if expression.len() > MAX_EXPRESSION {
            causes.push(Cause::too_long(path.child("cel.expression"), MAX_EXPRESSION));
        }
    });
}

/// Configurations of drivers, `also` with what else is in one.
pub(super) fn configurations(
    path: &Path<'_>,
    configurations: &Value,
    max: Option<usize>,
    causes: &mut Causes,
    also: impl Fn(&Path<'_>, &Value, &mut Causes),
) {
    list(path, configurations.items(), max.unwrap_or(MAX_CONFIGS), causes, |path, configuration, causes| {
        also(path, configuration, causes);
        let (at, opaque) = (path.child("opaque"), &configuration["opaque"]);
        if opaque.is_null() {
            causes.push(Cause::required(at, ""));
            return;
        }
        driver(&at.child("driver"), opaque["driver"].str_or_empty(), causes);
        object(&at.child("parameters"), &opaque["parameters"], MAX_PARAMETERS, causes);
    });
}

/// Most configurations of a class and a claim together.
pub(super) const MAX_CONFIGS_OF_BOTH: usize = 2 * MAX_CONFIGS;

/// An object that somebody else understands.
pub(super) fn object(path: &Path<'_>, value: &Value, max: usize, causes: &mut Causes) {
    if value.is_null() {
        causes.push(Cause::required(path, ""));
    } else if api::json::to_string(value).len() > max {
        causes.push(Cause::too_long(path, max));
    } else if !matches!(value, Value::Object(_)) {
        causes.push(Cause::invalid(path, "<value omitted>", "must be a valid JSON object"));
    }
}

/// What must hold before a pod is bound to a node with a device, and what ends the wait.
pub(super) fn binding(path: &Path<'_>, device: &Value, causes: &mut Causes) {
    let [needed, failures] = ["bindingConditions", "bindingFailureConditions"];
    for field in [needed, failures] {
        list(
            &path.child(field),
            device[field].items(),
            MAX_BINDING_CONDITIONS,
            causes,
            |path, kind, causes| {
                rules::spelled(path, kind.str_or_empty(), names::qualified_name, causes);
            },
        );
    }
    let texts = |field: &str| device[field].items().iter().map(Value::str_or_empty).collect::<Vec<_>>();
    let (conditions, ends) = (texts(needed), texts(failures));
    rules::distinct(&path.child(needed), conditions.iter().copied(), causes);
    let at = path.child(failures);
    let mut seen = Seen::default();
    for (i, condition) in ends.iter().enumerate() {
        if seen.again(condition) {
            causes.push(Cause::duplicate(at.index(i), condition));
        }
        if conditions.contains(condition) {
            let detail = "bindingFailureConditions must not overlap with bindingConditions";
            causes.push(Cause::invalid(at.index(i), condition, detail));
        }
    }
    for (field, other, missing) in [
        (needed, failures, conditions.is_empty() && !ends.is_empty()),
        (failures, needed, ends.is_empty() && !conditions.is_empty()),
    ] {
        if missing {
            let detail = format!("{field} are required to use {other}");
            causes.push(Cause::invalid(path.child(field), &device[field], &detail));
        }
    }
}
