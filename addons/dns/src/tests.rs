//! Questions and answers as text, and packets that nobody honest sends.

use std::fmt::Write;

use hickory_proto::op::Edns;
use hickory_proto::op::Message;
use hickory_proto::op::MessageType;
use hickory_proto::op::OpCode;
use hickory_proto::op::Query;
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::DNSClass;
use hickory_proto::rr::Name;
use hickory_proto::rr::RecordType;
use proptest::prelude::*;

use crate::HeadlessEndpoint;
use crate::NamedPort;
use crate::RecordInputs;
use crate::Records;
use crate::ServiceKind;
use crate::ServiceRecord;
use crate::answer;
use crate::answer::Handling;
use crate::answer::Transport;

fn port(name: &str, protocol: &str, port: u16) -> NamedPort {
    NamedPort { name: name.into(), protocol: protocol.into(), port }
}

fn service(namespace: &str, name: &str, kind: ServiceKind) -> ServiceRecord {
    ServiceRecord { namespace: namespace.into(), name: name.into(), kind }
}

fn endpoint(ip: &str, hostname: Option<&str>) -> HeadlessEndpoint {
    let ports = vec![port("peer", "TCP", 7000)];
    HeadlessEndpoint { ip: ip.parse().unwrap(), hostname: hostname.map(str::to_owned), ports }
}

pub(crate) fn inputs() -> RecordInputs {
    let ips = |list: &[&str]| list.iter().map(|ip| ip.parse().unwrap()).collect();
    let web = ServiceKind::ClusterIp {
        ips: ips(&["10.43.0.10", "fd00:43::10"]),
        ports: vec![port("http", "TCP", 80), port("dns", "UDP", 53), port("", "TCP", 9)],
    };
    let database = ServiceKind::Headless {
        endpoints: vec![
            endpoint("10.42.0.2", Some("db-0")),
            endpoint("fd00:42::2", Some("db-0")),
            endpoint("10.42.1.3", None),
        ],
    };
    let many = (0..200).map(|i| HeadlessEndpoint {
        ip: std::net::Ipv4Addr::new(10, 44, 0, i).into(),
        hostname: None,
        ports: Vec::new(),
    });
    RecordInputs {
        cluster_domain: "cluster.local".into(),
        ttl: 5,
        serial: 7,
        server_ips: ips(&["10.43.0.53"]),
        namespaces: vec!["default".into(), "empty".into()],
        services: vec![
            service("default", "web", web),
            service("default", "db", database),
            service("default", "idle", ServiceKind::Headless { endpoints: Vec::new() }),
            service("default", "many", ServiceKind::Headless { endpoints: many.collect() }),
            service("default", "away", ServiceKind::ExternalName("www.example.com".into())),
            service("default", "alias", ServiceKind::ExternalName("web.default.svc.cluster.local.".into())),
            service(
                "default",
                "circle",
                ServiceKind::ExternalName("circle.default.svc.cluster.local".into()),
            ),
        ],
    }
}

fn records() -> Records {
    Records::build(&inputs()).unwrap()
}

