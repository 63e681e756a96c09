//! Families, addresses and ports of a Service: what follows from what it says, from what it was, and from
//! what the cluster has (KEP-563).

use api::Value;
use api::value;
use meta::Cause;
use meta::Causes;

use super::check;
use super::checks_health;
use super::is_type;
use crate::Path;
use crate::pod_defaults::items_mut;
use crate::rules;

const SINGLE: &str = "SingleStack";
const PREFER: &str = "PreferDualStack";
const REQUIRE: &str = "RequireDualStack";

/// Works out what a Service leaves open. `available` are the families that the cluster's ranges have, the
/// first one first. What makes no sense together is said at once, before anything is given out.
pub fn settle(service: &mut Value, old: Option<&Value>, available: &[&str]) -> Result<(), Causes> {
    if let Some(old) = old {
        keep_given(service, old);
    }
    pair_addresses(service, old);
    settle_families(service, old, available)
}

/// Drops what a Service had for a type that it no longer is, unless the client says something new of it.
pub fn drop_for_type(service: &mut Value, old: Option<&Value>) {
    if is_type(service, "ExternalName") {
        service.remove(&["spec", "internalTrafficPolicy"]);
    }
    let Some(old) = old else { return };
    let same = |service: &Value, field: &str| rules::same(&service["spec"][field], &old["spec"][field]);
    if has_address(old) && !has_address(service) {
        if same_addresses(service, old) {
            service.remove(&["spec", "clusterIP"]);
            service.remove(&["spec", "clusterIPs"]);
        }
        for field in ["ipFamilies", "ipFamilyPolicy"] {
            if same(service, field) {
                service.remove(&["spec", field]);
            }
        }
    }
    let has_ports = |service: &Value| is_type(service, "NodePort") || is_type(service, "LoadBalancer");
    let had = node_ports(old);
    if has_ports(old) && !has_ports(service) && node_ports(service).iter().all(|port| had.contains(port)) {
        for port in items_mut(service.at_mut(&["spec"]), "ports") {
            port.remove(&["nodePort"]);
        }
    }
    let balanced = is_type(old, "LoadBalancer") && !is_type(service, "LoadBalancer");
    let outside =
        super::is_reached_from_outside(&old["spec"]) && !super::is_reached_from_outside(&service["spec"]);
    for (gone, field) in [
        (checks_health(old) && !checks_health(service), "healthCheckNodePort"),
        (balanced, "allocateLoadBalancerNodePorts"),
        (balanced, "loadBalancerClass"),
        (outside, "externalTrafficPolicy"),
    ] {
        if gone && same(service, field) {
            service.remove(&["spec", field]);
        }
    }
    if !is_type(service, "LoadBalancer") {
        service.set(&["status", "loadBalancer"], value!({}));
    }
}

fn has_address(service: &Value) -> bool {
    !is_type(service, "ExternalName")
}

fn node_ports(service: &Value) -> Vec<i64> {
    let ports = service["spec"]["ports"].items().iter().filter_map(|port| port["nodePort"].as_i64());
    ports.filter(|port| *port != 0).collect()
}

fn same_addresses(service: &Value, old: &Value) -> bool {
    ["clusterIP", "clusterIPs"]
        .iter()
        .all(|field| rules::same(&service["spec"][*field], &old["spec"][*field]))
}

fn texts(service: &Value, field: &str) -> Vec<String> {
    service["spec"][field].items().iter().map(|text| text.str_or_empty().to_owned()).collect()
}

/// A changed Service keeps what it was given where the client leaves it out.
fn keep_given(service: &mut Value, old: &Value) {
    if has_address(service) && has_address(old) {
        for field in ["clusterIP", "clusterIPs"] {
            if service["spec"][field].is_zero() && !old["spec"][field].is_zero() {
                service.set(&["spec", field], old["spec"][field].clone());
            }
        }
    }
    let gets_ports = |service: &Value| {
        let unless_told = service["spec"]["allocateLoadBalancerNodePorts"].as_bool() != Some(false);
        is_type(service, "NodePort") || is_type(service, "LoadBalancer") && unless_told
    };
    if gets_ports(service) && gets_ports(old) {
        let now = node_ports(service);
        let used: Vec<i64> = node_ports(old).into_iter().filter(|port| now.contains(port)).collect();
        for port in items_mut(service.at_mut(&["spec"]), "ports") {
            let named = |other: &&Value| other["name"].str_or_empty() == port["name"].str_or_empty();
            let before = old["spec"]["ports"].items().iter().rfind(named);
            let number = before.and_then(|before| before["nodePort"].as_i64()).unwrap_or(0);
            if port["nodePort"].is_zero() && number != 0 && !used.contains(&number) {
                port.set(&["nodePort"], number);
            }
        }
    }
    let health = &old["spec"]["healthCheckNodePort"];
    if checks_health(service) && checks_health(old) && service["spec"]["healthCheckNodePort"].is_zero() {
        service.set(&["spec", "healthCheckNodePort"], health.clone());
    }
}

