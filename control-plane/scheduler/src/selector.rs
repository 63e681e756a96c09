//! Selectors of nodes and labels, parsed once.

use api::Value;
use api::view::Strs;
use api::view::Views;
use api::views::LabelSelectorView;
use api::views::NodeSelectorRequirementView;
use api::views::NodeSelectorTermView;
use meta::LabelSelector;
use meta::selector::Operator;
use meta::selector::Requirement;

use crate::node::NodeInfo;

/// One term of a node selector: every requirement must hold.
#[derive(Clone, Debug)]
pub struct NodeTerm {
    labels: Vec<Requirement>,
    fields: Vec<Requirement>,
}

impl NodeTerm {
    /// Reads a term.
    pub fn of(term: NodeSelectorTermView<'_>) -> Self {
        Self { labels: requirements(term.match_expressions()), fields: requirements(term.match_fields()) }
    }

    /// Whether a node meets it. A term without requirements selects nothing.
    pub fn matches(&self, node: &NodeInfo) -> bool {
        let empty = self.labels.is_empty() && self.fields.is_empty();
        !empty
            && self.labels.iter().all(|r| r.matches(node.label(&r.key)))
            && self.fields.iter().all(|r| r.key == "metadata.name" && r.matches(Some(&node.name)))
    }
}

/// A `metav1.LabelSelector`; an absent one selects nothing.
pub fn label_selector(selector: Option<LabelSelectorView<'_>>) -> Option<LabelSelector> {
    let selector = selector?;
    let mut requirements: Vec<Requirement> = selector
        .match_labels()
        .strs()
        .map(|(key, value)| requirement(key, Operator::In, vec![value.to_owned()]))
        .collect();
    requirements.extend(
        selector
            .match_expressions()
            .iter()
            .map(|e| requirement(e.key(), operator(e.operator()), e.values().to_vec())),
    );
    Some(LabelSelector::new(requirements))
}

/// Narrows a selector to objects that agree (`Operator::In`) or disagree (`Operator::NotIn`) with
/// `labels` in the keys that the labels have.
pub fn narrowed(
    selector: LabelSelector,
    keys: Strs<'_>,
    operator: Operator,
    labels: &Value,
) -> LabelSelector {
    let mut requirements = selector.requirements().to_vec();
    for key in keys.iter() {
        let Some(value) = labels[key].as_str() else { continue };
        let narrowing = requirement(key, operator, vec![value.to_owned()]);
        if !requirements.contains(&narrowing) {
            requirements.push(narrowing);
        }
    }
    LabelSelector::new(requirements)
}

/// One requirement.
pub fn requirement(key: &str, operator: Operator, values: Vec<String>) -> Requirement {
    Requirement { key: key.to_owned(), operator, values }
}

fn requirements<'a>(views: Views<'a, NodeSelectorRequirementView<'a>>) -> Vec<Requirement> {
    views.iter().map(|r| requirement(r.key(), operator(r.operator()), r.values().to_vec())).collect()
}

fn operator(text: &str) -> Operator {
    match text {
        "NotIn" => Operator::NotIn,
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        "Gt" => Operator::Gt,
        "Lt" => Operator::Lt,
        _ => Operator::In,
    }
}
