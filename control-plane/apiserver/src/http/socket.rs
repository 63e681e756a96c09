//! Logs and watches over WebSocket, and credentials that come with one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use http::HeaderValue;
use http::Request;
use http::StatusCode;
use http::header;
use meta::Reason;
use meta::Status;
use supervise::OnEnd;
use supervise::Rank;
use supervise::Spawner;
use supervise::TaskKind;
use wire::Body;
use wire::messages;
use wire::messages::Accepted;
use wire::messages::Unit;

use super::Reply;
use super::inquiry::Inquiry;
use super::inquiry::Kind;

static MESSAGES: TaskKind = TaskKind { name: "api messages", rank: Rank::ApiServer, on_end: OnEnd::Nothing };

/// The sub-protocol by which a browser, which can set no other header, sends a token.
const BEARER: &str = "base64url.bearer.authorization.k8s.io.";

/// Agrees on messages where the client asks for a stream in this form; for all else it does nothing.
pub(super) fn accept(request: &mut Request<Body>, inquiry: &Inquiry) -> Result<Option<Accepted>, Status> {
    if !messages::is_asked(request.headers()) {
        return Ok(None);
    }
    take_bearer(request.headers_mut())?;
    let unit = match inquiry.kind {
        Kind::Watch => Unit::Line,
        Kind::LongRunning if inquiry.attributes.subresource == "log" => Unit::Piece,
        _ => return Ok(None),
    };
    let accepted = messages::accept(request, unit).map_err(|error| match error {
        wire::Error::NoCommonProtocol { .. } => Status::new(Reason::Forbidden, error.to_string()),
        _ => Status::bad_request(error.to_string()),
    })?;
    // Whoever else sees the request is asked for a plain answer.
    for name in [header::CONNECTION, header::UPGRADE] {
        request.headers_mut().remove(name);
    }
    Ok(Some(accepted))
}

/// Turns a stream into messages; a refusal stays what it is.
pub(super) fn answer(socket: Accepted, reply: Reply, spawner: &Spawner) -> Reply {
    if reply.status() != StatusCode::OK {
        return reply;
    }
    let (parts, body) = reply.into_parts();
    let mut answer = socket.answer(body, spawner, &MESSAGES);
    answer.headers_mut().extend(parts.headers.into_iter().filter(|(name, _)| {
        name.as_ref()
            .is_some_and(|name| name == header::WARNING || name.as_str().starts_with("x-kubernetes-"))
    }));
    answer
}

/// Moves a token from the sub-protocols to where tokens belong.
fn take_bearer(headers: &mut HeaderMap) -> Result<(), Status> {
    let protocols = header::SEC_WEBSOCKET_PROTOCOL;
    let lines = headers.get_all(&protocols).into_iter().filter_map(|line| line.to_str().ok());
    let names = lines.flat_map(|line| line.split(',')).map(|name| name.trim().to_owned());
    let (tokens, others): (Vec<String>, Vec<String>) = names.partition(|name| name.starts_with(BEARER));
    let Some(token) = tokens.first() else { return Ok(()) };
    let malformed = || Status::bad_request("the token among the WebSocket sub-protocols is malformed");
    if others.is_empty() || headers.contains_key(header::AUTHORIZATION) {
        return Err(Status::bad_request(
            "a token among the sub-protocols needs one other, and no other token",
        ));
    }
    let token = URL_SAFE_NO_PAD.decode(&token[BEARER.len()..]).map_err(|_| malformed())?;
    let token = String::from_utf8(token).map_err(|_| malformed())?;
    let text = |text: &str| HeaderValue::from_str(text).map_err(|_| malformed());
    headers.insert(header::AUTHORIZATION, text(&format!("Bearer {token}"))?);
    headers.insert(protocols, text(&others.join(", "))?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(protocols: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocols))])
    }

    #[test]
    fn a_token_among_the_protocols_is_a_bearer_token() {
        let mut headers =
            offered("base64url.bearer.authorization.k8s.io.dG9rZW4, v4.channel.k8s.io, channel.k8s.io");
        take_bearer(&mut headers).expect("well formed");
        assert_eq!(headers[header::AUTHORIZATION], "Bearer token");
        assert_eq!(headers[header::SEC_WEBSOCKET_PROTOCOL], "v4.channel.k8s.io, channel.k8s.io");
        let mut none = offered("v4.channel.k8s.io");
        take_bearer(&mut none).expect("nothing to do");
        assert_eq!(none, offered("v4.channel.k8s.io"));
    }

    #[test]
    fn malformed_and_lonely_tokens_are_refused() {
        for protocols in [
            "base64url.bearer.authorization.k8s.io.dG9rZW4",
            "base64url.bearer.authorization.k8s.io.%, v4.channel.k8s.io",
            "base64url.bearer.authorization.k8s.io.Cg, v4.channel.k8s.io",
        ] {
            take_bearer(&mut offered(protocols)).expect_err(protocols);
        }
    }
}
