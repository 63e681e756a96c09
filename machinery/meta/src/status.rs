//! `metav1.Status`: the answer to everything that did not work.

use std::collections::HashSet;
use std::fmt;
use std::fmt::Write as _;

use crate::Causes;
use crate::GroupResource;

/// The machine-readable reason, with its HTTP code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the API's own")]
pub enum Reason {
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    AlreadyExists,
    Conflict,
    Gone,
    Expired,
    Invalid,
    Timeout,
    ServerTimeout,
    TooManyRequests,
    MethodNotAllowed,
    NotAcceptable,
    UnsupportedMediaType,
    RequestEntityTooLarge,
    InternalError,
    /// 500 without a reason: an error that upstream gives no class.
    Unknown,
    ServiceUnavailable,
}

/// One violated rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// `FieldValueInvalid`, `FieldValueRequired`, …
    pub reason: &'static str,
    /// The sentence.
    pub message: String,
    /// The field's path.
    pub field: String,
}

/// A failure, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The reason; it fixes the HTTP code.
    pub reason: Reason,
    /// The sentence for people.
    pub message: String,
    /// The object's name, where known.
    pub name: String,
    /// The API group, where known.
    pub group: String,
    /// The kind or resource, where known.
    pub kind: String,
    /// The object's uid, where known.
    pub uid: String,
    /// Violated rules.
    pub causes: Causes,
    /// When to come back, for 429 and 503.
    pub retry_after_seconds: Option<u32>,
    /// Where an expired list can go on, as things are now; empty where it cannot.
    pub continue_token: String,
}

impl Reason {
    /// The HTTP status code.
    pub fn code(self) -> u16 {
        match self {
            Reason::BadRequest => 400,
            Reason::Unauthorized => 401,
            Reason::Forbidden => 403,
            Reason::NotFound => 404,
            Reason::MethodNotAllowed => 405,
            Reason::NotAcceptable => 406,
            Reason::AlreadyExists | Reason::Conflict => 409,
            Reason::Gone | Reason::Expired => 410,
            Reason::RequestEntityTooLarge => 413,
            Reason::UnsupportedMediaType => 415,
            Reason::Invalid => 422,
            Reason::TooManyRequests => 429,
            Reason::InternalError | Reason::Unknown => 500,
            Reason::ServiceUnavailable => 503,
            Reason::Timeout | Reason::ServerTimeout => 504,
        }
    }

    /// The text in the `reason` field.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::BadRequest => "BadRequest",
            Reason::Unauthorized => "Unauthorized",
            Reason::Forbidden => "Forbidden",
            Reason::NotFound => "NotFound",
            Reason::MethodNotAllowed => "MethodNotAllowed",
            Reason::NotAcceptable => "NotAcceptable",
            Reason::AlreadyExists => "AlreadyExists",
            Reason::Conflict => "Conflict",
            Reason::Gone => "Gone",
            Reason::Expired => "Expired",
            Reason::RequestEntityTooLarge => "RequestEntityTooLarge",
            Reason::UnsupportedMediaType => "UnsupportedMediaType",
            Reason::Invalid => "Invalid",
            Reason::TooManyRequests => "TooManyRequests",
            Reason::InternalError => "InternalError",
            Reason::Unknown => "",
            Reason::ServiceUnavailable => "ServiceUnavailable",
            Reason::Timeout => "Timeout",
            Reason::ServerTimeout => "ServerTimeout",
        }
    }

    /// The reason with this text, or the generic one for the code.
    pub fn from_parts(reason: &str, code: u16) -> Reason {
        const ALL: [Reason; 18] = [
            Reason::BadRequest,
            Reason::Unauthorized,
            Reason::Forbidden,
            Reason::NotFound,
            Reason::AlreadyExists,
            Reason::Conflict,
            Reason::Gone,
            Reason::Expired,
            Reason::Invalid,
            Reason::Timeout,
            Reason::ServerTimeout,
            Reason::TooManyRequests,
            Reason::MethodNotAllowed,
            Reason::NotAcceptable,
            Reason::UnsupportedMediaType,
            Reason::RequestEntityTooLarge,
            Reason::InternalError,
            Reason::ServiceUnavailable,
        ];
        let named = ALL.into_iter().find(|r| r.as_str() == reason);
        named.or_else(|| ALL.into_iter().find(|r| r.code() == code)).unwrap_or(Reason::InternalError)
    }
}

