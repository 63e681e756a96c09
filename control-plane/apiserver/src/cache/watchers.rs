//! Who watches a resource, and what they are owed.
//!
//! Watchers with the same filter form a group: a change is compared with the filter once, and what one
//! batch of the store is to the group is one shared list with shared bytes. A change is compared only
//! with the groups that it can be of interest to: thousands of kubelets watch the pods of one node
//! each, and one object by its name.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use api::Object;
use api::Resource;

use super::change::Change;
use super::change::Event;
use super::change::Events;
use super::filter::Filter;
use super::queue::Sender;
use super::room::Room;

/// Every watcher of one resource. Visited in the order in which they came, so that a simulation
/// repeats itself.
#[derive(Default)]
pub(super) struct Watchers {
    groups: BTreeMap<u64, Group>,
    by_filter: HashMap<Arc<Filter>, u64>,
    routes: Routes,
    /// Groups with changes that their members were not given yet.
    owed: Vec<u64>,
    /// Groups whose members have something new, but were not woken.
    quiet: Vec<u64>,
    next_id: u64,
    /// Shared by the watchers of all resources.
    backlogs: Arc<Room>,
}

/// Where a watcher is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    group: u64,
    member: u64,
}

struct Group {
    filter: Arc<Filter>,
    members: BTreeMap<u64, Sender>,
    pending: Vec<Event>,
}

/// Groups by what a change must have for them to be interested. Each is in one place.
#[derive(Default)]
struct Routes {
    everything: Vec<u64>,
    by_namespace: Buckets,
    by_name: Buckets,
    /// By the values of selectable fields, which are named by their place in the resource's row.
    by_field: BTreeMap<usize, Buckets>,
}

#[derive(Default)]
struct Buckets {
    groups: HashMap<Box<str>, Vec<u64>>,
}

