//! Rows of the resource table as paths and operations.

use api::Entry;
use api::Key;
use api::Resource;
use api::Subresource;
use api::Value;
use api::types::Ty;
use api::types::TypeId;
use api::value;
use api::verbs;

use super::Dialect;
use super::group_version_path;
use super::schemas::Schemas;
use super::schemas::gvk;

/// A parameter: name, JSON type.
type Parameter = (&'static str, &'static str);

const PRETTY: Parameter = ("pretty", "string");
const DRY_RUN: Parameter = ("dryRun", "string");
const WRITE: &[Parameter] = &[DRY_RUN, ("fieldManager", "string"), ("fieldValidation", "string")];
const FORCE: Parameter = ("force", "boolean");
const SELECT: &[Parameter] = &[
    ("continue", "string"),
    ("fieldSelector", "string"),
    ("labelSelector", "string"),
    ("limit", "integer"),
    ("resourceVersion", "string"),
    ("resourceVersionMatch", "string"),
    ("sendInitialEvents", "boolean"),
    ("timeoutSeconds", "integer"),
];
const WATCH: &[Parameter] = &[("allowWatchBookmarks", "boolean"), ("watch", "boolean")];
const DELETE: &[Parameter] = &[
    DRY_RUN,
    ("gracePeriodSeconds", "integer"),
    ("orphanDependents", "boolean"),
    ("propagationPolicy", "string"),
];
const OBJECT_FORMS: &[&str] =
    &["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
const STREAM_FORMS: &[&str] =
    &["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"];
const PATCH_FORMS: &[&str] = &[
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
];

/// The paths of all rows, adding the schemas they refer to.
pub(super) fn paths(rows: &[&'static Resource], schemas: &mut Schemas) -> Value {
    let mut entries = Vec::new();
    for row in rows {
        RowPaths { row, schemas, entries: &mut entries }.add();
    }
    entries.sort_by(|a: &Entry, b: &Entry| a.key.cmp(&b.key));
    Value::Object(entries.into())
}

struct RowPaths<'a> {
    row: &'static Resource,
    schemas: &'a mut Schemas,
    entries: &'a mut Vec<Entry>,
}

/// One operation before it is spelled in a dialect.
struct Operation {
    /// Of the operation's identifier: what comes before and after group and version.
    id: (&'static str, String),
    action: &'static str,
    kind: Value,
    parameters: Vec<Parameter>,
    body: Option<Body>,
    /// Status codes, and what they answer with: `None` is text.
    codes: &'static [&'static str],
    answer: Option<Value>,
    /// Media types of the answer.
    produces: Vec<&'static str>,
}

struct Body {
    schema: Value,
    required: bool,
    consumes: &'static [&'static str],
}

