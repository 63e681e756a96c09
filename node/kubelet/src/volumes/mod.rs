//! A pod's volumes on the node: made before its containers, kept up to date, removed after them.
//!
//! Every volume is a directory of the node that is bound into containers. Those with content of the
//! API (configMap, secret, downwardAPI, projected) are written by [`atomic`]; their content is
//! decided by `payload`.

pub(crate) mod atomic;
mod host_path;
mod payload;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use api::Object;
use api::view::View as _;
use api::views::ContainerView;
use api::views::PodView;
use api::views::VolumeView;
use jiff::Timestamp;
use meta::Quantity;
use parking_lot::Mutex;
use runtime::types::Mount;
use runtime::types::MountAccess;
use runtime::types::Propagation;

use crate::config::Config;
use crate::error::chain;
use crate::expand::expand;

/// Why a volume is not there: `FailedMount`.
#[derive(Debug, thiserror::Error)]
#[error("MountVolume.SetUp failed for volume {volume:?} : {reason}")]
pub(crate) struct MountError {
    pub volume: String,
    pub reason: String,
}

/// The volumes of one pod; cheap to clone.
#[derive(Clone)]
pub(crate) struct Volumes {
    pub config: Arc<Config>,
    pub client: client::Client,
    pub clock: stdx::Clock,
    pub tokens: Arc<Mutex<Tokens>>,
}

/// Tokens by volume and path, until they are renewed.
pub(crate) type Tokens = BTreeMap<(String, String), Token>;

/// A service account token.
#[derive(Clone)]
pub(crate) struct Token {
    pub text: String,
    pub renew_at: Timestamp,
}

/// What contents may refer to, besides objects.
pub(crate) struct Surroundings {
    pub host_ips: Vec<std::net::IpAddr>,
    pub pod_ips: Vec<std::net::IpAddr>,
    pub allocatable: BTreeMap<&'static str, Quantity>,
}

impl Volumes {
    pub(crate) fn new(config: Arc<Config>, client: client::Client, clock: stdx::Clock) -> Self {
        Self { config, client, clock, tokens: Arc::default() }
    }

    /// Makes every volume of the pod.
    ///
    /// # Errors
    /// The first that cannot be made.
    pub(crate) async fn prepare(&self, pod: &Arc<Object>, around: &Surroundings) -> Result<(), MountError> {
        let view = PodView::of(pod.value());
        for volume in view.spec().volumes().iter() {
            let name = volume.name();
            let failed = |reason: String| MountError { volume: name.to_owned(), reason };
            if let Some(source) = volume.empty_dir() {
                self.empty_dir(view, name, source).map_err(failed)?;
            } else if let Some(source) = volume.host_path() {
                host_path::prepare(Path::new(source.path()), source.type_().unwrap_or_default())
                    .map_err(failed)?;
            } else if payload::is_content(volume) {
                self.write_content(pod, volume, around).await.map_err(failed)?;
            } else {
                let kind = volume.value().entries().iter().map(|e| e.key.as_str()).find(|key| *key != "name");
                let kind = kind.unwrap_or("(none)");
                return Err(failed(format!("volumes of type {kind} are not supported by this node")));
            }
        }
        Ok(())
    }

    /// Brings the content of volumes up to date; volumes that cannot be are left as they are.
    pub(crate) async fn refresh(&self, pod: &Arc<Object>, around: &Surroundings) {
        let view = PodView::of(pod.value());
        for volume in view.spec().volumes().iter().filter(|volume| payload::is_content(*volume)) {
            if let Err(reason) = self.write_content(pod, volume, around).await {
                tracing::warn!(
                    pod = pod.name(),
                    volume = volume.name(),
                    reason,
                    "volume content is not refreshed"
                );
            }
        }
    }

