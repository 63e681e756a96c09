//! Calls as methods.

use std::sync::Arc;

use api::Object;
use api::Resource;
use api::Value;
use bytes::Bytes;
use meta::Status;

use crate::Action;
use crate::Answer;
use crate::DeleteOptions;
use crate::Error;
use crate::ListOptions;
use crate::ObjectList;
use crate::Patch;
use crate::Request;
use crate::Target;
use crate::Transport;
use crate::WatchOptions;
use crate::WatchStream;
use crate::WriteOptions;

/// Calls the API as one component; cheap to clone.
#[derive(Clone)]
pub struct Client {
    transport: Arc<dyn Transport>,
    field_manager: Arc<str>,
}

impl Client {
    /// `field_manager` names the component in `managedFields`.
    pub fn new(transport: Arc<dyn Transport>, field_manager: &str) -> Self {
        Self { transport, field_manager: field_manager.into() }
    }

    /// Any call.
    pub async fn call(&self, target: Target, action: Action) -> Result<Answer, Error> {
        self.transport.call(Request { target, action }).await
    }

    /// Reads one object.
    pub async fn get(&self, target: Target) -> Result<Arc<Object>, Error> {
        object(self.call(target, Action::Get { resource_version: None }).await?)
    }

    /// Reads one object; `None` where it does not exist.
    pub async fn find(&self, target: Target) -> Result<Option<Arc<Object>>, Error> {
        match self.get(target).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a collection.
    pub async fn list(&self, target: Target, options: ListOptions) -> Result<ObjectList, Error> {
        match self.call(target, Action::List(options)).await? {
            Answer::List(list) => Ok(list),
            _ => Err(unexpected("a list")),
        }
    }

    /// Follows a collection.
    pub async fn watch(&self, target: Target, options: WatchOptions) -> Result<WatchStream, Error> {
        match self.call(target, Action::Watch(options)).await? {
            Answer::Watch(stream) => Ok(stream),
            _ => Err(unexpected("a watch")),
        }
    }

    /// Makes an object.
    pub async fn create(&self, resource: &'static Resource, body: Value) -> Result<Arc<Object>, Error> {
        let namespace = body["metadata"]["namespace"].str_or_empty().to_owned();
        object(self.call(Target::within(resource, &namespace), Action::Create(body, self.options())).await?)
    }

    /// Posts to a subresource, or makes something that is not stored; the answer as it came.
    pub async fn post(&self, target: Target, body: Value) -> Result<Value, Error> {
        match self.call(target, Action::Create(body, self.options())).await? {
            Answer::Value(value) => Ok(value),
            Answer::Object(object) => Ok(object.value().clone()),
            _ => Err(unexpected("an object")),
        }
    }

    /// Replaces an object (or its `status`, where the target says so). The body's `resourceVersion`,
    /// where set, must be current.
    pub async fn update(&self, target: Target, body: Value) -> Result<Arc<Object>, Error> {
        object(self.call(target, Action::Update(body, self.options())).await?)
    }

    /// Changes an object by a JSON merge patch.
    pub async fn merge_patch(&self, target: Target, patch: &Value) -> Result<Arc<Object>, Error> {
        self.patch(target, Patch::Merge(Bytes::from(api::json::to_vec(patch)))).await
    }

    /// Changes an object by a strategic merge patch.
    pub async fn strategic_patch(&self, target: Target, patch: &Value) -> Result<Arc<Object>, Error> {
        self.patch(target, Patch::Strategic(Bytes::from(api::json::to_vec(patch)))).await
    }

    /// Changes an object.
    pub async fn patch(&self, target: Target, patch: Patch) -> Result<Arc<Object>, Error> {
        object(self.call(target, Action::Patch(patch, self.options())).await?)
    }

    /// Deletes an object. A missing object is an error; see [`Error::is_not_found`].
    pub async fn delete(&self, target: Target, options: DeleteOptions) -> Result<(), Error> {
        self.call(target, Action::Delete(options)).await.map(drop)
    }

    fn options(&self) -> WriteOptions {
        WriteOptions { field_manager: self.field_manager.to_string(), ..WriteOptions::default() }
    }
}

fn object(answer: Answer) -> Result<Arc<Object>, Error> {
    match answer {
        Answer::Object(object) => Ok(object),
        _ => Err(unexpected("an object")),
    }
}

fn unexpected(wanted: &str) -> Error {
    Status::internal(format!("the API server answered with something else than {wanted}")).into()
}
