//! The server over loopback, with resolvers that answer, keep silent, truncate and lie.

#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use dns::Dns;
use dns::DnsConfig;
use dns::DnsDeps;
use dns::Handle;
use dns::RecordInputs;
use dns::Records;
use dns::ServiceKind;
use dns::ServiceRecord;
use dns::Upstream;
use hickory_proto::op::Message;
use hickory_proto::op::MessageType;
use hickory_proto::op::OpCode;
use hickory_proto::op::Query;
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::Name;
use hickory_proto::rr::RData;
use hickory_proto::rr::Record;
use hickory_proto::rr::RecordType;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Spawner;
use supervise::Stop;
use supervise::Supervisor;
use supervise::TaskKind;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::net::UdpSocket;

static TASK: TaskKind = TaskKind { name: "test", rank: Rank::Admin, on_end: OnEnd::Nothing };

struct Server {
    handle: Handle,
    address: SocketAddr,
    spawner: Spawner,
    stop: Stop,
    _supervisor: Supervisor,
}

fn inputs() -> RecordInputs {
    let service = |name: &str, kind| ServiceRecord { namespace: "default".into(), name: name.into(), kind };
    let web = ServiceKind::ClusterIp { ips: vec!["10.43.0.10".parse().unwrap()], ports: Vec::new() };
    RecordInputs {
        cluster_domain: "cluster.local".into(),
        ttl: 5,
        serial: 1,
        services: vec![
            service("web", web),
            service("away", ServiceKind::ExternalName("www.example.com".into())),
        ],
        ..RecordInputs::default()
    }
}

fn start(upstream: Upstream) -> Server {
    start_with(DnsConfig {
        upstream_timeout: Duration::from_millis(300),
        ..DnsConfig::new(vec!["127.0.0.1:0".parse().unwrap()], upstream)
    })
}

fn start_with(config: DnsConfig) -> Server {
    let supervisor = Supervisor::new();
    let spawner = supervisor.spawner();
    let deps =
        DnsDeps { spawner: spawner.clone(), clock: stdx::Clock::system(), rng: stdx::Rng::from_seed(1) };
    let (server, handle) = Dns::build(config, Records::build(&inputs()).unwrap(), deps).unwrap();
    let stop = spawner.stop(Rank::DataPlane);
    let run = server.run(stop.clone());
    spawner.spawn(&TASK, "server", run);
    Server { address: handle.addresses()[0], handle, spawner, stop, _supervisor: supervisor }
}

fn question(name: &str, kind: RecordType) -> Message {
    let mut message = Message::new(4711, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
    message
}

async fn ask(server: SocketAddr, name: &str) -> Message {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(server).await.unwrap();
    socket.send(&question(name, RecordType::A).to_vec().unwrap()).await.unwrap();
    let mut buffer = [0; 4096];
    let len = tokio::time::timeout(Duration::from_secs(5), socket.recv(&mut buffer))
        .await
        .expect("no answer")
        .unwrap();
    let answer = Message::from_vec(&buffer[..len]).unwrap();
    assert_eq!(answer.metadata.id, 4711);
    answer
}

async fn ask_tcp(stream: &mut TcpStream, name: &str) -> Message {
    let bytes = question(name, RecordType::A).to_vec().unwrap();
    stream.write_all(&[&(bytes.len() as u16).to_be_bytes(), bytes.as_slice()].concat()).await.unwrap();
    let mut answer = vec![0; usize::from(stream.read_u16().await.unwrap())];
    stream.read_exact(&mut answer).await.unwrap();
    Message::from_vec(&answer).unwrap()
}

fn first_address(message: &Message) -> String {
    let address = message.answers.iter().find_map(|record| match &record.data {
        RData::A(address) => Some(address.to_string()),
        _ => None,
    });
    address.unwrap_or_else(|| format!("{:?}", message.metadata.response_code))
}

#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Answers(u8),
    KeepsSilent,
    /// Sends forged answers first: wrong id, wrong name.
    IsSpoofed,
    /// Says over UDP that there is more.
    Truncates,
}

