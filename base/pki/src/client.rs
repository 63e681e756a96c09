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
    /// The last moment at which the chain is trusted.
    pub not_after: Timestamp,
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
    let mut not_after = end_of(&parsed);
    for certificate in others {
        let parsed = X509Certificate::from_der(certificate);
        not_after = not_after.min(end_of(&parsed.map_err(|error| Error::malformed("certificate", error))?.1));
    }
    Ok(ClientIdentity { common_name, organizations, uid, fingerprint, not_after })
}

/// When a certificate expires; a time that cannot be told is long past.
fn end_of(certificate: &X509Certificate<'_>) -> Timestamp {
    Timestamp::from_second(certificate.validity().not_after.timestamp()).unwrap_or(Timestamp::MIN)
}
