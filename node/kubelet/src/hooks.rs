//! Lifecycle hooks: a command, a request, a connection or a pause.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use api::view::View as _;
use api::views::ContainerView;
use api::views::LifecycleHandlerView;
use runtime::types::ContainerId;

use crate::container::port;
use crate::request;
use crate::state::seconds;
use crate::worker::Shared;

/// Bound on a request of a hook that has no other bound.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Runs a hook to its end, within `limit` if there is one.
///
/// # Errors
/// Why it failed.
pub(crate) async fn run(
    shared: &Arc<Shared>,
    container: ContainerView<'_>,
    hook: LifecycleHandlerView<'_>,
    id: &ContainerId,
    ip: Option<IpAddr>,
    limit: Option<Duration>,
) -> Result<(), String> {
    let work = handle(shared, container, hook, id, ip, limit);
    match limit {
        None => work.await,
        Some(limit) => match tokio::time::timeout(limit, work).await {
            Ok(result) => result,
            Err(_) => Err(format!("it took longer than {} s", limit.as_secs())),
        },
    }
}

async fn handle(
    shared: &Arc<Shared>,
    container: ContainerView<'_>,
    hook: LifecycleHandlerView<'_>,
    id: &ContainerId,
    ip: Option<IpAddr>,
    limit: Option<Duration>,
) -> Result<(), String> {
    if let Some(exec) = hook.exec() {
        let output = shared.deps.runtime.exec_sync(id, &exec.command().to_vec(), limit).await;
        let output = output.map_err(|error| error.chain())?;
        if output.exit_code != 0 {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(format!("command exited with {}: {said}", output.exit_code));
        }
        return Ok(());
    }
    if let Some(get) = hook.http_get() {
        let port = port(get.port(), container).ok_or("the port is not known")?;
        let target = request::Target::new(get.value(), ip, port)?;
        let answer = request::get(&shared.deps.spawner, &target, limit.unwrap_or(REQUEST_TIMEOUT)).await?;
        return match answer.status {
            200..=399 => Ok(()),
            status => Err(format!("HTTP status {status}")),
        };
    }
    if let Some(tcp) = hook.tcp_socket() {
        let port = port(tcp.port(), container).ok_or("the port is not known")?;
        return request::connect(tcp.host(), ip, port, limit.unwrap_or(REQUEST_TIMEOUT)).await;
    }
    if let Some(pause) = hook.sleep() {
        shared.deps.clock.sleep(seconds(pause.seconds())).await;
        return Ok(());
    }
    Err("the hook says nothing to do".to_owned())
}