    async fn write_content(
        &self,
        pod: &Arc<Object>,
        volume: VolumeView<'_>,
        around: &Surroundings,
    ) -> Result<(), String> {
        let files = payload::files(self, pod, volume, around).await?;
        let dir = self.dir(pod.uid(), volume);
        let fs_group = fs_group(PodView::of(pod.value()));
        let written = tokio::task::spawn_blocking(move || {
            fs::create_dir_all(&dir)?;
            fs::set_permissions(&dir, fs::Permissions::from_mode(0o777))?;
            atomic::write(&dir, &files, fs_group)
        });
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(chain(&error)),
            Err(error) => Err(error.to_string()),
        }
    }

    fn empty_dir(
        &self,
        pod: PodView<'_>,
        name: &str,
        source: api::views::EmptyDirVolumeSourceView<'_>,
    ) -> Result<(), String> {
        let dir = self.plugin_dir(pod.metadata().uid(), "kubernetes.io~empty-dir").join(name);
        let io = |error: std::io::Error| format!("{}: {error}", dir.display());
        fs::create_dir_all(&dir).map_err(io)?;
        if source.medium() == "Memory"
            && !linux::mount::is_mount_point(&dir).map_err(|error| chain(&error))?
        {
            let size = source.size_limit().map(|size| size.value()).filter(|bytes| *bytes > 0);
            let options =
                size.map_or_else(|| "mode=777".to_owned(), |bytes| format!("mode=777,size={bytes}"));
            tmpfs(&dir, &options).map_err(io)?;
        }
        let mut mode = 0o777;
        if let Some(group) = fs_group(pod) {
            // Files that containers make belong to the group, too.
            mode |= 0o2000;
            std::os::unix::fs::chown(&dir, None, Some(group)).map_err(io)?;
        }
        fs::set_permissions(&dir, fs::Permissions::from_mode(mode)).map_err(io)
    }

    /// Where a volume is on the node.
    fn dir(&self, uid: &str, volume: VolumeView<'_>) -> PathBuf {
        if let Some(source) = volume.host_path() {
            return source.path().into();
        }
        let plugin = if volume.empty_dir().is_some() {
            "kubernetes.io~empty-dir"
        } else if volume.config_map().is_some() {
            "kubernetes.io~configmap"
        } else if volume.secret().is_some() {
            "kubernetes.io~secret"
        } else if volume.downward_api().is_some() {
            "kubernetes.io~downward-api"
        } else {
            "kubernetes.io~projected"
        };
        self.plugin_dir(uid, plugin).join(volume.name())
    }

    fn plugin_dir(&self, uid: &str, plugin: &str) -> PathBuf {
        self.config.pod_dir(uid).join("volumes").join(plugin)
    }

    /// The mounts of a container.
    ///
    /// # Errors
    /// What is wrong, in the words of a `CreateContainerConfigError`.
    pub(crate) fn mounts(
        &self,
        pod: PodView<'_>,
        container: ContainerView<'_>,
        env: &[(String, String)],
    ) -> Result<Vec<Mount>, String> {
        let mut mounts = Vec::new();
        for mount in container.volume_mounts().iter() {
            let volume = pod.spec().volumes().find(|volume| volume.name() == mount.name());
            let volume = volume.ok_or_else(|| format!("volume {:?} not found", mount.name()))?;
            let root = self.dir(pod.metadata().uid(), volume);
            let lookup = |name: &str| {
                env.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
            };
            let sub_path = match mount.sub_path_expr() {
                "" => mount.sub_path().to_owned(),
                text => expand(text, lookup),
            };
            let host_path = match sub_path.as_str() {
                "" => root,
                sub => sub_path_of(&root, sub).map_err(|reason| {
                    format!(
                        "failed to prepare subPath for volumeMount {:?} of container {:?}: {reason}",
                        mount.name(),
                        container.name()
                    )
                })?,
            };
            let recursive = matches!(mount.recursive_read_only(), Some("Enabled" | "IfPossible"));
            mounts.push(Mount {
                host_path,
                container_path: absolute(mount.mount_path()),
                access: match (mount.read_only(), recursive) {
                    (true, true) => MountAccess::RecursiveReadOnly,
                    (true, false) => MountAccess::ReadOnly,
                    (false, _) if payload::is_content(volume) => MountAccess::ReadOnly,
                    (false, _) => MountAccess::ReadWrite,
                },
                propagation: match mount.mount_propagation() {
                    Some("HostToContainer") => Propagation::HostToContainer,
                    Some("Bidirectional") => Propagation::Bidirectional,
                    _ => Propagation::Private,
                },
            });
        }
        Ok(mounts)
    }

    /// When content must be looked at again for the sake of tokens.
    pub(crate) fn next_renewal(&self) -> Option<Timestamp> {
        self.tokens.lock().values().map(|token| token.renew_at).min()
    }

    /// Removes the volumes of a pod that will not run again; blocking.
    pub(crate) fn remove_contents(config: &Config, uid: &str) -> Result<(), String> {
        remove_tree(&config.pod_dir(uid).join("volumes"))
    }

    /// Removes everything of a pod, whatever it was; blocking.
    pub(crate) fn remove(config: &Config, uid: &str) -> Result<(), String> {
        remove_tree(&config.pod_dir(uid))
    }
}

