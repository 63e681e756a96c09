//! From a body to an object of its kind.

use std::collections::HashSet;

use api::Placed;
use api::Resource;
use api::Value;
use api::types::TypeId;
use client::WriteOptions;
use meta::Status;

use super::Call;
use super::SCHEME;
use super::check_type;
use super::managers::keep_reset;

/// How many unknown and duplicate fields are told.
const MOST_COMPLAINTS: usize = 100;

/// Why a value is no object of its kind.
pub(super) enum Undecodable {
    /// It claims to be of another kind or version.
    Kind(Status),
    /// Its fields do not fit: the sentence of the decoder.
    Fields(String),
}

/// The kind of a subresource, such as Scale.
pub(super) struct PartKind {
    pub(super) kind: &'static str,
    /// Its group and version.
    pub(super) api_version: &'static str,
}

impl PartKind {
    /// Its type.
    pub(super) fn ty(&self) -> TypeId {
        let name = format!("{}/{}.{}", self.package(), self.split().1, self.kind);
        TypeId::find(&name).expect("a type of the API")
    }

    /// What a body that is none of the kind is answered with, for the sentence of the decoder.
    pub(super) fn refusal(&self, error: &str) -> Status {
        let (Self { kind, .. }, (_, version)) = (self, self.split());
        Status::bad_request(format!("{kind} in version {version:?} cannot be handled as a {kind}: {error}"))
    }

    /// The short name of its group.
    fn package(&self) -> &'static str {
        self.split().0.split('.').next().unwrap_or_default()
    }

    fn split(&self) -> (&'static str, &'static str) {
        self.api_version.split_once('/').unwrap_or(("", self.api_version))
    }

    fn check(&self, body: &mut Value) -> Result<(), Status> {
        let own = |field: &str, default: &str| match body[field].str_or_empty() {
            "" => default.to_owned(),
            found => found.to_owned(),
        };
        let (kind, version) = (own("kind", self.kind), own("apiVersion", self.api_version));
        if (kind.as_str(), version.as_str()) != (self.kind, self.api_version) {
            let (group, short) = version.split_once('/').unwrap_or(("", &version));
            let why = match Resource::for_kind(group, short, &kind) {
                Some(_) => {
                    // Upstream names the type that it has inside.
                    let own = format!("{}.{}", self.package(), self.kind);
                    format!("converting ({short}.{kind}) to ({own}): unknown conversion")
                }
                None => {
                    format!("no kind {kind:?} is registered for version {version:?} in scheme {SCHEME:?}")
                }
            };
            let expected = self.kind;
            return Err(Status::bad_request(format!(
                "{kind} in version {short:?} cannot be handled as a {expected}: {why}"
            )));
        }
        body.set(&["kind"], kind);
        body.set(&["apiVersion"], version);
        Ok(())
    }
}

impl Call<'_> {
    /// Decodes a body into the form in which its type is written, with what the client asked about
    /// unknown and duplicate fields.
    pub(super) fn decode(&mut self, body: Value, options: &WriteOptions) -> Result<Value, Status> {
        let resource = self.target.resource;
        self.try_decode(body, options).map_err(|error| match error {
            Undecodable::Kind(status) => status,
            Undecodable::Fields(error) => Status::bad_request(format!(
                "{} in version {:?} cannot be handled as a {}: {error}",
                resource.kind, resource.version, resource.kind
            )),
        })
    }

    /// The same, for callers with words of their own.
    pub(super) fn try_decode(
        &mut self,
        mut body: Value,
        options: &WriteOptions,
    ) -> Result<Value, Undecodable> {
        let resource = self.target.resource;
        check_type(resource, &mut body).map_err(Undecodable::Kind)?;
        let Some(ty) = resource.ty else {
            keep_reset(&mut body);
            return Ok(body);
        };
        self.fit(ty, body, options)
    }

    /// Decodes the body of a subresource that has a kind of its own, which it is also if it does not say so.
    pub(super) fn decode_part(
        &mut self,
        mut body: Value,
        part: &PartKind,
        options: &WriteOptions,
    ) -> Result<Value, Undecodable> {
        part.check(&mut body).map_err(Undecodable::Kind)?;
        self.fit(part.ty(), body, options)
    }

    /// A body in the form in which a type is written.
    pub(super) fn fit(
        &mut self,
        ty: TypeId,
        mut body: Value,
        options: &WriteOptions,
    ) -> Result<Value, Undecodable> {
        keep_reset(&mut body);
        // A Secret's `stringData` and the like are part of the type, so this is the whole check.
        let normalized =
            api::decode::normalize(ty, body).map_err(|error| Undecodable::Fields(error.to_string()))?;
        let [in_patch, in_body] = [&mut self.patch_duplicates, &mut self.duplicates].map(std::mem::take);
        // As a reader of the text meets them; a key that stands again does so before the next new one.
        let mut found: Vec<(Placed, &str)> = in_body.into_iter().map(|key| (key, "duplicate")).collect();
        found.extend(normalized.unknown.into_iter().map(|field| (field, "unknown")));
        found.sort_by(|(a, _), (b, _)| a.place.cmp(&b.place));
        let complain = |(field, what): (Placed, &str)| format!("{what} field {:?}", field.path);
        let in_patch = in_patch.into_iter().map(|key| complain((key, "duplicate")));
        let complaints = in_patch.chain(found.into_iter().map(complain));
        let mut told = HashSet::new();
        let complaints: Vec<String> =
            complaints.filter(|complaint| told.insert(complaint.clone())).take(MOST_COMPLAINTS).collect();
        match options.field_validation.as_str() {
            "Ignore" => {}
            "Strict" if !complaints.is_empty() => {
                return Err(Undecodable::Fields(format!("strict decoding error: {}", complaints.join(", "))));
            }
            _ => self.warnings.extend(complaints),
        }
        Ok(normalized.value)
    }
}
