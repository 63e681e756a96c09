//! What is done now and then: logs are rotated, images that nothing uses go when the disk fills, and
//! the pod network is put in place again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use supervise::Stop;

use crate::error::chain;
use crate::log_rotation;
use crate::worker::Shared;

/// As often as upstream looks at containers' logs.
const EVERY: Duration = Duration::from_secs(10);
/// Images and firewall are looked at every so many rounds: five minutes, as upstream's image garbage
/// collection.
const RARELY: u32 = 30;

/// Cleans up until told to stop.
pub(crate) async fn run(shared: Arc<Shared>, stop: Stop) {
    let mut round = 0u32;
    while stop.unless(shared.deps.clock.sleep(EVERY)).await.is_some() {
        let stamp = shared.deps.clock.now().strftime("%Y%m%d-%H%M%S").to_string();
        let runtime = shared.deps.runtime.as_ref();
        if let Err(reason) = log_rotation::rotate(runtime, log_rotation::MAX_BYTES, &stamp).await {
            tracing::warn!(reason, "logs were not rotated");
        }
        round = round.wrapping_add(1);
        if !round.is_multiple_of(RARELY) {
            continue;
        }
        if let Err(reason) = collect_images(&shared).await {
            tracing::warn!(reason, "images were not collected");
        }
        let network = shared.deps.network.clone();
        // Others change firewalls: what pods need is put in place again.
        match tokio::task::spawn_blocking(move || network.ensure()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "pod network is not ensured")
            }
            Err(error) => tracing::warn!(%error, "pod network is not ensured"),
        }
    }
}

async fn collect_images(shared: &Shared) -> Result<(), String> {
    let usage = shared.deps.images.fs_usage().await.map_err(|error| chain(&error))?;
    if usage.capacity_bytes == 0 {
        return Ok(());
    }
    let used = usage.capacity_bytes.saturating_sub(usage.available_bytes);
    let percent = |share: u8| usage.capacity_bytes / 100 * u64::from(share);
    if used < percent(shared.config.image_gc_high_percent) {
        return Ok(());
    }
    let mut to_free = used - percent(shared.config.image_gc_low_percent);
    let containers = shared.deps.runtime.containers().await.map_err(|error| error.chain())?;
    let in_use: BTreeSet<String> = containers
        .into_iter()
        .flat_map(|container| [container.config.image_id, container.config.image])
        .collect();
    let mut images = shared.deps.images.list();
    images.sort_by_key(|image| std::cmp::Reverse(image.size));
    for image in images {
        let names = image.repo_digests.iter().chain(&image.repo_tags);
        let used = in_use.contains(image.id.as_str()) || names.clone().any(|name| in_use.contains(name));
        if used || image.pinned || to_free == 0 {
            continue;
        }
        match shared.deps.images.remove(image.id.as_str()).await {
            Ok(()) => {
                tracing::info!(image = %image.id, bytes = image.size, "removed an image that nothing uses");
                to_free = to_free.saturating_sub(image.size);
            }
            // A container of it was just made.
            Err(images::Error::InUse { .. }) => {}
            Err(error) => return Err(chain(&error)),
        }
    }
    Ok(())
}
