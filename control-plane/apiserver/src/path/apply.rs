//! Server-side apply: the object is worked out by `schema::apply`, then takes the path of a write.

use std::sync::Arc;

use api::Object;
use api::Value;
use client::Answer;
use client::WriteOptions;
use meta::Cause;
use meta::Reason;
use meta::Status;
use registry::Subresource;
use schema::apply;

use super::Call;
use super::managers::Ownership;
use super::managers::in_all_versions;
use super::managers::served;
use super::managers::set_managed_fields;
use super::write::CONFLICT_TRIES;
use super::write::Replace;
use crate::authz::Attributes;

impl Call<'_> {
    /// Applies a configuration, making the object if there is none.
    pub(super) async fn apply(
        &mut self,
        config: &[u8],
        force: bool,
        options: &WriteOptions,
    ) -> Result<Answer, Status> {
        let part = self.part();
        let asked = self.asked();
        let config = self.applied_configuration(config, options, (asked.kind, &asked.api_version()))?;
        let pinned = !config["metadata"]["resourceVersion"].str_or_empty().is_empty();
        self.server.storage.catch_up().await;
        for _ in 0..CONFLICT_TRIES {
            let result = match self.current() {
                Ok(old) => {
                    let object = self.merge_applied(Some(&old), &config, force, part, options)?;
                    self.replace(&old, object, part, options, Ownership::Settled).await
                }
                Err(not_found) if part != Subresource::None => return Err(not_found),
                Err(_) => self.make_applied(&config, options).await,
            };
            match result {
                Err(Replace::Raced) if !pinned => self.server.storage.catch_up().await,
                Err(Replace::Raced) => break,
                Err(Replace::Refused(status)) => return Err(status),
                Ok(object) => return Ok(Answer::Object(object)),
            }
        }
        Err(self.conflict(
            "the object has been modified; please apply your changes to the latest version and try again",
        ))
    }

    /// An apply of something that is not there is a create, and needs the permission for it.
    async fn make_applied(&mut self, config: &Value, options: &WriteOptions) -> Result<Arc<Object>, Replace> {
        let uid = config["metadata"]["uid"].str_or_empty();
        if !uid.is_empty() {
            let why = format!(
                "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            );
            return Err(self.conflict(&why).into());
        }
        let attributes = Attributes {
            verb: "create".into(),
            group: self.target.resource.group.into(),
            resource: self.target.resource.name.into(),
            namespace: self.target.namespace.clone(),
            name: self.target.name.clone(),
            ..Attributes::default()
        };
        self.server.authorize(self.user, &attributes)?;
        let mut object = self.merge_applied(None, config, false, Subresource::None, options)?;
        self.check_place(&object)?;
        self.place(&mut object)?;
        match self.create_once(object, options, Ownership::Settled).await {
            Err(status) if status.reason == Reason::AlreadyExists => Err(Replace::Raced),
            result => Ok(result?),
        }
    }

    pub(super) fn merge_applied(
        &self,
        old: Option<&Arc<Object>>,
        config: &Value,
        force: bool,
        part: Subresource,
        options: &WriteOptions,
    ) -> Result<Value, Status> {
        let time = meta::time::seconds(self.server.clock.now());
        let api_version = self.asked().api_version();
        let writer = self.writer(part, options, &api_version, &time);
        let live = old.map(|old| old.value());
        let refusal = |error| self.refusal(config, error);
        let Some(version) = self.version else {
            return apply::apply(self.target.resource.ty, live, config, &writer, force).map_err(refusal);
        };
        let before = live.map(|live| served(version, live));
        let ty = version.served.ty;
        let mut object = apply::apply(ty, before.as_ref(), config, &writer, force).map_err(refusal)?;
        let managed = std::mem::take(object.at_mut(&["metadata", "managedFields"]));
        version.to_stored(&mut object);
        let managed = in_all_versions(version, managed, &object, live);
        set_managed_fields(&mut object, managed);
        Ok(object)
    }

    /// Parses a configuration and checks that it is one of this object, or part of it: its kind and version
    /// are given.
    pub(super) fn applied_configuration(
        &mut self,
        bytes: &[u8],
        options: &WriteOptions,
        expected: (&str, &str),
    ) -> Result<Value, Status> {
        let malformed = |error: String| Status::bad_request(format!("error decoding YAML: {error}"));
        // JSON is YAML, and nearly everything that is applied is JSON.
        let parsed = match api::json::parse(bytes) {
            Ok(parsed) => parsed,
            Err(_) => {
                let text = std::str::from_utf8(bytes).map_err(|error| malformed(error.to_string()))?;
                api::yaml::parse(text).map_err(|error| malformed(error.to_string()))?
            }
        };
        let config = parsed.value;
        if !matches!(config, Value::Object(_)) {
            return Err(malformed(format!("the configuration is a {}, not an object", config.type_name())));
        }
        let duplicates = parsed.duplicates.into_iter().map(|key| format!("duplicate field {:?}", key.path));
        let complaints: Vec<String> = duplicates.collect();
        match options.field_validation.as_str() {
            "Ignore" => {}
            "Strict" if !complaints.is_empty() => {
                return Err(Status::bad_request(format!(
                    "error strict decoding YAML: {}",
                    complaints.join(", ")
                )));
            }
            _ => self.warnings.extend(complaints),
        }
        for field in ["kind", "apiVersion"] {
            if config[field].str_or_empty().is_empty() {
                let shown = api::json::to_string(&config);
                return Err(Status::bad_request(format!("Object '{field}' is missing in '{shown}'")));
            }
        }
        check_applied_type(&config, expected)?;
        let name = config["metadata"]["name"].str_or_empty();
        if !name.is_empty() && name != self.target.name {
            return Err(Status::bad_request(format!(
                "the name of the object ({name}) does not match the name on the URL ({})",
                self.target.name
            )));
        }
        let namespace = config["metadata"]["namespace"].str_or_empty();
        if !namespace.is_empty() && namespace != self.target.namespace {
            return Err(Status::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
        Ok(config)
    }

    pub(super) fn refusal(&self, config: &Value, error: apply::Error) -> Status {
        let resource = self.asked();
        match error {
            apply::Error::Conflicts(conflicts) => {
                let causes = conflicts.iter().map(|conflict| Cause {
                    reason: "FieldManagerConflict",
                    message: format!("conflict with {}", conflict.manager),
                    field: conflict.path.clone(),
                });
                let causes = causes.collect();
                let mut status =
                    Status::new(Reason::Conflict, apply::Error::Conflicts(conflicts).to_string());
                status.causes = causes;
                status
            }
            apply::Error::ManagedFields => Status::bad_request(error.to_string()),
            apply::Error::Mistakes(_) => Status::unclassified(format!(
                "failed to create typed patch object ({}/{}; {}/{}, Kind={}): {error}",
                config["metadata"]["namespace"].str_or_empty(),
                config["metadata"]["name"].str_or_empty(),
                resource.group,
                resource.version,
                resource.kind
            )),
            apply::Error::Decode(source) => Status::bad_request(format!(
                "{} in version {:?} cannot be handled as a {}: {source}",
                resource.kind, resource.version, resource.kind
            )),
        }
    }
}

fn check_applied_type(config: &Value, expected: (&str, &str)) -> Result<(), Status> {
    let [kind, api_version] = ["kind", "apiVersion"].map(|field| config[field].str_or_empty());
    if (kind, api_version) == expected {
        return Ok(());
    }
    let version = if api_version.contains('/') { api_version.to_owned() } else { format!("/{api_version}") };
    Err(Status::bad_request(format!("invalid object type: {version}, Kind={kind}")))
}
