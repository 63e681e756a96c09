//! Roles and their bindings.

use api::Value;
use meta::Cause;
use meta::Causes;
use meta::names;

use crate::Context;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::Table;
use crate::pod_defaults::items_mut;
use crate::pod_defaults::set_default;
use crate::rules;
use crate::table;

/// The group that roles, users and groups are of.
const GROUP: &str = "rbac.authorization.k8s.io";

pub(crate) struct Roles;
pub(crate) struct Bindings;

impl Strategy for Roles {
    fn allows_create_on_update(&self) -> bool {
        true
    }

    fn validate_name(&self, name: &str) -> Vec<String> {
        names::path_segment(name)
    }

    fn check(&self, cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let list = Path::new("rules");
        for (i, rule) in object["rules"].items().iter().enumerate() {
            let path = list.index(i);
            if rule["verbs"].items().is_empty() {
                causes.push(Cause::required(path.child("verbs"), "verbs must contain at least one value"));
            }
            let urls = rule["nonResourceURLs"].items();
            if !urls.is_empty() {
                if cx.resource.namespaced {
                    let detail = "namespaced rules cannot apply to non-resource URLs";
                    causes.push(Cause::invalid(path.child("nonResourceURLs"), urls, detail));
                }
                let of_resources = ["apiGroups", "resources", "resourceNames"];
                if of_resources.iter().any(|field| !rule[*field].items().is_empty()) {
                    let detail = "rules cannot apply to both regular resources and non-resource URLs";
                    let urls = &rule["nonResourceURLs"];
                    causes.push(Cause::invalid(path.child("nonResourceURLs"), urls, detail));
                }
                continue;
            }
            if rule["apiGroups"].items().is_empty() {
                let detail = "resource rules must supply at least one api group";
                causes.push(Cause::required(path.child("apiGroups"), detail));
            }
            if rule["resources"].items().is_empty() {
                let detail = "resource rules must supply at least one resource";
                causes.push(Cause::required(path.child("resources"), detail));
            }
        }
        if object["aggregationRule"].is_null() {
            return;
        }
        let path = Path::new("aggregationRule");
        let (list, selectors) =
            (path.child("clusterRoleSelectors"), &object["aggregationRule"]["clusterRoleSelectors"]);
        if selectors.items().is_empty() {
            let detail = "at least one clusterRoleSelector required if aggregationRule is non-nil";
            causes.push(Cause::required(list, detail));
        }
        for (i, selector) in selectors.items().iter().enumerate() {
            let known = causes.len();
            rules::label_selector(&list.index(i), selector, causes);
            if causes.len() > known {
                causes.push(Cause::invalid(list.index(i), &api::NULL, "invalid label selector."));
            }
        }
    }
}

impl Strategy for Bindings {
    fn table(&self) -> &'static Table {
        &table::BINDING
    }

    fn allows_create_on_update(&self) -> bool {
        true
    }

    fn validate_name(&self, name: &str) -> Vec<String> {
        names::path_segment(name)
    }

    fn set_defaults(&self, object: &mut Value) {
        if let Some(role @ Value::Object(_)) = object.get_mut("roleRef") {
            set_default(role, "apiGroup", "rbac.authorization.k8s.io");
        }
        for subject in items_mut(object, "subjects") {
            if matches!(subject["kind"].str_or_empty(), "User" | "Group") {
                set_default(subject, "apiGroup", "rbac.authorization.k8s.io");
            }
        }
    }

    fn check(&self, cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let role = &object["roleRef"];
        let kinds: &[&str] = if cx.resource.namespaced { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
        let kind = role["kind"].str_or_empty();
        if !kinds.contains(&kind) {
            causes.push(Cause::not_supported("roleRef.kind", kind, kinds));
        }
        let group = role["apiGroup"].str_or_empty();
        if group != GROUP {
            causes.push(Cause::not_supported("roleRef.apiGroup", group, &[GROUP]));
        }
        if role["name"].str_or_empty().is_empty() {
            causes.push(Cause::required("roleRef.name", ""));
        } else {
            rules::spelled(
                &Path::new("roleRef.name"),
                role["name"].str_or_empty(),
                names::path_segment,
                causes,
            );
        }
        let list = Path::new("subjects");
        for (i, subject) in object["subjects"].items().iter().enumerate() {
            let path = list.index(i);
            let kind = subject["kind"].str_or_empty();
            if subject["name"].str_or_empty().is_empty() {
                causes.push(Cause::required(path.child("name"), ""));
            }
            if !matches!(kind, "ServiceAccount" | "User" | "Group") {
                let known = ["ServiceAccount", "User", "Group"];
                causes.push(Cause::not_supported(path.child("kind"), kind, &known));
            }
            let group = subject["apiGroup"].str_or_empty();
            match kind {
                "ServiceAccount" => {
                    rules::name(&path, subject, "name", names::dns1123_subdomain, causes);
                    if !group.is_empty() {
                        causes.push(Cause::not_supported(path.child("apiGroup"), group, &[""]));
                    }
                    if !cx.resource.namespaced && subject["namespace"].str_or_empty().is_empty() {
                        causes.push(Cause::required(path.child("namespace"), ""));
                    }
                }
                "User" | "Group" if group != GROUP => {
                    causes.push(Cause::not_supported(path.child("apiGroup"), group, &[GROUP]));
                }
                _ => {}
            }
        }
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        _part: Subresource,
        object: &Value,
        old: &Value,
        causes: &mut Causes,
    ) {
        if object["roleRef"] != old["roleRef"] {
            let shown = rules::InMemory(&object["roleRef"]);
            causes.push(Cause::invalid("roleRef", shown, "cannot change roleRef"));
        }
    }
}
