//! What a certificate says (RFC 5280).

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use stdx::Rng;

use crate::KeyPair;
use crate::Result;
use crate::Subject;
use crate::der;

/// When a certificate is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// From.
    pub not_before: Timestamp,
    /// Until.
    pub not_after: Timestamp,
}

impl Validity {
    /// How far back a new certificate reaches, for peers whose clock is behind (as upstream).
    pub const BACKDATE: Duration = Duration::from_secs(5 * 60);

    /// From five minutes ago for `lifetime` from now.
    pub fn starting(now: Timestamp, lifetime: Duration) -> Self {
        let not_before = now.checked_sub(Self::BACKDATE).unwrap_or(Timestamp::MIN);
        let not_after = now.checked_add(lifetime).unwrap_or(Timestamp::MAX);
        Self { not_before, not_after }
    }
}

/// The names and addresses that a certificate is good for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubjectAltNames {
    /// Host names; may start with `*.`.
    pub dns: Vec<String>,
    /// Addresses.
    pub ips: Vec<IpAddr>,
    /// Mail addresses: only copied from requests.
    pub emails: Vec<String>,
    /// URIs: only copied from requests.
    pub uris: Vec<String>,
}

/// What a key may be used for, by the names of the certificates API (`certificates.k8s.io/v1`
/// KeyUsage).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Usage(&'static Row);

#[derive(Debug, PartialEq, Eq, Hash)]
struct Row {
    name: &'static str,
    meaning: Meaning,
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Meaning {
    /// A bit of the key usage extension.
    Bit(u8),
    /// The content of an OID of the extended key usage extension.
    Purpose(&'static [u8]),
}

const fn bit(name: &'static str, bit: u8) -> Row {
    Row { name, meaning: Meaning::Bit(bit) }
}

const fn purpose(name: &'static str, oid: &'static [u8]) -> Row {
    Row { name, meaning: Meaning::Purpose(oid) }
}

static USAGES: [Row; 23] = [
    bit("signing", 0),
    bit("digital signature", 0),
    bit("content commitment", 1),
    bit("key encipherment", 2),
    bit("data encipherment", 3),
    bit("key agreement", 4),
    bit("cert sign", 5),
    bit("crl sign", 6),
    bit("encipher only", 7),
    bit("decipher only", 8),
    purpose("any", &[0x55, 0x1d, 0x25, 0]),
    purpose("server auth", &[0x2b, 6, 1, 5, 5, 7, 3, 1]),
    purpose("client auth", &[0x2b, 6, 1, 5, 5, 7, 3, 2]),
    purpose("code signing", &[0x2b, 6, 1, 5, 5, 7, 3, 3]),
    purpose("email protection", &[0x2b, 6, 1, 5, 5, 7, 3, 4]),
    purpose("s/mime", &[0x2b, 6, 1, 5, 5, 7, 3, 4]),
    purpose("ipsec end system", &[0x2b, 6, 1, 5, 5, 7, 3, 5]),
    purpose("ipsec tunnel", &[0x2b, 6, 1, 5, 5, 7, 3, 6]),
    purpose("ipsec user", &[0x2b, 6, 1, 5, 5, 7, 3, 7]),
    purpose("timestamping", &[0x2b, 6, 1, 5, 5, 7, 3, 8]),
    purpose("ocsp signing", &[0x2b, 6, 1, 5, 5, 7, 3, 9]),
    purpose("microsoft sgc", &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 10, 3, 3]),
    purpose("netscape sgc", &[0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 4, 1]),
];

impl Usage {
    /// Signatures.
    pub const DIGITAL_SIGNATURE: Usage = Usage(&USAGES[1]);
    /// Encryption of keys (RSA key exchange).
    pub const KEY_ENCIPHERMENT: Usage = Usage(&USAGES[3]);
    /// Identifies a TLS server.
    pub const SERVER_AUTH: Usage = Usage(&USAGES[11]);
    /// Identifies a TLS client.
    pub const CLIENT_AUTH: Usage = Usage(&USAGES[12]);

