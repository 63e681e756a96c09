//! Certificate requests (PKCS#10, RFC 2986).

use rustls::pki_types::CertificateSigningRequestDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::prelude::FromDer;
use x509_parser::prelude::ParsedExtension;
use x509_parser::prelude::X509CertificationRequest;

use crate::Error;
use crate::KeyPair;
use crate::Result;
use crate::Subject;
use crate::SubjectAltNames;
use crate::certificate::Criticality;
use crate::certificate::OID_SUBJECT_ALT_NAME;
use crate::certificate::extension;
use crate::der;
use crate::pem;
use crate::tls;

/// A request whose signature has been checked: whoever made it holds the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csr {
    /// For whom.
    pub subject: Subject,
    /// For which names.
    pub names: SubjectAltNames,
    pub(crate) raw_subject: Vec<u8>,
    pub(crate) public_key: Vec<u8>,
}

impl Csr {
    /// Reads a request in PEM.
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::Signature`], [`Error::Unsupported`].
    pub fn from_pem(text: &str) -> Result<Self> {
        let der = CertificateSigningRequestDer::from_pem_slice(text.as_bytes())
            .map_err(|error| Error::malformed("certificate request", error))?;
        Self::from_der(&der)
    }

    /// Reads a request in DER.
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::Signature`], [`Error::Unsupported`].
    pub fn from_der(bytes: &[u8]) -> Result<Self> {
        let malformed = |why: &dyn std::fmt::Display| Error::malformed("certificate request", why);
        let (_, request) = X509CertificationRequest::from_der(bytes).map_err(|error| malformed(&error))?;
        let info = &request.certification_request_info;
        verify(bytes, info.subject_pki.raw)?;
        let mut names = SubjectAltNames::default();
        for extension in request.requested_extensions().into_iter().flatten() {
            if let ParsedExtension::SubjectAlternativeName(found) = extension {
                found.general_names.iter().for_each(|name| names.add(name));
            }
        }
        Ok(Self {
            subject: Subject::from_name(&info.subject)?,
            names,
            raw_subject: info.subject.as_raw().to_vec(),
            public_key: info.subject_pki.raw.to_vec(),
        })
    }
}

const EXTENSION_REQUEST: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14];

/// Makes a request in PEM for a key that one holds.
///
/// # Errors
/// [`Error::Crypto`].
pub fn create_csr(subject: &Subject, names: &SubjectAltNames, key: &KeyPair) -> Result<String> {
    let attributes = if *names == SubjectAltNames::default() {
        Vec::new()
    } else {
        let extensions = extension(&OID_SUBJECT_ALT_NAME, Criticality::Ordinary, &names.to_der());
        let value = der::element(der::SET, &der::element(der::SEQUENCE, &extensions));
        der::sequence(&[&der::element(der::OID, &EXTENSION_REQUEST), &value])
    };
    let info = der::sequence(&[
        &der::unsigned(&[0]),
        &subject.to_der(),
        key.public_key(),
        &der::element(der::context(0), &attributes),
    ]);
    let (algorithm, signature) = key.sign(&info)?;
    let request = der::sequence(&[&info, &algorithm, &der::bit_string(&signature)]);
    Ok(pem::encode("CERTIFICATE REQUEST", &request))
}

/// Checks that the request was signed with the key it names.
fn verify(request: &[u8], public_key: &[u8]) -> Result<()> {
    let malformed = || Error::malformed("certificate request", "its outer structure is broken");
    let (content, _) = der::expect(der::SEQUENCE, request).ok_or_else(malformed)?;
    let (_, _, signed, rest) = der::read(content).ok_or_else(malformed)?;
    let (signature_algorithm, rest) = der::expect(der::SEQUENCE, rest).ok_or_else(malformed)?;
    let (signature, _) = der::expect(der::BIT_STRING, rest).ok_or_else(malformed)?;
    let (key, _) = der::expect(der::SEQUENCE, public_key).ok_or_else(malformed)?;
    let (key_algorithm, rest) = der::expect(der::SEQUENCE, key).ok_or_else(malformed)?;
    let (key, _) = der::expect(der::BIT_STRING, rest).ok_or_else(malformed)?;
    let (Some((0, signature)), Some((0, key))) = (signature.split_first(), key.split_first()) else {
        return Err(malformed());
    };
    let algorithms = tls::provider().signature_verification_algorithms.all;
    let mut fitting = algorithms.iter().filter(|algorithm| {
        algorithm.signature_alg_id().as_ref() == signature_algorithm
            && algorithm.public_key_alg_id().as_ref() == key_algorithm
    });
    let algorithm = fitting.next().ok_or(Error::Unsupported("signature of the certificate request"))?;
    algorithm.verify_signature(key, signed, signature).map_err(|_| Error::Signature("certificate request"))
}
