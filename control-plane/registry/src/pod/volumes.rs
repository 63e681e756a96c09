//! Volumes of a pod: one source each, by the rules of its sort.

use api::Value;
use api::view::quantity;
use meta::Cause;
use meta::Causes;
use meta::names;

use super::projected;
use super::sources;
use super::spec::Owner;
use crate::Path;
use crate::rules;
use crate::rules::Seen;

const ONE: &str = "may not specify more than 1 volume type";

/// The rules of a sort of source: the field's path, what it holds, whose it is.
type Rule = fn(&Path<'_>, &Value, &Owner<'_>, &mut Causes);

/// A sort of source.
struct Source {
    /// Its field.
    key: &'static str,
    /// How upstream spells the field where it complains about what it holds.
    shown: &'static str,
    /// How upstream spells the field where it is one too many.
    second: &'static str,
    rule: Rule,
}

const fn source(key: &'static str, rule: Rule) -> Source {
    Source { key, shown: key, second: key, rule }
}

/// Every sort of source, in the order in which upstream looks for them: of two it blames the later.
static SOURCES: [Source; 30] = [
    source("emptyDir", |path, source, _, causes| {
        if quantity(&source["sizeLimit"]).is_some_and(|limit| limit.is_negative()) {
            let detail = "SizeLimit field must be a valid resource quantity";
            causes.push(Cause::forbidden(path.child("sizeLimit"), detail));
        }
    }),
    source("hostPath", sources::host_path),
    source("gitRepo", |path, source, _, causes| {
        rules::required(path, source, "repository", causes);
        descending(&path.child("directory"), source["directory"].str_or_empty(), causes);
    }),
    Source {
        shown: "persistentDisk",
        ..source("gcePersistentDisk", |path, source, _, causes| {
            rules::required(path, source, "pdName", causes);
            sources::partition(path, source, causes);
        })
    },
    source("awsElasticBlockStore", |path, source, _, causes| {
        rules::required(path, source, "volumeID", causes);
        sources::partition(path, source, causes);
    }),
    source("secret", |path, source, _, causes| projected::keys(path, source, "secretName", causes)),
    source("nfs", |path, source, _, causes| {
        rules::required(path, source, "server", causes);
        rules::required(path, source, "path", causes);
        let target = source["path"].str_or_empty();
        if !target.starts_with('/') {
            causes.push(Cause::invalid(path.child("path"), target, "must be an absolute path"));
        }
    }),
    source("iscsi", sources::iscsi),
    source("glusterfs", |path, source, _, causes| all(path, source, &["endpoints", "path"], causes)),
    source("flocker", sources::flocker),
    source("persistentVolumeClaim", |path, source, _, causes| {
        rules::required(path, source, "claimName", causes);
    }),
    source("rbd", |path, source, _, causes| {
        sources::monitors(path, source, causes);
        rules::required(path, source, "image", causes);
    }),
    source("cinder", |path, source, _, causes| {
        rules::required(path, source, "volumeID", causes);
        sources::named_secret(path, source, "secretRef", causes);
    }),
    Source {
        second: "cephFS",
        ..source("cephfs", |path, source, _, causes| sources::monitors(path, source, causes))
    },
    source("quobyte", sources::quobyte),
    Source { second: "downwarAPI", ..source("downwardAPI", projected::downward) },
    source("fc", sources::fibre_channel),
    source("flexVolume", sources::flex_volume),
    source("configMap", |path, source, _, causes| projected::keys(path, source, "name", causes)),
    source("azureFile", |path, source, _, causes| all(path, source, &["secretName", "shareName"], causes)),
    source("vsphereVolume", |path, source, _, causes| all(path, source, &["volumePath"], causes)),
    source("photonPersistentDisk", |path, source, _, causes| all(path, source, &["pdID"], causes)),
    source("portworxVolume", |path, source, _, causes| all(path, source, &["volumeID"], causes)),
    source("azureDisk", sources::azure_disk),
    source("storageos", sources::storage_os),
    source("projected", projected::check),
    source("scaleIO", |path, source, _, causes| {
        all(path, source, &["gateway", "system", "volumeName"], causes);
    }),
    source("csi", sources::csi),
    source("ephemeral", sources::ephemeral),
    source("image", |path, source, owner, causes| {
        if owner.is_pod() {
            rules::required(path, source, "reference", causes);
        }
        super::container::check_pull_policy(&path.child("pullPolicy"), &source["pullPolicy"], causes);
    }),
];

/// The volumes of a spec that can be mounted.
pub(super) struct Volumes<'a>(Vec<(&'a str, &'a Value)>);

impl<'a> Volumes<'a> {
    /// The volume of this name.
    pub(super) fn find(&self, name: &str) -> Option<&'a Value> {
        let place = self.0.partition_point(|(known, _)| *known < name);
        self.0.get(place).filter(|(known, _)| *known == name).map(|(_, volume)| *volume)
    }
}

