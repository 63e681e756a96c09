//! Scenarios: requests in order, in the form of `.http` files.
//!
//! A step begins with `### its name`; then come the request line, headers, an empty line and the body.
//! `{{ns}}` is the scenario's namespace, `{{step:path}}` a field of the object with which an earlier step
//! was answered, `{{repeat:text:count}}` a long text.

use anyhow::Context as _;
use anyhow::Result;
use anyhow::bail;
use anyhow::ensure;

use crate::facts::Detail;

/// Requests in order.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name: that of its file, or the row of a kind.
    pub name: String,
    /// What is asked.
    pub steps: Vec<Step>,
}

/// One request.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// Its name, unique in the scenario.
    pub name: String,
    /// The HTTP method.
    pub method: String,
    /// Path and query, with placeholders.
    pub path: String,
    /// Headers, with placeholders.
    pub headers: Vec<(String, String)>,
    /// The body, with placeholders. How it becomes bytes is said in `replay`.
    pub body: String,
    /// How much of the answer counts.
    pub detail: Detail,
}

impl Scenario {
    /// Reads a scenario.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let mut steps = Vec::new();
        for part in parts(text, "### ") {
            let step = Step::parse(part.0, part.1).with_context(|| format!("{name}: step {:?}", part.0))?;
            steps.push(step);
        }
        let scenario = Self { name: name.to_owned(), steps };
        scenario.check()?;
        Ok(scenario)
    }

    /// The namespace that is the scenario's own.
    pub fn namespace(&self) -> String {
        format!("d-{}", self.name.replace('.', "-"))
    }

    /// Names of steps must tell them apart.
    pub(crate) fn check(&self) -> Result<()> {
        for (i, step) in self.steps.iter().enumerate() {
            let twice = self.steps[..i].iter().any(|earlier| earlier.name == step.name);
            ensure!(!twice, "{}: two steps are named {:?}", self.name, step.name);
        }
        Ok(())
    }
}

impl Step {
    fn parse(name: &str, text: &str) -> Result<Self> {
        let text = text.trim_end();
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines().filter(|line| !line.starts_with("# "));
        let request = lines.next().context("a step has a request line")?;
        let (method, path) = request.split_once(' ').context("a request line is a method and a path")?;
        let mut headers = Vec::new();
        for line in lines {
            let Some((key, value)) = line.split_once(": ") else { bail!("no header: {line:?}") };
            headers.push((key.to_owned(), value.to_owned()));
        }
        Ok(Self {
            name: name.to_owned(),
            method: method.to_owned(),
            path: path.to_owned(),
            headers,
            body: body.to_owned(),
            detail: Detail::Full,
        })
    }
}

/// Parts of a text that begin with a marked line: what stands on that line, and what follows it.
/// Anything before the first is a comment.
pub(crate) fn parts<'a>(text: &'a str, marker: &str) -> Vec<(&'a str, &'a str)> {
    let mut starts: Vec<usize> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with(marker) {
            starts.push(at);
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let spans: Vec<(usize, usize)> = starts.iter().copied().zip(ends).collect();
    let split = |(start, end): (usize, usize)| {
        let part = &text[start + marker.len()..end];
        let (title, rest) = part.split_once('\n').unwrap_or((part, ""));
        (title.trim(), rest)
    };
    spans.into_iter().map(split).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_is_read() {
        let text = "A comment.\n### one\nGET /a\nAccept: x\n\n### two\nPOST /b\n\nkind: A\n\nb: c\n\n";
        let scenario = Scenario::parse("s", text).expect("it reads");
        let [one, two] = scenario.steps.as_slice() else { panic!("two steps") };
        assert_eq!((one.method.as_str(), one.path.as_str(), one.body.as_str()), ("GET", "/a", ""));
        assert_eq!(one.headers, [("Accept".to_owned(), "x".to_owned())]);
        assert_eq!((two.name.as_str(), two.body.as_str()), ("two", "kind: A\n\nb: c"));
        assert!(Scenario::parse("s", "### one\nGET /a\n### one\nGET /b\n").is_err());
    }
}
