//! What every cluster has: namespaces, roles and bindings, priority classes, flow
//! control, the `kubernetes` Service and its address range.
//!
//! Everything is created where it is missing; of roles and bindings what is missing is added, and
//! what a person added is left alone (as upstream reconciles them).

use api::Resource;
use api::Value;
use api::value;
use client::Client;
use client::Patch;
use client::Target;
use meta::Status;

use crate::server::ApiServer;
use crate::user::MASTERS;
use crate::user::User;

const ROLES: &str = include_str!("bootstrap.txt");
const NAMESPACES: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];
const RBAC: &str = "rbac.authorization.k8s.io";

/// Makes what is missing.
pub(crate) async fn run(server: &ApiServer) -> Result<(), Status> {
    let user = User::new("system:apiserver", &[MASTERS]);
    let client = Client::new(server.transport(user), "kube-apiserver");
    for name in NAMESPACES {
        ensure(&client, row("", "v1", "namespaces"), value!({"metadata": {"name": name}})).await?;
    }
    futures_util::future::try_join_all(roles().into_iter().map(|(resource, body)| {
        let client = client.clone();
        async move { ensure(&client, resource, body).await }
    }))
    .await?;
    crate::flow::ensure_defaults(&client).await.map_err(status)?;
    for (name, value, description) in [
        (
            "system-cluster-critical",
            2_000_000_000,
            "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
        ),
        (
            "system-node-critical",
            2_000_001_000,
            "Used for system critical pods that must not be moved from their current node.",
        ),
    ] {
        let body = value!({"metadata": {"name": name}, "value": value, "globalDefault": false, "description": description});
        ensure(&client, row("scheduling.k8s.io", "v1", "priorityclasses"), body).await?;
    }
    network(server, &client).await
}

/// The address range, the Service that leads to us, and its endpoints.
async fn network(server: &ApiServer, client: &Client) -> Result<(), Status> {
    let config = &server.inner.config;
    let cidrs: Vec<String> = config.service_cidrs.iter().map(ToString::to_string).collect();
    let range = value!({"metadata": {"name": "kubernetes"}, "spec": {"cidrs": cidrs}});
    let ranges = row("networking.k8s.io", "v1", "servicecidrs");
    ensure(client, ranges, range).await?;
    announce_range(server, ranges).await?;
    let first = config.service_cidrs[0].hosts().next().map(|ip| ip.to_string()).unwrap_or_default();
    let labels = value!({"component": "apiserver", "provider": "kubernetes"});
    let service = value!({
        "metadata": {"namespace": "default", "name": "kubernetes", "labels": labels},
        "spec": {
            "type": "ClusterIP", "clusterIP": first, "sessionAffinity": "None",
            "ports": [{"name": "https", "protocol": "TCP", "port": 443, "targetPort": i64::from(config.advertise.port())}]
        }
    });
    ensure(client, row("", "v1", "services"), service).await?;
    // What listens on loopback is reached by nobody through a Service, and endpoints say no such address.
    if config.advertise.ip().is_loopback() {
        return Ok(());
    }
    let address = config.advertise.ip().to_string();
    let port = value!({"name": "https", "port": i64::from(config.advertise.port()), "protocol": "TCP"});
    let endpoints = value!({
        "metadata": {
            "namespace": "default", "name": "kubernetes",
            "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}
        },
        "subsets": [{"addresses": [{"ip": address.as_str()}], "ports": [port.clone()]}]
    });
    replace(client, row("", "v1", "endpoints"), endpoints, "subsets").await?;
    let slice = value!({
        "metadata": {
            "namespace": "default", "name": "kubernetes",
            "labels": {"kubernetes.io/service-name": "kubernetes"}
        },
        "addressType": if config.advertise.is_ipv4() { "IPv4" } else { "IPv6" },
        "endpoints": [{"addresses": [address], "conditions": {"ready": true}}],
        "ports": [port]
    });
    replace(client, row("discovery.k8s.io", "v1", "endpointslices"), slice, "endpoints").await
}

