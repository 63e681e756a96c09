//! The `kube` crate with its runtime: its watcher, and a controller made with it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::TryStreamExt as _;
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::Client;
use kube::Config;
use kube::ResourceExt as _;
use kube::api::AttachParams;
use kube::api::DeleteParams;
use kube::api::ListParams;
use kube::api::Patch;
use kube::api::PatchParams;
use kube::api::PostParams;
use kube::config::KubeConfigOptions;
use kube::config::Kubeconfig;
use kube::runtime::Controller;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::controller::Action;
use kube::runtime::watcher;
use serde_json::json;

const NAMESPACE: &str = "default";

#[tokio::test]
async fn watches_and_controls() {
    let (cluster, pod) = clients::start();
    let kubeconfig = Kubeconfig::read_from(cluster.kubeconfig()).expect("our kubeconfig can be read");
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    let client = Client::try_from(config.expect("our kubeconfig is whole")).expect("a client");
    let steps = async {
        exec(&client, &pod).await;
        watch(&client).await;
        control(&client).await;
        refusals(&client).await;
    };
    tokio::time::timeout(Duration::from_secs(90), steps).await.expect("everything ends in time");
    cluster.finish();
}

async fn exec(client: &Client, pod: &str) {
    let pods: Api<Pod> = Api::namespaced(client.clone(), NAMESPACE);
    let command = ["/bin/busybox", "sh", "-c", "echo out; exit 3"];
    let mut process = pods.exec(pod, command, &AttachParams::default()).await.expect("exec");
    let out = kube_text(process.stdout().expect("asked for")).await;
    let status = process.take_status().expect("asked for").await.expect("a status at the end");
    assert_eq!(out, "out\n");
    let causes = status.details.expect("details").causes.expect("causes");
    assert_eq!(causes[0].message.as_deref(), Some("3"));
}

async fn kube_text(mut stream: impl tokio::io::AsyncRead + Unpin) -> String {
    let mut text = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut text).await.expect("the stream ends");
    text
}

/// The watcher sees what is there, what comes, what changes and what goes, in this order; once by a
/// list, once by a streaming list.
async fn watch(client: &Client) {
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), NAMESPACE);
    for (name, config) in
        [("listed", watcher::Config::default()), ("streamed", watcher::Config::default().streaming_lists())]
    {
        maps.create(&PostParams::default(), &map(name, &[("n", "0")])).await.expect("created");
        let mut events = watcher(maps.clone(), config.labels("watched=yes")).boxed();
        let mut seen = Vec::new();
        let mut step = 0;
        while seen.last() != Some(&format!("deleted {name}")) {
            let event = events.try_next().await.expect("no error").expect("watchers do not end");
            match event {
                watcher::Event::Init => seen.push("init".to_owned()),
                watcher::Event::InitApply(map) => seen.push(format!("there {}", map.name_any())),
                watcher::Event::InitDone => seen.push("done".to_owned()),
                watcher::Event::Apply(map) => seen.push(format!("changed {}", map.name_any())),
                watcher::Event::Delete(map) => seen.push(format!("deleted {}", map.name_any())),
            }
            match (step, seen.last().map(String::as_str)) {
                (0, Some("done")) => {
                    let patch = Patch::Merge(json!({"data": {"n": "1"}}));
                    maps.patch(name, &PatchParams::default(), &patch).await.expect("patched");
                    step = 1;
                }
                (1, Some(last)) if last.starts_with("changed") => {
                    maps.delete(name, &DeleteParams::default()).await.expect("deleted");
                    step = 2;
                }
                _ => {}
            }
        }
        let expected = [
            "init".to_owned(),
            format!("there {name}"),
            "done".to_owned(),
            format!("changed {name}"),
            format!("deleted {name}"),
        ];
        assert_eq!(seen, expected);
    }
}

