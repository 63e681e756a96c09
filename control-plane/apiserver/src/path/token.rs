//! TokenRequest: signing tokens of service accounts.

use api::Resource;
use api::Value;
use api::value;
use client::Answer;
use client::Target;
use meta::Cause;
use meta::Status;

use super::Call;
use crate::tokens::Bound;

/// Bounds of a token's life, in seconds.
const SHORTEST: i64 = 600;
const LONGEST: i64 = 1 << 32;

impl Call<'_> {
    pub(crate) async fn request_token(&mut self, body: Value) -> Result<Answer, Status> {
        self.server.storage.catch_up().await;
        let account = self.current()?;
        let mut body = body;
        let seconds = body["spec"]["expirationSeconds"].as_i64().unwrap_or(3600);
        let invalid = |detail: &str| {
            let cause = Cause::invalid("spec.expirationSeconds", seconds, detail);
            Status::invalid("authentication.k8s.io", "TokenRequest", account.name(), vec![cause])
        };
        if seconds < SHORTEST {
            return Err(invalid("may not specify a duration less than 10 minutes"));
        }
        if seconds > LONGEST {
            return Err(invalid("may not specify a duration larger than 2^32 seconds"));
        }
        let mut audiences: Vec<String> =
            body["spec"]["audiences"].items().iter().map(|a| a.str_or_empty().to_owned()).collect();
        if audiences.is_empty() {
            audiences.push(self.server.config.issuer.clone());
        }
        let bound = self.bound_object(&body["spec"]["boundObjectRef"])?;
        let now = self.server.clock.now();
        let expires = now.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(now);
        let token = self
            .server
            .tokens
            .sign(self.server, &account, &audiences, bound, expires)
            .map_err(Status::internal)?;
        body.set(&["kind"], "TokenRequest");
        body.set(&["apiVersion"], "authentication.k8s.io/v1");
        body.set(&["metadata", "name"], account.name());
        body.set(&["metadata", "namespace"], account.namespace());
        body.set(&["spec", "audiences"], audiences);
        body.set(&["spec", "expirationSeconds"], seconds);
        body.set(&["status"], value!({"token": token, "expirationTimestamp": meta::time::seconds(expires)}));
        self.created = true;
        Ok(Answer::Value(body))
    }

    /// The object whose end ends the token.
    fn bound_object(&self, reference: &Value) -> Result<Option<Bound>, Status> {
        if reference.is_null() {
            return Ok(None);
        }
        let (kind, name) = (reference["kind"].str_or_empty(), reference["name"].str_or_empty());
        let (resource, namespace) = match kind {
            "Pod" => ("pods", self.target.namespace.as_str()),
            "Secret" => ("secrets", self.target.namespace.as_str()),
            "Node" => ("nodes", ""),
            _ => {
                return Err(Status::bad_request(format!(
                    "cannot bind token for serviceaccount to kind {kind:?}"
                )));
            }
        };
        let resource = Resource::find("", "v1", resource).expect("a row of the table");
        let target = Target::object(resource, namespace, name);
        let cache = self.server.storage.cache.of(resource).expect("it is stored");
        let object = cache
            .get(&target.namespace, name)
            .ok_or_else(|| Status::not_found(&resource.group_resource(), name))?;
        let asked = reference["uid"].str_or_empty();
        if !asked.is_empty() && asked != object.uid() {
            let why = format!(
                "the UID in the bound object reference ({asked}) does not match the UID in record. The object might have been deleted and then recreated"
            );
            return Err(Status::conflict(&resource.group_resource(), name, &why));
        }
        if kind == "Pod" {
            let runs_as = object.value()["spec"]["serviceAccountName"].str_or_empty();
            if runs_as != self.target.name {
                return Err(Status::bad_request(format!(
                    "cannot bind token for serviceaccount {:?} to pod running with different serviceaccount name.",
                    self.target.name
                )));
            }
        }
        let node = object.value()["spec"]["nodeName"].str_or_empty().to_owned();
        Ok(Some(Bound { kind: kind.to_owned(), name: name.to_owned(), uid: object.uid().to_owned(), node }))
    }
}
