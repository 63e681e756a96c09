//! Sockets, tasks, and nothing else.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use arc_swap::ArcSwap;
use hickory_proto::op::ResponseCode;
use stdx::Clock;
use stdx::Rng;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Spawner;
use supervise::Stop;
use supervise::TaskKind;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::net::UdpSocket;
use tokio::sync::Semaphore;

use crate::DnsConfig;
use crate::Error;
use crate::Records;
use crate::answer;
use crate::answer::Handling;
use crate::answer::Transport;
use crate::relay::Relay;
use crate::socket;

/// Questions over UDP are far smaller; what is longer is no question.
const UDP_QUESTION_MAX: usize = 4096;
/// A TCP connection without a question for so long is closed.
const TCP_IDLE: Duration = Duration::from_secs(10);
/// After a failure to accept, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

static WORKER: TaskKind = TaskKind { name: "dns worker", rank: Rank::DataPlane, on_end: OnEnd::StopProcess };
static RELAY: TaskKind = TaskKind { name: "dns relay", rank: Rank::DataPlane, on_end: OnEnd::Nothing };
static CONNECTION: TaskKind =
    TaskKind { name: "dns connection", rank: Rank::DataPlane, on_end: OnEnd::Nothing };

/// What the server is given besides its configuration.
#[derive(Clone)]
pub struct DnsDeps {
    /// Spawns workers, relays and connections.
    pub spawner: Spawner,
    /// Time.
    pub clock: Clock,
    /// Ids of relayed questions.
    pub rng: Rng,
}

/// The DNS server as a component: its sockets are bound, nothing is answered yet.
pub struct Dns {
    shared: Arc<Shared>,
    udp: Vec<UdpSocket>,
    tcp: Vec<TcpListener>,
}

/// Feeds the server and watches it; cheap to clone.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
    addresses: Arc<[SocketAddr]>,
}

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Packets that came in.
    pub requests: u64,
    /// Answered from the cluster's zone, or with an error.
    pub answered: u64,
    /// Passed on to a resolver outside.
    pub relayed: u64,
    /// Passed on in vain, or not at all because too many were under way.
    pub failed: u64,
    /// Packets that were no questions.
    pub dropped: u64,
}

struct Shared {
    records: ArcSwap<Records>,
    relay: Relay,
    relays: Arc<Semaphore>,
    connections: Arc<Semaphore>,
    spawner: Spawner,
    clock: Clock,
    counters: Counters,
}

#[derive(Default)]
struct Counters {
    requests: AtomicU64,
    answered: AtomicU64,
    relayed: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
}

impl Dns {
    /// Binds the sockets. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// A wrong configuration, or an address that cannot be listened on.
    pub fn build(config: DnsConfig, records: Records, deps: DnsDeps) -> Result<(Self, Handle), Error> {
        config.validate().map_err(|mistakes| Error::Config { mistakes })?;
        let (mut udp, mut tcp, mut addresses) = (Vec::new(), Vec::new(), Vec::new());
        for address in &config.listen {
            let failed =
                |transport| move |source: io::Error| Error::Listen { address: *address, transport, source };
            let sockets = socket::udp(*address, config.workers).map_err(failed("udp"))?;
            let local = sockets[0].local_addr().map_err(failed("udp"))?;
            tcp.push(socket::tcp(local).map_err(failed("tcp"))?);
            udp.extend(sockets);
            addresses.push(local);
        }
        let upstream_timeout = config.upstream_timeout;
        let relay =
            Relay::new(config.upstream, addresses.clone(), upstream_timeout, deps.clock.clone(), deps.rng);
        let shared = Arc::new(Shared {
            records: ArcSwap::from_pointee(records),
            relay,
            relays: Arc::new(Semaphore::new(config.relays_max)),
            connections: Arc::new(Semaphore::new(config.connections_max)),
            spawner: deps.spawner,
            clock: deps.clock,
            counters: Counters::default(),
        });
        let handle = Handle { shared: shared.clone(), addresses: addresses.into() };
        Ok((Self { shared, udp, tcp }, handle))
    }

    /// Answers until asked to stop.
    pub async fn run(self, stop: Stop) {
        for socket in self.udp {
            let (shared, stop) = (self.shared.clone(), stop.clone());
            self.shared.spawner.spawn(&WORKER, "udp", async move {
                stop.unless(shared.serve_udp(Arc::new(socket))).await;
            });
        }
        for listener in self.tcp {
            let (shared, worker_stop) = (self.shared.clone(), stop.clone());
            self.shared.spawner.spawn(&WORKER, "tcp", async move {
                worker_stop.unless(shared.serve_tcp(listener, worker_stop.clone())).await;
            });
        }
        stop.requested().await;
    }
}

impl Handle {
    /// Replaces the cluster's zone; questions see the old one or the new one.
    pub fn publish(&self, records: Records) {
        self.shared.records.store(Arc::new(records));
    }

    /// Where the server listens, in the order of the configuration.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Counts since the start.
    pub fn stats(&self) -> Stats {
        let counters = &self.shared.counters;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            requests: read(&counters.requests),
            answered: read(&counters.answered),
            relayed: read(&counters.relayed),
            failed: read(&counters.failed),
            dropped: read(&counters.dropped),
        }
    }
}

