//! What of an answer counts.
//!
//! An object becomes one line for each of its leaves, `path = JSON`, in the order of their names. What no
//! two servers have in common is masked: identities, times of this age, versions, allocated addresses
//! and ports, random suffixes, tokens. Descriptions of columns are documentation, and left out, as are the
//! regular expressions in sentences.

use api::Value;
use api::types::TypeId;

use crate::server::Answer;

/// Times of the corpus itself lie before this year; later ones are those of the run.
const FIRST_MASKED_YEAR: u32 = 2024;
/// So much of a sentence counts: some show a whole object.
const MAX_SENTENCE_CHARS: usize = 400;
/// Where sentences are cut: before a regular expression, which says again what the sentence before it says,
/// before managers of fields, whose order depends on the second in which they wrote, and at a line's end:
/// what follows is what two structs of Go differ in, told for people.
const CUTS: [&str; 3] = ["regex used for validation is", "managedFields\\\":", "\n"];
/// How a value begins that is a struct of Go as it lies in memory, with the names of its fields there.
const STRUCTS: [&str; 2] = ["{\"", "[{\""];

/// How a line begins after which an object within the body follows: an item, a row, an event.
pub(crate) const BLOCK: &str = "@ ";

/// What of an answer counts.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Facts {
    /// Code, reason, headers.
    pub head: Vec<String>,
    /// The object, list or events; the message and causes of a failure.
    pub body: Vec<String>,
}

impl Facts {
    /// The facts of an answer. In brief, of the managers of fields their names count only.
    pub fn of(answer: &Answer, detail: Detail) -> Self {
        let header = |name: &str| answer.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("");
        let media_type =
            header("content-type").strip_prefix("application/json").unwrap_or(header("content-type"));
        let mut head = vec![format!("{} {media_type}", answer.code.as_u16()).trim_end().to_owned()];
        for name in ["warning", "retry-after", "location"] {
            for value in answer.headers.get_all(name) {
                head.push(format!("{name}: {}", mask(&String::from_utf8_lossy(value.as_bytes()))));
            }
        }
        let mut body = Vec::new();
        let values = values(answer);
        let watch = values.len() > 1 || values.first().is_some_and(is_event);
        for (i, value) in values.iter().enumerate() {
            if watch {
                body.push(format!("{BLOCK}event {i} {}", value["type"].str_or_empty()));
                if value["type"].as_str() == Some("ERROR") {
                    failure(&value["object"], &mut body);
                } else {
                    flatten("", &value["object"], &mut body);
                }
            } else if value["kind"].as_str() == Some("Status") {
                failure(value, &mut body);
            } else {
                flatten("", &without_chance(value), &mut body);
            }
        }
        if values.is_empty() && !answer.body.is_empty() {
            let text = String::from_utf8_lossy(&answer.body);
            body.extend(text.lines().take(20).map(|line| format!("| {}", mask(line))));
        }
        if detail == Detail::Brief {
            for line in body.iter_mut().filter(|line| line.starts_with("metadata.managedFields[")) {
                line.truncate(line.find("] = ").map_or(line.len(), |end| end + 1));
            }
        }
        Self { head, body }
    }
}

/// An object without the order that upstream itself leaves to chance: that of rules in a review.
fn without_chance(value: &Value) -> Value {
    let mut value = value.clone();
    if value["kind"].as_str() == Some("SelfSubjectRulesReview") {
        for list in ["resourceRules", "nonResourceRules"] {
            let mut rules = value["status"][list].items().to_vec();
            // A role that the build of upstream adds which was recorded.
            rules.retain(|rule| rule["nonResourceURLs"].items().first() != Some(&"/.well-known".into()));
            rules.sort_by_key(api::json::to_string);
            value.set(&["status", list], rules);
        }
    }
    value
}

/// How much of an object counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Detail {
    /// All of it.
    #[default]
    Full,
    /// All but who owns which field.
    Brief,
}

/// The object of an answer, for later requests.
pub fn object(answer: &Answer) -> Option<Value> {
    values(answer).into_iter().next()
}

/// The type of an object, where it has a protobuf form.
pub fn type_of(object: &Value) -> Option<TypeId> {
    type_named(object["apiVersion"].str_or_empty(), object["kind"].str_or_empty())
}

