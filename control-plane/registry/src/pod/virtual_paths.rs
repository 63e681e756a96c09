//! Files of one volume that stand in each other's way.

use api::Value;

/// A file of a volume, and what it is from: the sort of object, and its name if it has one.
#[derive(Clone, Copy, PartialEq)]
struct File<'v> {
    path: &'v str,
    source: (&'static str, Option<&'v str>),
}

impl File<'_> {
    fn shown(&self) -> String {
        match self.source {
            ("", _) => format!("{:?}", self.path),
            (sort, None) => format!("{:?} ({sort})", self.path),
            (sort, Some(name)) => format!("{:?} ({sort} {name:?})", self.path),
        }
    }

    /// Whether one of two is the other, or a directory above it.
    fn meets(&self, other: &File<'_>) -> bool {
        let below = |below: &str, above: &str| {
            below.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let (one, two) = (self.path, other.path);
        !one.is_empty() && !two.is_empty() && (below(one, two) || below(two, one))
    }
}

/// Warnings about files that overlap, volume by volume.
pub(super) fn overlaps(volumes: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for volume in volumes {
        let name = volume["name"].str_or_empty();
        let mut tell = |sort: (&str, Option<&str>), files: &[File<'_>]| {
            let clashes = clashes(files);
            found.extend(clashes.iter().map(|what| {
                let (sort, of) = (sort.0, sort.1.map(|name| format!(" {name:?}")).unwrap_or_default());
                format!("volume {name:?} ({sort}{of}): overlapping paths: {what}")
            }));
        };
        let config = &volume["configMap"];
        tell(("ConfigMap", Some(config["name"].str_or_empty())), &files(config, ("", None)));
        let secret = &volume["secret"];
        tell(("Secret", Some(secret["secretName"].str_or_empty())), &files(secret, ("", None)));
        tell(("DownwardAPI", None), &files(&volume["downwardAPI"], ("", None)));
        let mut all = Vec::new();
        let mut empty = 0;
        for source in volume["projected"]["sources"].items() {
            empty += usize::from(source.is_zero() || source.entries().iter().all(|e| e.value.is_null()));
            all.extend(projected(source));
        }
        tell(("Projected", None), &all);
        found.extend((0..empty).map(|_| format!("volume {name:?} (Projected) has no sources provided")));
    }
    found
}

fn files<'v>(source: &'v Value, from: (&'static str, Option<&'v str>)) -> Vec<File<'v>> {
    let path = |item: &'v Value| item["path"].str_or_empty().trim_end_matches('/');
    source["items"].items().iter().map(|item| File { path: path(item), source: from }).collect()
}

fn projected(source: &Value) -> Vec<File<'_>> {
    for (kind, title) in [("configMap", "ConfigMap"), ("secret", "Secret")] {
        let part = &source[kind];
        if !part["items"].is_null() {
            return files(part, (title, Some(part["name"].str_or_empty())));
        }
    }
    if !source["downwardAPI"]["items"].is_null() {
        return files(&source["downwardAPI"], ("DownwardAPI", None));
    }
    let token = source["serviceAccountToken"]["path"].as_str();
    let source = ("ServiceAccountToken", None);
    token.map(|path| File { path: path.trim_end_matches('/'), source }).into_iter().collect()
}

fn clashes(files: &[File<'_>]) -> Vec<String> {
    let mut found = Vec::new();
    for (i, file) in files.iter().enumerate() {
        let others = files[..i].iter().filter(|other| file.meets(other));
        found.extend(others.map(|other| format!("{} with {}", file.shown(), other.shown())));
    }
    found
}
