//! Who may do what, what is let in, and how much at once.

use api::Object;
use api::Value;
use jiff::Timestamp;

use super::INT;
use super::NONE;
use super::STR;
use super::Table;
use super::UNSET;
use super::age;
use super::human;
use super::or;
use super::or_none;

/// Bindings of roles.
pub(crate) static BINDING: Table = Table::new(
    &[("Role", STR, 0), ("Age", STR, 0), ("Users", STR, 1), ("Groups", STR, 1), ("ServiceAccounts", STR, 1)],
    binding,
);

pub(crate) static SIGNING_REQUEST: Table = Table::new(
    &[
        ("Age", STR, 0),
        ("SignerName", STR, 0),
        ("Requestor", STR, 0),
        ("RequestedDuration", STR, 0),
        ("Condition", STR, 0),
    ],
    signing_request,
);

pub(crate) static WEBHOOK_CONFIGURATION: Table =
    Table::new(&[("Webhooks", INT, 0), ("Age", STR, 0)], webhooks);

pub(crate) static VALIDATING_POLICY: Table =
    Table::new(&[("Validations", INT, 0), ("ParamKind", STR, 0), ("Age", STR, 0)], |object, now| {
        admission_policy(object, now, "validations")
    });

pub(crate) static MUTATING_POLICY: Table =
    Table::new(&[("Mutations", INT, 0), ("ParamKind", STR, 0), ("Age", STR, 0)], |object, now| {
        admission_policy(object, now, "mutations")
    });

pub(crate) static ADMISSION_BINDING: Table =
    Table::new(&[("PolicyName", STR, 0), ("ParamRef", STR, 0), ("Age", STR, 0)], admission_binding);

pub(crate) static FLOW_SCHEMA: Table = Table::new(
    &[
        ("PriorityLevel", STR, 0),
        ("MatchingPrecedence", STR, 0),
        ("DistinguisherMethod", STR, 0),
        ("Age", STR, 0),
        ("MissingPL", STR, 0),
    ],
    flow_schema,
);

pub(crate) static PRIORITY_LEVEL: Table = Table::new(
    &[
        ("Type", STR, 0),
        ("NominalConcurrencyShares", STR, 0),
        ("Queues", STR, 0),
        ("HandSize", STR, 0),
        ("QueueLengthLimit", STR, 0),
        ("Age", STR, 0),
    ],
    priority_level,
);

fn signing_request(object: &Object, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (&object.value()["spec"], &object.value()["status"]);
    let is = |kind: &str| status["conditions"].items().iter().any(|c| c["type"].as_str() == Some(kind));
    let mut state = match (is("Denied"), is("Approved")) {
        (true, _) => "Denied",
        (false, true) => "Approved",
        (false, false) => "Pending",
    }
    .to_owned();
    if is("Failed") {
        state.push_str(",Failed");
    }
    if !status["certificate"].is_zero() {
        state.push_str(",Issued");
    }
    let asked = spec["expirationSeconds"].as_i64();
    let asked = asked.map(|seconds| human(Timestamp::UNIX_EPOCH, after(seconds))).unwrap_or_default();
    vec![
        age(object, now),
        or_none(spec["signerName"].str_or_empty()),
        spec["username"].str_or_empty().into(),
        or_none(&asked),
        state.into(),
    ]
}

fn after(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

fn binding(object: &Object, now: Timestamp) -> Vec<Value> {
    let value = object.value();
    let role =
        format!("{}/{}", value["roleRef"]["kind"].str_or_empty(), value["roleRef"]["name"].str_or_empty());
    let subjects = |kind: &str| -> Value {
        let names: Vec<String> = value["subjects"]
            .items()
            .iter()
            .filter(|subject| subject["kind"].as_str() == Some(kind))
            .map(|subject| match subject["namespace"].as_str() {
                Some(namespace) => format!("{namespace}/{}", subject["name"].str_or_empty()),
                None => subject["name"].str_or_empty().to_owned(),
            })
            .collect();
        names.join(", ").into()
    };
    vec![role.into(), age(object, now), subjects("User"), subjects("Group"), subjects("ServiceAccount")]
}

fn webhooks(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![object.value()["webhooks"].items().len().into(), age(object, now)]
}

fn admission_policy(object: &Object, now: Timestamp, list: &str) -> Vec<Value> {
    let spec = &object.value()["spec"];
    let count = i64::try_from(spec[list].items().len()).unwrap_or(i64::MAX);
    let kind = &spec["paramKind"];
    let shown = if kind.is_null() {
        UNSET.to_owned()
    } else {
        format!("{}/{}", kind["apiVersion"].str_or_empty(), kind["kind"].str_or_empty())
    };
    vec![count.into(), shown.into(), age(object, now)]
}

fn admission_binding(object: &Object, now: Timestamp) -> Vec<Value> {
    let spec = &object.value()["spec"];
    let reference = &spec["paramRef"];
    let shown = if reference.is_null() {
        UNSET.to_owned()
    } else if reference["name"].str_or_empty().is_empty() {
        reference["namespace"].str_or_empty().to_owned()
    } else {
        let namespace = reference["namespace"].as_str().unwrap_or("*");
        format!("{namespace}/{}", reference["name"].str_or_empty())
    };
    vec![spec["policyName"].clone(), shown.into(), age(object, now)]
}

fn flow_schema(object: &Object, now: Timestamp) -> Vec<Value> {
    let spec = &object.value()["spec"];
    let conditions = object.value()["status"]["conditions"].items();
    let dangling = conditions.iter().find(|condition| condition["type"].as_str() == Some("Dangling"));
    vec![
        spec["priorityLevelConfiguration"]["name"].str_or_empty().into(),
        spec["matchingPrecedence"].as_i64().unwrap_or(0).into(),
        or(&spec["distinguisherMethod"]["type"], NONE),
        age(object, now),
        dangling.map_or("?", |condition| condition["status"].str_or_empty()).into(),
    ]
}

fn priority_level(object: &Object, now: Timestamp) -> Vec<Value> {
    let spec = &object.value()["spec"];
    let limited = &spec["limited"];
    let queuing = &limited["limitResponse"]["queuing"];
    let number = |value: &Value| -> Value { value.as_i64().map_or_else(|| NONE.into(), Value::from) };
    vec![
        spec["type"].str_or_empty().into(),
        number(&limited["nominalConcurrencyShares"]),
        number(&queuing["queues"]),
        number(&queuing["handSize"]),
        number(&queuing["queueLengthLimit"]),
        age(object, now),
    ]
}
