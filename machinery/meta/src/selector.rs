//! Label and field selectors in their query-string form.

use std::fmt;

use crate::names;

/// One condition on a label.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Requirement {
    /// The label's key.
    pub key: String,
    /// How the value is compared.
    pub operator: Operator,
    /// The values compared with: empty for `Exists` and `DoesNotExist`.
    pub values: Vec<String>,
}

/// How a requirement compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// The label is set to one of the values.
    In,
    /// The label is unset, or set to none of the values.
    NotIn,
    /// The label is set.
    Exists,
    /// The label is unset.
    DoesNotExist,
    /// The label is an integer above the value.
    Gt,
    /// The label is an integer below the value.
    Lt,
}

/// A conjunction of requirements; without any it selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
}

/// A conjunction of `field=value` and `field!=value`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FieldSelector {
    /// Each term.
    pub terms: Vec<FieldTerm>,
}

/// One term of a field selector.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldTerm {
    /// The field's path, such as `spec.nodeName`.
    pub field: String,
    /// The value compared with.
    pub value: String,
    /// Whether equality or inequality is asked for.
    pub equal: bool,
}

impl Requirement {
    /// Whether a label with `value` (or none) meets it.
    pub fn matches(&self, value: Option<&str>) -> bool {
        let number = |text: &str| text.parse::<i64>().ok();
        match (self.operator, value) {
            (Operator::Exists, value) => value.is_some(),
            (Operator::DoesNotExist, value) => value.is_none(),
            (Operator::In, value) => value.is_some_and(|v| self.values.iter().any(|x| x == v)),
            (Operator::NotIn, value) => value.is_none_or(|v| self.values.iter().all(|x| x != v)),
            (Operator::Gt | Operator::Lt, None) => false,
            (Operator::Gt | Operator::Lt, Some(value)) => {
                match (number(value), self.values.first().and_then(|v| number(v))) {
                    (Some(left), Some(right)) if self.operator == Operator::Gt => left > right,
                    (Some(left), Some(right)) => left < right,
                    _ => false,
                }
            }
        }
    }
}

impl LabelSelector {
    /// Selects everything.
    pub fn everything() -> Self {
        Self::default()
    }

    /// From requirements made elsewhere.
    pub fn new(requirements: Vec<Requirement>) -> Self {
        Self { requirements }
    }

    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// The requirements, in the order given.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// Whether labels, looked up by `get`, meet every requirement.
    pub fn matches<'a>(&self, get: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.requirements.iter().all(|r| r.matches(get(&r.key)))
    }

    /// Parses the query-string form: `a=b,c!=d,e in (x,y),f notin (z),g,!h,i>1`. The error is the
    /// sentence for the client.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { text, at: 0 };
        let mut requirements = Vec::new();
        parser.skip_space();
        while !parser.done() {
            requirements.push(parser.requirement()?);
            parser.skip_space();
            if parser.done() {
                break;
            }
            if !parser.eat(",") {
                return Err(format!("found '{}', expected: ',' or 'end of string'", parser.rest()));
            }
            parser.skip_space();
            if parser.done() {
                return Err("found '', expected: identifier after ','".to_owned());
            }
        }
        Ok(Self { requirements })
    }
}

impl fmt::Display for LabelSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, r) in self.requirements.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            match (r.operator, r.values.as_slice()) {
                (Operator::Exists, _) => f.write_str(&r.key)?,
                (Operator::DoesNotExist, _) => write!(f, "!{}", r.key)?,
                (Operator::In, [value]) => write!(f, "{}={value}", r.key)?,
                (Operator::In, values) => write!(f, "{} in ({})", r.key, values.join(","))?,
                (Operator::NotIn, [value]) => write!(f, "{}!={value}", r.key)?,
                (Operator::NotIn, values) => write!(f, "{} notin ({})", r.key, values.join(","))?,
                (Operator::Gt, values) => write!(f, "{}>{}", r.key, values.join(","))?,
                (Operator::Lt, values) => write!(f, "{}<{}", r.key, values.join(","))?,
            }
        }
        Ok(())
    }
}

impl FieldSelector {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether fields, looked up by `get`, meet every term.
    pub fn matches<'a>(&self, get: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.terms.iter().all(|t| (get(&t.field).unwrap_or("") == t.value) == t.equal)
    }

    /// The value that a field must equal, where the selector says so: lets a reader go straight to
    /// one object or one index bucket.
    pub fn exact(&self, field: &str) -> Option<&str> {
        self.terms.iter().find(|t| t.equal && t.field == field).map(|t| t.value.as_str())
    }

    /// Parses `a=b,c==d,e!=f` with backslash escapes in values.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut terms = Vec::new();
        for part in split_unescaped(text) {
            if part.is_empty() {
                continue;
            }
            let (field, value, equal) = if let Some((f, v)) = part.split_once("!=") {
                (f, v, false)
            } else if let Some((f, v)) = part.split_once("==") {
                (f, v, true)
            } else if let Some((f, v)) = part.split_once('=') {
                (f, v, true)
            } else {
                return Err(format!("invalid selector: '{text}'; can't understand '{part}'"));
            };
            terms.push(FieldTerm { field: field.to_owned(), value: unescape(value)?, equal });
        }
        Ok(Self { terms })
    }
}

