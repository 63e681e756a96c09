//! JSON patch (RFC 6902) with JSON pointers (RFC 6901).

use api::Map;
use api::Value;

use super::Error;

/// Most operations in one patch, as upstream limits them.
const MAX_OPERATIONS: usize = 10_000;
/// Most values that copies may add up to: a few `copy` operations must not double an object for ever.
const MAX_COPIED_VALUES: usize = 200_000;

/// Applies a list of operations in order.
pub fn apply_json(target: &mut Value, patch: &Value) -> Result<(), Error> {
    let Value::Array(operations) = patch else {
        return Err(Error::Malformed(format!(
            "json: cannot unmarshal {} into Go value of type jsonpatch.Patch",
            patch.type_name()
        )));
    };
    if operations.len() > MAX_OPERATIONS {
        return Err(Error::Malformed(format!(
            "The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {}",
            operations.len()
        )));
    }
    let mut copied = 0;
    for operation in operations.iter() {
        apply_one(target, operation, &mut copied)?;
    }
    Ok(())
}

fn apply_one(target: &mut Value, operation: &Value, copied: &mut usize) -> Result<(), Error> {
    let path = pointer(operation, "path")?;
    let value = || operation.get("value").cloned().unwrap_or_default();
    match operation["op"].str_or_empty() {
        "add" => add(target, &path, value()),
        "remove" => remove(target, &path).map(drop),
        "replace" => {
            let place = find_mut(target, &path).ok_or_else(|| missing("replace", &path))?;
            *place = value();
            Ok(())
        }
        "move" => {
            let from = pointer(operation, "from")?;
            if path.len() > from.len() && path.starts_with(&from) {
                return Err(Error::Unprocessable("cannot move a value into itself".to_owned()));
            }
            let moved = remove(target, &from)?;
            add(target, &path, moved)
        }
        "copy" => {
            let from = pointer(operation, "from")?;
            let source = find(target, &from).ok_or_else(|| missing("copy", &from))?;
            *copied += count(source);
            if *copied > MAX_COPIED_VALUES {
                return Err(Error::Unprocessable("the copies of this patch are too large".to_owned()));
            }
            let copy = source.clone();
            add(target, &path, copy)
        }
        "test" => {
            let found = find(target, &path).unwrap_or(&api::NULL);
            if *found == value() {
                Ok(())
            } else {
                Err(Error::Unprocessable(format!("testing value {} failed", text(&path))))
            }
        }
        other => Err(Error::Malformed(format!("Unexpected kind: {other}"))),
    }
}

fn pointer(operation: &Value, key: &str) -> Result<Vec<String>, Error> {
    let Some(text) = operation[key].as_str() else {
        return Err(Error::Malformed(format!("missing or invalid {key:?} in a JSON patch operation")));
    };
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let Some(rest) = text.strip_prefix('/') else {
        return Err(Error::Malformed(format!("JSON pointer {text:?} must begin with '/'")));
    };
    Ok(rest.split('/').map(|token| token.replace("~1", "/").replace("~0", "~")).collect())
}

fn index(token: &str) -> Option<usize> {
    let plain = token == "0" || (!token.starts_with('0') && token.bytes().all(|b| b.is_ascii_digit()));
    if plain { token.parse().ok() } else { None }
}

fn find<'a>(target: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(target, |value, token| match value {
        Value::Object(map) => map.get(token.as_str()),
        Value::Array(list) => list.get(index(token)?),
        _ => None,
    })
}

fn find_mut<'a>(target: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    path.iter().try_fold(target, |value, token| match value {
        Value::Object(map) => map.get_mut(token.as_str()),
        Value::Array(list) => list.get_mut(index(token)?),
        _ => None,
    })
}

fn add(target: &mut Value, path: &[String], value: Value) -> Result<(), Error> {
    let Some((last, parent)) = path.split_last() else {
        *target = value;
        return Ok(());
    };
    match find_mut(target, parent).ok_or_else(|| missing("add", path))? {
        Value::Object(map) => {
            Map::insert(map, last.clone(), value);
            Ok(())
        }
        Value::Array(list) => {
            let at = if last == "-" { Some(list.len()) } else { index(last) };
            let at = at.filter(|at| *at <= list.len()).ok_or_else(|| missing("add", path))?;
            list.edit(|items| items.insert(at, value));
            Ok(())
        }
        _ => Err(missing("add", path)),
    }
}

fn remove(target: &mut Value, path: &[String]) -> Result<Value, Error> {
    let Some((last, parent)) = path.split_last() else {
        return Ok(target.take());
    };
    let removed = match find_mut(target, parent) {
        Some(Value::Object(map)) => map.remove(last.as_str()),
        Some(Value::Array(list)) => {
            index(last).filter(|at| *at < list.len()).map(|at| list.edit(|items| items.remove(at)))
        }
        _ => None,
    };
    removed.ok_or_else(|| missing("remove", path))
}

fn missing(operation: &str, path: &[String]) -> Error {
    Error::Unprocessable(format!(
        "{operation} operation does not apply: doc is missing path: {:?}: missing value",
        text(path)
    ))
}

fn text(path: &[String]) -> String {
    path.iter().map(|token| format!("/{token}")).collect()
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(map) => map.iter().map(|entry| count(&entry.value)).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::value;

    fn check(target: Value, patch: Value, expected: Value) {
        let mut patched = target;
        apply_json(&mut patched, &patch).expect("applies");
        assert_eq!(patched, expected);
    }

    #[test]
    fn operations() {
        check(
            value!({"a": {"b": [1, 2]}}),
            value!([
                {"op": "add", "path": "/a/b/1", "value": 9},
                {"op": "add", "path": "/a/b/-", "value": 3},
                {"op": "remove", "path": "/a/b/0"},
                {"op": "copy", "from": "/a/b", "path": "/c~1d"},
                {"op": "move", "from": "/a/b/0", "path": "/e"},
                {"op": "test", "path": "/e", "value": 9},
                {"op": "replace", "path": "/a/b/0", "value": null}
            ]),
            value!({"a": {"b": [null, 3]}, "c/d": [9, 2, 3], "e": 9}),
        );
    }

    #[test]
    fn what_does_not_fit() {
        let bad = |patch: Value| apply_json(&mut value!({"a": [1]}), &patch).expect_err("does not apply");
        assert!(matches!(bad(value!({"op": "add"})), Error::Malformed(_)));
        assert!(matches!(bad(value!([{"op": "x", "path": "/a"}])), Error::Malformed(_)));
        assert!(matches!(bad(value!([{"op": "remove", "path": "/b"}])), Error::Unprocessable(_)));
        assert!(matches!(bad(value!([{"op": "add", "path": "/a/5", "value": 1}])), Error::Unprocessable(_)));
        assert!(matches!(bad(value!([{"op": "test", "path": "/a/0", "value": 2}])), Error::Unprocessable(_)));
        let doubling: Value =
            (0..60).map(|i| value!({"op": "copy", "from": "", "path": format!("/x{i}")})).collect();
        assert!(matches!(bad(doubling), Error::Unprocessable(_)));
    }
}
