//! ComponentStatus: how the parts of the control plane are, each time it is asked.
//!
//! The store is well as long as this server answers. The others are well while they renew the lease that
//! makes them leaders: so it is told alike whether they are part of this process or far away.

use std::sync::Arc;

use api::Object;
use api::Resource;
use api::value;
use client::Answer;
use client::ListOptions;
use client::ObjectList;
use jiff::SignedDuration;
use meta::Status;

use super::Call;

/// The components that hold a lease: their names, and those of their leases.
const ELECTED: [(&str, &str); 2] =
    [("controller-manager", "kube-controller-manager"), ("scheduler", "kube-scheduler")];
const STORE: &str = "etcd-0";

impl Call<'_> {
    pub(super) fn component_status(&self) -> Result<Answer, Status> {
        let mut all = self.components().into_iter();
        let found = all.find(|object| object.name() == self.target.name);
        let mut resource = self.target.resource.group_resource();
        // Upstream names the kind here, where others name the resource.
        resource.resource = self.target.resource.singular.into();
        found.map(Answer::Object).ok_or_else(|| Status::not_found(&resource, &self.target.name))
    }

    pub(super) fn component_statuses(&self, options: ListOptions) -> Result<Answer, Status> {
        let filter = self.filter(options.labels, options.fields)?;
        let mut items = self.components();
        items.retain(|object| filter.selects(object));
        let resource_version = meta::ResourceVersion::default();
        Ok(Answer::List(ObjectList {
            items,
            resource_version,
            continue_token: String::new(),
            remaining: None,
        }))
    }

    fn components(&self) -> Vec<Arc<Object>> {
        let elected = ELECTED.iter().map(|(name, lease)| (*name, self.leads(lease)));
        let all = elected.chain([(STORE, Ok("ok".to_owned()))]);
        all.map(|(name, state)| Arc::new(self.component(name, state))).collect()
    }

    fn component(&self, name: &str, state: Result<String, String>) -> Object {
        let status = if state.is_ok() { "True" } else { "False" };
        let message = state.unwrap_or_else(|why| why);
        let body = value!({
            "kind": self.target.resource.kind, "apiVersion": self.target.resource.api_version(),
            "metadata": {"name": name},
            "conditions": [{"type": "Healthy", "status": status, "message": message}]
        });
        Object::new(self.target.resource, body)
    }

    /// Whether somebody renews this lease.
    fn leads(&self, lease: &str) -> Result<String, String> {
        let leases = Resource::find("coordination.k8s.io", "v1", "leases").expect("a row of the table");
        let cache = self.server.storage.cache.of(leases).expect("leases are stored");
        let object =
            cache.get("kube-system", lease).ok_or_else(|| format!("nobody holds the lease {lease}"))?;
        let spec = &object.value()["spec"];
        let renewed = spec["renewTime"].as_str().and_then(meta::time::parse);
        let lasts = SignedDuration::from_secs(spec["leaseDurationSeconds"].as_i64().unwrap_or(0));
        let ends = renewed.and_then(|renewed| renewed.checked_add(lasts).ok());
        match ends {
            Some(ends) if ends >= self.server.clock.now() => Ok("ok".to_owned()),
            _ => Err(format!("the lease {lease} is not renewed")),
        }
    }
}

/// Whether a resource is made up anew for each request.
pub(crate) fn is_made_up(resource: &Resource) -> bool {
    resource.allows(api::verbs::LIST) && !resource.allows(api::verbs::CREATE)
}
