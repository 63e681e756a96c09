//! Query parameters.

use api::Value;
use client::DeleteOptions;
use client::ListOptions;
use client::VersionMatch;
use client::WatchOptions;
use client::WriteOptions;
use meta::Cause;
use meta::Causes;
use meta::FieldSelector;
use meta::LabelSelector;
use meta::ResourceVersion;
use meta::Status;

use super::route::is_well_escaped;

/// What a write is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Create,
    Update,
    Patch,
    Apply,
}

impl Purpose {
    /// The kind of its options.
    fn options(self) -> &'static str {
        match self {
            Purpose::Create => "CreateOptions",
            Purpose::Update => "UpdateOptions",
            Purpose::Patch | Purpose::Apply => "PatchOptions",
        }
    }
}

/// Decoded parameters in order.
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Pairs that are not well formed are passed over, as Go does.
    pub(super) fn parse(text: &str) -> Self {
        let mut pairs = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.contains(';') && is_well_escaped(pair)) {
            let decoded = form_urlencoded::parse(pair.as_bytes());
            pairs.extend(decoded.map(|(key, value)| (key.into_owned(), value.into_owned())));
        }
        Self { pairs }
    }

    pub(crate) fn get(&self, key: &str) -> &str {
        self.pairs.iter().find(|(k, _)| k == key).map_or("", |(_, value)| value)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.pairs.iter().any(|(k, _)| k == key)
    }

    /// Go's reading of a boolean parameter.
    pub(crate) fn flag(&self, key: &str) -> bool {
        self.has(key) && !matches!(self.get(key).to_ascii_lowercase().as_str(), "false" | "0")
    }

    /// The one object that the field selector names.
    pub(super) fn single_name(&self) -> Option<String> {
        let fields = FieldSelector::parse(self.get("fieldSelector")).ok()?;
        fields.exact("metadata.name").map(str::to_owned)
    }

    /// The version of a get or a watch. Upstream's reader of versions gives no code to its error.
    pub(super) fn resource_version(&self) -> Result<Option<ResourceVersion>, Status> {
        match self.get("resourceVersion") {
            "" => Ok(None),
            text => ResourceVersion::parse(text)
                .map(Some)
                .ok_or_else(|| Status::unclassified(unparsed_version(text))),
        }
    }

    fn labels(&self) -> Result<LabelSelector, Status> {
        LabelSelector::parse(self.get("labelSelector"))
            .map_err(|e| Status::bad_request(format!("unable to parse requirement: {e}")))
    }

    fn fields(&self) -> Result<FieldSelector, Status> {
        FieldSelector::parse(self.get("fieldSelector")).map_err(Status::bad_request)
    }

    /// A number as Go parses it; what is negative says nothing.
    fn number(&self, key: &str) -> Result<Option<u64>, Status> {
        Ok(self.integer(key)?.and_then(|number| u64::try_from(number).ok()))
    }

    fn integer(&self, key: &str) -> Result<Option<i64>, Status> {
        use std::num::IntErrorKind;
        let text = self.get(key);
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|error: std::num::ParseIntError| {
            let why = match error.kind() {
                IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "value out of range",
                _ => "invalid syntax",
            };
            Status::bad_request(format!("strconv.ParseInt: parsing {text:?}: {why}"))
        })
    }

    pub(super) fn list_options(&self) -> Result<ListOptions, Status> {
        let (labels, fields) = (self.labels()?, self.fields()?);
        self.number("timeoutSeconds")?;
        let limit = self.number("limit")?.unwrap_or(0);
        let text = self.get("resourceVersion");
        let version_match = self.get("resourceVersionMatch");
        refuse("ListOptions", self.list_mistakes(text, version_match))?;
        let resource_version = match text {
            "" => None,
            text => Some(ResourceVersion::parse(text).ok_or_else(|| {
                Status::bad_request(format!("invalid resource version: {}", unparsed_version(text)))
            })?),
        };
        let options = ListOptions {
            labels,
            fields,
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            continue_token: self.get("continue").to_owned(),
            resource_version,
            version_match: match version_match {
                "Exact" => Some(VersionMatch::Exact),
                "NotOlderThan" => Some(VersionMatch::NotOlderThan),
                _ => None,
            },
        };
        crate::path::list_options_are_consistent(&options, text).map_err(Status::bad_request)?;
        Ok(options)
    }

    /// Combinations of parameters that a list cannot have.
    fn list_mistakes(&self, version: &str, version_match: &str) -> Causes {
        let mut causes = Causes::default();
        if !version_match.is_empty() {
            let mut forbid = |why: &str| causes.push(Cause::forbidden(MATCH, why));
            if version.is_empty() {
                forbid("resourceVersionMatch is forbidden unless resourceVersion is provided");
            }
            if !self.get("continue").is_empty() {
                forbid("resourceVersionMatch is forbidden when continue is provided");
            }
            if !matches!(version_match, "Exact" | "NotOlderThan") {
                causes.push(Cause::not_supported(MATCH, version_match, &["Exact", "NotOlderThan", ""]));
            } else if version_match == "Exact" && version == "0" {
                forbid("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
            }
        }
        if self.has("sendInitialEvents") {
            causes.push(Cause::forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
        }
        causes
    }

    /// `name` restricts the watch to one object.
    pub(super) fn watch_options(&self) -> Result<WatchOptions, Status> {
        let (labels, fields) = (self.labels()?, self.fields()?);
        let timeout_seconds = self.number("timeoutSeconds")?;
        let initial_events = self.has("sendInitialEvents").then(|| self.flag("sendInitialEvents"));
        refuse("ListOptions", self.watch_mistakes(initial_events.is_some()))?;
        Ok(WatchOptions {
            labels,
            fields,
            resource_version: self.resource_version()?,
            bookmarks: self.flag("allowWatchBookmarks"),
            initial_events,
            timeout_seconds,
        })
    }

    /// Combinations of parameters that a watch cannot have.
    fn watch_mistakes(&self, initial_events: bool) -> Causes {
        let version_match = self.get("resourceVersionMatch");
        let mut causes = Causes::default();
        if initial_events && version_match != "NotOlderThan" {
            let why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
            causes.push(Cause::forbidden(MATCH, why));
        }
        if version_match.is_empty() {
            return causes;
        }
        if !initial_events {
            let why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
            causes.push(Cause::forbidden(MATCH, why));
        }
        if version_match != "NotOlderThan" {
            causes.push(Cause::not_supported(MATCH, version_match, &["NotOlderThan"]));
        }
        if !self.get("continue").is_empty() {
            let why = "resourceVersionMatch is forbidden when continue is provided";
            causes.push(Cause::forbidden(MATCH, why));
        }
        causes
    }

    /// The options of a create, update, patch or apply.
    pub(super) fn write_options(&self, purpose: Purpose) -> Result<WriteOptions, Status> {
        let (manager, validation) = (self.get("fieldManager"), self.get("fieldValidation"));
        let mut causes = Causes::default();
        // Only an apply has to say who it is, and only an apply may insist.
        if purpose == Purpose::Apply && manager.is_empty() {
            causes.push(Cause::required("fieldManager", "is required for apply patch"));
        }
        if purpose == Purpose::Patch && self.has("force") {
            causes.push(Cause::forbidden("force", "may not be specified for non-apply patch"));
        }
        if manager.len() > MAX_MANAGER_BYTES {
            causes.push(Cause::too_long("fieldManager", MAX_MANAGER_BYTES));
        }
        for (place, c) in manager.char_indices().filter(|(_, c)| c.is_control()) {
            let why = format!("invalid character U+{:04X} (at position {place})", u32::from(c));
            causes.push(Cause::invalid("fieldManager", manager, &why));
        }
        causes.extend(dry_run_mistake(&self.all("dryRun").collect::<Vec<_>>()));
        if !matches!(validation, "" | "Strict" | "Warn" | "Ignore") {
            let known = ["", "Ignore", "Strict", "Warn"];
            causes.push(Cause::not_supported("fieldValidation", validation, &known));
        }
        refuse(purpose.options(), causes)?;
        Ok(WriteOptions {
            dry_run: self.has("dryRun"),
            field_manager: manager.to_owned(),
            field_validation: validation.to_owned(),
        })
    }

    /// The options of a delete: a body says them all, else the query does.
    pub(super) fn delete_options(&self, body: &Value) -> Result<DeleteOptions, Status> {
        if body.entries().is_empty() {
            let mut options = Value::object();
            if let Some(seconds) = self.integer("gracePeriodSeconds")? {
                options.set(&["gracePeriodSeconds"], seconds);
            }
            if self.has("propagationPolicy") {
                options.set(&["propagationPolicy"], self.get("propagationPolicy"));
            }
            if self.has("orphanDependents") {
                options.set(&["orphanDependents"], self.flag("orphanDependents"));
            }
            if self.has("dryRun") {
                options.set(&["dryRun"], self.all("dryRun").collect::<Value>());
            }
            return checked_delete_options(&options);
        }
        let kind = body["kind"].str_or_empty();
        if !matches!(kind, "" | "DeleteOptions") {
            return Err(Status::bad_request(format!(
                "no kind {kind:?} is registered for version {:?} in scheme {OPTIONS_SCHEME:?}",
                body["apiVersion"].str_or_empty()
            )));
        }
        checked_delete_options(body)
    }

    /// Every value of a parameter.
    pub(super) fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(k, _)| k == key).map(|(_, value)| value.as_str())
    }
}

