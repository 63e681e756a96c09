//! The documents of the OCI image specification and their Docker ancestors.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;

use crate::Digest;
use crate::Error;
use crate::Platform;

pub(crate) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub(crate) const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// The document types that are understood, as an `Accept` value.
pub(crate) const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.docker.distribution.manifest.v2+json";

/// Overlay refuses more lower directories than this.
const LAYERS_MAX: usize = 500;

/// A typed pointer to content.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    #[serde(default)]
    pub(crate) media_type: String,
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) platform: Option<PlatformJson>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) annotations: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct PlatformJson {
    #[serde(default)]
    pub(crate) os: String,
    #[serde(default)]
    pub(crate) architecture: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) variant: String,
}

/// An index or a manifest, told apart by what it contains: registries mislabel them.
pub(crate) enum Document {
    Index(Vec<Descriptor>),
    Manifest(Manifest),
}

/// One image: its configuration and its layers, the base first.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    pub(crate) schema_version: u32,
    #[serde(default)]
    pub(crate) media_type: String,
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnyDocument {
    schema_version: u32,
    #[serde(default)]
    media_type: String,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    manifests: Option<Vec<Descriptor>>,
}

impl Document {
    /// Parses either form; `reference` is for the error.
    pub(crate) fn parse(reference: &str, bytes: &[u8]) -> Result<Document, Error> {
        let any: AnyDocument = serde_json::from_slice(bytes)
            .map_err(|error| Error::manifest(reference, format!("the manifest cannot be read: {error}")))?;
        if any.schema_version == 1 {
            return Err(Error::manifest(reference, "image manifest version 2 schema 1 is not supported"));
        }
        if let Some(manifests) = any.manifests {
            return Ok(Document::Index(manifests));
        }
        let (Some(config), Some(layers)) = (any.config, any.layers) else {
            return Err(Error::manifest(reference, "the manifest has neither layers nor manifests"));
        };
        if layers.len() > LAYERS_MAX {
            return Err(Error::manifest(reference, format!("more than {LAYERS_MAX} layers")));
        }
        let (schema_version, media_type) = (any.schema_version, any.media_type);
        Ok(Document::Manifest(Manifest { schema_version, media_type, config, layers }))
    }
}

/// The entry of an index that fits the platform; the same variant is preferred, then none.
pub(crate) fn select<'a>(
    reference: &str,
    manifests: &'a [Descriptor],
    platform: &Platform,
) -> Result<&'a Descriptor, Error> {
    // An index without any platform (a layout with one image) means its only image.
    if let [only] = manifests
        && only.platform.is_none()
    {
        return Ok(only);
    }
    let rank = |entry: &&Descriptor| {
        let found = entry.platform.as_ref()?;
        let fits = found.os == platform.os && found.architecture == platform.architecture;
        let variant = match () {
            () if found.variant == platform.variant => 0,
            () if found.variant.is_empty() => 1,
            () => 2,
        };
        fits.then_some(variant)
    };
    let best =
        manifests.iter().filter_map(|entry| Some((rank(&entry)?, entry))).min_by_key(|(rank, _)| *rank);
    match best {
        Some((_, entry)) => Ok(entry),
        None => {
            let offered: BTreeSet<String> = manifests
                .iter()
                .filter_map(|entry| entry.platform.as_ref())
                .filter(|platform| platform.os != "unknown")
                .map(|p| Platform {
                    os: p.os.clone(),
                    architecture: p.architecture.clone(),
                    variant: p.variant.clone(),
                })
                .map(|platform| platform.to_string())
                .collect();
            let offered = offered.into_iter().collect::<Vec<_>>().join(", ");
            Err(Error::manifest(reference, format!("no image for {platform}; there is {offered}")))
        }
    }
}

/// An image configuration, as far as it matters here.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ConfigDocument {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) created: String,
    #[serde(default)]
    pub(crate) architecture: String,
    #[serde(default)]
    pub(crate) os: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) variant: String,
    #[serde(default)]
    pub(crate) config: Option<ConfigJson>,
    pub(crate) rootfs: RootfsJson,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct RootfsJson {
    #[serde(rename = "type", default)]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) diff_ids: Vec<Digest>,
}

/// Go writes absent lists and maps as `null`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ConfigJson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) exposed_ports: Option<BTreeMap<String, serde_json::Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) env: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) entrypoint: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cmd: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) volumes: Option<BTreeMap<String, serde_json::Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) working_dir: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) labels: Option<BTreeMap<String, String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stop_signal: Option<String>,
}

/// How a container of the image is run unless its creator says otherwise (OCI image
/// specification, Image Configuration, `config`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunConfig {
    /// `NAME=value`.
    pub env: Vec<String>,
    /// Program and first arguments.
    pub entrypoint: Vec<String>,
    /// Arguments after the entrypoint, or the program where there is none.
    pub cmd: Vec<String>,
    /// Empty means `/`.
    pub working_dir: String,
    /// `user`, `uid`, `user:group` or `uid:gid`; empty means root.
    pub user: String,
    /// `port/protocol`.
    pub exposed_ports: Vec<String>,
    /// Signal name or number; empty means SIGTERM.
    pub stop_signal: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Paths that the image wants on volumes.
    pub volumes: Vec<String>,
}

