//! Challenges, credentials, tokens.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::HeaderValue;
use http::Request;
use http::header;
use serde::Deserialize;

/// What a registry is shown. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// User name and password (or access token).
    Basic {
        /// User name.
        username: String,
        /// Password.
        password: String,
    },
    /// An OAuth2 refresh token (`identitytoken` of a Docker configuration).
    IdentityToken(String),
    /// A bearer token that is used as it is (`registrytoken`).
    RegistryToken(String),
}

impl Credentials {
    /// The header value for the Basic scheme, where these credentials have one.
    pub(super) fn basic(&self) -> Option<HeaderValue> {
        let Credentials::Basic { username, password } = self else { return None };
        let mut value =
            HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(format!("{username}:{password}"))))
                .expect("base64 is a valid header value");
        value.set_sensitive(true);
        Some(value)
    }

    pub(super) fn registry_token(&self) -> Option<&str> {
        match self {
            Credentials::RegistryToken(token) => Some(token),
            _ => None,
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Credentials::Basic { .. } => "Basic(redacted)",
            Credentials::IdentityToken(_) => "IdentityToken(redacted)",
            Credentials::RegistryToken(_) => "RegistryToken(redacted)",
        })
    }
}

/// What a registry asks for in `WWW-Authenticate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    Basic,
    Bearer { realm: String, service: String, scope: Option<String> },
}

/// Every challenge that is understood (RFC 9110 §11.6.1).
pub(super) fn challenges(headers: &HeaderMap) -> Vec<Challenge> {
    let values = headers.get_all(header::WWW_AUTHENTICATE).iter();
    values.filter_map(|value| value.to_str().ok()).flat_map(parse_challenges).collect()
}

/// A token is preferred: it is narrower than a password.
pub(super) fn choose(challenges: &[Challenge]) -> Option<&Challenge> {
    challenges.iter().max_by_key(|challenge| matches!(challenge, Challenge::Bearer { .. }))
}

pub(super) fn bearer(token: &str) -> HeaderValue {
    let mut value =
        HeaderValue::from_str(&format!("Bearer {token}")).unwrap_or(HeaderValue::from_static("Bearer"));
    value.set_sensitive(true);
    value
}

/// A GET with Basic credentials, or a POST that spends a refresh token.
pub(super) fn token_request(
    path: &str,
    service: &str,
    scope: &str,
    credentials: Option<&Credentials>,
) -> (http::request::Builder, String) {
    let (service, scope) = (percent_encode(service), percent_encode(scope));
    if let Some(Credentials::IdentityToken(token)) = credentials {
        let body = format!(
            "grant_type=refresh_token&refresh_token={}&service={service}&scope={scope}&client_id=skiff",
            percent_encode(token)
        );
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        return (request, body);
    }
    let separator = if path.contains('?') { '&' } else { '?' };
    // Several scopes come in one parameter, separated by spaces, and go out as one each.
    let scopes = scope.replace("%20", "&scope=");
    let mut request = Request::get(format!("{path}{separator}service={service}&scope={scopes}"));
    if let Some(basic) = credentials.and_then(Credentials::basic) {
        request = request.header(header::AUTHORIZATION, basic);
    }
    (request, String::new())
}

pub(super) fn parse_token(body: &[u8]) -> Result<String, String> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(default)]
        token: String,
        #[serde(default)]
        access_token: String,
    }
    let answer: Answer = serde_json::from_slice(body).map_err(|error| format!("token answer: {error}"))?;
    let token = if answer.token.is_empty() { answer.access_token } else { answer.token };
    if token.is_empty() { Err("token answer without a token".into()) } else { Ok(token) }
}

fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// One header value may hold several challenges: `Basic realm="x", Bearer realm="y",service="z"`.
fn parse_challenges(text: &str) -> Vec<Challenge> {
    let mut schemes: Vec<(String, Vec<(String, String)>)> = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = rest.find([' ', '=', ',']).unwrap_or(rest.len());
        let word = &rest[..end];
        rest = rest[end..].trim_start();
        if let Some(after) = rest.strip_prefix('=') {
            let (value, remainder) = parse_value(after.trim_start());
            if let Some((_, parameters)) = schemes.last_mut() {
                parameters.push((word.to_ascii_lowercase(), value));
            }
            rest = remainder;
        } else if !word.is_empty() {
            schemes.push((word.to_ascii_lowercase(), Vec::new()));
        }
        rest = rest.trim_start_matches([',', ' ', '\t']);
    }
    schemes.into_iter().filter_map(|(scheme, parameters)| challenge(&scheme, &parameters)).collect()
}

fn challenge(scheme: &str, parameters: &[(String, String)]) -> Option<Challenge> {
    let get = |key: &str| parameters.iter().find(|(k, _)| k == key).map(|(_, value)| value.clone());
    match scheme {
        "basic" => Some(Challenge::Basic),
        "bearer" => Some(Challenge::Bearer {
            realm: get("realm")?,
            service: get("service").unwrap_or_default(),
            scope: get("scope"),
        }),
        _ => None,
    }
}

fn parse_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((i, c)) = characters.next() {
        match c {
            '"' => return (value, &quoted[i + 1..]),
            '\\' => value.extend(characters.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_of_real_registries() {
        let hub = r#"Bearer realm="https://auth.example.com/token",service="registry",scope="repository:a/b:pull,push""#;
        assert_eq!(
            parse_challenges(hub),
            [Challenge::Bearer {
                realm: "https://auth.example.com/token".into(),
                service: "registry".into(),
                scope: Some("repository:a/b:pull,push".into()),
            }]
        );
        assert_eq!(parse_challenges(r#"basic realm="Registry \"Realm\"""#), [Challenge::Basic]);
        let both = parse_challenges(r#"Negotiate, Basic realm="x", Bearer realm=https://a/t , service="y""#);
        assert_eq!(both.len(), 2);
        assert!(matches!(choose(&both), Some(Challenge::Bearer { service, .. }) if service == "y"));
        for broken in ["", "Bearer", "Bearer realm", "Bearer realm=", "=x", "\"", "Bearer realm=\"", ",,,"] {
            parse_challenges(broken);
        }
    }

    #[test]
    fn token_requests() {
        let basic = Credentials::Basic { username: "u".into(), password: "p".into() };
        let (request, body) = token_request("/token?a=b", "reg 1", "repository:x/y:pull", Some(&basic));
        let request = request.body(()).unwrap();
        assert_eq!(request.uri().to_string(), "/token?a=b&service=reg%201&scope=repository%3Ax%2Fy%3Apull");
        assert_eq!(request.headers()[header::AUTHORIZATION], "Basic dTpw");
        assert!(body.is_empty());
        let (request, body) =
            token_request("/token", "s", "x", Some(&Credentials::IdentityToken("a+b".into())));
        assert_eq!(request.body(()).unwrap().method(), "POST");
        assert!(body.contains("refresh_token=a%2Bb"));
        assert_eq!(parse_token(br#"{"access_token":"t"}"#).unwrap(), "t");
        assert!(parse_token(b"{}").is_err());
        assert!(
            !format!("{basic:?}").contains('p'.to_string().as_str())
                || format!("{basic:?}") == "Basic(redacted)"
        );
    }
}
