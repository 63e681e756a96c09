//! Adoption and release: which objects a controller manages.
//!
//! Source: upstream's ControllerRefManager. A selected orphan is adopted; an owned object that the
//! selector no longer selects is released; nothing is taken from another controller.

use std::sync::Arc;

use api::Object;
use api::value;
use client::Client;
use client::Target;
use meta::LabelSelector;

use crate::objects::controller_of;
use crate::objects::controller_reference;
use crate::objects::is_deleting;

/// What is to happen with candidates.
#[derive(Debug, Default)]
pub(crate) struct Claim {
    /// Managed already, and still selected.
    pub(crate) owned: Vec<Arc<Object>>,
    /// To be adopted.
    pub(crate) adopt: Vec<Arc<Object>>,
    /// To be released.
    pub(crate) release: Vec<Arc<Object>>,
}

/// Sorts candidates out. A controller that is being deleted adopts and releases nothing.
pub(crate) fn claim(
    owner: &Object,
    selector: &LabelSelector,
    candidates: impl IntoIterator<Item = Arc<Object>>,
    may_adopt: impl Fn(&Object) -> bool,
) -> Claim {
    let mut claim = Claim::default();
    for object in candidates {
        let selected = object.index().matches_labels(selector);
        match controller_of(&object) {
            Some(controller) if controller.uid() == owner.uid() => {
                if selected {
                    claim.owned.push(object);
                } else if !is_deleting(owner) {
                    claim.release.push(object);
                }
            }
            Some(_) => {}
            None => {
                let free = selected && !is_deleting(owner) && !is_deleting(&object);
                if free && may_adopt(&object) {
                    claim.adopt.push(object);
                }
            }
        }
    }
    claim
}

impl Claim {
    /// Writes adoptions and releases, and returns what is managed afterwards.
    pub(crate) async fn settle(
        self,
        client: &Client,
        owner: &Object,
    ) -> Result<Vec<Arc<Object>>, control::Error> {
        let mut owned = self.owned;
        if !self.adopt.is_empty() {
            let live = client.get(target(owner)).await?;
            // The cached owner may be one that is gone already: its successor must not get orphans
            // in its predecessor's name.
            if live.uid() != owner.uid() || is_deleting(&live) {
                return Err(control::Error::Other(format!(
                    "{} was replaced or is being deleted",
                    owner.name()
                )));
            }
        }
        for object in self.adopt {
            let patch = value!({
                "metadata": {"uid": object.uid(), "ownerReferences": [controller_reference(owner)]}
            });
            match client.strategic_patch(target(&object), &patch).await {
                Ok(adopted) => owned.push(adopted),
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error.into()),
            }
        }
        for object in self.release {
            let patch = value!({
                "metadata": {"uid": object.uid(), "ownerReferences": [{"$patch": "delete", "uid": owner.uid()}]}
            });
            match client.strategic_patch(target(&object), &patch).await {
                Ok(_) => {}
                Err(error) if error.is_not_found() || error.is_conflict() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(owned)
    }
}

/// The address of an object.
pub(crate) fn target(object: &Object) -> Target {
    Target::object(object.resource(), object.namespace(), object.name())
}
