//! Reviews: questions that are posted and answered, never stored.

use api::Value;
use api::value;
use client::Answer;
use client::WriteOptions;
use meta::Status;
use registry::Subresource;

use super::Call;
use crate::authz::Attributes;
use crate::user::User;

impl Call<'_> {
    pub(crate) async fn post_review(
        &mut self,
        body: Value,
        options: &WriteOptions,
    ) -> Result<Answer, Status> {
        let resource = self.target.resource;
        let mut object = self.decode(body, options)?;
        if resource.name == "bindings" {
            self.place(&mut object)?;
            return self.post_binding(object).await;
        }
        self.place(&mut object)?;
        let metadata = object.at_mut(&["metadata"]);
        for field in ["uid", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
            metadata.remove(&[field]);
        }
        if resource.name != "selfsubjectreviews" {
            self.own_fields(&mut object, None, Subresource::None, options);
            let metadata = object.at_mut(&["metadata"]);
            metadata.remove(&["creationTimestamp"]);
        }
        registry::review::check(resource, &object)?;
        let answer = match resource.name {
            "tokenreviews" => self.review_token(object),
            "subjectaccessreviews" | "localsubjectaccessreviews" => self.review_access(object),
            "selfsubjectaccessreviews" => self.review_own_access(object),
            "selfsubjectrulesreviews" => self.review_own_rules(&object)?,
            "selfsubjectreviews" => self.review_self(),
            _ => return Err(self.not_allowed()),
        };
        self.created = true;
        Ok(Answer::Value(answer))
    }

    async fn post_binding(&mut self, body: Value) -> Result<Answer, Status> {
        let pods = api::Resource::find("", "v1", "pods").expect("a row of the table");
        let name = body["metadata"]["name"].str_or_empty().to_owned();
        if name.is_empty() {
            return Err(Status::bad_request("Name parameter required."));
        }
        let errors = meta::names::path_segment(&name);
        if !errors.is_empty() {
            let errors = errors.join(";");
            return Err(Status::bad_request(format!("Name parameter invalid: {name:?}: {errors}")));
        }
        self.target = client::Target::object(pods, &self.target.namespace, &name).sub("binding");
        let create = client::Action::Create(body, client::WriteOptions::default());
        Box::pin(self.subresource(create)).await
    }

    fn review_token(&self, mut body: Value) -> Value {
        let token = body["spec"]["token"].str_or_empty().to_owned();
        let audiences: Vec<String> =
            body["spec"]["audiences"].items().iter().map(|a| a.str_or_empty().to_owned()).collect();
        let status = match self.server.tokens.authenticate(self.server, &token, &audiences) {
            Ok((user, audiences)) => {
                value!({"authenticated": true, "user": user_info(&user), "audiences": audiences})
            }
            Err(error) => {
                // What is wrong with a token is not for those who try tokens.
                tracing::debug!(%error, "a reviewed token is not valid");
                value!({"user": {}, "error": "invalid bearer token"})
            }
        };
        body.set(&["status"], status);
        body
    }

    fn review_access(&self, mut body: Value) -> Value {
        let spec = &body["spec"];
        let texts =
            |value: &Value| value.items().iter().map(|v| v.str_or_empty().to_owned()).collect::<Vec<_>>();
        let user = User {
            name: spec["user"].str_or_empty().to_owned(),
            uid: spec["uid"].str_or_empty().to_owned(),
            groups: texts(&spec["groups"]),
            extra: spec["extra"]
                .entries()
                .iter()
                .map(|e| (e.key.as_str().to_owned(), texts(&e.value)))
                .collect(),
        };
        let status = self.access_status(&user, spec);
        body.set(&["status"], status);
        body
    }

    fn review_own_access(&self, mut body: Value) -> Value {
        let status = self.access_status(self.user, &body["spec"]);
        body.set(&["status"], status);
        body
    }

    fn access_status(&self, user: &User, spec: &Value) -> Value {
        let resource = &spec["resourceAttributes"];
        let attributes = if resource.is_null() {
            let url = &spec["nonResourceAttributes"];
            Attributes::non_resource(url["verb"].str_or_empty(), url["path"].str_or_empty())
        } else {
            let text = |key: &str| resource[key].str_or_empty().to_owned();
            Attributes {
                verb: text("verb"),
                group: text("group"),
                resource: text("resource"),
                subresource: text("subresource"),
                namespace: text("namespace"),
                name: text("name"),
                path: String::new(),
            }
        };
        value!({"allowed": self.server.is_allowed(user, &attributes)})
    }

    fn review_own_rules(&self, body: &Value) -> Result<Value, Status> {
        let namespace = body["spec"]["namespace"].str_or_empty().to_owned();
        if namespace.is_empty() {
            return Err(Status::bad_request("no namespace on request"));
        }
        let mut resources = Vec::new();
        let mut urls = Vec::new();
        for rule in self.server.rbac.rules_for(self.user, &namespace) {
            if rule.urls.is_empty() {
                let mut shown =
                    value!({"verbs": rule.verbs, "apiGroups": rule.groups, "resources": rule.resources});
                if !rule.names.is_empty() {
                    shown.set(&["resourceNames"], rule.names);
                }
                resources.push(shown);
            } else {
                urls.push(value!({"verbs": rule.verbs, "nonResourceURLs": rule.urls}));
            }
        }
        // The question is no part of the answer.
        Ok(value!({
            "kind": body["kind"].clone(), "apiVersion": body["apiVersion"].clone(), "metadata": {}, "spec": {},
            "status": {"resourceRules": resources, "nonResourceRules": urls, "incomplete": false}
        }))
    }

    fn review_self(&self) -> Value {
        let now = meta::time::seconds(self.server.clock.now());
        value!({
            "kind": self.target.resource.kind, "apiVersion": self.target.resource.api_version(),
            "metadata": {"creationTimestamp": now}, "status": {"userInfo": user_info(self.user)}
        })
    }
}

fn user_info(user: &User) -> Value {
    let mut info = value!({"username": &user.name, "groups": user.groups.clone()});
    if !user.uid.is_empty() {
        info.set(&["uid"], user.uid.as_str());
    }
    for (key, values) in &user.extra {
        info.set(&["extra", key], values.clone());
    }
    info
}
