//! Gathers what the types and fields of the API are for, from the generated bindings that a dependency
//! holds, so that no copy of those sentences is kept here.
//!
//! Each of its files describes one type: the first line names it as OpenAPI does, and a JSON schema
//! written as a macro holds the descriptions as string literals.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;

/// The package whose sources are read, and the module of the version that is served.
const PACKAGE: &str = "k8s-openapi";
const MODULE: &str = "src/v1_36";

/// Descriptions by the type's name and the field's; the field is empty for the type itself.
type Descriptions = BTreeMap<(String, String), String>;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let mut descriptions = Descriptions::new();
    gather(&sources(), &mut descriptions);
    assert!(!descriptions.is_empty(), "the sources of {PACKAGE} have no descriptions that this can read");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("descriptions.gz");
    let file = fs::File::create(out).expect("OUT_DIR can be written");
    let mut encoder = GzEncoder::new(file, Compression::best());
    for ((name, field), text) in &descriptions {
        // A line each: line breaks and backslashes are escaped as JSON escapes them.
        let text = text.replace('\\', "\\\\").replace('\n', "\\n");
        writeln!(encoder, "{name}\t{field}\t{text}").expect("OUT_DIR can be written");
    }
    encoder.finish().expect("OUT_DIR can be written");
}

/// Where cargo keeps the package's sources.
fn sources() -> PathBuf {
    let cargo = env::var_os("CARGO").expect("cargo sets CARGO");
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--offline"])
        .current_dir(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let manifest = packages
        .filter(|package| package["name"] == PACKAGE)
        .find_map(|package| package["manifest_path"].as_str())
        .expect("it is a dependency of this build");
    Path::new(manifest).with_file_name(MODULE)
}

fn gather(dir: &Path, descriptions: &mut Descriptions) {
    for entry in fs::read_dir(dir).expect("the package has this module") {
        let path = entry.expect("the directory can be read").path();
        if path.is_dir() {
            gather(&path, descriptions);
        } else {
            let text = fs::read_to_string(&path).expect("sources are text");
            read(&text, descriptions);
        }
    }
}

/// Reads one file: properties stand at an indentation of sixteen, the type's own keywords at twelve.
fn read(text: &str, descriptions: &mut Descriptions) {
    let Some(name) = text.lines().next().and_then(|line| line.strip_prefix("// Generated from definition "))
    else {
        return;
    };
    let mut field = "";
    for line in text.lines() {
        let trimmed = line.trim_start();
        let indentation = line.len() - trimmed.len();
        if indentation == 16
            && let Some((key, _)) = trimmed.strip_prefix('"').and_then(|rest| rest.split_once("\": "))
        {
            field = key;
        }
        let literal = ["\"description\": ", "schema_obj.ensure_object().insert(\"description\".into(), "]
            .iter()
            .find_map(|start| trimmed.strip_prefix(start));
        let Some(literal) = literal.and_then(|literal| Some(&literal[..=literal.rfind('"')?])) else {
            continue;
        };
        // The literals escape quotes, backslashes and line breaks, as JSON does.
        let Ok(text) = serde_json::from_str::<String>(literal) else {
            panic!("{name}: not a string literal: {literal}");
        };
        let field = if indentation == 12 { "" } else { field };
        descriptions.entry((name.to_owned(), field.to_owned())).or_insert(text);
    }
}
