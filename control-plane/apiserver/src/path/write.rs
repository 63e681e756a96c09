//! Create and update: the one write path.

use std::sync::Arc;

use api::Object;
use api::Value;
use client::Answer;
use client::WriteOptions;
use meta::Cause;
use meta::Causes;
use meta::Reason;
use meta::Status;
use registry::Generation;
use registry::Subresource;
use schema::apply::same_managers_but_times;
use store::Durability;
use store::Expect;
use store::Revision;

use super::Call;
use super::managers::Ownership;
use super::managers::set_managed_fields;
use crate::addresses::Allocation;
use crate::admission;
use crate::storage::CommitError;
use crate::storage::Committed;
use crate::storage::ObjectWrite;

/// Tries at a generated name that happens to be taken.
const NAME_TRIES: usize = 8;
/// Tries at a change that loses races, where the client named no version.
pub(super) const CONFLICT_TRIES: usize = 20;
/// What is said where that is not enough, or the version is named.
pub(super) const MODIFIED: &str =
    "the object has been modified; please apply your changes to the latest version and try again";

impl Call<'_> {
    pub(crate) async fn create(&mut self, body: Value, options: &WriteOptions) -> Result<Answer, Status> {
        let mut object = self.decode(body, options)?;
        self.place(&mut object)?;
        let generate = object["metadata"]["generateName"].str_or_empty().to_owned();
        let generated = object["metadata"]["name"].str_or_empty().is_empty() && !generate.is_empty();
        if !generated {
            return self.create_once(object, options, Ownership::OfChanges).await.map(Answer::Object);
        }
        for _ in 0..NAME_TRIES {
            let mut attempt = object.clone();
            // 63 characters fit everywhere, so the prefix gives way to the suffix.
            let prefix: String = generate.chars().take(58).collect();
            attempt.set(&["metadata", "name"], prefix + &self.server.rng.name_suffix(5));
            match self.create_once(attempt, options, Ownership::OfChanges).await {
                Err(status) if status.reason == Reason::AlreadyExists => {}
                result => return result.map(Answer::Object),
            }
        }
        let message = format!("unable to find an unused name after {NAME_TRIES} tries for {generate}");
        Err(Status::new(Reason::AlreadyExists, message))
    }

    pub(super) async fn create_once(
        &mut self,
        mut object: Value,
        options: &WriteOptions,
        ownership: Ownership,
    ) -> Result<Arc<Object>, Status> {
        let resource = self.target.resource;
        let strategy = registry::strategy(resource);
        object["metadata"]["name"].str_or_empty().clone_into(&mut self.target.name);
        strategy.set_defaults(&mut object);
        let metadata = object.at_mut(&["metadata"]);
        for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
            metadata.remove(&[field]);
        }
        let now = meta::time::seconds(self.server.clock.now());
        let given = [("uid", self.server.rng.uuid().into()), ("creationTimestamp", now.into())];
        metadata.ensure_map().fill(given, |_| true);
        match strategy.generation(resource) {
            // Upstream takes what the client says where the server does not count.
            Generation::None | Generation::CountedFromZero => {}
            Generation::Counted | Generation::CountedWithLabels | Generation::One => {
                metadata.set(&["generation"], 1);
            }
        }
        if ownership == Ownership::OfChanges {
            self.own_fields(&mut object, None, self.part(), options);
        }
        admission::mutate(self, &mut object, None)?;
        strategy.prepare_create(&self.context(), &mut object);
        strategy.set_defaults(&mut object);
        let (mut object, empties) = self.canonical(object)?;
        let extra = self.server.allocate(resource, &mut object, None)?;
        let checked = self
            .refuse(registry::check_create(&self.context(), strategy, &object))
            .and_then(|()| self.let_in(&object, None, Subresource::None));
        let charges = match checked {
            Ok(charges) => charges,
            Err(status) => {
                extra.cancel(&self.server.addresses);
                return Err(status);
            }
        };
        let object = self.stored_form(object, empties)?;
        if options.dry_run {
            extra.cancel(&self.server.addresses);
            self.created = true;
            return Ok(Arc::new(Object::new(resource, object)));
        }
        if !object["metadata"]["resourceVersion"].str_or_empty().is_empty() {
            extra.cancel(&self.server.addresses);
            return Err(Status::unclassified("resourceVersion should not be set on objects to be created"));
        }
        let mut writes = vec![self.write(Expect::Absent, Some(object))];
        writes.extend(extra.writes());
        match self.commit(writes, None, charges).await {
            Ok(committed) => {
                self.created = true;
                Ok(first(committed.objects))
            }
            Err(error) => {
                extra.cancel(&self.server.addresses);
                Err(match error {
                    CommitError::Conflict => {
                        Status::already_exists(&self.asked().group_resource(), &self.target.name)
                    }
                    CommitError::Failed(status) => status,
                })
            }
        }
    }

    pub(crate) async fn update(&mut self, body: Value, options: &WriteOptions) -> Result<Answer, Status> {
        let part = self.part();
        let object = self.decode(body, options)?;
        self.check_place(&object)?;
        let mut object = object;
        self.place(&mut object)?;
        let pinned = !object["metadata"]["resourceVersion"].str_or_empty().is_empty();
        self.server.storage.catch_up().await;
        for _ in 0..CONFLICT_TRIES {
            let Ok(old) = self.current() else {
                let strategy = registry::strategy(self.target.resource);
                if part == Subresource::None && strategy.allows_create_on_update() {
                    let made = self.create_once(object, options, Ownership::OfChanges).await;
                    return made.map(Answer::Object);
                }
                return Err(self.not_found());
            };
            self.check_uid(&object, &old)?;
            match self.replace(&old, object.clone(), part, options, Ownership::OfChanges).await {
                Err(Replace::Raced) if !pinned => self.server.storage.catch_up().await,
                Err(Replace::Raced) => return Err(self.conflict(MODIFIED)),
                Err(Replace::Refused(status)) => return Err(status),
                Ok(object) => return Ok(Answer::Object(object)),
            }
        }
        Err(self.conflict(MODIFIED))
    }

    /// Replaces `old` by `object`, if `old` is still current.
    pub(super) async fn replace(
        &mut self,
        old: &Arc<Object>,
        mut object: Value,
        part: Subresource,
        options: &WriteOptions,
        ownership: Ownership,
    ) -> Result<Arc<Object>, Replace> {
        let resource = self.target.resource;
        let strategy = registry::strategy(resource);
        self.check_version(&mut object, old)?;
        strategy.set_defaults(&mut object);
        keep_server_metadata(&mut object, old.value());
        let settled = object["metadata"]["managedFields"].clone();
        strategy.prepare_update(&self.context(), part, &mut object, old.value());
        // After the preparation: what the server does not let this writer change, it does not own.
        set_managed_fields(&mut object, settled);
        if ownership == Ownership::OfChanges {
            self.own_fields(&mut object, Some(old.value()), part, options);
        }
        strategy.settle_update(part, &mut object, old.value());
        if part == Subresource::None {
            admission::mutate(self, &mut object, Some(old.value()))?;
            strategy.set_defaults(&mut object);
        }
        self.count_generation(&mut object, old.value(), part);
        let (mut object, empties) = self.canonical(object)?;
        let extra = match part {
            Subresource::None => self.server.allocate(resource, &mut object, Some(old.value()))?,
            _ => Allocation::default(),
        };
        let checked = self
            .refuse(registry::check_update(&self.context(), strategy, part, &object, old.value()))
            .and_then(|()| self.let_in(&object, Some(old.value()), part));
        let charges = match checked {
            Ok(charges) => charges,
            Err(status) => {
                extra.cancel(&self.server.addresses);
                return Err(status.into());
            }
        };
        let mut object = self.stored_form(object, empties)?;
        if same_but_version(&object, old.value()) {
            // A write that changes nothing is answered, not stored: it would wake every watcher.
            extra.cancel(&self.server.addresses);
            return Ok(old.clone());
        }
        if options.dry_run {
            extra.cancel(&self.server.addresses);
            // The version is that which the change would have met.
            let version = &old.value()["metadata"]["resourceVersion"];
            object.set(&["metadata", "resourceVersion"], version.clone());
            return Ok(Arc::new(Object::new(resource, object)));
        }
        let expect = Expect::At(Revision(old.resource_version().0));
        let finished = is_finished(&object) && !strategy.is_held(&object);
        let (stored, last) = if finished { (None, Some(object)) } else { (Some(object), None) };
        let mut writes = vec![self.write(expect, stored)];
        writes.extend(extra.writes());
        match self.commit(writes, Some(old), charges).await {
            Ok(committed) => {
                extra.finish(&self.server.addresses);
                if let Some(last) = last {
                    self.server.release(old);
                    return Ok(Arc::new(Object::new(resource, last)));
                }
                Ok(first(committed.objects))
            }
            Err(error) => {
                extra.cancel(&self.server.addresses);
                Err(match error {
                    CommitError::Conflict => Replace::Raced,
                    CommitError::Failed(status) => Replace::Refused(status),
                })
            }
        }
    }

    /// Admission's last word on an object that breaks no rule: whether it is let in, what the client should
    /// know of it, and what is charged for it.
    fn let_in(
        &mut self,
        object: &Value,
        old: Option<&Value>,
        part: Subresource,
    ) -> Result<Vec<ObjectWrite>, Status> {
        let strategy = registry::strategy(self.target.resource);
        let own = match (part, old) {
            (Subresource::None, None) => strategy.warnings(object),
            (Subresource::None, Some(old)) => strategy.change_warnings(object, old),
            _ => Vec::new(),
        };
        for warning in own {
            self.warn_once(warning);
        }
        admission::validate(self, Some(object), old)?;
        self.warn(object, old);
        admission::charge(self, object, old)
    }

    /// Commits the writes of one object, which is the first of them, and with them what quotas charge
    /// for it; `charges` is what they charged when last looked at.
    async fn commit(
        &self,
        writes: Vec<ObjectWrite>,
        old: Option<&Arc<Object>>,
        charges: Vec<ObjectWrite>,
    ) -> Result<Committed, CommitError> {
        if charges.is_empty() {
            return self.server.storage.commit(writes).await;
        }
        let turn = self.server.quota_turns.take(&self.target.namespace).await;
        let mut result = Err(CommitError::Conflict);
        for _ in 0..CONFLICT_TRIES {
            let mut all = writes.clone();
            if let Some(object) = &writes[0].value {
                let old = old.map(|old| old.value());
                all.extend(admission::charge(self, object, old).map_err(CommitError::Failed)?);
            }
            result = self.server.storage.commit(all).await;
            // Of a conflict about the object itself its writer must know; one about a quota is ours.
            let version = |object: &Arc<Object>| object.resource_version();
            if !matches!(result, Err(CommitError::Conflict))
                || self.current().ok().as_ref().map(version) != old.map(version)
            {
                break;
            }
        }
        drop(turn);
        result
    }

    /// Brings an object that was changed since it was decoded into canonical form again, and says whether
    /// it holds empty lists that [`Call::stored_form`] does not tell from none.
    fn canonical(&self, object: Value) -> Result<(Value, bool), Status> {
        let Some(ty) = self.target.resource.ty else { return Ok((object, false)) };
        let normalized = api::decode::normalize(ty, object).map_err(Status::internal)?;
        Ok((normalized.value, normalized.empties))
    }

    /// An object as it is kept.
    fn stored_form(&self, object: Value, empties: bool) -> Result<Value, Status> {
        match self.target.resource.ty.filter(|_| empties) {
            Some(ty) => api::decode::without_empties(ty, object).map_err(Status::internal),
            None => Ok(object),
        }
    }

    /// Collects what admission wants the client to know; a second try does not say it again.
    fn warn(&mut self, object: &Value, old: Option<&Value>) {
        for warning in admission::warnings(self, object, old) {
            self.warn_once(warning);
        }
    }

    /// Collects a warning; one that is there already is not said again.
    pub(super) fn warn_once(&mut self, warning: String) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Which part of the object the call is about.
    pub(super) fn part(&self) -> Subresource {
        match self.target.subresource.as_str() {
            "" => Subresource::None,
            "status" => Subresource::Status,
            other => {
                let row = self.target.resource.subresource(other).expect("checked by the router");
                Subresource::Other(row.name)
            }
        }
    }

    /// The object is the one that the request names.
    pub(super) fn check_place(&self, object: &Value) -> Result<(), Status> {
        let name = object["metadata"]["name"].str_or_empty();
        if name.is_empty() {
            return Err(Status::bad_request(format!(
                "the name of the object ({} based on URL) was undeterminable: name must be provided",
                self.target.name
            )));
        }
        if name != self.target.name {
            return Err(Status::bad_request(format!(
                "the name of the object ({name}) does not match the name on the URL ({})",
                self.target.name
            )));
        }
        let namespace = object["metadata"]["namespace"].str_or_empty();
        if self.target.resource.namespaced && !namespace.is_empty() && namespace != self.target.namespace {
            return Err(Status::bad_request(format!(
                "the namespace of the object ({namespace}) does not match the namespace on the URL ({})",
                self.target.namespace
            )));
        }
        Ok(())
    }

    /// The namespace of the object is that of the request.
    pub(super) fn place(&self, object: &mut Value) -> Result<(), Status> {
        let own = object["metadata"]["namespace"].str_or_empty();
        if self.target.resource.namespaced {
            if !own.is_empty() && own != self.target.namespace {
                return Err(Status::bad_request(
                    "the namespace of the provided object does not match the namespace sent on the request",
                ));
            }
            object.set(&["metadata", "namespace"], self.target.namespace.as_str());
        } else if !own.is_empty() {
            object.remove(&["metadata", "namespace"]);
        }
        Ok(())
    }

    /// The version that the writer names must be the current one; one who names none means that one.
    fn check_version(&self, object: &mut Value, old: &Object) -> Result<(), Status> {
        let version = object["metadata"]["resourceVersion"].str_or_empty().to_owned();
        if version.is_empty() || version == "0" {
            let strategy = registry::strategy(self.target.resource);
            if strategy.allows_unconditional_update() {
                object.set(&["metadata", "resourceVersion"], old.resource_version().to_string());
                return Ok(());
            }
            let cause = Cause::invalid("metadata.resourceVersion", 0, "must be specified for an update");
            let resource = self.target.resource;
            return Err(Status::invalid(resource.group, resource.name, &self.target.name, cause));
        }
        if version == old.resource_version().to_string() {
            return Ok(());
        }
        Err(match version.parse::<u64>() {
            Ok(_) => self.conflict(MODIFIED),
            Err(_) => Status::unclassified(format!("strconv.ParseUint: parsing {version:?}: invalid syntax")),
        })
    }

    /// The object that the writer means must be the one that is there.
    pub(super) fn check_uid(&self, object: &Value, old: &Object) -> Result<(), Status> {
        let uid = object["metadata"]["uid"].str_or_empty();
        if uid.is_empty() || uid == old.uid() {
            return Ok(());
        }
        let key = crate::storage::key_of(self.target.resource, &self.target.namespace, &self.target.name);
        let why = format!(
            "StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
            old.uid()
        );
        Err(self.conflict(&why))
    }

    fn count_generation(&self, object: &mut Value, old: &Value, part: Subresource) {
        let labels = match registry::strategy(self.target.resource).generation(self.target.resource) {
            Generation::None | Generation::One => return,
            Generation::Counted | Generation::CountedFromZero => false,
            Generation::CountedWithLabels => object["metadata"]["labels"] != old["metadata"]["labels"],
        };
        let generation = old["metadata"]["generation"].as_i64().unwrap_or(0);
        let observed = ["metadata", "status", "kind", "apiVersion"];
        let equal = |_: &str, new: &Value, old: &Value| new == old;
        // As upstream: where a pod runs is decided for it, and is no new wish of anybody.
        let counts = !matches!(part, Subresource::Status | Subresource::Other("binding"));
        let changed = counts && !same_entries(object, old, &observed, equal);
        if changed || labels {
            object.set(&["metadata", "generation"], generation + 1);
        }
    }

    fn refuse(&self, causes: Causes) -> Result<(), Status> {
        if causes.is_empty() {
            return Ok(());
        }
        let resource = self.target.resource;
        Err(Status::invalid(resource.group, resource.kind, &self.target.name, causes))
    }

    pub(super) fn write(&self, expect: Expect, value: Option<Value>) -> ObjectWrite {
        let relaxed = registry::strategy(self.target.resource).relaxed_durability();
        ObjectWrite {
            resource: self.target.resource,
            namespace: self.target.namespace.clone(),
            name: self.target.name.clone(),
            expect,
            value,
            durability: if relaxed { Durability::Relaxed } else { Durability::Synced },
        }
    }
}

