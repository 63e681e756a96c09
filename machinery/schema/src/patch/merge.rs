//! JSON merge patch (RFC 7396).

use api::Value;

/// Merges `patch` into `target`: `null` removes, objects merge, anything else replaces.
pub fn apply_merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    let map = target.ensure_map();
    for entry in patch.into_vec() {
        if entry.value.is_null() {
            map.remove(entry.key.as_str());
        } else {
            apply_merge(map.entry(entry.key.as_str()), entry.value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::value;

    #[test]
    fn examples_of_the_rfc() {
        for (target, patch, result) in [
            (value!({"a": "b"}), value!({"a": "c"}), value!({"a": "c"})),
            (value!({"a": "b"}), value!({"b": "c"}), value!({"a": "b", "b": "c"})),
            (value!({"a": "b", "b": "c"}), value!({"a": null}), value!({"b": "c"})),
            (value!({"a": ["b"]}), value!({"a": "c"}), value!({"a": "c"})),
            (value!({"a": {"b": "c"}}), value!({"a": {"b": "d", "c": null}}), value!({"a": {"b": "d"}})),
            (value!(["a", "b"]), value!(["c"]), value!(["c"])),
            (value!({"a": "foo"}), value!(null), value!(null)),
            (value!({}), value!({"a": {"bb": {"ccc": null}}}), value!({"a": {"bb": {}}})),
        ] {
            let mut merged = target;
            apply_merge(&mut merged, patch);
            assert_eq!(merged, result);
        }
    }
}