/// Clients that know one address only speak of the first of the list.
fn pair_addresses(service: &mut Value, old: Option<&Value>) {
    let ip = service["spec"]["clusterIP"].clone();
    let ips = service["spec"]["clusterIPs"].clone();
    let Some(old) = old else {
        if !ip.is_zero() && ips.is_zero() {
            service.set(&["spec", "clusterIPs"], value!([ip]));
        }
        return;
    };
    let (had, had_list) = (&old["spec"]["clusterIP"], &old["spec"]["clusterIPs"]);
    if rules::same(&ip, had) {
        if ips.is_zero() && !had_list.is_zero() {
            service.set(&["spec", "clusterIPs"], had_list.clone());
        }
    } else if rules::same(&ips, had_list) {
        if ip.is_zero() {
            service.remove(&["spec", "clusterIPs"]);
        } else {
            service.set(&["spec", "clusterIPs"], value!([ip]));
        }
    }
}

fn settle_families(service: &mut Value, old: Option<&Value>, available: &[&str]) -> Result<(), Causes> {
    if !has_address(service) || old.is_some_and(|old| stays_preferred(service, old)) {
        return Ok(());
    }
    // Nobody knows of which families the endpoints of such a Service are, so it may have all.
    let open = service["spec"]["clusterIP"].as_str() == Some("None") && service["spec"]["selector"].is_zero();
    if service["spec"]["ipFamilyPolicy"].is_zero() {
        let before = old.and_then(|old| old["spec"]["ipFamilyPolicy"].as_str());
        let policy = before.unwrap_or(if open { REQUIRE } else { SINGLE });
        service.set(&["spec", "ipFamilyPolicy"], policy);
    }
    let mut causes = Causes::default();
    check::check_addresses(service, old, &mut causes);
    if !causes.is_empty() {
        return Err(causes);
    }
    let policy = service["spec"]["ipFamilyPolicy"].str_or_empty().to_owned();
    if let Some(old) = old {
        shrink(service, old, &policy, &mut causes);
    }
    let (ips, mut families) = (texts(service, "clusterIPs"), texts(service, "ipFamilies"));
    check_single(&policy, &ips, &families, &mut causes);
    for (i, ip) in ips.iter().enumerate().filter(|(_, ip)| *ip != "None") {
        let family = if ip.contains(':') { "IPv6" } else { "IPv4" };
        if i < families.len() {
            continue;
        }
        if available.contains(&family) {
            families.push(family.to_owned());
        } else {
            let detail = format!("{family} is not configured on this cluster");
            causes.push(Cause::invalid(Path::new("spec.clusterIPs").index(i), ips.clone(), &detail));
        }
    }
    if !causes.is_empty() {
        return Err(causes);
    }
    if !open {
        check_available(&policy, &families, available, &mut causes);
    }
    if !causes.is_empty() {
        return Err(causes);
    }
    if families.is_empty() {
        families.extend(available.first().map(|family| (*family).to_owned()));
    }
    if policy != SINGLE && families.len() == 1 && (open || available.len() == 2) {
        let other = if families[0] == "IPv4" { "IPv6" } else { "IPv4" };
        families.push(other.to_owned());
    }
    service.set(&["spec", "ipFamilies"], families);
    Ok(())
}

/// A Service that prefers two families is not changed because the cluster has come to have them, or no
/// longer has.
fn stays_preferred(service: &Value, old: &Value) -> bool {
    let policy = |service: &Value| service["spec"]["ipFamilyPolicy"].str_or_empty().to_owned();
    service["spec"]["type"] == old["spec"]["type"]
        && policy(service) == PREFER
        && matches!(policy(old).as_str(), "" | PREFER)
        && same_addresses(service, old)
        && rules::same(&service["spec"]["ipFamilies"], &old["spec"]["ipFamilies"])
}