fn question(name: &str, kind: RecordType) -> Message {
    let mut message = Message::new(0, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
    message
}

fn handle(message: &Message, transport: Transport) -> Handling {
    answer::handle(&message.to_vec().unwrap(), transport, &records())
}

fn reply(message: &Message, transport: Transport) -> Message {
    match handle(message, transport) {
        Handling::Reply(bytes) => Message::from_vec(&bytes).unwrap(),
        _ => panic!("no reply"),
    }
}

/// Every question with its answer. Set `UPDATE_TESTDATA=1` to write the file anew.
#[test]
fn the_zone() {
    use RecordType::*;
    let questions = [
        ("web.default.svc.cluster.local.", A),
        ("web.default.svc.cluster.local.", AAAA),
        ("web.default.svc.cluster.local.", MX),
        ("web.default.svc.cluster.local.", SRV),
        ("wEb.DEFAULT.svc.Cluster.Local.", A),
        ("_http._tcp.web.default.svc.cluster.local.", SRV),
        ("_HTTP._TCP.web.default.svc.cluster.local.", SRV),
        ("_http._tcp.web.default.svc.cluster.local.", A),
        ("_http._udp.web.default.svc.cluster.local.", SRV),
        ("_tcp.web.default.svc.cluster.local.", SRV),
        ("_sctp.web.default.svc.cluster.local.", SRV),
        ("a.b.web.default.svc.cluster.local.", A),
        ("db-0.web.default.svc.cluster.local.", A),
        ("db.default.svc.cluster.local.", A),
        ("db.default.svc.cluster.local.", AAAA),
        ("db-0.db.default.svc.cluster.local.", A),
        ("db-0.db.default.svc.cluster.local.", AAAA),
        ("10-42-1-3.db.default.svc.cluster.local.", A),
        ("db-9.db.default.svc.cluster.local.", A),
        ("_peer._tcp.db.default.svc.cluster.local.", SRV),
        ("idle.default.svc.cluster.local.", A),
        ("alias.default.svc.cluster.local.", A),
        ("alias.default.svc.cluster.local.", CNAME),
        ("circle.default.svc.cluster.local.", A),
        ("away.default.svc.cluster.local.", CNAME),
        ("away.default.svc.cluster.local.", A),
        ("absent.default.svc.cluster.local.", A),
        ("web.absent.svc.cluster.local.", A),
        ("*.default.svc.cluster.local.", A),
        ("default.svc.cluster.local.", A),
        ("absent.svc.cluster.local.", A),
        ("svc.cluster.local.", A),
        ("cluster.local.", A),
        ("cluster.local.", SOA),
        ("cluster.local.", NS),
        ("ns.dns.cluster.local.", A),
        ("dns-version.cluster.local.", TXT),
        ("anything.cluster.local.", A),
        ("10-42-0-9.default.pod.cluster.local.", A),
        ("fd00-42--9.default.pod.cluster.local.", AAAA),
        ("10-42-0-9.default.pod.cluster.local.", AAAA),
        ("10-42-0.default.pod.cluster.local.", A),
        ("10-42-0-9.absent.pod.cluster.local.", A),
        ("default.pod.cluster.local.", A),
        ("10.0.43.10.in-addr.arpa.", PTR),
        ("2.0.42.10.in-addr.arpa.", PTR),
        ("3.1.42.10.in-addr.arpa.", PTR),
        ("0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.3.4.0.0.0.0.d.f.ip6.arpa.", PTR),
        ("9.9.42.10.in-addr.arpa.", PTR),
        ("42.10.in-addr.arpa.", PTR),
        ("www.example.com.", A),
        ("web.default.svc.cluster.local.example.com.", A),
        ("local.", A),
        (".", NS),
    ];
    let mut text = String::new();
    for (name, kind) in questions {
        writeln!(text, "? {name} {kind}").unwrap();
        match handle(&question(name, kind), Transport::Tcp) {
            Handling::Drop => text.push_str("  dropped\n"),
            Handling::Relay => text.push_str("  relayed\n"),
            Handling::Chase(chase) => writeln!(text, "  chases {}", chase.question.name()).unwrap(),
            Handling::Reply(bytes) => {
                let reply = Message::from_vec(&bytes).unwrap();
                let authoritative = if reply.metadata.authoritative { " aa" } else { "" };
                writeln!(text, "  {:?}{authoritative}", reply.metadata.response_code).unwrap();
                for (section, records) in [
                    ("", &reply.answers),
                    ("authority ", &reply.authorities),
                    ("additional ", &reply.additionals),
                ] {
                    for record in records {
                        writeln!(text, "  {section}{record}").unwrap();
                    }
                }
            }
        }
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/zone.txt");
    if std::env::var_os("UPDATE_TESTDATA").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "zone.txt differs");
}

#[test]
fn the_question_comes_back_as_it_was_asked() {
    let mut message = question("wEb.default.svc.cluster.local.", RecordType::A);
    message.metadata.id = 0x1234;
    let reply = reply(&message, Transport::Udp);
    assert_eq!(reply.metadata.id, 0x1234);
    assert!(reply.queries[0].name().eq_case(message.queries[0].name()));
    assert!(reply.answers[0].name.eq_case(message.queries[0].name()));
    assert!(reply.metadata.recursion_available && reply.metadata.recursion_desired);
}

#[test]
fn what_does_not_fit_is_truncated() {
    let mut message = question("many.default.svc.cluster.local.", RecordType::A);
    let len = |message: &Message| message.to_vec().unwrap().len();
    let plain = reply(&message, Transport::Udp);
    assert!(
        plain.metadata.truncation && len(&plain) <= 512 && plain.answers.len() > 10 && plain.edns.is_none()
    );
    let mut edns = Edns::new();
    edns.set_max_payload(4096).set_version(0);
    message.set_edns(edns);
    let larger = reply(&message, Transport::Udp);
    assert!(larger.metadata.truncation && len(&larger) <= 1232 && larger.answers.len() > plain.answers.len());
    assert!(larger.edns.is_some());
    let whole = reply(&message, Transport::Tcp);
    assert!(!whole.metadata.truncation);
    assert_eq!(whole.answers.len(), 200);
}

#[test]
fn lists_are_turned() {
    let mut first = std::collections::BTreeSet::new();
    for id in 0..50 {
        let mut message = question("many.default.svc.cluster.local.", RecordType::A);
        message.metadata.id = id;
        first.insert(reply(&message, Transport::Tcp).answers[0].to_string());
    }
    assert_eq!(first.len(), 50);
}

#[test]
fn what_is_not_a_plain_question() {
    let base = || question("web.default.svc.cluster.local.", RecordType::A);
    let code = |message: &Message| reply(message, Transport::Udp).metadata.response_code;
    let mut message = base();
    message.metadata.op_code = OpCode::Status;
    assert_eq!(code(&message), ResponseCode::NotImp);
    let mut message = base();
    message.add_query(message.queries[0].clone());
    assert_eq!(code(&message), ResponseCode::FormErr);
    let mut message = base();
    message.queries.clear();
    assert_eq!(code(&message), ResponseCode::FormErr);
    let mut message = base();
    message.queries[0].set_query_class(DNSClass::CH);
    assert_eq!(code(&message), ResponseCode::Refused);
    assert_eq!(code(&question("cluster.local.", RecordType::AXFR)), ResponseCode::Refused);
    let mut message = base();
    let mut edns = Edns::new();
    edns.set_version(1);
    message.set_edns(edns);
    // The number 16 has two names.
    assert_eq!(u16::from(code(&message)), u16::from(ResponseCode::BADVERS));
    let mut message = base();
    message.metadata.message_type = MessageType::Response;
    assert!(matches!(handle(&message, Transport::Udp), Handling::Drop), "a reply is never answered");
    assert!(answer::error(&message.to_vec().unwrap(), ResponseCode::ServFail, Transport::Udp).is_none());
    assert!(matches!(answer::handle(b"short", Transport::Udp, &records()), Handling::Drop));
}

#[test]
fn domains_that_are_none() {
    for domain in ["", ".", "a..b", &"x".repeat(70)] {
        let inputs = RecordInputs { cluster_domain: domain.into(), ..RecordInputs::default() };
        assert!(Records::build(&inputs).is_err(), "{domain}");
    }
}

proptest! {
    /// Arbitrary bytes, and honest packets with bytes changed: an answer that is itself well-formed
    /// and has the right id, or none.
    #[test]
    fn hostile_packets(
        noise in prop::collection::vec(any::<u8>(), 0..600),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let records = records();
        let mut packet = question("_peer._tcp.db.default.svc.cluster.local.", RecordType::SRV).to_vec().unwrap();
        for (at, value) in flips {
            let at = at.index(packet.len());
            packet[at] = value;
        }
        let cut = packet[..=cut.index(packet.len())].to_vec();
        for bytes in [noise, packet, cut] {
            for transport in [Transport::Udp, Transport::Tcp] {
                if let Handling::Reply(reply) = answer::handle(&bytes, transport, &records) {
                    prop_assert_eq!(&reply[..2], &bytes[..2]);
                    prop_assert!(reply[2] & 0x80 != 0);
                    prop_assert!(transport == Transport::Tcp || reply.len() <= 1232);
                    prop_assert!(Message::from_vec(&reply).is_ok());
                }
            }
        }
    }
}
