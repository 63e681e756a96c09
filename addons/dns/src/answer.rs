//! From a packet to a packet, or to somebody who has to be asked.

use hickory_proto::op::Edns;
use hickory_proto::op::Message;
use hickory_proto::op::MessageType;
use hickory_proto::op::OpCode;
use hickory_proto::op::Query;
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::DNSClass;
use hickory_proto::rr::Name;
use hickory_proto::rr::RecordType;

use crate::Records;
use crate::records::Lookup;

/// The largest UDP answer, whatever a client says that it takes: what no network fragments
/// (DNS flag day 2020).
const UDP_MAX: u16 = 1232;
/// The largest without EDNS (RFC 1035 §4.2.1).
const UDP_PLAIN_MAX: u16 = 512;
const HEADER_LEN: usize = 12;
const FLAG_RESPONSE: u8 = 0x80;

/// How a question travelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Udp,
    Tcp,
}

/// What is to be done with a packet.
pub(crate) enum Handling {
    /// Nothing: it is no question.
    Drop,
    /// Send this.
    Reply(Vec<u8>),
    /// Pass it on as it is.
    Relay,
    /// Ask for the target of a CNAME, then complete the reply.
    Chase(Box<Chase>),
}

/// A reply that lacks the records of a name outside the zone.
pub(crate) struct Chase {
    pub(crate) reply: Reply,
    pub(crate) question: Query,
}

/// A reply in the making.
pub(crate) struct Reply {
    pub(crate) message: Message,
    max_len: usize,
}

/// Reads a packet and answers it from the snapshot where it can.
pub(crate) fn handle(packet: &[u8], transport: Transport, records: &Records) -> Handling {
    if packet.len() < HEADER_LEN || packet[2] & FLAG_RESPONSE != 0 {
        return Handling::Drop;
    }
    let Ok(request) = Message::from_vec(packet) else {
        return Handling::Reply(bare_error(packet, ResponseCode::FormErr));
    };
    let mut reply = Reply::to(&request, transport);
    if request.edns.as_ref().is_some_and(|edns| edns.version() > 0) {
        return reply.finish(ResponseCode::BADVERS);
    }
    if request.metadata.op_code != OpCode::Query {
        return reply.finish(ResponseCode::NotImp);
    }
    let [query] = request.queries.as_slice() else { return reply.finish(ResponseCode::FormErr) };
    let transfer = matches!(query.query_type(), RecordType::AXFR | RecordType::IXFR);
    if query.query_class() != DNSClass::IN || transfer {
        return reply.finish(ResponseCode::Refused);
    }
    let rotation = usize::from(request.metadata.id);
    match records.lookup(query.name(), query.query_type(), rotation) {
        Lookup::NotOurs => Handling::Relay,
        Lookup::NoName => {
            reply.message.metadata.authoritative = true;
            reply.message.add_authority(records.soa());
            reply.finish(ResponseCode::NXDomain)
        }
        Lookup::Found { answers, additionals, chase } => {
            reply.message.metadata.authoritative = true;
            if answers.is_empty() {
                reply.message.add_authority(records.soa());
            }
            reply.message.add_answers(answers);
            reply.message.add_additionals(additionals);
            match chase {
                None => reply.finish(ResponseCode::NoError),
                Some(target) => chase_target(reply, target, query.query_type()),
            }
        }
    }
}

/// A reply of nothing but the packet's own header and question, with an error.
pub(crate) fn error(packet: &[u8], code: ResponseCode, transport: Transport) -> Option<Vec<u8>> {
    if packet.len() < HEADER_LEN || packet[2] & FLAG_RESPONSE != 0 {
        return None;
    }
    Some(match Message::from_vec(packet) {
        Ok(request) => match Reply::to(&request, transport).finish(code) {
            Handling::Reply(bytes) => bytes,
            _ => bare_error(packet, code),
        },
        Err(_) => bare_error(packet, code),
    })
}

impl Reply {
    fn to(request: &Message, transport: Transport) -> Self {
        let mut message = Message::new(request.metadata.id, MessageType::Response, request.metadata.op_code);
        message.metadata.recursion_desired = request.metadata.recursion_desired;
        message.metadata.recursion_available = true;
        message.add_queries(request.queries.iter().cloned());
        let mut udp_max = UDP_PLAIN_MAX;
        if let Some(edns) = &request.edns {
            udp_max = edns.max_payload().clamp(UDP_PLAIN_MAX, UDP_MAX);
            let mut own = Edns::new();
            own.set_max_payload(UDP_MAX).set_version(0);
            own.set_dnssec_ok(edns.flags().dnssec_ok);
            message.set_edns(own);
        }
        let max_len = match transport {
            Transport::Udp => usize::from(udp_max),
            Transport::Tcp => usize::from(u16::MAX),
        };
        Self { message, max_len }
    }

    pub(crate) fn finish(mut self, code: ResponseCode) -> Handling {
        self.message.metadata.response_code = code;
        match self.encode() {
            Some(bytes) => Handling::Reply(bytes),
            None => Handling::Drop,
        }
    }

    /// Encodes the message; one that is too long loses what is least needed, and then answers, with
    /// the mark that tells the client to come back over TCP.
    fn encode(mut self) -> Option<Vec<u8>> {
        loop {
            let bytes = match self.message.to_vec() {
                Ok(bytes) => bytes,
                Err(error) => {
                    tracing::debug!(%error, "answer cannot be encoded");
                    return None;
                }
            };
            if bytes.len() <= self.max_len {
                return Some(bytes);
            }
            if !self.message.additionals.is_empty() {
                // Additional records are a courtesy; their absence is no truncation (RFC 2181 §9).
                self.message.additionals.clear();
                continue;
            }
            self.message.metadata.truncation = true;
            if self.message.answers.is_empty() {
                self.message.authorities.clear();
                return self.message.to_vec().ok();
            }
            let kept = self.message.answers.len() * self.max_len / bytes.len();
            self.message.answers.truncate(kept.min(self.message.answers.len() - 1));
        }
    }
}

impl Chase {
    /// The packet that asks for the target.
    pub(crate) fn packet(&self, id: u16) -> Option<Vec<u8>> {
        let mut message = Message::new(id, MessageType::Query, OpCode::Query);
        message.metadata.recursion_desired = true;
        message.add_query(self.question.clone());
        let mut edns = Edns::new();
        edns.set_max_payload(UDP_MAX).set_version(0);
        message.set_edns(edns);
        message.to_vec().ok()
    }

    /// Completes the reply with what came back; without anything the CNAME stands alone.
    pub(crate) fn complete(mut self, answer: Option<&[u8]>) -> Handling {
        let answer = answer.and_then(|bytes| Message::from_vec(bytes).ok());
        let code = match answer {
            Some(answer) => {
                self.reply.message.add_answers(answer.answers);
                answer.metadata.response_code
            }
            None => ResponseCode::ServFail,
        };
        self.reply.finish(code)
    }
}

fn chase_target(reply: Reply, target: Name, kind: RecordType) -> Handling {
    Handling::Chase(Box::new(Chase { reply, question: Query::query(target, kind) }))
}

/// The header alone, for a packet whose rest cannot be read.
fn bare_error(packet: &[u8], code: ResponseCode) -> Vec<u8> {
    let mut reply = vec![0; HEADER_LEN];
    reply[..2].copy_from_slice(&packet[..2]);
    // Keep the operation and whether recursion was desired.
    reply[2] = FLAG_RESPONSE | packet[2] & 0x79;
    reply[3] = 0x80 | code.low();
    reply
}