    /// Finds a usage by its name in the certificates API.
    pub fn parse(name: &str) -> Option<Usage> {
        USAGES.iter().find(|row| row.name == name).map(Usage)
    }

    /// The name in the certificates API.
    pub fn name(self) -> &'static str {
        self.0.name
    }
}

/// A certificate to be issued to a server or client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// To whom.
    pub subject: Subject,
    /// For which names; only for servers.
    pub names: SubjectAltNames,
    /// What for.
    pub usages: Vec<Usage>,
}

impl Leaf {
    /// A TLS server of these names and addresses.
    pub fn server(common_name: impl Into<String>, dns: Vec<String>, ips: Vec<IpAddr>) -> Self {
        Self {
            subject: Subject::common_name(common_name),
            names: SubjectAltNames { dns, ips, ..SubjectAltNames::default() },
            usages: vec![Usage::DIGITAL_SIGNATURE, Usage::KEY_ENCIPHERMENT, Usage::SERVER_AUTH],
        }
    }

    /// A user with groups.
    pub fn client(subject: Subject) -> Self {
        Self {
            subject,
            names: SubjectAltNames::default(),
            usages: vec![Usage::DIGITAL_SIGNATURE, Usage::KEY_ENCIPHERMENT, Usage::CLIENT_AUTH],
        }
    }
}

/// What goes into a certificate, all names already in DER.
pub(crate) struct Contents<'a> {
    pub issuer: &'a [u8],
    pub issuer_key_id: &'a [u8],
    pub subject: &'a [u8],
    pub public_key: &'a [u8],
    pub validity: Validity,
    pub authority: bool,
    pub names: &'a SubjectAltNames,
    pub usages: &'a [Usage],
}

const EXT_SUBJECT_KEY_ID: [u8; 3] = [0x55, 0x1d, 14];
const EXT_KEY_USAGE: [u8; 3] = [0x55, 0x1d, 15];
const EXT_SUBJECT_ALT_NAME: [u8; 3] = [0x55, 0x1d, 17];
const EXT_BASIC_CONSTRAINTS: [u8; 3] = [0x55, 0x1d, 19];
const EXT_AUTHORITY_KEY_ID: [u8; 3] = [0x55, 0x1d, 35];
const EXT_EXTENDED_KEY_USAGE: [u8; 3] = [0x55, 0x1d, 37];

impl Contents<'_> {
    /// Signs the certificate; gives it in DER.
    pub fn sign(&self, key: &KeyPair, rng: &Rng) -> Result<Vec<u8>> {
        let mut serial = [0; 16];
        rng.fill(&mut serial);
        // Positive, and never zero (RFC 5280 §4.1.2.2).
        serial[0] = serial[0] & 0x7f | 0x40;
        // The algorithm is inside what is signed: sign nothing once to learn it.
        let (algorithm, _) = key.sign(&[])?;
        let body = der::sequence(&[
            &der::element(der::context(0), &der::unsigned(&[2])),
            &der::unsigned(&serial),
            &algorithm,
            self.issuer,
            &der::sequence(&[&der::time(self.validity.not_before), &der::time(self.validity.not_after)]),
            self.subject,
            self.public_key,
            &der::element(der::context(3), &der::element(der::SEQUENCE, &self.extensions())),
        ]);
        let (algorithm, signature) = key.sign(&body)?;
        Ok(der::sequence(&[&body, &algorithm, &der::bit_string(&signature)]))
    }

    fn extensions(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let (mut bits, mut purposes) = (0u16, Vec::new());
        for usage in self.usages {
            match usage.0.meaning {
                Meaning::Bit(bit) => bits |= 1 << bit,
                Meaning::Purpose(oid) => purposes.extend(der::element(der::OID, oid)),
            }
        }
        if bits != 0 {
            out.extend(extension(&EXT_KEY_USAGE, Criticality::Critical, &der::named_bits(bits)));
        }
        if !purposes.is_empty() {
            let purposes = der::element(der::SEQUENCE, &purposes);
            out.extend(extension(&EXT_EXTENDED_KEY_USAGE, Criticality::Ordinary, &purposes));
        }
        let ca = if self.authority { der::element(der::BOOLEAN, &[0xff]) } else { Vec::new() };
        out.extend(extension(
            &EXT_BASIC_CONSTRAINTS,
            Criticality::Critical,
            &der::element(der::SEQUENCE, &ca),
        ));
        if self.authority {
            let id = der::element(der::OCTET_STRING, &key_id(self.public_key));
            out.extend(extension(&EXT_SUBJECT_KEY_ID, Criticality::Ordinary, &id));
        } else {
            let id = der::sequence(&[&der::element(der::context_primitive(0), self.issuer_key_id)]);
            out.extend(extension(&EXT_AUTHORITY_KEY_ID, Criticality::Ordinary, &id));
        }
        if *self.names != SubjectAltNames::default() {
            // Critical where it is the only name there is (RFC 5280 §4.2.1.6).
            let nameless = der::read(self.subject).is_some_and(|(_, content, ..)| content.is_empty());
            let critical = if nameless { Criticality::Critical } else { Criticality::Ordinary };
            out.extend(extension(&EXT_SUBJECT_ALT_NAME, critical, &self.names.to_der()));
        }
        out
    }
}

