//! From a body to an object of its kind.

use api::Placed;
use api::Value;
use client::WriteOptions;
use meta::Status;

use super::Call;
use super::check_type;
use super::managers::keep_reset;

/// Why a value is no object of its kind.
pub(super) enum Undecodable {
    /// It claims to be of another kind or version.
    Kind(Status),
    /// Its fields do not fit: the sentence of the decoder.
    Fields(String),
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
        keep_reset(&mut body);
        let Some(ty) = resource.ty else { return Ok(body) };
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
        let complaints: Vec<String> = in_patch.chain(found.into_iter().map(complain)).collect();
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
