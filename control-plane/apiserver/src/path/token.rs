//! TokenRequest: signing tokens of service accounts.

use api::Resource;
use api::Value;
use api::value;
use client::Answer;
use client::Target;
use client::WriteOptions;
use meta::Cause;
use meta::GroupResource;
use meta::Status;
use schema::apply;
use schema::apply::Writer;

use super::Call;
use super::decode::PartKind;
use super::decode::Undecodable;
use super::managers::set_managed_fields;
use crate::tokens::Bound;

/// Bounds of a token's life, in seconds.
const SHORTEST: i64 = 600;
const LONGEST: i64 = 1 << 32;

const TOKEN_REQUEST: PartKind = PartKind { kind: "TokenRequest", api_version: "authentication.k8s.io/v1" };
const HOUR: i64 = 3600;

impl Call<'_> {
    pub(crate) async fn request_token(
        &mut self,
        body: Value,
        options: &WriteOptions,
    ) -> Result<Answer, Status> {
        let mut body = self.decode_part(body, &TOKEN_REQUEST, options).map_err(|error| match error {
            Undecodable::Kind(status) => status,
            Undecodable::Fields(error) => TOKEN_REQUEST.refusal(&error),
        })?;
        self.place(&mut body)?;
        self.server.storage.catch_up().await;
        let account = self.current()?;
        let seconds = body["spec"]["expirationSeconds"].as_i64().unwrap_or(HOUR);
        body.set(&["spec", "expirationSeconds"], seconds);
        let now = self.server.clock.now();
        self.own_request(&mut body, &meta::time::seconds(now), options);
        let mut audiences: Vec<String> =
            body["spec"]["audiences"].items().iter().map(|a| a.str_or_empty().to_owned()).collect();
        if audiences.is_empty() {
            audiences.push(self.server.config.issuer.clone());
        }
        check(&body, seconds, account.name())?;
        let bound = self.bound_object(&body["spec"]["boundObjectRef"])?;
        let expires = now.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(now);
        let token = self
            .server
            .tokens
            .sign(self.server, &account, &audiences, bound, expires)
            .map_err(Status::internal)?;
        body.set(&["metadata", "name"], account.name());
        body.set(&["spec", "audiences"], audiences);
        if body["spec"]["boundObjectRef"].is_null() {
            // As in Go, where it is a pointer that is always shown.
            body.set(&["spec", "boundObjectRef"], Value::Null);
        }
        body.set(&["status"], value!({"token": token, "expirationTimestamp": meta::time::seconds(expires)}));
        self.created = true;
        Ok(Answer::Value(body))
    }

    /// What every object has that is made, though this one is not kept.
    fn own_request(&self, request: &mut Value, time: &str, options: &WriteOptions) {
        request.set(&["metadata", "uid"], self.server.rng.uuid());
        request.set(&["metadata", "creationTimestamp"], time);
        let writer = Writer {
            manager: &options.field_manager,
            api_version: TOKEN_REQUEST.api_version,
            subresource: "token",
            time,
            reset: &[],
        };
        // Writes of the server itself name no manager.
        let managed = match options.field_manager.as_str() {
            "" => Value::Null,
            _ => apply::track(Some(TOKEN_REQUEST.ty()), None, request, &writer),
        };
        set_managed_fields(request, managed);
    }

    /// The object whose end ends the token.
    fn bound_object(&self, reference: &Value) -> Result<Option<Bound>, Status> {
        if reference.is_null() {
            return Ok(None);
        }
        let [kind, version, name] = ["kind", "apiVersion", "name"].map(|key| reference[key].str_or_empty());
        let (resource, namespace) = match (kind, version) {
            ("Pod", "v1") => ("pods", self.target.namespace.as_str()),
            ("Secret", "v1") => ("secrets", self.target.namespace.as_str()),
            ("Node", "v1") => ("nodes", ""),
            _ => {
                let of = if version.contains('/') { version.to_owned() } else { format!("/{version}") };
                let why = format!("cannot bind token to object of type {of}, Kind={kind}");
                return Err(Status::bad_request(why));
            }
        };
        if name.is_empty() {
            return Err(Status::bad_request("Name parameter required."));
        }
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
            // Upstream names the kind where a resource belongs.
            let kind = GroupResource { group: String::new(), resource: kind.to_owned() };
            return Err(Status::conflict(&kind, name, &why));
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

fn check(request: &Value, seconds: i64, account: &str) -> Result<(), Status> {
    let invalid = |about: &str, cause| Status::invalid("authentication.k8s.io", "TokenRequest", about, cause);
    let life = match seconds {
        ..SHORTEST => "may not specify a duration less than 10 minutes",
        SHORTEST..=LONGEST => "",
        _ => "may not specify a duration larger than 2^32 seconds",
    };
    if !life.is_empty() {
        return Err(invalid("", Cause::invalid("spec.expirationSeconds", seconds, life)));
    }
    let name = request["metadata"]["name"].str_or_empty();
    if !name.is_empty() && name != account {
        let why = "must match the service account name if specified";
        return Err(invalid(account, Cause::invalid("metadata.name", name, why)));
    }
    Ok(())
}
