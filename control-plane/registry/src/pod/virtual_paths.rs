//! Files of one volume that stand in each other's way.

use std::collections::BTreeMap;

use api::Value;

use super::warnings;

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

/// Each file with those before it that are it, or a directory above it, or below it.
fn clashes(files: &[File<'_>]) -> Vec<String> {
    let mut found = Vec::new();
    let mut earlier: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, file) in files.iter().enumerate().filter(|(_, file)| !file.path.is_empty()) {
        if found.len() > warnings::MOST {
            break;
        }
        let directory = format!("{}/", file.path);
        let above = directory.match_indices('/').filter_map(|(end, _)| earlier.get(&directory[..end]));
        let below = earlier.range(directory.as_str()..).take_while(|(path, _)| path.starts_with(&directory));
        let mut others: Vec<usize> =
            above.chain(below.map(|(_, places)| places)).flatten().copied().collect();
        others.sort_unstable();
        found.extend(others.iter().map(|at| format!("{} with {}", file.shown(), files[*at].shown())));
        earlier.entry(file.path).or_default().push(i);
    }
    found
}
