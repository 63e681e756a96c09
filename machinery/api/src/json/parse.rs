//! The JSON parser.

use compact_str::CompactString;
use smallvec::SmallVec;
use thiserror::Error as ThisError;

use super::plain_prefix;
use crate::key::Key;
use crate::place::Placed;
use crate::value::Entry;
use crate::value::List;
use crate::value::Map;
use crate::value::Value;
use crate::value::exact;

/// Deepest nesting taken; upstream's is ten thousand, but no API type comes near this.
const MAX_DEPTH: usize = 512;
/// Objects with more keys than this look for duplicates by sorting instead of by scanning.
const SCAN_LIMIT: usize = 32;

/// A text that is not JSON.
#[derive(Debug, ThisError, PartialEq, Eq, Clone)]
#[error("{message} (line {line}, column {column})")]
pub struct Error {
    /// What is wrong.
    pub message: String,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in bytes.
    pub column: usize,
}

/// A parsed text.
#[derive(Debug, PartialEq)]
pub struct Parsed {
    /// The value; of duplicate keys the last one counts.
    pub value: Value,
    /// Keys that stand more than once.
    pub duplicates: Vec<Placed>,
}

/// Parses a text and notes duplicate keys.
pub fn parse(text: &[u8]) -> Result<Parsed, Error> {
    let text = std::str::from_utf8(text).map_err(|e| error_at(text, e.valid_up_to(), "invalid UTF-8"))?;
    let mut parser = Parser { text, bytes: text.as_bytes(), at: 0, path: Vec::new(), duplicates: Vec::new() };
    parser.space();
    let value = parser.value(0)?;
    parser.space();
    if parser.at < parser.bytes.len() {
        return Err(parser.unexpected("after top-level value"));
    }
    Ok(Parsed { value, duplicates: parser.duplicates })
}

/// Parses a text of which duplicates do not matter, such as one of our own.
pub fn parse_value(text: &[u8]) -> Result<Value, Error> {
    parse(text).map(|parsed| parsed.value)
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    path: Vec<Step<'a>>,
    duplicates: Vec<Placed>,
}

