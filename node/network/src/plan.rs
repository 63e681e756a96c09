//! The nftables table as text: a pure function of what is attached.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::HostPort;
use crate::Protocol;
use crate::state::Attachment;

/// What the table depends on.
pub(crate) struct Inputs<'a> {
    pub(crate) table: &'a str,
    pub(crate) bridge: &'a str,
    pub(crate) pod_cidrs: &'a [IpNet],
    pub(crate) cluster_cidrs: &'a [IpNet],
    pub(crate) attachments: &'a BTreeMap<String, Attachment>,
}

/// Writing to a string cannot fail.
trait PushLine {
    fn push_line(&mut self, line: fmt::Arguments<'_>);
}

impl PushLine for String {
    fn push_line(&mut self, line: fmt::Arguments<'_>) {
        self.write_fmt(line).expect("writing to a string cannot fail");
        self.push('\n');
    }
}

/// One IP family's words.
struct Family {
    suffix: &'static str,
    address: &'static str,
    is_v4: bool,
}

const FAMILIES: [Family; 2] = [
    Family { suffix: "4", address: "ipv4_addr", is_v4: true },
    Family { suffix: "6", address: "ipv6_addr", is_v4: false },
];

/// A script that puts the table in place of whatever table of that name there is.
pub(crate) fn table(inputs: &Inputs<'_>) -> String {
    let (name, bridge) = (inputs.table, inputs.bridge);
    let mut text = format!("table inet {name}\ndelete table inet {name}\ntable inet {name} {{\n");
    for family in &FAMILIES {
        sets(&mut text, family, inputs);
    }
    // -105: before the Service data plane (dstnat, -100); a host port is the more particular claim.
    let translate = |text: &mut String, hook: &str| {
        text.push_line(format_args!("\tchain hostports-{hook} {{"));
        text.push_line(format_args!("\t\ttype nat hook {hook} priority -105; policy accept;"));
        for line in [
            "fib daddr type != local accept",
            "dnat ip to ip daddr . meta l4proto . th dport map @hostports-of-address4",
            "dnat ip6 to ip6 daddr . meta l4proto . th dport map @hostports-of-address6",
            "dnat ip to meta l4proto . th dport map @hostports4",
            "ip6 daddr != ::1 dnat ip6 to meta l4proto . th dport map @hostports6",
        ] {
            text.push_line(format_args!("\t\t{line}"));
        }
        text.push_str("\t}\n");
    };
    translate(&mut text, "prerouting");
    translate(&mut text, "output");
    text.push_str("\tchain postrouting {\n\t\ttype nat hook postrouting priority srcnat; policy accept;\n");
    for line in [
        format!("ip saddr @pods4 ip daddr != @cluster4 oifname != \"{bridge}\" masquerade"),
        format!("ip6 saddr @pods6 ip6 daddr != @cluster6 oifname != \"{bridge}\" masquerade"),
        // A pod cannot answer itself, nor the node's loopback address.
        "ip saddr . ip daddr @hairpin4 masquerade".to_owned(),
        "ip6 saddr . ip6 daddr @hairpin6 masquerade".to_owned(),
        format!("ip saddr 127.0.0.0/8 oifname \"{bridge}\" masquerade"),
    ] {
        text.push_line(format_args!("\t\t{line}"));
    }
    text.push_str("\t}\n\tchain input {\n\t\ttype filter hook input priority filter; policy accept;\n");
    // Loopback addresses are routable on the bridge so that host ports work from 127.0.0.1; pods
    // must not use that to reach what listens on the node's loopback.
    text.push_line(format_args!("\t\tiifname \"{bridge}\" ip daddr 127.0.0.0/8 ct state new drop"));
    text.push_str("\t}\n\tchain forward {\n\t\ttype filter hook forward priority filter; policy accept;\n");
    text.push_line(format_args!("\t\tiifname \"{bridge}\" accept\n\t\toifname \"{bridge}\" accept"));
    text.push_str("\t}\n}\n");
    text
}

/// A script that adds (`add`) or takes away (`delete`) one attachment's elements; empty when it has
/// no host ports.
pub(crate) fn elements(verb: &str, table: &str, attachment: &Attachment) -> String {
    let mut text = String::new();
    for family in &FAMILIES {
        for (set, elements) in elements_of(family, attachment) {
            if !elements.is_empty() {
                let elements = elements.join(", ");
                text.push_line(format_args!("{verb} element inet {table} {set} {{ {elements} }}"));
            }
        }
    }
    text
}

fn sets(text: &mut String, family: &Family, inputs: &Inputs<'_>) {
    let Family { suffix, address, is_v4, .. } = family;
    let of_family = |cidrs: &mut dyn Iterator<Item = &IpNet>| -> Vec<String> {
        let cidrs: Vec<IpNet> =
            cidrs.filter(|cidr| cidr.addr().is_ipv4() == *is_v4).map(IpNet::trunc).collect();
        IpNet::aggregate(&cidrs).iter().map(IpNet::to_string).collect()
    };
    let pods = of_family(&mut inputs.pod_cidrs.iter());
    let cluster = of_family(&mut inputs.cluster_cidrs.iter().chain(inputs.pod_cidrs));
    let mut merged: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for attachment in inputs.attachments.values() {
        for (set, elements) in elements_of(family, attachment) {
            merged.entry(set).or_default().extend(elements);
        }
    }
    let mut take = |set: &str| merged.remove(set).unwrap_or_default();
    let (ports, of_address, hairpin) = match is_v4 {
        true => (take("hostports4"), take("hostports-of-address4"), take("hairpin4")),
        false => (take("hostports6"), take("hostports-of-address6"), take("hairpin6")),
    };
    let key = "inet_proto . inet_service";
    set(text, &format!("set pods{suffix}"), &format!("type {address}; flags interval;"), &pods);
    set(text, &format!("set cluster{suffix}"), &format!("type {address}; flags interval;"), &cluster);
    set(text, &format!("set hairpin{suffix}"), &format!("type {address} . {address};"), &hairpin);
    let value = format!("{address} . inet_service");
    set(text, &format!("map hostports{suffix}"), &format!("type {key} : {value};"), &ports);
    let of_address_type = format!("type {address} . {key} : {value};");
    set(text, &format!("map hostports-of-address{suffix}"), &of_address_type, &of_address);
}

fn set(text: &mut String, head: &str, kind: &str, elements: &[String]) {
    text.push_line(format_args!("\t{head} {{\n\t\t{kind}"));
    if !elements.is_empty() {
        text.push_line(format_args!("\t\telements = {{ {} }}", elements.join(",\n\t\t\t")));
    }
    text.push_str("\t}\n");
}

/// The elements that an attachment contributes to each set of a family.
fn elements_of(family: &Family, attachment: &Attachment) -> [(&'static str, Vec<String>); 3] {
    let [ports, of_address, hairpin] = match family.is_v4 {
        true => ["hostports4", "hostports-of-address4", "hairpin4"],
        false => ["hostports6", "hostports-of-address6", "hairpin6"],
    };
    let mut found = [(ports, Vec::new()), (of_address, Vec::new()), (hairpin, Vec::new())];
    let Some(pod) = attachment.addresses.iter().find(|address| address.is_ipv4() == family.is_v4) else {
        return found;
    };
    for port in &attachment.host_ports {
        let (protocol, host_port) = (port.protocol.name(), port.host_port);
        let target = format!("{pod} . {}", port.container_port);
        match specific(port) {
            None => found[0].1.push(format!("{protocol} . {host_port} : {target}")),
            Some(address) if address.is_ipv4() == family.is_v4 => {
                found[1].1.push(format!("{address} . {protocol} . {host_port} : {target}"));
            }
            Some(_) => {}
        }
    }
    if !attachment.host_ports.is_empty() {
        found[2].1.push(format!("{pod} . {pod}"));
    }
    found
}

/// The single address that a host port is for.
pub(crate) fn specific(port: &HostPort) -> Option<IpAddr> {
    port.host_ip.filter(|address| !address.is_unspecified())
}

/// Whether two host ports cannot be held by two pods at once.
pub(crate) fn clash(a: &HostPort, b: &HostPort) -> bool {
    let same_address = match (specific(a), specific(b)) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    let key = |port: &HostPort| -> (Protocol, u16) { (port.protocol, port.host_port) };
    key(a) == key(b) && same_address
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attachment(addresses: &[&str], host_ports: Vec<HostPort>) -> Attachment {
        Attachment {
            addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
            host_ports,
        }
    }

    fn port(host_ip: Option<&str>, host_port: u16, container_port: u16, protocol: Protocol) -> HostPort {
        HostPort { host_ip: host_ip.map(|ip| ip.parse().unwrap()), host_port, container_port, protocol }
    }

    /// Set `UPDATE_TESTDATA=1` to write the file anew.
    fn check(name: &str, text: &str) {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name);
        if std::env::var_os("UPDATE_TESTDATA").is_some() {
            std::fs::write(&path, text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{name} differs");
    }

    #[test]
    fn tables() {
        let cidrs: Vec<IpNet> = vec!["10.42.1.0/24".parse().unwrap(), "fd00:42:1::/64".parse().unwrap()];
        let cluster: Vec<IpNet> = vec!["10.42.0.0/16".parse().unwrap()];
        let ports = vec![
            port(None, 8080, 80, Protocol::Tcp),
            port(Some("0.0.0.0"), 53, 53, Protocol::Udp),
            port(Some("192.0.2.1"), 443, 8443, Protocol::Tcp),
        ];
        let attachments = BTreeMap::from([
            ("a".to_owned(), attachment(&["10.42.1.2", "fd00:42:1::2"], ports)),
            ("b".to_owned(), attachment(&["10.42.1.3", "fd00:42:1::3"], Vec::new())),
        ]);
        let inputs = Inputs {
            table: "skiff-test-net",
            bridge: "skiff-test",
            pod_cidrs: &cidrs,
            cluster_cidrs: &cluster,
            attachments: &attachments,
        };
        check("dual-stack.txt", &table(&inputs));
        let empty = BTreeMap::new();
        check(
            "empty.txt",
            &table(&Inputs { pod_cidrs: &[], cluster_cidrs: &[], attachments: &empty, ..inputs }),
        );
        check("elements.txt", &elements("add", "skiff-test-net", &attachments["a"]));
        assert_eq!(elements("add", "skiff-test-net", &attachments["b"]), "");
    }

    #[test]
    fn clashes() {
        let base = port(None, 80, 1, Protocol::Tcp);
        assert!(clash(&base, &port(Some("192.0.2.1"), 80, 2, Protocol::Tcp)));
        assert!(!clash(&base, &port(None, 80, 1, Protocol::Udp)));
        assert!(!clash(&base, &port(None, 81, 1, Protocol::Tcp)));
        let (one, two) = (Some("192.0.2.1"), Some("192.0.2.2"));
        assert!(!clash(&port(one, 80, 1, Protocol::Tcp), &port(two, 80, 1, Protocol::Tcp)));
        assert!(clash(&port(Some("::"), 80, 1, Protocol::Tcp), &port(two, 80, 1, Protocol::Tcp)));
    }
}
