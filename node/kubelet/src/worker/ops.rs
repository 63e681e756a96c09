//! The operations of a pod: everything that takes time, as plain asynchronous functions.

use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api::Object;
use api::view::View as _;
use api::views::ContainerView;
use api::views::PodView;
use control::EventType;
use jiff::Timestamp;
use runtime::types::ContainerId;
use runtime::types::ContainerState;
use runtime::types::ContainerStatus;
use runtime::types::Mount;
use runtime::types::MountAccess;
use runtime::types::Rootfs;
use runtime::types::SandboxId;
use runtime::types::SandboxState;
use runtime::types::SandboxStatus;

use super::OPERATION;
use super::Shared;
use crate::container;
use crate::dns;
use crate::env;
use crate::error::chain;
use crate::hooks;
use crate::objects;
use crate::objects::Source;
use crate::pod;
use crate::pod::Kind;
use crate::state::MIN_GRACE;
use crate::state::PulledImage;
use crate::state::remaining;
use crate::volumes::Surroundings;
use crate::volumes::Volumes;

const HOST_RESOLV_CONF: &str = "/etc/resolv.conf";
const HOST_HOSTS: &str = "/etc/hosts";

/// Why a container waits: reason and message as its status shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub reason: &'static str,
    pub message: String,
}

fn failure(reason: &'static str) -> impl Fn(String) -> Failure {
    move |message| Failure { reason, message }
}

impl Shared {
    /// Records a normal event about a container.
    pub(crate) fn event(&self, pod: &Object, kind: Kind, container: &str, reason: &str, message: &str) {
        let field = pod::field_path(kind, container);
        self.recorder.record_field(pod, &field, EventType::Normal, reason, message);
    }

    /// Records a warning about a container.
    pub(crate) fn warning(&self, pod: &Object, kind: Kind, container: &str, reason: &str, message: &str) {
        let field = pod::field_path(kind, container);
        self.recorder.record_field(pod, &field, EventType::Warning, reason, message);
    }

    fn pod_warning(&self, pod: &Object, reason: &str, message: &str) {
        self.recorder.record(pod, EventType::Warning, reason, message);
    }

    /// Removes a container that nothing shows any more, in the background.
    pub(crate) fn remove_container(self: &Arc<Self>, uid: &str, record: ContainerStatus, label: &str) {
        let (shared, key) = (self.clone(), rootfs_key(uid, &record.config.name, record.config.attempt));
        self.deps.spawner.spawn(&OPERATION, label, async move {
            if let Err(reason) = shared.remove_record(&record, &key).await {
                tracing::warn!(container = %record.id, reason, "an old container was not removed");
            }
        });
    }

    async fn remove_record(&self, record: &ContainerStatus, key: &str) -> Result<(), String> {
        self.deps.runtime.remove_container(&record.id).await.map_err(|error| error.chain())?;
        self.deps.images.remove_rootfs(key).await.map_err(|error| chain(&error))?;
        if let Some(log) = &record.log_path
            && let Err(error) = std::fs::remove_file(log)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(format!("{}: {error}", log.display()));
        }
        Ok(())
    }
}

/// Names the writable layer of a container, for ever.
fn rootfs_key(uid: &str, name: &str, attempt: u32) -> String {
    format!("{uid}.{name}.{attempt}")
}

/// Volumes, sandbox, network. What exists already is used again.
pub(super) async fn set_up(
    shared: Arc<Shared>,
    pod: Arc<Object>,
    volumes: Volumes,
    around: Surroundings,
    existing: Option<SandboxStatus>,
    attempt: u32,
) -> Result<(SandboxStatus, Vec<IpAddr>), String> {
    if let Err(error) = volumes.prepare(&pod, &around).await {
        let message = error.to_string();
        shared.pod_warning(&pod, "FailedMount", &message);
        return Err(message);
    }
    let made = sandbox(&shared, &pod, existing, attempt).await;
    if let Err(reason) = &made {
        let message = format!("Failed to create pod sandbox: {reason}");
        shared.pod_warning(&pod, "FailedCreatePodSandBox", &message);
    }
    made
}

