//! Nodes and their runtime classes.

use api::Value;
use api::value;
use meta::Cause;
use meta::names;

use crate::Context;
use crate::Generation;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::Table;
use crate::rules;
use crate::table;

pub(crate) struct Nodes;
pub(crate) struct RuntimeClasses;

impl Strategy for Nodes {
    fn table(&self) -> &'static Table {
        &table::NODE
    }

    /// A node that registers says at once what it is: its status is not reset.
    fn prepare_create(&self, _cx: &Context<'_>, node: &mut Value) {
        // A new node takes no pods before its controller has seen it ready.
        let taints = node.at_mut(&["spec", "taints"]).ensure_list();
        let key = "node.kubernetes.io/not-ready";
        if !taints.iter().any(|taint| taint["key"].as_str() == Some(key)) {
            taints.push(value!({"key": key, "effect": "NoSchedule"}));
        }
    }

    fn generation(&self, _resource: &api::Resource) -> Generation {
        Generation::None
    }
}

impl Strategy for RuntimeClasses {
    fn table(&self) -> &'static Table {
        &table::RUNTIME_CLASS
    }

    fn allows_unconditional_update(&self) -> bool {
        false
    }

    fn allows_create_on_update(&self) -> bool {
        true
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Vec<Cause>) {
        rules::required_name(&Path::new(""), object, "handler", names::dns1123_label, causes);
        let overhead = Path::new("overhead.podFixed");
        for (name, value) in api::view::MapView::of(&object["overhead"]["podFixed"]).iter() {
            if let Some(amount) = api::view::quantity(value) {
                rules::non_negative_quantity(&overhead.key(name), &amount, causes);
            }
        }
        let scheduling = &object["scheduling"];
        rules::labels(&Path::new("scheduling.nodeSelector"), &scheduling["nodeSelector"], causes);
        let (list, tolerations) = (Path::new("scheduling.tolerations"), scheduling["tolerations"].items());
        for (i, toleration) in tolerations.iter().enumerate() {
            if tolerations[..i].contains(toleration) {
                causes.push(Cause::duplicate(list.index(i), toleration));
            }
        }
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Vec<Cause>,
    ) {
        rules::immutable(&Path::new("handler"), &object["handler"], &old["handler"], causes);
    }
}
