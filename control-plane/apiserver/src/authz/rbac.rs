//! Role-based access control.
//!
//! Roles and bindings are compiled into one immutable snapshot whenever one of them changed, so that
//! a decision is a few hash look-ups and string comparisons.

use std::collections::HashMap;
use std::sync::Arc;

use api::Value;
use api::view::Strs;
use api::view::View as _;
use api::views::PolicyRuleView;
use arc_swap::ArcSwap;

use super::Attributes;
use crate::cache::ResourceCache;
use crate::cache::WatchCache;
use crate::user::User;

/// The RBAC authorizer.
pub(crate) struct Rbac {
    sources: [Arc<ResourceCache>; 4],
    compiled: ArcSwap<Compiled>,
}

/// One rule, ready to be compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Rule {
    pub(crate) verbs: Vec<String>,
    pub(crate) groups: Vec<String>,
    pub(crate) resources: Vec<String>,
    pub(crate) names: Vec<String>,
    pub(crate) urls: Vec<String>,
}

type Rules = Arc<[Rule]>;

/// What a subject was given.
#[derive(Clone)]
struct Grant {
    /// Where the rules hold; empty for everywhere.
    namespace: String,
    rules: Rules,
}

#[derive(Default)]
struct Compiled {
    /// The changes of the four sources it was made from.
    generation: u64,
    by_user: HashMap<String, Vec<Grant>>,
    by_group: HashMap<String, Vec<Grant>>,
}

impl Rbac {
    pub(crate) fn new(cache: &WatchCache) -> Self {
        let group = "rbac.authorization.k8s.io";
        let sources = ["clusterroles", "roles", "clusterrolebindings", "rolebindings"]
            .map(|name| cache.get(group, name).expect("a row of the table"));
        let compiled = Compiled { generation: u64::MAX, ..Compiled::default() };
        Self { sources, compiled: ArcSwap::from_pointee(compiled) }
    }

    /// Whether some rule allows it.
    pub(crate) fn allows(&self, user: &User, attributes: &Attributes) -> bool {
        let compiled = self.current();
        let users = compiled.by_user.get(&user.name).into_iter();
        let groups = user.groups.iter().filter_map(|group| compiled.by_group.get(group));
        users.chain(groups).flatten().any(|grant| {
            (grant.namespace.is_empty()
                || (grant.namespace == attributes.namespace && attributes.path.is_empty()))
                && grant.rules.iter().any(|rule| rule.allows(attributes))
        })
    }

    /// Every rule that holds for a user in a namespace (and everywhere).
    pub(crate) fn rules_for(&self, user: &User, namespace: &str) -> Vec<Rule> {
        let compiled = self.current();
        let users = compiled.by_user.get(&user.name).into_iter();
        let groups = user.groups.iter().filter_map(|group| compiled.by_group.get(group));
        users
            .chain(groups)
            .flatten()
            .filter(|grant| grant.namespace.is_empty() || grant.namespace == namespace)
            .flat_map(|grant| grant.rules.iter().cloned())
            .collect()
    }

    /// The rules of a role, where it exists; for the escalation check.
    pub(crate) fn role_rules(&self, kind: &str, namespace: &str, name: &str) -> Option<Vec<Rule>> {
        let (source, namespace) =
            if kind == "ClusterRole" { (&self.sources[0], "") } else { (&self.sources[1], namespace) };
        source.get(namespace, name).map(|role| parse_rules(role.value()))
    }

    fn current(&self) -> Arc<Compiled> {
        let compiled = self.compiled.load_full();
        let generation = self.sources.iter().map(|source| source.changes()).sum();
        if compiled.generation == generation {
            return compiled;
        }
        let fresh = Arc::new(self.compile(generation));
        self.compiled.store(fresh.clone());
        fresh
    }

    fn compile(&self, generation: u64) -> Compiled {
        let mut compiled = Compiled { generation, ..Compiled::default() };
        let mut roles: HashMap<(&str, String, String), Rules> = HashMap::new();
        for (kind, source) in [("ClusterRole", &self.sources[0]), ("Role", &self.sources[1])] {
            for role in source.all() {
                let key = (kind, role.namespace().to_owned(), role.name().to_owned());
                roles.insert(key, parse_rules(role.value()).into());
            }
        }
        for binding in self.sources[2].all().into_iter().chain(self.sources[3].all()) {
            let value = binding.value();
            let kind = if value["roleRef"]["kind"].as_str() == Some("Role") { "Role" } else { "ClusterRole" };
            let role_namespace = if kind == "Role" { binding.namespace() } else { "" };
            let key = (kind, role_namespace.to_owned(), value["roleRef"]["name"].str_or_empty().to_owned());
            let Some(rules) = roles.get(&key) else { continue };
            let grant = Grant { namespace: binding.namespace().to_owned(), rules: rules.clone() };
            for subject in value["subjects"].items() {
                let name = subject["name"].str_or_empty();
                match subject["kind"].str_or_empty() {
                    "User" => compiled.by_user.entry(name.to_owned()).or_default().push(grant.clone()),
                    "Group" => compiled.by_group.entry(name.to_owned()).or_default().push(grant.clone()),
                    "ServiceAccount" => {
                        let user =
                            format!("system:serviceaccount:{}:{name}", subject["namespace"].str_or_empty());
                        compiled.by_user.entry(user).or_default().push(grant.clone());
                    }
                    _ => {}
                }
            }
        }
        compiled
    }
}

