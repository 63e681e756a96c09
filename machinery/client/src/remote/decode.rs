//! What came back, as the in-process transport would have given it.

use std::sync::Arc;

use api::Entry;
use api::Object;
use api::RawObject;
use api::Resource;
use api::Value;
use http::HeaderMap;
use http::header;
use meta::Cause;
use meta::Reason;
use meta::ResourceVersion;
use meta::Status;

use crate::Answer;
use crate::ObjectList;

/// How much of a text that is no `Status` goes into the message.
const SHOWN_CHARS: usize = 2048;

/// The answer to a call that succeeded; the error is a sentence.
pub(super) fn answer(resource: &'static Resource, wants_list: bool, bytes: &[u8]) -> Result<Answer, String> {
    let value = api::json::parse_value(bytes)
        .map_err(|error| format!("the API server's answer is not JSON: {error}"))?;
    let kind = value["kind"].str_or_empty();
    let api_version = value["apiVersion"].str_or_empty();
    if api_version == resource.api_version() {
        if kind == resource.kind && resource.allows(api::verbs::GET) && !wants_list {
            return Ok(Answer::Object(object(resource, value)));
        }
        if kind.strip_suffix("List") == Some(resource.kind) {
            return Ok(Answer::List(list(resource, value)));
        }
    }
    if wants_list {
        return Err(format!("the API server answered with {kind:?} of {api_version:?} instead of a list"));
    }
    Ok(Answer::Value(value))
}

/// An object as it is held in memory: with kind and apiVersion, which elements of lists lack.
pub(super) fn object(resource: &'static Resource, mut value: Value) -> Arc<Object> {
    RawObject::compact(&mut value);
    let typed = value.get("kind").is_some() && value.get("apiVersion").is_some();
    if !typed && let Some(map) = value.as_map_mut() {
        map.remove("kind");
        map.remove("apiVersion");
        map.edit(|entries| {
            let kind = Entry { key: "kind".into(), value: resource.kind.into() };
            let version = Entry { key: "apiVersion".into(), value: resource.api_version().into() };
            entries.splice(0..0, [kind, version]);
        });
    }
    Arc::new(Object::new(resource, value))
}

fn list(resource: &'static Resource, mut value: Value) -> ObjectList {
    let metadata = &value["metadata"];
    let mut list = ObjectList {
        items: Vec::new(),
        resource_version: ResourceVersion::parse(metadata["resourceVersion"].str_or_empty())
            .unwrap_or_default(),
        continue_token: metadata["continue"].str_or_empty().to_owned(),
        remaining: metadata["remainingItemCount"].as_i64().and_then(|count| u64::try_from(count).ok()),
    };
    if let Some(items) = value.remove(&["items"])
        && let Value::Array(items) = items
    {
        list.items = items.into_vec().into_iter().map(|item| object(resource, item)).collect();
    }
    list
}

/// The answer to a call that failed.
pub(super) fn refusal(code: u16, headers: &HeaderMap, bytes: &[u8]) -> Status {
    let mut status = match api::json::parse_value(bytes) {
        Ok(value) if value["kind"].as_str() == Some("Status") => status(&value, code),
        _ => {
            // Not the API server itself: a proxy on the way, or the wrong port.
            let text: String = String::from_utf8_lossy(bytes).trim().chars().take(SHOWN_CHARS).collect();
            let message =
                if text.is_empty() { format!("the server answered with HTTP {code}") } else { text };
            Status::new(Reason::from_parts("", code), message)
        }
    };
    let after = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    status.retry_after_seconds = status.retry_after_seconds.or(after);
    status
}

/// `metav1.Status` from its JSON form.
pub(super) fn status(value: &Value, code: u16) -> Status {
    let code = value["code"].as_i64().and_then(|code| u16::try_from(code).ok()).unwrap_or(code);
    let reason = Reason::from_parts(value["reason"].str_or_empty(), code);
    let details = &value["details"];
    let mut status = Status::new(reason, value["message"].str_or_empty());
    let text = |key: &str| details[key].str_or_empty().to_owned();
    (status.name, status.group, status.kind, status.uid) =
        (text("name"), text("group"), text("kind"), text("uid"));
    status.causes = details["causes"].items().iter().map(cause).collect();
    status.retry_after_seconds =
        details["retryAfterSeconds"].as_i64().and_then(|seconds| u32::try_from(seconds).ok());
    status
}

fn cause(value: &Value) -> Cause {
    /// `metav1.CauseType`.
    const TYPES: [&str; 12] = [
        "FieldValueRequired",
        "FieldValueInvalid",
        "FieldValueNotSupported",
        "FieldValueForbidden",
        "FieldValueDuplicate",
        "FieldValueNotFound",
        "FieldValueTooLong",
        "FieldValueTooMany",
        "FieldValueTypeInvalid",
        "FieldManagerConflict",
        "ResourceVersionTooLarge",
        "InternalError",
    ];
    let reason = value["reason"].str_or_empty();
    Cause {
        reason: TYPES.into_iter().find(|known| *known == reason).unwrap_or("UnexpectedServerResponse"),
        message: value["message"].str_or_empty().to_owned(),
        field: value["field"].str_or_empty().to_owned(),
    }
}
