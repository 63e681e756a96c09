//! Kinds: samples of the objects of one row of the resource table, and what is asked with them.
//!
//! A row begins with `=== <apiVersion> <resource>`. Its sections begin with `--- `:
//! - `minimal` and `full`: two objects, as little and as much as clients write
//! - `change`: a merge patch of `full` that is allowed
//! - `status`: a merge patch of its status
//! - `bad`: edits of `full`, each tried as a create
//! - `frozen`: edits of the stored `full`, each tried as an update
//! - `before`: requests that prepare the namespace, as in a scenario
//! - `without`: names of steps that the row is not taken through
//! - `mistakes`: if there, the row makes more of the mistakes that every kind can make
//!
//! `every.http` is the script that each row goes through. A step's name ends with what it needs of the
//! row: `@verb`, `@status`, `@scale`, or a section. `every.edits` and `some.edits` are mistakes that every kind can make.

use anyhow::Context as _;
use anyhow::Result;
use anyhow::ensure;
use api::Resource;
use api::Value;
use api::verbs;

use crate::facts::Detail;
use crate::scenario::Scenario;
use crate::scenario::Step;
use crate::scenario::parts;

/// What every row goes through.
pub(crate) struct Script {
    /// The steps.
    pub(crate) scenario: Scenario,
    /// Mistakes that every row makes.
    pub(crate) mistakes: String,
    /// Mistakes that some rows make, as the server makes no difference between rows in them.
    pub(crate) more_mistakes: String,
}

/// The samples of a row.
pub(crate) struct Kind {
    row: &'static Resource,
    sections: Vec<(String, String)>,
}

impl Kind {
    /// Reads a file of rows.
    pub(crate) fn parse_all(text: &str) -> Result<Vec<Kind>> {
        let read = |(title, text): (&str, &str)| {
            let (api_version, name) =
                title.split_once(' ').context("a row is an apiVersion and a resource")?;
            let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
            let row = Resource::find(group, version, name).with_context(|| format!("no row {title}"))?;
            let sections =
                parts(text, "--- ").into_iter().map(|(name, text)| (name.to_owned(), text.trim().to_owned()));
            Ok(Kind { row, sections: sections.collect() })
        };
        parts(text, "=== ").into_iter().map(read).collect()
    }

    fn section(&self, name: &str) -> &str {
        self.sections.iter().find(|(section, _)| section == name).map_or("", |(_, text)| text)
    }

    /// The scenario that the script makes of a row.
    pub(crate) fn scenario(&self, script: &Script) -> Result<Scenario> {
        let row = self.row;
        let group =
            if row.group.is_empty() { "core" } else { row.group.split('.').next().unwrap_or(row.group) };
        let name = format!("{group}.{}.{}", row.version, row.name);
        let mut scenario = Scenario::parse(&name, self.section("before"))?;
        let words = self.words(&scenario)?;
        let mistakes = |title| if title == "mistakes" { &script.mistakes } else { &script.more_mistakes };
        for step in &script.scenario.steps {
            let (title, needs) = step.name.split_once(" @").unwrap_or((&step.name, ""));
            if !needs.is_empty() && !needs.split(" @").all(|need| self.has(need)) {
                continue;
            }
            match title {
                "mistakes" | "more mistakes" => {
                    scenario.steps.extend(self.creates(step, "minimal", mistakes(title), &words));
                }
                "bad" => scenario.steps.extend(self.creates(step, "full", self.section("bad"), &words)),
                "frozen" => {
                    scenario.steps.extend(self.creates(step, "stored", self.section("frozen"), &words))
                }
                title => scenario.steps.push(fill(step, title, &words)),
            }
        }
        let without: Vec<&str> = self.section("without").lines().collect();
        scenario.steps.retain(|step| !without.contains(&step.name.as_str()));
        scenario.check()?;
        Ok(scenario)
    }