/// A resolver on loopback; counts the questions.
async fn resolver(spawner: &Spawner, manner: Manner) -> (SocketAddr, Arc<AtomicUsize>) {
    let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = udp.local_addr().unwrap();
    let tcp = TcpListener::bind(address).await.unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    spawner.spawn(&TASK, "udp resolver", async move {
        let mut buffer = [0; 4096];
        loop {
            let (len, client) = udp.recv_from(&mut buffer).await.unwrap();
            counter.fetch_add(1, Ordering::SeqCst);
            let question = Message::from_vec(&buffer[..len]).unwrap();
            if manner == Manner::IsSpoofed {
                let mut forged = answer_to(&question, 66);
                forged.metadata.id = forged.metadata.id.wrapping_add(1);
                udp.send_to(&forged.to_vec().unwrap(), client).await.unwrap();
                let mut forged = answer_to(&question, 66);
                forged.queries[0].set_name(Name::from_ascii("bank.example.com.").unwrap());
                udp.send_to(&forged.to_vec().unwrap(), client).await.unwrap();
            }
            let mut answer = match manner {
                Manner::KeepsSilent => continue,
                Manner::Answers(last) => answer_to(&question, last),
                Manner::IsSpoofed | Manner::Truncates => answer_to(&question, 1),
            };
            if manner == Manner::Truncates {
                answer.answers.clear();
                answer.metadata.truncation = true;
            }
            udp.send_to(&answer.to_vec().unwrap(), client).await.unwrap();
        }
    });
    spawner.spawn(&TASK, "tcp resolver", async move {
        loop {
            let (mut stream, _) = tcp.accept().await.unwrap();
            let mut packet = vec![0; usize::from(stream.read_u16().await.unwrap())];
            stream.read_exact(&mut packet).await.unwrap();
            let answer = answer_to(&Message::from_vec(&packet).unwrap(), 2).to_vec().unwrap();
            stream
                .write_all(&[&(answer.len() as u16).to_be_bytes(), answer.as_slice()].concat())
                .await
                .unwrap();
        }
    });
    (address, count)
}

fn answer_to(question: &Message, last: u8) -> Message {
    let mut answer = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
    let name = question.queries[0].name().clone();
    answer.add_query(question.queries[0].clone());
    let address = std::net::Ipv4Addr::new(192, 0, 2, last);
    answer.add_answer(Record::from_rdata(name, 60, RData::A(address.into())));
    answer
}

#[tokio::test]
async fn the_zone_over_udp_and_tcp_and_its_replacement() {
    let server = start(Upstream::Servers(Vec::new()));
    assert_eq!(first_address(&ask(server.address, "web.default.svc.cluster.local.").await), "10.43.0.10");
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    for _ in 0..3 {
        assert_eq!(
            first_address(&ask_tcp(&mut stream, "web.default.svc.cluster.local.").await),
            "10.43.0.10"
        );
    }
    let mut changed = inputs();
    changed.services.clear();
    server.handle.publish(Records::build(&changed).unwrap());
    let gone = ask(server.address, "web.default.svc.cluster.local.").await;
    assert_eq!(gone.metadata.response_code, ResponseCode::NXDomain);
    assert!(matches!(gone.authorities[0].data, RData::SOA(_)));
}

#[tokio::test]
async fn without_resolvers_failure_is_quick() {
    let closed = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for upstream in [
        Upstream::Servers(Vec::new()),
        Upstream::Servers(vec![closed]),
        Upstream::ResolvConf("/nonexistent".into()),
    ] {
        let server = start(upstream);
        let started = Instant::now();
        let answer = ask(server.address, "www.example.com.").await;
        assert_eq!(answer.metadata.response_code, ResponseCode::ServFail);
        assert!(started.elapsed() < Duration::from_millis(250), "{:?}", started.elapsed());
        assert_eq!(server.handle.stats().failed, 1);
    }
}

#[tokio::test]
async fn questions_outside_are_relayed_and_names_inside_never() {
    let probe = start(Upstream::Servers(Vec::new()));
    let (upstream, count) = resolver(&probe.spawner, Manner::Answers(1)).await;
    let server = start(Upstream::Servers(vec![upstream]));
    assert_eq!(first_address(&ask(server.address, "www.example.com.").await), "192.0.2.1");
    let absent = ask(server.address, "www.example.com.default.svc.cluster.local.").await;
    assert_eq!(absent.metadata.response_code, ResponseCode::NXDomain);
    assert_eq!(count.load(Ordering::SeqCst), 1);
    // An external name comes with its addresses: the clients' resolvers do not look further.
    let away = ask(server.address, "away.default.svc.cluster.local.").await;
    assert!(matches!(&away.answers[0].data, RData::CNAME(name) if name.to_string() == "www.example.com."));
    assert_eq!(first_address(&away), "192.0.2.1");
}

#[tokio::test]
async fn a_silent_resolver_is_passed_over_and_remembered() {
    let probe = start(Upstream::Servers(Vec::new()));
    let (silent, asked) = resolver(&probe.spawner, Manner::KeepsSilent).await;
    let (good, _) = resolver(&probe.spawner, Manner::Answers(7)).await;
    let server = start(Upstream::Servers(vec![silent, good]));
    for _ in 0..3 {
        assert_eq!(first_address(&ask(server.address, "www.example.com.").await), "192.0.2.7");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1, "the one that answered is asked first from then on");
    let only_silent = start(Upstream::Servers(vec![silent]));
    let answer = ask(only_silent.address, "www.example.com.").await;
    assert_eq!(answer.metadata.response_code, ResponseCode::ServFail);
}

