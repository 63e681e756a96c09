//! What types and fields are for, in upstream's words: gathered at build time from a dependency, kept
//! compressed, unpacked while a document is made.

use std::io::Read as _;
use std::ops::Range;

use flate2::read::GzDecoder;

/// Lines of name, field and text, separated by tabs and sorted by name and field.
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptions.gz"));

/// The descriptions, unpacked.
pub(super) struct Descriptions {
    text: String,
    lines: Vec<Range<usize>>,
}

impl Descriptions {
    pub(super) fn unpack() -> Self {
        let mut text = String::new();
        GzDecoder::new(PACKED).read_to_string(&mut text).expect("the build wrote it");
        let mut lines = Vec::new();
        let mut start = 0;
        for line in text.lines() {
            lines.push(start..start + line.len());
            start += line.len() + 1;
        }
        Self { text, lines }
    }

    /// The description of a field of the type with this OpenAPI name; of the type itself where the field
    /// is empty.
    pub(super) fn find(&self, name: &str, field: &str) -> Option<String> {
        let key = |range: &Range<usize>| {
            let mut parts = self.text[range.clone()].splitn(3, '\t');
            (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
        };
        let place = self.lines.binary_search_by(|range| key(range).cmp(&(name, field))).ok()?;
        let text = self.text[self.lines[place].clone()].splitn(3, '\t').nth(2)?;
        Some(unescaped(text))
    }
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => plain.push(if chars.next() == Some('n') { '\n' } else { '\\' }),
            (c, false) => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_fields_are_found() {
        let descriptions = Descriptions::unpack();
        let find = |name: &str, field: &str| descriptions.find(name, field).unwrap_or_default();
        assert!(find("io.k8s.api.apps.v1.Deployment", "").contains("declarative updates"));
        assert!(find("io.k8s.api.apps.v1.DeploymentSpec", "replicas").starts_with("Number of desired pods."));
        assert!(find("io.k8s.api.core.v1.Pod", "apiVersion").starts_with("APIVersion defines"));
        assert!(find("io.k8s.api.core.v1.Pod", "spec").contains("desired behavior of the pod"));
        assert!(find("io.k8s.apimachinery.pkg.api.resource.Quantity", "").contains('\n'));
        assert_eq!(descriptions.find("io.k8s.api.core.v1.Pod", "nothing"), None);
    }

    #[test]
    fn escapes() {
        assert_eq!(unescaped(r"a\nb\\n"), "a\nb\\n");
    }
}
