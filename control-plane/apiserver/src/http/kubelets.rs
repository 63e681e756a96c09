//! Requests that end at a kubelet: logs, exec, attach, port-forward, and the proxies.

use std::collections::HashMap;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;

use api::Object;
use api::view::View as _;
use api::views::NodeView;
use api::views::PodView;
use client::Target;
use http::Request;
use http::Uri;
use meta::Cause;
use meta::Causes;
use meta::Reason;
use meta::Status;
use parking_lot::Mutex;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Spawner;
use supervise::TaskKind;
use wire::Body;
use wire::Client;
use wire::ClientOptions;
use wire::Endpoint;

use super::Reply;
use super::query::Query;
use crate::authz::Attributes;
use crate::server::ApiServer;
use crate::user::User;

static RELAY: TaskKind = TaskKind { name: "kubelet relay", rank: Rank::ApiServer, on_end: OnEnd::Nothing };

/// Where a kubelet listens that does not say.
const KUBELET_PORT: u16 = 10250;

/// The longest refusal of a kubelet that is passed on, in bytes.
const MAX_REFUSAL: usize = 50_000;

/// Clients of kubelets, kept as long as they are at the same address.
pub(crate) struct Kubelets {
    tls: Option<Arc<rustls::ClientConfig>>,
    spawner: Spawner,
    clients: Mutex<HashMap<(String, SocketAddr), Client>>,
}

impl Kubelets {
    pub(crate) fn new(tls: Option<Arc<rustls::ClientConfig>>, spawner: Spawner) -> Self {
        Self { tls, spawner, clients: Mutex::default() }
    }

    fn client(&self, node: &str, address: SocketAddr) -> Result<Client, Status> {
        let mut clients = self.clients.lock();
        if let Some(client) = clients.get(&(node.to_owned(), address)) {
            return Ok(client.clone());
        }
        let endpoint = Endpoint::named(address, node, self.tls.clone()).map_err(Status::internal)?;
        let client = Client::new(endpoint, ClientOptions::default(), &self.spawner, &RELAY);
        clients.insert((node.to_owned(), address), client.clone());
        Ok(client)
    }
}

/// Whether a subresource is answered by somebody else than the API server.
pub(super) fn is_streaming(target: &Target) -> bool {
    let sub = target.subresource.split('/').next().unwrap_or("");
    matches!(
        (target.resource.group, target.resource.name, sub),
        ("", "pods", "log" | "exec" | "attach" | "portforward")
            | ("", "pods" | "services" | "nodes", "proxy")
    )
}

impl ApiServer {
    pub(super) async fn stream(
        &self,
        user: &User,
        target: Target,
        query: &Query,
        request: Request<Body>,
    ) -> Result<Reply, Status> {
        let sub = target.subresource.split('/').next().unwrap_or("").to_owned();
        let verb = match (request.method().as_str(), sub.as_str()) {
            (_, "exec" | "attach" | "portforward") | ("POST", _) => "create",
            ("PUT", _) => "update",
            ("PATCH", _) => "patch",
            ("DELETE", _) => "delete",
            _ => "get",
        };
        let attributes = Attributes {
            verb: verb.to_owned(),
            resource: target.resource.name.to_owned(),
            subresource: sub.clone(),
            namespace: target.namespace.clone(),
            name: target.name.clone(),
            ..Attributes::default()
        };
        self.inner.authorize(user, &attributes)?;
        if sub == "proxy" {
            return self.proxy(&target, request).await;
        }
        if sub == "log" {
            check_log_options(&target.name, query)?;
        }
        self.inner.storage.catch_up().await;
        let pod = self
            .inner
            .object("pods", &target.namespace, &target.name)
            .ok_or_else(|| Status::not_found(&target.resource.group_resource(), &target.name))?;
        let path = kubelet_path(&pod, &sub, query)?;
        let node = PodView::of(pod.value()).spec().node_name();
        if node.is_empty() {
            if sub == "log" {
                return Ok(super::with_type(http::StatusCode::NO_CONTENT, "", String::new()));
            }
            return Err(Status::bad_request(format!("pod {} does not have a host assigned", pod.name())));
        }
        let client = self.kubelet(node)?;
        let request = redirected(request, &path)?;
        let unreachable = |error: wire::Error| unreachable_backend(&format!("node {node}"), &error);
        if sub == "log" {
            return checked(client.send(request).await.map_err(unreachable)?, &target).await;
        }
        let answer = wire::relay::proxy_upgrade(request, &client, &self.inner.spawner, &RELAY).await;
        answer.map_err(unreachable)
    }

