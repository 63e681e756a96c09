//! Passing questions on to the resolvers outside, packet by packet.
//!
//! Each question has a socket of its own, connected to the resolver: a random source port and a
//! random id make a forged answer unlikely to fit, and the kernel reports a dead resolver at once.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use stdx::Clock;
use stdx::Rng;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::UdpSocket;
use tokio::time::Instant;

use crate::Upstream;
use crate::answer::Transport;

/// How often all resolvers are tried.
const ROUNDS: usize = 2;
/// How often resolv.conf is looked at, at most.
const RELOAD_INTERVAL: Duration = Duration::from_secs(5);
/// resolv.conf(5) knows no more.
const SERVERS_MAX: usize = 3;
const HEADER_LEN: usize = 12;
const DNS_PORT: u16 = 53;
/// Flags, second byte: truncated.
const FLAG_TRUNCATED: u8 = 0x02;
const FLAG_RESPONSE: u8 = 0x80;

/// Knows the resolvers, and which of them answered last.
pub(crate) struct Relay {
    upstream: Upstream,
    /// Never asked: this server's own addresses.
    own: Vec<SocketAddr>,
    servers: ArcSwap<Servers>,
    preferred: AtomicUsize,
    timeout: Duration,
    clock: Clock,
    rng: Rng,
}

#[derive(Clone, Debug)]
struct Servers {
    addresses: Vec<SocketAddr>,
    modified: Option<SystemTime>,
    looked_at: Instant,
}

impl Relay {
    pub(crate) fn new(
        upstream: Upstream,
        own: Vec<SocketAddr>,
        timeout: Duration,
        clock: Clock,
        rng: Rng,
    ) -> Self {
        let servers = read(&upstream, &own, clock.instant());
        if servers.addresses.is_empty() {
            tracing::warn!("no resolver outside the cluster is known; names outside cannot be resolved");
        }
        let servers = ArcSwap::new(Arc::new(servers));
        Self { upstream, own, servers, preferred: AtomicUsize::new(0), timeout, clock, rng }
    }

    /// An id that nobody can guess.
    pub(crate) fn random_id(&self) -> u16 {
        self.rng.next_u64() as u16
    }

    /// Asks one resolver after the other. `None` when none answers, at once when there is none.
    pub(crate) async fn ask(&self, packet: &[u8], transport: Transport) -> Option<Vec<u8>> {
        let servers = self.servers();
        let count = servers.addresses.len();
        let first = self.preferred.load(Ordering::Relaxed);
        for attempt in 0..count * ROUNDS {
            let index = (first + attempt) % count;
            let server = servers.addresses[index];
            match tokio::time::timeout(self.timeout, self.exchange(packet, server, transport)).await {
                Ok(Ok(answer)) => {
                    self.preferred.store(index, Ordering::Relaxed);
                    return Some(answer);
                }
                Ok(Err(error)) => tracing::debug!(%server, %error, "resolver failed"),
                Err(_) => tracing::debug!(%server, "resolver did not answer in time"),
            }
        }
        None
    }

    async fn exchange(&self, packet: &[u8], server: SocketAddr, transport: Transport) -> io::Result<Vec<u8>> {
        let id = self.random_id().to_be_bytes();
        let mut question = packet.to_vec();
        question[..2].copy_from_slice(&id);
        let mut answer = match transport {
            Transport::Udp => ask_udp(&question, server).await?,
            Transport::Tcp => ask_tcp(&question, server).await?,
        };
        answer[..2].copy_from_slice(&packet[..2]);
        Ok(answer)
    }

    fn servers(&self) -> Arc<Servers> {
        let servers = self.servers.load_full();
        let now = self.clock.instant();
        let Upstream::ResolvConf(path) = &self.upstream else { return servers };
        if now.duration_since(servers.looked_at) < RELOAD_INTERVAL {
            return servers;
        }
        let modified = fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
        let next = match modified == servers.modified {
            true => Servers { looked_at: now, ..(*servers).clone() },
            false => read(&self.upstream, &self.own, now),
        };
        let next = Arc::new(next);
        self.servers.store(next.clone());
        next
    }
}

