//! Label selectors as objects write them, as [`LabelSelector`]s.

use meta::LabelSelector;
use meta::selector::Operator;
use meta::selector::Requirement;

use crate::value::Value;

/// What a `metav1.LabelSelector` selects; an absent one selects nothing (`None`), an empty one all.
pub fn labels(selector: &Value) -> Option<LabelSelector> {
    selector.as_map()?;
    let equal = selector["matchLabels"].entries().strings().map(equal);
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
    Some(LabelSelector::new(equal.chain(expressions).collect()))
}

/// What a plain map of labels selects, as Services and ReplicationControllers have one; an empty one
/// selects nothing (`None`).
pub fn label_map(map: &Value) -> Option<LabelSelector> {
    let requirements: Vec<Requirement> = map.entries().strings().map(equal).collect();
    (!requirements.is_empty()).then(|| LabelSelector::new(requirements))
}

fn equal((key, value): (&str, &str)) -> Requirement {
    Requirement { key: key.to_owned(), operator: Operator::In, values: vec![value.to_owned()] }
}
