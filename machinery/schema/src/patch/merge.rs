//! JSON merge patch (RFC 7396).

use std::convert::Infallible;

use api::Value;

/// Merges `patch` into `target`: `null` removes, objects merge, anything else replaces.
pub fn apply_merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    let merged: Result<(), Infallible> = target.ensure_map().merge(patch.into_vec(), |_, old, value| {
        if value.is_null() {
            return Ok(None);
        }
        let mut merged = old.unwrap_or(Value::Null);
        apply_merge(&mut merged, value);
        Ok(Some(merged))
    });
    let Ok(()) = merged;
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
