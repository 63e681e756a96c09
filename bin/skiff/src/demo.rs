//! The demo application: this program in an image that it makes of itself, behind a Service.
//!
//! It shows a new cluster at work where no registry can be reached. The image holds the program and
//! the shared libraries it runs with, and nothing else.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context as _;
use api::Resource;
use api::Value;
use api::value;
use client::Client;
use client::ListOptions;
use client::Remote;
use client::RemoteDeps;
use client::Target;
use client::kubeconfig::Kubeconfig;
use http::Request;
use http::Response;
use images::FileContent;
use images::Image;
use images::ImageFile;
use images::ImageStore;
use images::RunConfig;
use meta::LabelSelector;
use stdx::Clock;
use stdx::Rng;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Supervisor;
use supervise::TaskKind;
use tokio::runtime::Builder;
use wire::Body;
use wire::ConnInfo;
use wire::Endpoint;
use wire::Handler;
use wire::Listen;
use wire::Server;
use wire::ServerOptions;

use crate::admin;
use crate::layout::Layout;

static DEMO: TaskKind = TaskKind { name: "demo server", rank: Rank::DataPlane, on_end: OnEnd::StopProcess };
static ASKER: TaskKind = TaskKind { name: "demo client", rank: Rank::DataPlane, on_end: OnEnd::Nothing };

/// What the image is called. No registry has it: the kubelet is told never to pull it.
const IMAGE: &str = "localhost/skiff-demo:v1";
const PROGRAM: &str = "/skiff";
const NAME: &str = "demo";
const NAMESPACE: &str = "default";
const PORT: u16 = 8080;
/// How long the pods may take to be ready, and the Service to answer.
const DEADLINE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(50);

/// Makes the image in the node's store.
pub(crate) async fn make_image(store: &ImageStore) -> anyhow::Result<Image> {
    let config = RunConfig {
        entrypoint: vec![PROGRAM.to_owned(), "demo-server".to_owned()],
        exposed_ports: vec![format!("{PORT}/tcp")],
        ..RunConfig::default()
    };
    let program = std::env::current_exe().context("cannot find the program itself")?;
    let mut files = vec![host_file(PROGRAM.to_owned(), program.clone())];
    for library in shared_libraries(&program)? {
        files.push(host_file(library.to_string_lossy().into_owned(), library));
    }
    let reference = images::Reference::parse(IMAGE)?;
    Ok(store.build_single_layer(&reference, &config, files).await?)
}

/// Has the running process make the image, deploys the application as its administrator, and returns
/// what to show.
pub(crate) async fn show(layout: &Layout, kubeconfig: &Path) -> anyhow::Result<Vec<String>> {
    let made = admin::ask_long(&layout.socket(), "POST", "/images/demo").await?;
    let made = made.context("the cluster's process has ended")?;
    if let Some(error) = made["error"].as_str() {
        anyhow::bail!("the image of the demo cannot be made: {error}");
    }
    let supervisor = Supervisor::new();
    let deps = RemoteDeps { clock: Clock::system(), rng: Rng::from_system(), spawner: supervisor.spawner() };
    let remote = Remote::new(Kubeconfig::load(kubeconfig)?.remote(None)?, deps)?;
    deploy(&Client::new(Arc::new(remote), "skiff-demo")).await
}

