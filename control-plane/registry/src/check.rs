//! All the rules of an object together: those of its metadata, of its kind, and of the table of types.

use api::Value;
use meta::Causes;

use crate::Context;
use crate::Strategy;
use crate::Subresource;
use crate::metadata;

/// Every rule that a new object breaks.
pub fn check_create(cx: &Context<'_>, strategy: &dyn Strategy, object: &Value) -> Causes {
    let own = strategy.validate(cx, object);
    if metadata::comes_last(cx.asked) && !own.is_empty() {
        return own;
    }
    let mut causes = metadata::check(cx.asked, strategy, &object["metadata"]);
    causes.extend(own);
    causes
}

/// Every rule that a change from `old` breaks.
pub fn check_update(
    cx: &Context<'_>,
    strategy: &dyn Strategy,
    part: Subresource,
    object: &Value,
    old: &Value,
) -> Causes {
    let mut causes = metadata::check(cx.asked, strategy, &object["metadata"]);
    causes.extend(metadata::check_change(cx.asked, &object["metadata"], &old["metadata"]));
    causes.extend(strategy.validate_update(cx, part, object, old));
    causes
}
