//! Work queue, Reconcile, runner, leader election, events.
