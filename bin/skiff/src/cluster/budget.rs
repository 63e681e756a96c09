//! How `--memory-budget` is divided.
//!
//! What a cluster holds (its objects, once each, in the watch cache) is not bounded by a budget: it
//! cannot be refused. Everything that clients and load can make grow besides is:
//!
//! | part | of the budget | what happens at its bound |
//! |---|---|---|
//! | request bodies, while they are decoded | 1/2 | 429 |
//! | objects and the program itself | 3/16 | nothing: it is what the operator plans for |
//! | connections with their buffers | 1/8 | more wait to be accepted |
//! | pages of the store | 1/16 | read from disk |
//! | past changes, for watches that begin there | 1/16 | the oldest are forgotten |
//! | changes that wait for watchers | 1/16 | watches that do not keep up end |

use anyhow::Context as _;
use apiserver::Limits;
use meta::Quantity;

use crate::cli::UpArgs;

/// Less would not hold the program and one body of the largest size.
const SMALLEST: usize = 192 << 20;
/// How much larger a body is while it is decoded, at most: `[1,1,…]` is two bytes for each value of 24,
/// and a list that grows is there twice for a moment.
const DECODED: usize = 28;
/// What a busy connection takes: what is read and what is written at once, TLS, frames. Quiet ones
/// take a twentieth of it.
const CONNECTION_BYTES: usize = 512 << 10;
/// Fewer would lock the components of the node out.
const FEWEST_CONNECTIONS: usize = 32;

/// The bounds of the control plane.
pub(crate) struct Bounds {
    pub(crate) limits: Limits,
    pub(crate) store: store::Options,
    pub(crate) server: wire::ServerOptions,
}

impl Bounds {
    /// The bounds that the arguments ask for.
    pub(crate) fn of(args: &UpArgs) -> anyhow::Result<Self> {
        let mut bounds = Self {
            limits: Limits {
                requests_in_flight: args.max_requests_inflight,
                mutating_requests_in_flight: args.max_mutating_requests_inflight,
                request_timeout: std::time::Duration::from_secs(args.request_timeout),
                ..Limits::default()
            },
            store: store::Options::default(),
            server: wire::ServerOptions::default(),
        };
        if let Some(text) = &args.memory_budget {
            bounds.divide(bytes(text)?);
        }
        Ok(bounds)
    }

    fn divide(&mut self, budget: usize) {
        let Limits { bodies_bytes, max_body_bytes, windows_bytes, backlogs_bytes, .. } = &mut self.limits;
        for part in [windows_bytes, backlogs_bytes] {
            *part = (*part).min(budget / 16);
        }
        *bodies_bytes = (budget / 2 / DECODED).max(*max_body_bytes);
        let connections = &mut self.server.max_connections;
        *connections = (budget / 8 / CONNECTION_BYTES).max(FEWEST_CONNECTIONS).min(*connections);
        self.store.cache_bytes = self.store.cache_bytes.min(budget / 16);
    }
}

fn bytes(text: &str) -> anyhow::Result<usize> {
    let quantity = Quantity::parse(text)
        .with_context(|| format!("--memory-budget {text:?} is no size: write for example 256Mi"))?;
    let bytes = usize::try_from(quantity.value()).unwrap_or(0);
    anyhow::ensure!(bytes >= SMALLEST, "--memory-budget {text}: the program and one request need 192Mi");
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;
    use crate::cli::Command;

    fn bounds(args: &[&str]) -> anyhow::Result<Bounds> {
        let cli = Cli::parse_from(["skiff", "up"].iter().chain(args));
        let Command::Up(args) = cli.command else { panic!("it was `up`") };
        Bounds::of(&args)
    }

    #[test]
    fn a_budget_is_divided() {
        let plain = bounds(&[]).expect("valid");
        assert_eq!((plain.limits, plain.store.cache_bytes), (Limits::default(), 4 << 20));
        for size in ["192Mi", "256Mi", "8Gi"] {
            let budget = bytes(size).expect("a size");
            let Bounds { limits, store, server } = bounds(&["--memory-budget", size]).expect("valid");
            let watches = limits.windows_bytes + limits.backlogs_bytes;
            let connections = server.max_connections * CONNECTION_BYTES;
            let parts = limits.bodies_bytes * DECODED + connections + store.cache_bytes + watches;
            assert!(parts <= budget / 16 * 13, "{size}: {parts}");
            assert!(limits.bodies_bytes >= limits.max_body_bytes);
        }
        for (size, sentence) in [
            ("much", "is no size"),
            ("1Mi", "the program and one request need 192Mi"),
            ("-1Gi", "need 192Mi"),
        ] {
            let error = bounds(&[&format!("--memory-budget={size}")]).err().expect("refused");
            assert!(format!("{error:#}").contains(sentence), "{error:#}");
        }
    }
}
