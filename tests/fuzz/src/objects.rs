//! Objects and patches.

use api::Resource;
use api::Value;
use api::types::TypeId;
use schema::apply::Writer;
use schema::patch;

/// What patches are applied to, where the input brings nothing of its own.
const POD: &str = r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","namespace":"b","labels":{"c":"d"},
"managedFields":[{"manager":"m","operation":"Apply","apiVersion":"v1","fieldsType":"FieldsV1",
"fieldsV1":{"f:spec":{"f:containers":{"k:{\"name\":\"x\"}":{".":{},"f:image":{},"f:name":{}}}}}}]},
"spec":{"containers":[{"name":"x","image":"i","ports":[{"containerPort":80,"protocol":"TCP"}],
"env":[{"name":"E","value":"1"}]},{"name":"y","image":"j"}],"tolerations":[{"key":"k"}]}}"#;
/// A patched object that is larger than its parts by more than this is a bomb.
const LARGEST_GROWTH: usize = 64 << 20;

pub(crate) fn json(bytes: &[u8]) {
    let Ok(parsed) = api::json::parse(bytes) else { return };
    let written = api::json::to_vec(&parsed.value);
    let again = api::json::parse(&written).expect("what was written can be read");
    // Of numbers the value is the same, not the form: 1e3 is written as 1000; and as in Go, a float of
    // minus zero is written as -0, which is read as the whole number.
    let rewritten = api::json::to_vec(&again.value);
    assert!(written == rewritten || written.windows(2).any(|pair| pair == b"-0"));
}

pub(crate) fn yaml(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(documents) = api::yaml::parse_documents(text) else { return };
    for document in documents {
        let written = api::yaml::to_string(&document.value);
        let again = api::yaml::parse(&written).unwrap_or_else(|e| panic!("{e}: {written:?}"));
        // Keys are sorted when they are written.
        assert_eq!(written, api::yaml::to_string(&again.value));
    }
}

pub(crate) fn protobuf(bytes: &[u8]) {
    let Ok(value) = api::protobuf::decode(bytes, type_of) else { return };
    let (api_version, kind) = (value["apiVersion"].str_or_empty(), value["kind"].str_or_empty());
    let Some(ty) = type_of(api_version, kind) else { return };
    let written = api::protobuf::encode(ty, &value);
    let again = api::protobuf::decode(&written, type_of).expect("what was written can be read");
    assert_eq!(written, api::protobuf::encode(ty, &again));
}

pub(crate) fn body(bytes: &[u8]) {
    for media_type in ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf", ""] {
        apiserver::outside::body(media_type, bytes);
    }
}

pub(crate) fn json_patch(bytes: &[u8]) {
    let (mut target, patch) = pair(bytes);
    let Ok(patch) = api::json::parse_value(patch) else { return };
    let before = size(&target) + size(&patch);
    if patch::apply_json(&mut target, &patch).is_ok() {
        assert!(size(&target) <= before + LARGEST_GROWTH, "{} bytes from {before}", size(&target));
    }
}

pub(crate) fn merge_patch(bytes: &[u8]) {
    let (mut target, patch) = pair(bytes);
    let Ok(patch) = api::json::parse_value(patch) else { return };
    patch::apply_merge(&mut target, patch.clone());
    let once = target.clone();
    patch::apply_merge(&mut target, patch);
    assert_eq!(once, target, "RFC 7396: merging twice is merging once");
}

pub(crate) fn strategic_patch(bytes: &[u8]) {
    let (mut target, patch) = pair(bytes);
    let Ok(patch) = api::json::parse_value(patch) else { return };
    let ty = type_of("v1", "Pod").expect("a type of the table");
    let before = size(&target) + size(&patch);
    if patch::apply_strategic(ty, &mut target, patch).is_ok() {
        assert!(size(&target) <= before + LARGEST_GROWTH);
    }
}

pub(crate) fn apply(bytes: &[u8]) {
    let (live, config) = pair(bytes);
    let Ok(config) = api::yaml::parse(&String::from_utf8_lossy(config)) else { return };
    let writer = Writer {
        manager: "m",
        api_version: "v1",
        subresource: "",
        time: "2026-01-01T00:00:00Z",
        reset: &["status"],
    };
    let ty = type_of("v1", "Pod");
    for live in [None, Some(&live)] {
        for force in [false, true] {
            let Ok(applied) = schema::apply::apply(ty, live, &config.value, &writer, force) else { continue };
            // Whatever was applied can be applied again, and nothing changes.
            let again = schema::apply::apply(ty, Some(&applied), &config.value, &writer, true);
            let again = again.expect("the same configuration is still good");
            assert_eq!(without_managers(&applied), without_managers(&again));
        }
    }
}

pub(crate) fn field_set(bytes: &[u8]) {
    let Ok(value) = api::json::parse_value(bytes) else { return };
    let Ok(set) = schema::apply::FieldSet::decode(&value) else { return };
    assert_eq!(set.union(&set).paths(), set.paths());
    assert!(set.difference(&set).is_empty());
}

/// The object and the patch of an input: apart by a zero byte, or the patch alone.
fn pair(bytes: &[u8]) -> (Value, &[u8]) {
    let pod = || api::json::parse_value(POD.as_bytes()).expect("it is JSON");
    match bytes.iter().position(|byte| *byte == 0) {
        Some(at) => {
            let target = api::json::parse_value(&bytes[..at]).ok();
            let target = target.filter(|target| matches!(target, Value::Object(_)));
            (target.unwrap_or_else(pod), &bytes[at + 1..])
        }
        None => (pod(), bytes),
    }
}

fn type_of(api_version: &str, kind: &str) -> Option<TypeId> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    Resource::for_kind(group, version, kind).and_then(|row| row.ty)
}

fn size(value: &Value) -> usize {
    api::json::to_vec(value).len()
}

fn without_managers(value: &Value) -> Value {
    let mut value = value.clone();
    value.remove(&["metadata", "managedFields"]);
    value
}
