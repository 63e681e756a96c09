//! The garbage collector: what is owned goes with (or before, or without) its owner.
//!
//! There is no graph beside the informers: an index by owner uid on each of them is the graph. An
//! owner that an informer lacks is read live before anything is deleted in its name.

use std::sync::Arc;

use api::Object;
use api::Resource;
use api::value;
use client::Change;
use client::Client;
use client::DeleteOptions;
use client::Informer;
use client::Precondition;
use client::Propagation;
use client::Target;
use control::Error;
use control::Key;
use control::Outcome;
use control::Reconcile;
use control::WorkQueue;

use super::garbage_plan::ORPHAN;
use super::garbage_plan::Op;
use super::garbage_plan::Owner;
use super::garbage_plan::may_be_a_circle;
use super::garbage_plan::plan;
use super::garbage_plan::propagation_for_owner;
use super::garbage_plan::unblocked_owners;
use super::garbage_plan::waits;
use super::garbage_plan::without_finalizer;
use crate::context::Context;
use crate::context::Part;
use crate::context::stored;
use crate::objects::is_deleting;
use crate::objects::metadata;
use crate::workloads::claim::target;

const NAME: &str = "generic-garbage-collector";
const BY_OWNER: &str = "owner";
const WORKERS: usize = 10;

/// Every informer, in the order of the resource table.
#[derive(Clone)]
struct World {
    informers: Arc<Vec<Informer>>,
}

struct Controller {
    world: World,
    client: Client,
}