    /// A client of a node's kubelet.
    fn kubelet(&self, node: &str) -> Result<Client, Status> {
        let object = self.inner.object("nodes", "", node).ok_or_else(|| {
            Status::not_found(&meta::GroupResource { group: String::new(), resource: "nodes".into() }, node)
        })?;
        let view = NodeView::of(object.value());
        let told = u16::try_from(view.status().daemon_endpoints().kubelet_endpoint().port()).unwrap_or(0);
        let port = if told == 0 { KUBELET_PORT } else { told };
        let mut addresses = view.status().addresses().iter();
        let address =
            addresses.find_map(|a| a.address().parse::<IpAddr>().ok().filter(|_| a.type_() == "InternalIP"));
        let address = address.ok_or_else(|| {
            let known = view.status().addresses().iter();
            let known: Vec<String> = known.map(|a| format!("{{{} {}}}", a.type_(), a.address())).collect();
            let known = known.join(" ");
            Status::unclassified(format!("no preferred addresses found; known addresses: [{known}]"))
        })?;
        self.inner.kubelets.client(node, SocketAddr::new(address, port))
    }

    /// Passes a request on to a pod, to an endpoint of a Service, or to a kubelet.
    async fn proxy(&self, target: &Target, request: Request<Body>) -> Result<Reply, Status> {
        let rest = target.subresource.strip_prefix("proxy").unwrap_or("");
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        let path = if rest.is_empty() { format!("/{query}") } else { format!("{rest}{query}") };
        let client = if target.resource.name == "nodes" {
            let name = target.name.split(':').next().unwrap_or("");
            self.kubelet(name)?
        } else {
            let address = self.backend(target)?;
            let endpoint =
                Endpoint::tcp(&address.ip().to_string(), address.port(), None).map_err(Status::internal)?;
            Client::new(endpoint, ClientOptions::default(), &self.inner.spawner, &RELAY)
        };
        let upgrade = request.headers().contains_key(http::header::UPGRADE);
        let request = redirected(request, &path)?;
        let answer = if upgrade {
            wire::relay::proxy_upgrade(request, &client, &self.inner.spawner, &RELAY).await
        } else {
            client.send(request).await
        };
        answer.map_err(|error| unreachable_backend(&target.name, &error))
    }

