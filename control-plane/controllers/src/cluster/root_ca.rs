//! Every namespace has a ConfigMap `kube-root-ca.crt` with the certificates by which pods know the
//! API server.

use std::sync::Arc;

use api::value;
use client::Change;
use client::Client;
use client::Informer;
use control::Error;
use control::Key;
use control::Outcome;
use control::Reconcile;

use super::service_account::is_open;
use super::service_account::made;
use crate::context::Context;
use crate::context::Part;
use crate::context::row;
use crate::context::wake_for_own;
use crate::workloads::claim::target;

const NAME: &str = "root-ca-cert-publisher";
const CONFIG_MAP: &str = "kube-root-ca.crt";
const FILE: &str = "ca.crt";

struct Controller {
    namespaces: Informer,
    config_maps: Informer,
    client: Client,
    certificates: String,
}

/// The controller; keys are namespaces. Without certificates there is nothing to publish.
pub(crate) fn build(context: &Context<'_>) -> Vec<Part> {
    let certificates = context.config.ca_certificate_pem.clone();
    if certificates.is_empty() {
        return Vec::new();
    }
    let (namespaces, config_maps) = (context.informer("", "namespaces"), context.informer("", "configmaps"));
    let queue = context.queue();
    wake_for_own(&namespaces, &queue);
    let wake = queue.clone();
    config_maps.subscribe(move |change: &Change<'_>| {
        if change.object().name() == CONFIG_MAP {
            wake.add(Key::new("", change.object().namespace()), "config map changed");
        }
    });
    let controller = Controller { namespaces, config_maps, client: context.client(NAME), certificates };
    vec![Part { queue, controller: Arc::new(controller), workers: 1 }]
}

#[async_trait::async_trait]
impl Reconcile for Controller {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn reconcile(&self, key: &Key) -> Result<Outcome, Error> {
        let Some(namespace) = self.namespaces.get("", &key.name) else { return Ok(Outcome::Done) };
        if !is_open(&namespace) {
            return Ok(Outcome::Done);
        }
        match self.config_maps.get(&key.name, CONFIG_MAP) {
            Some(current) => {
                let data = &current.value()["data"];
                if data.entries().len() == 1 && data[FILE].as_str() == Some(&self.certificates) {
                    return Ok(Outcome::Done);
                }
                let mut body = current.value().clone();
                body.set(&["data"], value!({"ca.crt": &self.certificates}));
                made(self.client.update(target(&current), body).await)
            }
            None => {
                let body = value!({
                    "apiVersion": "v1", "kind": "ConfigMap",
                    "metadata": {
                        "namespace": &key.name, "name": CONFIG_MAP,
                        "annotations": {"kubernetes.io/description": "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."}
                    },
                    "data": {"ca.crt": &self.certificates}
                });
                made(self.client.create(row("", "configmaps"), body).await)
            }
        }
    }
}