/// Why pods are not ready, as far as the nodes and the pods themselves say: each reason in brackets.
async fn hindrance(client: &Client) -> anyhow::Result<String> {
    let mut reasons = String::new();
    let nodes = Resource::find("", "v1", "nodes").context("nodes are a row of the table")?;
    for node in client.list(Target::all(nodes), ListOptions::default()).await?.items {
        let conditions = node.value()["status"]["conditions"].items();
        for condition in conditions.iter().filter(|condition| under_pressure(condition)) {
            reasons += &format!(" (node {}: {})", node.name(), condition["message"].str_or_empty());
        }
    }
    let pods = Resource::find("", "v1", "pods").context("pods are a row of the table")?;
    let options = ListOptions {
        labels: LabelSelector::parse(&format!("app={NAME}")).map_err(anyhow::Error::msg)?,
        ..ListOptions::default()
    };
    for pod in client.list(Target::within(pods, NAMESPACE), options).await?.items {
        let status = &pod.value()["status"];
        let scheduling = status["conditions"]
            .items()
            .iter()
            .filter(|condition| condition["status"].str_or_empty() == "False");
        let scheduling = scheduling.filter(|condition| condition["type"].str_or_empty() == "PodScheduled");
        let waiting = status["containerStatuses"].items().iter().map(|status| &status["state"]["waiting"]);
        let mut messages = scheduling.chain(waiting).map(|state| state["message"].str_or_empty());
        if let Some(message) = messages.rfind(|message| !message.is_empty()) {
            reasons += &format!(" (pod {}: {message})", pod.name());
            break;
        }
    }
    Ok(reasons)
}

/// A condition that keeps pods from the node.
fn under_pressure(condition: &Value) -> bool {
    condition["type"].str_or_empty().ends_with("Pressure") && condition["status"].str_or_empty() == "True"
}

/// Applies the application, waits until it is there, and returns what it answers.
async fn deploy(client: &Client) -> anyhow::Result<Vec<String>> {
    let deployments =
        Resource::find("apps", "v1", "deployments").context("deployments are a row of the table")?;
    let services = Resource::find("", "v1", "services").context("services are a row of the table")?;
    apply(client, deployments, &deployment()).await?;
    apply(client, services, &service()).await?;
    let deadline = Instant::now() + DEADLINE;
    let wanted = deployment()["spec"]["replicas"].as_i64();
    loop {
        let now = client.get(Target::object(deployments, NAMESPACE, NAME)).await?;
        let ready = now.value()["status"]["readyReplicas"].as_i64();
        if ready == wanted {
            break;
        }
        if Instant::now() >= deadline {
            anyhow::bail!(
                "only {} of {} pods of the demo are ready{}: see `kubectl describe pods -l app={NAME}`",
                ready.unwrap_or(0),
                wanted.unwrap_or(0),
                hindrance(client).await?
            );
        }
        tokio::time::sleep(LOOK).await;
    }
    let service = client.get(Target::object(services, NAMESPACE, NAME)).await?;
    let ip = service.value()["spec"]["clusterIP"].str_or_empty().to_owned();
    let node_port =
        service.value()["spec"]["ports"].items().first().and_then(|port| port["nodePort"].as_i64());
    let mut shown = vec![format!(
        "Service {NAMESPACE}/{NAME} at http://{ip} and at port {} of the node:",
        node_port.unwrap_or(0)
    )];
    let address = SocketAddr::new(ip.parse().context("the Service has no cluster IP")?, 80);
    for _ in 0..3 {
        shown.push(format!("  {}", ask(address, deadline).await?));
    }
    Ok(shown)
}

/// What runs in the pods: answers every request with where it runs.
pub(crate) fn serve() -> anyhow::Result<ExitCode> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let supervisor = Supervisor::new();
        let spawner = supervisor.spawner();
        let listen = Listen::Tcp(SocketAddr::from(([0, 0, 0, 0], PORT)));
        let server = Server::bind(listen, None, ServerOptions::default()).await?;
        let (stop, tasks) = (spawner.stop(DEMO.rank), spawner.clone());
        let greeter = Arc::new(Greeter { requests: AtomicU64::new(0) });
        spawner.spawn(&DEMO, "", async move { server.run(greeter, tasks, &ASKER, stop).await });
        crate::cluster::watch_signals(&supervisor)?;
        supervisor.run().await;
        Ok(ExitCode::SUCCESS)
    })
}

struct Greeter {
    requests: AtomicU64,
}

