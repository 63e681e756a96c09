//! The fixed part of the table: sets, maps, and the chains that consult them.

use crate::Protocol;
use crate::ruleset::line;

/// One IP family's words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family {
    /// Suffix of the names of its sets.
    pub(crate) digit: char,
    /// In rules: `ip daddr`.
    pub(crate) word: &'static str,
    address: &'static str,
    protocol: &'static str,
}

pub(crate) const V4: Family = Family { digit: '4', word: "ip", address: "ipv4_addr", protocol: "ipv4" };
pub(crate) const V6: Family = Family { digit: '6', word: "ip6", address: "ipv6_addr", protocol: "ipv6" };

/// How many clients one Service port remembers; upstream's bound.
const AFFINITY_MAX: u32 = 65_535;

pub(crate) fn family(is_v4: bool) -> &'static Family {
    if is_v4 { &V4 } else { &V6 }
}

/// The script for an empty table in place of whatever there was.
pub(crate) fn skeleton(table: &str) -> String {
    let mut text = format!("table inet {table}\ndelete table inet {table}\ntable inet {table} {{\n");
    for family in [&V4, &V6] {
        sets(&mut text, family);
    }
    text.push_str(MASQUERADE_CHAINS);
    refuse(&mut text);
    dispatch(&mut text);
    remember(&mut text);
    postrouting(&mut text);
    text.push_str("}\n");
    text
}

/// The maps from clients to the address and to the port that were chosen for them. They are two
/// because nft cannot remember a pair of an IPv6 address and a port.
pub(crate) fn affinity_maps(name: &str) -> [String; 2] {
    [format!("{name}-ip"), format!("{name}-port")]
}

pub(crate) fn add_affinity_maps(text: &mut String, table: &str, name: &str, is_v4: bool) {
    let address = family(is_v4).address;
    for (map, value) in affinity_maps(name).iter().zip([address, "inet_service"]) {
        line(
            text,
            format_args!(
                "add map inet {table} {map} {{ type {address} : {value}; flags dynamic,timeout; \
                 size {AFFINITY_MAX}; }}"
            ),
        );
    }
}

/// The map of endpoints by address (or, for node ports, without), port and number.
///
/// One for each protocol: nft takes a port's type from a protocol, and tests for that protocol.
pub(crate) fn endpoints_map(family: &Family, protocol: Protocol, by_address: bool, outside: bool) -> String {
    let kind = if by_address { "endpoints" } else { "nodeport-endpoints" };
    let outside = if outside { "-local" } else { "" };
    format!("{kind}{outside}{}-{}", family.digit, protocol.name())
}

/// The rule that draws one of `n` endpoints.
pub(crate) fn spread_rule(
    family: &Family,
    protocol: Protocol,
    by_address: bool,
    n: usize,
    map: &str,
) -> String {
    let (word, protocol) = (family.word, protocol.name());
    let address = if by_address { format!("{word} daddr . ") } else { String::new() };
    format!("dnat {word} to {address}{protocol} dport . numgen random mod {n} map @{map}")
}

fn sets(text: &mut String, family: &Family) {
    let Family { digit, word, address, .. } = family;
    let frontend = format!("{address} . inet_proto . inet_service");
    // Wide enough for any number of endpoints; the type is that of a drawn number.
    let index = "numgen random mod 65536";
    let declarations = [
        (format!("set cluster{digit}"), format!("type {address}; flags interval;")),
        (format!("set clusterips{digit}"), format!("type {address};")),
        (format!("set hairpin{digit}"), format!("type {address} . {address};")),
        (format!("set refused{digit}"), format!("type {frontend};")),
        (format!("set refused-nodeports{digit}"), "type inet_proto . inet_service;".to_owned()),
        (format!("set guarded{digit}"), format!("type {frontend};")),
        (format!("set allowed{digit}"), format!("type {frontend} . {address}; flags interval;")),
        (format!("map services{digit}"), format!("type {frontend} : verdict;")),
        (format!("map services-local{digit}"), format!("type {frontend} : verdict;")),
        (format!("map nodeports{digit}"), "type inet_proto . inet_service : verdict;".to_owned()),
        (format!("map nodeports-local{digit}"), "type inet_proto . inet_service : verdict;".to_owned()),
        (format!("map remember{digit}"), format!("type {frontend} : verdict;")),
        (format!("map remember-nodeports{digit}"), "type inet_proto . inet_service : verdict;".to_owned()),
        (format!("map masquerade{digit}"), format!("type {frontend} : verdict;")),
        (format!("map masquerade-nodeports{digit}"), "type inet_proto . inet_service : verdict;".to_owned()),
    ];
    for (head, body) in declarations {
        line(text, format_args!("\t{head} {{\n\t\t{body}\n\t}}"));
    }
    for protocol in Protocol::ALL {
        for (by_address, outside) in [(true, false), (true, true), (false, false), (false, true)] {
            let map = endpoints_map(family, protocol, by_address, outside);
            let port = format!("{} dport", protocol.name());
            let address = if by_address { format!("{word} daddr . ") } else { String::new() };
            let kind = format!("typeof {address}{port} . {index} : {word} daddr . {port}");
            line(text, format_args!("\tmap {map} {{\n\t\t{kind}\n\t}}"));
        }
    }
}

