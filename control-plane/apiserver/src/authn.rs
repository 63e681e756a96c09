//! Who is it? Client certificates, then bearer tokens, then nobody.

use std::sync::Arc;

use http::HeaderMap;
use jiff::Timestamp;
use meta::Reason;
use meta::Status;
use pki::CaBundle;
use rustls::pki_types::CertificateDer;
use wire::ConnInfo;

use crate::memo::Memo;
use crate::server::Inner;
use crate::user::AUTHENTICATED;
use crate::user::User;

/// Clients that show certificates.
pub(crate) struct Certificates {
    authorities: CaBundle,
    proven: Memo<Vec<CertificateDer<'static>>, Holder>,
}

/// Whom a chain was issued to, and until when that holds.
struct Holder {
    user: Arc<User>,
    not_after: Timestamp,
}

impl Certificates {
    pub(crate) fn new(authorities: CaBundle) -> Self {
        Self { authorities, proven: Memo::new() }
    }

    fn authenticate(
        &self,
        chain: &[CertificateDer<'static>],
        now: Timestamp,
    ) -> Result<Arc<User>, pki::Error> {
        let prove = || pki::verify_client(chain, &self.authorities, now).map(Holder::new);
        let mut holder = self.proven.get_or_prove(chain, prove)?;
        if now > holder.not_after {
            self.proven.forget(chain);
            holder = Arc::new(prove()?);
        }
        Ok(holder.user.clone())
    }
}

impl Holder {
    fn new(identity: pki::ClientIdentity) -> Self {
        let groups: Vec<&str> = identity.organizations.iter().map(String::as_str).collect();
        let mut user = User::new(&identity.common_name, &groups);
        user.uid = identity.uid.unwrap_or_default();
        let id = format!("X509SHA256={}", identity.fingerprint);
        user.extra.insert("authentication.kubernetes.io/credential-id".to_owned(), vec![id]);
        Self { user: Arc::new(user), not_after: identity.not_after }
    }
}

/// The user behind a request. Wrong credentials are an error even where none would have done.
pub(crate) fn authenticate(
    server: &Inner,
    headers: &HeaderMap,
    connection: &ConnInfo,
) -> Result<Arc<User>, Status> {
    if !connection.client_chain.is_empty() {
        match server.certificates.authenticate(&connection.client_chain, server.clock.now()) {
            Ok(user) => return Ok(user),
            Err(error) => {
                tracing::debug!(%error, "client certificate refused");
                if bearer(headers).is_none() {
                    return Err(unauthorized());
                }
            }
        }
    }
    let Some(token) = bearer(headers) else { return Ok(Arc::new(User::anonymous())) };
    match server.tokens.authenticate(server, token, &[]) {
        Ok((user, _)) => Ok(Arc::new(user)),
        Err(error) => {
            tracing::debug!(error, "bearer token refused");
            Err(unauthorized())
        }
    }
}

/// The user that is to be impersonated, where the request asks for that and the real user may.
pub(crate) fn impersonate(server: &Inner, real: Arc<User>, headers: &HeaderMap) -> Result<Arc<User>, Status> {
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
            // Everybody is authenticated, which is said last.
            let place = user.groups.iter().position(|known| known == AUTHENTICATED);
            user.groups.insert(place.unwrap_or(user.groups.len()), group.to_owned());
        }
    }
    Ok(Arc::new(user))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.trim().split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") { Some(token.trim()) } else { None }
}

fn unauthorized() -> Status {
    Status::new(Reason::Unauthorized, "Unauthorized")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use pki::CertificateAuthority;
    use pki::Leaf;
    use pki::Subject;
    use pki::Validity;
    use stdx::Rng;

    use super::*;

    #[test]
    fn a_proof_lasts_as_long_as_the_certificate() {
        let start = Timestamp::from_second(1_900_000_000).expect("a time");
        let hour = Duration::from_secs(3600);
        let ca =
            CertificateAuthority::generate("ca", Validity::starting(start, 9 * hour), &Rng::from_seed(1));
        let ca = ca.expect("keys can be made");
        let certificates = Certificates::new(ca.bundle().expect("a bundle"));
        let subject = Subject::new("jane", ["ops"]);
        let jane = ca.issue(&Leaf::client(subject), Validity::starting(start, hour)).expect("issues");
        for at in [start, start + hour / 2, start + hour] {
            let user = certificates.authenticate(jane.chain(), at).expect("valid");
            assert_eq!((user.name.as_str(), user.is_in("ops")), ("jane", true));
        }
        for _ in 0..2 {
            assert!(certificates.authenticate(jane.chain(), start + 2 * hour).is_err());
        }
        let stranger =
            CertificateAuthority::generate("x", Validity::starting(start, hour), &Rng::from_seed(2));
        let leaf = Leaf::client(Subject::new("jane", ["ops"]));
        let forged = stranger.expect("keys").issue(&leaf, Validity::starting(start, hour)).expect("issues");
        assert!(certificates.authenticate(forged.chain(), start).is_err());
    }
}
