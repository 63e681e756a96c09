//! Identity: certificates and their authorities, TLS configuration, service-account tokens, and the
//! sealing of secrets at rest.
//!
//! Invariants:
//! - One crypto provider, aws-lc-rs, named in every configuration; nothing process-wide is installed.
//! - Time is passed in; nothing here reads a clock.
//! - A TLS server asks for a client certificate, checks that the client holds its key, and nothing
//!   else. Who issued it is judged afterwards by [`verify_client`], so that an unknown issuer is an
//!   HTTP answer (401) and not a broken handshake, and other ways to authenticate still get a chance.
//! - Private keys are written with mode 0600, whole or not at all.
//! - Names are copied as bytes from a request into a certificate: nothing is lost on the way that a
//!   later reader could understand differently.
//!
//! Reading order: [`KeyPair`], [`Subject`] and [`Leaf`] (what a certificate says),
//! [`CertificateAuthority`], [`Csr`], [`Credential`] (a chain with its key, on disk and in memory),
//! `tls`, [`verify_client`], [`TokenSigner`], [`SealingKey`].

mod authority;
mod certificate;
mod client;
mod credential;
mod csr;
mod der;
mod error;
mod files;
mod key;
mod pem;
mod seal;
mod tls;
mod token;

#[cfg(test)]
mod tests;

pub use authority::CaBundle;
pub use authority::CertificateAuthority;
pub use certificate::Leaf;
pub use certificate::SubjectAltNames;
pub use certificate::Usage;
pub use certificate::Validity;
pub use client::ClientIdentity;
pub use client::verify_client;
pub use credential::Credential;
pub use csr::Csr;
pub use csr::create_csr;
pub use error::Error;
pub use key::KeyPair;
pub use key::Subject;
pub use seal::SealingKey;
pub use tls::Rotating;
pub use tls::ServerTrust;
pub use tls::client_config;
pub use tls::provider;
pub use tls::server_config;
pub use token::TokenSigner;
pub use token::TokenVerifier;
pub use token::VerifiedToken;

/// The result of an operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
