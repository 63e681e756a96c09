//! Kept answers: a file of text for each scenario.
//!
//! A step begins with `### its name`; then come the lines of its facts, the body after an empty line.
//! An object that is like an earlier one of its scenario is kept as the difference from it: `~ the
//! step's name`, then lines that are gone (`< `) and, with their places, lines that are new (`> `).

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use anyhow::Result;

use crate::facts::BLOCK;
use crate::facts::Facts;
use crate::scenario::Scenario;
use crate::scenario::parts;

/// Answers in the order of the steps, with their names.
pub type Answers = Vec<(String, Facts)>;

/// Keeps answers.
pub fn write(path: &Path, scenario: &Scenario, facts: Vec<Facts>) -> Result<()> {
    let names = scenario.steps.iter().map(|step| step.name.clone());
    fs::write(path, encode(&names.zip(facts).collect()))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// The kept answers.
pub fn read(path: &Path) -> Result<Answers> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    decode(&text).with_context(|| format!("in {}", path.display()))
}

/// What differs between the kept answers and those given, told once for each scenario: a line that
/// differs in one step is likely to differ in the next ones for the same reason.
pub fn differences(scenario: &Scenario, kept: &Answers, given: &[Facts]) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    let mut report = Vec::new();
    for (step, given) in scenario.steps.iter().zip(given) {
        let Some((_, kept)) = kept.iter().find(|(name, _)| *name == step.name) else {
            report.push(format!("### {}\nno answer of upstream is recorded", step.name));
            continue;
        };
        let mut lines = changes(&kept.head, &given.head);
        lines.extend(changes(&kept.body, &given.body));
        let alike = kept == given;
        let fresh: Vec<String> = lines.into_iter().filter(|line| !told.contains(line)).collect();
        if alike || fresh.is_empty() {
            continue;
        }
        told.extend(fresh.iter().filter(|line| !line.starts_with(['<', '>']) || line.len() > 12).cloned());
        report.push(format!("### {}\n{} {}\n{}", step.name, step.method, step.path, fresh.join("\n")));
    }
    for (name, _) in kept {
        if !scenario.steps.iter().any(|step| step.name == *name) {
            report.push(format!("### {name}\nrecorded, but no longer asked: record again"));
        }
    }
    report
}

/// Lines that are gone and lines that are new; where they are the same in another order, that.
fn changes(old: &[String], new: &[String]) -> Vec<String> {
    let gone = old.iter().filter(|line| !new.contains(line)).map(|line| format!("< {line}"));
    let fresh = new.iter().filter(|line| !old.contains(line)).map(|line| format!("> {line}"));
    let lines: Vec<String> = gone.chain(fresh).collect();
    if lines.is_empty() && old != new {
        return vec![format!("order or number of lines: {old:?} became {new:?}")];
    }
    lines
}

fn encode(answers: &Answers) -> String {
    let mut out = String::new();
    let mut known: Vec<Block> = Vec::new();
    for (name, facts) in answers {
        out.push_str(&format!("### {name}\n{}\n", facts.head.join("\n")));
        if !facts.body.is_empty() {
            out.push('\n');
        }
        for block in blocks(name, &facts.body) {
            if let Some(title) = &block.title {
                out.push_str(&format!("{title}\n"));
            }
            let size = |lines: &Vec<String>| lines.iter().map(String::len).sum::<usize>();
            let relative = known.iter().filter_map(|base| relative(base, &block.lines)).min_by_key(size);
            let lines = relative.filter(|lines| size(lines) < size(&block.lines));
            for line in lines.as_ref().unwrap_or(&block.lines) {
                out.push_str(line);
                out.push('\n');
            }
            if block.lines.len() > 3 && known.iter().all(|base| base.lines != block.lines) {
                known.push(block);
            }
        }
    }
    out
}

/// A part of a body: all of it, or an object within it.
struct Block {
    /// The line that says which object it is.
    title: Option<String>,
    /// How others refer to it.
    name: String,
    lines: Vec<String>,
}

