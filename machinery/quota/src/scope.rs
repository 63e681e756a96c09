//! Scopes: which objects a quota is about.

use api::Resource;
use api::Value;

use crate::pod;

/// One condition of a quota on the objects it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    name: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl Scope {
    /// The conditions of a quota, all of which must hold: its `scopes` and its `scopeSelector`.
    pub fn all_of(quota: &Value) -> Vec<Self> {
        let spec = &quota["spec"];
        let plain = spec["scopes"].items().iter().map(|scope| Self {
            name: scope.str_or_empty().to_owned(),
            operator: Operator::Exists,
            values: Vec::new(),
        });
        let selected = spec["scopeSelector"]["matchExpressions"].items().iter().map(|expression| Self {
            name: expression["scopeName"].str_or_empty().to_owned(),
            operator: match expression["operator"].str_or_empty() {
                "In" => Operator::In,
                "NotIn" => Operator::NotIn,
                "DoesNotExist" => Operator::DoesNotExist,
                _ => Operator::Exists,
            },
            values: expression["values"].items().iter().map(|v| v.str_or_empty().to_owned()).collect(),
        });
        plain.chain(selected).collect()
    }

    /// Whether the condition holds for an object. Objects that a scope says nothing about are
    /// outside of it.
    pub fn holds(&self, resource: &Resource, object: &Value) -> bool {
        match (resource.group, resource.name) {
            ("", "pods") => self.holds_for_pod(object),
            ("", "persistentvolumeclaims") if self.name == "VolumeAttributesClass" => {
                let named = [
                    &object["spec"]["volumeAttributesClassName"],
                    &object["status"]["currentVolumeAttributesClassName"],
                    &object["status"]["modifyVolumeStatus"]["targetVolumeAttributesClassName"],
                ];
                let named: Vec<&str> =
                    named.iter().filter_map(|name| name.as_str()).filter(|name| !name.is_empty()).collect();
                self.holds_for_names(&named)
            }
            _ => false,
        }
    }

    fn holds_for_pod(&self, object: &Value) -> bool {
        match self.name.as_str() {
            "Terminating" => pod::is_terminating(object),
            "NotTerminating" => !pod::is_terminating(object),
            "BestEffort" => pod::is_best_effort(object),
            "NotBestEffort" => !pod::is_best_effort(object),
            "CrossNamespacePodAffinity" => pod::looks_into_other_namespaces(object),
            "PriorityClass" => match object["spec"]["priorityClassName"].str_or_empty() {
                "" => self.holds_for_names(&[]),
                class => self.holds_for_names(&[class]),
            },
            _ => false,
        }
    }

    fn holds_for_names(&self, names: &[&str]) -> bool {
        let listed = || names.iter().any(|name| self.values.iter().any(|value| value == name));
        match self.operator {
            Operator::Exists => !names.is_empty(),
            Operator::DoesNotExist => names.is_empty(),
            Operator::In => listed(),
            Operator::NotIn => !listed(),
        }
    }
}
