//! Volumes, claims and their classes.

use api::Object;
use api::Value;
use jiff::Timestamp;

use super::BOOL;
use super::INT;
use super::NONE;
use super::STR;
use super::Table;
use super::UNSET;
use super::age;
use super::or;
use super::phase;

pub(crate) static VOLUME: Table = Table::new(
    &[
        ("Capacity", STR, 0),
        ("Access Modes", STR, 0),
        ("Reclaim Policy", STR, 0),
        ("Status", STR, 0),
        ("Claim", STR, 0),
        ("StorageClass", STR, 0),
        ("VolumeAttributesClass", STR, 0),
        ("Reason", STR, 0),
        ("Age", STR, 0),
        ("VolumeMode", STR, 1),
    ],
    volume,
);

pub(crate) static CLAIM: Table = Table::new(
    &[
        ("Status", STR, 0),
        ("Volume", STR, 0),
        ("Capacity", STR, 0),
        ("Access Modes", STR, 0),
        ("StorageClass", STR, 0),
        ("VolumeAttributesClass", STR, 0),
        ("Age", STR, 0),
        ("VolumeMode", STR, 1),
    ],
    claim,
);

pub(crate) static STORAGE_CLASS: Table = Table::new(
    &[
        ("Provisioner", STR, 0),
        ("ReclaimPolicy", STR, 0),
        ("VolumeBindingMode", STR, 0),
        ("AllowVolumeExpansion", STR, 0),
        ("Age", STR, 0),
    ],
    storage_class,
)
.marked(&["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"]);

pub(crate) static VOLUME_ATTACHMENT: Table = Table::new(
    &[("Attacher", STR, 0), ("PV", STR, 0), ("Node", STR, 0), ("Attached", BOOL, 0), ("Age", STR, 0)],
    attachment,
);

pub(crate) static CSI_NODE: Table = Table::new(&[("Drivers", INT, 0), ("Age", STR, 0)], csi_node);

pub(crate) static CSI_DRIVER: Table = Table::new(
    &[
        ("AttachRequired", BOOL, 0),
        ("PodInfoOnMount", BOOL, 0),
        ("StorageCapacity", BOOL, 0),
        ("TokenRequests", STR, 0),
        ("RequiresRepublish", BOOL, 0),
        ("Modes", STR, 0),
        ("Age", STR, 0),
    ],
    csi_driver,
);

pub(crate) static VOLUME_ATTRIBUTES_CLASS: Table =
    Table::new(&[("DriverName", STR, 0), ("Age", STR, 0)], |object, now| {
        vec![object.value()["driverName"].str_or_empty().into(), age(object, now)]
    });

fn csi_driver(object: &Object, now: Timestamp) -> Vec<Value> {
    let spec = &object.value()["spec"];
    let is = |field: &str, otherwise: bool| -> Value { spec[field].as_bool().unwrap_or(otherwise).into() };
    let list = |items: Vec<&str>, none: &str| -> Value {
        if items.is_empty() { none.into() } else { items.join(",").into() }
    };
    let audiences = spec["tokenRequests"].items().iter().map(|request| request["audience"].str_or_empty());
    let modes = spec["volumeLifecycleModes"].items().iter().map(Value::str_or_empty);
    vec![
        is("attachRequired", true),
        is("podInfoOnMount", false),
        is("storageCapacity", false),
        list(audiences.collect(), UNSET),
        is("requiresRepublish", false),
        list(modes.collect(), NONE),
        age(object, now),
    ]
}

fn volume(object: &Object, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (&object.value()["spec"], &object.value()["status"]);
    let claim = &spec["claimRef"];
    let claim = match claim.is_null() {
        true => String::new(),
        false => format!("{}/{}", claim["namespace"].str_or_empty(), claim["name"].str_or_empty()),
    };
    vec![
        spec["capacity"]["storage"].str_or_empty().into(),
        access_modes(&spec["accessModes"]),
        spec["persistentVolumeReclaimPolicy"].str_or_empty().into(),
        phase(object),
        claim.into(),
        spec["storageClassName"].str_or_empty().into(),
        or(&spec["volumeAttributesClassName"], UNSET),
        status["reason"].str_or_empty().into(),
        age(object, now),
        or(&spec["volumeMode"], UNSET),
    ]
}

fn claim(object: &Object, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (&object.value()["spec"], &object.value()["status"]);
    let volume = spec["volumeName"].str_or_empty();
    // Before it is bound, what is asked for is not what there is.
    let (capacity, modes) = match volume.is_empty() {
        true => ("", "".into()),
        false => {
            (status["capacity"]["storage"].as_str().unwrap_or("0"), access_modes(&status["accessModes"]))
        }
    };
    vec![
        phase(object),
        volume.into(),
        capacity.into(),
        modes,
        spec["storageClassName"].str_or_empty().into(),
        or(&spec["volumeAttributesClassName"], UNSET),
        age(object, now),
        or(&spec["volumeMode"], UNSET),
    ]
}

fn storage_class(object: &Object, now: Timestamp) -> Vec<Value> {
    let value = object.value();
    vec![
        value["provisioner"].str_or_empty().into(),
        or(&value["reclaimPolicy"], "Delete"),
        or(&value["volumeBindingMode"], "Immediate"),
        value["allowVolumeExpansion"].as_bool().unwrap_or(false).into(),
        age(object, now),
    ]
}

fn attachment(object: &Object, now: Timestamp) -> Vec<Value> {
    let spec = &object.value()["spec"];
    vec![
        spec["attacher"].str_or_empty().into(),
        spec["source"]["persistentVolumeName"].str_or_empty().into(),
        spec["nodeName"].str_or_empty().into(),
        object.value()["status"]["attached"].as_bool().unwrap_or(false).into(),
        age(object, now),
    ]
}

fn csi_node(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![object.value()["spec"]["drivers"].items().len().into(), age(object, now)]
}

fn access_modes(modes: &Value) -> Value {
    let known = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let has = |mode: &str| modes.items().iter().any(|known| known.as_str() == Some(mode));
    let shown: Vec<&str> = known.iter().filter(|(mode, _)| has(mode)).map(|(_, short)| *short).collect();
    shown.join(",").into()
}

#[cfg(test)]
mod tests {
    use api::value;

    use super::*;

    #[test]
    fn modes_of_volumes() {
        let modes = value!(["ReadWriteMany", "ReadWriteOnce", "ReadWriteOnce"]);
        assert_eq!(access_modes(&modes).as_str(), Some("RWO,RWX"));
    }
}
