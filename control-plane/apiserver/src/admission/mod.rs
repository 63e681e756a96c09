//! Built-in admission: an ordered table of plugins, each a pair of functions.
//!
//! Mutating functions change the object of a create or update; validating functions refuse. All see
//! the call, so that they can read other objects from the watch cache.

mod lifecycle;
mod pod;
mod rbac;

use api::Value;
use meta::Status;

use crate::path::Call;

type Mutate = fn(&Call<'_>, &mut Value, Option<&Value>) -> Result<(), Status>;
type Validate = fn(&Call<'_>, Option<&Value>, Option<&Value>) -> Result<(), Status>;

/// One plugin; a step that it lacks is `None`.
struct Plugin {
    mutate: Option<Mutate>,
    validate: Option<Validate>,
}

/// In upstream's order.
const PLUGINS: &[Plugin] = &[
    Plugin { mutate: None, validate: Some(lifecycle::namespace_lifecycle) },
    Plugin { mutate: Some(pod::service_account), validate: None },
    Plugin { mutate: Some(pod::priority), validate: None },
    Plugin { mutate: Some(pod::default_tolerations), validate: None },
    Plugin { mutate: None, validate: Some(lifecycle::node_restriction) },
    Plugin { mutate: None, validate: Some(rbac::no_escalation) },
];

/// Runs the mutating functions on the object of a create or, with the old object, an update.
pub(crate) async fn mutate(call: &Call<'_>, object: &mut Value, old: Option<&Value>) -> Result<(), Status> {
    // Upstream refuses writes into missing namespaces before anything else is looked at.
    lifecycle::namespace_exists(call, old)?;
    PLUGINS.iter().filter_map(|plugin| plugin.mutate).try_for_each(|mutate| mutate(call, object, old))
}

/// Runs the validating functions; of a delete, `object` is `None`.
pub(crate) async fn validate(
    call: &Call<'_>,
    object: Option<&Value>,
    old: Option<&Value>,
) -> Result<(), Status> {
    PLUGINS.iter().filter_map(|plugin| plugin.validate).try_for_each(|validate| validate(call, object, old))
}