async fn sandbox(
    shared: &Shared,
    pod: &Arc<Object>,
    existing: Option<SandboxStatus>,
    attempt: u32,
) -> Result<(SandboxStatus, Vec<IpAddr>), String> {
    let view = PodView::of(pod.value());
    let sandbox = match existing {
        Some(sandbox) if sandbox.state == SandboxState::Ready => sandbox,
        other => {
            if let Some(old) = other {
                shared.recorder.record(
                    pod,
                    EventType::Normal,
                    "SandboxChanged",
                    "Pod sandbox changed, it will be killed and re-created.",
                );
                stop_sandbox(shared, &old.id, pod.uid()).await?;
            }
            create_sandbox(shared, view, attempt).await?
        }
    };
    let attached = match &sandbox.netns {
        Some(netns) if !view.spec().host_network() => attach(shared, view, netns.clone()).await,
        _ => Ok(shared.config.node_ips.clone()),
    };
    let ips = match attached {
        Ok(ips) => ips,
        Err(reason) => {
            // Without a network it is of no use; the next attempt makes another.
            stop_sandbox(shared, &sandbox.id, pod.uid()).await?;
            shared.deps.runtime.remove_sandbox(&sandbox.id).await.map_err(|error| error.chain())?;
            return Err(format!("failed to set up the pod's network: {reason}"));
        }
    };
    write_hosts(shared, view, &ips).map_err(|error| format!("cannot write the hosts file: {error}"))?;
    Ok((sandbox, ips))
}

async fn create_sandbox(shared: &Shared, view: PodView<'_>, attempt: u32) -> Result<SandboxStatus, String> {
    let metadata = view.metadata();
    let log_dir = shared.config.pod_log_dir(metadata.namespace(), metadata.name(), metadata.uid());
    std::fs::create_dir_all(&log_dir).map_err(|error| format!("{}: {error}", log_dir.display()))?;
    let resolv_conf = std::fs::read_to_string(HOST_RESOLV_CONF).unwrap_or_default();
    let dns = dns::config(view, &shared.config, &resolv_conf);
    let (mut hostname, domain) = pod::hostname(view, &shared.config.cluster_domain);
    if view.spec().set_hostname_as_fqdn() == Some(true) && !domain.is_empty() {
        hostname = format!("{hostname}.{domain}");
    }
    let config = container::sandbox(view, attempt, dns, &hostname, log_dir);
    shared.deps.runtime.create_sandbox(&config).await.map_err(|error| error.chain())
}

async fn attach(shared: &Shared, view: PodView<'_>, netns: PathBuf) -> Result<Vec<IpAddr>, String> {
    let (network, uid) = (shared.deps.network.clone(), view.metadata().uid().to_owned());
    let ports = container::host_ports(view);
    let attached = tokio::task::spawn_blocking(move || network.attach(&netns, &uid, &ports)).await;
    match attached {
        Ok(Ok(addresses)) => Ok(addresses.ips),
        Ok(Err(error)) => Err(chain(&error)),
        Err(error) => Err(error.to_string()),
    }
}

fn write_hosts(shared: &Shared, view: PodView<'_>, ips: &[IpAddr]) -> std::io::Result<()> {
    let dir = shared.config.pod_dir(view.metadata().uid());
    std::fs::create_dir_all(&dir)?;
    let (hostname, domain) = pod::hostname(view, &shared.config.cluster_domain);
    let node = if view.spec().host_network() { std::fs::read_to_string(HOST_HOSTS)? } else { String::new() };
    let path = dir.join("etc-hosts");
    std::fs::write(&path, dns::hosts(view, ips, &hostname, &domain, &node))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644))
}

async fn stop_sandbox(shared: &Shared, id: &SandboxId, uid: &str) -> Result<(), String> {
    let (network, uid) = (shared.deps.network.clone(), uid.to_owned());
    let detached = tokio::task::spawn_blocking(move || network.detach(&uid)).await;
    match detached {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return Err(chain(&error)),
        Err(error) => return Err(error.to_string()),
    }
    shared.deps.runtime.stop_sandbox(id).await.map_err(|error| error.chain())
}

/// The image of a container, if its policy lets the node use the one it has.
pub(super) fn present(shared: &Shared, container: ContainerView<'_>) -> Option<PulledImage> {
    if container.image_pull_policy() == "Always" {
        return None;
    }
    shared.deps.images.inspect(container.image()).ok().map(|image| pulled(&image))
}

fn pulled(image: &images::Image) -> PulledImage {
    let id = image.id.as_str().to_owned();
    let image_id = image.repo_digests.first().cloned().unwrap_or_else(|| id.clone());
    PulledImage { id, image_id }
}

