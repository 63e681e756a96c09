//! Quotas under contention.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_is_never_exceeded_and_nothing_refused_is_paid() {
    let fixture = start().await;
    let (maps, quotas) = (row("", "configmaps"), row("", "resourcequotas"));
    let hard = value!({"configmaps": "5", "count/configmaps": "100"});
    let quota = value!({"metadata": {"namespace": "default", "name": "q"}, "spec": {"hard": hard.clone()}});
    fixture.admin.create(quotas, quota).await.expect("created");
    let target = Target::object(quotas, "default", "q");
    let unknown = fixture.admin.create(maps, config_map("c", value!({}))).await;
    assert!(unknown.is_ok(), "a quota without status does not limit yet");
    let mut counted = fixture.admin.get(target.clone()).await.expect("there").value().clone();
    counted.set(&["status"], value!({"hard": hard, "used": {"configmaps": "1", "count/configmaps": "1"}}));
    fixture.admin.update(target.clone().sub("status"), counted).await.expect("updated");
    let makes = (0..20).map(|i| {
        let admin = fixture.admin.clone();
        async move { admin.create(maps, config_map(&format!("c{i}"), value!({}))).await }
    });
    let results = futures_util::future::join_all(makes).await;
    let refused: Vec<String> =
        results.iter().filter_map(|r| r.as_ref().err()).map(|e| e.to_string()).collect();
    assert_eq!(results.len() - refused.len(), 4, "{refused:?}");
    for why in refused {
        let expected = "is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=5, limited: configmaps=5";
        assert!(why.ends_with(expected), "{why}");
    }
    let used = fixture.admin.get(target.clone()).await.expect("there").value()["status"]["used"].clone();
    assert_eq!(used, value!({"configmaps": "5", "count/configmaps": "5"}));
    let list =
        fixture.admin.list(Target::within(maps, "default"), ListOptions::default()).await.expect("a list");
    let made = list.items.iter().filter(|map| map.name().starts_with('c')).count();
    assert_eq!(made, 5);
    let taken = fixture.admin.create(maps, config_map("c", value!({}))).await.expect_err("taken, and full");
    assert_eq!(taken.reason(), Some(Reason::Forbidden));
}