impl Shared {
    /// Answers what it can on the spot; what takes time gets a task of its own.
    async fn serve_udp(self: &Arc<Self>, socket: Arc<UdpSocket>) {
        let mut buffer = vec![0; UDP_QUESTION_MAX];
        loop {
            let (len, client) = match socket.recv_from(&mut buffer).await {
                Ok(received) => received,
                Err(error) => {
                    // An earlier answer bounced: the client is gone.
                    tracing::debug!(%error, "receiving a question failed");
                    continue;
                }
            };
            let packet = &buffer[..len];
            match self.handle(packet, Transport::Udp) {
                Handling::Drop => {}
                Handling::Reply(reply) => send(&socket, &reply, client).await,
                slow => {
                    let Ok(permit) = self.relays.clone().try_acquire_owned() else {
                        self.counters.failed.fetch_add(1, Ordering::Relaxed);
                        if let Some(reply) = answer::error(packet, ResponseCode::ServFail, Transport::Udp) {
                            send(&socket, &reply, client).await;
                        }
                        continue;
                    };
                    let (shared, socket, packet) = (self.clone(), socket.clone(), packet.to_vec());
                    self.spawner.spawn(&RELAY, "udp", async move {
                        if let Some(reply) = shared.resolve(slow, &packet, Transport::Udp).await {
                            send(&socket, &reply, client).await;
                        }
                        drop(permit);
                    });
                }
            }
        }
    }

    async fn serve_tcp(self: &Arc<Self>, listener: TcpListener, stop: Stop) {
        loop {
            let permit =
                self.connections.clone().acquire_owned().await.expect("the semaphore is never closed");
            match listener.accept().await {
                Ok((stream, _)) => {
                    let (shared, stop) = (self.clone(), stop.clone());
                    self.spawner.spawn(&CONNECTION, "tcp", async move {
                        if let Some(Err(error)) = stop.unless(shared.serve_connection(stream)).await {
                            tracing::debug!(%error, "connection ended");
                        }
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "accepting a connection failed");
                    self.clock.sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Questions one after the other (RFC 7766).
    async fn serve_connection(&self, mut stream: TcpStream) -> io::Result<()> {
        loop {
            let packet = match tokio::time::timeout(TCP_IDLE, read_framed(&mut stream)).await {
                Ok(packet) => packet?,
                Err(_) => return Ok(()),
            };
            let Some(packet) = packet else { return Ok(()) };
            let reply = match self.handle(&packet, Transport::Tcp) {
                // Whoever sends other things over a connection is not to be waited for.
                Handling::Drop => return Ok(()),
                Handling::Reply(reply) => Some(reply),
                slow => {
                    let _permit = self.relays.acquire().await.expect("the semaphore is never closed");
                    self.resolve(slow, &packet, Transport::Tcp).await
                }
            };
            let Some(reply) = reply else { return Ok(()) };
            let len = u16::try_from(reply.len()).map_err(|_| io::ErrorKind::InvalidData)?;
            let framed = [&len.to_be_bytes(), reply.as_slice()].concat();
            let sent = tokio::time::timeout(TCP_IDLE, stream.write_all(&framed)).await;
            sent.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        }
    }

    fn handle(&self, packet: &[u8], transport: Transport) -> Handling {
        self.counters.requests.fetch_add(1, Ordering::Relaxed);
        let handling = answer::handle(packet, transport, &self.records.load());
        let counter = match &handling {
            Handling::Drop => &self.counters.dropped,
            Handling::Reply(_) => &self.counters.answered,
            Handling::Relay | Handling::Chase(_) => &self.counters.relayed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        handling
    }

    /// The slow half: asks outside.
    async fn resolve(&self, handling: Handling, packet: &[u8], transport: Transport) -> Option<Vec<u8>> {
        let failed = || self.counters.failed.fetch_add(1, Ordering::Relaxed);
        match handling {
            Handling::Chase(chase) => {
                let question = chase.packet(self.relay.random_id())?;
                let answer = self.relay.ask(&question, transport).await;
                if answer.is_none() {
                    failed();
                }
                match chase.complete(answer.as_deref()) {
                    Handling::Reply(reply) => Some(reply),
                    _ => None,
                }
            }
            Handling::Relay => match self.relay.ask(packet, transport).await {
                Some(answer) => Some(answer),
                None => {
                    failed();
                    answer::error(packet, ResponseCode::ServFail, transport)
                }
            },
            Handling::Reply(reply) => Some(reply),
            Handling::Drop => None,
        }
    }
}

async fn send(socket: &UdpSocket, reply: &[u8], client: SocketAddr) {
    if let Err(error) = socket.send_to(reply, client).await {
        tracing::debug!(%client, %error, "sending an answer failed");
    }
}

/// One length-prefixed message; `None` at a clean end.
async fn read_framed(stream: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let len = match stream.read_u16().await {
        Ok(len) => len,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut packet = vec![0; usize::from(len)];
    stream.read_exact(&mut packet).await?;
    Ok(Some(packet))
}
