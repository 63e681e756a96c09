//! Certificates against independent readers, handshakes over memory, tokens, sealing.

mod certificates;
mod handshakes;
mod secrets;

use std::time::Duration;

use jiff::Timestamp;
use stdx::Rng;

use super::*;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn now() -> Timestamp {
    // Handshakes are judged by the library's own clock, so these certificates are valid for real.
    Timestamp::now()
}

fn authority(name: &str) -> CertificateAuthority {
    let rng = Rng::from_seed(name.len() as u64);
    CertificateAuthority::generate(name, Validity::starting(now(), 10 * 365 * DAY), &rng).unwrap()
}
