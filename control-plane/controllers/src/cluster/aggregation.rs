//! ClusterRoles that are the sum of others, by label selectors (`aggregationRule`).

use std::sync::Arc;

use api::Object;
use api::Value;
use api::selector;
use client::Change;
use client::Client;
use client::Informer;
use control::Error;
use control::Key;
use control::Outcome;
use control::Reconcile;

use crate::context::Context;
use crate::context::Part;
use crate::workloads::claim::target;

const NAME: &str = "clusterrole-aggregation-controller";

struct Controller {
    roles: Informer,
    client: Client,
}

/// The controller.
pub(crate) fn build(context: &Context<'_>) -> Vec<Part> {
    let roles = context.informer("rbac.authorization.k8s.io", "clusterroles");
    let queue = context.queue();
    let (wake, all) = (queue.clone(), roles.clone());
    roles.subscribe(move |change: &Change<'_>| {
        if is_aggregate(change.object()) {
            wake.add(Key::of(change.object()), "own object changed");
        }
        for role in all.list() {
            if is_aggregate(&role)
                && [change.old, change.new].into_iter().flatten().any(|part| selects(&role, part))
            {
                wake.add(Key::of(&role), "part changed");
            }
        }
    });
    let controller = Controller { roles, client: context.client(NAME) };
    vec![Part { queue, controller: Arc::new(controller), workers: 1 }]
}

#[async_trait::async_trait]
impl Reconcile for Controller {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn reconcile(&self, key: &Key) -> Result<Outcome, Error> {
        let Some(role) = self.roles.get("", &key.name).filter(|role| is_aggregate(role)) else {
            return Ok(Outcome::Done);
        };
        let rules = sum(&role, &self.roles.list());
        if role.value()["rules"].items() == rules.as_slice() {
            return Ok(Outcome::Done);
        }
        let mut body = role.value().clone();
        body.set(&["rules"], rules);
        match self.client.update(target(&role), body).await {
            Ok(_) => Ok(Outcome::Done),
            Err(error) if error.is_not_found() => Ok(Outcome::Done),
            Err(error) => Err(error.into()),
        }
    }
}

fn is_aggregate(role: &Object) -> bool {
    !role.value()["aggregationRule"].is_null()
}

fn selects(role: &Object, part: &Object) -> bool {
    role.name() != part.name()
        && role.value()["aggregationRule"]["clusterRoleSelectors"]
            .items()
            .iter()
            .any(|s| selector::labels(s).is_some_and(|s| part.index().matches_labels(&s)))
}

/// The rules of every selected role, in the order of selectors and names, each once.
fn sum(role: &Object, roles: &[Arc<Object>]) -> Vec<Value> {
    let mut rules: Vec<Value> = Vec::new();
    for one in role.value()["aggregationRule"]["clusterRoleSelectors"].items() {
        let Some(one) = selector::labels(one) else { continue };
        for part in
            roles.iter().filter(|part| part.name() != role.name() && part.index().matches_labels(&one))
        {
            for rule in part.value()["rules"].items() {
                if !rules.contains(rule) {
                    rules.push(rule.clone());
                }
            }
        }
    }
    rules
}
