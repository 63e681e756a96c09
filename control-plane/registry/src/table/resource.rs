//! Devices and claims to them.

use api::Object;
use api::Value;
use jiff::Timestamp;

use super::STR;
use super::Table;
use super::age;

/// Of device classes and templates of claims.
pub(crate) static AGE: Table = Table::new(&[("Age", STR, 0)], |object, now| vec![age(object, now)]);

pub(crate) static RESOURCE_CLAIM: Table = Table::new(&[("State", STR, 0), ("Age", STR, 0)], claim);

pub(crate) static RESOURCE_SLICE: Table =
    Table::new(&[("Node", STR, 0), ("Driver", STR, 0), ("Pool", STR, 0), ("Age", STR, 0)], slice);

fn claim(object: &Object, now: Timestamp) -> Vec<Value> {
    let status = &object.value()["status"];
    let mut states = Vec::new();
    if !object.value()["metadata"]["deletionTimestamp"].is_null() {
        states.push("deleted");
    }
    if status["allocation"].is_null() {
        if states.is_empty() {
            states.push("pending");
        }
    } else {
        states.push("allocated");
        if !status["reservedFor"].items().is_empty() {
            states.push("reserved");
        }
    }
    vec![states.join(",").into(), age(object, now)]
}

fn slice(object: &Object, now: Timestamp) -> Vec<Value> {
    let spec = &object.value()["spec"];
    let text = |value: &Value| -> Value { value.str_or_empty().into() };
    vec![text(&spec["nodeName"]), text(&spec["driver"]), text(&spec["pool"]["name"]), age(object, now)]
}