fn type_named(api_version: &str, kind: &str) -> Option<TypeId> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let row = api::Resource::for_kind(group, version, kind).and_then(|row| row.ty);
    let sub = || {
        let mut subs = api::Resource::all().iter().flat_map(|row| row.subresources);
        subs.find(|sub| sub.kind == kind && sub.group == group && sub.version == version)?.ty
    };
    let short = if group.is_empty() { "core" } else { group.split('.').next().unwrap_or(group) };
    let named = || TypeId::find(&format!("{short}/{version}.{kind}"));
    row.or_else(sub).or_else(named).or_else(|| TypeId::find(&format!("meta/v1.{kind}")))
}

/// The objects in a body: one, or the events of a watch.
fn values(answer: &Answer) -> Vec<Value> {
    if answer.body.starts_with(api::protobuf::MAGIC) {
        return api::protobuf::decode(&answer.body, type_named).into_iter().collect();
    }
    if let Ok(value) = api::json::parse_value(&answer.body) {
        return vec![value];
    }
    let Ok(text) = std::str::from_utf8(&answer.body) else { return Vec::new() };
    let lines: Option<Vec<Value>> =
        text.lines().map(|line| api::json::parse_value(line.as_bytes()).ok()).collect();
    match lines {
        Some(events) if events.iter().all(is_event) => events,
        _ => api::yaml::parse(text)
            .ok()
            .map(|parsed| parsed.value)
            .filter(|v| v.as_map().is_some())
            .into_iter()
            .collect(),
    }
}

fn is_event(value: &Value) -> bool {
    value.entries().len() == 2 && value["type"].as_str().is_some() && value.get("object").is_some()
}

/// A `metav1.Status`: what it is about, then a line for each cause. The message of an invalid object
/// repeats both, and is left out where it says no more.
fn failure(status: &Value, out: &mut Vec<String>) {
    let details = &status["details"];
    let mut line = status["reason"].str_or_empty().to_owned();
    for field in ["kind", "group", "name", "uid", "retryAfterSeconds"] {
        if let Some(value) = details.get(field) {
            line.push_str(&format!(" {field}={}", mask(&api::json::to_string(value))));
        }
    }
    out.push(if line.is_empty() { status["status"].str_or_empty().to_owned() } else { line });
    let causes = details["causes"].items();
    let sentence = |cause: &Value| {
        let [field, message] = ["field", "message"].map(|key| cause[key].str_or_empty());
        if field.is_empty() { message.to_owned() } else { format!("{field}: {message}") }
    };
    let sentences: Vec<String> = causes.iter().map(sentence).collect();
    let list = match sentences.as_slice() {
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    };
    let text = |key: &str| details[key].str_or_empty();
    let dot = if text("group").is_empty() { "" } else { "." };
    let derived = format!("{}{dot}{} {:?} is invalid: {list}", text("kind"), text("group"), text("name"));
    let message = status["message"].str_or_empty();
    if causes.is_empty() || message != derived {
        out.extend(message.lines().map(|line| mask(&format!("| {line}"))));
    }
    for (cause, sentence) in causes.iter().zip(sentences) {
        out.push(mask(&format!("- {} {sentence}", cause["reason"].str_or_empty())));
    }
}

/// One line for each leaf.
fn flatten(path: &str, value: &Value, out: &mut Vec<String>) {
    let last = path.rsplit(['.', ' ']).next().unwrap_or(path);
    match value {
        Value::Object(map) if !map.is_empty() => {
            let mut entries: Vec<_> = map.iter().collect();
            // What becomes blocks stands last.
            entries.sort_by_key(|entry| (matches!(entry.key.as_str(), "items" | "rows"), entry.key.as_str()));
            for entry in entries {
                let key = entry.key.as_str();
                let plain = !key.is_empty() && !key.contains(['.', '[', ' ', '=']);
                let step = if plain { format!(".{key}") } else { format!("[{key:?}]") };
                let path = format!("{path}{step}");
                flatten(path.strip_prefix('.').unwrap_or(&path), &entry.value, out);
            }
        }
        Value::Array(list) if last == "managedFields" => {
            // Servers order them by when they wrote, to the second.
            let mut lines: Vec<String> = list.iter().map(|entry| manager(path, entry)).collect();
            lines.sort();
            out.extend(lines);
        }
        Value::Array(list) if path == "items" && !list.is_empty() => {
            for (i, item) in list.iter().enumerate() {
                out.push(format!("{BLOCK}items[{i}]"));
                flatten("", item, out);
            }
        }
        Value::Array(list) if path == "columnDefinitions" => {
            let column = |column: &Value| {
                let [name, ty, format] = ["name", "type", "format"].map(|key| column[key].str_or_empty());
                format!("column {name:?} {ty} {format} {}", api::json::to_string(&column["priority"]))
            };
            out.extend(list.iter().map(column));
        }
        Value::Array(list) if path == "rows" && !list.is_empty() => {
            for (i, row) in list.iter().enumerate() {
                let cells: Vec<String> = row["cells"].items().iter().map(cell).collect();
                out.push(format!("{BLOCK}rows[{i}] {}", cells.join(" ")));
                if !row["object"].is_null() {
                    flatten("", &row["object"], out);
                }
            }
        }
        Value::Array(list) if list.iter().any(|item| item.as_map().is_some() || !item.items().is_empty()) => {
            for (i, item) in list.iter().enumerate() {
                flatten(&format!("{path}[{i}]"), item, out);
            }
        }
        // Dry runs are given ports beyond the range.
        Value::Int(30_000..=33_000) if last.ends_with("odePort") => out.push(format!("{path} = <port>")),
        Value::String(_) if matches!(last, "resourceVersion" | "continue" | "token") && !value.is_zero() => {
            out.push(format!("{path} = <{last}>"));
        }
        leaf => out.push(format!("{path} = {}", mask(&api::json::to_string(leaf)))),
    }
}

