//! Managers of one field of an object, as an object of its own has them: the replicas of what is scaled,
//! in a `Scale`.
//!
//! Such an object is written and applied like any other, with the managers that own the field; what
//! became of them is then brought back to the object that has the field.

use api::Value;

use super::managers;
use super::managers::Manager;
use super::managers::Operation;
use super::set::FieldSet;

/// A field that an object of its own stands for, by the same path.
#[derive(Clone, Debug)]
pub struct Part {
    field: FieldSet,
    /// The version in which the part is written.
    api_version: &'static str,
    /// That of the whole object.
    whole_version: String,
}

impl Part {
    /// The field of a `FieldsV1`, which is `api_version` when it is written by itself, and otherwise in
    /// an object of `whole_version`.
    ///
    /// # Panics
    /// If `fields` is no `FieldsV1`: it is a constant of the program.
    pub fn new(fields: &Value, api_version: &'static str, whole_version: String) -> Self {
        let field = FieldSet::decode(fields).expect("a constant of the program");
        Self { field, api_version, whole_version }
    }

    /// The `managedFields` of the part, from those of the whole.
    pub fn taken_from(&self, whole: &Value) -> Value {
        let owners = managers::decode(whole).into_iter().filter(|manager| self.owns(manager));
        let parts = owners.map(|manager| Manager {
            api_version: self.api_version.to_owned(),
            fields: self.field.encode(),
            ..manager
        });
        managers::encode(parts.collect())
    }

    /// The `managedFields` of the whole, once those of the part are `part`.
    pub fn brought_back(&self, whole: &Value, part: &Value) -> Value {
        let mut parts: Vec<Manager> =
            managers::decode(part).into_iter().filter(|manager| self.owns(manager)).collect();
        let mut entries = managers::decode(whole);
        for manager in entries.iter_mut().filter(|manager| self.owns(manager)) {
            match parts.iter().position(|part| self.is_same(part, manager)) {
                // A manager that keeps the field, since the last time or since now.
                Some(place) => manager.time = parts.swap_remove(place).time,
                None => manager.give_up(&self.field),
            }
        }
        entries.extend(
            parts.into_iter().map(|manager| Manager { api_version: self.whole_version.clone(), ..manager }),
        );
        managers::encode(entries)
    }

    fn owns(&self, manager: &Manager) -> bool {
        self.field.is_within(&manager.fields)
    }

    fn is_same(&self, part: &Manager, of_whole: &Manager) -> bool {
        (&part.name, part.operation, &part.subresource)
            == (&of_whole.name, of_whole.operation, &of_whole.subresource)
            && (part.operation == Operation::Apply || of_whole.api_version == self.whole_version)
    }
}

#[cfg(test)]
mod tests {
    use api::value;

    use super::*;

    fn entry(manager: &str, operation: &str, version: &str, fields: Value) -> Value {
        value!({
            "manager": manager, "operation": operation, "apiVersion": version, "time": "2026-01-01T00:00:00Z",
            "fieldsType": "FieldsV1", "fieldsV1": fields
        })
    }

    #[test]
    fn owners_of_the_field_go_there_and_back() {
        let field = value!({"f:spec": {"f:replicas": {}}});
        let part = Part::new(&field, "autoscaling/v1", "apps/v1".to_owned());
        let both = value!({"f:spec": {"f:paused": {}, "f:replicas": {}}});
        let whole = value!([
            entry("applier", "Apply", "apps/v1", both.clone()),
            entry("other", "Update", "apps/v1", value!({"f:spec": {"f:paused": {}}})),
            entry("writer", "Update", "apps/v1", both)
        ]);
        let taken = part.taken_from(&whole);
        let versions: Vec<&str> = taken.items().iter().map(|e| e["apiVersion"].str_or_empty()).collect();
        assert_eq!(versions, ["autoscaling/v1", "autoscaling/v1"]);
        assert_eq!(api::json::to_string(&taken.items()[0]["fieldsV1"]), r#"{"f:spec":{"f:replicas":{}}}"#);
        let shown = |list: &Value| -> Vec<String> {
            let line = |e: &Value| {
                format!("{} {}", e["manager"].str_or_empty(), api::json::to_string(&e["fieldsV1"]))
            };
            list.items().iter().map(line).collect()
        };
        // Nothing changed there: nothing does here.
        assert_eq!(shown(&part.brought_back(&whole, &taken)), shown(&whole));
        // Somebody else took the field: who had it keeps the rest.
        let scaler =
            value!([entry("scaler", "Update", "autoscaling/v1", value!({"f:spec": {"f:replicas": {}}}))]);
        assert_eq!(
            shown(&part.brought_back(&whole, &scaler)),
            [
                r#"applier {"f:spec":{"f:paused":{}}}"#,
                r#"other {"f:spec":{"f:paused":{}}}"#,
                r#"scaler {"f:spec":{"f:replicas":{}}}"#,
                r#"writer {"f:spec":{"f:paused":{}}}"#,
            ]
        );
    }
}
