//! Everything that is asked.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context as _;
use anyhow::Result;

use crate::kind::Kind;
use crate::kind::Script;
use crate::scenario::Scenario;

/// The scenarios, and where their answers are kept.
pub struct Corpus {
    /// In the order of their names.
    pub scenarios: Vec<Scenario>,
    answers: PathBuf,
}

/// What the ranges of a cluster's Services are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cluster {
    /// `10.96.0.0/16`. Nearly everything is asked of such a cluster.
    OneFamily,
    /// That and `fd00:96::/108`. Only what depends on it is asked.
    TwoFamilies,
}

impl Corpus {
    /// Reads what this crate asks of such a cluster.
    pub fn load(cluster: Cluster) -> Result<Self> {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
        let scenarios = match cluster {
            Cluster::OneFamily => Self::of_one_family(&dir)?,
            Cluster::TwoFamilies => scenarios(&dir.join("dual"), "dual-")?,
        };
        Ok(Self { scenarios, answers: dir.join("answers") })
    }

    fn of_one_family(dir: &Path) -> Result<Vec<Scenario>> {
        let mut scenarios = scenarios(&dir.join("scenarios"), "")?;
        let script = Script {
            scenario: Scenario::parse("every", &read(&dir.join("every.http"))?)?,
            mistakes: read(&dir.join("every.edits"))?,
            more_mistakes: read(&dir.join("some.edits"))?,
        };
        for (name, text) in files(&dir.join("kinds"), ".txt")? {
            for kind in Kind::parse_all(&text).with_context(|| name.clone())? {
                scenarios.push(kind.scenario(&script)?);
            }
        }
        scenarios.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(scenarios)
    }

    /// Where the answers to a scenario are kept.
    pub fn answers(&self, scenario: &Scenario) -> PathBuf {
        self.answers.join(format!("{}.txt", scenario.name))
    }

    /// Leaves only scenarios whose name contains one of these texts; none means all.
    pub fn keep(&mut self, names: &[String]) {
        self.scenarios.retain(|scenario| {
            names.is_empty() || names.iter().any(|name| scenario.name.contains(name.as_str()))
        });
    }
}

/// The scenarios of a directory, whose names begin like this.
fn scenarios(dir: &Path, prefix: &str) -> Result<Vec<Scenario>> {
    let files = files(dir, ".http")?;
    files.iter().map(|(name, text)| Scenario::parse(&format!("{prefix}{name}"), text)).collect()
}

/// The files of a directory with this ending: name without it, content.
fn files(dir: &Path, ending: &str) -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(name) = name.strip_suffix(ending) {
            files.push((name.to_owned(), read(&path)?));
        }
    }
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
