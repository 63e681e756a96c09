//! Requests and limits: of a container, of a pod as a whole, and of its overhead.

use std::collections::BTreeMap;

use api::NULL;
use api::Value;
use api::view::MapView;
use api::view::quantity;
use meta::Cause;
use meta::Causes;
use meta::Quantity;
use meta::names;

use crate::Path;
use crate::rules;
use crate::rules::Seen;

/// Resources that a container may ask for by a plain name.
const CONTAINER: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
/// Plain names that mean something elsewhere, in quotas for example.
const STANDARD: [&str; 20] = [
    "configmaps",
    "cpu",
    "ephemeral-storage",
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "memory",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
    "requests.storage",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
    "storage",
];
const PAGES: &str = "hugepages-";
const EMPTY_CLAIMS: &str = "must be one of the names in pod.spec.resourceClaims which is empty";

/// Requests, limits and claims of a container; `claims` are those of its pod.
pub(super) fn check(path: &Path<'_>, resources: &Value, claims: &Value, causes: &mut Causes) {
    check_amounts(path, resources, check_container_name, causes);
    check_claims(&path.child("claims"), resources["claims"].items(), claims, causes);
}

/// What a pod takes besides its containers.
pub(crate) fn check_overhead(path: &Path<'_>, overhead: &Value, causes: &mut Causes) {
    if overhead.is_null() {
        return;
    }
    let mut resources = Value::object();
    resources.set(&["limits"], overhead.clone());
    check_amounts(path, &resources, check_container_name, causes);
}

/// Requests and limits of a pod as a whole.
pub(super) fn check_pod(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    let (path, resources) = (path.child("resources"), &spec["resources"]);
    if resources.is_null() {
        return;
    }
    if spec["os"]["name"].as_str() == Some("windows") {
        causes.push(Cause::forbidden(path, "may not be set for a windows pod"));
        return;
    }
    if !resources["claims"].is_null() {
        let detail = "claims may not be set for Resources at pod-level";
        causes.push(Cause::forbidden(path.child("claims"), detail));
    }
    check_amounts(&path, resources, check_pod_name, causes);
    check_claims(&path.child("claims"), resources["claims"].items(), &spec["resourceClaims"], causes);
    check_sums(&path, spec, causes);
}

/// What the containers ask for must fit into what their pod asks for.
fn check_sums(path: &Path<'_>, spec: &Value, causes: &mut Causes) {
    let own = |kind: &str, name: &str| quantity(&spec["resources"][kind][name]);
    let list = path.child("requests");
    for (name, sum) in aggregate(spec, "requests") {
        if let Some(amount) = own("requests", name).filter(|amount| sum > *amount) {
            let detail = format!("must be greater than or equal to aggregate container requests of {sum}");
            causes.push(Cause::invalid(list.key(name), amount.to_string(), &detail));
        }
    }
    // Upstream names the requests here too.
    let list = path.child("requests.limits");
    for (name, sum) in aggregate(spec, "limits").into_iter().filter(|(name, _)| name.starts_with(PAGES)) {
        if let Some(amount) = own("limits", name).filter(|amount| sum > *amount) {
            let detail = format!("must be greater than or equal to aggregate container limits of {sum}");
            causes.push(Cause::invalid(list.key(name), amount.to_string(), &detail));
        }
    }
    let list = path.child("containers");
    for (i, container) in spec["containers"].items().iter().enumerate() {
        for (name, value) in MapView::of(&container["resources"]["limits"]).iter() {
            let (Some(limit), Some(whole)) = (quantity(value), own("limits", name)) else { continue };
            if limit > whole {
                let detail = format!("must be less than or equal to pod limits of {whole}");
                let at = list.index(i);
                let at = at.key(name);
                causes.push(Cause::invalid(at.child("limits"), limit.to_string(), &detail));
            }
        }
    }
}

