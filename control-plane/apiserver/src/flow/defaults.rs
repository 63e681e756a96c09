//! The flow-control objects that every cluster has: upstream's mandatory and suggested ones.

use api::Value;
use api::value;

use super::GROUP;

const ALL_USERS: &[&str] = &["group:system:unauthenticated", "group:system:authenticated"];
const ACCOUNTS_OF_SYSTEM: &str = "account:kube-system/*";
const EVERYTHING: &[(&str, &str, &str, bool)] = &[("*", "*", "*", true)];
const EVERY_URL: &[(&str, &str)] = &[("*", "*")];

/// A priority level that is limited: shares, lendable percent, and queues with hand and length.
struct LevelRow(&'static str, i64, i64, Option<(i64, i64, i64)>);

struct SchemaRow {
    name: &'static str,
    level: &'static str,
    precedence: i64,
    distinguisher: &'static str,
    subjects: &'static [&'static str],
    /// Verbs, groups, resources, and whether of cluster scope too.
    resources: &'static [(&'static str, &'static str, &'static str, bool)],
    /// Verbs and paths.
    urls: &'static [(&'static str, &'static str)],
}

/// The first is mandatory.
const LEVELS: [LevelRow; 7] = [
    LevelRow("catch-all", 5, 0, None),
    LevelRow("system", 30, 33, Some((64, 6, 50))),
    LevelRow("node-high", 40, 25, Some((64, 6, 50))),
    LevelRow("leader-election", 10, 0, Some((16, 4, 50))),
    LevelRow("workload-high", 40, 50, Some((128, 6, 50))),
    LevelRow("workload-low", 100, 90, Some((128, 6, 50))),
    LevelRow("global-default", 20, 50, Some((128, 6, 50))),
];

/// The first two are mandatory.
const SCHEMAS: [SchemaRow; 11] = [
    SchemaRow {
        name: "exempt",
        level: "exempt",
        precedence: 1,
        distinguisher: "",
        subjects: &["group:system:masters"],
        resources: EVERYTHING,
        urls: EVERY_URL,
    },
    SchemaRow {
        name: "catch-all",
        level: "catch-all",
        precedence: 10_000,
        distinguisher: "ByUser",
        subjects: ALL_USERS,
        resources: EVERYTHING,
        urls: EVERY_URL,
    },
    SchemaRow {
        name: "probes",
        level: "exempt",
        precedence: 2,
        distinguisher: "",
        subjects: ALL_USERS,
        resources: &[],
        urls: &[("get", "/healthz,/readyz,/livez")],
    },
    SchemaRow {
        name: "system-leader-election",
        level: "leader-election",
        precedence: 100,
        distinguisher: "ByUser",
        subjects: &["user:system:kube-controller-manager", "user:system:kube-scheduler", ACCOUNTS_OF_SYSTEM],
        resources: &[("get,create,update", "coordination.k8s.io", "leases", false)],
        urls: &[],
    },
    SchemaRow {
        name: "system-node-high",
        level: "node-high",
        precedence: 400,
        distinguisher: "ByUser",
        subjects: &["group:system:nodes"],
        resources: &[("*", "", "nodes,nodes/status", true), ("*", "coordination.k8s.io", "leases", false)],
        urls: &[],
    },
    SchemaRow {
        name: "system-nodes",
        level: "system",
        precedence: 500,
        distinguisher: "ByUser",
        subjects: &["group:system:nodes"],
        resources: EVERYTHING,
        urls: EVERY_URL,
    },
    SchemaRow {
        name: "kube-controller-manager",
        level: "workload-high",
        precedence: 800,
        distinguisher: "ByNamespace",
        subjects: &["user:system:kube-controller-manager"],
        resources: EVERYTHING,
        urls: EVERY_URL,
    },
    SchemaRow {
        name: "kube-scheduler",
        level: "workload-high",
        precedence: 800,
        distinguisher: "ByNamespace",
        subjects: &["user:system:kube-scheduler"],
        resources: EVERYTHING,
        urls: EVERY_URL,
    },
    SchemaRow {
        name: "kube-system-service-accounts",
        level: "workload-high",
        precedence: 900,
        distinguisher: "ByNamespace",
        subjects: &[ACCOUNTS_OF_SYSTEM],
        resources: EVERYTHING,
        urls: EVERY_URL,
    },
    SchemaRow {
        name: "service-accounts",
        level: "workload-low",
        precedence: 9000,
        distinguisher: "ByUser",
        subjects: &["group:system:serviceaccounts"],
        resources: EVERYTHING,
        urls: EVERY_URL,
    },
    SchemaRow {
        name: "global-default",
        level: "global-default",
        precedence: 9900,
        distinguisher: "ByUser",
        subjects: ALL_USERS,
        resources: EVERYTHING,
        urls: EVERY_URL,
    },
];

