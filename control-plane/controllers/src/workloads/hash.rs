//! The hash in `pod-template-hash` and in the names of revisions.
//!
//! It only has to differ between templates and never to change for one; two templates are compared
//! by value, not by hash. FNV-1a over the value with sorted keys, so that the order of fields does not
//! matter.

use api::Value;

const OFFSET: u32 = 0x811c_9dc5;
const PRIME: u32 = 0x0100_0193;
/// Letters and digits of which no word can be made, as upstream's.
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// The hash of a template as text for names and labels. `collisions` makes another one where two
/// templates met in one hash.
pub(crate) fn template_hash(template: &Value, collisions: Option<i64>) -> String {
    let mut hash = OFFSET;
    walk(template, &mut hash);
    if let Some(collisions) = collisions {
        mix(&collisions.to_le_bytes(), &mut hash);
    }
    let digits = hash.to_string();
    digits.bytes().map(|digit| char::from(ALPHABET[usize::from(digit) % ALPHABET.len()])).collect()
}

fn walk(value: &Value, hash: &mut u32) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().filter(|entry| !entry.value.is_null()).collect();
            entries.sort_by(|a, b| a.key.as_str().cmp(b.key.as_str()));
            mix(b"{", hash);
            for entry in entries {
                mix(entry.key.as_str().as_bytes(), hash);
                mix(b":", hash);
                walk(&entry.value, hash);
            }
            mix(b"}", hash);
        }
        Value::Array(list) => {
            mix(b"[", hash);
            for item in list.iter() {
                walk(item, hash);
                mix(b",", hash);
            }
            mix(b"]", hash);
        }
        scalar => mix(api::json::to_string(scalar).as_bytes(), hash),
    }
}

fn mix(bytes: &[u8], hash: &mut u32) {
    for byte in bytes {
        *hash = (*hash ^ u32::from(*byte)).wrapping_mul(PRIME);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::value;

    #[test]
    fn is_the_same_for_ever() {
        let template = value!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}});
        let other_order = value!({"spec": {"containers": [{"image": "i:1", "name": "c", "args": null}]}, "metadata": {"labels": {"app": "web"}}});
        // Every ReplicaSet in every cluster is named after this: it must never change.
        assert_eq!(template_hash(&template, None), "5b7748956");
        assert_eq!(template_hash(&other_order, None), template_hash(&template, None));
        assert_ne!(template_hash(&template, Some(1)), template_hash(&template, None));
        let changed = value!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i:2"}]}});
        assert_ne!(template_hash(&changed, None), template_hash(&template, None));
    }
}
