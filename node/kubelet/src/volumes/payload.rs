//! The files of volumes whose content comes from the API.

use std::sync::Arc;

use api::Object;
use api::Resource;
use api::Value;
use api::value;
use api::view::View as _;
use api::view::Views;
use api::views::DownwardAPIVolumeFileView;
use api::views::KeyToPathView;
use api::views::PodView;
use api::views::ServiceAccountTokenProjectionView;
use api::views::VolumeView;
use bytes::Bytes;
use client::Target;
use jiff::SignedDuration;
use jiff::Timestamp;

use super::Surroundings;
use super::Token;
use super::Volumes;
use super::atomic::File;
use super::atomic::Files;
use crate::env;
use crate::objects;
use crate::objects::Source;

const DEFAULT_MODE: i64 = 0o644;
/// A token is renewed at 80 % of its life, and once a day at the latest (upstream's token manager).
const TOKEN_LIFE_PERCENT: i64 = 80;
const TOKEN_MAX_AGE: SignedDuration = SignedDuration::from_hours(24);

/// Whether a volume has content of the API.
pub(crate) fn is_content(volume: VolumeView<'_>) -> bool {
    volume.config_map().is_some()
        || volume.secret().is_some()
        || volume.downward_api().is_some()
        || volume.projected().is_some()
}

/// The files of a volume.
///
/// # Errors
/// What is missing, in a sentence.
pub(crate) async fn files(
    volumes: &Volumes,
    pod: &Arc<Object>,
    volume: VolumeView<'_>,
    around: &Surroundings,
) -> Result<Files, String> {
    let builder = Builder { volumes, pod, around, volume: volume.name() };
    let mut files = Files::new();
    if let Some(source) = volume.config_map() {
        let mode = source.default_mode().unwrap_or(DEFAULT_MODE);
        let optional = source.optional() == Some(true);
        builder.object(&mut files, Source::config_map(source.name()), source.items(), mode, optional).await?;
    } else if let Some(source) = volume.secret() {
        let mode = source.default_mode().unwrap_or(DEFAULT_MODE);
        let optional = source.optional() == Some(true);
        builder
            .object(&mut files, Source::secret(source.secret_name()), source.items(), mode, optional)
            .await?;
    } else if let Some(source) = volume.downward_api() {
        let mode = source.default_mode().unwrap_or(DEFAULT_MODE);
        builder.downward(&mut files, source.items(), mode)?;
    } else if let Some(source) = volume.projected() {
        let mode = source.default_mode().unwrap_or(DEFAULT_MODE);
        for part in source.sources().iter() {
            if let Some(part) = part.config_map() {
                let optional = part.optional() == Some(true);
                builder
                    .object(&mut files, Source::config_map(part.name()), part.items(), mode, optional)
                    .await?;
            } else if let Some(part) = part.secret() {
                let optional = part.optional() == Some(true);
                builder.object(&mut files, Source::secret(part.name()), part.items(), mode, optional).await?;
            } else if let Some(part) = part.downward_api() {
                builder.downward(&mut files, part.items(), mode)?;
            } else if let Some(part) = part.service_account_token() {
                builder.token(&mut files, part, mode).await?;
            } else {
                return Err("this projected source is not supported by this node".to_owned());
            }
        }
    }
    Ok(files)
}

struct Builder<'a> {
    volumes: &'a Volumes,
    pod: &'a Arc<Object>,
    around: &'a Surroundings,
    volume: &'a str,
}

