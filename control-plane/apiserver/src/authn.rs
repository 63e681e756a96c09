//! Who is it? Client certificates, then bearer tokens, then nobody.

use http::HeaderMap;
use meta::Reason;
use meta::Status;
use wire::ConnInfo;

use crate::server::Inner;
use crate::user::User;

/// The user behind a request. Wrong credentials are an error even where none would have done.
pub(crate) fn authenticate(
    server: &Inner,
    headers: &HeaderMap,
    connection: &ConnInfo,
) -> Result<User, Status> {
    if !connection.client_chain.is_empty() {
        match pki::verify_client(&connection.client_chain, &server.client_ca, server.clock.now()) {
            Ok(identity) => {
                let groups: Vec<&str> = identity.organizations.iter().map(String::as_str).collect();
                let mut user = User::new(&identity.common_name, &groups);
                user.uid = identity.uid.unwrap_or_default();
                let id = format!("X509SHA256={}", identity.fingerprint);
                user.extra.insert("authentication.kubernetes.io/credential-id".to_owned(), vec![id]);
                return Ok(user);
            }
            Err(error) => {
                tracing::debug!(%error, "client certificate refused");
                if bearer(headers).is_none() {
                    return Err(unauthorized());
                }
            }
        }
    }
    let Some(token) = bearer(headers) else { return Ok(User::anonymous()) };
    match server.tokens.authenticate(server, token, &[]) {
        Ok((user, _)) => Ok(user),
        Err(error) => {
            tracing::debug!(error, "bearer token refused");
            Err(unauthorized())
        }
    }
}

/// The user that is to be impersonated, where the request asks for that and the real user may.
pub(crate) fn impersonate(server: &Inner, real: User, headers: &HeaderMap) -> Result<User, Status> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let groups: Vec<&str> =
        headers.get_all("impersonate-group").iter().filter_map(|value| value.to_str().ok()).collect();
    let Some(name) = text("impersonate-user") else {
        return if groups.is_empty() {
            Ok(real)
        } else {
            Err(Status::internal("requested groups without impersonating a user"))
        };
    };
    let check = |resource: &str, namespace: &str, name: &str| {
        let attributes = crate::authz::Attributes {
            verb: "impersonate".to_owned(),
            resource: resource.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            ..Default::default()
        };
        server.authorize(&real, &attributes)
    };
    let account = name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
    let mut user = match account {
        Some((namespace, account)) => {
            check("serviceaccounts", namespace, account)?;
            User::service_account(namespace, account)
        }
        None => {
            check("users", "", name)?;
            User::new(name, &[])
        }
    };
    for group in groups {
        check("groups", "", group)?;
        if !user.is_in(group) {
            user.groups.push(group.to_owned());
        }
    }
    Ok(user)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.trim().split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") { Some(token.trim()) } else { None }
}

fn unauthorized() -> Status {
    Status::new(Reason::Unauthorized, "Unauthorized")
}
