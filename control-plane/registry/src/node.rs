//! Nodes and their runtime classes.

use api::Value;
use api::value;
use meta::Cause;
use meta::Causes;
use meta::names;

use crate::Context;
use crate::Generation;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::Table;
use crate::address::check_cidr;
use crate::pod::check_amount_of_node;
use crate::pod::check_overhead;
use crate::pod::check_tolerations;
use crate::rules;
use crate::rules::Seen;
use crate::strategy::keep_other_part;
use crate::table;

pub(crate) struct Nodes;
pub(crate) struct RuntimeClasses;

impl Strategy for Nodes {
    fn table(&self) -> &'static Table {
        &table::NODE
    }

    /// The first of its ranges has a field of its own, which counts where the two differ.
    fn set_defaults(&self, node: &mut Value) {
        let Some(spec @ Value::Object(_)) = node.get_mut("spec") else { return };
        let first = spec["podCIDRs"].items().first().map_or("", Value::str_or_empty).to_owned();
        match spec["podCIDR"].str_or_empty() {
            "" if first.is_empty() => {}
            "" => spec.set(&["podCIDR"], first),
            one if one == first => {}
            one => {
                let one = one.to_owned();
                spec.set(&["podCIDRs"], value!([one]));
            }
        }
    }

    fn prepare_update(&self, cx: &Context<'_>, part: Subresource, node: &mut Value, old: &Value) {
        keep_other_part(cx.resource, part, node, old);
        if old["spec"]["configSource"].is_null() {
            node.remove(&["spec", "configSource"]);
        }
    }

    fn check(&self, _cx: &Context<'_>, node: &Value, causes: &mut Causes) {
        check_parts(node, causes);
        let list = Path::new("spec.podCIDRs");
        let ranges = node["spec"]["podCIDRs"].items();
        for (i, range) in ranges.iter().enumerate() {
            check_cidr(&list.index(i), range.str_or_empty(), causes);
        }
        let is_v6 = |range: &Value| range.str_or_empty().contains(':');
        let both = ranges.iter().any(is_v6) && !ranges.iter().all(is_v6);
        if ranges.len() > 2 || ranges.len() == 2 && !both {
            let detail = "may specify no more than one CIDR for each IP family";
            causes.push(Cause::invalid(list, &node["spec"]["podCIDRs"], detail));
        }
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        node: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        // Of an update of a node upstream looks at these twice.
        check_parts(node, causes);
        check_change(node, old, causes);
    }

    fn warnings(&self, node: &Value) -> Vec<String> {
        let used = !node["spec"]["externalID"].str_or_empty().is_empty();
        let told = "spec.externalID: this field is deprecated, and is unused by Kubernetes";
        used.then(|| told.to_owned()).into_iter().collect()
    }

    /// A node that registers says at once what it is: its status is not reset.
    fn prepare_create(&self, _cx: &Context<'_>, node: &mut Value) {
        node.remove(&["spec", "configSource"]);
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

/// What is checked of a node whenever it is written: its taints, what it has, and old annotations.
fn check_parts(node: &Value, causes: &mut Causes) {
    let avoided = "scheduler.alpha.kubernetes.io/preferAvoidPods";
    let text = node["metadata"]["annotations"].get(avoided).map_or("", Value::str_or_empty);
    if !text.is_empty()
        && let Err(error) = api::json::parse_value(text.as_bytes())
    {
        causes.push(Cause::invalid("metadata.annotations.AvoidPods", avoided, &error.message));
    }
    // Upstream takes them for metadata.
    let (list, taints) = (Path::new("metadata.taints"), node["spec"]["taints"].items());
    let mut seen = Seen::default();
    for (i, taint) in taints.iter().enumerate() {
        let path = list.index(i);
        rules::spelled(&path.child("key"), taint["key"].str_or_empty(), names::qualified_name, causes);
        rules::name(&path, taint, "value", names::label_value, causes);
        rules::one_of(&path, taint, "effect", &["NoSchedule", "PreferNoSchedule", "NoExecute"], causes);
        if seen.again((taint["key"].str_or_empty(), taint["effect"].str_or_empty())) {
            let mut cause = Cause::duplicate(path, rules::InMemory(taint));
            cause.message.push_str(": taints must be unique by key and effect pair");
            causes.push(cause);
        }
    }
    for field in ["capacity", "allocatable"] {
        let status = Path::new("status");
        let list = status.child(field);
        for (name, value) in api::view::MapView::of(&node["status"][field]).iter() {
            if let Some(amount) = api::view::quantity(value) {
                check_amount_of_node(&list.child(name), name, &amount, causes);
            }
        }
    }
}

/// What of a node stays once it is set.
fn check_change(node: &Value, old: &Value, causes: &mut Causes) {
    let (list, addresses) = (Path::new("status.addresses"), node["status"]["addresses"].items());
    let mut seen = Seen::default();
    for (i, address) in addresses.iter().enumerate() {
        if seen.again((address["type"].str_or_empty(), address["address"].str_or_empty())) {
            causes.push(Cause::duplicate(list.index(i), rules::InMemory(address)));
        }
    }
    let (spec, before) = (&node["spec"], &old["spec"]);
    let [ranges, old_ranges] = [spec, before].map(|spec| spec["podCIDRs"].items());
    let detail = "node updates may not change podCIDR except from \"\" to valid";
    if !old_ranges.is_empty() && ranges.len() != old_ranges.len() {
        causes.push(Cause::forbidden("spec.podCIDRs", detail));
    } else {
        for _ in old_ranges.iter().zip(ranges).filter(|(old, new)| old != new) {
            causes.push(Cause::forbidden("spec.podCIDRs", detail));
        }
    }
    let [id, old_id] = [spec, before].map(|spec| spec["providerID"].str_or_empty());
    if !old_id.is_empty() && id != old_id {
        let detail = "node updates may not change providerID except from \"\" to valid";
        causes.push(Cause::forbidden("spec.providerID", detail));
    }
    if spec["externalID"].str_or_empty() != before["externalID"].str_or_empty() {
        causes.push(Cause::forbidden("spec.externalID", "may not be updated"));
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

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        rules::required_name(&Path::new(""), object, "handler", names::dns1123_label, causes);
        check_overhead(&Path::new("overhead"), &object["overhead"]["podFixed"], causes);
        let scheduling = &object["scheduling"];
        rules::labels(&Path::new("scheduling.nodeSelector"), &scheduling["nodeSelector"], causes);
        let (list, tolerations) = (Path::new("scheduling.tolerations"), scheduling["tolerations"].items());
        let mut seen = Seen::default();
        for (i, toleration) in tolerations.iter().enumerate() {
            let parts = ["key", "operator", "value", "effect"].map(|part| toleration[part].str_or_empty());
            if seen.again((parts, toleration["tolerationSeconds"].as_i64())) {
                causes.push(Cause::duplicate(list.index(i), rules::InMemory(toleration)));
            }
        }
        check_tolerations(&list, &scheduling["tolerations"], causes);
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        rules::immutable(&Path::new("handler"), &object["handler"], &old["handler"], causes);
    }
}
