//! Eviction: a delete that disruption budgets must allow.

use std::sync::Arc;

use api::Object;
use api::Resource;
use api::Value;
use api::selector;
use api::value;
use client::Answer;
use client::DeleteOptions;
use client::WriteOptions;
use meta::Cause;
use meta::GroupResource;
use meta::Reason;
use meta::Status;
use registry::Subresource;

use super::Call;
use super::binding::set_condition;
use super::subresource::delete_options;

const VIOLATED: &str = "Cannot evict pod as it would violate the pod's disruption budget.";
const TWO: &str =
    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
/// When to ask again about a budget that its controller has not seen yet.
const RETRY_SECONDS: u32 = 10;
/// More evictions than that must not wait to be confirmed.
const MAX_DISRUPTED: usize = 2000;

impl Call<'_> {
    /// Deletes a pod if its disruption budgets allow it.
    pub(super) async fn evict(&mut self, body: Value, options: &WriteOptions) -> Result<Answer, Status> {
        if body["metadata"]["name"].str_or_empty() != self.target.name {
            return Err(Status::bad_request("name in URL does not match name in Eviction object"));
        }
        let mut delete = delete_options(&body["deleteOptions"]);
        delete.dry_run |= options.dry_run;
        self.server.storage.catch_up().await;
        let pod = self.current()?;
        let phase = pod.value()["status"]["phase"].str_or_empty();
        let deleting = !pod.value()["metadata"]["deletionTimestamp"].is_null();
        if !deleting && !matches!(phase, "Succeeded" | "Failed" | "Pending") {
            self.spend_budget(&pod, delete.dry_run).await?;
        }
        if !delete.dry_run {
            self.mark_evicted(&mut delete).await?;
        }
        self.target.subresource.clear();
        self.delete(&delete).await?;
        self.created = true;
        Ok(Answer::Value(
            value!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}),
        ))
    }

    /// Says in the pod's status why it goes.
    async fn mark_evicted(&mut self, delete: &mut DeleteOptions) -> Result<(), Status> {
        let now = meta::time::seconds(self.server.clock.now());
        let wanted = delete.clone();
        let mark = |call: &Self, old: &Arc<Object>| {
            call.check_precondition(old, &wanted)?;
            let mut pod = old.value().clone();
            let condition = value!({
                "type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI",
                "message": "Eviction API: evicting"
            });
            set_condition(&mut pod, condition, &now);
            Ok(pod)
        };
        let marked = self.modify(Subresource::Status, &WriteOptions::default(), mark).await?;
        if delete.precondition.resource_version.is_some() {
            delete.precondition.resource_version = Some(marked.resource_version());
        }
        Ok(())
    }

    async fn spend_budget(&mut self, pod: &Object, dry_run: bool) -> Result<(), Status> {
        let budgets = Resource::find("policy", "v1", "poddisruptionbudgets").expect("a row of the table");
        let cache = self.server.storage.cache.of(budgets).expect("budgets are stored");
        let selects = |budget: &Arc<Object>| {
            selector::labels(&budget.value()["spec"]["selector"])
                .is_some_and(|selector| selector.matches(|key| pod.label(key)))
        };
        let selecting: Vec<_> = cache.in_namespace(pod.namespace()).into_iter().filter(selects).collect();
        let budget = match selecting.as_slice() {
            [] => return Ok(()),
            [budget] => budget.clone(),
            _ => return Err(Status::unclassified(TWO)),
        };
        if !is_ready(pod.value()) && allows_unhealthy(budget.value()) {
            return Ok(());
        }
        let (pod_target, name) = (self.target.clone(), pod.name().to_owned());
        self.target = client::Target::object(budgets, budget.namespace(), budget.name()).sub("status");
        let now = meta::time::seconds(self.server.clock.now());
        let spend = |_: &Self, old: &Arc<Object>| spent(old, &name, &now);
        // Upstream writes it as a client of its own.
        let field_manager = "kube-apiserver".to_owned();
        let options = WriteOptions { dry_run, field_manager, ..WriteOptions::default() };
        let spent = self.modify(Subresource::Status, &options, spend).await;
        self.target = pod_target;
        spent.map(drop)
    }
}

