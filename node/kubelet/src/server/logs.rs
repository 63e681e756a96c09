//! `/containerLogs`.

use api::view::View as _;
use api::views::PodView;
use futures_util::StreamExt;
use http::Response;
use jiff::SignedDuration;
use runtime::logs::LogOptions;
use runtime::logs::LogStream;
use runtime::types::ContainerState;
use runtime::types::ContainerStatus;
use runtime::types::LifecycleKind;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use wire::Body;

use super::CONNECTION;
use super::Found;
use super::KubeletApi;
use super::Query;
use super::Refusal;
use super::text;
use crate::pod;

impl KubeletApi {
    pub(super) async fn logs(
        &self,
        namespace: &str,
        pod_name: &str,
        container: &str,
        query: &Query,
    ) -> Result<Response<Body>, Refusal> {
        let found = self.find(namespace, pod_name).await?;
        let options = self.log_options(query)?;
        let record = pick(&found, container, query.is_set("previous"))?;
        let path = record.log_path.clone().ok_or_else(|| Refusal::internal("the container has no log"))?;
        if !path.exists() {
            // Nothing was written to it, or it was removed: that is an empty log, not an error.
            return Ok(text(http::StatusCode::OK, ""));
        }
        let ended = if options.follow { self.follow_end(record).await } else { watch::channel(true).1 };
        let lines = runtime::logs::read(path, options, ended);
        let mut response = text(http::StatusCode::OK, "");
        *response.body_mut() = Body::stream(lines.map(|piece| piece.map_err(wire::BodyError::from)));
        Ok(response)
    }

    fn log_options(&self, query: &Query) -> Result<LogOptions, Refusal> {
        let size = |name: &str| {
            let number = query.number(name)?;
            number
                .map(|number| {
                    usize::try_from(number)
                        .map_err(|_| Refusal::bad_request(format!("{name} must not be negative")))
                })
                .transpose()
        };
        let mut since = match query.get("sinceTime") {
            Some(text) => {
                let time = meta::time::parse(text);
                Some(time.ok_or_else(|| Refusal::bad_request(format!("sinceTime: {text:?} is not a time")))?)
            }
            None => None,
        };
        if let Some(seconds) = query.number("sinceSeconds")? {
            since = self.shared.deps.clock.now().checked_sub(SignedDuration::from_secs(seconds)).ok();
        }
        Ok(LogOptions {
            follow: query.is_set("follow"),
            tail_lines: size("tailLines")?,
            since,
            timestamps: query.is_set("timestamps"),
            limit_bytes: size("limitBytes")?,
            stream: match query.get("stream") {
                Some("Stdout") => Some(LogStream::Stdout),
                Some("Stderr") => Some(LogStream::Stderr),
                _ => None,
            },
        })
    }

    /// Becomes true when the container has ended.
    async fn follow_end(&self, record: &ContainerStatus) -> watch::Receiver<bool> {
        let runtime = self.shared.deps.runtime.clone();
        let mut events = runtime.events();
        let (sender, receiver) = watch::channel(false);
        let id = record.id.clone();
        let stop = self.shared.deps.spawner.stop(CONNECTION.rank);
        self.shared.deps.spawner.spawn(&CONNECTION, "log", async move {
            // Asked after subscribing, so that no end falls between the two.
            let runs = |state: ContainerState| matches!(state, ContainerState::Running | ContainerState::Created);
            let mut look = true;
            loop {
                if look && !runtime.container_status(&id).await.is_ok_and(|status| runs(status.state)) {
                    break;
                }
                look = false;
                tokio::select! {
                    // All cancel-safe: the loop ends, or the next event is read the next time.
                    () = sender.closed() => return,
                    () = stop.requested() => break,
                    event = events.recv() => match event {
                        Ok(event) if event.container == id && matches!(event.kind, LifecycleKind::Exited(_)) => break,
                        Ok(_) => {}
                        Err(RecvError::Lagged(_)) => look = true,
                        Err(RecvError::Closed) => break,
                    },
                }
            }
            sender.send_replace(true);
        });
        receiver
    }
}

/// The container whose log is meant, or why there is none yet.
fn pick<'a>(found: &'a Found, container: &str, previous: bool) -> Result<&'a ContainerStatus, Refusal> {
    let pod_name = found.pod.name();
    let view = PodView::of(found.pod.value());
    if pod::container(view, container).is_none() {
        return Err(Refusal::not_found(format!("container {container:?} in pod {pod_name:?} not found")));
    }
    let records: Vec<&ContainerStatus> =
        found.containers.iter().filter(|record| record.config.name == container).collect();
    let started = |record: &&&ContainerStatus| record.state != ContainerState::Created;
    if previous {
        let ended = records.iter().rev().skip(1).find(started).copied();
        return ended.ok_or_else(|| {
            Refusal::bad_request(format!(
                "previous terminated container {container:?} in pod {pod_name:?} not found"
            ))
        });
    }
    records.iter().rev().find(started).copied().ok_or_else(|| {
        let status = view.value()["status"].clone();
        let waiting = ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"]
            .iter()
            .flat_map(|list| status[*list].items())
            .find(|status| status["name"].as_str() == Some(container))
            .map(|status| status["state"]["waiting"]["reason"].str_or_empty().to_owned());
        let reason =
            waiting.filter(|reason| !reason.is_empty()).unwrap_or_else(|| "ContainerCreating".to_owned());
        let what = match reason.as_str() {
            "ErrImagePull" => "image can't be pulled",
            "ImagePullBackOff" => "trying and failing to pull image",
            other => other,
        };
        Refusal::bad_request(format!(
            "container {container:?} in pod {pod_name:?} is waiting to start: {what}"
        ))
    })
}
