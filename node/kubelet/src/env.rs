//! The environment of a container: what refers to other objects is fetched first, the rest is pure.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use api::Object;
use api::Value;
use api::view::View as _;
use api::views::ContainerView;
use api::views::EnvVarSourceView;
use api::views::ObjectFieldSelectorView;
use api::views::PodView;
use api::views::ResourceFieldSelectorView;
use api::views::ServiceView;
use meta::Quantity;

use crate::expand::expand;
use crate::objects::Fetched;
use crate::objects::Source;
use crate::pod;

/// What variables and files may refer to.
pub(crate) struct Facts<'a> {
    pub pod: PodView<'a>,
    pub node_name: &'a str,
    pub host_ips: &'a [IpAddr],
    pub pod_ips: &'a [IpAddr],
    /// What the node gives to pods, for limits that are not set.
    pub allocatable: &'a dyn Fn(&str) -> Option<Quantity>,
}

/// The objects that a container's environment refers to; whether each may be missing.
pub(crate) fn sources(container: ContainerView<'_>) -> Vec<Source> {
    let mut sources = Vec::new();
    for from in container.env_from().iter() {
        if let Some(reference) = from.config_map_ref() {
            sources.push(Source::config_map(reference.name()));
        }
        if let Some(reference) = from.secret_ref() {
            sources.push(Source::secret(reference.name()));
        }
    }
    for variable in container.env().iter() {
        let Some(from) = variable.value_from() else { continue };
        if let Some(reference) = from.config_map_key_ref() {
            sources.push(Source::config_map(reference.name()));
        }
        if let Some(reference) = from.secret_key_ref() {
            sources.push(Source::secret(reference.name()));
        }
    }
    sources.sort();
    sources.dedup();
    sources
}

/// The variables in order.
///
/// # Errors
/// What is missing, in the words of a `CreateContainerConfigError`.
pub(crate) fn environment(
    facts: &Facts<'_>,
    container: ContainerView<'_>,
    fetched: &Fetched,
    services: &BTreeMap<String, String>,
) -> Result<Vec<(String, String)>, String> {
    let mut found = Variables::default();
    for from in container.env_from().iter() {
        let (source, optional) = match (from.config_map_ref(), from.secret_ref()) {
            (Some(reference), _) => (Source::config_map(reference.name()), reference.optional()),
            (_, Some(reference)) => (Source::secret(reference.name()), reference.optional()),
            _ => continue,
        };
        let Some(object) = fetched.get(&source) else {
            if optional == Some(true) {
                continue;
            }
            return Err(source.not_found());
        };
        for (key, value) in source.texts(object) {
            let name = format!("{}{key}", from.prefix());
            if meta::names::env_name(&name).is_empty() {
                found.set(&name, value);
            }
        }
    }
    for variable in container.env().iter() {
        let value = match variable.value_from() {
            Some(from) => match value_from(facts, container, from, fetched)? {
                Some(value) => value,
                None => continue,
            },
            None => {
                let lookup = |name: &str| found.get(name).or_else(|| services.get(name).map(String::as_str));
                expand(variable.value(), lookup)
            }
        };
        found.set(variable.name(), value);
    }
    // Variables of Services give way to those that the container names itself.
    let mut list: Vec<(String, String)> = services
        .iter()
        .filter(|(name, _)| found.get(name).is_none())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    list.extend(found.list);
    Ok(list)
}

#[derive(Default)]
struct Variables {
    list: Vec<(String, String)>,
}

