//! ControllerRevisions: the templates that a DaemonSet or StatefulSet had, for rolling back.

use std::sync::Arc;

use api::Object;
use api::Value;
use api::value;
use client::Client;
use client::Informer;

use super::claim::target;
use super::hash::template_hash;
use super::overlay::Overlay;
use super::pods::BY_CONTROLLER;
use super::pods::only_this;
use crate::context::row;
use crate::objects::controller_reference;

/// The label of pods and revisions that names the revision's hash.
pub(crate) const HASH_LABEL: &str = "controller-revision-hash";

/// The history of the objects of one controller.
pub(crate) struct History {
    revisions: Informer,
    overlay: Overlay,
    client: Client,
}

/// What the current template needs.
#[derive(Debug)]
pub(crate) enum Plan {
    /// It is the newest revision already.
    Current(Arc<Object>),
    /// It was a revision before, and becomes the newest again.
    Renumber(Arc<Object>, i64),
    /// It is new.
    Create(Value),
}

/// The revisions of an object, once its current template is one of them.
pub(crate) struct Revisions {
    /// That of the current template.
    pub(crate) current: Arc<Object>,
    /// All, oldest first.
    pub(crate) all: Vec<Arc<Object>>,
    /// How many hashes had to be avoided.
    pub(crate) collisions: Option<i64>,
}

/// The hash in a revision's name.
pub(crate) fn hash_of(revision: &Object) -> &str {
    revision.label(HASH_LABEL).unwrap_or("")
}

/// `revision` of a ControllerRevision.
pub(crate) fn number(revision: &Object) -> i64 {
    revision.value()["revision"].as_i64().unwrap_or(0)
}

/// Decides what the current template needs.
pub(crate) fn plan(owner: &Object, revisions: &[Arc<Object>], collisions: Option<i64>) -> Plan {
    let template = &owner.value()["spec"]["template"];
    let mut data = template.clone();
    data.set(&["$patch"], "replace");
    let data = value!({"spec": {"template": data}});
    let newest = revisions.iter().map(|revision| number(revision)).max().unwrap_or(0);
    let same = revisions.iter().filter(|revision| revision.value()["data"] == data);
    if let Some(known) = same.max_by_key(|revision| number(revision)) {
        if number(known) == newest {
            return Plan::Current(known.clone());
        }
        return Plan::Renumber(known.clone(), newest + 1);
    }
    let hash = template_hash(template, collisions);
    let mut labels = template["metadata"]["labels"].clone();
    labels.set(&[HASH_LABEL], hash.as_str());
    Plan::Create(value!({
        "apiVersion": "apps/v1", "kind": "ControllerRevision",
        "metadata": {
            "namespace": owner.namespace(), "name": format!("{}-{hash}", owner.name()), "labels": labels,
            "ownerReferences": [controller_reference(owner)]
        },
        "data": data, "revision": newest + 1
    }))
}

/// The oldest revisions beyond `limit` that no pod has and that are not current.
pub(crate) fn surplus(revisions: &Revisions, used: &[String], limit: usize) -> Vec<Arc<Object>> {
    let unused = |revision: &&Arc<Object>| {
        revision.uid() != revisions.current.uid()
            && !used.iter().any(|hash| hash == hash_of(revision) || hash == revision.name())
    };
    let unused: Vec<Arc<Object>> = revisions.all.iter().filter(unused).cloned().collect();
    let surplus = unused.len().saturating_sub(limit);
    unused.into_iter().take(surplus).collect()
}

impl History {
    /// The history of objects whose controller writes through `client`.
    pub(crate) fn new(revisions: Informer, client: Client) -> Self {
        revisions.add_index(BY_CONTROLLER, super::pods::controller_bucket);
        let overlay = Overlay::new(&revisions);
        Self { revisions, overlay, client }
    }

    /// Makes the current template a revision, the newest one.
    pub(crate) async fn sync(&self, owner: &Object) -> Result<Revisions, client::Error> {
        let shown = self.revisions.indexed(BY_CONTROLLER, owner.uid());
        let mut all = self.overlay.apply(owner.uid(), shown, |_| true);
        let mut collisions = owner.value()["status"]["collisionCount"].as_i64();
        let current = loop {
            match plan(owner, &all, collisions) {
                Plan::Current(revision) => break revision,
                Plan::Renumber(revision, number) => {
                    let mut body = revision.value().clone();
                    body.set(&["revision"], number);
                    let renumbered = self.client.update(target(&revision), body).await?;
                    all.retain(|other| other.uid() != renumbered.uid());
                    all.push(renumbered.clone());
                    break renumbered;
                }
                Plan::Create(body) => {
                    match self.client.create(row("apps", "controllerrevisions"), body).await {
                        Ok(created) => {
                            self.overlay.made(owner.uid(), created.clone());
                            all.push(created.clone());
                            break created;
                        }
                        // The name belongs to another template: the next hash is another one.
                        Err(error) if error.is_already_exists() && collisions.unwrap_or(0) < 10 => {
                            collisions = Some(collisions.unwrap_or(0) + 1);
                        }
                        Err(error) => return Err(error),
                    }
                }
            }
        };
        all.sort_by_key(|revision| number(revision));
        Ok(Revisions { current, all, collisions })
    }

    /// Deletes what [`surplus`] names.
    pub(crate) async fn trim(
        &self,
        owner: &Object,
        revisions: &Revisions,
        used: &[String],
    ) -> Result<(), client::Error> {
        let limit = owner.value()["spec"]["revisionHistoryLimit"].as_i64().unwrap_or(10);
        for revision in surplus(revisions, used, usize::try_from(limit).unwrap_or(0)) {
            match self.client.delete(target(&revision), only_this(&revision)).await {
                Err(error) if !error.is_not_found() && !error.is_conflict() => return Err(error),
                _ => self.overlay.ended(owner.uid(), revision.uid()),
            }
        }
        Ok(())
    }
}