impl ConfigDocument {
    pub(crate) fn parse(reference: &str, bytes: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(bytes).map_err(|error| {
            Error::manifest(reference, format!("the image configuration cannot be read: {error}"))
        })
    }

    pub(crate) fn run_config(&self) -> RunConfig {
        let json = self.config.clone().unwrap_or_default();
        let keys =
            |map: Option<BTreeMap<String, serde_json::Value>>| map.unwrap_or_default().into_keys().collect();
        RunConfig {
            env: json.env.unwrap_or_default(),
            entrypoint: json.entrypoint.unwrap_or_default(),
            cmd: json.cmd.unwrap_or_default(),
            working_dir: json.working_dir.unwrap_or_default(),
            user: json.user.unwrap_or_default(),
            exposed_ports: keys(json.exposed_ports),
            stop_signal: json.stop_signal.unwrap_or_default(),
            labels: json.labels.unwrap_or_default(),
            volumes: keys(json.volumes),
        }
    }
}

impl From<&RunConfig> for ConfigJson {
    fn from(config: &RunConfig) -> Self {
        let text = |s: &String| (!s.is_empty()).then(|| s.clone());
        let list = |l: &Vec<String>| (!l.is_empty()).then(|| l.clone());
        let set = |l: &Vec<String>| {
            (!l.is_empty()).then(|| l.iter().map(|key| (key.clone(), serde_json::json!({}))).collect())
        };
        ConfigJson {
            user: text(&config.user),
            exposed_ports: set(&config.exposed_ports),
            env: list(&config.env),
            entrypoint: list(&config.entrypoint),
            cmd: list(&config.cmd),
            volumes: set(&config.volumes),
            working_dir: text(&config.working_dir),
            labels: (!config.labels.is_empty()).then(|| config.labels.clone()),
            stop_signal: text(&config.stop_signal),
        }
    }
}

/// The chain ids of a stack of layers, the base first (OCI image specification, Layer ChainID):
/// a layer's directory depends on the layers below it, because a parent directory that the layer
/// does not carry takes its owner and mode from them.
pub(crate) fn chain_ids(diff_ids: &[Digest]) -> Vec<Digest> {
    let mut chain: Vec<Digest> = Vec::with_capacity(diff_ids.len());
    for diff_id in diff_ids {
        chain.push(match chain.last() {
            None => diff_id.clone(),
            Some(parent) => Digest::of(format!("{parent} {diff_id}").as_bytes()),
        });
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(os: &str, architecture: &str, variant: &str, n: u8) -> Descriptor {
        let platform =
            PlatformJson { os: os.into(), architecture: architecture.into(), variant: variant.into() };
        Descriptor {
            media_type: OCI_MANIFEST.into(),
            digest: Digest::of(&[n]),
            size: 1,
            platform: Some(platform),
            annotations: BTreeMap::new(),
        }
    }

    #[test]
    fn the_best_platform_is_selected() {
        let index = [
            entry("unknown", "unknown", "", 0),
            entry("linux", "arm", "v6", 1),
            entry("linux", "arm", "v7", 2),
            entry("linux", "arm64", "v8", 3),
            entry("windows", "amd64", "", 4),
        ];
        let want = |architecture: &str, variant: &str| {
            let platform =
                Platform { os: "linux".into(), architecture: architecture.into(), variant: variant.into() };
            select("x", &index, &platform).map(|entry| entry.digest.clone())
        };
        assert_eq!(want("arm", "v7").unwrap(), Digest::of(&[2]));
        assert_eq!(want("arm64", "").unwrap(), Digest::of(&[3]));
        let error = want("amd64", "").unwrap_err().to_string();
        assert_eq!(
            error,
            "x: no image for linux/amd64; there is linux/arm/v6, linux/arm/v7, linux/arm64/v8, windows/amd64"
        );
    }

    #[test]
    fn chain_ids_follow_the_specification() {
        let [a, b] = [Digest::of(b"a"), Digest::of(b"b")];
        let chain = chain_ids(&[a.clone(), b.clone()]);
        assert_eq!(chain[0], a);
        assert_eq!(chain[1], Digest::of(format!("{a} {b}").as_bytes()));
    }

    #[test]
    fn nulls_of_go_are_absent() {
        let digest = Digest::of(b"");
        let json = format!(
            r#"{{"architecture":"amd64","os":"linux","config":{{"Env":null,"Cmd":["sh"],"Volumes":{{"/data":{{}}}},
            "Unknown":1}},"rootfs":{{"type":"layers","diff_ids":["{digest}"]}}}}"#
        );
        let config = ConfigDocument::parse("x", json.as_bytes()).unwrap().run_config();
        assert_eq!(config.cmd, ["sh"]);
        assert_eq!(config.volumes, ["/data"]);
        assert!(config.env.is_empty());
    }

    #[test]
    fn schema_1_is_named() {
        let error = Document::parse("x", br#"{"schemaVersion":1,"fsLayers":[]}"#).err().expect("refused");
        assert_eq!(error.to_string(), "x: image manifest version 2 schema 1 is not supported");
    }
}
