//! Rules that many kinds share, with the sentences of the API server.
//!
//! Each check adds what is broken to `causes` and allocates nothing where nothing is.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::fmt;
use std::hash::Hash;

use api::Value;
use meta::Cause;
use meta::Causes;
use meta::Quantity;
use meta::names;

use crate::Path;

/// What an immutable field answers.
pub(crate) const IMMUTABLE: &str = "field is immutable";
/// What a negative number answers.
pub(crate) const NOT_NEGATIVE: &str = "must be greater than or equal to 0";
/// What a number below one answers.
pub(crate) const POSITIVE: &str = "must be greater than zero";
/// How many mistakes of one sort are told where each is shown with everything around it, or for everything
/// before it.
pub(crate) const TOLD: usize = 16;
const PORT_RANGE: &str = "must be between 1 and 65535, inclusive";
const PERCENT: &str = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

/// A check of a name: every rule that it breaks.
pub(crate) type NameRule = fn(&str) -> Vec<String>;

/// A rule that is broken by the whole of a field, so that no value is shown.
pub(crate) fn broken(field: impl Into<String>, detail: &str) -> Cause {
    let message = format!("Invalid value: {detail}");
    Cause { reason: "FieldValueInvalid", message, field: field.into() }
}

/// A list with more elements than allowed.
pub(crate) fn too_many(field: impl Into<String>, actual: usize, max: usize) -> Cause {
    let items = if max == 1 { "item" } else { "items" };
    let message = format!("Too many: {actual}: must have at most {max} {items}");
    Cause { reason: "FieldValueTooMany", message, field: field.into() }
}

/// What was met before. However much that is, a body of three megabytes is checked in the time of its
/// length; the few that most lists have are compared one by one, without a table.
pub(crate) struct Seen<K> {
    few: [Option<K>; FEW],
    more: HashSet<K>,
}

const FEW: usize = 4;

impl<K> Default for Seen<K> {
    fn default() -> Self {
        Self { few: [const { None }; FEW], more: HashSet::new() }
    }
}

impl<K: Eq + Hash> Seen<K> {
    /// Notes a key, and says whether it was there before.
    pub(crate) fn again(&mut self, key: K) -> bool {
        for place in &mut self.few {
            match place {
                Some(known) if *known == key => return true,
                Some(_) => {}
                None => {
                    *place = Some(key);
                    return false;
                }
            }
        }
        !self.more.insert(key)
    }

    /// Whether a key was met.
    pub(crate) fn has<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.few.iter().flatten().any(|known| known.borrow() == key) || self.more.contains(key)
    }

    /// How many different ones there were.
    pub(crate) fn len(&self) -> usize {
        self.few.iter().flatten().count() + self.more.len()
    }
}

impl<K: Eq + Hash> FromIterator<K> for Seen<K> {
    fn from_iter<I: IntoIterator<Item = K>>(keys: I) -> Self {
        let mut seen = Self::default();
        for key in keys {
            seen.again(key);
        }
        seen
    }
}

/// One field of each item, empty where it is absent.
pub(crate) fn texts_of<'v>(items: impl IntoIterator<Item = &'v Value>, field: &'static str) -> Seen<&'v str> {
    items.into_iter().map(|item| item[field].str_or_empty()).collect()
}

/// Texts of which none may stand twice.
pub(crate) fn distinct<'v>(path: &Path<'_>, texts: impl Iterator<Item = &'v str>, causes: &mut Causes) {
    let mut seen = Seen::default();
    for (i, text) in texts.enumerate() {
        if seen.again(text) {
            causes.push(Cause::duplicate(path.index(i), text));
        }
    }
}

/// Numbers that may be absent but not negative.
pub(crate) fn non_negative(path: &Path<'_>, object: &Value, fields: &[&str], causes: &mut Causes) {
    for field in fields {
        match object[*field].as_i64() {
            Some(number) if number < 0 => {
                causes.push(Cause::invalid(path.child(field), number, NOT_NEGATIVE));
            }
            _ => {}
        }
    }
}

/// A text field that must be one of a few values (absent is fine: defaults ran before).
pub(crate) fn supported(path: &Path<'_>, object: &Value, field: &str, values: &[&str], causes: &mut Causes) {
    let text = object[field].str_or_empty();
    if !text.is_empty() && !values.contains(&text) {
        causes.push(Cause::not_supported(path.child(field), text, values));
    }
}

/// A text field that must be there, and one of a few values.
pub(crate) fn one_of(path: &Path<'_>, object: &Value, field: &str, values: &[&str], causes: &mut Causes) {
    required(path, object, field, causes);
    supported(path, object, field, values, causes);
}