impl SubjectAltNames {
    pub(crate) fn to_der(&self) -> Vec<u8> {
        let text = |tag: u8| move |name: &String| der::element(der::context_primitive(tag), name.as_bytes());
        let mut content: Vec<u8> = self.dns.iter().flat_map(text(2)).collect();
        content.extend(self.emails.iter().flat_map(text(1)));
        content.extend(self.ips.iter().flat_map(|ip| match ip {
            IpAddr::V4(ip) => der::element(der::context_primitive(7), &ip.octets()),
            IpAddr::V6(ip) => der::element(der::context_primitive(7), &ip.octets()),
        }));
        content.extend(self.uris.iter().flat_map(text(6)));
        der::element(der::SEQUENCE, &content)
    }

    /// Adds a name as the parser found it; kinds that Kubernetes does not know are left out.
    pub(crate) fn add(&mut self, name: &x509_parser::extensions::GeneralName<'_>) {
        use x509_parser::extensions::GeneralName;
        match name {
            GeneralName::DNSName(name) => self.dns.push((*name).to_owned()),
            GeneralName::RFC822Name(name) => self.emails.push((*name).to_owned()),
            GeneralName::URI(name) => self.uris.push((*name).to_owned()),
            GeneralName::IPAddress(bytes) => {
                let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from).ok();
                self.ips.extend(v4.or_else(|| <[u8; 16]>::try_from(*bytes).map(IpAddr::from).ok()));
            }
            _ => {}
        }
    }
}

/// The first 20 bytes of the SHA-256 of the public key's bits (RFC 7093 §2, method 1).
pub(crate) fn key_id(public_key: &[u8]) -> Vec<u8> {
    let bits = der::expect(der::SEQUENCE, public_key)
        .and_then(|(content, _)| der::expect(der::SEQUENCE, content))
        .and_then(|(_, rest)| der::expect(der::BIT_STRING, rest))
        .map_or(public_key, |(bits, _)| bits.get(1..).unwrap_or_default());
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bits).as_ref()[..20].to_vec()
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Criticality {
    Critical,
    Ordinary,
}

pub(crate) fn extension(oid: &[u8], criticality: Criticality, value: &[u8]) -> Vec<u8> {
    let critical = match criticality {
        Criticality::Critical => der::element(der::BOOLEAN, &[0xff]),
        Criticality::Ordinary => Vec::new(),
    };
    der::sequence(&[&der::element(der::OID, oid), &critical, &der::element(der::OCTET_STRING, value)])
}

pub(crate) const OID_SUBJECT_ALT_NAME: [u8; 3] = EXT_SUBJECT_ALT_NAME;
