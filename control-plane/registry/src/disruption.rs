//! PodDisruptionBudgets.

use api::Value;
use meta::Cause;
use meta::Causes;

use crate::Context;
use crate::Path;
use crate::Strategy;
use crate::Subresource;
use crate::Table;
use crate::rules;
use crate::table;

pub(crate) struct DisruptionBudgets;

impl Strategy for DisruptionBudgets {
    fn table(&self) -> &'static Table {
        &table::DISRUPTION_BUDGET
    }

    /// Upstream asks no more of the name than that a URL can hold it.
    fn validate_name(&self, name: &str) -> Vec<String> {
        meta::names::path_segment(name)
    }

    fn allows_unconditional_update(&self) -> bool {
        false
    }

    fn check(&self, _cx: &Context<'_>, object: &Value, causes: &mut Causes) {
        let (path, spec) = (Path::new("spec"), &object["spec"]);
        if !spec["minAvailable"].is_null() && !spec["maxUnavailable"].is_null() {
            let detail = "minAvailable and maxUnavailable cannot be both set";
            causes.push(Cause::invalid(path, rules::InMemory(spec), detail));
        }
        for field in ["minAvailable", "maxUnavailable"] {
            rules::count_or_percent(&path.child(field), &spec[field], causes);
            rules::at_most_all(&path.child(field), &spec[field], causes);
        }
        rules::label_selector(&path.child("selector"), &spec["selector"], causes);
        if spec["unhealthyPodEvictionPolicy"].as_str() == Some("") {
            let known = ["AlwaysAllow", "IfHealthyBudget"];
            causes.push(Cause::not_supported(path.child("unhealthyPodEvictionPolicy"), "", &known));
        }
    }

    fn check_change(
        &self,
        _cx: &Context<'_>,
        part: Subresource,
        object: &Value,
        _old: &Value,
        causes: &mut Causes,
    ) {
        if part == Subresource::Status {
            let counts = [
                "disruptionsAllowed",
                "currentHealthy",
                "desiredHealthy",
                "expectedPods",
                "observedGeneration",
            ];
            rules::non_negative(&Path::new("status"), &object["status"], &counts, causes);
        }
    }
}