    fn has(&self, need: &str) -> bool {
        if let Some(bit) = verbs::NAMES.iter().position(|name| *name == need) {
            return self.row.verbs & (1 << bit) != 0;
        }
        match need {
            "stored" => self.row.allows(verbs::GET),
            "unstored" => !self.row.allows(verbs::GET),
            "typed" => self.row.ty.is_some(),
            "scale" => self.row.subresource("scale").is_some(),
            "status" => self.row.subresource("status").is_some() && !self.section("status").is_empty(),
            section => !self.section(section).is_empty(),
        }
    }

    /// One step for each line of edits.
    fn creates(&self, step: &Step, base: &str, lines: &str, words: &[(String, String)]) -> Vec<Step> {
        let lines = lines.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let make = |line: &str| {
            let (query, edits) = match line.strip_prefix('?') {
                Some(rest) => rest.split_once(' ').unwrap_or((rest, "")),
                None => ("", line),
            };
            let mut made = fill(step, &format!("{base}: {line}"), words);
            if !query.is_empty() {
                made.path = format!("{}&{query}", made.path);
            }
            made.body = format!("{}\n! {edits}", made.body);
            made.detail = Detail::Brief;
            made
        };
        lines.map(make).collect()
    }

    /// What the script's words mean for this row, longer words first.
    fn words(&self, scenario: &Scenario) -> Result<Vec<(String, String)>> {
        let row = self.row;
        let root = if row.group.is_empty() { "/api".to_owned() } else { format!("/apis/{}", row.group) };
        let place =
            if row.namespaced { format!("/namespaces/{}", scenario.namespace()) } else { String::new() };
        let collection = format!("{root}/{}{place}/{}", row.version, row.name);
        let (mut minimal, minimal_name) = self.sample("minimal", scenario)?;
        let (mut full, full_name) = self.sample("full", scenario)?;
        let mut words = vec![
            ("change".to_owned(), self.section("change").to_owned()),
            ("status".to_owned(), self.section("status").to_owned()),
            ("apiVersion".to_owned(), row.api_version()),
            ("kind".to_owned(), row.kind.to_owned()),
            ("resource".to_owned(), row.name.to_owned()),
            ("row".to_owned(), scenario.name.clone()),
            ("collection".to_owned(), collection.clone()),
            ("minimal-object".to_owned(), format!("{collection}/{minimal_name}")),
            ("full-object".to_owned(), format!("{collection}/{full_name}")),
            ("minimal-name".to_owned(), minimal_name),
            ("full-name".to_owned(), full_name),
        ];
        // The label by which this row's objects are listed, and nobody else's.
        for sample in [&mut minimal, &mut full] {
            if row.allows(verbs::GET) {
                sample.set(&["metadata", "labels", "differential"], scenario.name.as_str());
            }
        }
        words.push(("minimal".to_owned(), api::yaml::to_string(&minimal)));
        words.push(("full".to_owned(), api::yaml::to_string(&full)));
        words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        Ok(words)
    }

    fn sample(&self, section: &str, scenario: &Scenario) -> Result<(Value, String)> {
        let text = self.section(section).replace("{{ns}}", &scenario.namespace());
        let parsed = api::yaml::parse(&text).with_context(|| format!("{}: {section}", scenario.name))?;
        ensure!(!text.is_empty(), "{} has no {section}", scenario.name);
        let name = parsed.value["metadata"]["name"].str_or_empty().to_owned();
        Ok((parsed.value, name))
    }
}

fn fill(step: &Step, name: &str, words: &[(String, String)]) -> Step {
    let fill = |text: &str| {
        words.iter().fold(text.to_owned(), |text, (word, meaning)| text.replace(&format!("${word}"), meaning))
    };
    Step {
        name: name.to_owned(),
        method: step.method.clone(),
        path: fill(&step.path),
        headers: step.headers.iter().map(|(key, value)| (key.clone(), fill(value))).collect(),
        body: fill(&step.body).trim_end().to_owned(),
        detail: step.detail,
    }
}