/// An entry of `managedFields` as one line.
fn manager(path: &str, entry: &Value) -> String {
    let text = |key: &str| entry[key].str_or_empty().to_owned();
    let words = [text("manager"), text("operation"), text("apiVersion"), text("subresource")].join(" ");
    let fields = api::json::parse_value(&api::json::to_vec(&entry["fieldsV1"])).unwrap_or_default();
    format!("{path}[{}] = {}", words.trim_end(), api::json::to_string(&sorted(&fields)))
}

fn sorted(value: &Value) -> Value {
    let mut out = Value::object();
    let mut entries: Vec<_> = value.entries().iter().collect();
    entries.sort_by(|a, b| a.key.as_str().cmp(b.key.as_str()));
    for entry in entries {
        out.ensure_map().insert(entry.key.as_str(), sorted(&entry.value));
    }
    out
}

/// A cell of a table; ages are masked.
fn cell(value: &Value) -> String {
    let text = value.str_or_empty();
    const UNITS: [char; 5] = ['s', 'm', 'h', 'd', 'y'];
    let age = text.ends_with(UNITS) && text.chars().all(|c| c.is_ascii_digit() || UNITS.contains(&c));
    if age { "<age>".to_owned() } else { mask(&api::json::to_string(value)) }
}

/// Masks what no two servers have in common, and cuts what is very long.
fn mask(text: &str) -> String {
    let text = &without_structs(text);
    let mut out = String::new();
    let cut = text.char_indices().nth(MAX_SENTENCE_CHARS).map_or(text.len(), |(place, _)| place);
    let cut = CUTS.iter().filter_map(|mark| text.find(mark)).fold(cut, usize::min);
    let mut rest = &text[..cut];
    while let Some(first) = rest.chars().next() {
        let found = MASKS.iter().find_map(|(length, name)| length(rest).map(|length| (length, name)));
        let boundary = first == ':' || out.chars().next_back().is_none_or(|c| !c.is_ascii_alphanumeric());
        match found.filter(|_| boundary) {
            Some((length, name)) => {
                out.push_str(name);
                rest = &rest[length..];
            }
            None => {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    out
}

/// A sentence without what Go's structs look like in memory.
fn without_structs(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(place) = rest.find(" value: ") {
        let (before, value) = rest.split_at(place + " value: ".len());
        out.push_str(before);
        let names = STRUCTS.iter().find_map(|start| value.strip_prefix(start));
        let is_struct = names.is_some_and(|names| names.starts_with(|c: char| c.is_ascii_uppercase()));
        let length = json_length(value).filter(|_| is_struct);
        if length.is_some() {
            out.push_str("<struct>");
        }
        rest = &value[length.unwrap_or(0)..];
    }
    out + rest
}

/// How long the object or list of JSON is that a text begins with.
fn json_length(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (place, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(place + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// How long what stands at the beginning of a text is, if it is of this sort.
type Sort = fn(&str) -> Option<usize>;

const MASKS: [(Sort, &str); 9] = [
    (uuid, "<uid>"),
    (time, "<time>"),
    (token, "<token>"),
    (|text| address(text, "10.96."), "<address>"),
    (|text| address(text, "fd00:96::"), "<address of IPv6>"),
    (|text| random(text, "kube-api-access-"), "kube-api-access-<random>"),
    (|text| random(text, "gen-"), "gen-<random>"),
    (version, "<version>"),
    (node_port, ":<port>/"),
];

fn uuid(text: &str) -> Option<usize> {
    let bytes = text.as_bytes().get(..36)?;
    let fits =
        |(i, b): (usize, &u8)| if [8, 13, 18, 23].contains(&i) { *b == b'-' } else { b.is_ascii_hexdigit() };
    let given = bytes.starts_with(b"00000000-");
    (bytes.iter().enumerate().all(fits) && !given).then_some(36)
}

fn time(text: &str) -> Option<usize> {
    let year: u32 = text.get(..4)?.parse().ok()?;
    let bytes = text.as_bytes();
    let shape = bytes.get(4) == Some(&b'-') && bytes.get(10) == Some(&b'T') && year >= FIRST_MASKED_YEAR;
    let length = text.find('Z')? + 1;
    (shape && (20..=30).contains(&length)).then_some(length)
}

fn token(text: &str) -> Option<usize> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(text.len());
    (text.starts_with("eyJ") && end > 100).then_some(end)
}

fn address(text: &str, network: &str) -> Option<usize> {
    let part = |c: char| {
        c.is_ascii_digit() || c == '.' || (network.contains(':') && (c.is_ascii_hexdigit() || c == ':'))
    };
    let end = text.find(|c: char| !part(c)).unwrap_or(text.len());
    (text.starts_with(network) && !text[end..].starts_with('/')).then_some(end)
}

fn random(text: &str, prefix: &str) -> Option<usize> {
    let suffix = text.strip_prefix(prefix)?.get(..5)?;
    let fits = suffix.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    fits.then_some(prefix.len() + 5)
}

/// A node's port in a cell.
fn node_port(text: &str) -> Option<usize> {
    let number = text.strip_prefix(':')?.split('/').next()?;
    let allocated = number.parse().is_ok_and(|port: u32| (30_000..=33_000).contains(&port));
    (allocated && text[1 + number.len()..].starts_with('/')).then_some(number.len() + 2)
}

/// A version in a sentence that tells one.
fn version(text: &str) -> Option<usize> {
    const SENTENCES: [&str; 5] = [
        "record (",
        "resource version: ",
        "current: ",
        "ResourceVersion in object meta: ",
        "resourceVersion for the provided watch is too old (",
    ];
    let sentence = SENTENCES.iter().find(|sentence| text.starts_with(*sentence))?;
    let digits = text[sentence.len()..].bytes().take_while(u8::is_ascii_digit).count();
    let rest = &text[sentence.len() + digits..];
    let ends = !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
    (digits > 0 && ends).then_some(sentence.len() + digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::value;

    #[test]
    fn what_no_two_servers_have_in_common_is_masked() {
        for (text, masked) in [
            ("a 6e9b5b0e-1111-4111-8111-0123456789ab b", "a <uid> b"),
            ("2026-01-02T03:04:05Z 2020-01-02T03:04:05Z", "<time> 2020-01-02T03:04:05Z"),
            ("\"10.96.0.1\" 10.96.0.0/16", "\"<address>\" 10.96.0.0/16"),
            (
                "kube-api-access-x1y2z gen-abc12 legend-abcde",
                "kube-api-access-<random> gen-<random> legend-abcde",
            ),
            ("the ResourceVersion in record (17).", "the ResourceVersion in <version>)."),
            ("Invalid value: {\"A\":{\"B\":\"}\"}}: wrong", "Invalid value: <struct>: wrong"),
            ("Invalid value: {\"a\":1}: wrong", "Invalid value: {\"a\":1}: wrong"),
            ("may not change\n  any(", "may not change"),
        ] {
            assert_eq!(mask(text), masked);
        }
    }

    #[test]
    fn an_object_is_a_line_for_each_leaf() {
        let mut lines = Vec::new();
        let object = value!({
            "b": [{"c": 1}, {"c": [1, 2]}], "a.b": {}, "a": "x",
            "metadata": {"resourceVersion": "5", "managedFields": [
                {"manager": "m", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:z": {}, "f:a": {}}}
            ]}
        });
        flatten("", &object, &mut lines);
        assert_eq!(
            lines,
            [
                "a = \"x\"",
                "[\"a.b\"] = {}",
                "b[0].c = 1",
                "b[1].c = [1,2]",
                "metadata.managedFields[m Update v1] = {\"f:a\":{},\"f:z\":{}}",
                "metadata.resourceVersion = <resourceVersion>"
            ]
        );
    }
}
