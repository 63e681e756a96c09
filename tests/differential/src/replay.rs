//! Asking: a scenario's requests, one after another, with what the earlier ones were answered.

use std::collections::HashMap;

use anyhow::Context as _;
use anyhow::Result;
use anyhow::bail;
use anyhow::ensure;
use api::Value;
use api::value;
use bytes::Bytes;

use crate::edit;
use crate::facts;
use crate::facts::Facts;
use crate::scenario::Scenario;
use crate::scenario::Step;
use crate::server::Target;

/// How the facts of a request begin that could not be made of the earlier answers.
pub const NOT_ASKED: &str = "not asked: ";

/// Asks everything of a scenario, and says what of the answers counts, step by step.
pub async fn replay(scenario: &Scenario, target: &Target) -> Result<Vec<Facts>> {
    let mut replay = Replay { scenario, target, answers: HashMap::new() };
    replay.make_namespace().await?;
    let mut all = Vec::new();
    for step in &scenario.steps {
        let facts = replay.ask(step).await;
        all.push(facts.with_context(|| format!("{}: step {:?}", scenario.name, step.name))?);
    }
    Ok(all)
}

struct Replay<'a> {
    scenario: &'a Scenario,
    target: &'a Target,
    /// The objects with which steps were answered.
    answers: HashMap<&'a str, Value>,
}

impl<'a> Replay<'a> {
    /// The scenario's namespace, with the account that pods run under: no controller makes it here.
    async fn make_namespace(&self) -> Result<()> {
        let namespace = self.scenario.namespace();
        // What a cluster warns of where nothing is said is a matter of its configuration.
        let own = value!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": namespace.as_str(), "labels": {"pod-security.kubernetes.io/warn": "privileged"}}
        });
        let account = value!({
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"},
            "automountServiceAccountToken": false
        });
        let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
        for (path, body) in [("/api/v1/namespaces", own), (&accounts, account)] {
            let json = [("content-type".to_owned(), "application/json".to_owned())];
            let answer = self.target.send("POST", path, &json, api::json::to_vec(&body).into()).await?;
            if answer.code != http::StatusCode::CREATED {
                bail!("{path}: {}: {}", answer.code, String::from_utf8_lossy(&answer.body));
            }
        }
        Ok(())
    }

    async fn ask(&mut self, step: &'a Step) -> Result<Facts> {
        let path = self.fill(&step.path)?;
        let mut headers = Vec::new();
        for (key, value) in &step.headers {
            headers.push((key.clone(), self.fill(value)?));
        }
        let named = headers.iter().find(|(key, _)| key.eq_ignore_ascii_case("content-type"));
        let media_type = named.map(|(_, value)| value.clone());
        let body = match body(&self.fill(&step.body)?, media_type.as_deref()) {
            Ok(body) => body,
            // An earlier answer was not what the corpus expects: a finding, and no reason to stop.
            Err(error) => return Ok(Facts { head: vec![format!("{NOT_ASKED}{error:#}")], body: Vec::new() }),
        };
        if media_type.is_none() && !body.is_empty() {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        let answer = self.target.send(&step.method, &path, &headers, body).await;
        let answer = answer.with_context(|| format!("{} {}", step.method, step.path))?;
        let facts = Facts::of(&answer, step.detail);
        if let Some(object) = facts::object(&answer) {
            self.answers.insert(&step.name, object);
        }
        Ok(facts)
    }

    /// Puts in what stands between `{{` and `}}`.
    fn fill(&self, text: &str) -> Result<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, from)) = rest.split_once("{{") {
            let (word, after) = from.split_once("}}").context("{{ without }}")?;
            out.push_str(before);
            match word.split_once(':') {
                None if word == "ns" => out.push_str(&self.scenario.namespace()),
                None => bail!("{word:?} means nothing"),
                Some(("repeat", what)) => {
                    let (what, count) = what.rsplit_once(':').context("repeat takes a text and a count")?;
                    out.push_str(&what.repeat(count.parse()?));
                }
                Some((step, path)) => {
                    let known = self.scenario.steps.iter().any(|known| known.name == step);
                    ensure!(known, "no step is named {step:?}");
                    match edit::look(self.answers.get(step).unwrap_or(&api::NULL), path)? {
                        Value::String(text) => out.push_str(text),
                        other => out.push_str(&api::json::to_string(other)),
                    }
                }
            }
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}

/// The bytes of a body. Edits at its end (lines that begin with `! `) are made first. Without a media
/// type, and in patches, YAML is turned into JSON, unless the text begins like JSON already and is
/// sent as it stands; what is said to be protobuf is turned into that.
fn body(text: &str, media_type: Option<&str>) -> Result<Bytes> {
    let (text, edits) = match text.find("\n! ") {
        Some(place) => text.split_at(place + 1),
        None => (text, ""),
    };
    let text = text.trim_end();
    if text.is_empty() {
        return Ok(Bytes::new());
    }
    let to_json = match media_type {
        None => true,
        Some(media_type) => media_type.contains("patch+json"),
    };
    let protobuf = media_type == Some("application/vnd.kubernetes.protobuf");
    let verbatim = !protobuf && (!to_json || text.starts_with(['{', '[', '"']));
    if verbatim && edits.is_empty() {
        return Ok(Bytes::from(text.to_owned()));
    }
    let mut value = match api::json::parse_value(text.as_bytes()) {
        Ok(value) => value,
        Err(_) => api::yaml::parse(text).context("the body is no YAML")?.value,
    };
    for line in edits.lines() {
        edit::edit(&mut value, line.strip_prefix("! ").context("edits stand at the end")?)?;
    }
    if protobuf {
        let ty = facts::type_of(&value).context("the body has no protobuf form")?;
        return Ok(api::protobuf::encode(ty, &value).into());
    }
    Ok(api::json::to_vec(&value).into())
}