impl Variables {
    fn get(&self, name: &str) -> Option<&str> {
        self.list.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn set(&mut self, name: &str, value: String) {
        match self.list.iter_mut().find(|(known, _)| known == name) {
            Some(entry) => entry.1 = value,
            None => self.list.push((name.to_owned(), value)),
        }
    }
}

fn value_from(
    facts: &Facts<'_>,
    container: ContainerView<'_>,
    from: EnvVarSourceView<'_>,
    fetched: &Fetched,
) -> Result<Option<String>, String> {
    if let Some(field) = from.field_ref() {
        return self::field(facts, field).map(Some);
    }
    if let Some(resource) = from.resource_field_ref() {
        return self::resource(facts, Some(container), resource).map(Some);
    }
    let (source, key, optional) = if let Some(reference) = from.config_map_key_ref() {
        (Source::config_map(reference.name()), reference.key(), reference.optional())
    } else if let Some(reference) = from.secret_key_ref() {
        (Source::secret(reference.name()), reference.key(), reference.optional())
    } else {
        return Err("this source of an environment variable is not supported".to_owned());
    };
    let optional = optional == Some(true);
    let Some(object) = fetched.get(&source) else {
        return if optional { Ok(None) } else { Err(source.not_found()) };
    };
    let value = source.texts(object).into_iter().find(|(name, _)| name == key).map(|(_, value)| value);
    match value {
        Some(value) => Ok(Some(value)),
        None if optional => Ok(None),
        None => Err(format!(
            "couldn't find key {key} in {} {}/{}",
            source.kind(),
            facts.pod.metadata().namespace(),
            source.name
        )),
    }
}

/// The text of a field of the pod (downward API).
///
/// # Errors
/// The path is none that may be used.
pub(crate) fn field(facts: &Facts<'_>, selector: ObjectFieldSelectorView<'_>) -> Result<String, String> {
    let (pod, path) = (facts.pod, selector.field_path());
    let metadata = pod.metadata();
    let join = |ips: &[IpAddr]| ips.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let first = |ips: &[IpAddr]| ips.first().map(ToString::to_string).unwrap_or_default();
    if let Some(key) = subscript(path, "metadata.labels") {
        return Ok(metadata.labels().str(key).unwrap_or_default().to_owned());
    }
    if let Some(key) = subscript(path, "metadata.annotations") {
        return Ok(metadata.annotations().str(key).unwrap_or_default().to_owned());
    }
    Ok(match path {
        "metadata.name" => metadata.name().to_owned(),
        "metadata.namespace" => metadata.namespace().to_owned(),
        "metadata.uid" => metadata.uid().to_owned(),
        "metadata.labels" => pairs(&metadata.value()["labels"]),
        "metadata.annotations" => pairs(&metadata.value()["annotations"]),
        "spec.nodeName" => facts.node_name.to_owned(),
        "spec.serviceAccountName" => pod.spec().service_account_name().to_owned(),
        "status.hostIP" => first(facts.host_ips),
        "status.hostIPs" => join(facts.host_ips),
        "status.podIP" => first(facts.pod_ips),
        "status.podIPs" => join(facts.pod_ips),
        _ => return Err(format!("unsupported fieldPath: {path}")),
    })
}

fn subscript<'a>(path: &'a str, map: &str) -> Option<&'a str> {
    path.strip_prefix(map)?.strip_prefix("['")?.strip_suffix("']")
}

/// A map as downward API files show it: sorted, one `key="value"` a line, values as Go quotes them.
fn pairs(map: &Value) -> String {
    let sorted: BTreeMap<&str, &str> = map.entries().strings().collect();
    sorted.into_iter().map(|(key, value)| format!("{key}={}", go_quote(value))).collect::<Vec<_>>().join("\n")
}

fn go_quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{b}' => quoted.push_str("\\v"),
            '\u{c}' => quoted.push_str("\\f"),
            c if u32::from(c) < 0x20 || c == '\u{7f}' => quoted.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// The text of a container's request or limit (downward API), in units of the divisor, rounded up.
