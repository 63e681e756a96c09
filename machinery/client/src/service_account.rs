//! Calls as a service account whose token is asked for when it is needed: what lets one process act
//! as many (`--use-service-account-credentials` of upstream's controller manager).

use std::sync::Arc;
use std::time::Duration;

use api::Resource;
use api::value;
use meta::Reason;
use meta::Status;
use stdx::Clock;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::Answer;
use crate::Client;
use crate::Error;
use crate::Remote;
use crate::Request;
use crate::Target;
use crate::Transport;

/// Asked for; a server may give less.
const TOKEN_SECONDS: u64 = 3600;
/// A token is replaced when this part of its life is over, in percent.
const RENEW_PERCENT: u32 = 80;

/// A transport that acts as one service account.
pub struct ServiceAccount {
    /// Who asks for tokens: may create service accounts and their tokens.
    manager: Client,
    namespace: String,
    name: String,
    /// The way, without an identity; its connection is shared by all accounts.
    anonymous: Arc<Remote>,
    clock: Clock,
    current: Mutex<Option<Current>>,
}

struct Current {
    remote: Arc<Remote>,
    renew: Instant,
}

impl ServiceAccount {
    /// Acts as `namespace/name`, which is made where it does not exist. `anonymous` must not present
    /// a client certificate: a server would go by that.
    pub fn new(manager: Client, namespace: &str, name: &str, anonymous: Arc<Remote>, clock: Clock) -> Self {
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        Self { manager, namespace, name, anonymous, clock, current: Mutex::new(None) }
    }

    async fn remote(&self) -> Result<Arc<Remote>, Error> {
        // Held while asking: calls that come at once share one token.
        let mut current = self.current.lock().await;
        if let Some(current) = &*current
            && self.clock.instant() < current.renew
        {
            return Ok(current.remote.clone());
        }
        let (token, lifetime) = self.request().await?;
        let remote = Arc::new(self.anonymous.with_token(token));
        let renew = self.clock.instant() + lifetime * RENEW_PERCENT / 100;
        *current = Some(Current { remote: remote.clone(), renew });
        Ok(remote)
    }

    async fn request(&self) -> Result<(String, Duration), Error> {
        let accounts = Resource::find("", "v1", "serviceaccounts").expect("a row of the table");
        let target = Target::object(accounts, &self.namespace, &self.name).sub("token");
        let body = value!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {"expirationSeconds": TOKEN_SECONDS as i64}
        });
        let answer = match self.manager.post(target.clone(), body.clone()).await {
            Err(error) if error.is_not_found() => {
                let account = value!({
                    "apiVersion": "v1", "kind": "ServiceAccount",
                    "metadata": {"namespace": self.namespace.as_str(), "name": self.name.as_str()}
                });
                match self.manager.create(accounts, account).await {
                    Err(error) if !error.is_already_exists() => return Err(error),
                    _ => self.manager.post(target, body).await?,
                }
            }
            answer => answer?,
        };
        let seconds = answer["spec"]["expirationSeconds"].as_i64().and_then(|s| u64::try_from(s).ok());
        let token = answer["status"]["token"].str_or_empty();
        if token.is_empty() {
            return Err(Status::internal("the answer to a TokenRequest holds no token").into());
        }
        Ok((token.to_owned(), Duration::from_secs(seconds.unwrap_or(TOKEN_SECONDS))))
    }
}

#[async_trait::async_trait]
impl Transport for ServiceAccount {
    async fn call(&self, request: Request) -> Result<Answer, Error> {
        let result = self.remote().await?.call(request).await;
        if let Err(error) = &result
            && error.reason() == Some(Reason::Unauthorized)
        {
            // The account was made anew, or the server's keys changed: the next call asks again.
            *self.current.lock().await = None;
        }
        result
    }
}