#[derive(Clone)]
enum Step<'a> {
    /// With its place among the keys that differ.
    Key(&'a str, usize),
    Escaped(CompactString, usize),
    Index(usize),
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn unexpected(&self, place: &str) -> Error {
        match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            None => error_at(self.bytes, self.at, "unexpected end of JSON input"),
            Some(c) => error_at(self.bytes, self.at, &format!("invalid character {c:?} {place}")),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, Error> {
        if depth > MAX_DEPTH {
            return Err(error_at(self.bytes, self.at, "exceeded max depth"));
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Ok(Value::String(match self.string()? {
                Text::Plain(text) => CompactString::new(text),
                Text::Escaped(text) => text,
            })),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.unexpected("looking for beginning of value")),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Error> {
        if self.text[self.at..].starts_with(word) {
            self.at += word.len();
            return Ok(value);
        }
        // The first letter is that of the word; the one that is wrong comes later.
        let rest = self.text[self.at..].bytes();
        let right = rest.zip(word.bytes()).take_while(|(found, expected)| found == expected).count();
        self.at += right;
        let expected = char::from(word.as_bytes()[right]);
        Err(self.unexpected(&format!("in literal {word} (expecting {expected:?})")))
    }

    fn array(&mut self, depth: usize) -> Result<Value, Error> {
        self.at += 1;
        let mut items: SmallVec<[Value; 8]> = SmallVec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(List::default()));
        }
        self.path.push(Step::Index(0));
        loop {
            self.space();
            if let Some(Step::Index(i)) = self.path.last_mut() {
                *i = items.len();
            }
            items.push(self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.unexpected("after array element")),
            }
        }
        self.at += 1;
        self.path.pop();
        Ok(Value::Array(List::from(exact(items))))
    }

    fn object(&mut self, depth: usize) -> Result<Value, Error> {
        self.at += 1;
        let mut entries: SmallVec<[Entry; 8]> = SmallVec::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::object());
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("looking for beginning of object key string"));
            }
            let (key, step) = match self.string()? {
                Text::Plain(text) => (Key::from(text), Step::Key(text, entries.len())),
                Text::Escaped(text) => (Key::from(text.as_str()), Step::Escaped(text, entries.len())),
            };
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.unexpected("after object key"));
            }
            self.at += 1;
            self.space();
            self.path.push(step);
            let value = self.value(depth + 1)?;
            self.add(&mut entries, key, value);
            self.path.pop();
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.unexpected("after object key:value pair")),
            }
        }
        self.at += 1;
        if entries.len() > SCAN_LIMIT {
            self.fold_duplicates(&mut entries);
        }
        Ok(Value::Object(Map::from(exact(entries))))
    }

    fn add(&mut self, entries: &mut SmallVec<[Entry; 8]>, key: Key, value: Value) {
        if entries.len() <= SCAN_LIMIT
            && let Some(entry) = entries.iter_mut().find(|entry| entry.key == key)
        {
            entry.value = value;
            self.duplicates.push(placed(&self.path));
            return;
        }
        entries.push(Entry { key, value });
    }

    /// Duplicates of a large object, in `n log n`: a hostile body must not cost `n²`.
    fn fold_duplicates(&mut self, entries: &mut SmallVec<[Entry; 8]>) {
        let mut order: Vec<usize> = (0..entries.len()).collect();
        order.sort_by(|a, b| entries[*a].key.cmp(&entries[*b].key).then(a.cmp(b)));
        let mut dead = vec![false; entries.len()];
        for pair in order.windows(2) {
            if entries[pair[0]].key == entries[pair[1]].key {
                dead[pair[0]] = true;
                self.path.push(Step::Escaped(entries[pair[0]].key.as_str().into(), pair[1]));
                self.duplicates.push(placed(&self.path));
                self.path.pop();
            }
        }
        let mut place = 0;
        entries.retain(|_| {
            place += 1;
            !dead[place - 1]
        });
    }

    fn number(&mut self) -> Result<Value, Error> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return Err(self.unexpected("in numeric literal")),
        }
        let mut whole = true;
        if self.peek() == Some(b'.') {
            whole = false;
            self.at += 1;
            self.some_digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            whole = false;
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.some_digits("in exponent of numeric literal")?;
        }
        let text = &self.text[start..self.at];
        if whole && let Ok(number) = text.parse::<i64>() {
            return Ok(Value::Int(number));
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Float(number)),
            _ => Err(error_at(
                self.bytes,
                start,
                &format!("cannot unmarshal number {text} into Go value of type float64"),
            )),
        }
    }

    fn digits(&mut self) {
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
    }

    fn some_digits(&mut self, place: &str) -> Result<(), Error> {
        let start = self.at;
        self.digits();
        if self.at == start { Err(self.unexpected(place)) } else { Ok(()) }
    }

    fn string(&mut self) -> Result<Text<'a>, Error> {
        self.at += 1;
        let start = self.at;
        self.at += plain_prefix(&self.bytes[start..]);
        match self.peek() {
            Some(b'"') => {
                let text = &self.text[start..self.at];
                self.at += 1;
                Ok(Text::Plain(text))
            }
            Some(b'\\') => self.escaped_string(start),
            Some(_) => Err(self.unexpected("in string literal")),
            None => Err(self.unexpected("")),
        }
    }

    fn escaped_string(&mut self, start: usize) -> Result<Text<'a>, Error> {
        let mut out = CompactString::new(&self.text[start..self.at]);
        loop {
            let run = self.at;
            self.at += plain_prefix(&self.bytes[run..]);
            out.push_str(&self.text[run..self.at]);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Text::Escaped(out));
                }
                Some(b'\\') => {
                    self.at += 1;
                    out.push(self.escape()?);
                }
                _ => return Err(self.unexpected("in string literal")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Error> {
        let c = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode_escape();
            }
            _ => return Err(self.unexpected("in string escape code")),
        };
        self.at += 1;
        Ok(c)
    }

    /// One `\uXXXX`, or two that form a surrogate pair; a lone surrogate becomes U+FFFD, as Go has it.
    fn unicode_escape(&mut self) -> Result<char, Error> {
        let first = self.hex4()?;
        if (0xd800..0xdc00).contains(&first) && self.text[self.at..].starts_with("\\u") {
            let back = self.at;
            self.at += 2;
            let second = self.hex4()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or('\u{fffd}'));
            }
            self.at = back;
        }
        Ok(char::from_u32(first).unwrap_or('\u{fffd}'))
    }

    fn hex4(&mut self) -> Result<u32, Error> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|digit| char::from(digit).to_digit(16));
            let Some(digit) = digit else {
                return Err(self.unexpected("in \\u hexadecimal character escape"));
            };
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }
}

