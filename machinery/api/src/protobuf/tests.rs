//! Against upstream's own encodings of every kind.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use super::decode;
use super::encode;
use crate::json;
use crate::types::TypeId;

/// The golden files lie beside the project, as the rest of its data does.
fn golden() -> BTreeMap<String, Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/codec-golden-v1.36.tar.gz");
    let file = std::fs::File::open(&path).unwrap_or_else(|error| {
        panic!("the golden files of the API must lie at {}: {error}", path.display())
    });
    let mut files = BTreeMap::new();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    for entry in archive.entries().expect("a tar archive") {
        let mut entry = entry.expect("an entry");
        let name = entry.path().expect("a path").to_string_lossy().trim_start_matches("./").to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("readable");
        files.insert(name, bytes);
    }
    files
}

/// `apps/v1` and `Deployment` to `apps/v1.Deployment`. The golden files write kinds that belong to
/// every group under `v1`.
fn type_of(api_version: &str, kind: &str) -> Option<TypeId> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let short = match group {
        "" => "core",
        "internal.apiserver.k8s.io" => "apiserverinternal",
        group => group.split('.').next().unwrap_or(group),
    };
    TypeId::find(&format!("{short}/{version}.{kind}")).or_else(|| TypeId::find(&format!("meta/v1.{kind}")))
}

#[test]
fn every_kind_in_both_directions() {
    let files = golden();
    let mut checked = 0;
    let mut failures = Vec::new();
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".pb")) {
        let base = name.trim_end_matches(".pb");
        // The envelope of a watch event has no kind.
        if base == "core.v1.WatchEvent" {
            continue;
        }
        let expected = json::parse_value(&files[&format!("{base}.json")]).expect("golden JSON parses");
        let ty = type_of(expected["apiVersion"].str_or_empty(), expected["kind"].str_or_empty()).expect(base);
        let decoded = decode(bytes, type_of).unwrap_or_else(|error| panic!("{base}: {error}"));
        let from_protobuf = crate::decode::normalize(ty, decoded).expect(base);
        let from_json = crate::decode::normalize(ty, expected.clone()).expect(base);
        assert!(from_protobuf.unknown.is_empty(), "{base}");
        let wanted = json::to_vec(&expected);
        for (what, found, wanted) in [
            ("protobuf to JSON", json::to_vec(&from_protobuf.value), &wanted),
            ("JSON to JSON", json::to_vec(&from_json.value), &wanted),
            ("JSON to protobuf", encode(ty, &expected), bytes),
        ] {
            failures.extend(difference(&found, wanted).map(|at| format!("{base}: {what}: {at}")));
        }
        checked += 1;
    }
    assert_eq!(failures, Vec::<String>::new());
    assert_eq!(checked, 184);
}

/// Both texts around the first byte that differs.
fn difference(found: &[u8], wanted: &[u8]) -> Option<String> {
    if found == wanted {
        return None;
    }
    let at = found.iter().zip(wanted).position(|(a, b)| a != b).unwrap_or(found.len().min(wanted.len()));
    let around = |bytes: &[u8]| {
        String::from_utf8_lossy(&bytes[at.saturating_sub(40)..(at + 40).min(bytes.len())]).into_owned()
    };
    Some(format!("{:?} instead of {:?}", around(found), around(wanted)))
}

#[test]
fn hostile_bytes_are_refused() {
    let pod = type_of("v1", "Pod");
    for bytes in
        [&b""[..], b"k8s\0\x0a\xff\xff\xff\xff\x0f", b"k8s\0\x0a\x05\x0a\x02v1", b"json", b"k8s\0\xff"]
    {
        assert!(decode(bytes, |_, _| pod).is_err());
    }
    // A type that nests itself must not exhaust the stack.
    let mut raw = Vec::new();
    for _ in 0..100_000 {
        raw.extend_from_slice(&[0x0a, 0xff, 0xff, 0x03]);
    }
    let mut bytes = b"k8s\0\x12".to_vec();
    bytes.extend_from_slice(&[0x80, 0xb5, 0x18]);
    bytes.extend_from_slice(&raw);
    assert!(decode(&bytes, |_, _| pod).is_err());
}
