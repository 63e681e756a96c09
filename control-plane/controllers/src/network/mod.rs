//! Controllers of what Services lead to.

pub(crate) mod endpoints;
pub(crate) mod endpointslice;

mod service;

#[cfg(test)]
mod tests;