#[tokio::test]
async fn forged_answers_are_passed_over() {
    let probe = start(Upstream::Servers(Vec::new()));
    let (spoofed, _) = resolver(&probe.spawner, Manner::IsSpoofed).await;
    let server = start(Upstream::Servers(vec![spoofed]));
    assert_eq!(first_address(&ask(server.address, "www.example.com.").await), "192.0.2.1");
}

#[tokio::test]
async fn truncation_is_the_clients_to_act_upon() {
    let probe = start(Upstream::Servers(Vec::new()));
    let (upstream, _) = resolver(&probe.spawner, Manner::Truncates).await;
    let server = start(Upstream::Servers(vec![upstream]));
    let short = ask(server.address, "www.example.com.").await;
    assert!(short.metadata.truncation && short.answers.is_empty());
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    assert_eq!(first_address(&ask_tcp(&mut stream, "www.example.com.").await), "192.0.2.2");
}

/// An address that is free for both transports, below the ports that the kernel hands to others.
fn free_address() -> SocketAddr {
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    let free = |address: &SocketAddr| {
        std::net::TcpListener::bind(address).is_ok() && std::net::UdpSocket::bind(address).is_ok()
    };
    (first..32_000).map(|port| SocketAddr::from(([127, 0, 0, 1], port))).find(free).expect("a free port")
}

#[tokio::test]
async fn the_server_never_asks_itself() {
    // A resolver that turns out to be the server: taken out of the list at the start.
    let address = free_address();
    let server = start_with(DnsConfig::new(vec![address], Upstream::Servers(vec![address])));
    let answer = ask(server.address, "www.example.com.").await;
    assert_eq!(answer.metadata.response_code, ResponseCode::ServFail);
    assert_eq!(server.handle.stats().requests, 1);
}

#[tokio::test]
async fn hostile_clients_get_nothing_and_cost_nothing() {
    let server = start(Upstream::Servers(Vec::new()));
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(server.address).await.unwrap();
    for len in [0, 1, 11, 12, 13, 100, 3000] {
        socket.send(&vec![0xff; len]).await.unwrap();
    }
    let mut half = TcpStream::connect(server.address).await.unwrap();
    half.write_all(&[0xff, 0xff, 1, 2, 3]).await.unwrap();
    let mut garbage = TcpStream::connect(server.address).await.unwrap();
    garbage.write_all(&[0, 3, 1, 2, 3]).await.unwrap();
    assert_eq!(garbage.read(&mut [0; 10]).await.unwrap(), 0, "closed");
    assert_eq!(first_address(&ask(server.address, "web.default.svc.cluster.local.").await), "10.43.0.10");
    let stats = server.handle.stats();
    assert!(stats.dropped >= 6, "{stats:?}");
    server.stop.request();
}

#[tokio::test]
async fn wrong_addresses_are_named() {
    let deps = DnsDeps {
        spawner: Supervisor::new().spawner(),
        clock: stdx::Clock::system(),
        rng: stdx::Rng::from_seed(1),
    };
    let build = |listen: &str| {
        let config = DnsConfig::new(vec![listen.parse().unwrap()], Upstream::Servers(Vec::new()));
        Dns::build(config, Records::build(&inputs()).unwrap(), deps.clone()).map(|_| ())
    };
    let error = build("0.0.0.0:53").unwrap_err();
    assert_eq!(error.to_string(), "dns.listen[0]: 0.0.0.0:53 must be a single address");
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let _holder = std::net::TcpListener::bind(taken).unwrap();
    assert_eq!(build(&taken.to_string()).unwrap_err().to_string(), format!("cannot listen on {taken} (tcp)"));
    // An address that this machine does not have yet.
    build("192.0.2.53:0").unwrap();
}

/// Questions per second from one client with some under way; the figure is in the output.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throughput() {
    const QUESTIONS: usize = 20_000;
    const UNDER_WAY: usize = 64;
    let server = start(Upstream::Servers(Vec::new()));
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(server.address).await.unwrap();
    let packet = question("web.default.svc.cluster.local.", RecordType::A).to_vec().unwrap();
    let mut buffer = [0; 512];
    let started = Instant::now();
    for i in 0..QUESTIONS + UNDER_WAY {
        if i < QUESTIONS {
            socket.send(&packet).await.unwrap();
        }
        if i >= UNDER_WAY {
            let received = tokio::time::timeout(Duration::from_secs(5), socket.recv(&mut buffer)).await;
            received.expect("an answer was lost").unwrap();
        }
    }
    let rate = QUESTIONS as f64 / started.elapsed().as_secs_f64();
    println!("{rate:.0} questions/s, {:?} each", started.elapsed() / QUESTIONS as u32);
    assert_eq!(server.handle.stats().answered, QUESTIONS as u64);
}