    /// Where `[scheme:]name[:port]` of a pod or Service leads.
    fn backend(&self, target: &Target) -> Result<SocketAddr, Status> {
        let parts: Vec<&str> = target.name.split(':').collect();
        let (name, port) = match parts.as_slice() {
            [name] => (*name, ""),
            [name, port] => (*name, *port),
            ["http" | "", name, port] => (*name, *port),
            _ => {
                let kind = target.resource.name.trim_end_matches('s');
                return Err(Status::bad_request(format!("invalid {kind} request {:?}", target.name)));
            }
        };
        let not_found = || Status::not_found(&target.resource.group_resource(), name);
        let object =
            self.inner.object(target.resource.name, &target.namespace, name).ok_or_else(not_found)?;
        if target.resource.name == "pods" {
            let pod = PodView::of(object.value());
            let first = pod
                .spec()
                .containers()
                .iter()
                .find_map(|c| c.ports().iter().next().map(|p| p.container_port()));
            let number = if port.is_empty() { first.unwrap_or(80) } else { port.parse().unwrap_or(0) };
            return address(pod.status().pod_ip(), number)
                .ok_or_else(|| Status::bad_request("address not allowed"));
        }
        let slices =
            api::Resource::find("discovery.k8s.io", "v1", "endpointslices").expect("a row of the table");
        let cache = self.inner.storage.cache.of(slices).expect("slices are stored");
        let service_ports = object.value()["spec"]["ports"].items();
        let wanted = service_ports
            .iter()
            .find(|p| {
                port.is_empty()
                    || p["name"].as_str() == Some(port)
                    || p["port"].as_i64().map(|n| n.to_string()).as_deref() == Some(port)
            })
            .map(|p| p["name"].str_or_empty().to_owned())
            .ok_or_else(|| {
                Status::new(
                    Reason::ServiceUnavailable,
                    format!("no service port {port:?} found for service {name:?}"),
                )
            })?;
        for slice in cache.in_namespace(&target.namespace) {
            if slice.label("kubernetes.io/service-name") != Some(name) {
                continue;
            }
            let number = slice.value()["ports"]
                .items()
                .iter()
                .find(|p| p["name"].str_or_empty() == wanted)
                .and_then(|p| p["port"].as_i64());
            let ready = slice.value()["endpoints"]
                .items()
                .iter()
                .find(|e| e["conditions"]["ready"].as_bool() != Some(false));
            if let (Some(number), Some(endpoint)) = (number, ready)
                && let Some(found) =
                    endpoint["addresses"].items().first().and_then(|ip| address(ip.str_or_empty(), number))
            {
                return Ok(found);
            }
        }
        Err(no_endpoints(name))
    }
}

fn address(ip: &str, port: i64) -> Option<SocketAddr> {
    Some(SocketAddr::new(ip.parse().ok()?, u16::try_from(port).ok().filter(|port| *port != 0)?))
}

fn no_endpoints(name: &str) -> Status {
    Status::new(Reason::ServiceUnavailable, format!("no endpoints available for service {name:?}"))
}

fn unreachable_backend(what: &str, error: &wire::Error) -> Status {
    Status::new(Reason::ServiceUnavailable, format!("error trying to reach {what}: {error}"))
}

/// Turns a kubelet's refusal, which is a plain sentence, into what clients of the API understand.
async fn checked(answer: Reply, target: &Target) -> Result<Reply, Status> {
    let code = answer.status();
    if code.is_success() {
        return Ok(answer);
    }
    let sentence = answer.into_body().collect(MAX_REFUSAL).await.map_err(Status::internal)?;
    let sentence = String::from_utf8_lossy(&sentence);
    Err(match code {
        http::StatusCode::BAD_REQUEST => Status::bad_request(sentence),
        http::StatusCode::INTERNAL_SERVER_ERROR => Status::internal(sentence),
        _ => {
            let status = Status::new(Reason::from_parts("", code.as_u16()), sentence);
            status.about(&target.resource.group_resource(), &target.name)
        }
    })
}

fn redirected(request: Request<Body>, path: &str) -> Result<Request<Body>, Status> {
    let (mut parts, body) = request.into_parts();
    parts.uri = path.parse::<Uri>().map_err(|error| Status::bad_request(format!("invalid path: {error}")))?;
    // The connection to the other side is HTTP/1.1 or HTTP/2 as that side prefers.
    parts.version = http::Version::HTTP_11;
    parts.headers.remove(http::header::HOST);
    // It was for us: the other side knows us, not the client.
    parts.headers.remove(http::header::AUTHORIZATION);
    Ok(Request::from_parts(parts, body))
}

