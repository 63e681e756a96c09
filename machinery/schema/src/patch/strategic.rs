//! Strategic merge patch: a merge patch that knows which lists are maps in disguise.
//!
//! Source: Kubernetes documentation, "Update API Objects in Place Using kubectl patch", and the
//! `patchStrategy`/`patchMergeKey` facts of the types. Directives: `$patch` (`replace`, `merge`,
//! `delete`), `$retainKeys`, `$deleteFromPrimitiveList/<field>`, `$setElementOrder/<field>`.

use std::collections::HashMap;
use std::collections::HashSet;

use api::Entry;
use api::Key;
use api::Map;
use api::Value;
use api::types::Field;
use api::types::Patch;
use api::types::Ty;
use api::types::TypeId;

use super::Error;

const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_FROM: &str = "$deleteFromPrimitiveList/";
const ELEMENT_ORDER: &str = "$setElementOrder/";

/// Applies `patch` to an object of type `ty`.
pub fn apply_strategic(ty: TypeId, target: &mut Value, patch: Value) -> Result<(), Error> {
    let Value::Object(patch) = patch else {
        return Err(Error::Malformed(format!(
            "json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
            patch.type_name()
        )));
    };
    merge_map(Some(ty), target, patch)
}

/// What `$patch` asks of an object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

fn directive(patch: &Map) -> Result<Directive, Error> {
    match patch.get(DIRECTIVE) {
        None => Ok(Directive::Merge),
        Some(value) => match value.str_or_empty() {
            "merge" => Ok(Directive::Merge),
            "replace" => Ok(Directive::Replace),
            "delete" => Ok(Directive::Delete),
            _ => Err(Error::Malformed(format!("unknown patch type found: {}", api::json::to_string(value)))),
        },
    }
}

fn merge_map(ty: Option<TypeId>, target: &mut Value, mut patch: Map) -> Result<(), Error> {
    match directive(&patch)? {
        Directive::Replace => {
            patch.remove(DIRECTIVE);
            strip_directives(&mut patch);
            *target = Value::Object(patch);
            return Ok(());
        }
        Directive::Delete => {
            *target = Value::object();
            return Ok(());
        }
        Directive::Merge => {
            patch.remove(DIRECTIVE);
        }
    }
    let map = target.ensure_map();
    if let Some(retained) = patch.remove(RETAIN_KEYS) {
        retain_keys(map, &patch, &retained)?;
    }
    let mut orders = Vec::new();
    // Lists are put into order when all of them is there.
    for entry in patch.iter() {
        if let Some(field) = entry.key.as_str().strip_prefix(ELEMENT_ORDER) {
            let id = Id(field_of(ty, &Key::from(field)).and_then(merge_key));
            let before = map.get(field).map_or_else(Places::default, |list| id.places(list.items()));
            orders.push((field.to_owned(), id, before, entry.value.clone()));
        }
    }
    for entry in patch.iter() {
        if let Some(field) = entry.key.as_str().strip_prefix(DELETE_FROM) {
            delete_scalars(map, field, &entry.value)?;
        }
    }
    patch.retain(|entry| ![ELEMENT_ORDER, DELETE_FROM].iter().any(|of| entry.key.as_str().starts_with(of)));
    map.merge(patch.into_vec(), |key, old, value| match old {
        _ if value.is_null() => Ok(None),
        None => Ok(without_directives(value)),
        Some(old) => merge_field(field_of(ty, key), old, value),
    })?;
    for (field, id, before, order) in orders {
        if let Some(Value::Array(list)) = map.get_mut(field.as_str()) {
            list.edit(|items| arrange(items, id, &id.places(order.items()), &before));
        }
    }
    Ok(())
}