#[async_trait::async_trait]
impl Handler for Greeter {
    async fn handle(&self, _request: Request<Body>, _connection: &Arc<ConnInfo>) -> Response<Body> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let [pod, node] = ["POD_NAME", "NODE_NAME"].map(|name| std::env::var(name).unwrap_or_default());
        let text = format!("Hello from Skiff: pod {pod} on node {node}, its request number {number}\n");
        Response::new(Body::full(text.into_bytes()))
    }
}

fn host_file(path: String, from: PathBuf) -> ImageFile {
    ImageFile { path, mode: 0o755, content: FileContent::HostFile(from) }
}

/// The files that the kernel and the dynamic linker mapped to run this process: the linker itself and
/// the shared libraries, by the names they are looked up by.
fn shared_libraries(program: &Path) -> anyhow::Result<BTreeSet<PathBuf>> {
    let maps = std::fs::read_to_string("/proc/self/maps").context("cannot read the process's mappings")?;
    let executable =
        maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|mode| mode.contains('x')));
    let paths = executable.filter_map(|line| line.find('/').map(|start| PathBuf::from(&line[start..])));
    Ok(paths.filter(|path| path != program).flat_map(|path| looked_up_as(&path)).collect())
}

/// A library is found by the name of its file, in the directory where it lies. The linker itself is
/// found by the name that programs carry, which is a link in `/lib64` or `/lib`.
fn looked_up_as(file: &Path) -> Vec<PathBuf> {
    let mut names = vec![file.to_owned()];
    if let Some(name) = file.file_name().filter(|name| name.as_encoded_bytes().starts_with(b"ld-")) {
        names.extend(
            ["/lib64", "/lib"].map(|dir| Path::new(dir).join(name)).into_iter().filter(|p| p.exists()),
        );
    }
    names
}

async fn apply(client: &Client, resource: &'static Resource, body: &Value) -> anyhow::Result<()> {
    let text = bytes::Bytes::from(api::json::to_vec(body));
    let patch = client::Patch::Apply { config: text, force: true };
    client.patch(Target::object(resource, NAMESPACE, NAME), patch).await?;
    Ok(())
}

/// One answer of the Service; rules and pods may need a moment.
async fn ask(address: SocketAddr, deadline: Instant) -> anyhow::Result<String> {
    let supervisor = Supervisor::new();
    let spawner = supervisor.spawner();
    loop {
        // A connection of its own each time: so that the answers come from different pods.
        let endpoint = Endpoint::tcp(&address.ip().to_string(), address.port(), None)?;
        let client = wire::Client::new(endpoint, wire::ClientOptions::default(), &spawner, &ASKER);
        let request = Request::builder().uri("/").body(Body::empty())?;
        match client.send_within(Duration::from_secs(2), request).await {
            Ok(response) => {
                let body = response.into_body().collect(1 << 16).await?;
                return Ok(String::from_utf8_lossy(&body).trim_end().to_owned());
            }
            Err(error) if Instant::now() > deadline => {
                return Err(error).with_context(|| format!("the demo does not answer at {address}"));
            }
            Err(_) => tokio::time::sleep(LOOK).await,
        }
    }
}

fn deployment() -> Value {
    let from_field =
        |name: &str, path: &str| value!({"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}});
    value!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": NAME, "namespace": NAMESPACE, "labels": {"app": NAME}},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": NAME}},
            "template": {
                "metadata": {"labels": {"app": NAME}},
                "spec": {"containers": [{
                    "name": "server", "image": IMAGE, "imagePullPolicy": "Never",
                    "env": [from_field("POD_NAME", "metadata.name"), from_field("NODE_NAME", "spec.nodeName")],
                    "ports": [{"containerPort": i64::from(PORT)}],
                    "readinessProbe": {"httpGet": {"path": "/", "port": i64::from(PORT)}, "periodSeconds": 5},
                    "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}}
                }]}
            }
        }
    })
}

fn service() -> Value {
    value!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": NAME, "namespace": NAMESPACE, "labels": {"app": NAME}},
        "spec": {
            "type": "NodePort", "selector": {"app": NAME},
            "ports": [{"port": 80, "targetPort": i64::from(PORT)}]
        }
    })
}