/// Why an object was not replaced.
pub(super) enum Replace {
    /// Somebody else wrote first.
    Raced,
    /// It must not be.
    Refused(Status),
}

impl From<Status> for Replace {
    fn from(status: Status) -> Self {
        Replace::Refused(status)
    }
}

/// What only the server may set stays as it is.
fn keep_server_metadata(object: &mut Value, old: &Value) {
    for field in ["creationTimestamp", "deletionTimestamp", "generation", "selfLink"] {
        match old["metadata"].get(field) {
            Some(value) => object.set(&["metadata", field], value.clone()),
            None => {
                object.remove(&["metadata", field]);
            }
        }
    }
    for field in ["uid", "deletionGracePeriodSeconds"] {
        let old = &old["metadata"][field];
        if object["metadata"][field].is_zero() && !old.is_null() {
            object.set(&["metadata", field], old.clone());
        }
    }
    if object["metadata"]["generateName"].is_null() && !old["metadata"]["generateName"].is_null() {
        object.set(&["metadata", "generateName"], old["metadata"]["generateName"].clone());
    }
}

/// Whether a write changes nothing but the version and when managers last wrote.
fn same_but_version(object: &Value, old: &Value) -> bool {
    same_entries(object, old, &["metadata"], |_, new, old| new == old)
        && same_entries(&object["metadata"], &old["metadata"], &["resourceVersion"], |key, new, old| {
            if key == "managedFields" { same_managers_but_times(new, old) } else { new == old }
        })
}

fn same_entries(
    new: &Value,
    old: &Value,
    without: &[&str],
    same: impl Fn(&str, &Value, &Value) -> bool,
) -> bool {
    let count = |value: &Value| value.entries().iter().filter(|e| !without.contains(&e.key.as_str())).count();
    count(new) == count(old)
        && new.entries().iter().all(|entry| {
            let key = entry.key.as_str();
            without.contains(&key) || old.get(key).is_some_and(|old| same(key, &entry.value, old))
        })
}

/// Whether nothing keeps a deleted object any longer.
fn is_finished(object: &Value) -> bool {
    let metadata = &object["metadata"];
    !metadata["deletionTimestamp"].is_null()
        && metadata["finalizers"].items().is_empty()
        && metadata["deletionGracePeriodSeconds"].as_i64().unwrap_or(0) == 0
}

fn first(objects: Vec<Option<Arc<Object>>>) -> Arc<Object> {
    objects.into_iter().next().flatten().expect("the first write stores the object")
}