fn split_unescaped(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (i, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                parts.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn unescape(value: &str) -> Result<String, String> {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some(next @ ('\\' | ',' | '=')) => out.push(next),
            other => {
                return Err(format!(
                    "invalid field selector: invalid escape sequence: \\{}",
                    other.unwrap_or(' ')
                ));
            }
        }
    }
    Ok(out)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn done(&self) -> bool {
        self.at == self.text.len()
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let special = |c: char| c.is_whitespace() || matches!(c, ',' | '=' | '!' | '(' | ')' | '<' | '>');
        let word = &rest[..rest.find(special).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let negated = self.eat("!");
        self.skip_space();
        let key = self.word().to_owned();
        if key.is_empty() {
            return Err(format!(
                "found '{}', expected: identifier",
                self.rest().chars().next().map_or(String::new(), String::from)
            ));
        }
        if let Some(error) = names::qualified_name(&key).into_iter().next() {
            return Err(format!("key: Invalid value: {key:?}: {error}"));
        }
        self.skip_space();
        let (operator, values) =
            if negated { (Operator::DoesNotExist, Vec::new()) } else { self.comparison()? };
        for value in &values {
            if let Some(error) = names::label_value(value).into_iter().next() {
                return Err(format!("values[0][{key}]: Invalid value: {value:?}: {error}"));
            }
        }
        if matches!(operator, Operator::Gt | Operator::Lt) && values.iter().any(|v| v.parse::<i64>().is_err())
        {
            return Err(format!(
                "values[0]: Invalid value: {:?}: for 'Gt', 'Lt' operators, the value must be an integer",
                values[0]
            ));
        }
        Ok(Requirement { key, operator, values })
    }

    fn comparison(&mut self) -> Result<(Operator, Vec<String>), String> {
        if self.done() || self.rest().starts_with(',') {
            return Ok((Operator::Exists, Vec::new()));
        }
        for (token, operator) in [
            ("==", Operator::In),
            ("=", Operator::In),
            ("!=", Operator::NotIn),
            (">", Operator::Gt),
            ("<", Operator::Lt),
        ] {
            if self.eat(token) {
                self.skip_space();
                return Ok((operator, vec![self.word().to_owned()]));
            }
        }
        let operator = match self.word() {
            "in" => Operator::In,
            "notin" => Operator::NotIn,
            other => return Err(format!("found '{other}', expected: in, notin, =, ==, !=, gt, lt")),
        };
        self.skip_space();
        Ok((operator, self.value_list()?))
    }

    fn value_list(&mut self) -> Result<Vec<String>, String> {
        if !self.eat("(") {
            return Err(format!("found '{}', expected: '('", self.rest()));
        }
        let mut values = Vec::new();
        loop {
            self.skip_space();
            values.push(self.word().to_owned());
            self.skip_space();
            if self.eat(")") {
                return Ok(values);
            }
            if !self.eat(",") {
                return Err(format!("found '{}', expected: ',' or ')'", self.rest()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(selector: &str, labels: &[(&str, &str)]) -> bool {
        let selector = LabelSelector::parse(selector).expect("valid selector");
        selector.matches(|key| labels.iter().find(|(k, _)| *k == key).map(|(_, v)| *v))
    }

    #[test]
    fn label_selectors() {
        let labels = [("app", "web"), ("tier", "front"), ("n", "5")];
        for yes in [
            "",
            "app=web",
            "app==web,tier=front",
            "app!=db",
            "x!=y",
            "app in (web, db)",
            "x notin (y)",
            "app",
            "!x",
            "n>4",
            "n<6",
        ] {
            assert!(matches(yes, &labels), "{yes}");
        }
        for no in ["app=db", "app notin (web)", "x", "!app", "n>5", "x=", "app>1"] {
            assert!(!matches(no, &labels), "{no}");
        }
    }

    #[test]
    fn label_selector_errors() {
        for bad in ["a=b,", ",", "a in b", "a in (b", "-a=b", "a=b c", "a~b", "n>x"] {
            assert!(LabelSelector::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn round_trip() {
        for text in ["a=b", "a in (b,c)", "!a", "a", "a!=b", "a notin (b,c)", "a>1"] {
            assert_eq!(LabelSelector::parse(text).expect("valid").to_string(), text);
        }
    }

    #[test]
    fn field_selectors() {
        let selector = FieldSelector::parse(r"metadata.name=a\,b,spec.nodeName!=").expect("valid");
        assert_eq!(selector.exact("metadata.name"), Some("a,b"));
        assert!(selector.matches(|f| Some(if f == "metadata.name" { "a,b" } else { "n1" })));
        assert!(!selector.matches(|f| Some(if f == "metadata.name" { "a,b" } else { "" })));
        assert!(FieldSelector::parse("junk").is_err());
    }
}