/// What a field that is there becomes, if it stays.
fn merge_field(
    field: Option<&'static Field>,
    mut target: Value,
    value: Value,
) -> Result<Option<Value>, Error> {
    match value {
        Value::Object(patch) => {
            let known = match field.map(|f| &f.ty) {
                Some(Ty::Struct(id)) => Some(*id),
                _ => None,
            };
            let absent = !matches!(target, Value::Object(_));
            if absent && matches!(directive(&patch)?, Directive::Delete) {
                return Ok(None);
            }
            merge_map(known, &mut target, patch)?;
        }
        Value::Array(patch) => {
            let strategy = field.map_or(Patch::Default, |f| f.patch);
            match strategy {
                Patch::MergeBy(merge_key) | Patch::MergeByRetainKeys(merge_key) => {
                    let item = field.and_then(item_struct);
                    merge_list(item, merge_key.as_str(), &mut target, patch.into_vec())?;
                }
                Patch::Merge => merge_scalars(&mut target, patch.into_vec()),
                Patch::Default | Patch::RetainKeys => target = Value::Array(patch),
            }
        }
        scalar => target = scalar,
    }
    Ok(Some(target))
}

fn merge_list(
    item: Option<TypeId>,
    key: &'static str,
    target: &mut Value,
    patch: Vec<Value>,
) -> Result<(), Error> {
    let replace = patch.iter().any(|element| {
        element.get(DIRECTIVE).is_some_and(|d| d.as_str() == Some("replace")) && element.get(key).is_none()
    });
    if replace {
        let kept = patch.into_iter().filter(|element| element.get(DIRECTIVE).is_none());
        *target = kept.collect();
        return Ok(());
    }
    let mut items = std::mem::take(target.ensure_list()).into_vec();
    let id_of = Id(Some(key));
    let (mut places, mut before) = (id_of.places(&items), id_of.places(&items));
    let mut order = Places::default();
    for element in patch {
        let Value::Object(mut element) = element else {
            return Err(Error::Malformed("an element of a list merged by key is no object".to_owned()));
        };
        let Some(id) = element.get(key).cloned() else {
            return Err(Error::Malformed(format!(
                "map: {} does not contain declared merge key: {key}",
                api::json::to_string(&Value::Object(element))
            )));
        };
        let id = api::json::to_string(&id);
        let place = places.get(&id).copied();
        let directive = directive(&element)?;
        if directive != Directive::Delete {
            let next = order.len();
            order.entry(id.clone()).or_insert(next);
            if place.is_none() {
                places.insert(id.clone(), items.len());
            }
        }
        match (directive, place) {
            (Directive::Delete, Some(place)) => {
                // Its place stays taken, so that the places of the others stay what they are.
                items[place] = Value::Null;
                places.remove(&id);
                before.remove(&id);
            }
            (Directive::Delete, None) => {}
            (Directive::Replace, place) => {
                element.remove(DIRECTIVE);
                let element = Value::Object(element);
                match place {
                    Some(place) => items[place] = element,
                    None => items.push(element),
                }
            }
            (Directive::Merge, Some(place)) => merge_map(item, &mut items[place], element)?,
            (Directive::Merge, None) => {
                let mut fresh = Value::object();
                merge_map(item, &mut fresh, element)?;
                items.push(fresh);
            }
        }
    }
    items.retain(|item| !item.is_null());
    arrange(&mut items, id_of, &order, &before);
    *target = items.into();
    Ok(())
}

fn merge_scalars(target: &mut Value, patch: Vec<Value>) {
    let (id, list) = (Id(None), target.ensure_list());
    let before = id.places(list);
    let order = id.places(&patch);
    list.edit(|items| {
        items.extend(patch);
        let mut seen = HashSet::new();
        items.retain(|item| seen.insert(api::json::to_string(item)));
        arrange(items, id, &order, &before);
    });
}

fn delete_scalars(map: &mut Map, field: &str, values: &Value) -> Result<(), Error> {
    let Value::Array(values) = values else {
        return Err(Error::Malformed(format!("{DELETE_FROM}{field} takes a list")));
    };
    if let Some(Value::Array(list)) = map.get_mut(field) {
        list.retain(|item| !values.contains(item));
    }
    Ok(())
}

