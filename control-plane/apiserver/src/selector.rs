//! `metav1.LabelSelector` values as selectors.

use api::Value;
use meta::LabelSelector;
use meta::selector::Operator;
use meta::selector::Requirement;

/// The selector that a `metav1.LabelSelector` describes. An absent one selects nothing that matters
/// here; an empty one selects everything.
pub(crate) fn of(selector: &Value) -> LabelSelector {
    let equal = selector["matchLabels"].entries().strings().map(|(key, value)| Requirement {
        key: key.to_owned(),
        operator: Operator::In,
        values: vec![value.to_owned()],
    });
    let expressions = selector["matchExpressions"].items().iter().map(|expression| Requirement {
        key: expression["key"].str_or_empty().to_owned(),
        operator: match expression["operator"].str_or_empty() {
            "In" => Operator::In,
            "NotIn" => Operator::NotIn,
            "Exists" => Operator::Exists,
            _ => Operator::DoesNotExist,
        },
        values: expression["values"].items().iter().map(|v| v.str_or_empty().to_owned()).collect(),
    });
    LabelSelector::new(equal.chain(expressions).collect())
}