/// Checks the volumes of a spec and gives those that are right, with those that claim templates add.
pub(super) fn check<'a>(
    path: &Path<'_>,
    spec: &'a Value,
    owner: &Owner<'a>,
    causes: &mut Causes,
) -> Volumes<'a> {
    let claims = owner.claims.items().iter().map(|claim| claim["metadata"]["name"].str_or_empty());
    let mut fine: Vec<(&str, &Value)> = claims.map(|name| (name, &*CLAIM)).collect();
    let claims: Seen<&str> = fine.iter().map(|(name, _)| *name).collect();
    let created: Seen<String> = match owner.name() {
        "" => Seen::default(),
        pod => {
            let ephemeral = spec["volumes"].items().iter().filter(|volume| !volume["ephemeral"].is_null());
            ephemeral.map(|volume| format!("{pod}-{}", volume["name"].str_or_empty())).collect()
        }
    };
    // What claim templates bring comes first, and stands in for volumes of the same name.
    let own = |volume: &&Value| !claims.has(&volume["name"].str_or_empty());
    let mut seen = Seen::default();
    for (i, (name, _)) in fine.iter().filter(|(name, _)| !seen.again(*name)).enumerate() {
        let path = path.index(i);
        if name.is_empty() {
            causes.push(Cause::required(path.child("persistentVolumeClaim.claimName"), ""));
        }
        rules::required_name(&path, &api::value!({"name": *name}), "name", names::dns1123_label, causes);
    }
    for (i, volume) in spec["volumes"].items().iter().filter(own).enumerate() {
        let (name, known) = (volume["name"].str_or_empty(), causes.len());
        let path = path.index(claims.len() + i);
        check_source(&path, volume, owner, causes);
        rules::required_name(&path, volume, "name", names::dns1123_label, causes);
        if seen.has(&name) {
            causes.push(Cause::duplicate(path.child("name"), name));
        }
        if causes.len() == known {
            seen.again(name);
            fine.push((name, volume));
        }
        let claim = volume["persistentVolumeClaim"]["claimName"].str_or_empty();
        if created.has(claim) {
            let field = path.child("persistentVolumeClaim.claimName");
            let detail = "must not reference a PVC that gets created for an ephemeral volume";
            causes.push(Cause::invalid(field, claim, detail));
        }
    }
    fine.sort_by_key(|(name, _)| *name);
    Volumes(fine)
}

/// What a claim template becomes.
static CLAIM: std::sync::LazyLock<Value> =
    std::sync::LazyLock::new(|| api::value!({"persistentVolumeClaim": {}}));

fn check_source(path: &Path<'_>, volume: &Value, owner: &Owner<'_>, causes: &mut Causes) {
    // One is there as a rule: what is looked up is what is there, not all that could be.
    let there = volume.entries().iter().filter(|entry| !entry.value.is_null());
    let place = |key: &str| SOURCES.iter().position(|source| source.key == key);
    let mut set: Vec<usize> = there.filter_map(|entry| place(entry.key.as_str())).collect();
    set.sort_unstable();
    let Some((first, others)) = set.split_first() else {
        causes.push(Cause::required(path, "must specify a volume type"));
        return;
    };
    let first = &SOURCES[*first];
    (first.rule)(&path.child(first.shown), &volume[first.key], owner, causes);
    match first.key {
        "iscsi" => sources::iscsi_name(path, volume, causes),
        "ephemeral" => sources::ephemeral_name(path, volume, owner, causes),
        _ => {}
    }
    for second in others {
        causes.push(Cause::forbidden(path.child(SOURCES[*second].second), ONE));
    }
}

/// The rules of one sort of source, of a volume that is no pod's.
pub(crate) fn check_source_of_volume(path: &Path<'_>, key: &str, source: &Value, causes: &mut Causes) {
    if let Some(sort) = SOURCES.iter().find(|sort| sort.key == key) {
        (sort.rule)(&path.child(sort.shown), source, &Owner::template(&api::NULL), causes);
    }
}

/// Texts that must be there.
fn all(path: &Path<'_>, source: &Value, fields: &[&str], causes: &mut Causes) {
    for field in fields {
        rules::required(path, source, field, causes);
    }
}

/// A path below a volume: neither absolute nor with a step up.
pub(super) fn descending(path: &Path<'_>, text: &str, causes: &mut Causes) {
    if text.starts_with('/') {
        causes.push(Cause::invalid(path, text, "must be a relative path"));
    }
    no_steps_up(path, text, causes);
}

/// A path without a step up.
pub(crate) fn no_steps_up(path: &Path<'_>, text: &str, causes: &mut Causes) {
    if has_steps_up(text) {
        causes.push(Cause::invalid(path, text, "must not contain '..'"));
    }
}

/// Whether a path goes up anywhere.
pub(super) fn has_steps_up(text: &str) -> bool {
    text.split('/').any(|part| part == "..")
}