///
/// # Errors
/// The container or the resource is none.
pub(crate) fn resource(
    facts: &Facts<'_>,
    own: Option<ContainerView<'_>>,
    selector: ResourceFieldSelectorView<'_>,
) -> Result<String, String> {
    let container = match (selector.container_name(), own) {
        ("", Some(container)) => container,
        (name, _) => pod::container(facts.pod, name)
            .map(|(_, container)| container)
            .ok_or_else(|| format!("container {name} not found"))?,
    };
    let unknown = || format!("unsupported container resource : {}", selector.resource());
    let (list, name) = selector.resource().split_once('.').ok_or_else(unknown)?;
    let resources = container.resources();
    let quantity = match list {
        "limits" => resources.limits().quantity(name).or_else(|| (facts.allocatable)(name)),
        "requests" => resources.requests().quantity(name).or_else(|| resources.limits().quantity(name)),
        _ => return Err(unknown()),
    };
    let quantity = quantity.unwrap_or_else(|| Quantity::from_units(0));
    let divisor = selector.divisor().filter(|divisor| !divisor.is_zero());
    let (amount, unit) = if name == "cpu" {
        (quantity.milli_value(), divisor.map_or(1000, |divisor| divisor.milli_value()))
    } else {
        (quantity.value(), divisor.map_or(1, |divisor| divisor.value()))
    };
    let unit = unit.max(1);
    Ok((amount / unit + i64::from(amount % unit > 0)).to_string())
}

/// The variables of the Services that a pod sees: those of its namespace if it wants them, and always
/// those of the API server.
pub(crate) fn service_variables(pod: PodView<'_>, services: &[Arc<Object>]) -> BTreeMap<String, String> {
    let namespace = pod.metadata().namespace();
    let links = pod.spec().enable_service_links() != Some(false);
    let mut variables = BTreeMap::new();
    for object in services {
        let service = ServiceView::of(object.value());
        let ip = service.spec().cluster_ip();
        if ip.is_empty() || ip == "None" {
            continue;
        }
        let master = object.namespace() == "default" && object.name() == "kubernetes";
        if object.namespace() == namespace && (links || master) {
            add_service(&mut variables, service, ip);
        } else if master {
            // One of the pod's own namespace with that name comes first.
            let mut others = BTreeMap::new();
            add_service(&mut others, service, ip);
            for (name, value) in others {
                variables.entry(name).or_insert(value);
            }
        }
    }
    variables
}

fn add_service(variables: &mut BTreeMap<String, String>, service: ServiceView<'_>, ip: &str) {
    let variable = |name: &str| name.replace('-', "_").to_uppercase();
    let prefix = variable(service.metadata().name());
    let host = if ip.contains(':') { format!("[{ip}]") } else { ip.to_owned() };
    for (i, port) in service.spec().ports().iter().enumerate() {
        let number = port.port();
        let protocol = if port.protocol().is_empty() { "TCP" } else { port.protocol() };
        let url = format!("{}://{host}:{number}", protocol.to_lowercase());
        if i == 0 {
            variables.insert(format!("{prefix}_SERVICE_HOST"), ip.to_owned());
            variables.insert(format!("{prefix}_SERVICE_PORT"), number.to_string());
            variables.insert(format!("{prefix}_PORT"), url.clone());
        }
        if !port.name().is_empty() {
            variables.insert(format!("{prefix}_SERVICE_PORT_{}", variable(port.name())), number.to_string());
        }
        let link = format!("{prefix}_PORT_{number}_{}", protocol.to_uppercase());
        variables.insert(format!("{link}_PROTO"), protocol.to_lowercase());
        variables.insert(format!("{link}_PORT"), number.to_string());
        variables.insert(format!("{link}_ADDR"), ip.to_owned());
        variables.insert(link, url);
    }
}

#[cfg(test)]
mod tests {
    use api::value;

    use super::*;
    use crate::objects::config_maps;
    use crate::objects::secrets;

    fn object(resource: &'static api::Resource, value: Value) -> Arc<Object> {
        Arc::new(Object::new(resource, value))
    }

    fn run(
        pod: &Value,
        fetched: &Fetched,
        services: &BTreeMap<String, String>,
    ) -> Result<Vec<(String, String)>, String> {
        let pod = PodView::of(pod);
        let ips: Vec<IpAddr> = vec!["10.0.0.1".parse().unwrap(), "fd00::1".parse().unwrap()];
        let facts = Facts {
            pod,
            node_name: "n1",
            host_ips: &ips[..1],
            pod_ips: &ips,
            allocatable: &|name| (name == "cpu").then(|| Quantity::from_units(2)),
        };
        environment(&facts, pod.spec().containers().get(0).unwrap(), fetched, services)
    }