/// Only the keys named stay; every key that the patch sets must be among them.
fn retain_keys(map: &mut Map, patch: &Map, retained: &Value) -> Result<(), Error> {
    let Value::Array(retained) = retained else {
        return Err(Error::Malformed("$retainKeys takes a list".to_owned()));
    };
    let names = |key: &str| retained.iter().any(|r| r.as_str() == Some(key));
    let stray = patch
        .iter()
        .find(|e| !e.value.is_null() && !e.key.as_str().starts_with('$') && !names(e.key.as_str()));
    if stray.is_some() {
        return Err(Error::Malformed(
            "the $retainKeys directive does not contain every field of the patch".to_owned(),
        ));
    }
    map.retain(|entry| names(entry.key.as_str()));
    Ok(())
}

/// Where elements stand in a list, by what identifies them.
type Places = HashMap<String, usize>;

/// What identifies an element of a list: the value of its merge key, or all of it.
#[derive(Clone, Copy)]
struct Id(Option<&'static str>);

impl Id {
    fn of(self, item: &Value) -> Option<String> {
        match self.0 {
            Some(key) => item.get(key).map(api::json::to_string),
            None => Some(api::json::to_string(item)),
        }
    }

    fn places(self, items: &[Value]) -> Places {
        let mut places = Places::with_capacity(items.len());
        for (place, item) in items.iter().enumerate() {
            if let Some(id) = self.of(item) {
                places.entry(id).or_insert(place);
            }
        }
        places
    }
}

/// Puts the elements that `order` names into that order. Each of the others goes before the first of
/// them that it stood before; so what is new comes first, as upstream has it.
fn arrange(items: &mut Vec<Value>, id: Id, order: &Places, before: &Places) {
    let place = |places: &Places, item: &Value| places.get(&id.of(item)?).copied();
    let ranked = items.drain(..).map(|item| (place(order, &item), place(before, &item), item));
    let (mut named, mut others): (Vec<_>, Vec<_>) = ranked.partition(|(rank, ..)| rank.is_some());
    named.sort_by_key(|(rank, ..)| *rank);
    others.sort_by_key(|(_, stood, _)| *stood);
    let mut others = others.into_iter().peekable();
    for (_, named_stood, item) in named {
        let is_before = |stood: Option<usize>| matches!((stood, named_stood), (Some(a), Some(b)) if a < b);
        while let Some((.., other)) = others.next_if(|(_, stood, _)| is_before(*stood)) {
            items.push(other);
        }
        items.push(item);
    }
    items.extend(others.map(|(.., item)| item));
}

/// A part of a patch that becomes part of the object as it is: without parts that carry a directive,
/// and without nulls.
fn without_directives(value: Value) -> Option<Value> {
    match value {
        Value::Object(map) => {
            if map.contains(DIRECTIVE) {
                return None;
            }
            let plain = map.into_vec().into_iter().filter_map(|Entry { key, value }| {
                let name = key.as_str();
                let directive =
                    name == RETAIN_KEYS || name.starts_with(DELETE_FROM) || name.starts_with(ELEMENT_ORDER);
                let value = without_directives(value).filter(|value| !directive && !value.is_null())?;
                Some(Entry { key, value })
            });
            Some(Value::Object(plain.collect::<Vec<Entry>>().into()))
        }
        Value::Array(list) => Some(list.into_vec().into_iter().filter_map(without_directives).collect()),
        other => Some(other),
    }
}

/// A replaced object may carry directives further down; they have done their work.
fn strip_directives(map: &mut Map) {
    map.retain(|entry| {
        let key = entry.key.as_str();
        !(key == DIRECTIVE
            || key == RETAIN_KEYS
            || key.starts_with(DELETE_FROM)
            || key.starts_with(ELEMENT_ORDER))
    });
    for entry in map.iter_mut() {
        if let Value::Object(inner) = &mut entry.value {
            strip_directives(inner);
        }
    }
}

fn field_of(ty: Option<TypeId>, key: &Key) -> Option<&'static Field> {
    match key {
        Key::Known(known) => ty?.def().field(*known),
        Key::Other(_) => None,
    }
}