/// A default object, and whether it is what it is whatever a person says.
pub(super) struct Default {
    pub(super) resource: &'static str,
    pub(super) mandatory: bool,
    pub(super) body: Value,
}

/// Every default object, levels first.
pub(super) fn all() -> Vec<Default> {
    let exempt = value!({
        "type": "Exempt", "exempt": {"nominalConcurrencyShares": 0, "lendablePercent": 0}
    });
    let mut defaults = vec![level("exempt", true, exempt)];
    for LevelRow(name, shares, lendable, queues) in LEVELS {
        let response = match queues {
            None => value!({"type": "Reject"}),
            Some((queues, hand, length)) => value!({
                "type": "Queue", "queuing": {"queues": queues, "handSize": hand, "queueLengthLimit": length}
            }),
        };
        let spec = value!({
            "type": "Limited",
            "limited": {
                "nominalConcurrencyShares": shares, "lendablePercent": lendable, "limitResponse": response
            }
        });
        defaults.push(level(name, name == "catch-all", spec));
    }
    defaults.extend(SCHEMAS.iter().enumerate().map(|(i, row)| row.to_default(i < 2)));
    defaults
}

impl SchemaRow {
    fn to_default(&self, mandatory: bool) -> Default {
        let subjects: Vec<Value> = self.subjects.iter().map(|text| subject(text)).collect();
        let mut rule = value!({"subjects": subjects});
        if !self.resources.is_empty() {
            let rules: Vec<Value> = self.resources.iter().map(|row| resource_rule(*row)).collect();
            rule.set(&["resourceRules"], rules);
        }
        if !self.urls.is_empty() {
            let urls: Vec<Value> = self
                .urls
                .iter()
                .map(|(verbs, urls)| value!({"verbs": list(verbs), "nonResourceURLs": list(urls)}))
                .collect();
            rule.set(&["nonResourceRules"], urls);
        }
        let mut spec = value!({
            "priorityLevelConfiguration": {"name": self.level}, "matchingPrecedence": self.precedence,
            "rules": [rule]
        });
        if !self.distinguisher.is_empty() {
            spec.set(&["distinguisherMethod", "type"], self.distinguisher);
        }
        Default { resource: "flowschemas", mandatory, body: body(self.name, spec) }
    }
}

fn level(name: &str, mandatory: bool, spec: Value) -> Default {
    Default { resource: "prioritylevelconfigurations", mandatory, body: body(name, spec) }
}

fn body(name: &str, spec: Value) -> Value {
    value!({
        "metadata": {"name": name, "annotations": {"apf.kubernetes.io/autoupdate-spec": "true"}},
        "spec": spec
    })
}

fn subject(text: &str) -> Value {
    let (kind, name) = text.split_once(':').expect("a kind and a name");
    match (kind, name.split_once('/')) {
        ("account", Some((namespace, name))) => {
            value!({"kind": "ServiceAccount", "serviceAccount": {"namespace": namespace, "name": name}})
        }
        ("group", _) => value!({"kind": "Group", "group": {"name": name}}),
        _ => value!({"kind": "User", "user": {"name": name}}),
    }
}

fn resource_rule((verbs, groups, resources, cluster_scope): (&str, &str, &str, bool)) -> Value {
    let mut rule = value!({
        "verbs": list(verbs), "apiGroups": list(groups), "resources": list(resources), "namespaces": ["*"]
    });
    if cluster_scope {
        rule.set(&["clusterScope"], true);
    }
    rule
}

fn list(text: &str) -> Value {
    text.split(',').collect::<Vec<_>>().into()
}

/// The group and version of both kinds.
pub(super) fn row(resource: &str) -> &'static api::Resource {
    api::Resource::find(GROUP, "v1", resource).expect("a row of the table")
}
