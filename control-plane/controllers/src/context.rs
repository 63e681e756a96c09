//! What a controller is built from.

use std::sync::Arc;

use api::Resource;
use api::verbs;
use client::Change;
use client::Client;
use client::Informer;
use control::Key;
use control::Reconcile;
use control::Recorder;
use control::WorkQueue;

use crate::Config;
use crate::Deps;

/// One queue with the controller that serves it.
pub(crate) struct Part {
    pub(crate) queue: WorkQueue,
    pub(crate) controller: Arc<dyn Reconcile>,
    pub(crate) workers: usize,
}

/// The configuration and the surroundings of every controller.
pub(crate) struct Context<'a> {
    pub(crate) config: &'a Config,
    pub(crate) deps: &'a Deps,
}

impl Context<'_> {
    /// A client that acts as the service account `kube-system/ACCOUNT`.
    pub(crate) fn client(&self, account: &'static str) -> Client {
        (self.deps.clients)(account)
    }

    pub(crate) fn informer(&self, group: &str, name: &str) -> Informer {
        self.deps.informers.get(row(group, name))
    }

    pub(crate) fn queue(&self) -> WorkQueue {
        WorkQueue::new(self.deps.clock.clone())
    }

    /// Records events as the service account `kube-system/ACCOUNT`.
    pub(crate) fn recorder(&self, account: &'static str) -> Recorder {
        let deps = self.deps;
        Recorder::new(account, "", self.client(account), deps.clock.clone(), &deps.spawner)
    }
}

/// A row of the resource table that the program relies on.
pub(crate) fn row(group: &str, name: &str) -> &'static Resource {
    Resource::preferred(group, name).expect("a row of the table")
}

/// Wakes a controller for every change of the objects it is about.
pub(crate) fn wake_for_own(informer: &Informer, queue: &WorkQueue) {
    let queue = queue.clone();
    informer.subscribe(move |change: &Change<'_>| queue.add(Key::of(change.object()), "own object changed"));
}

/// Wakes a controller for every change of what an object of `kind` controls.
pub(crate) fn wake_for_controlled(informer: &Informer, queue: &WorkQueue, kind: &'static str) {
    let queue = queue.clone();
    informer.subscribe(move |change: &Change<'_>| {
        // A dependent that changes hands concerns both the old and the new controller.
        for object in [change.old, change.new].into_iter().flatten() {
            if let Some(owner) = crate::objects::controller_of(object)
                && owner.kind() == kind
            {
                queue.add(Key::new(object.namespace(), owner.name()), "dependent changed");
            }
        }
    });
}

/// Every resource whose objects are stored and can be deleted: each once, under the version it is
/// stored in. Events are left out; they end by themselves.
pub(crate) fn stored() -> impl Iterator<Item = &'static Resource> {
    Resource::all().iter().filter(|resource| {
        let allowed = [verbs::GET, verbs::CREATE, verbs::LIST, verbs::WATCH, verbs::DELETE];
        let other_form =
            matches!((resource.group, resource.version), ("autoscaling", "v1") | ("events.k8s.io", _));
        let event = resource.group.is_empty() && resource.name == "events";
        resource.served_by_default
            && !other_form
            && !event
            && allowed.iter().all(|verb| resource.allows(*verb))
    })
}
