//! Volumes made of objects of the API: keys of maps, fields of the pod, tokens.

use api::Value;
use meta::Cause;
use meta::Causes;

use super::env;
use super::spec::Owner;
use super::volumes::descending;
use crate::Path;
use crate::rules;

const MODE: &str = "must be a number between 0 and 0777 (octal), both inclusive";
const SHORTEST_TOKEN_SECONDS: i64 = 600;
const LONGEST_TOKEN_SECONDS: i64 = 1 << 32;
const CONFLICT: &str = "conflicting duplicate paths";

/// A Secret or ConfigMap as a volume; `named` is the field that names it.
pub(super) fn keys(path: &Path<'_>, source: &Value, named: &str, causes: &mut Causes) {
    rules::required(path, source, named, causes);
    check_mode(path, source, "defaultMode", causes);
    let list = path.child("items");
    for (i, item) in source["items"].items().iter().enumerate() {
        check_item(&list.index(i), item, causes);
    }
}

/// Fields of the pod as a volume. Upstream names neither the list nor the place of a file in it.
pub(super) fn downward(path: &Path<'_>, source: &Value, _: &Owner<'_>, causes: &mut Causes) {
    check_mode(path, source, "defaultMode", causes);
    for file in source["items"].items() {
        check_file(path, file, causes);
    }
}

/// Several sources in one volume.
pub(super) fn check(path: &Path<'_>, projected: &Value, _: &Owner<'_>, causes: &mut Causes) {
    check_mode(path, projected, "defaultMode", causes);
    let list = path.child("sources");
    let mut taken: Vec<&str> = Vec::new();
    for (i, source) in projected["sources"].items().iter().enumerate() {
        let at = list.index(i);
        for kind in ["secret", "configMap"] {
            let (field, source) = (at.child(kind), &source[kind]);
            if !source.is_null() {
                check_keys(path, &field, source, &mut taken, causes);
            }
        }
        for file in source["downwardAPI"]["items"].items() {
            check_file(&at.child("downwardAPI"), file, causes);
            let target = file["path"].str_or_empty();
            take(path, target, target, &mut taken, causes);
        }
        if !source["serviceAccountToken"].is_null() {
            check_token(path, &at.child("serviceAccountToken"), &source["serviceAccountToken"], causes);
        }
        if source.entries().iter().filter(|entry| !entry.value.is_null()).count() > 1 {
            causes.push(Cause::forbidden(at, "may not specify more than 1 volume type per source"));
        }
    }
}

fn check_keys<'a>(
    volume: &Path<'_>,
    path: &Path<'_>,
    source: &'a Value,
    taken: &mut Vec<&'a str>,
    causes: &mut Causes,
) {
    rules::required(path, source, "name", causes);
    let list = path.child("items");
    for (i, item) in source["items"].items().iter().enumerate() {
        check_item(&list.index(i), item, causes);
        let name = source["name"].str_or_empty();
        take(volume, item["path"].str_or_empty(), name, taken, causes);
    }
}

/// Of two files with one path the second is refused, under the name `shown`.
fn take<'a>(path: &Path<'_>, target: &'a str, shown: &str, taken: &mut Vec<&'a str>, causes: &mut Causes) {
    if target.is_empty() {
        return;
    }
    if taken.contains(&target) {
        causes.push(Cause::invalid(path, shown, CONFLICT));
    }
    taken.push(target);
}

fn check_token(volume: &Path<'_>, path: &Path<'_>, token: &Value, causes: &mut Causes) {
    let seconds = token["expirationSeconds"].as_i64().unwrap_or(0);
    let detail = match seconds {
        ..SHORTEST_TOKEN_SECONDS => "may not specify a duration less than 10 minutes",
        SHORTEST_TOKEN_SECONDS..=LONGEST_TOKEN_SECONDS => "",
        _ => "may not specify a duration larger than 2^32 seconds",
    };
    if !detail.is_empty() {
        causes.push(Cause::invalid(path.child("expirationSeconds"), seconds, detail));
    }
    // Upstream names a field of the volume here.
    rules::required(volume, token, "path", causes);
    if let Some(target) = token["path"].as_str() {
        local(&volume.child("path"), target, causes);
    }
}

fn check_mode(path: &Path<'_>, object: &Value, field: &str, causes: &mut Causes) {
    match object[field].as_i64() {
        Some(mode) if !(0..=0o777).contains(&mode) => {
            causes.push(Cause::invalid(path.child(field), mode, MODE));
        }
        _ => {}
    }
}

fn check_item(path: &Path<'_>, item: &Value, causes: &mut Causes) {
    rules::required(path, item, "key", causes);
    rules::required(path, item, "path", causes);
    local(&path.child("path"), item["path"].str_or_empty(), causes);
    check_mode(path, item, "mode", causes);
}

/// A path below a volume whose first step is none of the server's own.
fn local(path: &Path<'_>, text: &str, causes: &mut Causes) {
    descending(path, text, causes);
    if text.starts_with("..") && !text.starts_with("../") {
        causes.push(Cause::invalid(path, text, "must not start with '..'"));
    }
}

fn check_file(path: &Path<'_>, file: &Value, causes: &mut Causes) {
    rules::required(path, file, "path", causes);
    local(&path.child("path"), file["path"].str_or_empty(), causes);
    let (field, resource) = (&file["fieldRef"], &file["resourceFieldRef"]);
    if !field.is_null() {
        env::check_field(&path.child("fieldRef"), field, env::Place::Volume, causes);
        if !resource.is_null() {
            let detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
            causes.push(Cause::invalid(path, "resource", detail));
        }
    } else if !resource.is_null() {
        env::check_resource(&path.child("resourceFieldRef"), resource, env::Place::Volume, causes);
    } else {
        causes.push(Cause::required(path, "one of fieldRef and resourceFieldRef is required"));
    }
    check_mode(path, file, "mode", causes);
}