impl Builder<'_> {
    async fn object(
        &self,
        files: &mut Files,
        source: Source,
        items: Views<'_, KeyToPathView<'_>>,
        mode: i64,
        optional: bool,
    ) -> Result<(), String> {
        let fetched =
            objects::fetch(&self.volumes.client, self.pod.namespace(), std::slice::from_ref(&source)).await;
        let fetched = fetched.map_err(|error| error.to_string())?;
        let Some(object) = fetched.get(&source) else {
            return if optional { Ok(()) } else { Err(source.not_found()) };
        };
        let contents = source.contents(object);
        if items.is_empty() {
            files.extend(contents.into_iter().map(|(key, content)| (key, file(content, mode))));
            return Ok(());
        }
        for item in items.iter() {
            let Some(content) = contents.get(item.key()) else {
                if optional {
                    continue;
                }
                return Err(format!(
                    "references non-existent {} key: {}",
                    if source.kind() == "Secret" { "secret" } else { "config" },
                    item.key()
                ));
            };
            files.insert(path(item.path())?, file(content.clone(), item.mode().unwrap_or(mode)));
        }
        Ok(())
    }

    fn downward(
        &self,
        files: &mut Files,
        items: Views<'_, DownwardAPIVolumeFileView<'_>>,
        mode: i64,
    ) -> Result<(), String> {
        let pod = PodView::of(self.pod.value());
        let facts = env::Facts {
            pod,
            node_name: &self.volumes.config.node_name,
            host_ips: &self.around.host_ips,
            pod_ips: &self.around.pod_ips,
            allocatable: &|name| self.around.allocatable.get(name).copied(),
        };
        for item in items.iter() {
            let text = if let Some(field) = item.field_ref() {
                env::field(&facts, field)?
            } else if let Some(resource) = item.resource_field_ref() {
                env::resource(&facts, None, resource)?
            } else {
                String::new()
            };
            files.insert(path(item.path())?, file(text.into(), item.mode().unwrap_or(mode)));
        }
        Ok(())
    }

    async fn token(
        &self,
        files: &mut Files,
        part: ServiceAccountTokenProjectionView<'_>,
        mode: i64,
    ) -> Result<(), String> {
        let key = (self.volume.to_owned(), part.path().to_owned());
        let now = self.volumes.clock.now();
        let known = self.volumes.tokens.lock().get(&key).cloned();
        let token = match known {
            Some(token) if now < token.renew_at => token,
            known => match self.request_token(part, now).await {
                Ok(token) => {
                    self.volumes.tokens.lock().insert(key, token.clone());
                    token
                }
                // The old one serves until it can be renewed.
                Err(reason) => match known {
                    Some(token) => {
                        tracing::warn!(pod = self.pod.name(), reason, "service account token is not renewed");
                        token
                    }
                    None => return Err(reason),
                },
            },
        };
        let mut token = file(token.text.into(), mode);
        let pod = PodView::of(self.pod.value());
        let security = pod.spec().security_context();
        if security.and_then(|security| security.fs_group()).is_some() {
            token.mode = 0o600;
        } else if let Some(user) = single_user(pod) {
            // Readable by the one user that all containers run as, and by nobody else.
            token.mode = 0o600;
            token.owner = Some(user);
        }
        files.insert(path(part.path())?, token);
        Ok(())
    }

    async fn request_token(
        &self,
        part: ServiceAccountTokenProjectionView<'_>,
        now: Timestamp,
    ) -> Result<Token, String> {
        let pod = PodView::of(self.pod.value());
        let name = match pod.spec().service_account_name() {
            "" => "default",
            name => name,
        };
        let accounts = Resource::find("", "v1", "serviceaccounts").expect("a row of the table");
        let audiences: Vec<&str> =
            if part.audience().is_empty() { Vec::new() } else { vec![part.audience()] };
        let request = value!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {
                "audiences": audiences,
                "expirationSeconds": part.expiration_seconds().unwrap_or(3600),
                "boundObjectRef": {
                    "apiVersion": "v1", "kind": "Pod", "name": self.pod.name(), "uid": self.pod.uid()
                }
            }
        });
        let target = Target::object(accounts, self.pod.namespace(), name).sub("token");
        let answer = self.volumes.client.post(target, request).await;
        let answer = answer.map_err(|error| format!("failed to fetch token: {error}"))?;
        let status: &Value = &answer["status"];
        let text = status["token"].str_or_empty().to_owned();
        let expires = meta::time::parse(status["expirationTimestamp"].str_or_empty());
        if text.is_empty() {
            return Err("failed to fetch token: the answer holds none".to_owned());
        }
        let life = expires.map_or(SignedDuration::from_hours(1), |expires| expires.duration_since(now));
        let age = SignedDuration::from_secs(life.as_secs() * TOKEN_LIFE_PERCENT / 100).min(TOKEN_MAX_AGE);
        Ok(Token { text, renew_at: now.checked_add(age).unwrap_or(now) })
    }
}

/// The user that every container runs as, if it is one and the same.
fn single_user(pod: PodView<'_>) -> Option<u32> {
    let pod_wide = pod.spec().security_context().and_then(|security| security.run_as_user());
    let mut users = crate::pod::containers(pod)
        .map(|(_, container)| container.security_context().and_then(|own| own.run_as_user()).or(pod_wide));
    let first = users.next()??;
    users.all(|user| user == Some(first)).then(|| u32::try_from(first).ok()).flatten()
}

fn file(content: Bytes, mode: i64) -> File {
    File { content, mode: u32::try_from(mode & 0o777).unwrap_or(0o644), owner: None }
}

/// A path as the API server lets it pass: relative, without `..`.
fn path(text: &str) -> Result<String, String> {
    let parts = std::path::Path::new(text).components();
    let inside = parts.clone().all(|part| matches!(part, std::path::Component::Normal(_)));
    if text.is_empty() || !inside {
        return Err(format!("path {text:?} must be a relative path without '..'"));
    }
    Ok(parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"))
}