impl RowPaths<'_> {
    fn add(&mut self) {
        let row = self.row;
        let base = group_version_path(row.group, row.version);
        let collection = if row.namespaced {
            format!("/{base}/namespaces/{{namespace}}/{}", row.name)
        } else {
            format!("/{base}/{}", row.name)
        };
        let scope: &[&str] = if row.namespaced { &["namespace"] } else { &[] };
        let operations = self.collection_operations();
        self.path(collection.clone(), scope, operations);
        if row.namespaced && row.allows(verbs::LIST) {
            let all = self.list(format!("{}ForAllNamespaces", row.kind));
            self.path(format!("/{base}/{}", row.name), &[], vec![("get", all)]);
        }
        let scope: &[&str] = if row.namespaced { &["name", "namespace"] } else { &["name"] };
        let object = format!("{collection}/{{name}}");
        let operations = self.object_operations(row.verbs, None);
        self.path(object.clone(), scope, operations);
        for sub in row.subresources {
            let operations = self.subresource_operations(sub);
            self.path(format!("{object}/{}", sub.name), scope, operations);
            if sub.name == "proxy" {
                let operations = self.connect_operations(sub, "WithPath");
                let scope: Vec<&str> = scope.iter().copied().chain(["path"]).collect();
                self.path(format!("{object}/{}/{{path}}", sub.name), &scope, operations);
            }
        }
    }

    fn collection_operations(&mut self) -> Vec<(&'static str, Operation)> {
        let row = self.row;
        let mut operations = Vec::new();
        if row.allows(verbs::LIST) {
            operations.push(("get", self.list(self.noun())));
        }
        if row.allows(verbs::CREATE) {
            operations.push(("post", self.write("create", "post", None)));
        }
        if row.allows(verbs::DELETE_COLLECTION) {
            let options = self.schemas.meta("DeleteOptions");
            let operation = Operation {
                id: ("delete", format!("Collection{}", self.noun())),
                action: "deletecollection",
                kind: self.kind(None),
                parameters: sorted(&[SELECT, DELETE]),
                body: Some(Body { schema: options, required: false, consumes: &["*/*"] }),
                codes: &["200"],
                answer: Some(self.schemas.meta("Status")),
                produces: OBJECT_FORMS.to_vec(),
            };
            operations.push(("delete", operation));
        }
        operations
    }

    fn object_operations(
        &mut self,
        allowed: u16,
        sub: Option<&Subresource>,
    ) -> Vec<(&'static str, Operation)> {
        let mut operations = Vec::new();
        let suffix = sub.map_or_else(String::new, |sub| capitalized(sub.name));
        if allowed & verbs::GET != 0 {
            let operation = Operation {
                id: ("read", self.noun() + &suffix),
                action: "get",
                kind: self.kind(sub),
                parameters: Vec::new(),
                body: None,
                codes: &["200"],
                answer: Some(self.answer(sub)),
                produces: OBJECT_FORMS.to_vec(),
            };
            operations.push(("get", operation));
        }
        if allowed & verbs::UPDATE != 0 {
            operations.push(("put", self.write("replace", "put", sub)));
        }
        if allowed & verbs::PATCH != 0 {
            let mut operation = self.write("patch", "patch", sub);
            operation.parameters.push(FORCE);
            let schema = self.schemas.meta("Patch");
            operation.body = Some(Body { schema, required: true, consumes: PATCH_FORMS });
            operations.push(("patch", operation));
        }
        if allowed & verbs::DELETE != 0 {
            let options = self.schemas.meta("DeleteOptions");
            let operation = Operation {
                id: ("delete", self.noun() + &suffix),
                action: "delete",
                kind: self.kind(sub),
                parameters: DELETE.to_vec(),
                body: Some(Body { schema: options, required: false, consumes: &["*/*"] }),
                codes: &["200", "202"],
                answer: Some(self.schemas.meta("Status")),
                produces: OBJECT_FORMS.to_vec(),
            };
            operations.push(("delete", operation));
        }
        operations
    }

    fn subresource_operations(&mut self, sub: &'static Subresource) -> Vec<(&'static str, Operation)> {
        if sub.kind.ends_with("Options") {
            return self.connect_operations(sub, "");
        }
        let mut operations = self.object_operations(sub.verbs, Some(sub));
        // Text, such as logs, has its options in the query.
        if let Some(options) = self.text_options(sub) {
            for (_, operation) in &mut operations {
                operation.answer = None;
                operation.parameters = query_of(options);
                operation.produces.push("text/plain");
            }
        }
        if sub.verbs & verbs::CREATE != 0 {
            operations.push(("post", self.write("create", "post", Some(sub))));
        }
        operations
    }

    /// Streams to a pod, a service or a node; every method reaches what is on the other side.
    fn connect_operations(
        &mut self,
        sub: &'static Subresource,
        suffix: &str,
    ) -> Vec<(&'static str, Operation)> {
        let methods = [
            ("get", "Get", verbs::GET),
            ("post", "Post", verbs::CREATE),
            ("put", "Put", verbs::UPDATE),
            ("patch", "Patch", verbs::PATCH),
            ("delete", "Delete", verbs::DELETE),
        ];
        let served = methods.into_iter().filter(|(_, _, verb)| sub.verbs & verb != 0);
        served
            .map(|(method, title, _)| {
                let noun = format!("{title}{}{}{suffix}", self.noun(), capitalized(sub.name));
                let operation = Operation {
                    id: ("connect", noun),
                    action: "connect",
                    kind: self.kind(Some(sub)),
                    parameters: sub.ty.map(query_of).unwrap_or_default(),
                    body: None,
                    codes: &["200"],
                    answer: None,
                    produces: vec!["*/*"],
                };
                (method, operation)
            })
            .collect()
    }

    fn list(&mut self, noun: String) -> Operation {
        let parameters =
            if self.row.allows(verbs::WATCH) { sorted(&[SELECT, WATCH]) } else { SELECT.to_vec() };
        let streams = if self.row.allows(verbs::WATCH) { STREAM_FORMS } else { &[] };
        Operation {
            id: ("list", noun),
            action: "list",
            kind: self.kind(None),
            parameters,
            body: None,
            codes: &["200"],
            answer: Some(self.schemas.list(self.row)),
            produces: OBJECT_FORMS.iter().chain(streams).copied().collect(),
        }
    }

    /// Create, replace and patch: a body of the kind, the kind as the answer.
    fn write(&mut self, verb: &'static str, action: &'static str, sub: Option<&Subresource>) -> Operation {
        let schema = self.answer(sub);
        let suffix = sub.map_or_else(String::new, |sub| capitalized(sub.name));
        Operation {
            id: (verb, self.noun() + &suffix),
            action,
            kind: self.kind(sub),
            parameters: WRITE.to_vec(),
            body: Some(Body { schema: schema.clone(), required: true, consumes: &["*/*"] }),
            codes: if action == "post" { &["200", "201", "202"] } else { &["200", "201"] },
            answer: Some(schema),
            produces: OBJECT_FORMS.to_vec(),
        }
    }

    fn answer(&mut self, sub: Option<&Subresource>) -> Value {
        let row = self.row;
        match sub {
            Some(sub) => self.schemas.kind(sub.ty, sub.group, sub.version, sub.kind),
            None => self.schemas.kind(row.ty, row.group, row.version, row.kind),
        }
    }

    fn kind(&self, sub: Option<&Subresource>) -> Value {
        match sub {
            Some(sub) => gvk(sub.group, sub.version, sub.kind),
            None => gvk(self.row.group, self.row.version, self.row.kind),
        }
    }

    /// The options of a subresource that answers with text.
    fn text_options(&self, sub: &Subresource) -> Option<TypeId> {
        let (package, _) = self.row.ty?.def().name.rsplit_once('.')?;
        TypeId::find(&format!("{package}.{}{}Options", self.row.kind, capitalized(sub.name)))
    }

    fn noun(&self) -> String {
        format!("{}{}", if self.row.namespaced { "Namespaced" } else { "" }, self.row.kind)
    }

    fn path(&mut self, path: String, scope: &[&str], operations: Vec<(&'static str, Operation)>) {
        if operations.is_empty() {
            return;
        }
        let dialect = self.schemas.dialect;
        let mut item: Vec<Entry> =
            operations.into_iter().map(|(method, operation)| entry(method, self.spell(operation))).collect();
        let mut parameters: Vec<Value> =
            scope.iter().map(|name| parameter(dialect, name, "string", true)).collect();
        parameters.push(parameter(dialect, PRETTY.0, PRETTY.1, false));
        item.push(entry("parameters", parameters));
        self.entries.push(entry(&path, Value::Object(item.into())));
    }

    fn spell(&self, operation: Operation) -> Value {
        let dialect = self.schemas.dialect;
        let group = group_title(self.row.group);
        let id = format!("{}{group}{}{}", operation.id.0, capitalized(self.row.version), operation.id.1);
        let mut entries = vec![entry("operationId", id)];
        let mut parameters: Vec<Value> =
            operation.parameters.iter().map(|(name, ty)| parameter(dialect, name, ty, false)).collect();
        let answer = operation.answer.unwrap_or_else(|| value!({"type": "string"}));
        match dialect {
            Dialect::V2 => {
                let consumes = operation.body.as_ref().map_or(&["*/*"][..], |body| body.consumes);
                entries.push(entry("consumes", consumes.to_vec()));
                entries.push(entry("produces", operation.produces));
                if let Some(body) = operation.body {
                    let mut spelled = value!({"in": "body", "name": "body", "schema": body.schema});
                    if body.required {
                        spelled.set(&["required"], true);
                    }
                    parameters.insert(0, spelled);
                }
                entries.push(entry("schemes", vec!["https"]));
                entries.push(entry("responses", responses(operation.codes, &value!({"schema": answer}))));
            }
            Dialect::V3 => {
                if let Some(body) = operation.body {
                    let mut spelled = value!({"content": content(body.consumes, &body.schema)});
                    if body.required {
                        spelled.set(&["required"], true);
                    }
                    entries.push(entry("requestBody", spelled));
                }
                let answer = value!({"content": content(&operation.produces, &answer)});
                entries.push(entry("responses", responses(operation.codes, &answer)));
            }
        }
        if !parameters.is_empty() {
            entries.push(entry("parameters", parameters));
        }
        let tag = lower_first(&group) + "_" + self.row.version;
        entries.push(entry("tags", vec![tag]));
        entries.push(entry("x-kubernetes-action", operation.action));
        entries.push(entry("x-kubernetes-group-version-kind", operation.kind));
        Value::Object(entries.into())
    }
}

