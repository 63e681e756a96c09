//! The kubelet's own API: logs, exec, attach, port-forward, the pods it runs, and what they use.
//!
//! Only clients with a certificate that the cluster's authority issued to a listed user or group get
//! an answer, which is the API server; `/healthz` alone is open.

mod logs;
mod stats;
mod streams;

use std::sync::Arc;

use api::view::View as _;
use api::views::PodView;
use async_trait::async_trait;
use client::Informer;
use http::Method;
use http::Request;
use http::Response;
use http::StatusCode;
use runtime::types::ContainerStatus;
use runtime::types::SandboxStatus;
use supervise::OnEnd;
use supervise::Rank;
use supervise::TaskKind;
use wire::Body;
use wire::ConnInfo;
use wire::Handler;

use crate::pod;
use crate::worker::Shared;

pub(crate) static CONNECTION: TaskKind =
    TaskKind { name: "kubelet connection", rank: Rank::Kubelet, on_end: OnEnd::Nothing };

/// Answers requests to the kubelet.
pub(crate) struct KubeletApi {
    pub shared: Arc<Shared>,
    pub pods: Informer,
}

/// What is answered instead of what was asked for.
#[derive(Debug)]
pub(super) struct Refusal {
    pub status: StatusCode,
    pub message: String,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }
}

/// A pod of this node with what the runtime has of it.
pub(super) struct Found {
    pub pod: Arc<api::Object>,
    /// The newest sandbox.
    pub sandbox: Option<SandboxStatus>,
    /// The oldest first.
    pub containers: Vec<ContainerStatus>,
}

#[async_trait]
impl Handler for KubeletApi {
    async fn handle(&self, request: Request<Body>, connection: &Arc<ConnInfo>) -> Response<Body> {
        let path = request.uri().path().to_owned();
        if path == "/healthz" {
            return text(StatusCode::OK, "ok");
        }
        let answer = match self.authorize(connection) {
            Ok(()) => self.route(request, &path).await,
            Err(refusal) => Err(refusal),
        };
        answer.unwrap_or_else(|refusal| text(refusal.status, refusal.message))
    }
}

impl KubeletApi {
    fn authorize(&self, connection: &ConnInfo) -> Result<(), Refusal> {
        if connection.client_chain.is_empty() {
            return Err(Refusal::new(StatusCode::UNAUTHORIZED, "Unauthorized"));
        }
        let now = self.shared.deps.clock.now();
        let identity =
            pki::verify_client(&connection.client_chain, &self.shared.deps.client_authorities, now);
        let identity = identity.map_err(|error| {
            tracing::debug!(error = &error as &dyn std::error::Error, "client certificate is not trusted");
            Refusal::new(StatusCode::UNAUTHORIZED, "Unauthorized")
        })?;
        let config = &self.shared.config;
        let allowed = config.server_users.contains(&identity.common_name)
            || identity.organizations.iter().any(|group| config.server_groups.contains(group));
        if allowed {
            return Ok(());
        }
        let message =
            format!("Forbidden (user={}, verb=*, resource=nodes, subresource=proxy)", identity.common_name);
        Err(Refusal::new(StatusCode::FORBIDDEN, message))
    }

    async fn route(&self, request: Request<Body>, path: &str) -> Result<Response<Body>, Refusal> {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let query: Vec<(String, String)> =
            form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect();
        let query = Query(query);
        let get = *request.method() == Method::GET;
        match parts.as_slice() {
            ["containerLogs", namespace, pod, container] if get => {
                self.logs(namespace, pod, container, &query).await
            }
            ["exec", namespace, pod, container] | ["exec", namespace, pod, _, container] => {
                self.exec(request, namespace, pod, container, &query).await
            }
            ["attach", namespace, pod, container] | ["attach", namespace, pod, _, container] => {
                self.attach(request, namespace, pod, container, &query).await
            }
            ["portForward", namespace, pod] | ["portForward", namespace, pod, _] => {
                self.port_forward(request, namespace, pod, &query).await
            }
            ["pods"] if get => Ok(self.list_pods()),
            ["stats", "summary"] if get => self.summary().await,
            ["metrics"] if get => Ok(self.metrics()),
            ["metrics", "resource"] if get => self.resource_metrics().await,
            _ => Err(Refusal::not_found("404 page not found")),
        }
    }

    fn list_pods(&self) -> Response<Body> {
        let mut list =
            Vec::from(&b"{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{},\"items\":["[..]);
        for (i, pod) in self.pods.list().iter().enumerate() {
            if i > 0 {
                list.push(b',');
            }
            list.extend_from_slice(pod.json());
        }
        list.extend_from_slice(b"]}\n");
        json(list)
    }

    /// Looks a pod and its containers up.
    pub(super) async fn find(&self, namespace: &str, name: &str) -> Result<Found, Refusal> {
        let pod = self
            .pods
            .get(namespace, name)
            .ok_or_else(|| Refusal::not_found(format!("pod {name:?} not found on this node")))?;
        let failed = |error: runtime::Error| Refusal::internal(error.chain());
        let runtime = &self.shared.deps.runtime;
        let mut sandboxes = runtime.sandboxes().await.map_err(failed)?;
        sandboxes.retain(|sandbox| sandbox.config.uid == pod.uid());
        sandboxes.sort_by_key(|sandbox| (sandbox.config.attempt, sandbox.created_at));
        let mut containers = runtime.containers().await.map_err(failed)?;
        containers.retain(|container| sandboxes.iter().any(|sandbox| sandbox.id == container.sandbox));
        containers.sort_by_key(|container| (container.config.attempt, container.created_at));
        Ok(Found { pod, sandbox: sandboxes.pop(), containers })
    }

    /// The newest container of a name, which must run.
    pub(super) async fn running(
        &self,
        namespace: &str,
        pod_name: &str,
        container: &str,
    ) -> Result<ContainerStatus, Refusal> {
        let found = self.find(namespace, pod_name).await?;
        if pod::container(PodView::of(found.pod.value()), container).is_none() {
            return Err(Refusal::not_found(format!(
                "container {container} not found in pod {pod_name}_{namespace}"
            )));
        }
        let newest = found.containers.into_iter().rev().find(|record| record.config.name == container);
        newest.filter(|record| record.state == runtime::types::ContainerState::Running).ok_or_else(|| {
            Refusal::bad_request(format!("container {container:?} in pod {pod_name:?} is not running"))
        })
    }
}

/// The query of a request.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn is_set(&self, name: &str) -> bool {
        matches!(self.get(name), Some("1" | "true" | "True"))
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let number =
            text.parse().map_err(|_| Refusal::bad_request(format!("{name}: {text:?} is not a number")))?;
        Ok(Some(number))
    }
}

pub(super) fn text(status: StatusCode, message: impl Into<String>) -> Response<Body> {
    let mut response = Response::new(Body::full(message.into()));
    *response.status_mut() = status;
    let kind = http::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    response
}

pub(super) fn json(body: impl Into<bytes::Bytes>) -> Response<Body> {
    let mut response = Response::new(Body::full(body));
    let kind = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    response
}
