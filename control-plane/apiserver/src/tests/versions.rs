//! Kinds with a second version: one object, two forms.

use super::*;

fn second(group: &str, name: &str) -> &'static Resource {
    Resource::find(group, "v1", name).expect("a row")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_one_object_in_two_versions() {
    let fixture = start().await;
    let (core, own) = (row("", "events"), second("events.k8s.io", "events"));
    let body = value!({
        "metadata": {"namespace": "default", "name": "e"}, "eventTime": "2026-01-01T00:00:00.000000Z",
        "reportingController": "test.io/c", "reportingInstance": "i", "action": "Do", "reason": "Because",
        "regarding": {"kind": "Pod", "namespace": "default", "name": "p"}, "note": "text", "type": "Normal"
    });
    let created = fixture.admin.create(own, body).await.expect("created");
    assert_eq!(created.value()["apiVersion"], "events.k8s.io/v1".into());
    assert_eq!(created.value()["note"], "text".into());
    let version = created.resource_version();

    let stored = fixture.admin.get(Target::object(core, "default", "e")).await.expect("there");
    assert_eq!(stored.value()["message"], "text".into());
    assert_eq!(stored.value()["involvedObject"]["name"], "p".into());
    assert_eq!(stored.resource_version(), version);

    let target = Target::object(own, "default", "e");
    let series = value!({"series": {"count": 2, "lastObservedTime": "2026-01-01T00:00:01.000000Z"}});
    let patched = fixture.admin.merge_patch(target.clone(), &series).await.expect("patched");
    assert_eq!(patched.value()["series"]["count"], 2.into());
    let fixed = fixture.admin.merge_patch(target.clone(), &value!({"note": "more"})).await;
    assert!(fixed.expect_err("what is told may not change").to_string().contains("field is immutable"));
    let fields = meta::FieldSelector::parse("regarding.name=p").expect("a selector");
    let options = ListOptions { fields: fields.clone(), ..ListOptions::default() };
    let list = fixture.admin.list(Target::within(own, "default"), options).await.expect("a list");
    assert_eq!(list.items.len(), 1);
    assert_eq!(list.items[0].value()["series"]["count"], 2.into());

    let options = WatchOptions { resource_version: Some(version), fields, ..WatchOptions::default() };
    let mut watch = fixture.admin.watch(Target::within(own, "default"), options).await.expect("a watch");
    let event = watch.next().await.expect("an event").expect("no error");
    assert_eq!((event.kind, &event.object.value()["note"]), (EventKind::Modified, &"text".into()));

    let missing = fixture.admin.get(Target::object(own, "default", "none")).await.expect_err("not there");
    assert!(missing.to_string().contains("events.events.k8s.io \"none\" not found"), "{missing}");
    fixture.admin.delete(target, DeleteOptions::default()).await.expect("deleted");
    assert!(fixture.admin.find(Target::object(core, "default", "e")).await.expect("an answer").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_the_first_autoscaler_takes_nothing_away() {
    let fixture = start().await;
    let [v1, v2] = ["v1", "v2"]
        .map(|version| Resource::find("autoscaling", version, "horizontalpodautoscalers").expect("a row"));
    let pods = value!({"type": "Pods", "pods": {"metric": {"name": "rps"}, "target": {"type": "AverageValue", "averageValue": "10"}}});
    let body = value!({
        "metadata": {"namespace": "default", "name": "h"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"},
            "maxReplicas": 5, "metrics": [pods.clone()]
        }
    });
    fixture.admin.create(v2, body).await.expect("created");
    let old = fixture.admin.get(Target::object(v1, "default", "h")).await.expect("there");
    let mut changed = old.value().clone();
    changed.set(&["spec", "targetCPUUtilizationPercentage"], 70);
    fixture.admin.update(Target::object(v1, "default", "h"), changed).await.expect("updated");
    let new = fixture.admin.get(Target::object(v2, "default", "h")).await.expect("there");
    let metrics = new.value()["spec"]["metrics"].items();
    assert_eq!(metrics.len(), 2, "{metrics:?}");
    assert_eq!(metrics[0]["resource"]["target"]["averageUtilization"], 70.into());
    assert_eq!(metrics[1], pods);
}