enum Route<'f> {
    Everything,
    Namespace(&'f str),
    Name(&'f str),
    Field(usize, &'f str),
}

impl Watchers {
    /// None yet; what waits for them takes room there.
    pub(super) fn new(backlogs: Arc<Room>) -> Self {
        Self { backlogs, ..Self::default() }
    }

    /// A place for a watcher that will be told of every change from now on.
    pub(super) fn reserve(&mut self, resource: &'static Resource, filter: Filter) -> Place {
        let member = self.take_id();
        if let Some(&group) = self.by_filter.get(&filter) {
            // What the others are owed already is the past to the new one.
            self.deliver_to(group);
            return Place { group, member };
        }
        let group = self.take_id();
        let filter = Arc::new(filter);
        self.routes.bucket(Route::of(resource, &filter)).push(group);
        self.by_filter.insert(filter.clone(), group);
        self.groups.insert(group, Group { filter, members: BTreeMap::new(), pending: Vec::new() });
        Place { group, member }
    }

    /// Seats the watcher that a place was reserved for.
    pub(super) fn join(&mut self, place: Place, sender: Sender) {
        let group = self.groups.get_mut(&place.group).expect("it was reserved under the same lock");
        group.members.insert(place.member, sender);
    }

    /// Forgets a watcher, and its group if it was the last one there.
    pub(super) fn leave(&mut self, resource: &'static Resource, place: Place) {
        let Some(group) = self.groups.get_mut(&place.group) else { return };
        group.members.remove(&place.member);
        if group.members.is_empty()
            && let Some(group) = self.groups.remove(&place.group)
        {
            self.by_filter.remove(&group.filter);
            self.routes.remove(Route::of(resource, &group.filter), place.group);
        }
    }

    /// Notes a change for those who see it.
    pub(super) fn note(&mut self, change: &Arc<Change>) {
        let Self { groups, routes, owed, .. } = self;
        routes.visit(change, |id| {
            let Some(group) = groups.get_mut(&id) else { return };
            let Some(kind) = group.filter.event(change) else { return };
            if group.pending.is_empty() {
                owed.push(id);
            }
            group.pending.push((kind, change.clone()));
        });
    }

    /// Puts what was noted into the queues. Watchers sleep on until [`Watchers::ring`].
    pub(super) fn deliver(&mut self) {
        for group in std::mem::take(&mut self.owed) {
            self.deliver_to(group);
        }
    }

    /// Wakes the watchers that have something new.
    pub(super) fn ring(&mut self) {
        for id in self.quiet.drain(..) {
            if let Some(group) = self.groups.get(&id) {
                group.members.values().for_each(Sender::ring);
            }
        }
    }

    /// How many groups there are.
    #[cfg(test)]
    pub(super) fn groups(&self) -> usize {
        self.groups.len()
    }

    fn deliver_to(&mut self, id: u64) {
        let Some(group) = self.groups.get_mut(&id) else { return };
        if group.pending.is_empty() {
            return;
        }
        let room = &self.backlogs;
        let events = Arc::new(Events::new(std::mem::take(&mut group.pending), room));
        // A full queue means a watcher that does not keep up: dropping its sender ends it with 410.
        group.members.retain(|_, sender| sender.push(&events, room));
        self.quiet.push(id);
    }

    fn take_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }
}

impl<'f> Route<'f> {
    /// The way that fewest changes go.
    fn of(resource: &'static Resource, filter: &'f Filter) -> Self {
        if let Some(name) = filter.fields.exact("metadata.name") {
            return Route::Name(name);
        }
        let mut fields = resource.selectable().iter().enumerate();
        let field = fields.find_map(|(place, field)| Some((place, filter.fields.exact(field)?)));
        match field {
            Some((place, value)) => Route::Field(place, value),
            None if !filter.namespace.is_empty() => Route::Namespace(&filter.namespace),
            None => Route::Everything,
        }
    }
}

impl Routes {
    fn bucket(&mut self, route: Route<'_>) -> &mut Vec<u64> {
        match route {
            Route::Everything => &mut self.everything,
            Route::Namespace(namespace) => self.by_namespace.of(namespace),
            Route::Name(name) => self.by_name.of(name),
            Route::Field(place, value) => self.by_field.entry(place).or_default().of(value),
        }
    }

    fn remove(&mut self, route: Route<'_>, group: u64) {
        match route {
            Route::Everything => self.everything.retain(|id| *id != group),
            Route::Namespace(namespace) => self.by_namespace.remove(namespace, group),
            Route::Name(name) => self.by_name.remove(name, group),
            Route::Field(place, value) => {
                let Some(buckets) = self.by_field.get_mut(&place) else { return };
                buckets.remove(value, group);
                if buckets.groups.is_empty() {
                    self.by_field.remove(&place);
                }
            }
        }
    }

    /// Every group that a change can be of interest to, once.
    fn visit(&self, change: &Change, mut visit: impl FnMut(u64)) {
        let object = &change.object;
        // Neither changes while an object lives.
        let by_namespace = self.by_namespace.get(object.namespace());
        let by_name = self.by_name.get(object.name());
        self.everything.iter().chain(by_namespace).chain(by_name).for_each(|id| visit(*id));
        for (place, buckets) in &self.by_field {
            let after = field(object, *place);
            let before = change.previous.as_deref().map(|previous| field(previous, *place));
            buckets.get(after).iter().for_each(|id| visit(*id));
            if let Some(before) = before.filter(|before| *before != after) {
                buckets.get(before).iter().for_each(|id| visit(*id));
            }
        }
    }
}

impl Buckets {
    fn of(&mut self, value: &str) -> &mut Vec<u64> {
        self.groups.entry(value.into()).or_default()
    }

    fn get(&self, value: &str) -> &[u64] {
        self.groups.get(value).map_or(&[], Vec::as_slice)
    }

    fn remove(&mut self, value: &str, group: u64) {
        let Some(groups) = self.groups.get_mut(value) else { return };
        groups.retain(|id| *id != group);
        if groups.is_empty() {
            self.groups.remove(value);
        }
    }
}

/// The value of a selectable field; one that is absent equals the empty text.
fn field(object: &Object, place: usize) -> &str {
    object.index().fields.get(place).map_or("", |value| value.as_str())
}
