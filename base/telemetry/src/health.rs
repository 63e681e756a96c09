//! Health: named checks, and the answers to `/livez`, `/readyz` and `/healthz` in the words that every
//! client of Kubernetes knows.
//!
//! Invariant: a check looks at what is in memory and returns at once; health is asked for when things
//! are bad.

use std::fmt::Write as _;
use std::sync::Arc;

use parking_lot::RwLock;

/// Which question a check is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Of all three.
    Alive,
    /// Of `/readyz` alone: what is about to pass, or is no reason to be killed.
    Ready,
}

/// Named checks; cheap to clone.
#[derive(Clone, Default)]
pub struct Health {
    checks: Arc<RwLock<Vec<Check>>>,
}

/// What a client is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The HTTP status code: 200, 404 for a check that does not exist, or 500.
    pub code: u16,
    /// Plain text.
    pub text: String,
}

/// A question, as it stands in a URL.
#[derive(Clone, Copy, Debug, Default)]
pub struct Question<'a> {
    /// `/livez`, `/readyz/ping`, …
    pub path: &'a str,
    /// Whether each check is to be shown.
    pub verbose: bool,
    /// Checks that are to be left out.
    pub exclude: &'a [&'a str],
}

#[derive(Clone)]
struct Check {
    name: &'static str,
    scope: Scope,
    look: Arc<dyn Fn() -> Result<(), String> + Send + Sync>,
}

impl Health {
    /// Only `ping`, which passes.
    pub fn new() -> Self {
        let health = Self::default();
        health.add("ping", Scope::Alive, || Ok(()));
        health
    }

    /// Adds a check; the error says what is wrong.
    pub fn add(
        &self,
        name: &'static str,
        scope: Scope,
        look: impl Fn() -> Result<(), String> + Send + Sync + 'static,
    ) {
        self.checks.write().push(Check { name, scope, look: Arc::new(look) });
    }

    /// Whether everything that a path is about passes.
    pub fn passes(&self, path: &str) -> bool {
        self.ask(Question { path, ..Question::default() }).code == 200
    }

    /// Answers a question.
    pub fn ask(&self, question: Question<'_>) -> Verdict {
        let path = question.path.trim_matches('/');
        let (endpoint, single) = path.split_once('/').map_or((path, None), |(e, s)| (e, Some(s)));
        let fits = |check: &&Check| endpoint == "readyz" || check.scope == Scope::Alive;
        let checks: Vec<Check> = self.checks.read().iter().filter(fits).cloned().collect();
        if let Some(name) = single {
            let Some(check) = checks.iter().find(|check| check.name == name) else {
                return Verdict { code: 404, text: "404 page not found\n".to_owned() };
            };
            return match (check.look)() {
                Ok(()) => Verdict { code: 200, text: "ok".to_owned() },
                Err(why) => Verdict { code: 500, text: format!("internal server error: {why}\n") },
            };
        }
        let mut lines = String::new();
        let mut failed = false;
        for Check { name, look, .. } in &checks {
            let line = if question.exclude.contains(name) {
                format!("[+]{name} excluded: ok")
            } else if let Err(why) = look() {
                failed = true;
                // Whoever may know more asks for the check itself.
                tracing::warn!(check = name, endpoint, why, "health check failed");
                format!("[-]{name} failed: reason withheld")
            } else {
                format!("[+]{name} ok")
            };
            writeln!(lines, "{line}").expect("writing to a String cannot fail");
        }
        let mut unknown: Vec<String> = question
            .exclude
            .iter()
            .filter(|name| checks.iter().all(|check| check.name != **name))
            .map(|name| format!("{name:?}"))
            .collect();
        if !unknown.is_empty() {
            unknown.sort();
            unknown.dedup();
            let unknown = unknown.join(",");
            writeln!(lines, "warn: some health checks cannot be excluded: no matches for {unknown}")
                .expect("writing to a String cannot fail");
        }
        match (failed, question.verbose) {
            (true, _) => Verdict { code: 500, text: format!("{lines}{endpoint} check failed\n") },
            (false, true) => Verdict { code: 200, text: format!("{lines}{endpoint} check passed\n") },
            (false, false) => Verdict { code: 200, text: "ok".to_owned() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_upstream_formats_it() {
        let health = Health::new();
        health.add("etcd", Scope::Alive, || Ok(()));
        health.add("shutdown", Scope::Ready, || Err("process is shutting down".to_owned()));
        let ask = |path: &str, verbose: bool, exclude: &[&str]| {
            let Verdict { code, text } = health.ask(Question { path, verbose, exclude });
            format!("{code} {text}")
        };
        assert_eq!(ask("/livez", false, &[]), "200 ok");
        assert_eq!(ask("/healthz", true, &[]), "200 [+]ping ok\n[+]etcd ok\nhealthz check passed\n");
        assert_eq!(
            ask("/livez/", true, &["etcd", "b\"", "a"]),
            "200 [+]ping ok\n[+]etcd excluded: ok\nwarn: some health checks cannot be excluded: no matches for \"a\",\"b\\\"\"\nlivez check passed\n"
        );
        assert_eq!(
            ask("/readyz", false, &[]),
            "500 [+]ping ok\n[+]etcd ok\n[-]shutdown failed: reason withheld\nreadyz check failed\n"
        );
        assert_eq!(ask("/readyz", false, &["shutdown"]), "200 ok");
        assert_eq!(ask("/readyz/ping", true, &[]), "200 ok");
        assert_eq!(
            ask("/readyz/shutdown", false, &[]),
            "500 internal server error: process is shutting down\n"
        );
        assert_eq!(ask("/livez/shutdown", false, &[]), "404 404 page not found\n");
        assert!(health.passes("/livez") && !health.passes("/readyz"));
    }
}