const MASQUERADE_CHAINS: &str = "\tchain masquerade-all {
\t\tmasquerade
\t}
\tchain masquerade-node {
\t\tfib saddr type local masquerade
\t}
";

/// Before the translation: sources that are not allowed, and ports without endpoints.
fn refuse(text: &mut String) {
    text.push_str("\tchain refuse {\n");
    for Family { digit, word, protocol, .. } in [V4, V6] {
        let key = format!("{word} daddr . meta l4proto . th dport");
        line(text, format_args!("\t\t{key} @guarded{digit} {key} . {word} saddr != @allowed{digit} drop"));
        line(text, format_args!("\t\t{key} @refused{digit} reject"));
        line(
            text,
            format_args!(
                "\t\tfib daddr type local meta nfproto {protocol} meta l4proto . th dport \
                 @refused-nodeports{digit} reject"
            ),
        );
    }
    text.push_str("\t}\n");
    for hook in ["prerouting", "output"] {
        line(
            text,
            format_args!(
                "\tchain refuse-{hook} {{\n\t\ttype filter hook {hook} priority -110; policy accept;\n\
                 \t\tct state new jump refuse\n\t}}"
            ),
        );
    }
    // After the translation: what is still addressed to a cluster IP has no such port.
    for hook in ["forward", "output"] {
        line(
            text,
            format_args!(
                "\tchain stray-{hook} {{\n\t\ttype filter hook {hook} priority filter; policy accept;\n\
                 \t\tct state new ip daddr @clusterips4 reject\n\
                 \t\tct state new ip6 daddr @clusterips6 reject\n\t}}"
            ),
        );
    }
}

fn dispatch(text: &mut String) {
    text.push_str("\tchain dispatch {\n");
    let outside = |family: &Family| {
        format!("{} saddr != @cluster{} fib saddr type != local", family.word, family.digit)
    };
    for family in [&V4, &V6] {
        let Family { digit, word, .. } = family;
        let key = format!("{word} daddr . meta l4proto . th dport");
        // Policy Local of external addresses is for sources outside the cluster only.
        line(text, format_args!("\t\t{} {key} vmap @services-local{digit}", outside(family)));
        line(text, format_args!("\t\t{key} vmap @services{digit}"));
    }
    text.push_str("\t\tfib daddr type != local return\n");
    for family in [&V4, &V6] {
        let Family { digit, protocol, .. } = family;
        let key = "meta l4proto . th dport";
        line(text, format_args!("\t\t{} {key} vmap @nodeports-local{digit}", outside(family)));
        line(text, format_args!("\t\tmeta nfproto {protocol} {key} vmap @nodeports{digit}"));
    }
    text.push_str("\t}\n");
    for hook in ["prerouting", "output"] {
        line(
            text,
            format_args!(
                "\tchain services-{hook} {{\n\t\ttype nat hook {hook} priority -100; policy accept;\n\
                 \t\tjump dispatch\n\t}}"
            ),
        );
    }
}

/// After the translation: what was chosen for a client of a Service with session affinity.
fn remember(text: &mut String) {
    text.push_str("\tchain remember {\n\t\tct status & dnat == 0 return\n");
    by_original_destination(text, "remember");
    text.push_str("\t}\n");
    for hook in ["prerouting", "output"] {
        line(
            text,
            format_args!(
                "\tchain remember-{hook} {{\n\t\ttype filter hook {hook} priority -90; policy accept;\n\
                 \t\tct state new jump remember\n\t}}"
            ),
        );
    }
}

fn postrouting(text: &mut String) {
    text.push_str("\tchain postrouting {\n\t\ttype nat hook postrouting priority srcnat; policy accept;\n");
    text.push_str("\t\tct status & dnat == 0 accept\n");
    for Family { digit, word, .. } in [V4, V6] {
        line(text, format_args!("\t\t{word} saddr . {word} daddr @hairpin{digit} masquerade"));
        let original = format!("ct original {word} daddr @clusterips{digit}");
        line(text, format_args!("\t\t{original} {word} saddr != @cluster{digit} masquerade"));
        line(text, format_args!("\t\t{original} accept"));
    }
    by_original_destination(text, "masquerade");
    text.push_str("\t}\n");
}

/// Looks the flow's destination before translation up in `<map>` and `<map>-nodeports`. Addresses
/// come first: a cluster IP's port may be another Service's node port.
fn by_original_destination(text: &mut String, map: &str) {
    for Family { digit, word, .. } in [V4, V6] {
        for protocol in Protocol::ALL {
            // nft learns the type of the original port from the protocol before it.
            let protocol = protocol.name();
            line(
                text,
                format_args!(
                    "\t\tmeta l4proto {protocol} ct original {word} daddr . meta l4proto . \
                     ct original proto-dst vmap @{map}{digit}"
                ),
            );
        }
    }
    for Family { digit, protocol: family, .. } in [V4, V6] {
        for protocol in Protocol::ALL {
            let protocol = protocol.name();
            line(
                text,
                format_args!(
                    "\t\tmeta nfproto {family} meta l4proto {protocol} meta l4proto . \
                     ct original proto-dst vmap @{map}-nodeports{digit}"
                ),
            );
        }
    }
}
