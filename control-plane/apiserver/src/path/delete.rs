//! Delete: grace, finalizers, propagation, removal.

use std::sync::Arc;

use api::Object;
use api::Value;
use api::value;
use client::Answer;
use client::DeleteOptions;
use client::ListOptions;
use client::Propagation;
use meta::Reason;
use meta::Status;
use store::Expect;
use store::Revision;

use super::Call;
use super::write::CONFLICT_TRIES;
use crate::admission;
use crate::storage::CommitError;

const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";

/// What a delete does to an object.
enum Plan {
    /// Nothing is left to do: it is being deleted already.
    Nothing,
    /// It is marked, and goes later.
    Mark(Value),
    /// It goes now; this is what it was at last, where its kind ends gracefully.
    Remove(Option<Value>),
}

impl Call<'_> {
    pub(crate) async fn delete(&mut self, options: &DeleteOptions) -> Result<Answer, Status> {
        if options.propagation.is_none() {
            for warning in registry::strategy(self.target.resource).delete_warnings() {
                self.warn_once((*warning).to_owned());
            }
        }
        self.server.storage.catch_up().await;
        for _ in 0..CONFLICT_TRIES {
            let old = self.current()?;
            self.check_precondition(&old, options)?;
            admission::validate(self, None, Some(old.value()))?;
            let plan = self.plan_delete(&old, options);
            if options.dry_run {
                return Ok(match plan {
                    Plan::Nothing => Answer::Object(old),
                    Plan::Mark(value) => Answer::Object(Arc::new(Object::new(self.target.resource, value))),
                    Plan::Remove(last) => self.deleted(&old, last),
                });
            }
            let (value, marked, last) = match plan {
                Plan::Nothing => return Ok(Answer::Object(old)),
                Plan::Mark(value) => (Some(value), true, None),
                Plan::Remove(last) => (None, false, last),
            };
            let expect = Expect::At(Revision(old.resource_version().0));
            let mut writes = vec![self.write(expect, value)];
            if !marked {
                writes.extend(self.server.release_writes(&old));
            }
            match self.server.storage.commit(writes).await {
                Ok(committed) if marked => {
                    let object = committed.objects.into_iter().next().flatten();
                    return Ok(Answer::Object(object.expect("marking stores the object")));
                }
                Ok(_) => {
                    self.server.release(&old);
                    return Ok(self.deleted(&old, last));
                }
                Err(CommitError::Conflict) => self.server.storage.catch_up().await,
                Err(CommitError::Failed(status)) => return Err(status),
            }
        }
        Err(self.conflict("the object kept changing while it was being deleted; please try again"))
    }

    pub(crate) async fn delete_collection(
        &mut self,
        options: &DeleteOptions,
        list: ListOptions,
    ) -> Result<Answer, Status> {
        let list = self.list(list).await?;
        let (namespace, name) = (self.target.namespace.clone(), self.target.name.clone());
        for object in &list.items {
            object.namespace().clone_into(&mut self.target.namespace);
            object.name().clone_into(&mut self.target.name);
            match self.delete(options).await {
                Err(status) if status.reason != Reason::NotFound => return Err(status),
                _ => {}
            }
        }
        self.target.namespace = namespace;
        self.target.name = name;
        Ok(Answer::List(list))
    }

    pub(super) fn check_precondition(&self, old: &Object, options: &DeleteOptions) -> Result<(), Status> {
        if let Some(uid) = &options.precondition.uid
            && uid != old.uid()
        {
            if registry::strategy(self.target.resource).is_deleted_by_itself() {
                let why = format!(
                    "Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
                    old.uid()
                );
                return Err(self.conflict(&why));
            }
            let why = format!(
                "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been deleted and then recreated",
                old.uid()
            );
            return Err(self.conflict_on_kind(&why));
        }
        if let Some(version) = options.precondition.resource_version
            && version != old.resource_version()
        {
            if registry::strategy(self.target.resource).is_deleted_by_itself() {
                let why = format!(
                    "Precondition failed: ResourceVersion in precondition: {version}, ResourceVersion in object meta: {}",
                    old.resource_version()
                );
                return Err(self.conflict(&why));
            }
            let why = format!(
                "the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({}). The object might have been modified",
                old.resource_version()
            );
            return Err(self.conflict_on_kind(&why));
        }
        Ok(())
    }

    /// A conflict that speaks of the kind, where others speak of the resource.
    fn conflict_on_kind(&self, why: &str) -> Status {
        let resource = self.target.resource;
        let kind = meta::GroupResource { group: resource.group.into(), resource: resource.kind.into() };
        Status::conflict(&kind, &self.target.name, why)
    }

    fn plan_delete(&self, old: &Object, options: &DeleteOptions) -> Plan {
        let strategy = registry::strategy(self.target.resource);
        let current = old.value();
        let graceful = strategy.graceful_delete(current, options.grace_period_seconds);
        let grace = graceful.unwrap_or(0);
        let deleting = !current["metadata"]["deletionTimestamp"].is_null();
        let left = current["metadata"]["deletionGracePeriodSeconds"].as_i64().unwrap_or(0);
        let grace = i64::try_from(grace).unwrap_or(i64::MAX);
        let mut object = current.clone();
        if strategy.can_own() {
            // What an earlier delete said of the dependents stands before what the kind says.
            let said = current["metadata"]["finalizers"].items().iter().any(is_propagation);
            let orphan = (strategy.orphans_dependents() && !said).then_some(Propagation::Orphan);
            set_propagation(&mut object, options.propagation.or(orphan));
        }
        let held = !object["metadata"]["finalizers"].items().is_empty() || strategy.is_held(&object);
        if grace == 0 && !held && (graceful.is_none() || deleting && left == 0) {
            return Plan::Remove(None);
        }
        // A grace period may only be shortened.
        let unchanged = deleting
            && grace >= left
            && object["metadata"]["finalizers"] == current["metadata"]["finalizers"];
        if unchanged {
            return Plan::Nothing;
        }
        if !deleting || grace < left {
            let now = self.server.clock.now();
            let at = now.checked_add(jiff::SignedDuration::from_secs(grace)).unwrap_or(now);
            object.set(&["metadata", "deletionTimestamp"], meta::time::seconds(at));
            object.set(&["metadata", "deletionGracePeriodSeconds"], grace);
            if let Some(generation) = current["metadata"]["generation"].as_i64().filter(|_| !deleting) {
                object.set(&["metadata", "generation"], generation + 1);
            }
            strategy.mark_deleted(&mut object);
        }
        let canonical = match self.target.resource.ty {
            Some(ty) => api::decode::normalize(ty, object).map(|normalized| normalized.value),
            None => Ok(object),
        };
        // A stored object decodes, and nothing above changes a type.
        match canonical {
            Ok(object) if grace == 0 && !held => Plan::Remove(Some(object)),
            Ok(object) => Plan::Mark(object),
            Err(_) => Plan::Nothing,
        }
    }

    fn deleted(&self, old: &Arc<Object>, last: Option<Value>) -> Answer {
        if registry::strategy(self.target.resource).returns_deleted() {
            return Answer::Object(match last {
                Some(last) => Arc::new(Object::new(self.target.resource, last)),
                None => old.clone(),
            });
        }
        let mut status = value!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
            "details": {
                "name": old.name(), "group": self.asked().group, "kind": self.asked().name, "uid": old.uid()
            }
        });
        if self.asked().group.is_empty() {
            status.remove(&["details", "group"]);
        }
        Answer::Value(status)
    }
}

/// Whether a finalizer says what becomes of dependents.
fn is_propagation(finalizer: &Value) -> bool {
    matches!(finalizer.as_str(), Some(ORPHAN | FOREGROUND))
}

/// Finalizers that make the garbage collector do what the client wants of dependents.
fn set_propagation(object: &mut Value, propagation: Option<Propagation>) {
    let Some(propagation) = propagation else { return };
    let wanted = match propagation {
        Propagation::Orphan => Some(ORPHAN),
        Propagation::Foreground => Some(FOREGROUND),
        Propagation::Background => None,
    };
    let metadata = object.at_mut(&["metadata"]);
    if metadata["finalizers"].is_null() && wanted.is_none() {
        return;
    }
    let finalizers = metadata.at_mut(&["finalizers"]).ensure_list();
    finalizers.retain(|f| !is_propagation(f) || f.as_str() == wanted);
    if let Some(wanted) = wanted
        && !finalizers.iter().any(|f| f.as_str() == Some(wanted))
    {
        finalizers.push(wanted.into());
    }
}
