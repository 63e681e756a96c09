//! Questions to a pod's specification that many modules ask.

use api::Resource;
use api::Value;
use api::view::View as _;
use api::views::ContainerView;
use api::views::PodView;

/// What sort of container it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Runs to its end before the next begins.
    Init,
    /// An init container with `restartPolicy: Always` (KEP-753): begins in order, never ends.
    Sidecar,
    /// One of `spec.containers`.
    Regular,
    /// Added to a running pod, for debugging; never restarted.
    Ephemeral,
}

/// The resource of pods.
pub(crate) fn pods() -> &'static Resource {
    Resource::find("", "v1", "pods").expect("a row of the table")
}

/// Every container, in the order of the specification: init, regular, ephemeral.
pub(crate) fn containers<'a>(pod: PodView<'a>) -> impl Iterator<Item = (Kind, ContainerView<'a>)> {
    let spec = pod.spec();
    let init = spec.init_containers().iter().map(|container| {
        let sidecar = container.restart_policy() == Some("Always");
        (if sidecar { Kind::Sidecar } else { Kind::Init }, container)
    });
    let regular = spec.containers().iter().map(|container| (Kind::Regular, container));
    let ephemeral = spec.value().at(&["ephemeralContainers"]).items().iter();
    init.chain(regular).chain(ephemeral.map(|value| (Kind::Ephemeral, ContainerView::of(value))))
}

/// One container by its name.
pub(crate) fn container<'a>(pod: PodView<'a>, name: &str) -> Option<(Kind, ContainerView<'a>)> {
    containers(pod).find(|(_, container)| container.name() == name)
}

/// The path that events about a container carry.
pub(crate) fn field_path(kind: Kind, name: &str) -> String {
    match kind {
        Kind::Init | Kind::Sidecar => format!("spec.initContainers{{{name}}}"),
        Kind::Regular => format!("spec.containers{{{name}}}"),
        Kind::Ephemeral => format!("spec.ephemeralContainers{{{name}}}"),
    }
}

/// Whether a container that ended so is started again (pod policy, KEP-753, KEP-5307).
pub(crate) fn should_restart(
    pod: PodView<'_>,
    kind: Kind,
    container: ContainerView<'_>,
    exit_code: i32,
) -> bool {
    match kind {
        Kind::Sidecar => return true,
        Kind::Ephemeral => return false,
        Kind::Init | Kind::Regular => {}
    }
    if let Some(rule) =
        container.restart_policy_rules().iter().find(|rule| matches_rule(rule.value(), exit_code))
    {
        return rule.value()["action"].as_str() == Some("Restart");
    }
    let policy = container.restart_policy().unwrap_or_else(|| pod.spec().restart_policy());
    match (policy, kind) {
        ("Never", _) => false,
        // An init container that succeeded has done its work, whatever the policy.
        (_, Kind::Init) | ("OnFailure", _) => exit_code != 0,
        _ => true,
    }
}

fn matches_rule(rule: &Value, exit_code: i32) -> bool {
    let codes = &rule["exitCodes"];
    let listed = codes["values"].items().iter().any(|code| code.as_i64() == Some(i64::from(exit_code)));
    match codes["operator"].as_str() {
        Some("In") => listed,
        Some("NotIn") => !listed,
        _ => false,
    }
}

/// Whether a phase is final.
pub(crate) fn is_terminal(phase: &str) -> bool {
    matches!(phase, "Succeeded" | "Failed")
}

/// The host name inside the pod, and the domain where it has one (`subdomain`).
pub(crate) fn hostname(pod: PodView<'_>, cluster_domain: &str) -> (String, String) {
    let (spec, metadata) = (pod.spec(), pod.metadata());
    if let Some(name) = spec.hostname_override() {
        return (name.to_owned(), String::new());
    }
    let mut name = if spec.hostname().is_empty() { metadata.name() } else { spec.hostname() };
    if name.len() > meta::names::LABEL_MAX {
        name = name[..meta::names::LABEL_MAX].trim_end_matches(['-', '.']);
    }
    let domain = if spec.subdomain().is_empty() {
        String::new()
    } else {
        format!("{}.{}.svc.{cluster_domain}", spec.subdomain(), metadata.namespace())
    };
    (name.to_owned(), domain)
}
