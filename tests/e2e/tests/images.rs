//! Images: from a registry, from files, and those that cannot be had.

use e2e::Cluster;
use e2e::image;
use e2e::registry;
use e2e::registry::Registry;
use e2e::text;
use serde_json::Value;

/// A pod that runs an image as it is.
fn pod(name: &str, image: &str, more: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, spec: {{terminationGracePeriodSeconds: 1, {more}\
         containers: [{{name: c, image: \"{image}\", imagePullPolicy: IfNotPresent}}]}}}}"
    )
}

fn waiting_reason(pod: &Value) -> &str {
    pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"].as_str().unwrap_or_default()
}

fn version_served_by(cluster: &Cluster, pod: &str) -> String {
    cluster.kubectl(&["wait", "--for=condition=Ready", "--timeout=30s", &format!("pod/{pod}")]);
    cluster.kubectl(&["exec", pod, "--", "cat", "/www/version"])
}

#[test]
fn pulled_from_a_registry() {
    let cluster = Cluster::start("control-plane,node");
    let registry = Registry::open();
    let archive = cluster.file("web.tar");
    image::write_web_image(&archive, "made-for-the-registry");
    let reference = registry.push(&archive, "team/web:v1");

    cluster.apply(&pod("pulled", &reference, ""));
    assert_eq!(version_served_by(&cluster, "pulled"), "made-for-the-registry");
    let message = cluster.wait_for_event("pulled", "Pulled", |message| message.contains("Image size: "));
    assert!(message.starts_with(&format!("Successfully pulled image \"{reference}\" in ")), "{message}");
    let id = text(&cluster.get("pod pulled"), "/status/containerStatuses/0/imageID").to_owned();
    assert!(id.starts_with(&format!("{}/team/web@sha256:", registry.host())), "{id}");
    // What a node has it does not fetch again.
    cluster.apply(&pod("again", &reference, ""));
    let sentence =
        format!("Container image \"{reference}\" already present on machine and can be accessed by the pod");
    cluster.wait_for_event("again", "Pulled", |message| message == sentence);
    cluster.kubectl("delete pod pulled again");

    let other = registry.push(&archive, "team/other:v2");
    let pulled = cluster.skiff(&["image", "pull", &other]);
    assert!(pulled.code == 0 && pulled.out.contains(&other), "{}", pulled.all());
    let listed = cluster.skiff("image ls").out;
    assert!(
        listed.starts_with("IMAGE ") && listed.contains(&other) && listed.contains(&reference),
        "{listed}"
    );
    for name in [&other, &reference] {
        let removed = cluster.skiff(&["image", "rm", name]);
        assert!(removed.code == 0, "{}", removed.all());
    }
    let listed = cluster.skiff("image ls").out;
    assert_eq!(listed.lines().count(), 1, "only the heading: {listed}");
    let gone = cluster.skiff(&["image", "rm", &other]);
    assert!(gone.code == 1 && gone.err.contains(&other), "{}", gone.all());
    let missing = cluster.skiff(&["image", "pull", &format!("{}/team/web:v9", registry.host())]);
    assert!(missing.code == 1 && missing.err.contains("manifest unknown"), "{}", missing.all());
    cluster.finish();
}

#[test]
fn imported_from_files() {
    let cluster = Cluster::start("control-plane,node");
    let archive = cluster.file("web.tar");
    let layout = cluster.file("layout.tar");
    image::write_web_image(&archive, "test.example.com/archive:v1");
    registry::to_oci_layout(&archive, &layout, "test.example.com/layout:v1");
    for (file, name) in [(archive, "test.example.com/archive:v1"), (layout, "test.example.com/layout:v1")] {
        let said = cluster.skiff(&["image", "import", &file.display().to_string()]);
        assert!(said.code == 0 && said.out.contains(name), "{}", said.all());
        let pod_name = if name.contains("archive") { "archive" } else { "layout" };
        cluster.apply(&pod(pod_name, name, "").replace("IfNotPresent", "Never"));
        assert_eq!(version_served_by(&cluster, pod_name), "test.example.com/archive:v1");
    }
    let nonsense = cluster.file("nonsense.tar");
    std::fs::write(&nonsense, "this is no archive").expect("a file can be written");
    let said = cluster.skiff(&["image", "import", &nonsense.display().to_string()]);
    assert!(said.code == 1 && said.err.contains("nonsense.tar"), "{}", said.all());
    let said = cluster.skiff("image import /no/such/file.tar");
    assert!(said.code == 1 && said.err.contains("/no/such/file.tar"), "{}", said.all());
    cluster.finish();
}

#[test]
fn only_with_the_right_password() {
    let cluster = Cluster::start("control-plane,node");
    let registry = Registry::secured();
    let archive = cluster.file("web.tar");
    image::write_web_image(&archive, "secret");
    let reference = registry.push(&archive, "team/secret:v1");
    for (name, password) in [("right", registry::PASSWORD), ("wrong", "nonsense")] {
        cluster.kubectl(&[
            "create",
            "secret",
            "docker-registry",
            name,
            &format!("--docker-server={}", registry.host()),
            &format!("--docker-username={}", registry::USER),
            &format!("--docker-password={password}"),
        ]);
    }
    cluster.apply(&pod("none", &reference, ""));
    cluster.apply(&pod("wrong", &reference, "imagePullSecrets: [{name: wrong}], "));
    for name in ["none", "wrong"] {
        cluster.wait_for(&["pod", name], |pod| {
            ["ErrImagePull", "ImagePullBackOff"].contains(&waiting_reason(pod))
        });
        let message = cluster.wait_for_event(name, "Failed", |message| message.starts_with("Failed to pull"));
        assert!(
            message.starts_with(&format!("Failed to pull image \"{reference}\": "))
                && message.contains("authentication required"),
            "{message}"
        );
    }
    cluster.apply(&pod("right", &reference, "imagePullSecrets: [{name: right}], "));
    assert_eq!(version_served_by(&cluster, "right"), "secret");
    cluster.finish();
}

#[test]
fn missing_images_say_so_in_the_registrys_words() {
    let cluster = Cluster::start("control-plane,node");
    let registry = Registry::open();
    let reference = format!("{}/team/nothing:v1", registry.host());
    cluster.apply(&pod("missing", &reference, ""));
    cluster.wait_for("pod missing", |pod| waiting_reason(pod) == "ErrImagePull");
    let message =
        cluster.wait_for_event("missing", "Failed", |message| message.starts_with("Failed to pull"));
    assert!(
        message.starts_with(&format!("Failed to pull image \"{reference}\": "))
            && message.contains("manifest unknown"),
        "{message}"
    );
    cluster.wait_for_event("missing", "Failed", |message| message == "Error: ErrImagePull");
    let found = cluster.wait_for("pod missing", |pod| waiting_reason(pod) == "ImagePullBackOff");
    let message = text(&found, "/status/containerStatuses/0/state/waiting/message");
    assert!(
        message.starts_with(&format!("Back-off pulling image \"{reference}\": ErrImagePull: ")),
        "{message}"
    );
    let sentence = format!("Back-off pulling image \"{reference}\"");
    cluster.wait_for_event("missing", "BackOff", |message| message == sentence);
    cluster.wait_for_event("missing", "Failed", |message| message == "Error: ImagePullBackOff");
    let said = cluster.try_kubectl("logs missing");
    assert_eq!(
        (said.code, said.err.as_str()),
        (
            1,
            "Error from server (BadRequest): container \"c\" in pod \"missing\" is waiting to start: \
             trying and failing to pull image\n"
        )
    );
    // As soon as the image is there, the pod runs.
    let archive = cluster.file("web.tar");
    image::write_web_image(&archive, "late");
    registry.push(&archive, "team/nothing:v1");
    assert_eq!(version_served_by(&cluster, "missing"), "late");

    let never = pod("never", "test.example.com/never:v1", "").replace("IfNotPresent", "Never");
    cluster.apply(&never);
    cluster.wait_for("pod never", |pod| waiting_reason(pod) == "ErrImageNeverPull");
    cluster.apply(&pod("misspelt", "test.example.com/UPPER:v1", ""));
    let found = cluster.wait_for("pod misspelt", |pod| waiting_reason(pod) == "InvalidImageName");
    let message = text(&found, "/status/containerStatuses/0/state/waiting/message");
    assert!(message.contains("repository name (UPPER) must be lowercase"), "{message}");
    cluster.finish();
}
