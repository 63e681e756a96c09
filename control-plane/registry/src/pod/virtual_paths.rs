//! Files of one volume that stand in each other's way.

use api::Value;

/// A file of a volume, and which object it is from.
#[derive(Clone, PartialEq)]
struct File {
    path: String,
    source: String,
}

impl File {
    fn shown(&self) -> String {
        match self.source.as_str() {
            "" => format!("{:?}", self.path),
            source => format!("{:?} ({source})", self.path),
        }
    }

    /// Whether one of two is the other, or a directory above it.
    fn meets(&self, other: &File) -> bool {
        let below = |a: &File, b: &File| format!("{}/", a.path).starts_with(&format!("{}/", b.path));
        !self.path.is_empty() && !other.path.is_empty() && (below(self, other) || below(other, self))
    }
}

/// Warnings about files that overlap, volume by volume.
pub(super) fn overlaps(volumes: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for volume in volumes {
        let name = volume["name"].str_or_empty();
        let mut tell = |sort: &str, files: Vec<File>| {
            let clashes = clashes(files);
            found.extend(
                clashes.iter().map(|what| format!("volume {name:?} ({sort}): overlapping paths: {what}")),
            );
        };
        let config = &volume["configMap"];
        tell(&format!("ConfigMap {:?}", config["name"].str_or_empty()), files(config, ""));
        let secret = &volume["secret"];
        tell(&format!("Secret {:?}", secret["secretName"].str_or_empty()), files(secret, ""));
        tell("DownwardAPI", files(&volume["downwardAPI"], ""));
        let mut all = Vec::new();
        let mut empty = 0;
        for source in volume["projected"]["sources"].items() {
            empty += usize::from(source.is_zero() || source.entries().iter().all(|e| e.value.is_null()));
            all.extend(projected(source));
        }
        tell("Projected", all);
        found.extend((0..empty).map(|_| format!("volume {name:?} (Projected) has no sources provided")));
    }
    found
}

fn files(source: &Value, from: &str) -> Vec<File> {
    let file = |item: &Value| File {
        path: item["path"].str_or_empty().trim_end_matches('/').to_owned(),
        source: from.to_owned(),
    };
    source["items"].items().iter().map(file).collect()
}

fn projected(source: &Value) -> Vec<File> {
    for (kind, title) in [("configMap", "ConfigMap"), ("secret", "Secret")] {
        let part = &source[kind];
        if !part["items"].is_null() {
            return files(part, &format!("{title} {:?}", part["name"].str_or_empty()));
        }
    }
    if !source["downwardAPI"]["items"].is_null() {
        return files(&source["downwardAPI"], "DownwardAPI");
    }
    let token = source["serviceAccountToken"]["path"].as_str();
    let file = |path: &str| File {
        path: path.trim_end_matches('/').to_owned(),
        source: "ServiceAccountToken".to_owned(),
    };
    token.map(file).into_iter().collect()
}

fn clashes(files: Vec<File>) -> Vec<String> {
    let mut found = Vec::new();
    for (i, file) in files.iter().enumerate() {
        let others = files[..i].iter().filter(|other| file.meets(other));
        found.extend(others.map(|other| format!("{} with {}", file.shown(), other.shown())));
    }
    found
}
