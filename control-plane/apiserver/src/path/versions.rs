//! A second version of a kind: turned into the stored form here, and back.

use api::Value;
use client::Action;
use client::Answer;
use client::ObjectList;
use client::WriteOptions;
use meta::FieldSelector;
use meta::Status;
use registry::versions::Version;

use super::Call;
use super::decode::Undecodable;

impl Call<'_> {
    /// Does what [`Call::run`] does, for a kind that is stored in another version.
    pub(super) async fn run_in(
        &mut self,
        version: &'static Version,
        action: Action,
    ) -> Result<Answer, Status> {
        let action = match action {
            Action::Create(body, options) => {
                Action::Create(self.stored_body(version, body, &options)?, options)
            }
            Action::Update(body, options) => {
                Action::Update(self.stored_body(version, body, &options)?, options)
            }
            Action::List(mut options) => {
                rename_fields(version, &mut options.fields);
                Action::List(options)
            }
            Action::DeleteCollection(options, mut list) => {
                rename_fields(version, &mut list.fields);
                Action::DeleteCollection(options, list)
            }
            // It turns itself, since it goes on after the answer.
            Action::Watch(options) => return Ok(Answer::Watch(self.watch(options).await?.into_stream())),
            other => other,
        };
        self.enter(version);
        let answer = self.run_stored(action).await?;
        Ok(match answer {
            Answer::Object(object) => Answer::Object(version.serve(&object)),
            Answer::List(list) => Answer::List(ObjectList {
                items: list.items.iter().map(|object| version.serve(object)).collect(),
                ..list
            }),
            other => other,
        })
    }

    /// From here on the call is about the stored kind.
    pub(super) fn enter(&mut self, version: &'static Version) {
        self.target.resource = version.stored;
        self.version = Some(version);
    }

    /// The stored form of an object that a patch made of the served one.
    pub(super) fn decode_patched(
        &mut self,
        patched: Value,
        options: &WriteOptions,
    ) -> Result<Value, Undecodable> {
        let Some(version) = self.version else { return self.try_decode(patched, options) };
        self.target.resource = version.served;
        let served = self.try_decode(patched, options);
        self.target.resource = version.stored;
        let mut object = served?;
        version.to_stored(&mut object);
        self.try_decode(object, options)
    }

    /// Checks a body as what it claims to be, then turns it.
    fn stored_body(
        &mut self,
        version: &Version,
        body: Value,
        options: &WriteOptions,
    ) -> Result<Value, Status> {
        let mut object = self.decode(body, options)?;
        version.to_stored(&mut object);
        Ok(object)
    }
}

/// What is selected by, in the names of the stored form.
pub(super) fn rename_fields(version: &Version, fields: &mut FieldSelector) {
    for term in &mut fields.terms {
        term.field = version.stored_field(&term.field).to_owned();
    }
}
