//! Objects that are kept as their text: the sets of fields in `managedFields`.
//!
//! They make up half of an object and hardly anybody reads them. As text they take a fifth of the
//! memory, cost nothing to copy, and are shared: all pods of a template have the same ones.

use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::Weak;

use crate::json;
use crate::value::Value;

/// The compact JSON text of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawObject {
    text: Arc<str>,
}

impl RawObject {
    /// The text of a value, which is an object.
    pub fn of(value: &Value) -> Self {
        Self::trusted(&json::to_string(value))
    }

    /// From compact JSON of an object; the caller wrote it.
    pub fn trusted(text: &str) -> Self {
        Self { text: shared(text) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The object as a value.
    pub fn parse(&self) -> Value {
        json::parse_value(self.text.as_bytes()).unwrap_or_else(|_| Value::object())
    }

    /// Turns the sets of fields of an object that was parsed into their text.
    pub fn compact(object: &mut Value) {
        let entries = object.get_mut("metadata").and_then(|metadata| metadata.get_mut("managedFields"));
        let Some(Value::Array(entries)) = entries else { return };
        for entry in entries.iter_mut() {
            if let Some(fields @ Value::Object(_)) = entry.get_mut("fieldsV1") {
                *fields = Value::Raw(Self::of(fields));
            }
        }
    }
}

/// Texts that were made lately, by hash. A text that loses its place is merely no longer shared.
static SHARED: LazyLock<Box<[Mutex<Weak<str>>]>> =
    LazyLock::new(|| (0..SLOTS).map(|_| Mutex::new(Arc::downgrade(&Arc::<str>::from("")))).collect());
const SLOTS: usize = 1024;

fn shared(text: &str) -> Arc<str> {
    // Who makes texts meet in one slot only has them less often shared: any quick sum will do.
    let slot = &SHARED[crc32fast::hash(text.as_bytes()) as usize % SLOTS];
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = slot.upgrade()
        && *known == *text
    {
        return known;
    }
    let fresh: Arc<str> = text.into();
    *slot = Arc::downgrade(&fresh);
    fresh
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value;

    #[test]
    fn texts_are_shared_and_written_as_they_are() {
        let object = || {
            let mut object = value!({"metadata": {"managedFields": [{"manager": "m", "fieldsV1": {"f:a": {"v:\"x\"": {}}}}]}});
            RawObject::compact(&mut object);
            object
        };
        let (one, two) = (object(), object());
        assert_eq!(one, two);
        assert_eq!(
            json::to_string(&one),
            r#"{"metadata":{"managedFields":[{"manager":"m","fieldsV1":{"f:a":{"v:\"x\"":{}}}}]}}"#
        );
        assert!(
            crate::yaml::to_string(&one).contains("fieldsV1:\n      f:a:\n        v:\"x\": {}\n"),
            "{}",
            crate::yaml::to_string(&one)
        );
        let text = |object: &Value| match &object["metadata"]["managedFields"].items()[0]["fieldsV1"] {
            Value::Raw(raw) => raw.text.clone(),
            other => panic!("{other:?} is no text"),
        };
        assert!(Arc::ptr_eq(&text(&one), &text(&two)));
    }
}