fn merge_key(field: &'static Field) -> Option<&'static str> {
    match field.patch {
        Patch::MergeBy(key) | Patch::MergeByRetainKeys(key) => Some(key.as_str()),
        _ => None,
    }
}

fn item_struct(field: &'static Field) -> Option<TypeId> {
    match field.ty {
        Ty::List(Ty::Struct(id)) => Some(*id),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::value;

    fn check(target: Value, patch: Value, expected: Value) {
        let ty = TypeId::find("core/v1.PodSpec").expect("known");
        let mut patched = target;
        apply_strategic(ty, &mut patched, patch).expect("applies");
        assert_eq!(patched, expected);
    }

    #[test]
    fn lists_merge_by_key() {
        check(
            value!({"containers": [{"name": "a", "image": "1", "env": [{"name": "X", "value": "1"}]}, {"name": "b"}]}),
            value!({"containers": [
                {"name": "a", "image": "2", "env": [{"name": "Y", "value": "2"}]},
                {"name": "b", "$patch": "delete"},
                {"name": "c"}
            ]}),
            value!({"containers": [
                {"name": "a", "image": "2", "env": [{"name": "Y", "value": "2"}, {"name": "X", "value": "1"}]},
                {"name": "c"}
            ]}),
        );
        let names = |names: &[&str]| -> Value {
            let list: Value = names.iter().map(|name| value!({"name": *name})).collect();
            value!({"containers": list})
        };
        // What is new goes before what is only on the server, whose order is kept.
        check(names(&["a", "b"]), names(&["n"]), names(&["n", "a", "b"]));
        check(names(&["a", "b", "c"]), names(&["b", "n"]), names(&["a", "b", "n", "c"]));
        check(names(&["a", "b", "c"]), names(&["c", "a"]), names(&["b", "c", "a"]));
        check(
            value!({"tolerations": [{"key": "a"}], "nodeSelector": {"a": "b"}}),
            value!({"tolerations": [{"key": "b"}], "nodeSelector": {"a": null, "c": "d"}}),
            value!({"tolerations": [{"key": "b"}], "nodeSelector": {"c": "d"}}),
        );
    }

    #[test]
    fn directives() {
        check(
            value!({"containers": [{"name": "a"}, {"name": "b"}, {"name": "x"}]}),
            value!({"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}], "containers": [{"name": "a", "image": "i"}]}),
            value!({"containers": [{"name": "b"}, {"name": "a", "image": "i"}, {"name": "x"}]}),
        );
        check(
            value!({"volumes": [{"name": "v", "emptyDir": {}}]}),
            value!({"volumes": [{"name": "v", "$retainKeys": ["name", "configMap"], "configMap": {"name": "c"}}]}),
            value!({"volumes": [{"name": "v", "configMap": {"name": "c"}}]}),
        );
        check(
            value!({"containers": [{"name": "a"}], "securityContext": {"runAsUser": 1}}),
            value!({"containers": [{"name": "z"}, {"$patch": "replace"}], "securityContext": {"$patch": "replace", "fsGroup": 2}}),
            value!({"containers": [{"name": "z"}], "securityContext": {"fsGroup": 2}}),
        );
        let meta = TypeId::find("meta/v1.ObjectMeta").expect("known");
        let mut target = value!({"finalizers": ["a", "b"]});
        let patch = value!({"$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["c"]});
        apply_strategic(meta, &mut target, patch).expect("applies");
        assert_eq!(target, value!({"finalizers": ["c", "b"]}));
    }

    #[test]
    fn mistakes() {
        let ty = TypeId::find("core/v1.PodSpec").expect("known");
        for patch in [
            value!([1]),
            value!({"containers": [{"image": "no name"}]}),
            value!({"containers": ["text"]}),
            value!({"$patch": "explode"}),
        ] {
            let result = apply_strategic(ty, &mut value!({"containers": [{"name": "a"}]}), patch);
            assert!(matches!(result, Err(Error::Malformed(_))));
        }
    }
}
