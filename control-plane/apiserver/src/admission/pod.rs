//! Admission of pods: service account, priority, default tolerations.

use api::Resource;
use api::Value;
use api::value;
use meta::Status;

use crate::path::Call;

/// Seconds a pod stays on a node that became unreachable or not ready.
const TOLERATION_SECONDS: i64 = 300;
const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

fn is_new_pod(call: &Call<'_>, old: Option<&Value>) -> bool {
    let resource = call.target.resource;
    old.is_none()
        && call.target.subresource.is_empty()
        && resource.group.is_empty()
        && resource.name == "pods"
}

/// Every pod runs as a service account that exists, and finds its token mounted.
pub(super) fn service_account(call: &Call<'_>, pod: &mut Value, old: Option<&Value>) -> Result<(), Status> {
    let mirror = pod["metadata"]["annotations"].get("kubernetes.io/config.mirror").is_some();
    if !is_new_pod(call, old) || mirror {
        return Ok(());
    }
    let name = match pod["spec"]["serviceAccountName"].str_or_empty() {
        "" => "default".to_owned(),
        name => name.to_owned(),
    };
    pod.set(&["spec", "serviceAccountName"], name.as_str());
    pod.set(&["spec", "serviceAccount"], name.as_str());
    let accounts = Resource::find("", "v1", "serviceaccounts").expect("a row of the table");
    let cache = call.server.storage.cache.of(accounts).expect("service accounts are stored");
    let Some(account) = cache.get(&call.target.namespace, &name) else {
        let why = format!(
            "error looking up service account {}/{name}: serviceaccount {name:?} not found",
            call.target.namespace
        );
        let pod_name = &call.target.name;
        return Err(Status::forbidden(&call.target.resource.group_resource(), pod_name, &why));
    };
    if pod["spec"]["imagePullSecrets"].is_zero() && !account.value()["imagePullSecrets"].is_zero() {
        pod.set(&["spec", "imagePullSecrets"], account.value()["imagePullSecrets"].clone());
    }
    let wanted = pod["spec"]["automountServiceAccountToken"]
        .as_bool()
        .or(account.value()["automountServiceAccountToken"].as_bool())
        .unwrap_or(true);
    if wanted {
        mount_token(call, pod);
    }
    Ok(())
}

fn mount_token(call: &Call<'_>, pod: &mut Value) {
    let volume = format!("kube-api-access-{}", call.server.rng.name_suffix(5));
    let mut used = false;
    for list in ["initContainers", "containers"] {
        let containers = pod.at_mut(&["spec"]).get_mut(list).and_then(Value::as_list_mut);
        for container in containers.into_iter().flat_map(|list| list.iter_mut()) {
            let mounts = container.at_mut(&["volumeMounts"]).ensure_list();
            if mounts.iter().all(|mount| mount["mountPath"].as_str() != Some(TOKEN_PATH)) {
                mounts.push(value!({"name": &volume, "readOnly": true, "mountPath": TOKEN_PATH}));
                used = true;
            }
        }
    }
    if !used {
        return;
    }
    let sources = value!([
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [
            {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
        ]}}
    ]);
    let volumes = pod.at_mut(&["spec", "volumes"]).ensure_list();
    volumes.push(value!({"name": volume, "projected": {"sources": sources, "defaultMode": 420}}));
}

/// The priority class becomes a number.
pub(super) fn priority(call: &Call<'_>, pod: &mut Value, old: Option<&Value>) -> Result<(), Status> {
    if !is_new_pod(call, old) {
        return Ok(());
    }
    let classes = Resource::find("scheduling.k8s.io", "v1", "priorityclasses").expect("a row of the table");
    let cache = call.server.storage.cache.of(classes).expect("priority classes are stored");
    let name = pod["spec"]["priorityClassName"].str_or_empty().to_owned();
    let class = if name.is_empty() {
        let defaults =
            cache.all().into_iter().filter(|class| class.value()["globalDefault"].as_bool() == Some(true));
        defaults.min_by_key(|class| class.value()["value"].as_i64())
    } else {
        let found = cache.get("", &name);
        if found.is_none() {
            let why = format!("no PriorityClass with name {name} was found");
            return Err(Status::forbidden(&call.target.resource.group_resource(), &call.target.name, &why));
        }
        found
    };
    let (number, policy) = match &class {
        Some(class) => {
            pod.set(&["spec", "priorityClassName"], class.name());
            (class.value()["value"].as_i64().unwrap_or(0), class.value()["preemptionPolicy"].as_str())
        }
        None => (0, None),
    };
    let asked = pod["spec"]["priority"].as_i64();
    if asked.is_some_and(|asked| asked != number) {
        let why = format!(
            "the integer value of priority ({}) must not be provided in pod spec; priority admission controller computed {number} from the given PriorityClass name",
            asked.unwrap_or(0)
        );
        return Err(Status::forbidden(&call.target.resource.group_resource(), &call.target.name, &why));
    }
    pod.set(&["spec", "priority"], number);
    if pod["spec"]["preemptionPolicy"].is_null() {
        pod.set(&["spec", "preemptionPolicy"], policy.unwrap_or("PreemptLowerPriority"));
    }
    Ok(())
}

/// Pods stay for a while on nodes in trouble, unless they say otherwise.
pub(super) fn default_tolerations(
    call: &Call<'_>,
    pod: &mut Value,
    old: Option<&Value>,
) -> Result<(), Status> {
    if !is_new_pod(call, old) {
        return Ok(());
    }
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let tolerations = pod.at_mut(&["spec", "tolerations"]).ensure_list();
        let covered = tolerates_no_execute(tolerations, key);
        if !covered {
            tolerations.push(value!({
                "key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": TOLERATION_SECONDS
            }));
        }
    }
    Ok(())
}

fn tolerates_no_execute(tolerations: &[Value], key: &str) -> bool {
    tolerations.iter().any(|toleration| {
        let fits = matches!(toleration["key"].str_or_empty(), "") || toleration["key"].as_str() == Some(key);
        fits && matches!(toleration["effect"].str_or_empty(), "" | "NoExecute")
    })
}