/// Fetches the image of a container, as its policy says.
pub(super) async fn pull(shared: &Shared, pod: &Arc<Object>, name: &str) -> Result<PulledImage, Failure> {
    let view = PodView::of(pod.value());
    let Some((kind, container)) = pod::container(view, name) else {
        return Err(failure("CreateContainerConfigError")(format!("container {name} not found")));
    };
    let image = container.image();
    let reference = images::Reference::parse(image).map_err(|error| {
        let message = format!("Failed to apply default image tag {image:?}: {}", chain(&error));
        shared.warning(pod, kind, name, "InspectFailed", &message);
        shared.warning(pod, kind, name, "Failed", "Error: InvalidImageName");
        failure("InvalidImageName")(message)
    })?;
    if container.image_pull_policy() == "Never" {
        let message = format!("Container image {image:?} is not present with pull policy of Never");
        shared.warning(pod, kind, name, "ErrImageNeverPull", &message);
        shared.warning(pod, kind, name, "Failed", "Error: ErrImageNeverPull");
        return Err(failure("ErrImageNeverPull")(message));
    }
    shared.event(pod, kind, name, "Pulling", &format!("Pulling image {image:?}"));
    let began = shared.deps.clock.instant();
    let secrets: Vec<Source> =
        view.spec().image_pull_secrets().iter().map(|secret| Source::secret(secret.name())).collect();
    // A secret that is missing is not fatal: the image may be public.
    let fetched = objects::fetch(&shared.deps.client, pod.namespace(), &secrets).await.unwrap_or_default();
    let credentials = objects::pull_credentials(&fetched, &reference);
    let options = images::PullOptions { credentials, progress: None };
    match shared.deps.images.pull(&reference, &options).await {
        Ok(found) => {
            let took = go_seconds(began.elapsed());
            let message = format!(
                "Successfully pulled image {image:?} in {took} ({took} including waiting). Image size: {} bytes.",
                found.size
            );
            shared.event(pod, kind, name, "Pulled", &message);
            Ok(pulled(&found))
        }
        Err(error) => {
            let message = chain(&error);
            shared.warning(pod, kind, name, "Failed", &format!("Failed to pull image {image:?}: {message}"));
            shared.warning(pod, kind, name, "Failed", "Error: ErrImagePull");
            Err(failure("ErrImagePull")(message))
        }
    }
}

fn go_seconds(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        return format!("{}ms", duration.as_millis());
    }
    format!("{:.3}s", duration.as_secs_f64())
}

/// What a start needs.
pub(super) struct StartJob {
    pub pod: Arc<Object>,
    pub name: String,
    pub attempt: u32,
    pub image: PulledImage,
    pub sandbox: SandboxId,
    pub ips: Vec<IpAddr>,
    pub volumes: Volumes,
}

/// Makes and starts a container.
pub(super) async fn start(shared: &Shared, job: StartJob) -> Result<ContainerId, Failure> {
    let view = PodView::of(job.pod.value());
    let Some((kind, spec)) = pod::container(view, &job.name) else {
        return Err(failure("CreateContainerConfigError")(format!("container {} not found", job.name)));
    };
    let made = create(shared, &job, view, spec).await;
    let id = match made {
        Ok(id) => id,
        Err(failure) => {
            shared.warning(&job.pod, kind, &job.name, "Failed", &format!("Error: {}", failure.message));
            return Err(failure);
        }
    };
    shared.event(&job.pod, kind, &job.name, "Created", "Container created");
    if let Err(error) = shared.deps.runtime.start_container(&id).await {
        let message = error.chain();
        shared.warning(&job.pod, kind, &job.name, "Failed", &format!("Error: {message}"));
        return Err(failure("RunContainerError")(message));
    }
    shared.event(&job.pod, kind, &job.name, "Started", "Container started");
    Ok(id)
}