/// A value as upstream shows structs that have no form of their own on the wire: by the names of their
/// fields in memory. Which fields those are beyond the ones that are set is nothing to go by.
pub(crate) struct InMemory<'a>(pub(crate) &'a Value);

impl fmt::Debug for InMemory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Object(map) => {
                f.write_str("{")?;
                for (i, entry) in map.iter().enumerate() {
                    let (comma, key) = (if i == 0 { "" } else { "," }, entry.key.as_str());
                    let (first, rest) = key.split_at(key.chars().next().map_or(0, char::len_utf8));
                    let first = first.to_ascii_uppercase();
                    write!(f, "{comma}\"{first}{rest}\":{:?}", InMemory(&entry.value))?;
                }
                f.write_str("}")
            }
            Value::Array(list) => {
                f.write_str("[")?;
                for (i, item) in list.iter().enumerate() {
                    write!(f, "{}{:?}", if i == 0 { "" } else { "," }, InMemory(item))?;
                }
                f.write_str("]")
            }
            leaf => write!(f, "{leaf:?}"),
        }
    }
}

/// A text that must be there.
pub(crate) fn required(path: &Path<'_>, object: &Value, field: &str, causes: &mut Causes) {
    if object[field].str_or_empty().is_empty() {
        causes.push(Cause::required(path.child(field), ""));
    }
}

/// A name that may be absent.
pub(crate) fn name(path: &Path<'_>, object: &Value, field: &str, rule: NameRule, causes: &mut Causes) {
    let text = object[field].str_or_empty();
    if !text.is_empty() {
        spelled(&path.child(field), text, rule, causes);
    }
}

/// A name that must be there.
pub(crate) fn required_name(
    path: &Path<'_>,
    object: &Value,
    field: &str,
    rule: NameRule,
    causes: &mut Causes,
) {
    required(path, object, field, causes);
    name(path, object, field, rule, causes);
}

/// A text against a rule of spelling.
pub(crate) fn spelled(path: &Path<'_>, text: &str, rule: NameRule, causes: &mut Causes) {
    causes.extend(rule(text).iter().map(|detail| Cause::invalid(path, text, detail)));
}

/// A field that may not change.
pub(crate) fn immutable(path: &Path<'_>, new: &Value, old: &Value, causes: &mut Causes) {
    if !same(new, old) {
        causes.push(Cause::invalid(path, new, IMMUTABLE));
    }
}

/// Equality as Go's semantic comparison has it: absent and zero are the same.
pub(crate) fn same(new: &Value, old: &Value) -> bool {
    new == old || (new.is_zero() && old.is_zero())
}

/// `version` or `group/version`.
pub(crate) fn group_version(path: &Path<'_>, text: &str, causes: &mut Causes) {
    if text.matches('/').count() > 1 {
        causes.push(Cause::invalid(path, text, &format!("unexpected GroupVersion string: {text}")));
    }
}

/// A port's number.
pub(crate) fn port(path: &Path<'_>, number: i64, causes: &mut Causes) {
    if !(1..=65535).contains(&number) {
        causes.push(Cause::invalid(path, number, PORT_RANGE));
    }
}

/// A port's number or name.
pub(crate) fn port_or_name(path: &Path<'_>, value: &Value, causes: &mut Causes) {
    match value {
        Value::String(text) => spelled(path, text, names::port_name, causes),
        value => port(path, value.as_i64().unwrap_or(0), causes),
    }
}

/// A quantity that is not negative.
pub(crate) fn non_negative_quantity(path: &Path<'_>, amount: &Quantity, causes: &mut Causes) {
    if amount.is_negative() {
        causes.push(Cause::invalid(path, amount.to_string(), NOT_NEGATIVE));
    }
}

/// An identifier of a user or group.
pub(crate) fn user_id(path: &Path<'_>, value: &Value, causes: &mut Causes) {
    match value.as_i64() {
        Some(id) if !(0..=i64::from(i32::MAX)).contains(&id) => {
            causes.push(Cause::invalid(path, id, "must be between 0 and 2147483647, inclusive"));
        }
        _ => {}
    }
}

/// Keys and values of labels.
pub(crate) fn labels(path: &Path<'_>, labels: &Value, causes: &mut Causes) {
    for (key, value) in labels.entries().strings() {
        spelled(path, key, names::qualified_name, causes);
        spelled(path, value, names::label_value, causes);
    }
}

