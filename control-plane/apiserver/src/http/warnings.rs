//! Warnings, which are headers of an answer, and as many of them as headers can hold.

use std::collections::HashSet;

use http::header;

use super::Reply;

/// How many characters of warnings an answer carries before they are cut.
const MOST_CHARACTERS: usize = 4096;
/// How many are left of each then.
const CUT: usize = 256;

/// Adds warnings to an answer, each once. Where all of them are too long, each is cut, and those that do not
/// fit then are left out.
pub(super) fn add(reply: &mut Reply, warnings: &[String]) {
    let mut seen = HashSet::new();
    let once = warnings.iter().filter(|warning| !warning.is_empty() && seen.insert(warning.as_str()));
    let sized: Vec<(usize, &String)> = once.map(|warning| (warning.chars().count(), warning)).collect();
    let mut total = 0;
    // Up to the one that is too much, all of them are told.
    let fits = sized.iter().take_while(|(size, _)| {
        total += size;
        total <= MOST_CHARACTERS
    });
    let kept = fits.count() + 1;
    let cuts = kept <= sized.len();
    let mut told = 0;
    for (i, (size, warning)) in sized.iter().enumerate() {
        if !cuts {
            append(reply, warning);
        } else if i < kept || told < MOST_CHARACTERS {
            told += CUT.min(*size);
            append(reply, &warning.chars().take(CUT).collect::<String>());
        }
    }
}

/// RFC 7234 §5.5, as clients show it.
fn append(reply: &mut Reply, warning: &str) {
    let clean: String = warning.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let quoted = clean.replace('\\', "\\\\").replace('"', "\\\"");
    if let Ok(value) = header::HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
        reply.headers_mut().append(header::WARNING, value);
    }
}

#[cfg(test)]
mod tests {
    use http::Response;
    use wire::Body;

    use super::*;

    fn told(warnings: &[String]) -> Vec<usize> {
        let mut reply = Response::new(Body::empty());
        add(&mut reply, warnings);
        let values = reply.headers().get_all(header::WARNING).into_iter();
        values.map(|value| value.len() - "299 - \"\"".len()).collect()
    }

    #[test]
    fn each_is_told_once_and_too_many_are_cut() {
        assert_eq!(told(&["a".to_owned(), String::new(), "a".to_owned(), "bc".to_owned()]), [1, 2]);
        let long = |i: usize| format!("{i:04}{}", "x".repeat(996));
        let four: Vec<String> = (0..4).map(long).collect();
        assert_eq!(told(&four), [1000; 4]);
        // The fifth makes them too long; cut to 256 each, sixteen fit.
        let many: Vec<String> = (0..100).map(long).collect();
        assert_eq!(told(&many), [256; 16]);
        let short: Vec<String> = (0..100_000).map(|i| format!("{i:08}")).collect();
        assert_eq!(told(&short).len(), 513);
    }
}
