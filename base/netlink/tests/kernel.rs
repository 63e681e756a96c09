//! Real links, routes, rules and flows, each test in network namespaces of its own.

#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::net::TcpStream;
use std::net::UdpSocket;
use std::os::fd::AsFd;

use netlink::Netlink;
use netlink::Route;
use netlink::Veth;
use netlink::conntrack;
use netlink::nft;
use netlink::testbed::TestNamespace;

/// Gives this thread a namespace and makes another one; needs root.
fn namespaces() -> (Netlink, TestNamespace) {
    TestNamespace::enter_new().expect("these tests need root: CAP_SYS_ADMIN");
    (Netlink::open().unwrap(), TestNamespace::new().unwrap())
}

fn connected() -> (Netlink, TestNamespace, u32) {
    let (mut here, other) = namespaces();
    let bridge = here.create_bridge("br0", 1450).unwrap();
    here.set_up(bridge.index).unwrap();
    here.add_address(bridge.index, "10.1.0.1/24".parse().unwrap()).unwrap();
    here.add_address(bridge.index, "fd00:1::1/64".parse().unwrap()).unwrap();
    let file = File::open(other.path()).unwrap();
    let veth = Veth {
        name: "veth0",
        master: Some(bridge.index),
        peer_name: "eth0",
        peer_namespace: file.as_fd(),
        mtu: 1450,
    };
    here.create_veth(&veth).unwrap();
    let mut there = Netlink::open_in(other.path()).unwrap();
    let index = there.link("eth0").unwrap().unwrap().index;
    there.set_up(index).unwrap();
    let eth0 = there.link("eth0").unwrap().unwrap();
    assert!(eth0.up && eth0.mtu == 1450 && eth0.kind == "veth" && eth0.mac.len() == 6);
    there.add_address(eth0.index, "10.1.0.2/24".parse().unwrap()).unwrap();
    there.add_address(eth0.index, "fd00:1::2/64".parse().unwrap()).unwrap();
    for (destination, gateway) in [("0.0.0.0/0", "10.1.0.1"), ("::/0", "fd00:1::1")] {
        let (destination, gateway) = (destination.parse().unwrap(), Some(gateway.parse().unwrap()));
        let route = Route { destination, gateway, link: eth0.index, source: None };
        there.replace_route(&route).unwrap();
        there.replace_route(&route).unwrap();
    }
    (here, other, bridge.index)
}

#[test]
fn links_addresses_and_routes_carry_packets() {
    let (mut here, other, bridge) = connected();
    let port = here.link("veth0").unwrap().unwrap();
    assert_eq!(port.master, Some(bridge));
    here.set_hairpin(port.index).unwrap();
    let mut addresses = here.addresses(bridge).unwrap();
    addresses.retain(|net| !net.to_string().starts_with("fe80"));
    assert_eq!(addresses, ["10.1.0.1/24".parse().unwrap(), "fd00:1::1/64".parse().unwrap()]);
    for address in ["10.1.0.2:80", "[fd00:1::2]:80"] {
        let listener = other.run(move || TcpListener::bind(address).unwrap()).unwrap();
        let mut client = TcpStream::connect(address).unwrap();
        client.write_all(b"hello").unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        let mut text = String::new();
        listener.accept().unwrap().0.read_to_string(&mut text).unwrap();
        assert_eq!(text, "hello");
    }
    assert!(here.link("veth0").unwrap().unwrap().stats.tx_bytes > 500);
    // What is gone, or there, is no error.
    here.add_address(bridge, "10.1.0.1/24".parse().unwrap()).unwrap();
    here.create_bridge("br0", 1450).unwrap();
    here.set_mtu(bridge, 1400).unwrap();
    assert_eq!(here.link("br0").unwrap().unwrap().mtu, 1400);
    for _ in 0..2 {
        here.delete_address(bridge, "10.1.0.1/24".parse().unwrap()).unwrap();
        here.delete_link("veth0").unwrap();
    }
    assert_eq!(here.link("veth0").unwrap(), None);
    assert!(here.links().unwrap().iter().any(|link| link.name == "lo"));
    let error = here.set_master(9999, bridge).unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert_eq!(error.to_string(), "cannot make link 9999 a bridge port");
}

#[test]
fn neighbours_and_routes_can_be_taken_away() {
    let (mut here, _other, bridge) = connected();
    let address = "10.1.0.77".parse().unwrap();
    here.replace_neighbour(bridge, address, [2, 0, 0, 0, 0, 7]).unwrap();
    here.set_mac(bridge, [2, 0, 0, 0, 0, 1]).unwrap();
    assert_eq!(here.link("br0").unwrap().unwrap().mac, [2, 0, 0, 0, 0, 1]);
    let route = Route {
        destination: "10.9.0.0/16".parse().unwrap(),
        gateway: Some(address),
        link: bridge,
        source: None,
    };
    here.replace_route(&route).unwrap();
    for _ in 0..2 {
        here.delete_route(&route).unwrap();
        here.delete_neighbour(bridge, address).unwrap();
    }
}

#[test]
fn rulesets_are_all_or_nothing() {
    namespaces();
    nft::apply("table ip t { map m { type ipv4_addr : ipv4_addr; elements = { 1.1.1.1 : 2.2.2.2 }; }; }")
        .unwrap();
    let error = nft::apply("add element ip t m { 3.3.3.3 : 4.4.4.4 }\nadd element ip t nosuch { 1.1.1.1 }")
        .unwrap_err();
    assert!(error.to_string().starts_with("nft refused the ruleset: "), "{error}");
    let listed = nft::query(&["list", "table", "ip", "t"]).unwrap();
    assert!(listed.contains("1.1.1.1") && !listed.contains("3.3.3.3"), "{listed}");
    nft::delete_table("ip", "t").unwrap();
    nft::delete_table("ip", "t").unwrap();
    assert_eq!(nft::query(&["list", "ruleset"]).unwrap(), "");
}

#[test]
fn flows_are_found_and_forgotten() {
    namespaces();
    // A rule that looks at the state makes the kernel track.
    nft::apply("table inet t { chain c { type filter hook output priority 0; ct state new accept; }; }")
        .unwrap();
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let server = UdpSocket::bind(address).unwrap();
        let server_address = server.local_addr().unwrap();
        let client = UdpSocket::bind(address).unwrap();
        client.send_to(b"x", server_address).unwrap();
        let flows = conntrack::flows().unwrap();
        let flow = flows.iter().find(|flow| flow.original.destination_port == server_address.port()).unwrap();
        assert_eq!(flow.protocol, conntrack::UDP);
        assert_eq!(flow.original.source, server_address.ip());
        assert_eq!(flow.original.source_port, client.local_addr().unwrap().port());
        assert_eq!(flow.reply.source_port, server_address.port());
        let forget =
            || conntrack::delete(|flow| flow.original.destination_port == server_address.port()).unwrap();
        assert_eq!(forget(), 1);
        assert_eq!(forget(), 0);
    }
}