/// Keys of annotations.
pub(crate) fn annotations(path: &Path<'_>, annotations: &Value, causes: &mut Causes) {
    for (key, _) in annotations.entries().strings() {
        if key.bytes().any(|b| b.is_ascii_uppercase()) {
            let lower = key.to_ascii_lowercase();
            causes.extend(names::qualified_name(&lower).iter().map(|e| Cause::invalid(path, key, e)));
        } else {
            spelled(path, key, names::qualified_name, causes);
        }
    }
}

/// A `metav1.LabelSelector`.
pub(crate) fn label_selector(path: &Path<'_>, selector: &Value, causes: &mut Causes) {
    labels(&path.child("matchLabels"), &selector["matchLabels"], causes);
    let list = path.child("matchExpressions");
    for (i, expression) in selector["matchExpressions"].items().iter().enumerate() {
        let path = list.index(i);
        expression_values(&path, expression, causes);
        spelled(&path.child("key"), expression["key"].str_or_empty(), names::qualified_name, causes);
        for (j, value) in expression["values"].items().iter().enumerate() {
            spelled(&path.child("values").index(j), value.str_or_empty(), names::label_value, causes);
        }
    }
}

/// The operator of a requirement, and whether values go with it.
fn expression_values(path: &Path<'_>, expression: &Value, causes: &mut Causes) {
    let operator = expression["operator"].str_or_empty();
    let none = expression["values"].items().is_empty();
    match operator {
        "In" | "NotIn" if none => {
            let detail = "must be specified when `operator` is 'In' or 'NotIn'";
            causes.push(Cause::required(path.child("values"), detail));
        }
        "Exists" | "DoesNotExist" if !none => {
            let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            causes.push(Cause::forbidden(path.child("values"), detail));
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        other => {
            causes.push(Cause::invalid(path.child("operator"), other, "not a valid selector operator"));
        }
    }
}

/// Whether a `metav1.LabelSelector` selects something that carries `labels`.
pub(crate) fn selects(selector: &Value, labels: &Value) -> bool {
    let carried = |key: &str| labels.get(key).and_then(Value::as_str);
    let labels_fit = selector["matchLabels"].entries().strings().all(|(k, v)| carried(k) == Some(v));
    labels_fit
        && selector["matchExpressions"].items().iter().all(|expression| {
            let value = carried(expression["key"].str_or_empty());
            let listed =
                || value.is_some() && expression["values"].items().iter().any(|v| v.as_str() == value);
            match expression["operator"].str_or_empty() {
                "In" => listed(),
                "NotIn" => !listed(),
                "Exists" => value.is_some(),
                _ => value.is_none(),
            }
        })
}

/// A count that is not negative, or a percentage.
pub(crate) fn count_or_percent(path: &Path<'_>, value: &Value, causes: &mut Causes) {
    match value {
        Value::String(text) if percent(value).is_none() => {
            causes.push(Cause::invalid(path, text.as_str(), PERCENT));
        }
        Value::Int(number) if *number < 0 => causes.push(Cause::invalid(path, number, NOT_NEGATIVE)),
        _ => {}
    }
}

/// A percentage that is at most 100.
pub(crate) fn at_most_all(path: &Path<'_>, value: &Value, causes: &mut Causes) {
    if percent(value).is_some_and(|percent| percent > 100) {
        causes.push(Cause::invalid(path, value, "must not be greater than 100%"));
    }
}

/// The number in a percentage.
pub(crate) fn percent(value: &Value) -> Option<i64> {
    let digits = value.as_str()?.strip_suffix('%')?;
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().unwrap_or(i64::MAX))
}

/// The number in a count or percentage; nothing is zero.
pub(crate) fn count_or_percent_value(value: &Value) -> i64 {
    percent(value).or_else(|| value.as_i64()).unwrap_or(0)
}

/// `domain.prefix/path`, as signers and managers of other kinds are named.
pub(crate) fn domain_prefixed(path: &Path<'_>, text: &str, causes: &mut Causes) {
    if text.is_empty() {
        causes.push(Cause::required(path, ""));
        return;
    }
    match text.split_once('/') {
        Some((domain, rest)) if !domain.is_empty() && !rest.is_empty() => {
            causes.extend(names::dns1123_subdomain(domain).iter().map(|e| Cause::invalid(path, domain, e)));
            if !rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&b)) {
                causes.push(Cause::invalid(path, rest, "Invalid path"));
            }
        }
        _ => {
            let detail = "must be a domain-prefixed path (such as \"acme.io/foo\")";
            causes.push(Cause::invalid(path, text, detail));
        }
    }
}