/// Sums of a kind of amounts over the containers of a spec: those that run together are added, and
/// init containers that run alone take the place of the others.
pub(crate) fn aggregate<'a>(spec: &'a Value, kind: &str) -> BTreeMap<&'a str, Quantity> {
    let amounts = |container: &'a Value| {
        let amounts = MapView::of(container["resources"].get(kind).unwrap_or(&NULL)).iter();
        amounts.filter_map(|(name, value)| Some((name, quantity(value)?)))
    };
    fn add<'a>(to: &mut BTreeMap<&'a str, Quantity>, name: &'a str, amount: Quantity) {
        let sum = to.get(name).map_or(amount, |known| known.plus(amount));
        to.insert(name, sum);
    }
    let mut sums = BTreeMap::new();
    for container in spec["containers"].items() {
        amounts(container).for_each(|(name, amount)| add(&mut sums, name, amount));
    }
    let (mut sidecars, mut most) = (BTreeMap::new(), BTreeMap::new());
    for container in spec["initContainers"].items() {
        let mut together = sidecars.clone();
        amounts(container).for_each(|(name, amount)| add(&mut together, name, amount));
        if container["restartPolicy"].as_str() == Some("Always") {
            amounts(container).for_each(|(name, amount)| add(&mut sums, name, amount));
            sidecars.clone_from(&together);
        }
        raise(&mut most, together);
    }
    raise(&mut sums, most);
    sums
}

fn raise<'a>(to: &mut BTreeMap<&'a str, Quantity>, by: BTreeMap<&'a str, Quantity>) {
    for (name, amount) in by {
        if to.get(name).is_none_or(|known| amount > *known) {
            to.insert(name, amount);
        }
    }
}