/// Says of the cluster's own range that addresses are given out of it.
async fn announce_range(server: &ApiServer, ranges: &'static Resource) -> Result<(), Status> {
    let user = User::new("system:apiserver", &[MASTERS]);
    let client = Client::new(server.transport(user), "kubernetes-service-cidr-controller");
    let target = Target::object(ranges, "", "kubernetes");
    let found = client.get(target.clone()).await.map_err(status)?;
    if found.value()["status"]["conditions"].items().iter().any(|c| c["type"].as_str() == Some("Ready")) {
        return Ok(());
    }
    let config = value!({
        "apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": {"name": "kubernetes"},
        "status": {"conditions": [{
            "type": "Ready", "status": "True", "message": "Kubernetes default Service CIDR is ready",
            "lastTransitionTime": meta::time::seconds(server.inner.clock.now())
        }]}
    });
    let patch = Patch::Apply { config: api::json::to_vec(&config).into(), force: true };
    client.patch(target.sub("status"), patch).await.map(drop).map_err(status)
}

async fn ensure(client: &Client, resource: &'static Resource, body: Value) -> Result<(), Status> {
    let (namespace, name) = identity(&body);
    let found = client.find(Target::object(resource, &namespace, &name)).await.map_err(status)?;
    match found {
        None => match client.create(resource, body).await {
            Err(error) if !error.is_already_exists() => Err(status(error)),
            _ => Ok(()),
        },
        Some(found) if resource.group == RBAC => match reconciled(found.value(), &body) {
            Some(merged) => client
                .update(Target::object(resource, &namespace, &name), merged)
                .await
                .map(drop)
                .map_err(status),
            None => Ok(()),
        },
        Some(_) => Ok(()),
    }
}

/// Creates an object, or makes one field of it (and what hangs on it) ours.
async fn replace(
    client: &Client,
    resource: &'static Resource,
    body: Value,
    field: &str,
) -> Result<(), Status> {
    let (namespace, name) = identity(&body);
    let target = Target::object(resource, &namespace, &name);
    match client.find(target.clone()).await.map_err(status)? {
        None => client.create(resource, body).await.map(drop).map_err(status),
        Some(found) => {
            let mut merged = found.value().clone();
            merged.set(&[field], body[field].clone());
            if !body["ports"].is_null() {
                merged.set(&["ports"], body["ports"].clone());
            }
            client.update(target, merged).await.map(drop).map_err(status)
        }
    }
}

/// What is missing from a role or binding, added to it; `None` where nothing is.
fn reconciled(found: &Value, wanted: &Value) -> Option<Value> {
    if found["metadata"]["annotations"]["rbac.authorization.kubernetes.io/autoupdate"].as_str()
        == Some("false")
    {
        return None;
    }
    let mut merged = found.clone();
    for field in ["rules", "subjects"] {
        for item in wanted[field].items() {
            let list = merged.at_mut(&[field]).ensure_list();
            if !list.iter().any(|present| same(present, item)) {
                list.push(item.clone());
            }
        }
    }
    if merged == *found { None } else { Some(merged) }
}

/// Whether two rules or subjects say the same, apart from fields that defaulting added.
fn same(present: &Value, wanted: &Value) -> bool {
    wanted.entries().iter().all(|entry| present.get(entry.key.as_str()) == Some(&entry.value))
}

/// The bodies that the text describes.
fn roles() -> Vec<(&'static Resource, Value)> {
    let mut bodies: Vec<(&'static Resource, Value)> = Vec::new();
    for line in ROLES.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if line.starts_with("  ") {
            let (_, body) = bodies.last_mut().expect("a rule follows its role");
            if body.get("roleRef").is_some() {
                body.at_mut(&["subjects"]).ensure_list().push(subject(&words));
            } else {
                body.at_mut(&["rules"]).ensure_list().push(rule(&words));
            }
            continue;
        }
        let (namespace, name) = words[2].split_once('/').unwrap_or(("", words[2]));
        let mut metadata = value!({
            "name": name, "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"},
            "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"}
        });
        if !namespace.is_empty() {
            metadata.set(&["namespace"], namespace);
        }
        let mut body = value!({"metadata": metadata});
        if words[0] == "bind" {
            let (kind, role) = words[3].split_once('/').expect("a binding names kind and role");
            body.set(&["roleRef"], value!({"apiGroup": RBAC, "kind": kind, "name": role}));
            body.set(&["subjects"], value!([]));
        } else {
            body.set(&["rules"], value!([]));
        }
        for pair in words[3..].chunks(2).filter(|pair| pair.len() == 2) {
            let labels: Value = Value::Object(pairs(pair[1]));
            match pair[0] {
                "labels" => {
                    pairs(pair[1]).strings().for_each(|(k, v)| body.set(&["metadata", "labels", k], v))
                }
                "aggregate" => body
                    .set(&["aggregationRule"], value!({"clusterRoleSelectors": [{"matchLabels": labels}]})),
                _ => {}
            }
        }
        let resource = match words[1] {
            "ClusterRole" => "clusterroles",
            "Role" => "roles",
            "ClusterRoleBinding" => "clusterrolebindings",
            _ => "rolebindings",
        };
        bodies.push((row(RBAC, "v1", resource), body));
    }
    aggregate(&mut bodies);
    bodies
}