    #[test]
    fn every_source_in_order() {
        let pod = value!({
            "metadata": {"name": "p", "namespace": "ns", "uid": "u", "labels": {"b": "2", "a": "x\"y"}},
            "spec": {"serviceAccountName": "sa", "containers": [{
                "name": "c",
                "resources": {"limits": {"memory": "64Mi"}, "requests": {"cpu": "250m"}},
                "envFrom": [
                    {"configMapRef": {"name": "cm"}, "prefix": "P_"},
                    {"secretRef": {"name": "gone", "optional": true}}
                ],
                "env": [
                    {"name": "A", "value": "$(P_k)-$(SVC)-$(LATER)"},
                    {"name": "LATER", "value": "late"},
                    {"name": "S", "valueFrom": {"secretKeyRef": {"name": "s", "key": "pw"}}},
                    {"name": "NO", "valueFrom": {"configMapKeyRef": {"name": "cm", "key": "no", "optional": true}}},
                    {"name": "LABEL", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['b']"}}},
                    {"name": "IPS", "valueFrom": {"fieldRef": {"fieldPath": "status.podIPs"}}},
                    {"name": "MEM", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}}},
                    {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "requests.cpu"}}},
                    {"name": "CPUS", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}}
                ]
            }]}
        });
        let mut fetched = Fetched::default();
        fetched.insert(Source::config_map("cm"), object(config_maps(), value!({"data": {"k": "v"}})));
        fetched.insert(Source::secret("s"), object(secrets(), value!({"data": {"pw": "aHVudGVy"}})));
        let services =
            BTreeMap::from([("SVC".to_owned(), "1".to_owned()), ("S".to_owned(), "lost".to_owned())]);
        let list = run(&pod, &fetched, &services).unwrap();
        let text: Vec<String> = list.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            text,
            [
                "SVC=1",
                "P_k=v",
                "A=v-1-$(LATER)",
                "LATER=late",
                "S=hunter",
                "LABEL=2",
                "IPS=10.0.0.1,fd00::1",
                "MEM=64",
                "CPU=1",
                "CPUS=2"
            ]
        );
        fetched.remove(&Source::secret("s"));
        assert_eq!(run(&pod, &fetched, &services).unwrap_err(), "secret \"s\" not found");
        fetched.insert(Source::secret("s"), object(secrets(), value!({"data": {}})));
        assert_eq!(run(&pod, &fetched, &services).unwrap_err(), "couldn't find key pw in Secret ns/s");
        assert_eq!(pairs(&pod["metadata"]["labels"]), "a=\"x\\\"y\"\nb=\"2\"");
    }

    #[test]
    fn services_as_variables() {
        let service = |namespace: &str, name: &str, ip: &str| {
            let value = value!({
                "metadata": {"namespace": namespace, "name": name},
                "spec": {"clusterIP": ip, "ports": [{"name": "web-x", "port": 80, "protocol": "TCP"}]}
            });
            object(Resource::find("", "v1", "services").unwrap(), value)
        };
        use api::Resource;
        let services = [
            service("default", "kubernetes", "10.0.0.1"),
            service("ns", "my-svc", "10.0.0.2"),
            service("ns", "headless", "None"),
            service("other", "x", "10.0.0.3"),
        ];
        let mut pod = value!({"metadata": {"namespace": "ns"}, "spec": {}});
        let variables = service_variables(PodView::of(&pod), &services);
        assert_eq!(variables["MY_SVC_SERVICE_HOST"], "10.0.0.2");
        assert_eq!(variables["MY_SVC_SERVICE_PORT_WEB_X"], "80");
        assert_eq!(variables["MY_SVC_PORT_80_TCP"], "tcp://10.0.0.2:80");
        assert_eq!(variables["KUBERNETES_SERVICE_HOST"], "10.0.0.1");
        assert_eq!(variables.len(), 16);
        pod.set(&["spec", "enableServiceLinks"], false);
        assert_eq!(service_variables(PodView::of(&pod), &services).len(), 8);
    }
}
