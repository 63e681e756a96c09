//! How `--memory-budget` is divided.
//!
//! What a cluster holds (its objects, once each, in the watch cache) is not bounded by a budget: it
//! cannot be refused. Everything that clients and load can make grow besides is:
//!
//! | part | of the budget | what happens at its bound |
//! |---|---|---|
//! | objects and the program itself | 1/2 | nothing: it is what the operator plans for |
//! | request bodies, decoded | 1/4 | 429 |
//! | connections with their buffers | 1/8 | more wait to be accepted |
//! | pages of the store | 1/16 | read from disk |
//! | slack: the allocator, answers on their way | 1/16 | |

use anyhow::Context as _;
use apiserver::Limits;
use meta::Quantity;

use crate::cli::UpArgs;

/// Less would not hold the program itself.
const SMALLEST: usize = 64 << 20;
/// How much larger a body is once it is decoded, at most: `[1,1,…]` is two bytes for each value of 24.
const DECODED: usize = 12;
/// What a connection takes at most while its client reads: TLS, frames, buffers of a few streams.
const CONNECTION_BYTES: usize = 256 << 10;

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
        let Limits { bodies_bytes, max_body_bytes, .. } = &mut self.limits;
        *bodies_bytes = (budget / 4 / DECODED).max(*max_body_bytes);
        let connections = &mut self.server.max_connections;
        *connections = (budget / 8 / CONNECTION_BYTES).min(*connections);
        self.store.cache_bytes = self.store.cache_bytes.min(budget / 16);
    }
}

fn bytes(text: &str) -> anyhow::Result<usize> {
    let quantity = Quantity::parse(text)
        .with_context(|| format!("--memory-budget {text:?} is no size: write for example 256Mi"))?;
    let bytes = usize::try_from(quantity.value()).unwrap_or(0);
    anyhow::ensure!(bytes >= SMALLEST, "--memory-budget {text}: the program itself needs 64Mi");
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
        for size in ["64Mi", "256Mi", "8Gi"] {
            let budget = bytes(size).expect("a size");
            let Bounds { limits, store, server } = bounds(&["--memory-budget", size]).expect("valid");
            let parts =
                limits.bodies_bytes * DECODED + server.max_connections * CONNECTION_BYTES + store.cache_bytes;
            assert!(parts <= budget, "{size}: {parts}");
            assert!(limits.bodies_bytes >= limits.max_body_bytes);
        }
        for (size, sentence) in
            [("much", "is no size"), ("1Mi", "the program itself needs 64Mi"), ("-1Gi", "needs")]
        {
            let error = bounds(&[&format!("--memory-budget={size}")]).err().expect("refused");
            assert!(format!("{error:#}").contains(sentence), "{error:#}");
        }
    }
}
