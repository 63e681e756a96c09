//! Volumes of a pod.

use api::Value;
use meta::Cause;
use meta::names;

use crate::Path;
use crate::rules;

const MODE: &str = "must be a number between 0 and 0777 (octal), both inclusive";
const SHORTEST_TOKEN_SECONDS: i64 = 600;
const LONGEST_TOKEN_SECONDS: i64 = 1 << 32;

/// Checks the volumes of a spec and gives their names, with those that claim templates will add.
pub(super) fn check<'a>(
    path: &Path<'_>,
    spec: &'a Value,
    claims: &'a Value,
    causes: &mut Vec<Cause>,
) -> Vec<&'a str> {
    let volumes = spec["volumes"].items();
    let mut seen: Vec<&str> = Vec::with_capacity(volumes.len());
    for (i, volume) in volumes.iter().enumerate() {
        let path = path.index(i);
        let name = volume["name"].str_or_empty();
        if name.is_empty() {
            causes.push(Cause::required(path.child("name"), ""));
        } else {
            rules::spelled(&path.child("name"), name, names::dns1123_label, causes);
        }
        if seen.contains(&name) && !name.is_empty() {
            causes.push(Cause::duplicate(path.child("name"), name));
        }
        seen.push(name);
        check_source(&path, volume, causes);
    }
    seen.extend(claims.items().iter().map(|claim| claim["metadata"]["name"].str_or_empty()));
    seen
}

fn check_source(path: &Path<'_>, volume: &Value, causes: &mut Vec<Cause>) {
    let sources =
        || volume.entries().iter().filter(|entry| entry.key.as_str() != "name" && !entry.value.is_null());
    // Of two sources upstream blames the one that it looks at later; an empty directory comes first.
    let empty = sources().find(|entry| entry.key.as_str() == "emptyDir");
    let Some(first) = empty.or_else(|| sources().next()) else {
        causes.push(Cause::required(path, "must specify a volume type"));
        return;
    };
    for second in sources().filter(|entry| entry.key != first.key) {
        let field = path.child(second.key.as_str());
        causes.push(Cause::forbidden(field, "may not specify more than 1 volume type"));
    }
    let (field, source) = (path.child(first.key.as_str()), &first.value);
    match first.key.as_str() {
        "hostPath" if source["path"].str_or_empty().split('/').any(|part| part == "..") => {
            let detail = "must not contain '..'";
            causes.push(Cause::invalid(field.child("path"), source["path"].str_or_empty(), detail));
        }
        "secret" => {
            rules::required(&field, source, "secretName", causes);
            check_mode(&field, source, "defaultMode", causes);
            check_items(&field.child("items"), source["items"].items(), causes);
        }
        "configMap" => {
            rules::required(&field, source, "name", causes);
            check_mode(&field, source, "defaultMode", causes);
            check_items(&field.child("items"), source["items"].items(), causes);
        }
        "downwardAPI" => {
            check_mode(&field, source, "defaultMode", causes);
            // Upstream names neither the list nor the place of a file in it.
            for file in source["items"].items() {
                check_downward(&field, file, causes);
            }
        }
        "projected" => check_projected(&field, source, causes),
        "nfs" => {
            let target = source["path"].str_or_empty();
            if !target.is_empty() && !target.starts_with('/') {
                causes.push(Cause::invalid(field.child("path"), target, "must be an absolute path"));
            }
        }
        "ephemeral" => {
            if source["volumeClaimTemplate"].is_null() {
                causes.push(Cause::required(field.child("volumeClaimTemplate"), ""));
            } else {
                let path = field.child("volumeClaimTemplate.spec");
                crate::claims::check_spec(&path, &source["volumeClaimTemplate"]["spec"], causes);
            }
        }
        "image" => rules::required(&field, source, "reference", causes),
        _ => {}
    }
}

fn check_mode(path: &Path<'_>, object: &Value, field: &str, causes: &mut Vec<Cause>) {
    match object[field].as_i64() {
        Some(mode) if !(0..=0o777).contains(&mode) => {
            causes.push(Cause::invalid(path.child(field), mode, MODE));
        }
        _ => {}
    }
}

fn check_items(list: &Path<'_>, items: &[Value], causes: &mut Vec<Cause>) {
    for (i, item) in items.iter().enumerate() {
        let path = list.index(i);
        rules::required(&path, item, "key", causes);
        rules::required(&path, item, "path", causes);
        check_relative(&path.child("path"), item["path"].str_or_empty(), causes);
        check_mode(&path, item, "mode", causes);
    }
}

/// A path below a volume: neither absolute nor with a step up.
pub(super) fn check_relative(path: &Path<'_>, text: &str, causes: &mut Vec<Cause>) {
    if text.starts_with('/') {
        causes.push(Cause::invalid(path, text, "must be a relative path"));
    }
    if text.split('/').any(|part| part == "..") {
        causes.push(Cause::invalid(path, text, "must not contain '..'"));
    }
}

fn check_downward(path: &Path<'_>, file: &Value, causes: &mut Vec<Cause>) {
    rules::required(path, file, "path", causes);
    check_relative(&path.child("path"), file["path"].str_or_empty(), causes);
    match (file["fieldRef"].is_null(), file["resourceFieldRef"].is_null()) {
        (true, true) => {
            causes.push(Cause::required(path, "one of fieldRef and resourceFieldRef is required"));
        }
        (false, false) => {
            let detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
            causes.push(Cause::invalid(path, "resource", detail));
        }
        _ => {}
    }
    check_mode(path, file, "mode", causes);
}

fn check_projected(path: &Path<'_>, projected: &Value, causes: &mut Vec<Cause>) {
    check_mode(path, projected, "defaultMode", causes);
    let list = path.child("sources");
    for (i, source) in projected["sources"].items().iter().enumerate() {
        let path = list.index(i);
        if source.entries().iter().filter(|entry| !entry.value.is_null()).count() > 1 {
            let detail = "may not specify more than 1 volume type per source";
            causes.push(Cause::forbidden(path, detail));
        }
        for kind in ["secret", "configMap"] {
            let (field, source) = (path.child(kind), &source[kind]);
            if !source.is_null() {
                rules::required(&field, source, "name", causes);
                check_items(&field.child("items"), source["items"].items(), causes);
            }
        }
        for file in source["downwardAPI"]["items"].items() {
            check_downward(&path.child("downwardAPI"), file, causes);
        }
        let token = &source["serviceAccountToken"];
        let seconds = token["expirationSeconds"].as_i64().unwrap_or(SHORTEST_TOKEN_SECONDS);
        let field = path.child("serviceAccountToken");
        let detail = match seconds {
            ..SHORTEST_TOKEN_SECONDS => "may not specify a duration less than 10 minutes",
            SHORTEST_TOKEN_SECONDS..=LONGEST_TOKEN_SECONDS => continue,
            _ => "may not specify a duration larger than 2^32 seconds",
        };
        causes.push(Cause::invalid(field.child("expirationSeconds"), seconds, detail));
    }
}