/// The controller. Keys name the resource too: `GROUP/RESOURCE/NAMESPACE` and the name.
pub(crate) fn build(context: &Context<'_>) -> Vec<Part> {
    let informers = stored().map(|resource| context.deps.informers.get(resource)).collect();
    let world = World { informers: Arc::new(informers) };
    let queue = context.queue();
    for informer in world.informers.iter() {
        informer.add_index(BY_OWNER, |object| {
            metadata(object).owner_references().iter().map(|owner| owner.uid().to_owned()).collect()
        });
    }
    for informer in world.informers.iter() {
        let (world, queue) = (world.clone(), queue.clone());
        informer.subscribe(move |change: &Change<'_>| wake(&world, &queue, change));
    }
    let controller = Controller { world, client: context.client(NAME) };
    vec![Part { queue, controller: Arc::new(controller), workers: WORKERS }]
}

/// Wakes whatever a change may concern: the object, its dependents, its owners that wait.
fn wake(world: &World, queue: &WorkQueue, change: &Change<'_>) {
    if let Some(new) = change.new
        && change.old.is_none_or(|old| concerns(old, new))
        && (is_deleting(new) || !metadata(new).owner_references().is_empty())
    {
        queue.add(key_of(new), "object changed");
    }
    let gone = change.new.is_none();
    // Dependents of an owner that goes are asked only when it is gone, or waits for them.
    let starts_waiting = change.new.is_some_and(|new| waits(new) && change.old.is_none_or(|old| !waits(old)));
    if gone || starts_waiting {
        for dependent in world.dependents(change.object().uid()) {
            queue.add(key_of(&dependent), "owner goes");
        }
    }
    if let Some(old) = change.old
        && change.new.is_none_or(|new| concerns(old, new))
    {
        for reference in metadata(old).owner_references().iter() {
            if let Some(owner) = world.owner(reference, old.namespace()).filter(|owner| waits(owner)) {
                queue.add(key_of(&owner), "dependent changed");
            }
        }
    }
}

/// Whether something changed that ownership depends on.
fn concerns(old: &Object, new: &Object) -> bool {
    ["ownerReferences", "finalizers", "deletionTimestamp"]
        .iter()
        .any(|field| old.value()["metadata"][*field] != new.value()["metadata"][*field])
        || old.uid() != new.uid()
}

fn key_of(object: &Object) -> Key {
    let resource = object.resource();
    Key::new(&format!("{}/{}/{}", resource.group, resource.name, object.namespace()), object.name())
}

impl World {
    fn informer(&self, group: &str, name: &str) -> Option<&Informer> {
        self.informers.iter().find(|i| i.resource().name == name && i.resource().group == group)
    }

    fn of_key(&self, key: &Key) -> Option<Arc<Object>> {
        let mut parts = key.namespace.splitn(3, '/');
        let (group, resource, namespace) = (parts.next()?, parts.next()?, parts.next()?);
        self.informer(group, resource)?.get(namespace, &key.name)
    }

    fn dependents(&self, uid: &str) -> Vec<Arc<Object>> {
        self.informers.iter().flat_map(|informer| informer.indexed(BY_OWNER, uid)).collect()
    }

    /// The owner, where an informer shows it under the uid of the reference.
    fn owner(&self, reference: api::views::OwnerReferenceView<'_>, namespace: &str) -> Option<Arc<Object>> {
        let resource = resource_of(reference)?;
        let namespace = if resource.namespaced { namespace } else { "" };
        let owner = self.informer(resource.group, resource.name)?.get(namespace, reference.name())?;
        (owner.uid() == reference.uid()).then_some(owner)
    }
}

/// The row of an owner's kind; its version does not matter. `None` for kinds we do not know.
fn resource_of(reference: api::views::OwnerReferenceView<'_>) -> Option<&'static Resource> {
    let group = reference.api_version().split_once('/').map_or("", |(group, _)| group);
    stored().find(|resource| resource.kind == reference.kind() && resource.group == group)
}

#[async_trait::async_trait]
impl Reconcile for Controller {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn reconcile(&self, key: &Key) -> Result<Outcome, Error> {
        let Some(object) = self.world.of_key(key) else { return Ok(Outcome::Done) };
        let mut owners = Vec::new();
        if !is_deleting(&object) {
            for reference in metadata(&object).owner_references().iter() {
                owners.push(self.look_up(reference, &object).await?);
            }
        }
        let dependents = self.world.dependents(object.uid());
        match plan(&object, &owners, &dependents) {
            Some(op) => self.execute(&object, op).await.map(|()| Outcome::Done),
            None => Ok(Outcome::Done),
        }
    }
}

impl Controller {
    /// What became of an owner. Only a live answer counts as absence; a kind we do not know, or one
    /// that cannot be where the reference says, is taken to exist: nothing is deleted on a guess.
    async fn look_up(
        &self,
        reference: api::views::OwnerReferenceView<'_>,
        dependent: &Object,
    ) -> Result<Owner, Error> {
        if let Some(owner) = self.world.owner(reference, dependent.namespace()) {
            return Ok(if waits(&owner) { Owner::WaitsForDependents } else { Owner::Present });
        }
        let Some(resource) = resource_of(reference) else { return Ok(Owner::Present) };
        if resource.namespaced && dependent.namespace().is_empty() {
            return Ok(Owner::Present);
        }
        let namespace = if resource.namespaced { dependent.namespace() } else { "" };
        let live = self.client.find(Target::object(resource, namespace, reference.name())).await?;
        Ok(match live {
            Some(owner) if owner.uid() != reference.uid() => Owner::Absent,
            Some(owner) if waits(&owner) => Owner::WaitsForDependents,
            Some(_) => Owner::Present,
            None => Owner::Absent,
        })
    }

    async fn execute(&self, object: &Arc<Object>, op: Op) -> Result<(), Error> {
        match op {
            Op::Delete(propagation) => {
                tracing::debug!(kind = object.resource().kind, name = object.name(), "owner gone, deleting");
                self.delete(object, propagation).await
            }
            Op::DeleteForOwner => self.delete_for_owner(object).await,
            Op::Disown(owners) => self.disown(object, &owners).await,
            Op::OrphanDependents(dependents) => {
                let uid = vec![object.uid().to_owned()];
                for dependent in dependents {
                    self.disown(&dependent, &uid).await?;
                }
                self.remove_finalizer(object, ORPHAN).await
            }
            Op::DeleteDependents(dependents) => {
                for dependent in dependents {
                    // One with other owners decides for itself: it was woken when this one began to wait.
                    if metadata(&dependent).owner_references().len() > 1 {
                        continue;
                    }
                    self.delete_for_owner(&dependent).await?;
                }
                Ok(())
            }
            Op::RemoveFinalizer(name) => self.remove_finalizer(object, name).await,
        }
    }

    /// Deletes an object that an owner waits for, without making the owner wait for itself.
    async fn delete_for_owner(&self, object: &Arc<Object>) -> Result<(), Error> {
        let dependents = self.world.dependents(object.uid());
        let propagation = propagation_for_owner(&dependents);
        if !may_be_a_circle(&dependents) {
            return self.delete(object, propagation).await;
        }
        match self.set_owners(object, unblocked_owners(object)).await? {
            Some(unblocked) => self.delete(&unblocked, propagation).await,
            None => Ok(()),
        }
    }

    /// Deletes exactly what was looked at: had it changed since, it might have found another owner.
    async fn delete(&self, object: &Object, propagation: Propagation) -> Result<(), Error> {
        let options = DeleteOptions {
            precondition: Precondition {
                uid: Some(object.uid().to_owned()),
                resource_version: Some(object.resource_version()),
            },
            propagation: Some(propagation),
            ..DeleteOptions::default()
        };
        match self.client.delete(target(object), options).await {
            Err(error) if !error.is_not_found() => Err(error.into()),
            _ => Ok(()),
        }
    }

    async fn disown(&self, object: &Object, owners: &[String]) -> Result<(), Error> {
        let is_gone = |uid: &str| owners.iter().any(|owner| owner == uid);
        let kept: Vec<api::Value> = (object.value()["metadata"]["ownerReferences"].items().iter())
            .filter(|reference| !is_gone(reference["uid"].str_or_empty()))
            .cloned()
            .collect();
        self.set_owners(object, kept).await.map(drop)
    }

    /// Changes the owners; `None` where the object is gone.
    async fn set_owners(
        &self,
        object: &Object,
        owners: Vec<api::Value>,
    ) -> Result<Option<Arc<Object>>, Error> {
        // A merge patch replaces the list, so it is tied to the version that the list was read from.
        let patch = value!({
            "metadata": {
                "uid": object.uid(), "resourceVersion": object.resource_version().to_string(),
                "ownerReferences": owners
            }
        });
        match self.client.merge_patch(target(object), &patch).await {
            Ok(changed) => Ok(Some(changed)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn remove_finalizer(&self, object: &Object, name: &str) -> Result<(), Error> {
        match self.client.update(target(object), without_finalizer(object, name)).await {
            Err(error) if !error.is_not_found() => Err(error.into()),
            _ => Ok(()),
        }
    }
}
