//! Addresses and networks, as fields spell them.
//!
//! Older readers took numbers that begin with zeros; what they let in stays valid where it stands already,
//! and nothing new is taken in that form (KEP-4858).

use std::net::IpAddr;

use ipnet::IpNet;
use meta::Cause;
use meta::Causes;

use crate::Path;

const NO_IP: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const NO_CIDR: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/// An address in the form in which new ones are written.
pub(crate) fn check_ip(path: &Path<'_>, text: &str, causes: &mut Causes) {
    causes.extend(ip_errors(text).iter().map(|error| Cause::invalid(path, text, error)));
}

/// Every rule that an address breaks.
fn ip_errors(text: &str) -> Vec<String> {
    let error = match (text.parse::<IpAddr>(), lenient_ip(text)) {
        (Ok(address), _) if is_mapped(address) => "must not be an IPv4-mapped IPv6 address",
        (Ok(_), _) => return Vec::new(),
        (Err(_), Some(_)) => "must not have leading 0s",
        (Err(_), None) => NO_IP,
    };
    vec![error.to_owned()]
}

/// Every rule that an address breaks which must be written in one way only.
pub(crate) fn canonical_ip_errors(text: &str) -> Vec<String> {
    let errors = ip_errors(text);
    match text.parse::<IpAddr>() {
        Ok(address) if errors.is_empty() && address.to_string() != text => {
            vec![format!("must be in canonical form (\"{address}\")")]
        }
        _ => errors,
    }
}

/// An address as older readers took it: numbers may begin with zeros.
pub(crate) fn lenient_ip(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let numbers: Vec<&str> = text.split('.').map(|part| part.trim_start_matches('0')).collect();
    let plain: Vec<&str> = numbers.iter().map(|part| if part.is_empty() { "0" } else { part }).collect();
    let digits = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if digits { plain.join(".").parse().ok() } else { None }
}

/// An address that a packet can be sent to from anywhere in the cluster.
pub(crate) fn check_ordinary_ip(path: &Path<'_>, text: &str, address: IpAddr, causes: &mut Causes) {
    let mut refuse = |is_so: bool, detail: &str| {
        if is_so {
            causes.push(Cause::invalid(path, text, detail));
        }
    };
    let (link_local, multicast) = match address {
        IpAddr::V4(v4) => (v4.is_link_local(), v4.octets()[..3] == [224, 0, 0]),
        IpAddr::V6(v6) => (v6.is_unicast_link_local(), v6.segments()[0] & 0xff0f == 0xff02),
    };
    refuse(address.is_unspecified(), &format!("may not be unspecified ({text})"));
    refuse(address.is_loopback(), "may not be in the loopback range (127.0.0.0/8, ::1/128)");
    refuse(link_local, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    refuse(multicast, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
}

/// A network in the form in which new ones are written; the network, where it can be read at all.
pub(crate) fn check_cidr(path: &Path<'_>, text: &str, causes: &mut Causes) -> Option<IpNet> {
    let network = lenient_cidr(text);
    let error = match (network, has_zeros(text)) {
        (None, _) => NO_CIDR,
        (Some(_), true) => "must not have leading 0s in IP or prefix length",
        (Some(network), false) if is_mapped(network.addr()) => "must not have an IPv4-mapped IPv6 address",
        (Some(network), false) if network.addr() != network.network() => {
            "must not have bits set beyond the prefix length"
        }
        _ => return network,
    };
    causes.push(Cause::invalid(path, text, error));
    network
}

/// The same, of a network that must be written in one way only.
pub(crate) fn check_canonical_cidr(path: &Path<'_>, text: &str, causes: &mut Causes) {
    let before = causes.len();
    if let Some(network) = check_cidr(path, text, causes)
        && causes.len() == before
        && network.to_string() != text
    {
        causes.push(Cause::invalid(path, text, &format!("must be in canonical form (\"{network}\")")));
    }
}

fn lenient_cidr(text: &str) -> Option<IpNet> {
    let (address, length) = text.split_once('/')?;
    let digits = !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit());
    let length = length.parse().ok().filter(|_| digits)?;
    IpNet::new(lenient_ip(address)?, length).ok()
}

/// Whether a number in a network's text begins with zeros.
fn has_zeros(text: &str) -> bool {
    text.split_once('/').is_some_and(|(address, length)| {
        address.parse::<IpAddr>().is_err() || length.len() > 1 && length.starts_with('0')
    })
}

fn is_mapped(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some())
}

/// Warns of an address that is spelled in an unusual way.
pub(crate) fn warn_of_ip(path: &Path<'_>, text: &str) -> Option<String> {
    let address = lenient_ip(text)?;
    let plain = address.to_canonical();
    if text.parse::<IpAddr>().is_err() || is_mapped(address) {
        return Some(format!("{path}: non-standard IP address {text:?} is invalid: use \"{plain}\""));
    }
    let unusual = address.is_ipv6() && address.to_string() != text;
    unusual.then(|| {
        format!("{path}: IPv6 address {text:?} should be in RFC 5952 canonical format (\"{address}\")")
    })
}

/// Warns of a network that is spelled in an unusual way, or says two things.
pub(crate) fn warn_of_cidr(path: &Path<'_>, text: &str) -> Vec<String> {
    let Some(network) = lenient_cidr(text) else { return Vec::new() };
    let (address, whole) = (network.addr(), network.trunc());
    let mut warnings = Vec::new();
    if address != whole.addr() {
        let single = format!("{address}/{}", network.max_prefix_len());
        warnings.push(format!(
            "{path}: CIDR value {text:?} is ambiguous in this context (should be \"{whole}\" or {single:?}?)"
        ));
    }
    if has_zeros(text) || is_mapped(address) {
        warnings.push(format!("{path}: non-standard CIDR value {text:?} is invalid: use \"{whole}\""));
    }
    if warnings.is_empty() && address.is_ipv6() && network.to_string() != text {
        warnings.push(format!(
            "{path}: IPv6 CIDR value {text:?} should be in RFC 5952 canonical format (\"{network}\")"
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_addresses() {
        for (text, sentence) in [
            ("10.9.8.7", None),
            ("010.9.8.7", Some("must not have leading 0s")),
            ("::ffff:1.2.3.4", Some("must not be an IPv4-mapped IPv6 address")),
            ("here", Some(NO_IP)),
        ] {
            assert_eq!(ip_errors(text).first().map(String::as_str), sentence, "{text}");
        }
        assert_eq!(canonical_ip_errors("2001:DB8::1"), ["must be in canonical form (\"2001:db8::1\")"]);
    }

    #[test]
    fn spellings_of_networks() {
        for (text, sentence) in [
            ("10.9.8.0/24", None),
            ("10.9.8.1/24", Some("must not have bits set beyond the prefix length")),
            ("10.09.8.0/24", Some("must not have leading 0s in IP or prefix length")),
            ("10.9.8.0/33", Some(NO_CIDR)),
        ] {
            let mut causes = Causes::default();
            check_cidr(&Path::new("cidr"), text, &mut causes);
            let found = causes.first().map(|cause| cause.message.clone()).unwrap_or_default();
            assert!(found.ends_with(sentence.unwrap_or_default()) && found.is_empty() == sentence.is_none());
        }
        let path = Path::new("p");
        assert_eq!(
            warn_of_cidr(&path, "10.9.8.1/24"),
            [
                "p: CIDR value \"10.9.8.1/24\" is ambiguous in this context (should be \"10.9.8.0/24\" or \"10.9.8.1/32\"?)"
            ]
        );
    }
}
