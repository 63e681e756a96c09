//! Putting rules in force: one transaction, then forgetting what contradicts it. Blocking.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;

use netlink::conntrack;
use netlink::conntrack::Flow;
use netlink::nft;
use serde_json::Value;

use crate::Error;
use crate::Ruleset;
use crate::config;
use crate::ruleset::Affinity;
use crate::ruleset::UdpDestination;
use crate::ruleset::line;
use crate::select::Target;
use crate::table;

/// Knows which rules are in force, so that only differences are sent.
#[derive(Debug)]
pub struct Applier {
    table: String,
    /// `None` when that is not known: the whole table is made anew.
    in_force: Option<Ruleset>,
}

impl Applier {
    /// For the cluster's table.
    pub fn new(cluster_id: &str) -> Self {
        Self { table: config::table_name(cluster_id), in_force: None }
    }

    /// Puts `rules` in force, in the calling thread's network namespace.
    ///
    /// # Errors
    /// [`Error::Rules`] when the kernel refuses; the old rules are in force then, and the next call
    /// makes the whole table. [`Error::Stale`] when only the tidying up failed.
    pub fn apply(&mut self, rules: Ruleset) -> Result<(), Error> {
        let old = self.in_force.take();
        let script = match &old {
            Some(old) => rules.update(old, &self.table),
            None => rules.full(&self.table),
        };
        if !script.is_empty() {
            nft::apply(&script).map_err(|source| Error::Rules { source })?;
        }
        let old = old.unwrap_or_default();
        self.in_force = Some(rules);
        let rules = self.in_force.as_ref().expect("set just now");
        for (map, affinity) in rules.stale_affinities(&old) {
            forget_affinities(&self.table, map, affinity)
                .map_err(|source| Error::Stale { what: "affinities", source })?;
        }
        if rules.udp != old.udp {
            forget_flows(rules, &old).map_err(|source| Error::Stale { what: "flows", source })?;
        }
        Ok(())
    }

    /// The rules that are in force, as far as this process knows.
    pub fn in_force(&self) -> Option<&Ruleset> {
        self.in_force.as_ref()
    }
}

/// Removes the table of a cluster; flows that were translated go on. Blocking.
///
/// # Errors
/// What the kernel refuses.
pub fn wipe(cluster_id: &str) -> Result<(), Error> {
    nft::delete_table("inet", &config::table_name(cluster_id)).map_err(|source| Error::Rules { source })
}

/// UDP has no end of a connection: flows to endpoints that are gone, and flows that were not
/// translated because there was no endpoint, would live as long as the client talks.
fn forget_flows(rules: &Ruleset, old: &Ruleset) -> Result<(), netlink::Error> {
    let nothing = BTreeSet::new();
    let targets_of = |destination: UdpDestination| -> Option<&BTreeSet<Target>> {
        match (rules.udp.get(&destination), old.udp.get(&destination)) {
            (Some(targets), _) => Some(targets),
            // The Service is gone, and with it every right to the endpoint.
            (None, Some(_)) => Some(&nothing),
            (None, None) => None,
        }
    };
    let is_stale = |flow: &Flow| {
        let to = &flow.original;
        let translated = (flow.reply.source, flow.reply.source_port);
        let untouched = translated == (to.destination, to.destination_port);
        if let Some(targets) = targets_of(UdpDestination::Address(to.destination, to.destination_port)) {
            let still_refused = untouched && targets.is_empty();
            return !still_refused && !targets.contains(&translated);
        }
        match targets_of(UdpDestination::NodePort(to.destination_port)) {
            // An untranslated flow to that port may be one to somebody else's address.
            Some(targets) => !untouched && !targets.contains(&translated),
            None => false,
        }
    };
    let forgotten = conntrack::delete(|flow| flow.protocol == conntrack::UDP && is_stale(flow))?;
    if forgotten > 0 {
        tracing::debug!(flows = forgotten, "stale UDP flows forgotten");
    }
    Ok(())
}

/// Takes choices out that lead to endpoints that are gone.
fn forget_affinities(table: &str, name: &str, affinity: &Affinity) -> Result<(), netlink::Error> {
    let [ip_map, port_map] = table::affinity_maps(name);
    let ports: BTreeMap<IpAddr, u16> = listed(table, &port_map)?
        .into_iter()
        .filter_map(|(client, value)| Some((client, u16::try_from(value.as_u64()?).ok()?)))
        .collect();
    let holds = |client: &IpAddr, value: &Value| {
        let target = value.as_str().and_then(|ip| ip.parse().ok()).zip(ports.get(client).copied());
        target.is_some_and(|target| affinity.targets.contains(&target))
    };
    for (client, _) in listed(table, &ip_map)?.into_iter().filter(|(client, value)| !holds(client, value)) {
        for map in [&ip_map, &port_map] {
            let mut script = String::new();
            line(&mut script, format_args!("delete element inet {table} {map} {{ {client} }}"));
            // One by one: a choice that has just run out by itself must not keep the others.
            if let Err(error) = nft::apply(&script) {
                tracing::debug!(%client, %error, "affinity was gone already");
            }
        }
    }
    Ok(())
}

/// The elements of a map by client.
fn listed(table: &str, map: &str) -> Result<Vec<(IpAddr, Value)>, netlink::Error> {
    Ok(parse_elements(&nft::query(&["-j", "list", "map", "inet", table, map])?))
}

/// `{"nftables": [_, {"map": {"elem": [[{"elem": {"val": client, …}}, value]]}}]}`; the client stands
/// alone where an element has nothing else to say.
fn parse_elements(json: &str) -> Vec<(IpAddr, Value)> {
    let Ok(document) = serde_json::from_str::<Value>(json) else { return Vec::new() };
    let maps = document["nftables"].as_array().into_iter().flatten();
    let elements = maps.filter_map(|entry| entry["map"]["elem"].as_array()).flatten();
    elements
        .filter_map(|element| {
            let key = &element[0];
            let client = key["elem"]["val"].as_str().or_else(|| key.as_str())?;
            Some((client.parse().ok()?, element[1].clone()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_an_element() {
        let json = r#"{"nftables": [{"metainfo": {}}, {"map": {"name": "m", "elem": [
            [{"elem": {"val": "10.0.0.1", "timeout": 3, "expires": 2}}, 80], ["fd00::1", "fd00::2"]]}}]}"#;
        let elements = parse_elements(json);
        assert_eq!(
            elements,
            [
                ("10.0.0.1".parse().unwrap(), Value::from(80)),
                ("fd00::1".parse().unwrap(), Value::from("fd00::2"))
            ]
        );
        assert!(parse_elements("{}").is_empty() && parse_elements("not json").is_empty());
    }
}