/// Who asks for one family gives the second one back.
fn shrink(service: &mut Value, old: &Value, policy: &str, causes: &mut Causes) {
    let lists = [("clusterIPs", "cluster IP"), ("ipFamilies", "IP family")];
    let unchanged = [
        same_addresses(service, old),
        rules::same(&service["spec"]["ipFamilies"], &old["spec"]["ipFamilies"]),
    ];
    for ((field, what), unchanged) in lists.into_iter().zip(unchanged) {
        let mut list = texts(service, field);
        if policy == SINGLE {
            if unchanged && list.len() > 1 {
                list.truncate(1);
                service.set(&["spec", field], list);
            }
        } else if !list.is_empty() && list.len() < old["spec"][field].items().len() {
            let detail = format!("must be 'SingleStack' to release the secondary {what}");
            causes.push(Cause::invalid("spec.ipFamilyPolicy", policy, &detail));
        }
    }
}

fn check_single(policy: &str, ips: &[String], families: &[String], causes: &mut Causes) {
    for (count, what) in [(ips.len(), "cluster IPs"), (families.len(), "IP families")] {
        if policy == SINGLE && count == 2 {
            let detail =
                format!("must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified");
            causes.push(Cause::invalid("spec.ipFamilyPolicy", policy, &detail));
        }
    }
}

fn check_available(policy: &str, families: &[String], available: &[&str], causes: &mut Causes) {
    if policy == REQUIRE && available.len() < 2 {
        let detail = "this cluster is not configured for dual-stack services";
        causes.push(Cause::invalid("spec.ipFamilyPolicy", policy, detail));
    }
    for (i, family) in families.iter().enumerate() {
        if !available.contains(&family.as_str()) {
            let path = Path::new("spec.ipFamilies");
            causes.push(Cause::invalid(path.index(i), family, "not configured on this cluster"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(spec: Value, old: Option<&Value>, available: &[&str]) -> Result<Value, String> {
        let mut service = value!({"spec": spec});
        service.set(&["spec", "sessionAffinity"], "None");
        let done = settle(&mut service, old, available);
        done.map(|()| service).map_err(|causes| format!("{}: {}", causes[0].field, causes[0].message))
    }

    #[test]
    fn one_family_unless_more_are_asked_for() {
        let plain = settled(value!({"type": "ClusterIP"}), None, &["IPv4", "IPv6"]).expect("settled");
        assert_eq!(plain["spec"]["ipFamilies"], value!(["IPv4"]));
        assert_eq!(plain["spec"]["ipFamilyPolicy"].as_str(), Some(SINGLE));
        let both = settled(value!({"type": "ClusterIP", "ipFamilyPolicy": PREFER}), None, &["IPv6", "IPv4"]);
        assert_eq!(both.expect("settled")["spec"]["ipFamilies"], value!(["IPv6", "IPv4"]));
        let open = settled(value!({"type": "ClusterIP", "clusterIP": "None"}), None, &["IPv4"]);
        assert_eq!(open.expect("settled")["spec"]["ipFamilies"], value!(["IPv4", "IPv6"]));
        let refused = settled(value!({"type": "ClusterIP", "ipFamilyPolicy": REQUIRE}), None, &["IPv4"]);
        assert!(refused.expect_err("one family only").contains("not configured for dual-stack"));
    }

    #[test]
    fn one_family_is_given_back_when_it_is_said() {
        let old = value!({"spec": {
            "type": "ClusterIP", "clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1", "fd00::1"],
            "ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": REQUIRE
        }});
        let mut spec = old["spec"].clone();
        spec.set(&["ipFamilyPolicy"], SINGLE);
        let less = settled(spec, Some(&old), &["IPv4", "IPv6"]).expect("settled");
        assert_eq!(less["spec"]["clusterIPs"], value!(["10.0.0.1"]));
        assert_eq!(less["spec"]["ipFamilies"], value!(["IPv4"]));
        let mut spec = old["spec"].clone();
        spec.set(&["ipFamilies"], value!(["IPv4"]));
        let refused = settled(spec, Some(&old), &["IPv4", "IPv6"]).expect_err("the policy says otherwise");
        assert!(refused.contains("must be 'SingleStack' to release the secondary IP family"), "{refused}");
    }

    #[test]
    fn what_belongs_to_another_type_goes_with_it() {
        let old = value!({"spec": {
            "type": "LoadBalancer", "clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"],
            "ports": [{"port": 80, "nodePort": 30000}], "externalTrafficPolicy": "Local",
            "healthCheckNodePort": 30001, "allocateLoadBalancerNodePorts": true
        }});
        let mut service = old.clone();
        service.set(&["spec", "type"], "ClusterIP");
        drop_for_type(&mut service, Some(&old));
        assert_eq!(
            service["spec"],
            value!({"type": "ClusterIP", "clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "ports": [{"port": 80}]})
        );
        service.set(&["spec", "type"], "ExternalName");
        drop_for_type(&mut service, Some(&old));
        assert!(service["spec"].get("clusterIPs").is_none());
    }
}
