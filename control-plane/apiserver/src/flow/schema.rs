//! Which FlowSchema is a request's? (`flowcontrol.apiserver.k8s.io/v1`)

use api::Object;
use api::Value;

use crate::authz::Attributes;
use crate::user::User;

/// A FlowSchema, ready to be compared.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) name: String,
    pub(super) uid: String,
    pub(super) level: String,
    pub(super) precedence: i64,
    pub(super) distinguisher: Distinguisher,
    rules: Vec<Rule>,
}

/// What makes requests of one schema one flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Distinguisher {
    /// All of them are.
    None,
    /// Those of one user.
    User,
    /// Those on one namespace.
    Namespace,
}

#[derive(Debug)]
struct Rule {
    subjects: Vec<Subject>,
    resources: Vec<ResourceRule>,
    urls: Vec<UrlRule>,
}

#[derive(Debug)]
enum Subject {
    AnyUser,
    User(String),
    AnyGroup,
    Group(String),
    /// Every service account whose user name begins so.
    Accounts(String),
}

#[derive(Debug)]
struct ResourceRule {
    verbs: Terms,
    groups: Terms,
    resources: Terms,
    namespaces: Terms,
    cluster_scope: bool,
}

#[derive(Debug)]
struct UrlRule {
    verbs: Terms,
    urls: Vec<String>,
}

/// A list of words, or `*` for all of them.
#[derive(Debug)]
enum Terms {
    All,
    These(Vec<String>),
}

impl Schema {
    /// Reads a FlowSchema.
    pub(super) fn of(object: &Object) -> Self {
        let value = object.value();
        let spec = &value["spec"];
        Self {
            name: object.name().to_owned(),
            uid: value["metadata"]["uid"].str_or_empty().to_owned(),
            level: spec["priorityLevelConfiguration"]["name"].str_or_empty().to_owned(),
            precedence: spec["matchingPrecedence"].as_i64().unwrap_or(1000),
            distinguisher: match spec["distinguisherMethod"]["type"].str_or_empty() {
                "ByUser" => Distinguisher::User,
                "ByNamespace" => Distinguisher::Namespace,
                _ => Distinguisher::None,
            },
            rules: spec["rules"].items().iter().map(Rule::of).collect(),
        }
    }

    /// Whether a request is one of its.
    pub(super) fn matches(&self, user: &User, attributes: &Attributes) -> bool {
        self.rules.iter().any(|rule| rule.matches(user, attributes))
    }

    /// The hash of the flow that a request belongs to.
    pub(super) fn flow(&self, user: &User, attributes: &Attributes) -> u64 {
        let distinguisher = match self.distinguisher {
            Distinguisher::None => "",
            Distinguisher::User => &user.name,
            Distinguisher::Namespace => &attributes.namespace,
        };
        hash(&[&self.name, distinguisher])
    }
}

impl Rule {
    fn of(value: &Value) -> Self {
        Self {
            subjects: value["subjects"].items().iter().filter_map(Subject::of).collect(),
            resources: value["resourceRules"].items().iter().map(ResourceRule::of).collect(),
            urls: value["nonResourceRules"]
                .items()
                .iter()
                .map(|rule| UrlRule {
                    verbs: Terms::of(&rule["verbs"]),
                    urls: strings(&rule["nonResourceURLs"]),
                })
                .collect(),
        }
    }

    fn matches(&self, user: &User, attributes: &Attributes) -> bool {
        let fits = if attributes.resource.is_empty() {
            self.urls.iter().any(|rule| rule.matches(attributes))
        } else {
            self.resources.iter().any(|rule| rule.matches(attributes))
        };
        fits && self.subjects.iter().any(|subject| subject.is(user))
    }
}

impl Subject {
    fn of(value: &Value) -> Option<Self> {
        let name = |field: &str| value[field]["name"].as_str().map(str::to_owned);
        match value["kind"].str_or_empty() {
            "User" => Some(match name("user")? {
                all if all == "*" => Subject::AnyUser,
                name => Subject::User(name),
            }),
            "Group" => Some(match name("group")? {
                all if all == "*" => Subject::AnyGroup,
                name => Subject::Group(name),
            }),
            "ServiceAccount" => {
                let namespace = value["serviceAccount"]["namespace"].str_or_empty();
                let prefix = format!("system:serviceaccount:{namespace}:");
                Some(match name("serviceAccount")? {
                    all if all == "*" => Subject::Accounts(prefix),
                    name => Subject::User(prefix + &name),
                })
            }
            _ => None,
        }
    }

    fn is(&self, user: &User) -> bool {
        match self {
            Subject::AnyUser | Subject::AnyGroup => true,
            Subject::User(name) => *name == user.name,
            Subject::Group(group) => user.is_in(group),
            Subject::Accounts(prefix) => user.name.starts_with(prefix.as_str()),
        }
    }
}

impl ResourceRule {
    fn of(value: &Value) -> Self {
        Self {
            verbs: Terms::of(&value["verbs"]),
            groups: Terms::of(&value["apiGroups"]),
            resources: Terms::of(&value["resources"]),
            namespaces: Terms::of(&value["namespaces"]),
            cluster_scope: value["clusterScope"].as_bool() == Some(true),
        }
    }

    fn matches(&self, attributes: &Attributes) -> bool {
        self.verbs.have(&attributes.verb)
            && self.groups.have(&attributes.group)
            && self.resources.have_resource(&attributes.resource, &attributes.subresource)
            && if attributes.namespace.is_empty() {
                self.cluster_scope
            } else {
                self.namespaces.have(&attributes.namespace)
            }
    }
}

impl UrlRule {
    fn matches(&self, attributes: &Attributes) -> bool {
        self.verbs.have(&attributes.verb)
            && self.urls.iter().any(|url| {
                if url == "*" || *url == attributes.path {
                    return true;
                }
                // `/healthz`, `/healthz/` and `/healthz/*` all name what lies below it.
                let below = url.strip_suffix('*').unwrap_or(url).trim_end_matches('/');
                attributes.path.strip_prefix(below).is_some_and(|rest| rest.starts_with('/'))
            })
    }
}

impl Terms {
    fn of(value: &Value) -> Self {
        match strings(value) {
            all if all == ["*"] => Terms::All,
            list => Terms::These(list),
        }
    }

    fn have(&self, word: &str) -> bool {
        match self {
            Terms::All => true,
            Terms::These(words) => words.iter().any(|w| w == word),
        }
    }

    /// `pods`, or `pods/status`.
    fn have_resource(&self, resource: &str, subresource: &str) -> bool {
        match self {
            Terms::All => true,
            Terms::These(words) if subresource.is_empty() => words.iter().any(|w| w == resource),
            Terms::These(words) => words.iter().any(|w| w.split_once('/') == Some((resource, subresource))),
        }
    }
}

fn strings(value: &Value) -> Vec<String> {
    value.items().iter().map(|item| item.str_or_empty().to_owned()).collect()
}

/// FNV-1a with the finish of splitmix64: flows are few and chosen by nobody who gains by collisions
/// beyond a shared queue.
fn hash(parts: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
