//! Who may do what: from within a pod with its own token, and as others see it through kubectl.

use e2e::Cluster;
use serde_json::Value;

const MANIFEST: &str = r#"
apiVersion: v1
kind: ServiceAccount
metadata: {name: reader}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [pods], verbs: [get, list]}, {apiGroups: [""], resources: [pods/log], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: reader, namespace: default}]
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec:
  serviceAccountName: reader
  terminationGracePeriodSeconds: 1
  containers: [{name: c, image: "test.example.com/curl:v1"}]
---
apiVersion: v1
kind: Pod
metadata: {name: without}
spec:
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 1
  containers: [{name: c, image: "test.example.com/curl:v1"}]
"#;

const MOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The answer of the API to a request from the pod: code and body.
fn ask(cluster: &Cluster, token: &str, args: &str, path: &str) -> (String, Value) {
    let command = format!(
        "curl -sS --max-time 10 -w '\\n%{{http_code}}' --cacert {MOUNT}/ca.crt -H \"Authorization: Bearer {token}\" \
         {args} https://kubernetes.default.svc{path}"
    );
    let said = cluster.kubectl(&["exec", "client", "--", "sh", "-c", &command]);
    let (body, code) = said.rsplit_once('\n').expect("the code is on a line of its own");
    (code.to_owned(), serde_json::from_str(body).unwrap_or_else(|_| body.into()))
}

#[test]
fn a_pod_may_do_what_its_account_may() {
    let cluster = Cluster::start("control-plane,node");
    cluster.import_curl_image("test.example.com/curl:v1");
    cluster.apply(MANIFEST);
    cluster.kubectl("wait --for=condition=Ready pod/client pod/without --timeout=60s");
    let own = &format!("$(cat {MOUNT}/token)");
    let (code, pods) = ask(&cluster, own, "", "/api/v1/namespaces/default/pods");
    assert_eq!((code.as_str(), e2e::names(&pods)), ("200", vec!["client".to_owned(), "without".to_owned()]));
    let (code, log) = ask(&cluster, own, "", "/api/v1/namespaces/default/pods/without/log");
    assert_eq!((code.as_str(), log.as_str()), ("200", Some("serving without\n")));

    let user = "system:serviceaccount:default:reader";
    for (args, path, sentence) in [
        (
            "",
            "/api/v1/namespaces/default/secrets",
            format!(
                "secrets is forbidden: User \"{user}\" cannot list resource \"secrets\" in API group \"\" in the namespace \"default\""
            ),
        ),
        (
            "",
            "/api/v1/pods",
            format!(
                "pods is forbidden: User \"{user}\" cannot list resource \"pods\" in API group \"\" at the cluster scope"
            ),
        ),
        (
            "-X DELETE",
            "/api/v1/namespaces/default/pods/client",
            format!(
                "pods \"client\" is forbidden: User \"{user}\" cannot delete resource \"pods\" in API group \"\" in the namespace \"default\""
            ),
        ),
        (
            "",
            "/apis/apps/v1/namespaces/kube-system/deployments?watch=true",
            format!(
                "deployments.apps is forbidden: User \"{user}\" cannot watch resource \"deployments\" in API group \"apps\" in the namespace \"kube-system\""
            ),
        ),
        (
            "-X POST",
            "/api/v1/namespaces/default/pods/client/exec?command=true",
            format!(
                "pods \"client\" is forbidden: User \"{user}\" cannot create resource \"pods/exec\" in API group \"\" in the namespace \"default\""
            ),
        ),
        ("", "/metrics", format!("forbidden: User \"{user}\" cannot get path \"/metrics\"")),
    ] {
        let (code, answer) = ask(&cluster, own, args, path);
        assert_eq!((code.as_str(), answer["message"].as_str()), ("403", Some(sentence.as_str())), "{path}");
        assert_eq!((answer["reason"].as_str(), answer["code"].as_i64()), (Some("Forbidden"), Some(403)));
    }
    // Signed by nobody, changed on the way, and for somebody else.
    let (code, answer) = ask(&cluster, "nonsense", "", "/api/v1/namespaces/default/pods");
    assert_eq!((code.as_str(), answer["message"].as_str()), ("401", Some("Unauthorized")));
    let (code, _) = ask(&cluster, &format!("$(cat {MOUNT}/token)x"), "", "/api/v1/namespaces/default/pods");
    assert_eq!(code, "401");
    let foreign = cluster.kubectl("create token reader --audience=somebody.example.com");
    let (code, _) = ask(&cluster, foreign.trim(), "", "/api/v1/namespaces/default/pods");
    assert_eq!(code, "401");
    let fresh = cluster.kubectl("create token reader --duration=10m");
    let (code, _) = ask(&cluster, fresh.trim(), "", "/api/v1/namespaces/default/pods");
    assert_eq!(code, "200");

    // What is granted counts at once, and what is taken as well.
    cluster.kubectl("create clusterrolebinding viewer --clusterrole=view --serviceaccount=default:reader");
    assert_eq!(ask(&cluster, own, "", "/api/v1/pods").0, "200");
    assert_eq!(ask(&cluster, own, "", "/api/v1/secrets").0, "403");
    cluster.kubectl("delete clusterrolebinding viewer");
    assert_eq!(ask(&cluster, own, "", "/api/v1/pods").0, "403");
    // The token of an account that is gone is worth nothing.
    cluster.kubectl("delete serviceaccount reader");
    assert_eq!(ask(&cluster, own, "", "/api/v1/namespaces/default/pods").0, "401");

    let absent = cluster.try_kubectl(&["exec", "without", "--", "ls", MOUNT]);
    assert_eq!(absent.code, 1, "{}", absent.all());
    cluster.finish();
}

