//! Where a pod runs: the scheduler's decision.

use std::sync::Arc;

use api::Object;
use api::Value;
use api::value;
use client::Answer;
use client::WriteOptions;
use meta::Cause;
use meta::GroupResource;
use meta::Status;
use registry::Subresource;

use super::Call;

impl Call<'_> {
    /// Binds a pod to a node.
    pub(super) async fn bind(&mut self, body: Value, options: &WriteOptions) -> Result<Answer, Status> {
        if body["metadata"]["name"].str_or_empty() != self.target.name {
            return Err(Status::bad_request("name in URL does not match name in Binding object"));
        }
        check(&body)?;
        let bound = |call: &Self, old: &Arc<Object>| call.bound(old, &body);
        self.modify(Subresource::Other("binding"), options, bound).await?;
        self.created = true;
        Ok(Answer::Value(
            value!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}),
        ))
    }

    /// The pod as it is once it is bound.
    fn bound(&self, old: &Arc<Object>, body: &Value) -> Result<Value, Status> {
        self.check_identity(old, &body["metadata"])?;
        let (mut pod, name) = (old.value().clone(), old.name());
        let assigned = pod["spec"]["nodeName"].str_or_empty();
        let why = if !pod["metadata"]["deletionTimestamp"].is_null() {
            format!("pod {name} is being deleted, cannot be assigned to a host")
        } else if !assigned.is_empty() {
            format!("pod {name} is already assigned to node {assigned:?}")
        } else if !pod["spec"]["schedulingGates"].items().is_empty() {
            format!("pod {name} has non-empty .spec.schedulingGates")
        } else {
            String::new()
        };
        if !why.is_empty() {
            let resource = GroupResource { group: String::new(), resource: "pods/binding".to_owned() };
            return Err(Status::conflict(&resource, name, &why));
        }
        pod.set(&["spec", "nodeName"], body["target"]["name"].str_or_empty());
        pod.remove(&["status", "nominatedNodeName"]);
        for field in ["annotations", "labels"] {
            let given = body["metadata"][field].entries().to_vec();
            if !given.is_empty() {
                pod.at_mut(&["metadata", field]).ensure_map().extend(given);
            }
        }
        let now = meta::time::seconds(self.server.clock.now());
        set_condition(&mut pod, value!({"type": "PodScheduled", "status": "True"}), &now);
        Ok(pod)
    }

    /// Whether a pod is the one that the binding is of.
    fn check_identity(&self, old: &Object, metadata: &Value) -> Result<(), Status> {
        let version = old.resource_version().to_string();
        for (what, title, asked, has) in [
            ("UID", "UID", metadata["uid"].str_or_empty(), old.uid()),
            (
                "ResourceVersion",
                "ResourceVersion",
                metadata["resourceVersion"].str_or_empty(),
                version.as_str(),
            ),
        ] {
            if !asked.is_empty() && asked != has {
                // Upstream shows the error of its store.
                let key = format!("/registry/pods/{}/{}", old.namespace(), old.name());
                return Err(self.conflict(&format!(
                    "StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: {what} in precondition: {asked}, {title} in object meta: {has}"
                )));
            }
        }
        Ok(())
    }
}

/// The rules of a binding. Upstream tells of what is broken without a form.
fn check(body: &Value) -> Result<(), Status> {
    let (kind, name) = (body["target"]["kind"].str_or_empty(), body["target"]["name"].str_or_empty());
    let mut causes = Vec::new();
    if !kind.is_empty() && kind != "Node" {
        causes.push(Cause::not_supported("target.kind", kind, &["Node", "<empty>"]));
    }
    if name.is_empty() {
        causes.push(Cause::required("target.name", ""));
    }
    let said: Vec<String> =
        causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
    match said.as_slice() {
        [] => Ok(()),
        [one] => Err(Status::unclassified(one.clone())),
        many => Err(Status::unclassified(format!("[{}]", many.join(", ")))),
    }
}

/// Sets a condition of a pod; when it last changed is kept where it says the same.
pub(super) fn set_condition(pod: &mut Value, mut condition: Value, now: &str) {
    let conditions = pod.at_mut(&["status", "conditions"]).ensure_list();
    let known = conditions.iter().position(|known| known["type"] == condition["type"]);
    let unchanged = known.filter(|place| conditions[*place]["status"] == condition["status"]);
    match unchanged {
        Some(place) => {
            let since = conditions[place]["lastTransitionTime"].clone();
            condition.set(&["lastTransitionTime"], since);
        }
        None => condition.set(&["lastTransitionTime"], now),
    }
    match known {
        Some(place) => conditions[place] = condition,
        None => conditions.push(condition),
    }
}