/// Fills in the rules of aggregated roles, so that they hold before their controller runs.
fn aggregate(bodies: &mut [(&'static Resource, Value)]) {
    // Roles that aggregate aggregated ones (admin over edit over view) need a pass each.
    for _ in 0..3 {
        for i in 0..bodies.len() {
            let Some(selector) = bodies[i].1["aggregationRule"]["clusterRoleSelectors"].items().first()
            else {
                continue;
            };
            let wanted = selector["matchLabels"].clone();
            let mut rules: Vec<Value> = Vec::new();
            for (_, other) in bodies.iter() {
                let labels = &other["metadata"]["labels"];
                let selected =
                    wanted.entries().strings().all(|(key, value)| labels[key].as_str() == Some(value));
                if selected {
                    rules.extend(
                        other["rules"]
                            .items()
                            .iter()
                            .filter(|rule| !rules.contains(rule))
                            .cloned()
                            .collect::<Vec<_>>(),
                    );
                }
            }
            bodies[i].1.set(&["rules"], rules);
        }
    }
}

fn rule(words: &[&str]) -> Value {
    let list = |text: &str| -> Value {
        text.split(',').map(|item| if item == "core" { "" } else { item }).collect::<Vec<_>>().into()
    };
    if words[0] == "url" {
        return value!({"nonResourceURLs": list(words[1]), "verbs": list(words[2])});
    }
    let mut rule =
        value!({"apiGroups": list(words[0]), "resources": list(words[1]), "verbs": list(words[2])});
    if let Some(names) = words.get(3) {
        rule.set(&["resourceNames"], list(names));
    }
    rule
}

fn subject(words: &[&str]) -> Value {
    let (namespace, name) = words[1].split_once('/').unwrap_or(("", words[1]));
    if words[0] == "ServiceAccount" {
        return value!({"kind": "ServiceAccount", "namespace": namespace, "name": name});
    }
    value!({"apiGroup": RBAC, "kind": words[0], "name": words[1]})
}

fn pairs(text: &str) -> api::Map {
    text.split(',').filter_map(|pair| pair.split_once('=')).collect()
}

fn identity(body: &Value) -> (String, String) {
    let text = |key: &str| body["metadata"][key].str_or_empty().to_owned();
    (text("namespace"), text("name"))
}

fn row(group: &str, version: &str, name: &str) -> &'static Resource {
    Resource::find(group, version, name).expect("a row of the table")
}

fn status(error: client::Error) -> Status {
    match error {
        client::Error::Api(status) => *status,
        error => Status::internal(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_whole() {
        let bodies = roles();
        let count = |name: &str| bodies.iter().filter(|(resource, _)| resource.name == name).count();
        assert!(count("clusterroles") > 60, "{}", count("clusterroles"));
        assert!(count("clusterrolebindings") > 45);
        let find = |name: &str| {
            &bodies.iter().find(|(_, b)| b["metadata"]["name"].as_str() == Some(name)).expect(name).1
        };
        assert!(find("view")["rules"].items().len() > 5);
        assert!(find("admin")["rules"].items().len() > find("edit")["rules"].items().len());
        assert_eq!(find("cluster-admin")["rules"].items()[0]["verbs"], value!(["*"]));
        assert!(
            find("system:basic-user").get("subjects").is_some()
                || find("system:basic-user").get("rules").is_some()
        );
    }
}