/// The path on the kubelet.
fn kubelet_path(pod: &Arc<Object>, sub: &str, query: &Query) -> Result<String, Status> {
    let place = format!("{}/{}", pod.namespace(), pod.name());
    if sub == "portforward" {
        let mut out = form_urlencoded::Serializer::new(String::new());
        for port in query.all("ports") {
            out.append_pair("port", port);
        }
        return Ok(format!("/portForward/{place}?{}", out.finish()));
    }
    let container = container_name(pod, query.get("container"))?;
    let mut out = form_urlencoded::Serializer::new(String::new());
    match sub {
        "log" => {
            for key in [
                "follow",
                "previous",
                "timestamps",
                "sinceSeconds",
                "sinceTime",
                "tailLines",
                "limitBytes",
                "stream",
                "insecureSkipTLSVerifyBackend",
            ] {
                if query.has(key) {
                    out.append_pair(key, query.get(key));
                }
            }
            Ok(format!("/containerLogs/{place}/{container}?{}", out.finish()))
        }
        _ => {
            for (ours, theirs) in
                [("stdin", "input"), ("stdout", "output"), ("stderr", "error"), ("tty", "tty")]
            {
                if query.flag(ours) {
                    out.append_pair(theirs, "1");
                }
            }
            for word in query.all("command") {
                out.append_pair("command", word);
            }
            Ok(format!("/{sub}/{place}/{container}?{}", out.finish()))
        }
    }
}

/// The rules of what is asked of a log.
fn check_log_options(pod: &str, query: &Query) -> Result<(), Status> {
    let number = |key: &'static str| -> Result<Option<i64>, Status> {
        let text = query.get(key);
        if !query.has(key) {
            return Ok(None);
        }
        let wrong = || Status::bad_request(format!("strconv.ParseInt: parsing {text:?}: invalid syntax"));
        text.parse().map(Some).map_err(|_| wrong())
    };
    let mut causes = Causes::default();
    let (seconds, lines, bytes) = (number("sinceSeconds")?, number("tailLines")?, number("limitBytes")?);
    if let Some(lines) = lines.filter(|lines| *lines < 0) {
        causes.push(Cause::invalid("tailLines", lines, "must be greater than or equal to 0"));
    }
    if let Some(bytes) = bytes.filter(|bytes| *bytes < 1) {
        causes.push(Cause::invalid("limitBytes", bytes, "must be greater than 0"));
    }
    if seconds.is_some() && query.has("sinceTime") {
        // Upstream names no field, which reads like this.
        let detail = "at most one of `sinceTime` or `sinceSeconds` may be specified";
        causes.push(Cause::forbidden("[]", detail));
    } else if let Some(seconds) = seconds.filter(|seconds| *seconds < 1) {
        causes.push(Cause::invalid("sinceSeconds", seconds, "must be greater than 0"));
    }
    if query.has("stream") {
        causes.push(Cause::forbidden("stream", "may not be specified"));
    }
    if causes.is_empty() { Ok(()) } else { Err(Status::invalid("", "PodLogOptions", pod, causes)) }
}

/// The container that is meant, with upstream's sentences where that is not clear.
fn container_name(pod: &Arc<Object>, asked: &str) -> Result<String, Status> {
    let view = PodView::of(pod.value());
    let regular: Vec<&str> = view.spec().containers().iter().map(|c| c.name()).collect();
    let mut names: Vec<&str> = view.spec().init_containers().iter().map(|c| c.name()).collect();
    names.extend(&regular);
    names.extend(view.spec().ephemeral_containers().iter().map(|c| c.name()));
    match regular.as_slice() {
        _ if names.contains(&asked) => Ok(asked.to_owned()),
        _ if !asked.is_empty() => {
            Err(Status::bad_request(format!("container {asked} is not valid for pod {}", pod.name())))
        }
        [only] => Ok((*only).to_owned()),
        _ => Err(Status::bad_request(format!(
            "a container name must be specified for pod {}, choose one of: [{}]",
            pod.name(),
            names.join(" ")
        ))),
    }
}