/// Removes a directory; what is mounted in it is detached before, never emptied.
fn remove_tree(dir: &Path) -> Result<(), String> {
    linux::mount::detach_below(dir).map_err(|error| chain(&error))?;
    let mounts = linux::mount::list().map_err(|error| chain(&error))?;
    if let Some(mount) = mounts.iter().find(|mount| mount.target.starts_with(dir)) {
        return Err(format!("{} is still mounted", mount.target.display()));
    }
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", dir.display()))
        }
        _ => Ok(()),
    }
}

/// Whether the pod has content that may change.
pub(crate) fn has_content(pod: PodView<'_>) -> bool {
    pod.spec().volumes().iter().any(payload::is_content)
}

fn fs_group(pod: PodView<'_>) -> Option<u32> {
    pod.spec()
        .security_context()
        .and_then(|security| security.fs_group())
        .and_then(|group| u32::try_from(group).ok())
}

/// A file system in memory that programs can be run from, as on any other emptyDir.
fn tmpfs(dir: &Path, options: &str) -> std::io::Result<()> {
    let options = std::ffi::CString::new(options)?;
    let flags = rustix::mount::MountFlags::empty();
    Ok(rustix::mount::mount("tmpfs", dir, "tmpfs", flags, Some(options.as_c_str()))?)
}

fn absolute(path: &str) -> PathBuf {
    if path.starts_with('/') { path.into() } else { Path::new("/").join(path) }
}

/// A path inside a volume; made as a directory where it is missing. Links never lead out of it.
fn sub_path_of(root: &Path, sub: &str) -> Result<PathBuf, String> {
    let relative = Path::new(sub);
    let inside = relative
        .components()
        .all(|part| matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir));
    if relative.is_absolute() || !inside {
        return Err(format!("subPath {sub:?} must be a relative path without '..'"));
    }
    let root = fs::canonicalize(root).map_err(|error| format!("{}: {error}", root.display()))?;
    let path = root.join(relative);
    if fs::symlink_metadata(&path).is_err() {
        linux::mount::create_dir_in_root(&root, relative, 0o750).map_err(|error| chain(&error))?;
        // As writable as the volume itself, which the container may not own.
        if let (Ok(metadata), Ok(_)) = (fs::metadata(&root), fs::metadata(&path)) {
            fs::set_permissions(&path, metadata.permissions()).map_err(|error| error.to_string())?;
        }
    }
    let found = fs::canonicalize(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    if !found.starts_with(&root) {
        return Err(format!("subPath {sub:?} leads out of the volume"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sub_paths_stay_inside() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("volume");
        fs::create_dir_all(root.join("..1")).unwrap();
        fs::write(root.join("..1/file"), "x").unwrap();
        std::os::unix::fs::symlink("..1", root.join("..data")).unwrap();
        std::os::unix::fs::symlink("..data/file", root.join("file")).unwrap();
        std::os::unix::fs::symlink("/etc", root.join("out")).unwrap();
        assert!(sub_path_of(&root, "file").unwrap().ends_with("..1/file"));
        assert!(sub_path_of(&root, "a/b").unwrap().is_dir());
        assert!(sub_path_of(&root, "../x").unwrap_err().contains("without '..'"));
        assert!(sub_path_of(&root, "/x").is_err());
        assert!(sub_path_of(&root, "out").unwrap_err().contains("leads out"));
    }
}
