//! What admission does to a write, as clients see it.

use super::*;

fn pod(name: &str, spec: Value) -> Value {
    let mut pod = value!({"metadata": {"namespace": "strict", "name": name}, "spec": spec});
    let containers = pod.at_mut(&["spec", "containers"]).ensure_list();
    if containers.is_empty() {
        containers.push(value!({"name": "c", "image": "registry.example.com/app:1"}));
    }
    pod
}

impl Fixture {
    /// A namespace in which pods can be made.
    async fn namespace(&self, labels: Value) {
        let namespace = value!({"metadata": {"name": "strict", "labels": labels}});
        self.admin.create(row("", "namespaces"), namespace).await.expect("created");
        let account = value!({"metadata": {"namespace": "strict", "name": "default"}});
        self.admin.create(row("", "serviceaccounts"), account).await.expect("created");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pod_security_refuses_and_warns() {
    let fixture = start().await;
    let labels = value!({
        "pod-security.kubernetes.io/enforce": "baseline", "pod-security.kubernetes.io/warn": "restricted"
    });
    fixture.namespace(labels).await;
    let pods = row("", "pods");
    let refused = fixture.admin.create(pods, pod("a", value!({"hostNetwork": true}))).await;
    assert_eq!(
        refused.expect_err("the host's network is out of bounds").to_string(),
        "pods \"a\" is forbidden: violates PodSecurity \"baseline:latest\": host namespaces (hostNetwork=true)"
    );
    let token = fixture.token("maker", "cluster-admin").await;
    let body = api::json::to_string(&pod("b", value!({})));
    let (code, headers, text) =
        fixture.http("POST", "/api/v1/namespaces/strict/pods", "application/json", &body, &token).await;
    assert_eq!(code, 201, "{text}");
    let warning = headers["warning"].to_str().expect("text");
    assert!(
        warning.starts_with("299 - \"would violate PodSecurity \\\"restricted:latest\\\": "),
        "{warning}"
    );
    let wrong =
        value!({"metadata": {"name": "odd", "labels": {"pod-security.kubernetes.io/enforce": "strict"}}});
    let wrong = fixture.admin.create(row("", "namespaces"), wrong).await.expect_err("no such level");
    assert_eq!(wrong.reason(), Some(Reason::Invalid), "{wrong}");
    let stricter = value!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}});
    let (code, headers, _) = fixture
        .http(
            "PATCH",
            "/api/v1/namespaces/strict",
            "application/merge-patch+json",
            &api::json::to_string(&stricter),
            &token,
        )
        .await;
    assert_eq!(code, 200);
    let warnings: Vec<&str> = headers.get_all("warning").iter().filter_map(|w| w.to_str().ok()).collect();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("existing pods in namespace \\\"strict\\\" violate"), "{warnings:?}");
    assert!(warnings[1].contains("b: allowPrivilegeEscalation != false"), "{warnings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_ranges_default_and_bound_what_pods_ask_for() {
    let fixture = start().await;
    fixture.namespace(value!({})).await;
    let range = value!({
        "metadata": {"namespace": "strict", "name": "bounds"},
        "spec": {"limits": [{"type": "Container", "max": {"cpu": "500m"}, "defaultRequest": {"cpu": "100m"}}]}
    });
    fixture.admin.create(row("", "limitranges"), range).await.expect("created");
    let made = fixture.admin.create(row("", "pods"), pod("a", value!({}))).await.expect("created");
    assert_eq!(
        made.value()["spec"]["containers"].items()[0]["resources"],
        value!({"requests": {"cpu": "100m"}, "limits": {"cpu": "500m"}})
    );
    let large = value!({"containers": [
        {"name": "c", "image": "registry.example.com/app:1", "resources": {"limits": {"cpu": "2"}}}
    ]});
    assert_eq!(
        fixture.admin.create(row("", "pods"), pod("b", large)).await.expect_err("too large").to_string(),
        "pods \"b\" is forbidden: maximum cpu usage per Container is 500m, but limit is 2"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_get_the_default_class() {
    let fixture = start().await;
    fixture.namespace(value!({})).await;
    let class = value!({
        "metadata": {"name": "gold", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "example.com/disks"
    });
    fixture.admin.create(row("storage.k8s.io", "storageclasses"), class).await.expect("created");
    let claim = |name: &str| {
        value!({
            "metadata": {"namespace": "strict", "name": name},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        })
    };
    let claims = row("", "persistentvolumeclaims");
    let made = fixture.admin.create(claims, claim("a")).await.expect("created");
    assert_eq!(made.value()["spec"]["storageClassName"].as_str(), Some("gold"));
    let mut none = claim("b");
    none.set(&["spec", "storageClassName"], "");
    let made = fixture.admin.create(claims, none).await.expect("created");
    assert_eq!(made.value()["spec"]["storageClassName"].as_str(), Some(""));
    let mut odd = pod("p", value!({"runtimeClassName": "vm"}));
    let refused = fixture.admin.create(row("", "pods"), odd.clone()).await.expect_err("no such class");
    assert_eq!(refused.to_string(), "pods \"p\" is forbidden: pod rejected: RuntimeClass \"vm\" not found");
    odd.set(&["spec", "overhead"], value!({"cpu": "1"}));
    odd.remove(&["spec", "runtimeClassName"]);
    let refused = fixture.admin.create(row("", "pods"), odd).await.expect_err("made up");
    assert!(
        refused.to_string().ends_with("Pod Overhead set without corresponding RuntimeClass defined Overhead")
    );
}