#[test]
fn kubectl_tells_what_others_may() {
    for client in e2e::clients() {
        let cluster = Cluster::start_for("control-plane", &client);
        cluster.apply(&MANIFEST.split("---").take(3).collect::<Vec<_>>().join("---"));
        let account = "--as=system:serviceaccount:default:reader";
        assert_eq!(cluster.kubectl(&["auth", "can-i", "list", "pods", account]), "yes\n");
        let refused = cluster.try_kubectl(&["auth", "can-i", "delete", "pods", account]);
        assert_eq!((refused.code, refused.out.as_str()), (1, "no\n"));
        let list = cluster.kubectl(&["auth", "can-i", "--list", account]);
        assert!(list.lines().any(|line| line.starts_with("pods ") && line.ends_with("[get list]")), "{list}");
        assert!(cluster.kubectl("auth can-i --list").contains("*.*"));
        assert_eq!(cluster.kubectl(&["get", "pods", account]), "");
        let refused = cluster.try_kubectl(&["get", "secrets", account]);
        assert_eq!(
            refused.err,
            "Error from server (Forbidden): secrets is forbidden: User \"system:serviceaccount:default:reader\" \
             cannot list resource \"secrets\" in API group \"\" in the namespace \"default\"\n"
        );
        let whoami = cluster.kubectl("auth whoami");
        assert!(whoami.contains("kubernetes-admin") && whoami.contains("system:masters"), "{whoami}");
        let whoami = cluster.kubectl(&["auth", "whoami", "--as=jane", "--as-group=crew"]);
        assert!(whoami.contains("jane") && whoami.contains("crew"), "{whoami}");
        // Nobody grants more than they have.
        cluster.kubectl("create rolebinding granter --clusterrole=admin --user=jane");
        let escalated = cluster.try_kubectl(&[
            "create",
            "rolebinding",
            "more",
            "--clusterrole=cluster-admin",
            "--user=jane",
            "--as=jane",
        ]);
        assert_eq!(escalated.code, 1);
        assert!(
            escalated.err.contains("is attempting to grant RBAC permissions not currently held"),
            "{}",
            escalated.err
        );
        cluster.finish();
    }
}