fn is_ready(pod: &Value) -> bool {
    let mut conditions = pod["status"]["conditions"].items().iter();
    conditions.any(|c| c["type"].as_str() == Some("Ready") && c["status"].as_str() == Some("True"))
}

/// Whether a budget lets go of pods that are not ready.
fn allows_unhealthy(budget: &Value) -> bool {
    let count = |field: &str| budget["status"][field].as_i64().unwrap_or(0);
    let always = budget["spec"]["unhealthyPodEvictionPolicy"].as_str() == Some("AlwaysAllow");
    always || (count("desiredHealthy") > 0 && count("currentHealthy") >= count("desiredHealthy"))
}

/// A budget with one disruption less, if it has one.
fn spent(budget: &Object, pod: &str, now: &str) -> Result<Value, Status> {
    let (value, name) = (budget.value(), budget.name());
    let status = &value["status"];
    let count = |of: &Value, field: &str| of[field].as_i64().unwrap_or(0);
    if count(status, "observedGeneration") < count(&value["metadata"], "generation") {
        let mut refusal =
            refused(format!("The disruption budget {name} is still being processed by the server."));
        refusal.retry_after_seconds = Some(RETRY_SECONDS);
        return Err(refusal);
    }
    let allowed = count(status, "disruptionsAllowed");
    let forbidden = |why: &str| {
        let resource = GroupResource { group: "policy".into(), resource: "poddisruptionbudget".into() };
        Err(Status::forbidden(&resource, name, why))
    };
    if allowed < 0 {
        return forbidden("pdb disruptions allowed is negative");
    }
    if status["disruptedPods"].entries().len() > MAX_DISRUPTED {
        return forbidden("DisruptedPods map too big - too many evictions not confirmed by PDB controller");
    }
    if allowed == 0 {
        return Err(refused(why_not(name, status)));
    }
    let mut changed = value.clone();
    changed.set(&["status", "disruptionsAllowed"], allowed - 1);
    changed.set(&["status", "disruptedPods", pod], now);
    if allowed == 1 {
        let condition = value!({
            "type": "DisruptionAllowed", "status": "False", "reason": "InsufficientPods", "message": "",
            "observedGeneration": count(status, "observedGeneration")
        });
        set_condition(&mut changed, condition, now);
    }
    Ok(changed)
}

fn why_not(name: &str, status: &Value) -> String {
    let text = |condition: &Value, field: &str| condition[field].str_or_empty().to_owned();
    let conditions = status["conditions"].items();
    let condition = conditions.iter().find(|condition| {
        condition["type"].as_str() == Some("DisruptionAllowed")
            && condition["status"].as_str() == Some("False")
            && !condition["message"].str_or_empty().is_empty()
    });
    let reason = condition.map(|condition| text(condition, "reason"));
    let message = condition.map(|condition| text(condition, "message")).unwrap_or_default();
    let [has, needs] = ["currentHealthy", "desiredHealthy"].map(|field| status[field].as_i64().unwrap_or(0));
    let does_not = format!("The disruption budget {name} does not allow evicting pods currently");
    match reason {
        Some(reason) if reason == "SyncFailed" => {
            format!("{does_not} because it failed sync: {message}")
        }
        _ if has <= needs => {
            format!("The disruption budget {name} needs {needs} healthy pods and has {has} currently")
        }
        Some(reason) => format!("{does_not} ({reason}): {message}"),
        None => does_not,
    }
}

fn refused(why: String) -> Status {
    let mut status = Status::new(Reason::TooManyRequests, VIOLATED);
    status.causes.push(Cause { reason: "DisruptionBudget", message: why, field: String::new() });
    status
}