/// The rules of a Role or ClusterRole.
pub(crate) fn parse_rules(role: &Value) -> Vec<Rule> {
    let texts = |list: Strs<'_>| list.to_vec();
    role["rules"]
        .items()
        .iter()
        .map(PolicyRuleView::of)
        .map(|rule| Rule {
            verbs: texts(rule.verbs()),
            groups: texts(rule.api_groups()),
            resources: texts(rule.resources()),
            names: texts(rule.resource_names()),
            urls: texts(rule.non_resource_urls()),
        })
        .collect()
}

impl Rule {
    /// Whether the rule allows it (its namespace apart).
    pub(crate) fn allows(&self, attributes: &Attributes) -> bool {
        let has = |list: &[String], text: &str| list.iter().any(|item| item == "*" || item == text);
        if !has(&self.verbs, &attributes.verb) {
            return false;
        }
        if attributes.resource.is_empty() {
            return self.urls.iter().any(|url| match url.strip_suffix('*') {
                Some(prefix) => attributes.path.starts_with(prefix),
                None => *url == attributes.path,
            });
        }
        has(&self.groups, &attributes.group)
            && self.resources.iter().any(|resource| covers(resource, attributes))
            && (self.names.is_empty() || self.names.contains(&attributes.name))
    }

    /// A rule that allows every verb on every resource.
    pub(crate) fn everything() -> Rule {
        let all = || vec!["*".to_owned()];
        Rule { verbs: all(), groups: all(), resources: all(), ..Rule::default() }
    }

    /// The rule as error texts show it.
    pub(crate) fn describe(&self) -> String {
        let mut parts = Vec::new();
        for (name, list) in [
            ("APIGroups", &self.groups),
            ("Resources", &self.resources),
            ("ResourceNames", &self.names),
            ("NonResourceURLs", &self.urls),
            ("Verbs", &self.verbs),
        ] {
            if !list.is_empty() {
                parts.push(format!("{name}:{list:?}"));
            }
        }
        format!("{{{}}}", parts.join(", "))
    }

    /// Whether these rules together allow everything that `self` allows: nobody may hand out what
    /// they do not have.
    pub(crate) fn is_covered_by(&self, owned: &[Rule]) -> bool {
        let mut single = Vec::new();
        for verb in &self.verbs {
            for url in &self.urls {
                single.push(Attributes { verb: verb.clone(), path: url.clone(), ..Attributes::default() });
            }
            for group in &self.groups {
                for resource in &self.resources {
                    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
                    let names = if self.names.is_empty() { vec![String::new()] } else { self.names.clone() };
                    single.extend(names.into_iter().map(|name| Attributes {
                        verb: verb.clone(),
                        group: group.clone(),
                        resource: resource.to_owned(),
                        subresource: subresource.to_owned(),
                        name,
                        ..Attributes::default()
                    }));
                }
            }
        }
        single.iter().all(|attributes| owned.iter().any(|rule| rule.allows(attributes)))
    }
}

fn covers(resource: &str, attributes: &Attributes) -> bool {
    match resource.split_once('/') {
        None if resource == "*" => true,
        None => attributes.subresource.is_empty() && resource == attributes.resource,
        Some(("*", subresource)) => subresource == attributes.subresource,
        Some((resource, subresource)) => {
            resource == attributes.resource && subresource == attributes.subresource
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(verb: &str, resource: &str, subresource: &str) -> Attributes {
        Attributes {
            verb: verb.into(),
            resource: resource.into(),
            subresource: subresource.into(),
            name: "a".into(),
            ..Attributes::default()
        }
    }

    fn rule(verbs: &[&str], resources: &[&str], names: &[&str]) -> Rule {
        let own = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
        Rule {
            verbs: own(verbs),
            groups: own(&[""]),
            resources: own(resources),
            names: own(names),
            urls: vec![],
        }
    }

    #[test]
    fn rules() {
        assert!(rule(&["get"], &["pods"], &[]).allows(&attributes("get", "pods", "")));
        assert!(!rule(&["get"], &["pods"], &[]).allows(&attributes("get", "pods", "log")));
        assert!(rule(&["*"], &["pods/log"], &[]).allows(&attributes("get", "pods", "log")));
        assert!(rule(&["*"], &["*/log"], &[]).allows(&attributes("get", "pods", "log")));
        assert!(rule(&["*"], &["*"], &[]).allows(&attributes("get", "pods", "log")));
        assert!(!rule(&["get"], &["pods"], &["b"]).allows(&attributes("get", "pods", "")));
        let url = Rule { verbs: vec!["get".into()], urls: vec!["/healthz/*".into()], ..Rule::default() };
        assert!(url.allows(&Attributes::non_resource("get", "/healthz/ping")));
        assert!(!url.allows(&Attributes::non_resource("get", "/metrics")));
    }

    #[test]
    fn nobody_gives_what_they_lack() {
        let owned = [rule(&["get", "list"], &["pods"], &[]), rule(&["*"], &["secrets"], &["a"])];
        assert!(rule(&["get"], &["pods"], &[]).is_covered_by(&owned));
        assert!(rule(&["get"], &["pods"], &["x"]).is_covered_by(&owned));
        assert!(rule(&["delete"], &["secrets"], &["a"]).is_covered_by(&owned));
        assert!(!rule(&["delete"], &["secrets"], &[]).is_covered_by(&owned));
        assert!(!rule(&["get"], &["pods", "nodes"], &[]).is_covered_by(&owned));
    }
}