enum Text<'a> {
    Plain(&'a str),
    Escaped(CompactString),
}

fn placed(path: &[Step<'_>]) -> Placed {
    let mut out = Placed { place: Vec::new(), path: String::new() };
    for step in path {
        let place = match step {
            Step::Index(place) => {
                out.path.push_str(&format!("[{place}]"));
                place
            }
            Step::Key(key, place) => {
                push_key(&mut out.path, key);
                place
            }
            Step::Escaped(key, place) => {
                push_key(&mut out.path, key);
                place
            }
        };
        out.place.push(*place);
    }
    out
}

fn push_key(out: &mut String, key: &str) {
    if !out.is_empty() {
        out.push('.');
    }
    out.push_str(key);
}

fn error_at(bytes: &[u8], at: usize, message: &str) -> Error {
    let before = &bytes[..at.min(bytes.len())];
    let line = 1 + memchr::memchr_iter(b'\n', before).count();
    let column = 1 + at - memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    Error { message: message.to_owned(), line, column }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::to_string;
    use crate::value;

    #[test]
    fn round_trips() {
        for text in [
            "null",
            "true",
            "-12",
            "1.5",
            r#""a\"b\\c\n\u0001é😀""#,
            r#"{"a":[1,2,{"b":{}}],"c":[]}"#,
            "9223372036854775807",
        ] {
            assert_eq!(to_string(&parse_value(text.as_bytes()).expect(text)), text);
        }
        assert_eq!(parse_value(br#""\ud83d\ude00\u00e9\/""#), Ok(value!("😀é/")));
        assert_eq!(parse_value(br#""\ud83dx""#), Ok(value!("\u{fffd}x")));
        assert_eq!(parse_value(b"9223372036854775808"), Ok(Value::Float(9223372036854775808.0)));
    }

    #[test]
    fn duplicates_are_noted_and_the_last_counts() {
        let parsed = parse(br#"{"a":1,"s":[{"b":1,"b":2}],"a":3}"#).expect("valid");
        assert_eq!(parsed.value, value!({"a": 3, "s": [{"b": 2}]}));
        let [inner, outer] = parsed.duplicates.as_slice() else { panic!("two of them") };
        assert_eq!((inner.path.as_str(), inner.place.as_slice()), ("s[0].b", [1, 0, 1].as_slice()));
        assert_eq!((outer.path.as_str(), outer.place.as_slice()), ("a", [2].as_slice()));
        let many: Vec<String> = (0..100).map(|i| format!(r#""k{}":{i}"#, i % 60)).collect();
        let parsed = parse(format!("{{{}}}", many.join(",")).as_bytes()).expect("valid");
        assert_eq!(parsed.value.entries().len(), 60);
        assert_eq!(parsed.value["k5"].as_i64(), Some(65));
        assert_eq!(parsed.duplicates.len(), 40);
    }

    #[test]
    fn errors_say_where() {
        for (text, message) in [
            ("{", "unexpected end of JSON input (line 1, column 2)"),
            ("{\n\"a\" 1}", "invalid character '1' after object key (line 2, column 5)"),
            ("[1,]", "invalid character ']' looking for beginning of value (line 1, column 4)"),
            ("nul", "unexpected end of JSON input (line 1, column 4)"),
            ("no", "invalid character 'o' in literal null (expecting 'u') (line 1, column 2)"),
            ("x", "invalid character 'x' looking for beginning of value (line 1, column 1)"),
            ("1.", "unexpected end of JSON input (line 1, column 3)"),
            ("1.x", "invalid character 'x' after decimal point in numeric literal (line 1, column 3)"),
            ("1ex", "invalid character 'x' in exponent of numeric literal (line 1, column 3)"),
            ("\"\\u00x0\"", "invalid character 'x' in \\u hexadecimal character escape (line 1, column 6)"),
            ("01", "invalid character '1' after top-level value (line 1, column 2)"),
            ("\"\\x\"", "invalid character 'x' in string escape code (line 1, column 3)"),
            ("1e999", "cannot unmarshal number 1e999 into Go value of type float64 (line 1, column 1)"),
        ] {
            assert_eq!(parse(text.as_bytes()).expect_err(text).to_string(), message);
        }
        assert_eq!(parse(b"\"\xff\"").expect_err("not UTF-8").message, "invalid UTF-8");
        let deep = "[".repeat(100_000);
        assert_eq!(parse(deep.as_bytes()).expect_err("too deep").message, "exceeded max depth");
    }
}
