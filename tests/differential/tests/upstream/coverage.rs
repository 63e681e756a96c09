//! Each row of the resource table, and each of its subresources, has its cases.

use api::Resource;
use api::verbs;
use differential::Cluster;
use differential::Corpus;
use differential::Scenario;
use differential::Step;

/// Subresources that lead to a kubelet, and would need one: the tests of whole clusters ask them.
const THROUGH_A_KUBELET: [&str; 5] = ["attach", "exec", "log", "portforward", "proxy"];

/// What a step asks of the API: group, version, resource, subresource, verb.
struct Asked {
    group: String,
    version: String,
    resource: String,
    subresource: String,
    verb: &'static str,
}

impl Asked {
    fn of(step: &Step) -> Option<Self> {
        let (path, query) = step.path.split_once('?').unwrap_or((&step.path, ""));
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let (group, version, rest) = match parts.as_slice() {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return None,
        };
        let rest = match rest {
            ["namespaces", _] | ["namespaces", _, "status" | "finalize"] => rest,
            ["namespaces", _, rest @ ..] => rest,
            rest => rest,
        };
        let (resource, name, subresource) = match rest {
            [resource] => (*resource, false, ""),
            [resource, _] => (*resource, true, ""),
            [resource, _, subresource, ..] => (*resource, true, *subresource),
            [] => return None,
        };
        let watch = query.contains("watch=");
        let verb = match (step.method.as_str(), name) {
            ("GET", _) if watch => "watch",
            ("GET", true) => "get",
            ("GET", false) => "list",
            ("POST", _) => "create",
            ("PUT", _) => "update",
            ("PATCH", _) => "patch",
            ("DELETE", true) => "delete",
            ("DELETE", false) => "deletecollection",
            _ => return None,
        };
        let [group, version, resource, subresource] =
            [group, version, resource, subresource].map(str::to_owned);
        Some(Self { group, version, resource, subresource, verb })
    }
}

#[test]
fn every_row_and_subresource_is_asked_with_every_verb() {
    let corpus = Corpus::load(Cluster::OneFamily).expect("the corpus reads");
    let steps = |scenario: &Scenario| scenario.steps.iter().filter_map(Asked::of).collect::<Vec<_>>();
    let asked: Vec<Asked> = corpus.scenarios.iter().flat_map(steps).collect();
    let mut missing = Vec::new();
    // Types that the table of types lacks are served without rules of their own: custom resources and
    // aggregation are no part of the corpus.
    for row in Resource::all().iter().filter(|row| row.served_by_default && row.ty.is_some()) {
        let is_asked = |subresource: &str, verb: &str| {
            asked.iter().any(|asked| {
                (asked.group.as_str(), asked.version.as_str(), asked.resource.as_str())
                    == (row.group, row.version, row.name)
                    && asked.subresource == subresource
                    && asked.verb == verb
            })
        };
        let parts = row.subresources.iter().filter(|sub| !THROUGH_A_KUBELET.contains(&sub.name));
        let parts = parts.map(|sub| (sub.name, sub.verbs)).chain([("", row.verbs)]);
        for (part, bits) in parts {
            for verb in verbs::names(bits).filter(|verb| !is_asked(part, verb)) {
                let slash = if part.is_empty() { "" } else { "/" };
                missing.push(format!("{verb} of {}/{}{slash}{part}", row.api_version(), row.name));
            }
        }
    }
    assert!(missing.is_empty(), "no case for:\n{}", missing.join("\n"));
}