async fn create(
    shared: &Shared,
    job: &StartJob,
    view: PodView<'_>,
    spec: ContainerView<'_>,
) -> Result<ContainerId, Failure> {
    let wrong = failure("CreateContainerConfigError");
    let broken = failure("CreateContainerError");
    let target = target(shared, job, view).await.map_err(&wrong)?;
    let env = environment(shared, job, view, spec).await.map_err(&wrong)?;
    let mut mounts = job.volumes.mounts(view, spec, &env).map_err(&wrong)?;
    let uid = view.metadata().uid();
    let dir = shared.config.pod_dir(uid);
    let taken = |path: &str| {
        spec.volume_mounts().iter().any(|mount| mount.mount_path().trim_end_matches('/') == path)
    };
    if !taken("/etc/hosts") {
        mounts.push(bind(dir.join("etc-hosts"), "/etc/hosts"));
    }
    let termination_file = termination_file(&dir, &job.name, job.attempt)
        .map_err(|error| broken(format!("cannot make the termination message file: {error}")))?;
    let termination_path = match spec.termination_message_path() {
        "" => "/dev/termination-log",
        path => path,
    };
    if !taken(termination_path) {
        mounts.push(bind(termination_file.clone(), termination_path));
    }
    let image = shared.deps.images.inspect(&job.image.id).map_err(|error| broken(chain(&error)))?;
    let key = rootfs_key(uid, &job.name, job.attempt);
    let rootfs = rootfs(shared, &job.image.id, &key).await.map_err(|error| broken(chain(&error)))?;
    let config = container::container(container::Parts {
        pod: view,
        container: spec,
        attempt: job.attempt,
        image: &image.config,
        image_id: &job.image.image_id,
        target,
        rootfs,
        env,
        mounts,
        termination_file: &termination_file,
        seccomp_dir: shared.config.root_dir.join("seccomp"),
        node_memory_bytes: shared.machine.memory_bytes,
    })
    .map_err(&wrong)?;
    let created = shared.deps.runtime.create_container(&job.sandbox, &config).await;
    created.map_err(|error| broken(error.chain()))
}

/// The container that an ephemeral one is to look into, which must run.
async fn target(shared: &Shared, job: &StartJob, view: PodView<'_>) -> Result<Option<ContainerId>, String> {
    let spec = view.spec().ephemeral_containers().iter().find(|container| container.name() == job.name);
    let Some(name) = spec.map(|spec| spec.target_container_name()).filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    let containers = shared.deps.runtime.containers().await.map_err(|error| error.chain())?;
    let running = containers.into_iter().find(|container| {
        container.sandbox == job.sandbox
            && container.config.name == name
            && container.state == ContainerState::Running
    });
    running
        .map(|container| Some(container.id))
        .ok_or_else(|| format!("unable to find target container {name}"))
}

async fn rootfs(shared: &Shared, image: &str, key: &str) -> Result<Rootfs, images::Error> {
    let prepared = match shared.deps.images.prepare_rootfs(image, key).await {
        // A container that was never made left it, with an image that is not wanted any more.
        Err(images::Error::RootfsKey { .. }) => {
            shared.deps.images.remove_rootfs(key).await?;
            shared.deps.images.prepare_rootfs(image, key).await?
        }
        other => other?,
    };
    Ok(Rootfs { lower: prepared.lower, upper: prepared.upper, work: prepared.work })
}

async fn environment(
    shared: &Shared,
    job: &StartJob,
    view: PodView<'_>,
    spec: ContainerView<'_>,
) -> Result<Vec<(String, String)>, String> {
    let sources = env::sources(spec);
    let fetched = objects::fetch(&shared.deps.client, job.pod.namespace(), &sources).await;
    let fetched = fetched.map_err(|error| error.to_string())?;
    shared.services.synced().await;
    let services = env::service_variables(view, &shared.services.list());
    let allocatable = |name: &str| crate::node::allocatable(&shared.config, &shared.machine, name);
    let facts = env::Facts {
        pod: view,
        node_name: &shared.config.node_name,
        host_ips: &shared.config.node_ips,
        pod_ips: &job.ips,
        allocatable: &allocatable,
    };
    env::environment(&facts, spec, &fetched, &services)
}

fn bind(host_path: PathBuf, container_path: &str) -> Mount {
    Mount {
        host_path,
        container_path: container_path.into(),
        access: MountAccess::ReadWrite,
        propagation: runtime::types::Propagation::Private,
    }
}

/// The file that the container may write its last words to; anyone in it may.
fn termination_file(pod_dir: &Path, name: &str, attempt: u32) -> std::io::Result<PathBuf> {
    let dir = pod_dir.join("containers").join(name);
    std::fs::create_dir_all(&dir)?;
    let path = dir.join(attempt.to_string());
    std::fs::write(&path, "")?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666))?;
    Ok(path)
}

/// Runs the postStart hook.
pub(super) async fn post_start(
    shared: &Arc<Shared>,
    pod: &Arc<Object>,
    name: &str,
    id: &ContainerId,
    ips: &[IpAddr],
) -> Result<(), String> {
    let Some((kind, container)) = pod::container(PodView::of(pod.value()), name) else { return Ok(()) };
    let Some(hook) = container.lifecycle().and_then(|lifecycle| lifecycle.post_start()) else {
        return Ok(());
    };
    let result = hooks::run(shared, container, hook, id, ips.first().copied(), None).await;
    if let Err(reason) = &result {
        tracing::debug!(pod = pod.name(), reason, "postStart hook failed");
        shared.warning(pod, kind, name, "FailedPostStartHook", "PostStartHook failed");
    }
    result
}

