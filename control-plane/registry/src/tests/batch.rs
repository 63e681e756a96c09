//! Rules of jobs and cron jobs.

use api::value;

use super::*;
use crate::Subresource;

fn pod_template() -> Value {
    value!({
        "metadata": {"labels": {"app": "x"}},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}
    })
}

fn job() -> Value {
    value!({"metadata": {"name": "j", "uid": "u"}, "spec": {"template": pod_template()}})
}

fn cron_job() -> Value {
    value!({
        "metadata": {"name": "c"},
        "spec": {"schedule": "*/5 * * * *", "jobTemplate": {"spec": {"template": pod_template()}}}
    })
}

#[test]
fn a_job_is_defaulted_and_selects_itself() {
    let row = row("batch", "v1", "jobs");
    assert_eq!(complaints(row, job()), [""; 0]);
    let made = made(row, job());
    assert_eq!(made["metadata"]["labels"], value!({"app": "x"}));
    assert_eq!(
        made["spec"]["selector"],
        value!({"matchLabels": {"batch.kubernetes.io/controller-uid": "u"}})
    );
    assert_eq!(made["spec"]["template"]["metadata"]["labels"]["job-name"], "j".into());
    assert_eq!((&made["spec"]["completions"], &made["spec"]["backoffLimit"]), (&1.into(), &6.into()));
}

#[test]
fn a_job_in_a_template_is_not_defaulted() {
    let row = row("batch", "v1", "cronjobs");
    assert_eq!(complaints(row, cron_job()), [""; 0]);
    let made = made(row, cron_job());
    let template = &made["spec"]["jobTemplate"]["spec"];
    assert_eq!(template.entries().iter().map(|e| e.key.as_str()).collect::<Vec<_>>(), ["template"]);
    assert_eq!(template["template"]["spec"]["dnsPolicy"], "ClusterFirst".into());
}

#[test]
fn jobs() {
    let table: [(&[&str], Value, &str); 7] = [
        (
            &["spec", "template", "spec", "restartPolicy"],
            "Always".into(),
            r#"spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never""#,
        ),
        (
            &["spec", "backoffLimit"],
            (-1).into(),
            "spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0",
        ),
        (
            &["spec", "completionMode"],
            "Some".into(),
            r#"spec.completionMode: Unsupported value: "Some": supported values: "NonIndexed", "Indexed""#,
        ),
        (
            &["spec", "backoffLimitPerIndex"],
            1.into(),
            "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode",
        ),
        (&["spec", "template", "metadata", "labels", "job-name"], "other".into(), "must be 'j'"),
        (
            &["spec", "podFailurePolicy"],
            value!({"rules": [{"action": "FailJob"}]}),
            "spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required",
        ),
        (
            &["spec", "managedBy"],
            "me".into(),
            r#"spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")"#,
        ),
    ];
    for (path, new, sentence) in table {
        let mut object = job();
        object.set(path, new);
        let found = complaints(row("batch", "v1", "jobs"), object);
        assert!(found.iter().any(|cause| cause.ends_with(sentence)), "{sentence}\n{found:?}");
    }
}

#[test]
fn what_of_a_job_may_change() {
    let row = row("batch", "v1", "jobs");
    let change = |change: fn(&mut Value)| change_complaints(row, Subresource::None, job(), change);
    assert_eq!(change(|object| object.set(&["spec", "parallelism"], 3)), [""; 0]);
    assert_eq!(
        change(|object| object.set(&["spec", "completions"], 3)),
        ["spec.completions: Invalid value: 3: field is immutable"]
    );
    let found =
        change(|object| object.set(&["spec", "template", "spec", "nodeSelector"], value!({"a": "b"})));
    assert!(
        found[0].starts_with("spec.template: Invalid value: {") && found[0].ends_with("field is immutable")
    );
    let mut suspended = job();
    suspended.set(&["spec", "suspend"], true);
    let found = change_complaints(row, Subresource::None, suspended, |object| {
        object.set(&["spec", "template", "spec", "nodeSelector"], value!({"a": "b"}));
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn cron_jobs() {
    let table: [(&[&str], Value, &str); 6] = [
        (&["spec", "schedule"], "".into(), "spec.schedule: Required value"),
        (
            &["spec", "schedule"],
            "* *".into(),
            r#"spec.schedule: Invalid value: "* *": expected exactly 5 fields, found 2: [* *]"#,
        ),
        (
            &["spec", "schedule"],
            "TZ=UTC 0 0 * * *".into(),
            r#"spec.schedule: Invalid value: "TZ=UTC 0 0 * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead"#,
        ),
        (
            &["spec", "timeZone"],
            "../x".into(),
            r#"spec.timeZone: Invalid value: "../x": unknown time zone ../x"#,
        ),
        (
            &["spec", "concurrencyPolicy"],
            "Never".into(),
            r#"spec.concurrencyPolicy: Unsupported value: "Never": supported values: "Allow", "Forbid", "Replace""#,
        ),
        (
            &["spec", "jobTemplate", "spec", "manualSelector"],
            true.into(),
            r#"spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false""#,
        ),
    ];
    for (path, new, sentence) in table {
        let mut object = cron_job();
        object.set(path, new);
        assert_eq!(complaints(row("batch", "v1", "cronjobs"), object), [sentence]);
    }
}
