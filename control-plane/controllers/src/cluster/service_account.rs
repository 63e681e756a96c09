//! Every namespace has a ServiceAccount `default`.

use std::sync::Arc;

use api::value;
use client::Change;
use client::Client;
use client::Informer;
use control::Error;
use control::Key;
use control::Outcome;
use control::Reconcile;

use crate::context::Context;
use crate::context::Part;
use crate::context::row;
use crate::context::wake_for_own;
use crate::workloads::pods::is_terminating;

const NAME: &str = "service-account-controller";
const ACCOUNT: &str = "default";

struct Controller {
    namespaces: Informer,
    accounts: Informer,
    client: Client,
}

/// The controller; keys are namespaces.
pub(crate) fn build(context: &Context<'_>) -> Vec<Part> {
    let (namespaces, accounts) =
        (context.informer("", "namespaces"), context.informer("", "serviceaccounts"));
    let queue = context.queue();
    wake_for_own(&namespaces, &queue);
    let wake = queue.clone();
    accounts.subscribe(move |change: &Change<'_>| {
        if change.new.is_none() && change.object().name() == ACCOUNT {
            wake.add(Key::new("", change.object().namespace()), "account deleted");
        }
    });
    let controller = Controller { namespaces, accounts, client: context.client(NAME) };
    vec![Part { queue, controller: Arc::new(controller), workers: 1 }]
}

#[async_trait::async_trait]
impl Reconcile for Controller {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn reconcile(&self, key: &Key) -> Result<Outcome, Error> {
        let Some(namespace) = self.namespaces.get("", &key.name) else { return Ok(Outcome::Done) };
        if !is_open(&namespace) || self.accounts.get(&key.name, ACCOUNT).is_some() {
            return Ok(Outcome::Done);
        }
        let body = value!({
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"namespace": &key.name, "name": ACCOUNT}
        });
        made(self.client.create(row("", "serviceaccounts"), body).await)
    }
}

/// Whether a namespace takes new objects.
pub(crate) fn is_open(namespace: &api::Object) -> bool {
    !crate::objects::is_deleting(namespace)
        && namespace.value()["status"]["phase"].as_str() != Some("Terminating")
}

/// Somebody else made it, or the namespace goes away: both are fine.
pub(crate) fn made<T>(result: Result<T, client::Error>) -> Result<Outcome, Error> {
    match result {
        Ok(_) => Ok(Outcome::Done),
        Err(error) if error.is_already_exists() || error.is_not_found() || is_terminating(&error) => {
            Ok(Outcome::Done)
        }
        Err(error) => Err(error.into()),
    }
}