/// Runs the preStop hook, if there is one and time for it.
pub(super) async fn pre_stop(
    shared: &Arc<Shared>,
    pod: &Arc<Object>,
    name: &str,
    id: &ContainerId,
    ips: &[IpAddr],
    kill_at: Timestamp,
) {
    let time = remaining(shared.deps.clock.now(), kill_at);
    let Some((kind, container)) = pod::container(PodView::of(pod.value()), name) else { return };
    let Some(hook) = container.lifecycle().and_then(|lifecycle| lifecycle.pre_stop()) else { return };
    if time.is_zero() {
        return;
    }
    if let Err(reason) = hooks::run(shared, container, hook, id, ips.first().copied(), Some(time)).await {
        tracing::debug!(pod = pod.name(), reason, "preStop hook failed");
        shared.warning(pod, kind, name, "FailedPreStopHook", "PreStopHook failed");
    }
}

/// Stops a container; killed at the latest at `kill_at`, but never without a moment to end itself.
pub(super) async fn stop(shared: &Shared, id: &ContainerId, kill_at: Timestamp) {
    let grace = remaining(shared.deps.clock.now(), kill_at).max(MIN_GRACE);
    if let Err(error) = shared.deps.runtime.stop_container(id, grace).await {
        // The plan will see that it still runs and ask again.
        tracing::warn!(container = %id, error = &error as &dyn std::error::Error, "container was not stopped");
        shared.deps.clock.sleep(Duration::from_secs(1)).await;
    }
}

/// Gives up sandboxes, network and volumes.
pub(super) async fn tear_down(
    shared: Arc<Shared>,
    uid: String,
    sandboxes: Vec<SandboxId>,
) -> Result<(), String> {
    let result = async {
        for id in &sandboxes {
            stop_sandbox(&shared, id, &uid).await?;
        }
        let (config, uid) = (shared.config.clone(), uid.clone());
        let removed = tokio::task::spawn_blocking(move || Volumes::remove_contents(&config, &uid)).await;
        removed.map_err(|error| error.to_string())?
    }
    .await;
    pause_after(&shared, &uid, "pod is not torn down", result).await
}

/// Removes records, logs and directories.
pub(super) async fn remove(
    shared: Arc<Shared>,
    pod: Arc<Object>,
    sandboxes: Vec<SandboxId>,
    records: Vec<ContainerStatus>,
) -> Result<(), String> {
    let uid = pod.uid().to_owned();
    let result = async {
        for id in &sandboxes {
            shared.deps.runtime.remove_sandbox(id).await.map_err(|error| error.chain())?;
        }
        for record in &records {
            let key = rootfs_key(&uid, &record.config.name, record.config.attempt);
            shared.deps.images.remove_rootfs(&key).await.map_err(|error| chain(&error))?;
        }
        let (config, uid) = (shared.config.clone(), uid.clone());
        let log_dir = shared.config.pod_log_dir(pod.namespace(), pod.name(), pod.uid());
        let removed = tokio::task::spawn_blocking(move || {
            Volumes::remove(&config, &uid)?;
            match std::fs::remove_dir_all(&log_dir) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(format!("{}: {error}", log_dir.display()))
                }
                _ => Ok(()),
            }
        });
        removed.await.map_err(|error| error.to_string())?
    }
    .await;
    pause_after(&shared, pod.uid(), "pod is not removed", result).await
}

/// A failure is told in the log, and not tried again at once.
async fn pause_after(
    shared: &Shared,
    uid: &str,
    what: &'static str,
    result: Result<(), String>,
) -> Result<(), String> {
    if let Err(reason) = &result {
        tracing::warn!(uid, reason, what, "pod cleanup failed");
        shared.deps.clock.sleep(Duration::from_secs(1)).await;
    }
    result
}

/// Deletes the object for good: this very pod, not one that took its name.
pub(super) async fn delete(shared: &Shared, pod: &Object) -> Result<(), client::Error> {
    let options = client::DeleteOptions {
        grace_period_seconds: Some(0),
        precondition: client::Precondition { uid: Some(pod.uid().to_owned()), resource_version: None },
        ..client::DeleteOptions::default()
    };
    let target = client::Target::object(pod::pods(), pod.namespace(), pod.name());
    shared.deps.client.delete(target, options).await
}