/// The name of a parameter that many rules are about.
const MATCH: &str = "resourceVersionMatch";
/// Longest name of a field manager.
const MAX_MANAGER_BYTES: usize = 128;
/// Where upstream looks for kinds of options; it is part of a sentence.
const OPTIONS_SCHEME: &str = "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27";

/// 422 about options, if anything is wrong with them.
fn refuse(kind: &str, causes: Causes) -> Result<(), Status> {
    if causes.is_empty() { Ok(()) } else { Err(Status::invalid("meta.k8s.io", kind, "", causes)) }
}

fn unparsed_version(text: &str) -> String {
    format!("resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax")
}

fn dry_run_mistake(values: &[&str]) -> Option<Cause> {
    let shown: Value = values.iter().copied().collect();
    let bad = values.iter().any(|value| *value != "All");
    bad.then(|| Cause::not_supported("dryRun", shown, &["All"]))
}

fn checked_delete_options(options: &Value) -> Result<DeleteOptions, Status> {
    let mut causes = Causes::default();
    if let Some(policy) = options["propagationPolicy"].as_str() {
        if !options["orphanDependents"].is_null() {
            let why = "orphanDependents and deletionPropagation cannot be both set";
            causes.push(Cause::invalid("propagationPolicy", policy, why));
        }
        if !matches!(policy, "Foreground" | "Background" | "Orphan") {
            let known = ["Foreground", "Background", "Orphan", "nil"];
            causes.push(Cause::not_supported("propagationPolicy", policy, &known));
        }
    }
    let dry: Vec<&str> = options["dryRun"].items().iter().map(Value::str_or_empty).collect();
    causes.extend(dry_run_mistake(&dry));
    refuse("DeleteOptions", causes)?;
    Ok(crate::path::delete_options(options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_as_go_reads_them() {
        let query = Query::parse("a=1&b=%zz&c;d=2&e=%&f=x%20y+z&a=2&&=&g");
        let shown: Vec<(&str, &str)> = query.pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(shown, [("a", "1"), ("f", "x y z"), ("a", "2"), ("", ""), ("g", "")]);
    }

    #[test]
    fn numbers_as_go_reads_them() {
        let number = |text: &str| Query::parse(&format!("n={text}")).number("n").map_err(|s| s.message);
        assert_eq!(number(""), Ok(None));
        assert_eq!(number("7"), Ok(Some(7)));
        assert_eq!(number("-7"), Ok(None));
        assert_eq!(number("x"), Err("strconv.ParseInt: parsing \"x\": invalid syntax".to_owned()));
        let large = "99999999999999999999";
        assert_eq!(number(large), Err(format!("strconv.ParseInt: parsing {large:?}: value out of range")));
    }
}
