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
    old.is_none() && is_pod(call)
}

fn is_pod(call: &Call<'_>) -> bool {
    let resource = call.target.resource;
    call.target.subresource.is_empty() && resource.group.is_empty() && resource.name == "pods"
}

/// Every pod runs as a service account that exists, and finds its token mounted.
pub(super) fn service_account(call: &Call<'_>, pod: &mut Value, old: Option<&Value>) -> Result<(), Status> {
    if !is_new_pod(call, old) {
        return Ok(());
    }
    if pod["metadata"]["annotations"].get("kubernetes.io/config.mirror").is_some() {
        return check_mirror(call, pod);
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

/// What a node runs from a file cannot depend on what only the API server has.
fn check_mirror(call: &Call<'_>, pod: &Value) -> Result<(), Status> {
    let spec = &pod["spec"];
    if !spec["serviceAccountName"].str_or_empty().is_empty() {
        return Err(super::forbidden(call, "a mirror pod may not reference service accounts"));
    }
    if refers_to_secrets(spec) {
        return Err(super::forbidden(call, "a mirror pod may not reference secrets"));
    }
    let mut sources =
        spec["volumes"].items().iter().flat_map(|volume| volume["projected"]["sources"].items());
    if sources.any(|source| !source["serviceAccountToken"].is_null()) {
        return Err(super::forbidden(
            call,
            "a mirror pod may not use ServiceAccountToken volume projections",
        ));
    }
    Ok(())
}

fn refers_to_secrets(spec: &Value) -> bool {
    let of_container = |container: &Value| {
        let from = container["envFrom"].items().iter().any(|source| !source["secretRef"].is_null());
        let variables = container["env"].items();
        from || variables.iter().any(|variable| !variable["valueFrom"]["secretKeyRef"].is_null())
    };
    let of_volume = |volume: &Value| {
        let sources = volume["projected"]["sources"].items();
        let others = ["azureFile", "cephfs", "cinder", "flexVolume", "rbd", "scaleIO", "iscsi", "storageos"];
        !volume["secret"].is_null()
            || sources.iter().any(|source| !source["secret"].is_null())
            || others.iter().any(|source| !volume[*source]["secretRef"].is_null())
            || !volume["azureFile"]["secretName"].is_null()
            || !volume["csi"]["nodePublishSecretRef"].is_null()
    };
    let lists = ["containers", "initContainers", "ephemeralContainers"];
    !spec["imagePullSecrets"].items().is_empty()
        || lists.iter().flat_map(|list| spec[*list].items()).any(of_container)
        || spec["volumes"].items().iter().any(of_volume)
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

/// The priority class becomes a number, which stays.
pub(super) fn priority(call: &Call<'_>, pod: &mut Value, old: Option<&Value>) -> Result<(), Status> {
    if !is_pod(call) {
        return Ok(());
    }
    if let Some(old) = old {
        for field in ["priority", "preemptionPolicy"] {
            if let (true, Some(value)) = (pod["spec"][field].is_null(), old["spec"].get(field)) {
                pod.set(&["spec", field], value.clone());
            }
        }
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
    let policy = policy.unwrap_or("PreemptLowerPriority");
    if let Some(asked) = pod["spec"]["preemptionPolicy"].as_str().filter(|asked| *asked != policy) {
        let why = format!(
            "the string value of PreemptionPolicy ({asked}) must not be provided in pod spec; priority admission controller computed {policy} from the given PriorityClass name"
        );
        return Err(super::forbidden(call, &why));
    }
    pod.set(&["spec", "preemptionPolicy"], policy);
    Ok(())
}

/// Pods stay for a while on nodes in trouble, unless they say otherwise.
pub(super) fn default_tolerations(
    call: &Call<'_>,
    pod: &mut Value,
    _old: Option<&Value>,
) -> Result<(), Status> {
    if !is_pod(call) {
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