fn blocks(step: &str, body: &[String]) -> Vec<Block> {
    let mut blocks = vec![Block { title: None, name: step.to_owned(), lines: Vec::new() }];
    for line in body {
        if line.starts_with(BLOCK) {
            let name = format!("{step} {}", line.split(' ').take(3).collect::<Vec<_>>().join(" "));
            blocks.push(Block { title: Some(line.clone()), name, lines: Vec::new() });
        } else {
            blocks.last_mut().expect("it begins with one").lines.push(line.clone());
        }
    }
    blocks
}

/// Lines as their difference from those of another block, if that says all of it.
fn relative(base: &Block, lines: &[String]) -> Option<Vec<String>> {
    let (old, new): (HashSet<&String>, HashSet<&String>) =
        (base.lines.iter().collect(), lines.iter().collect());
    let mut told = vec![format!("~ {}", base.name)];
    told.extend(base.lines.iter().filter(|line| !new.contains(line)).map(|line| format!("< {line}")));
    let fresh = lines.iter().enumerate().filter(|(_, line)| !old.contains(line));
    told.extend(fresh.map(|(i, line)| format!("> {i} {line}")));
    if told.len() > lines.len() {
        return None;
    }
    (apply(&base.lines, &told[1..]).ok()? == lines).then_some(told)
}

fn apply(base: &[String], lines: &[String]) -> Result<Vec<String>> {
    let gone: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("< ")).collect();
    let mut body: Vec<String> = base.iter().filter(|line| !gone.contains(&line.as_str())).cloned().collect();
    for line in lines.iter().filter_map(|line| line.strip_prefix("> ")) {
        let (place, line) = line.split_once(' ').context("a new line has a place")?;
        let place: usize = place.parse().context("a place is a number")?;
        body.insert(place.min(body.len()), line.to_owned());
    }
    Ok(body)
}

fn decode(text: &str) -> Result<Answers> {
    let mut answers: Answers = Vec::new();
    let mut known: Vec<Block> = Vec::new();
    for (name, text) in parts(text, "### ") {
        let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<String>>();
        let mut facts = Facts { head: lines(head), body: Vec::new() };
        for mut block in blocks(name, &lines(body)) {
            if let Some(base) = block.lines.first().and_then(|line| line.strip_prefix("~ ")) {
                let base = known.iter().find(|known| known.name == base);
                let base =
                    base.with_context(|| format!("a body told by an unknown one: {:?}", block.lines[0]))?;
                block.lines = apply(&base.lines, &block.lines[1..])?;
            }
            facts.body.extend(block.title.clone());
            facts.body.extend(block.lines.iter().cloned());
            known.push(block);
        }
        answers.push((name.to_owned(), facts));
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "long = \"a line that is longer than what differs\"";

    fn facts(body: &[&str]) -> Facts {
        Facts {
            head: vec!["200 application/json".to_owned()],
            body: body.iter().map(|l| (*l).to_owned()).collect(),
        }
    }

    #[test]
    fn what_is_kept_is_what_was_given() {
        let answers: Answers = vec![
            ("one".to_owned(), facts(&["a = 1", "b = 2", "c = 3", LONG])),
            ("nothing".to_owned(), facts(&[])),
            ("like one".to_owned(), facts(&["a = 1", "b = 7", "bb = 1", "c = 3", LONG])),
            ("like the last".to_owned(), facts(&["a = 1", "b = 7", "c = 3", LONG])),
            ("a list".to_owned(), facts(&["k = 1", "@ items[0]", "a = 1", "b = 2", "c = 3", LONG])),
        ];
        let text = encode(&answers);
        assert!(text.contains("~ one\n< b = 2\n> 1 b = 7\n> 2 bb = 1\n"), "{text}");
        assert!(text.contains("k = 1\n@ items[0]\n~ one\n"), "{text}");
        assert_eq!(decode(&text).expect("it reads"), answers);
    }
}