/// A controller that keeps a copy of each map beside it, by server-side apply: it makes copies, mends
/// them when somebody changes them, and they go with their owners.
async fn control(client: &Client) {
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), NAMESPACE);
    let controller = Controller::new(maps.clone(), watcher::Config::default().labels("copied=yes"))
        .owns(maps.clone(), watcher::Config::default())
        .run(reconcile, |_, _, _| Action::requeue(Duration::from_secs(1)), Arc::new(maps.clone()))
        .for_each(|_| std::future::ready(()));
    let user = async {
        let mut original = map("original", &[("n", "0")]);
        original.metadata.labels = Some(BTreeMap::from([("copied".to_owned(), "yes".to_owned())]));
        maps.create(&PostParams::default(), &original).await.expect("created");
        until(&maps, |data| data == Some("0")).await;
        let patch = Patch::Merge(json!({"data": {"n": "1"}}));
        maps.patch("original", &PatchParams::default(), &patch).await.expect("patched");
        until(&maps, |data| data == Some("1")).await;
        let vandal = Patch::Merge(json!({"data": {"n": "broken"}}));
        maps.patch("original-copy", &PatchParams::default(), &vandal).await.expect("patched");
        until(&maps, |data| data == Some("1")).await;
        maps.delete("original", &DeleteParams::background()).await.expect("deleted");
        until(&maps, |data| data.is_none()).await;
    };
    tokio::select! {
        () = controller => panic!("controllers do not end"),
        () = user => {}
    }
}

async fn reconcile(map: Arc<ConfigMap>, maps: Arc<Api<ConfigMap>>) -> Result<Action, kube::Error> {
    use kube::Resource as _;
    if map.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    let name = format!("{}-copy", map.name_any());
    let copy = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "ownerReferences": [map.controller_owner_ref(&())]},
        "data": map.data,
    });
    maps.patch(&name, &PatchParams::apply("copier").force(), &Patch::Apply(copy)).await?;
    Ok(Action::await_change())
}

/// Follows the copy by a watch until its data is as wanted.
async fn until(maps: &Api<ConfigMap>, wanted: impl Fn(Option<&str>) -> bool) {
    let config = watcher::Config::default().fields("metadata.name=original-copy");
    let mut copies = watcher(maps.clone(), config).default_backoff().boxed();
    let mut copy: Option<ConfigMap> = None;
    while let Some(event) = copies.next().await {
        match event.expect("no error") {
            watcher::Event::Apply(map) | watcher::Event::InitApply(map) => copy = Some(map),
            watcher::Event::Delete(_) | watcher::Event::Init => copy = None,
            watcher::Event::InitDone => {}
        }
        let data = copy.as_ref().and_then(|copy| copy.data.as_ref()).and_then(|data| data.get("n"));
        if wanted(data.map(String::as_str)) {
            return;
        }
    }
    panic!("watchers do not end");
}

async fn refusals(client: &Client) {
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), NAMESPACE);
    let missing = maps.get("nobody").await.expect_err("it is not there");
    assert_eq!(code_and_reason(missing), (404, "NotFound".to_owned()));
    let bad = maps.create(&PostParams::default(), &map("Not_A_Name", &[])).await.expect_err("no name");
    assert_eq!(code_and_reason(bad), (422, "Invalid".to_owned()));
    let forged = ListParams::default().continue_token("forged");
    let forged = maps.list(&forged).await.expect_err("no token of ours");
    assert_eq!(code_and_reason(forged), (400, "BadRequest".to_owned()));
}

fn code_and_reason(error: kube::Error) -> (u16, String) {
    match error {
        kube::Error::Api(status) => (status.code, status.reason),
        other => panic!("{other}"),
    }
}

fn map(name: &str, data: &[(&str, &str)]) -> ConfigMap {
    let mut map = ConfigMap::default();
    map.metadata.name = Some(name.to_owned());
    map.metadata.labels = Some(BTreeMap::from([("watched".to_owned(), "yes".to_owned())]));
    map.data = Some(data.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect());
    map
}