/// Waits for the packet that answers this very question; others are passed over.
async fn ask_udp(question: &[u8], server: SocketAddr) -> io::Result<Vec<u8>> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server).await?;
    socket.send(question).await?;
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        let len = socket.recv(&mut buffer).await?;
        if answers(&buffer[..len], question) {
            buffer.truncate(len);
            buffer.shrink_to_fit();
            return Ok(buffer);
        }
    }
}

async fn ask_tcp(question: &[u8], server: SocketAddr) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    let len = u16::try_from(question.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let mut framed = len.to_be_bytes().to_vec();
    framed.extend_from_slice(question);
    stream.write_all(&framed).await?;
    let mut answer = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut answer).await?;
    if answers(&answer, question) { Ok(answer) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// Whether a packet is the answer to a question: the id and, where it is repeated, the question.
fn answers(answer: &[u8], question: &[u8]) -> bool {
    if answer.len() < HEADER_LEN || answer[..2] != question[..2] || answer[2] & FLAG_RESPONSE == 0 {
        return false;
    }
    let repeated = answer[4..6] != [0, 0];
    let end = question_end(question);
    let truncated = answer[2] & FLAG_TRUNCATED != 0;
    match (repeated, answer.get(HEADER_LEN..end)) {
        (true, Some(found)) => found.eq_ignore_ascii_case(&question[HEADER_LEN..end]),
        (true, None) => false,
        // Errors and stripped answers may come without it.
        (false, _) => answer[3] & 0x0f != 0 || truncated,
    }
}

/// Where the first question ends; the packet was parsed before.
fn question_end(packet: &[u8]) -> usize {
    let mut at = HEADER_LEN;
    while let Some(len) = packet.get(at).copied().filter(|len| *len != 0) {
        at += usize::from(len) + 1;
    }
    (at + 5).min(packet.len())
}

fn read(upstream: &Upstream, own: &[SocketAddr], now: Instant) -> Servers {
    let (mut addresses, modified) = match upstream {
        Upstream::Servers(servers) => (servers.clone(), None),
        Upstream::ResolvConf(path) => {
            let text = fs::read_to_string(path).unwrap_or_else(|error| {
                tracing::warn!(path = %path.display(), %error, "resolv.conf cannot be read");
                String::new()
            });
            let modified = fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
            (name_servers(&text), modified)
        }
    };
    // Asking ourselves would go round for ever.
    addresses.retain(|address| !own.contains(address));
    Servers { addresses, modified, looked_at: now }
}

/// The `nameserver` lines of a resolv.conf(5).
fn name_servers(text: &str) -> Vec<SocketAddr> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';']));
    let addresses = lines.filter_map(|line| {
        let mut words = line.split_whitespace();
        let address = words.next().filter(|word| *word == "nameserver").and(words.next())?;
        // A zone (`fe80::1%eth0`) cannot be expressed in an address.
        address.parse::<IpAddr>().ok()
    });
    addresses.take(SERVERS_MAX).map(|address| SocketAddr::new(address, DNS_PORT)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolv_conf() {
        let text = "# comment\nsearch example.com\nnameserver 192.0.2.1\n  nameserver\t2001:db8::1 # x\n\
                    ;nameserver 192.0.2.9\nnameserver bad\nnameserver\noptions ndots:5\n";
        let found: Vec<String> = name_servers(text).iter().map(SocketAddr::to_string).collect();
        assert_eq!(found, ["192.0.2.1:53", "[2001:db8::1]:53"]);
    }

    #[test]
    fn only_the_answer_answers() {
        let mut question = vec![1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        question.extend(b"\x01a\x04Test\0\0\x01\0\x01");
        let mut answer = question.clone();
        answer[2] |= FLAG_RESPONSE;
        assert!(answers(&answer, &question));
        assert!(!answers(&question, &question), "a question");
        let mut other = answer.clone();
        other[13] = b'b';
        assert!(!answers(&other, &question), "another name");
        other = answer.clone();
        other[1] = 9;
        assert!(!answers(&other, &question), "another id");
        assert!(!answers(&answer[..15], &question) && !answers(&[], &question));
        // A question whose labels run beyond the packet cannot be read out of bounds.
        assert_eq!(question_end(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 63]), 13);
    }
}
