//! Sets of completion indexes in their compressed form, such as `0-2,4`.

use std::collections::BTreeSet;

/// Parses the compressed form; what cannot be read is left out.
pub(crate) fn parse(text: &str) -> BTreeSet<i64> {
    let mut indexes = BTreeSet::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(first), Ok(last)) = (first.parse::<i64>(), last.parse::<i64>()) {
            indexes.extend(first..=last);
        }
    }
    indexes
}

/// The compressed form: two neighbours are listed, three or more are a range.
pub(crate) fn format(indexes: &BTreeSet<i64>) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut run: Option<(i64, i64)> = None;
    let mut close = |run: Option<(i64, i64)>| match run {
        Some((first, last)) if first == last => parts.push(first.to_string()),
        Some((first, last)) if first + 1 == last => parts.push(format!("{first},{last}")),
        Some((first, last)) => parts.push(format!("{first}-{last}")),
        None => {}
    };
    for index in indexes {
        run = match run {
            Some((first, last)) if last + 1 == *index => Some((first, *index)),
            other => {
                close(other);
                Some((*index, *index))
            }
        };
    }
    close(run);
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for text in ["", "3", "0,1", "0-2,4", "1,3-5,7,8"] {
            assert_eq!(format(&parse(text)), text);
        }
        assert_eq!(parse("1,x,5-"), BTreeSet::from([1]));
    }
}
