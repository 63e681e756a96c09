//! Who a client certificate says the client is.

use aws_lc_rs::digest;
use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::UnixTime;
use x509_parser::prelude::FromDer;
use x509_parser::prelude::X509Certificate;

use crate::CaBundle;
use crate::Error;
use crate::Result;
use crate::Subject;

/// What a trusted client certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientIdentity {
    /// The user name.
    pub common_name: String,
    /// The groups.
    pub organizations: Vec<String>,
    /// The user's UID, if the subject has one (attribute 1.3.6.1.4.1.57683.2, KEP-4317).
    pub uid: Option<String>,
    /// SHA-256 of the certificate in lower-case hex: upstream's credential id is
    /// `X509SHA256=` and this.
    pub fingerprint: String,
}

/// The content of the OID of the subject attribute that holds a UID.
const UID: [u8; 9] = [0x2b, 6, 1, 4, 1, 0x83, 0xc2, 0x53, 2];

/// Judges the chain that a client sent, its own certificate first, at the time `now`: issued by one
/// of the bundle, for client authentication. The handshake has proven that the client holds the key.
///
/// # Errors
/// [`Error::Untrusted`] says why not; [`Error::Malformed`] if the chain is empty or damaged.
pub fn verify_client(
    chain: &[CertificateDer<'_>],
    authorities: &CaBundle,
    now: Timestamp,
) -> Result<ClientIdentity> {
    let (first, others) =
        chain.split_first().ok_or_else(|| Error::malformed("certificate chain", "it is empty"))?;
    let since_epoch =
        std::time::Duration::try_from(now.duration_since(Timestamp::UNIX_EPOCH)).unwrap_or_default();
    let now = UnixTime::since_unix_epoch(since_epoch);
    authorities
        .clients
        .verify_client_cert(first, others, now)
        .map_err(|source| Error::Untrusted { source })?;
    let (_, parsed) =
        X509Certificate::from_der(first).map_err(|error| Error::malformed("certificate", error))?;
    let Subject { common_name, organizations } = Subject::from_name(parsed.subject())?;
    let uid = parsed.subject().iter_attributes().find(|attribute| attribute.attr_type().as_bytes() == UID);
    let uid = uid.and_then(|attribute| attribute.as_str().ok()).map(str::to_owned);
    let fingerprint = digest::digest(&digest::SHA256, first);
    let fingerprint = fingerprint.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(ClientIdentity { common_name, organizations, uid, fingerprint })
}
