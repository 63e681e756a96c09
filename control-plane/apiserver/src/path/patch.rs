//! Patch: a change computed on the current object, then the path of an update.

use std::sync::Arc;

use api::Object;
use api::Value;
use client::Answer;
use client::Patch;
use client::WriteOptions;
use meta::Reason;
use meta::Status;
use schema::patch;

use super::Call;
use super::managers::Ownership;
use super::write::CONFLICT_TRIES;
use super::write::Replace;

impl Call<'_> {
    pub(crate) async fn patch(&mut self, patch: Patch, options: &WriteOptions) -> Result<Answer, Status> {
        let part = self.part();
        if let Patch::Apply { config, force } = patch {
            return self.apply(&config, force, options).await;
        }
        let prepared = Prepared::new(patch, self)?;
        self.server.storage.catch_up().await;
        for _ in 0..CONFLICT_TRIES {
            let old = self.current()?;
            let patched = prepared.apply(self, &old)?;
            let before = old.resource_version().to_string();
            let pinned = patched["metadata"]["resourceVersion"].as_str() != Some(&before);
            let object = self.decode_patched(patched, options)?;
            match self.replace(&old, object, part, options, Ownership::OfChanges).await {
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
}

/// A patch that was parsed once and may be applied several times.
enum Prepared {
    Json(Value),
    Merge(Value),
    Strategic(api::types::TypeId, Value),
}

impl Prepared {
    fn new(patch: Patch, call: &mut Call<'_>) -> Result<Self, Status> {
        let mut parse = |bytes: &[u8]| {
            let parsed = api::json::parse(bytes)
                .map_err(|error| Status::bad_request(format!("error decoding patch: {error}")))?;
            call.patch_duplicates.extend(parsed.duplicates);
            Ok::<_, Status>(parsed.value)
        };
        match patch {
            Patch::Json(bytes) => Ok(Prepared::Json(parse(&bytes)?)),
            Patch::Merge(bytes) => match parse(&bytes)? {
                value @ Value::Object(_) => Ok(Prepared::Merge(value)),
                other => Err(Status::bad_request(format!(
                    "json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
                    other.type_name()
                ))),
            },
            Patch::Strategic(bytes) => {
                let value = parse(&bytes)?;
                let ty = call
                    .version
                    .map_or(call.target.resource, |version| version.served)
                    .ty
                    .ok_or_else(|| unsupported("application/strategic-merge-patch+json"))?;
                Ok(Prepared::Strategic(ty, value))
            }
            Patch::Apply { .. } => Err(unsupported("application/apply-patch+yaml")),
        }
    }

    fn apply(&self, call: &Call<'_>, old: &Arc<Object>) -> Result<Value, Status> {
        let mut object = old.value().clone();
        if let Some(version) = call.version {
            version.to_served(&mut object);
        }
        let result = match self {
            Prepared::Json(operations) => patch::apply_json(&mut object, operations),
            Prepared::Merge(value) => {
                patch::apply_merge(&mut object, value.clone());
                Ok(())
            }
            Prepared::Strategic(ty, value) => patch::apply_strategic(*ty, &mut object, value.clone()),
        };
        result.map_err(|error| match error {
            patch::Error::Malformed(message) => Status::bad_request(message),
            patch::Error::Unprocessable(message) => {
                let status = Status::new(
                    Reason::Invalid,
                    format!("the server rejected our request due to an error in our request: {message}"),
                );
                status.about(&call.target.resource.group_resource(), &call.target.name)
            }
        })?;
        Ok(object)
    }
}

fn unsupported(media_type: &str) -> Status {
    Status::new(
        Reason::UnsupportedMediaType,
        format!(
            "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json ({media_type} is not served for this resource)"
        ),
    )
}
