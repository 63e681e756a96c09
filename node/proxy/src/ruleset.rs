//! The rules as data, and what changes between two of them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::net::IpAddr;

use crate::select::Target;
use crate::table;

/// Everything in the table that depends on Services. Keys and values are nftables' own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ruleset {
    /// Elements by set or map; sets have empty values.
    pub(crate) sets: BTreeMap<String, BTreeMap<String, String>>,
    /// Chains beyond the fixed ones, with their rules.
    pub(crate) chains: BTreeMap<String, Vec<String>>,
    /// Affinity maps by name.
    pub(crate) affinities: BTreeMap<String, Affinity>,
    /// UDP destinations, for the flows that outlive their endpoint.
    pub(crate) udp: BTreeMap<UdpDestination, BTreeSet<Target>>,
    /// What a load balancer may ask this node.
    pub health_checks: Vec<HealthCheck>,
}

/// The answer to a Service's health check port: whether this node has endpoints for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HealthCheck {
    /// The Service's namespace.
    pub namespace: String,
    /// The Service's name.
    pub name: String,
    /// `spec.healthCheckNodePort`.
    pub port: u16,
    /// Endpoints on this node: healthy when there is one.
    pub local_endpoints: usize,
}

/// Choices that were made for clients of one Service port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Affinity {
    pub(crate) is_v4: bool,
    /// Choices that still hold.
    pub(crate) targets: BTreeSet<Target>,
}

/// Where UDP flows are translated from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum UdpDestination {
    Address(IpAddr, u16),
    NodePort(u16),
}

impl Ruleset {
    /// Adds an element. The first claim stands: two Services that claim one external address and
    /// port are told apart by the order of the plan, which is fixed.
    pub(crate) fn claim(&mut self, set: &str, key: String, value: String) -> bool {
        match self.sets.entry(set.to_owned()).or_default().entry(key) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(value);
                true
            }
            std::collections::btree_map::Entry::Occupied(_) => false,
        }
    }

    /// The script that makes the table anew.
    pub fn full(&self, table: &str) -> String {
        let mut text = table::skeleton(table);
        self.changes(&Ruleset::default(), table, &mut text);
        text
    }

    /// The script that turns `old`, which is in force, into this; empty when they are equal.
    pub fn update(&self, old: &Ruleset, table: &str) -> String {
        let mut text = String::new();
        self.changes(old, table, &mut text);
        text
    }

    /// Elements in all sets and maps.
    pub fn elements(&self) -> usize {
        self.sets.values().map(BTreeMap::len).sum()
    }

    /// Affinity maps in which some choices no longer hold.
    pub(crate) fn stale_affinities<'a>(
        &'a self,
        old: &'a Ruleset,
    ) -> impl Iterator<Item = (&'a str, &'a Affinity)> {
        self.affinities.iter().filter_map(|(name, affinity)| {
            let before = old.affinities.get(name)?;
            (!before.targets.is_subset(&affinity.targets)).then_some((name.as_str(), affinity))
        })
    }

    /// Chains and maps first, elements next, and last what nothing refers to any more.
    fn changes(&self, old: &Ruleset, table: &str, text: &mut String) {
        for (name, affinity) in &self.affinities {
            if !old.affinities.contains_key(name) {
                table::add_affinity_maps(text, table, name, affinity.is_v4);
            }
        }
        // Chains may refer to each other: all exist before any has rules.
        let changed = |(name, rules): &(&String, &Vec<String>)| old.chains.get(*name) != Some(rules);
        for (name, _) in self.chains.iter().filter(changed) {
            line(text, format_args!("add chain inet {table} {name}"));
            line(text, format_args!("flush chain inet {table} {name}"));
        }
        for (name, rules) in self.chains.iter().filter(changed) {
            for rule in rules {
                line(text, format_args!("add rule inet {table} {name} {rule}"));
            }
        }
        self.element_changes(old, table, text);
        let gone: Vec<&String> = old.chains.keys().filter(|name| !self.chains.contains_key(*name)).collect();
        for name in &gone {
            line(text, format_args!("flush chain inet {table} {name}"));
        }
        for name in &gone {
            line(text, format_args!("delete chain inet {table} {name}"));
        }
        for name in old.affinities.keys().filter(|name| !self.affinities.contains_key(*name)) {
            for map in table::affinity_maps(name) {
                line(text, format_args!("delete map inet {table} {map}"));
            }
        }
    }

    fn element_changes(&self, old: &Ruleset, table: &str, text: &mut String) {
        let none = BTreeMap::new();
        let names: BTreeSet<&String> = self.sets.keys().chain(old.sets.keys()).collect();
        for name in names {
            let (new, old) = (self.sets.get(name).unwrap_or(&none), old.sets.get(name).unwrap_or(&none));
            // A value is changed by taking the element away and adding it again.
            let removed: Vec<&str> = old
                .iter()
                .filter(|(key, value)| new.get(*key) != Some(value))
                .map(|(key, _)| key.as_str())
                .collect();
            let added: Vec<(&str, &str)> = new
                .iter()
                .filter(|(key, value)| old.get(*key) != Some(value))
                .map(|(key, value)| (key.as_str(), value.as_str()))
                .collect();
            elements(text, "delete", table, name, removed.iter().map(|key| (*key, "")));
            elements(text, "add", table, name, added.into_iter());
        }
    }
}

fn elements<'a>(
    text: &mut String,
    verb: &str,
    table: &str,
    set: &str,
    mut elements: impl Iterator<Item = (&'a str, &'a str)>,
) {
    let Some(first) = elements.next() else { return };
    text.push_str(&format!("{verb} element inet {table} {set} {{ "));
    for (i, (key, value)) in std::iter::once(first).chain(elements).enumerate() {
        if i > 0 {
            text.push_str(", ");
        }
        text.push_str(key);
        if !value.is_empty() {
            text.push_str(" : ");
            text.push_str(value);
        }
    }
    text.push_str(" }\n");
}

pub(crate) fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    text.write_fmt(line).expect("writing to a string cannot fail");
    text.push('\n');
}