type NameCheck = fn(&Path<'_>, &str, &mut Causes);

fn check_amounts(path: &Path<'_>, resources: &Value, name_check: NameCheck, causes: &mut Causes) {
    let limits_path = path.child("limits");
    let (mut basic, mut pages) = (false, false);
    for kind in ["limits", "requests"] {
        let list = path.child(kind);
        for (name, value) in MapView::of(&resources[kind]).iter() {
            let field = list.key(name);
            name_check(&field, name, causes);
            basic |= matches!(name, "cpu" | "memory");
            pages |= name.starts_with(PAGES);
            let Some(amount) = quantity(value) else { continue };
            rules::non_negative_quantity(&field, &amount, causes);
            if (STANDARD.contains(&name) && is_counted(name) || is_extended(name)) && !amount.is_integer() {
                causes.push(Cause::invalid(field, amount.to_string(), "must be an integer"));
            }
            if kind == "requests" {
                check_request(&list, &limits_path, name, &amount, &resources["limits"], causes);
            }
            if name.starts_with(PAGES) && !is_divisible(name, &amount) {
                let detail = format!("{amount} is not positive integer multiple of {name}");
                causes.push(Cause::invalid(field, amount.to_string(), &detail));
            }
        }
    }
    if pages && !basic {
        causes.push(Cause::forbidden(path, "HugePages require cpu or memory"));
    }
}

/// Objects are counted, not measured.
fn is_counted(name: &str) -> bool {
    !name.ends_with("cpu") && !name.ends_with("memory") && !name.ends_with("storage")
}

fn check_request(
    path: &Path<'_>,
    limits_path: &Path<'_>,
    name: &str,
    request: &Quantity,
    limits: &Value,
    causes: &mut Causes,
) {
    // What is not shared out in fractions cannot be promised beyond its limit, nor fall short of it.
    let exact = !is_native(name) || name.starts_with(PAGES);
    match quantity(&limits[name]) {
        Some(limit) if exact && *request != limit => {
            let detail = format!("must be equal to {name} limit of {limit}");
            causes.push(Cause::invalid(path, request.to_string(), &detail));
        }
        Some(limit) if *request > limit => {
            let detail = format!("must be less than or equal to {name} limit of {limit}");
            causes.push(Cause::invalid(path, request.to_string(), &detail));
        }
        None if exact => {
            let detail = "Limit must be set for non overcommitable resources";
            causes.push(Cause::required(limits_path, detail));
        }
        _ => {}
    }
}

/// An amount of what a node has.
pub(crate) fn check_amount_of_node(path: &Path<'_>, name: &str, amount: &Quantity, causes: &mut Causes) {
    rules::non_negative_quantity(path, amount, causes);
    if (STANDARD.contains(&name) && is_counted(name) || is_extended(name)) && !amount.is_integer() {
        causes.push(Cause::invalid(path, amount.to_string(), "must be an integer"));
    }
}

/// A name of Kubernetes itself.
fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// A name of somebody else's that a quota can limit as well.
pub(crate) fn is_extended(name: &str) -> bool {
    let quota = || names::qualified_name(&format!("requests.{name}"));
    !is_native(name) && !name.starts_with("requests.") && quota().is_empty()
}

/// Whether an amount of huge pages is a whole number of them.
fn is_divisible(name: &str, amount: &Quantity) -> bool {
    let size = name.strip_prefix(PAGES).and_then(|size| Quantity::parse(size).ok());
    let size = size.filter(|size| size.is_integer() && !size.is_negative() && !size.is_zero());
    size.is_some_and(|size| amount.value() % size.value() == 0)
}

/// A name that something can be asked for by; whether it broke no rule.
fn check_name(path: &Path<'_>, name: &str, causes: &mut Causes) -> bool {
    let known = causes.len();
    rules::spelled(path, name, names::qualified_name, causes);
    if causes.len() == known && !name.contains('/') && !STANDARD.contains(&name) && !name.starts_with(PAGES) {
        let detail = "must be a standard resource type or fully qualified";
        causes.push(Cause::invalid(path, name, detail));
    }
    causes.len() == known
}

pub(crate) fn check_container_name(path: &Path<'_>, name: &str, causes: &mut Causes) {
    check_name(path, name, causes);
    if !name.contains('/') {
        if !CONTAINER.contains(&name) && !name.starts_with(PAGES) {
            causes.push(Cause::invalid(path, name, "must be a standard resource for containers"));
        }
    } else if !is_native(name) && !is_extended(name) {
        causes.push(Cause::invalid(path, name, "doesn't follow extended resource name standard"));
    }
}

fn check_pod_name(path: &Path<'_>, name: &str, causes: &mut Causes) {
    let known = ["cpu", PAGES, "memory"];
    if check_name(path, name, causes) && !is_of_pod(name) {
        causes.push(Cause::not_supported(path, name, &known));
    }
}

/// Whether a pod as a whole can ask for this.
pub(crate) fn is_of_pod(name: &str) -> bool {
    matches!(name, "cpu" | "memory") || name.starts_with(PAGES)
}

fn check_claims(list: &Path<'_>, claims: &[Value], of_pod: &Value, causes: &mut Causes) {
    let mut seen: Vec<String> = Vec::new();
    for (i, claim) in claims.iter().enumerate() {
        let (path, name) = (list.index(i), claim["name"].str_or_empty());
        let request = claim["request"].str_or_empty();
        if name.is_empty() {
            causes.push(Cause::required(path, ""));
            continue;
        }
        if seen.iter().any(|known| known == name) {
            causes.push(Cause::duplicate(path, name));
        } else {
            rules::name(&path, claim, "request", names::dns1123_label, causes);
            let key = if request.is_empty() { name.to_owned() } else { format!("{name}/{request}") };
            if seen.contains(&key) {
                causes.push(Cause::duplicate(path, &key));
            } else if request.is_empty() {
                let of_it = |known: &&String| known.split_once('/').is_some_and(|(claim, _)| claim == name);
                let same = seen.iter().filter(of_it).count();
                causes.extend((0..same).map(|_| Cause::duplicate(path, name)));
            }
            seen.push(key);
        }
        let mut known: Vec<&str> = of_pod
            .items()
            .iter()
            .map(|claim| claim["name"].str_or_empty())
            .filter(|n| !n.is_empty())
            .collect();
        known.sort_unstable();
        known.dedup();
        if !known.contains(&name) {
            let detail = match known.as_slice() {
                [] => EMPTY_CLAIMS.to_owned(),
                known => format!("must be one of the names in pod.spec.resourceClaims: {}", known.join(", ")),
            };
            let mut cause = Cause::not_found(path, name);
            cause.message.push_str(": ");
            cause.message.push_str(&detail);
            causes.push(cause);
        }
    }
}

/// The claims of devices that a pod refers to.
pub(super) fn check_pod_claims(list: &Path<'_>, claims: &[Value], mirror: bool, causes: &mut Causes) {
    let mut seen = Seen::default();
    for (i, claim) in claims.iter().enumerate() {
        if mirror {
            causes.push(Cause::forbidden("[]", "static pods do not support resource claims"));
            continue;
        }
        let (path, name) = (list.index(i), claim["name"].str_or_empty());
        if name.is_empty() {
            causes.push(Cause::required(path.child("name"), ""));
        } else if seen.again(name) {
            causes.push(Cause::duplicate(path.child("name"), name));
        } else {
            rules::spelled(&path.child("name"), name, names::dns1123_label, causes);
        }
        let sources = ["resourceClaimName", "resourceClaimTemplateName"];
        let detail = match sources.map(|field| claim[field].is_null()) {
            [false, false] => {
                "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
            }
            [true, true] => "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`",
            _ => "",
        };
        if !detail.is_empty() {
            causes.push(Cause::invalid(path, rules::InMemory(claim), detail));
        }
        for field in sources {
            if let Some(text) = claim[field].as_str() {
                rules::spelled(&path.child(field), text, names::dns1123_subdomain, causes);
            }
        }
    }
}
