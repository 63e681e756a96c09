//! Whether the node takes a pod that was bound to it: the scheduler may have known less, or somebody
//! may have bound the pod by hand. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::Object;
use api::Value;
use api::view::View as _;
use api::views::PodView;
use meta::Quantity;

use crate::config::Config;
use crate::node::Machine;
use crate::node::allocatable;
use crate::pod;
use crate::pod::Kind;

/// Why the node does not take a pod, with reason and message, as upstream words them; `None` if it does.
pub(crate) fn reject<'a>(
    config: &Config,
    machine: &Machine,
    pod: PodView<'_>,
    others: impl Iterator<Item = &'a Arc<Object>> + Clone,
    labels: &BTreeMap<String, String>,
) -> Option<(String, String)> {
    let no =
        |reason: &str, message: String| Some((reason.to_owned(), format!("Pod was rejected: {message}")));
    let selected =
        pod.spec().node_selector().strs().all(|(key, value)| labels.get(key).is_some_and(|v| v == value));
    if !selected || !affinity_matches(pod, labels, &config.node_name) {
        return no(
            "NodeAffinity",
            "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector".into(),
        );
    }
    let active = others.filter(|other| {
        let view = PodView::of(other.value());
        !pod::is_terminal(view.status().phase())
    });
    let count = active.clone().count();
    let enough = |name: &str, requested: i64, used: i64, capacity: i64| {
        (requested > 0 && used + requested > capacity).then(|| {
            let message = format!(
                "Node didn't have enough resource: {name}, requested: {requested}, used: {used}, capacity: {capacity}"
            );
            (format!("OutOf{name}"), format!("Pod was rejected: {message}"))
        })
    };
    let capacity = i64::from(config.max_pods);
    let mut failed = enough("pods", 1, i64::try_from(count).unwrap_or(i64::MAX), capacity);
    for name in ["cpu", "memory"] {
        let amount =
            |quantity: Quantity| if name == "cpu" { quantity.milli_value() } else { quantity.value() };
        let capacity = allocatable(config, machine, name).map_or(i64::MAX, amount);
        let used = active.clone().map(|other| amount(request(PodView::of(other.value()), name))).sum();
        failed = failed.or_else(|| enough(name, amount(request(pod, name)), used, capacity));
    }
    failed.or_else(|| taken_port(pod, active.map(|other| PodView::of(other.value()))))
}

/// What a pod asks for: the sum of its containers and sidecars, or the largest of its init
/// containers with the sidecars that run then (KEP-753).
pub(crate) fn request(pod: PodView<'_>, resource: &str) -> Quantity {
    let zero = Quantity::from_units(0);
    let (mut sum, mut sidecars, mut peak) = (zero, zero, zero);
    for (kind, container) in pod::containers(pod) {
        let amount = container.resources().requests().quantity(resource).unwrap_or(zero);
        match kind {
            Kind::Regular => sum = sum.plus(amount),
            Kind::Sidecar => {
                sidecars = sidecars.plus(amount);
                peak = larger(peak, sidecars);
            }
            Kind::Init => peak = larger(peak, sidecars.plus(amount)),
            Kind::Ephemeral => {}
        }
    }
    let overhead = pod.spec().overhead().quantity(resource).unwrap_or(zero);
    larger(sum.plus(sidecars), peak).plus(overhead)
}

fn larger(a: Quantity, b: Quantity) -> Quantity {
    if b.milli_value() > a.milli_value() { b } else { a }
}

fn taken_port<'a>(pod: PodView<'_>, others: impl Iterator<Item = PodView<'a>>) -> Option<(String, String)> {
    let ports = |pod: PodView<'_>| -> Vec<(i64, String)> {
        pod::containers(pod)
            .filter(|(kind, _)| matches!(kind, Kind::Regular | Kind::Sidecar))
            .flat_map(|(_, container)| container.ports().iter())
            .filter(|port| port.host_port() > 0)
            .map(|port| (port.host_port(), format!("{}/{}", port.protocol(), port.host_ip())))
            .collect()
    };
    let own = ports(pod);
    let clash = |other: PodView<'_>| ports(other).iter().any(|port| own.contains(port));
    (!own.is_empty() && others.into_iter().any(clash)).then(|| {
        let message = "Pod was rejected: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports";
        ("NodePorts".to_owned(), message.to_owned())
    })
}

