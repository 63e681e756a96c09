//! Tables of objects and of the sentences that they are answered with.

mod apps;
mod batch;
mod cluster;
mod pod;

use std::collections::BTreeMap;

use api::Resource;
use api::Value;
use stdx::Clock;
use stdx::Rng;

use crate::Context;
use crate::Requester;
use crate::Subresource;
use crate::strategy;

/// Who asks in tests.
pub(crate) static SOMEONE: Requester<'static> =
    Requester { name: "someone", uid: "", groups: &[], extra: &BTreeMap::new() };

/// The row of a resource.
fn row(group: &str, version: &str, name: &str) -> &'static Resource {
    Resource::find(group, version, name).unwrap_or_else(|| panic!("no resource {name}.{version}.{group}"))
}

/// An object as it is stored: defaulted, prepared, in canonical form.
fn made(resource: &'static Resource, mut object: Value) -> Value {
    let (clock, rng) = (Clock::system(), Rng::from_seed(1));
    let cx = Context { clock: &clock, rng: &rng, user: SOMEONE, resource, asked: resource };
    let rules = strategy(resource);
    rules.set_defaults(&mut object);
    rules.prepare_create(&cx, &mut object);
    rules.set_defaults(&mut object);
    canonical(resource, object)
}

fn canonical(resource: &'static Resource, object: Value) -> Value {
    let ty = resource.ty.expect("a built-in type");
    api::decode::normalize(ty, object).expect("an object of the type").value
}

/// Every complaint about a new object, as `field: sentence`.
fn complaints(resource: &'static Resource, object: Value) -> Vec<String> {
    let (clock, rng) = (Clock::system(), Rng::from_seed(1));
    let cx = Context { clock: &clock, rng: &rng, user: SOMEONE, resource, asked: resource };
    let object = made(resource, object);
    sentences(strategy(resource).validate(&cx, &object))
}

/// Every complaint about a change.
fn change_complaints(
    resource: &'static Resource,
    part: Subresource,
    old: Value,
    change: impl FnOnce(&mut Value),
) -> Vec<String> {
    let (clock, rng) = (Clock::system(), Rng::from_seed(1));
    let cx = Context { clock: &clock, rng: &rng, user: SOMEONE, resource, asked: resource };
    let old = made(resource, old);
    let mut new = old.clone();
    change(&mut new);
    let rules = strategy(resource);
    rules.set_defaults(&mut new);
    rules.prepare_update(&cx, part, &mut new, &old);
    let new = canonical(resource, new);
    sentences(rules.validate_update(&cx, part, &new, &old))
}

fn sentences(causes: meta::Causes) -> Vec<String> {
    causes.into_iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect()
}
