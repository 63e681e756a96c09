//! Query parameters.

use client::DeleteOptions;
use client::ListOptions;
use client::VersionMatch;
use client::WatchOptions;
use client::WriteOptions;
use meta::FieldSelector;
use meta::LabelSelector;
use meta::ResourceVersion;
use meta::Status;

use super::route::is_well_escaped;

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

    pub(super) fn resource_version(&self) -> Result<Option<ResourceVersion>, Status> {
        match self.get("resourceVersion") {
            "" => Ok(None),
            text => ResourceVersion::parse(text).map(Some).ok_or_else(|| {
                Status::bad_request(format!("invalid resource version: resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax"))
            }),
        }
    }

    fn labels(&self) -> Result<LabelSelector, Status> {
        LabelSelector::parse(self.get("labelSelector"))
            .map_err(|e| Status::bad_request(format!("unable to parse requirement: {e}")))
    }

    fn fields(&self) -> Result<FieldSelector, Status> {
        FieldSelector::parse(self.get("fieldSelector")).map_err(Status::bad_request)
    }

    /// A number of Go's `int64`; what is below zero is as good as not given.
    fn number(&self, key: &str) -> Result<Option<u64>, Status> {
        let text = self.get(key);
        if text.is_empty() {
            return Ok(None);
        }
        match text.parse::<i64>() {
            Ok(number) => Ok(u64::try_from(number).ok()),
            Err(error) => {
                use std::num::IntErrorKind;
                let why = match error.kind() {
                    IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "value out of range",
                    _ => "invalid syntax",
                };
                Err(Status::bad_request(format!("strconv.ParseInt: parsing {text:?}: {why}")))
            }
        }
    }

    pub(super) fn list_options(&self) -> Result<ListOptions, Status> {
        let version_match = match self.get("resourceVersionMatch") {
            "" => None,
            "Exact" => Some(VersionMatch::Exact),
            "NotOlderThan" => Some(VersionMatch::NotOlderThan),
            other => {
                let text = format!(
                    "resourceVersionMatch: Unsupported value: {other:?}: supported values: \"Exact\", \"NotOlderThan\""
                );
                return Err(Status::bad_request(text));
            }
        };
        self.number("timeoutSeconds")?;
        let limit = self.number("limit")?.unwrap_or(0);
        let options = ListOptions {
            labels: self.labels()?,
            fields: self.fields()?,
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            continue_token: self.get("continue").to_owned(),
            resource_version: self.resource_version()?,
            version_match,
        };
        crate::path::list_options_are_consistent(&options, self.get("resourceVersion"))
            .map_err(Status::bad_request)?;
        Ok(options)
    }

    /// `name` restricts the watch to one object.
    pub(super) fn watch_options(&self, name: Option<&str>) -> Result<WatchOptions, Status> {
        let mut fields = self.fields()?;
        if let Some(name) = name {
            let term =
                meta::selector::FieldTerm { field: "metadata.name".into(), value: name.into(), equal: true };
            fields.terms.push(term);
        }
        let initial_events = self.has("sendInitialEvents").then(|| self.flag("sendInitialEvents"));
        let version_match = self.get("resourceVersionMatch");
        if initial_events.is_some() && version_match != "NotOlderThan" {
            let text = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
            return Err(Status::bad_request(format!("sendInitialEvents: Forbidden: {text}")));
        }
        if initial_events.is_none() && !version_match.is_empty() {
            let text = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
            return Err(Status::bad_request(format!("resourceVersionMatch: Forbidden: {text}")));
        }
        Ok(WatchOptions {
            labels: self.labels()?,
            fields,
            resource_version: self.resource_version()?,
            bookmarks: self.flag("allowWatchBookmarks"),
            initial_events,
            timeout_seconds: self.number("timeoutSeconds")?,
        })
    }

    pub(super) fn write_options(&self) -> Result<WriteOptions, Status> {
        let field_validation = self.get("fieldValidation");
        if !matches!(field_validation, "" | "Strict" | "Warn" | "Ignore") {
            return Err(Status::bad_request(format!(
                "fieldValidation: Unsupported value: {field_validation:?}: supported values: \"Ignore\", \"Strict\", \"Warn\""
            )));
        }
        match self.get("dryRun") {
            "" | "All" => {}
            other => {
                return Err(Status::bad_request(format!(
                    "dryRun: Unsupported value: {other:?}: supported values: \"All\""
                )));
            }
        }
        Ok(WriteOptions {
            dry_run: self.get("dryRun") == "All",
            field_manager: self.get("fieldManager").to_owned(),
            field_validation: field_validation.to_owned(),
        })
    }

    /// What the body says of a delete, with what the query says over it.
    pub(super) fn delete_options(&self, mut options: DeleteOptions) -> DeleteOptions {
        if let Ok(seconds) = self.get("gracePeriodSeconds").parse() {
            options.grace_period_seconds = Some(seconds);
        }
        match self.get("propagationPolicy") {
            "Orphan" => options.propagation = Some(client::Propagation::Orphan),
            "Foreground" => options.propagation = Some(client::Propagation::Foreground),
            "Background" => options.propagation = Some(client::Propagation::Background),
            _ => {}
        }
        options.dry_run |= self.get("dryRun") == "All";
        options
    }

    /// Every value of a parameter.
    pub(super) fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(k, _)| k == key).map(|(_, value)| value.as_str())
    }
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
