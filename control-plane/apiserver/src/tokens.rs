//! Service-account tokens: what they claim, and whether it still holds.
//!
//! Source: Kubernetes documentation, "Managing Service Accounts", bound tokens.

use std::collections::BTreeMap;

use api::Object;
use api::Resource;
use jiff::Timestamp;
use pki::TokenSigner;
use pki::TokenVerifier;
use serde::Deserialize;
use serde::Serialize;

use crate::memo::Memo;
use crate::server::Inner;
use crate::user::User;

/// Signs and checks the tokens of this cluster.
pub(crate) struct Tokens {
    signer: TokenSigner,
    verifier: TokenVerifier,
    proven: Memo<String, Claims>,
}

/// The object that a token is bound to.
pub(crate) struct Bound {
    /// `Pod`, `Secret` or `Node`.
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) uid: String,
    /// The node of a bound pod.
    pub(crate) node: String,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    aud: Vec<String>,
    exp: i64,
    iat: i64,
    iss: String,
    #[serde(default)]
    jti: String,
    #[serde(rename = "kubernetes.io")]
    kubernetes: Private,
    nbf: i64,
    sub: String,
}

#[derive(Serialize, Deserialize)]
struct Private {
    namespace: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    node: Option<Reference>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pod: Option<Reference>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<Reference>,
    serviceaccount: Reference,
}

#[derive(Serialize, Deserialize)]
struct Reference {
    name: String,
    uid: String,
}

impl Tokens {
    pub(crate) fn new(signer: TokenSigner) -> Self {
        let verifier = signer.verifier();
        Self { signer, verifier, proven: Memo::new() }
    }

    /// The JSON Web Key Set.
    pub(crate) fn jwks(&self) -> String {
        self.verifier.jwks()
    }

    /// The signing algorithms.
    pub(crate) fn algorithms(&self) -> Vec<&'static str> {
        self.verifier.algorithms()
    }

    pub(crate) fn sign(
        &self,
        server: &Inner,
        account: &Object,
        audiences: &[String],
        bound: Option<Bound>,
        expires: Timestamp,
    ) -> Result<String, pki::Error> {
        let now = server.clock.now().as_second();
        let reference = |name: &str, uid: &str| Reference { name: name.to_owned(), uid: uid.to_owned() };
        let mut private = Private {
            namespace: account.namespace().to_owned(),
            node: None,
            pod: None,
            secret: None,
            serviceaccount: reference(account.name(), account.uid()),
        };
        if let Some(bound) = bound {
            let object = Some(reference(&bound.name, &bound.uid));
            match bound.kind.as_str() {
                "Pod" => {
                    private.pod = object;
                    private.node = server
                        .object("nodes", "", &bound.node)
                        .map(|node| reference(node.name(), node.uid()));
                }
                "Secret" => private.secret = object,
                _ => private.node = object,
            }
        }
        self.signer.sign(&Claims {
            aud: audiences.to_vec(),
            exp: expires.as_second(),
            iat: now,
            iss: server.config.issuer.clone(),
            jti: server.rng.uuid(),
            kubernetes: private,
            nbf: now,
            sub: format!("system:serviceaccount:{}:{}", account.namespace(), account.name()),
        })
    }

    /// The user a token stands for, and the audiences it is for among those asked for. The error
    /// says why not.
    pub(crate) fn authenticate(
        &self,
        server: &Inner,
        token: &str,
        audiences: &[String],
    ) -> Result<(User, Vec<String>), String> {
        let prove = || self.verifier.verify(token)?.claims::<Claims>();
        let claims = self.proven.get_or_prove(token, prove).map_err(|error| error.to_string())?;
        let now = server.clock.now().as_second();
        if claims.iss != server.config.issuer {
            return Err("the token has another issuer".to_owned());
        }
        if now >= claims.exp {
            self.proven.forget(token);
            return Err("service account token has expired".to_owned());
        }
        if now < claims.nbf {
            return Err("service account token is not valid yet".to_owned());
        }
        let own = [server.config.issuer.clone()];
        let wanted = if audiences.is_empty() { &own[..] } else { audiences };
        let fitting: Vec<String> =
            wanted.iter().filter(|audience| claims.aud.contains(audience)).cloned().collect();
        if fitting.is_empty() {
            return Err(format!(
                "token audiences {:?} is invalid for the target audiences {wanted:?}",
                claims.aud
            ));
        }
        let private = &claims.kubernetes;
        let lives = |resource: &str, namespace: &str, reference: &Reference| {
            server
                .object(resource, namespace, &reference.name)
                .is_some_and(|object| object.uid() == reference.uid)
        };
        if !lives("serviceaccounts", &private.namespace, &private.serviceaccount) {
            return Err("service account token has been invalidated".to_owned());
        }
        for (resource, reference) in [("pods", &private.pod), ("secrets", &private.secret)] {
            if let Some(reference) = reference
                && !lives(resource, &private.namespace, reference)
            {
                return Err("service account token has been invalidated".to_owned());
            }
        }
        let mut user = User::service_account(&private.namespace, &private.serviceaccount.name);
        user.uid.clone_from(&private.serviceaccount.uid);
        user.extra = extra(&claims);
        Ok((user, fitting))
    }
}

fn extra(claims: &Claims) -> BTreeMap<String, Vec<String>> {
    let mut extra = BTreeMap::new();
    let mut add = |key: &str, value: &str| {
        extra.insert(format!("authentication.kubernetes.io/{key}"), vec![value.to_owned()]);
    };
    if !claims.jti.is_empty() {
        add("credential-id", &format!("JTI={}", claims.jti));
    }
    for (kind, reference) in [("pod", &claims.kubernetes.pod), ("node", &claims.kubernetes.node)] {
        if let Some(reference) = reference {
            add(&format!("{kind}-name"), &reference.name);
            add(&format!("{kind}-uid"), &reference.uid);
        }
    }
    extra
}

/// The row of a core resource.
pub(crate) fn core(name: &str) -> &'static Resource {
    Resource::find("", "v1", name).expect("a row of the table")
}
