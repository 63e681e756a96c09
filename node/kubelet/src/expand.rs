//! `$(NAME)` in commands, arguments and environment values.
//!
//! Source: Kubernetes documentation, "Define Dependent Environment Variables": a reference to a name
//! that is not known stays as it is, `$$` is a dollar sign, and so `$$(NAME)` is never replaced.

/// Replaces the references that `lookup` knows.
pub(crate) fn expand<'a>(text: &str, lookup: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut output = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        output.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        match tail.as_bytes().first() {
            Some(b'$') => {
                output.push('$');
                rest = &tail[1..];
            }
            Some(b'(') => match tail.find(')') {
                Some(end) => {
                    let name = &tail[1..end];
                    match lookup(name) {
                        Some(value) => output.push_str(value),
                        None => output.push_str(&rest[at..at + end + 2]),
                    }
                    rest = &tail[end + 1..];
                }
                None => {
                    // Without an end it is no reference.
                    output.push_str("$(");
                    rest = &tail[1..];
                }
            },
            // A dollar sign before anything else is one, and what follows is text.
            Some(_) => {
                output.push('$');
                rest = tail;
            }
            None => {
                output.push('$');
                rest = tail;
            }
        }
    }
    output.push_str(rest);
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_and_dollars() {
        let lookup = |name: &str| match name {
            "A" => Some("1"),
            "B" => Some("$(A)"),
            "" => None,
            _ => None,
        };
        let cases = [
            ("$(A)", "1"),
            ("x$(A)y$(A)", "x1y1"),
            ("$$(A)", "$(A)"),
            ("$$$(A)", "$1"),
            ("$$$$(A)", "$$(A)"),
            ("$(B)", "$(A)"),
            ("$(C)", "$(C)"),
            ("$()", "$()"),
            ("$(A", "$(A"),
            ("$A $ %", "$A $ %"),
            ("$", "$"),
            ("$$", "$"),
            ("$($(A))", "$($(A))"),
            ("a$", "a$"),
        ];
        for (text, expected) in cases {
            assert_eq!(expand(text, lookup), expected, "{text}");
        }
    }
}
