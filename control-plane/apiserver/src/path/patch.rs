//! Patch: a change computed on the current object, then the path of an update.

use api::Entry;
use api::Object;
use api::Value;
use api::types::TypeId;
use client::Answer;
use client::Patch;
use client::WriteOptions;
use meta::Cause;
use meta::Reason;
use meta::Status;
use schema::patch;

use super::Call;
use super::decode::Undecodable;
use super::managers::Ownership;
use super::write::CONFLICT_TRIES;
use super::write::Replace;

impl Call<'_> {
    pub(crate) async fn patch(&mut self, patch: Patch, options: &WriteOptions) -> Result<Answer, Status> {
        let part = self.part();
        if let Patch::Apply { config, force } = patch {
            return self.apply(&config, force, options).await;
        }
        let ty = self.version.map_or(self.target.resource, |version| version.served).ty;
        let prepared = Prepared::new(patch, self, ty)?;
        self.server.storage.catch_up().await;
        for _ in 0..CONFLICT_TRIES {
            let old = self.current()?;
            let patched = prepared.apply_to(self.shown(&old))?;
            let before = old.resource_version().to_string();
            let pinned = patched["metadata"]["resourceVersion"].as_str() != Some(&before);
            let object = match self.decode_patched(patched, options) {
                Ok(object) => object,
                Err(Undecodable::Kind(status)) => return Err(status),
                Err(Undecodable::Fields(error)) => return Err(prepared.refusal(&self.shown(&old), &error)),
            };
            self.check_place(&object)?;
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

    /// An object as the client that patches it sees it.
    fn shown(&self, object: &Object) -> Value {
        let mut shown = object.value().clone();
        if let Some(version) = self.version {
            version.to_served(&mut shown);
        }
        shown
    }
}

/// A patch that was parsed once and may be applied several times.
pub(super) enum Prepared {
    Json(Value),
    Merge(Value),
    Strategic(TypeId, Value),
}

impl Prepared {
    /// Parses a patch of an object of this type.
    pub(super) fn new(patch: Patch, call: &mut Call<'_>, ty: Option<TypeId>) -> Result<Self, Status> {
        let mut parse = |bytes: &[u8]| {
            let parsed = api::json::parse(bytes)
                .map_err(|error| Status::bad_request(format!("error decoding patch: {}", error.message)))?;
            call.patch_duplicates.extend(parsed.duplicates);
            Ok::<_, Status>(parsed.value)
        };
        match patch {
            Patch::Json(bytes) => Ok(Prepared::Json(parse(&bytes)?)),
            Patch::Merge(bytes) => match parse(&bytes)? {
                value @ Value::Object(_) => Ok(Prepared::Merge(value)),
                other => Err(Status::bad_request(format!(
                    "error decoding patch: json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
                    other.type_name()
                ))),
            },
            Patch::Strategic(bytes) => {
                let value = parse(&bytes)?;
                let ty = ty.ok_or_else(|| unsupported("application/strategic-merge-patch+json"))?;
                Ok(Prepared::Strategic(ty, value))
            }
            Patch::Apply { .. } => Err(unsupported("application/apply-patch+yaml")),
        }
    }

    /// What was made of the object is no object of its kind.
    pub(super) fn refusal(&self, object: &Value, error: &str) -> Status {
        let shown = match self {
            Prepared::Strategic(_, patch) => go_text(patch),
            // It was applied before, and is again only to be shown.
            Prepared::Merge(patch) => self.shown(object, patch),
            Prepared::Json(operations) => self.shown(object, &touched(operations)),
        };
        Status::invalid("", "", "", Cause::invalid("patch", shown, error))
    }

    fn shown(&self, object: &Value, touched: &Value) -> String {
        self.apply_to(object.clone())
            .map(|object| api::json::to_string(&sorted(&object, touched)))
            .unwrap_or_default()
    }

    /// The object with the patch in it.
    pub(super) fn apply_to(&self, mut object: Value) -> Result<Value, Status> {
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
                // Upstream keeps what it was to itself.
                tracing::debug!(%message, "a patch does not fit its object");
                Status::new(Reason::Invalid, "the server rejected our request due to an error in our request")
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

/// A patched object as upstream shows it: what the patch touched has become maps, whose keys Go writes
/// in order; the rest stands as it was.
fn sorted(value: &Value, touched: &Value) -> Value {
    let (Value::Object(map), Value::Object(touched)) = (value, touched) else { return value.clone() };
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by(|a, b| a.key.as_str().cmp(b.key.as_str()));
    let shown = entries.into_iter().map(|Entry { key, value }| {
        let inner = touched.get(key.as_str());
        Entry {
            key: key.clone(),
            value: inner.map_or_else(|| value.clone(), |touched| sorted(value, touched)),
        }
    });
    Value::Object(shown.collect::<Vec<Entry>>().into())
}

/// The objects that the operations of a JSON patch touch, in the form of a merge patch.
fn touched(operations: &Value) -> Value {
    let mut touched = Value::object();
    for operation in operations.items() {
        let mut at = &mut touched;
        for token in operation["path"].str_or_empty().split('/').skip(1) {
            at = at.ensure_map().entry(&token.replace("~1", "/").replace("~0", "~"));
        }
    }
    touched
}

/// A value as Go shows maps and lists: `map[a:1 b:[x y]]`.
fn go_text(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<String> =
                map.iter().map(|entry| format!("{}:{}", entry.key.as_str(), go_text(&entry.value))).collect();
            entries.sort();
            format!("map[{}]", entries.join(" "))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(go_text).collect::<Vec<_>>().join(" ")),
        Value::String(text) => text.to_string(),
        Value::Null => "<nil>".to_owned(),
        other => api::json::to_string(other),
    }
}
