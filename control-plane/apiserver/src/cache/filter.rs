//! What a reader or watcher wants to see.

use api::Object;
use client::EventKind;
use meta::FieldSelector;
use meta::LabelSelector;

use super::change::Change;

/// What a reader or watcher wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Filter {
    pub(crate) namespace: String,
    pub(crate) labels: LabelSelector,
    pub(crate) fields: FieldSelector,
}

impl Filter {
    /// Whether an object is selected.
    pub(crate) fn selects(&self, object: &Object) -> bool {
        (self.namespace.is_empty() || object.namespace() == self.namespace)
            && (self.labels.is_empty() || object.index().matches_labels(&self.labels))
            && (self.fields.is_empty() || object.index().matches_fields(object.resource(), &self.fields))
    }

    /// What a change is to a watcher with this filter: an object that begins to be selected was
    /// added, one that ceases to be selected was deleted.
    pub(crate) fn event(&self, change: &Change) -> Option<EventKind> {
        let before = change.previous.as_ref().is_some_and(|object| self.selects(object));
        let after = !change.deleted && self.selects(&change.object);
        match (before, after) {
            (false, true) => Some(EventKind::Added),
            (true, true) => Some(EventKind::Modified),
            (true, false) => Some(EventKind::Deleted),
            (false, false) => None,
        }
    }
}