fn affinity_matches(pod: PodView<'_>, labels: &BTreeMap<String, String>, node_name: &str) -> bool {
    let required = pod.spec().value().at(&[
        "affinity",
        "nodeAffinity",
        "requiredDuringSchedulingIgnoredDuringExecution",
        "nodeSelectorTerms",
    ]);
    if required.is_null() {
        return true;
    }
    required.items().iter().any(|term| {
        let expressions = term["matchExpressions"].items();
        let fields = term["matchFields"].items();
        let label = |key: &str| labels.get(key).map(String::as_str);
        let field = |key: &str| (key == "metadata.name").then_some(node_name);
        !(expressions.is_empty() && fields.is_empty())
            && expressions.iter().all(|expression| holds(expression, label))
            && fields.iter().all(|expression| holds(expression, field))
    })
}

fn holds<'a>(expression: &Value, value_of: impl Fn(&str) -> Option<&'a str>) -> bool {
    let found = value_of(expression["key"].str_or_empty());
    let values = expression["values"].items();
    let listed = found.is_some_and(|found| values.iter().any(|value| value.as_str() == Some(found)));
    let compared = || {
        let bound: i64 = values.first()?.as_str()?.parse().ok()?;
        Some(found?.parse::<i64>().ok()?.cmp(&bound))
    };
    match expression["operator"].as_str() {
        Some("In") => listed,
        Some("NotIn") => !listed,
        Some("Exists") => found.is_some(),
        Some("DoesNotExist") => found.is_none(),
        Some("Gt") => compared() == Some(std::cmp::Ordering::Greater),
        Some("Lt") => compared() == Some(std::cmp::Ordering::Less),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use api::value;

    use super::*;

    fn pod(spec: Value) -> Value {
        value!({"metadata": {"name": "p"}, "spec": spec})
    }

    fn check(spec: Value, others: &[Value]) -> String {
        let config = Config::new("n1", "127.0.0.1".parse().unwrap(), "/k");
        let machine = Machine { cpus: 2, memory_bytes: 2 << 30, ..Machine::default() };
        let labels = BTreeMap::from([("zone".to_owned(), "a".to_owned())]);
        let others: Vec<Arc<Object>> =
            others.iter().map(|other| Arc::new(Object::new(pod::pods(), pod(other.clone())))).collect();
        let wanted = pod(spec);
        let rejected = reject(&config, &machine, PodView::of(&wanted), others.iter(), &labels);
        rejected.map(|(reason, _)| reason).unwrap_or_default()
    }

    #[test]
    fn reasons() {
        let cpu = |amount: &str| value!({"containers": [{"name": "c", "resources": {"requests": {"cpu": amount}}}]});
        assert_eq!(check(cpu("2"), &[]), "");
        assert_eq!(check(cpu("1500m"), &[cpu("600m")]), "OutOfcpu");
        assert_eq!(check(value!({"containers": [], "nodeSelector": {"zone": "b"}}), &[]), "NodeAffinity");
        let affinity = |operator: &str| {
            let terms =
                value!([{"matchExpressions": [{"key": "zone", "operator": operator, "values": ["a"]}]}]);
            value!({"containers": [], "affinity": {"nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}})
        };
        assert_eq!(check(affinity("In"), &[]), "");
        assert_eq!(check(affinity("NotIn"), &[]), "NodeAffinity");
        let port = value!({"containers": [{"name": "c", "ports": [{"hostPort": 80, "protocol": "TCP"}]}]});
        assert_eq!(check(port.clone(), &[port]), "NodePorts");
    }

    #[test]
    fn requests_of_init_containers_and_sidecars() {
        let container =
            |name: &str, cpu: &str| value!({"name": name, "resources": {"requests": {"cpu": cpu}}});
        let mut sidecar = container("s", "100m");
        sidecar.set(&["restartPolicy"], "Always");
        let spec = value!({"initContainers": [sidecar, container("i", "1")], "containers": [container("c", "300m")]});
        assert_eq!(request(PodView::of(&pod(spec)), "cpu").milli_value(), 1100);
    }
}