fn responses(codes: &[&str], answer: &Value) -> Value {
    // Both specifications demand a description of every response.
    let described = |answer: &Value, text: &str| {
        let mut answer = answer.clone();
        answer.set(&["description"], text);
        answer
    };
    let text = |code: &str| match code {
        "201" => "Created",
        "202" => "Accepted",
        _ => "OK",
    };
    let good = codes.iter().map(|code| (*code, described(answer, text(code))));
    Value::Object(good.chain([("401", value!({"description": "Unauthorized"}))]).collect())
}

fn content(forms: &[&str], schema: &Value) -> Value {
    Value::Object(forms.iter().map(|form| (*form, value!({"schema": schema}))).collect())
}

fn parameter(dialect: Dialect, name: &str, ty: &str, in_path: bool) -> Value {
    let mut spelled = value!({"in": if in_path { "path" } else { "query" }, "name": name});
    if in_path {
        spelled.set(&["required"], true);
    }
    match dialect {
        Dialect::V2 => {
            spelled.set(&["type"], ty);
            spelled.set(&["uniqueItems"], true);
        }
        Dialect::V3 => spelled.set(&["schema"], value!({"type": ty, "uniqueItems": true})),
    }
    spelled
}

/// The fields of an options struct as parameters of the query.
fn query_of(options: TypeId) -> Vec<Parameter> {
    let fields = options.def().fields.iter().filter(|f| !matches!(f.key.as_str(), "kind" | "apiVersion"));
    fields
        .map(|field| {
            let ty = match field.ty {
                Ty::Bool => "boolean",
                Ty::Int32 | Ty::Int64 => "integer",
                _ => "string",
            };
            (field.key.as_str(), ty)
        })
        .collect()
}

fn sorted(lists: &[&[Parameter]]) -> Vec<Parameter> {
    let mut all: Vec<Parameter> = lists.iter().flat_map(|list| list.iter().copied()).collect();
    all.sort_unstable();
    all
}

fn group_title(group: &str) -> String {
    if group.is_empty() {
        return "Core".to_owned();
    }
    group.trim_end_matches(".k8s.io").split('.').map(capitalized).collect()
}

fn capitalized(text: &str) -> String {
    // `ephemeralcontainers` and the like are one word.
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

fn entry(key: &str, value: impl Into<Value>) -> Entry {
    Entry { key: Key::from(key), value: value.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_of_groups() {
        for (group, title) in
            [("", "Core"), ("rbac.authorization.k8s.io", "RbacAuthorization"), ("apps", "Apps")]
        {
            assert_eq!(group_title(group), title);
        }
    }
}
