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
        let told = |sort: &str, of: Option<&str>, files: &[File<'_>]| {
            let of = || of.map(|of| format!(" {of:?}")).unwrap_or_default();
            let told = |what| format!("volume {name:?} ({sort}{}): overlapping paths: {what}", of());
            clashes(files).into_iter().map(told).collect::<Vec<String>>()
        };
        for entry in volume.entries().iter() {
            let (source, files) = (&entry.value, files(&entry.value, ("", None)));
            match entry.key.as_str() {
                "configMap" => found.extend(told("ConfigMap", Some(source["name"].str_or_empty()), &files)),
                "secret" => found.extend(told("Secret", Some(source["secretName"].str_or_empty()), &files)),
                "downwardAPI" => found.extend(told("DownwardAPI", None, &files)),
                "projected" => {
                    let sources = source["sources"].items();
                    let all: Vec<File<'_>> = sources.iter().flat_map(projected).collect();
                    found.extend(told("Projected", None, &all));
                    let unset = |source: &Value| source.entries().iter().all(|entry| entry.value.is_null());
                    let empty = sources.iter().filter(|source| source.is_zero() || unset(source));
                    let told = |_| format!("volume {name:?} (Projected) has no sources provided");
                    found.extend(empty.map(told));
                }
                _ => {}
            }
        }
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