impl Status {
    /// A status with a message only.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            name: String::new(),
            group: String::new(),
            kind: String::new(),
            uid: String::new(),
            causes: Causes::default(),
            retry_after_seconds: None,
            continue_token: String::new(),
        }
    }

    /// 400 with a sentence.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(Reason::BadRequest, message)
    }

    /// 500 with the cause's sentence.
    pub fn internal(message: impl fmt::Display) -> Self {
        let message = message.to_string();
        let mut status = Self::new(Reason::InternalError, format!("Internal error occurred: {message}"));
        status.causes.push(Cause { reason: "", message, field: String::new() });
        status
    }

    /// 500 with nothing but a sentence.
    pub fn unclassified(message: impl Into<String>) -> Self {
        Self::new(Reason::Unknown, message)
    }

    /// 404: no such object.
    pub fn not_found(resource: &GroupResource, name: &str) -> Self {
        Self::new(Reason::NotFound, format!("{resource} {name:?} not found")).about(resource, name)
    }

    /// 409: the name is taken.
    pub fn already_exists(resource: &GroupResource, name: &str) -> Self {
        Self::new(Reason::AlreadyExists, format!("{resource} {name:?} already exists")).about(resource, name)
    }

    /// 409: a precondition failed; `why` is the rest of the sentence.
    pub fn conflict(resource: &GroupResource, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {resource} {name:?}: {why}");
        Self::new(Reason::Conflict, message).about(resource, name)
    }

    /// 403 with upstream's form of the sentence.
    pub fn forbidden(resource: &GroupResource, name: &str, why: &str) -> Self {
        let message = if name.is_empty() {
            format!("{resource} is forbidden: {why}")
        } else {
            format!("{resource} {name:?} is forbidden: {why}")
        };
        Self::new(Reason::Forbidden, message).about(resource, name)
    }

    /// 422 with every violated rule. `kind` is `Kind` or `Kind.group`.
    pub fn invalid(group: &str, kind: &str, name: &str, causes: impl Into<Causes>) -> Self {
        let causes = causes.into();
        // What is said twice stands twice among the causes, and once in the sentence.
        let mut said = HashSet::new();
        let once = causes.iter().filter(|cause| said.insert((&cause.field, &cause.message)));
        let mut sentences: Vec<String> =
            once.map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
        if causes.untold() > 0 {
            sentences.push(format!("and {} more", causes.untold()));
        }
        let list = match sentences.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let qualified = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        let mut status = Self::new(Reason::Invalid, format!("{qualified} {name:?} is invalid: {list}"));
        status.group = group.to_owned();
        status.kind = kind.to_owned();
        status.name = name.to_owned();
        status.causes = causes;
        status
    }

    /// 410: the revision asked for was compacted away.
    pub fn expired(message: impl Into<String>) -> Self {
        Self::new(Reason::Expired, message)
    }

    /// Adds which object it is about.
    #[must_use]
    pub fn about(mut self, resource: &GroupResource, name: &str) -> Self {
        self.group.clone_from(&resource.group);
        self.kind.clone_from(&resource.resource);
        self.name = name.to_owned();
        self
    }

    /// The HTTP status code.
    pub fn code(&self) -> u16 {
        self.reason.code()
    }

    /// The JSON body.
    pub fn to_json(&self) -> String {
        let mut out = String::from(r#"{"kind":"Status","apiVersion":"v1","metadata":{"#);
        if !self.continue_token.is_empty() {
            out.push_str(r#""continue":"#);
            push_string(&mut out, &self.continue_token);
        }
        out.push_str(r#"},"status":"Failure","message":"#);
        push_string(&mut out, &self.message);
        if self.reason != Reason::Unknown {
            out.push_str(r#","reason":"#);
            push_string(&mut out, self.reason.as_str());
        }
        self.push_details(&mut out);
        write!(out, r#","code":{}}}"#, self.code()).expect("writing to a String cannot fail");
        out
    }

    fn push_details(&self, out: &mut String) {
        let mut fields = Vec::new();
        for (key, value) in
            [("name", &self.name), ("group", &self.group), ("kind", &self.kind), ("uid", &self.uid)]
        {
            if !value.is_empty() {
                let mut field = format!("{key:?}:");
                push_string(&mut field, value);
                fields.push(field);
            }
        }
        if !self.causes.is_empty() {
            let causes: Vec<String> = self.causes.iter().map(cause_json).collect();
            fields.push(format!(r#""causes":[{}]"#, causes.join(",")));
        }
        if let Some(seconds) = self.retry_after_seconds {
            fields.push(format!(r#""retryAfterSeconds":{seconds}"#));
        }
        if !fields.is_empty() {
            out.push_str(r#","details":{"#);
            out.push_str(&fields.join(","));
            out.push('}');
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Status {}

impl Cause {
    fn new(reason: &'static str, field: impl Into<String>, message: String) -> Self {
        Self { reason, message, field: field.into() }
    }

    /// A field that must be set.
    pub fn required(field: impl Into<String>, detail: &str) -> Self {
        let message =
            if detail.is_empty() { "Required value".to_owned() } else { format!("Required value: {detail}") };
        Self::new("FieldValueRequired", field, message)
    }

    /// A field whose value breaks a rule; `value` is shown quoted.
    pub fn invalid(field: impl Into<String>, value: impl fmt::Debug, detail: &str) -> Self {
        Self::new("FieldValueInvalid", field, format!("Invalid value: {value:?}: {detail}"))
    }

    /// A field whose value is none of the known ones.
    pub fn not_supported(field: impl Into<String>, value: impl fmt::Debug, supported: &[&str]) -> Self {
        let list: Vec<String> = supported.iter().map(|s| format!("{s:?}")).collect();
        let message = format!("Unsupported value: {value:?}: supported values: {}", list.join(", "));
        Self::new("FieldValueNotSupported", field, message)
    }

    /// A field that may not be set here.
    pub fn forbidden(field: impl Into<String>, detail: &str) -> Self {
        Self::new("FieldValueForbidden", field, format!("Forbidden: {detail}"))
    }

    /// A list element that stands twice.
    pub fn duplicate(field: impl Into<String>, value: impl fmt::Debug) -> Self {
        Self::new("FieldValueDuplicate", field, format!("Duplicate value: {value:?}"))
    }

    /// A reference to something that does not exist.
    pub fn not_found(field: impl Into<String>, value: impl fmt::Debug) -> Self {
        Self::new("FieldValueNotFound", field, format!("Not found: {value:?}"))
    }

    /// Text that is longer than allowed.
    pub fn too_long(field: impl Into<String>, max: usize) -> Self {
        Self::new("FieldValueTooLong", field, format!("Too long: may not be more than {max} bytes"))
    }
}

fn cause_json(cause: &Cause) -> String {
    let mut fields = Vec::new();
    for (key, value) in [("reason", cause.reason), ("message", &cause.message), ("field", &cause.field)] {
        if !value.is_empty() {
            let mut field = format!("{key:?}:");
            push_string(&mut field, value);
            fields.push(field);
        }
    }
    format!("{{{}}}", fields.join(","))
}

fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if u32::from(c) < 0x20 => {
                write!(out, "\\u{:04x}", u32::from(c)).expect("writing to a String cannot fail");
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_found_reads_as_upstream() {
        let pods = GroupResource { group: String::new(), resource: "pods".into() };
        assert_eq!(
            Status::not_found(&pods, "x").to_json(),
            r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"pods \"x\" not found","reason":"NotFound","details":{"name":"x","kind":"pods"},"code":404}"#
        );
    }

    #[test]
    fn invalid_lists_every_cause() {
        let causes =
            Causes::from_iter([Cause::required("spec.a", ""), Cause::invalid("spec.b", 5, "too big")]);
        let status = Status::invalid("apps", "Deployment", "d", causes);
        assert_eq!(
            status.message,
            r#"Deployment.apps "d" is invalid: [spec.a: Required value, spec.b: Invalid value: 5: too big]"#
        );
        assert_eq!(status.code(), 422);
    }
}
