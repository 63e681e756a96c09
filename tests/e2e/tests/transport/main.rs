//! One suite, every transport: in process, HTTP/2 and HTTP/1.1. What a call gives must not depend on
//! how it travelled.

mod bed;
mod components;

use std::sync::Arc;
use std::time::Duration;

use api::Resource;
use api::Value;
use api::value;
use apiserver::MASTERS;
use bytes::Bytes;
use client::Action;
use client::Answer;
use client::Client;
use client::DeleteOptions;
use client::EventKind;
use client::ListOptions;
use client::Patch;
use client::Precondition;
use client::ServiceAccount;
use client::Target;
use client::Token;
use client::Transport;
use client::WatchEvent;
use client::WatchOptions;
use client::WatchStream;
use client::WriteOptions;
use futures_util::StreamExt as _;
use meta::LabelSelector;
use meta::Reason;
use meta::Status;
use pki::Rotating;

use bed::Bed;
use bed::Http;

fn row(group: &str, name: &str) -> &'static Resource {
    Resource::preferred(group, name).expect("a row")
}

fn map(name: &str) -> Target {
    Target::object(row("", "configmaps"), "default", name)
}

fn status<T>(result: Result<T, client::Error>) -> Status {
    let Err(error) = result else { panic!("it should have been refused") };
    error.status().expect("the API server refused it").clone()
}

async fn next(events: &mut WatchStream) -> WatchEvent {
    let next = tokio::time::timeout(Duration::from_secs(20), events.next()).await;
    next.expect("an event in time").expect("the watch goes on").expect("no error")
}

#[tokio::test(flavor = "multi_thread")]
async fn in_process() {
    let bed = Bed::start(Http::Any).await;
    suite(&bed, &bed.local("admin", &[MASTERS]), &bed.local("nobody", &[])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http2() {
    let bed = Bed::start(Http::Any).await;
    suite(&bed, &bed.remote("admin", &[MASTERS]), &bed.remote("nobody", &[])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http1() {
    let bed = Bed::start(Http::One).await;
    suite(&bed, &bed.remote("admin", &[MASTERS]), &bed.remote("nobody", &[])).await;
}

async fn suite(bed: &Bed, admin: &Client, nobody: &Client) {
    writes(admin).await;
    refusals(admin, nobody).await;
    patches(admin).await;
    subresources(admin).await;
    lists(admin).await;
    watches(admin).await;
    deletes(admin).await;
    informer(bed, admin).await;
}

fn labelled(name: &str, app: &str) -> Value {
    value!({"metadata": {"namespace": "default", "name": name, "labels": {"app": app}}, "data": {"k": "v"}})
}

async fn writes(admin: &Client) {
    let made = admin.create(row("", "configmaps"), labelled("a", "x")).await.expect("made");
    assert_eq!((made.name(), made.namespace(), made.label("app")), ("a", "default", Some("x")));
    assert_eq!(
        (made.value()["kind"].as_str(), made.value()["apiVersion"].as_str()),
        (Some("ConfigMap"), Some("v1"))
    );
    let read = admin.get(map("a")).await.expect("it is there");
    assert_eq!(read.json(), made.json(), "a read gives the bytes of the write");
    let mut body = read.value().clone();
    body.set(&["data", "k"], "w");
    let written = admin.update(map("a"), body.clone()).await.expect("current");
    assert!(written.resource_version() > made.resource_version());
    let stale = status(admin.update(map("a"), body).await);
    assert_eq!(
        (stale.reason, stale.name.as_str(), stale.kind.as_str()),
        (Reason::Conflict, "a", "configmaps")
    );
    let dry = WriteOptions { dry_run: true, ..WriteOptions::default() };
    let target = Target::within(row("", "configmaps"), "default");
    let answer = admin.call(target, Action::Create(labelled("dry", "x"), dry)).await.expect("allowed");
    assert!(matches!(answer, Answer::Object(object) if object.name() == "dry"));
    assert!(admin.find(map("dry")).await.expect("answered").is_none());
}

async fn refusals(admin: &Client, nobody: &Client) {
    let twice = status(admin.create(row("", "configmaps"), labelled("a", "x")).await);
    assert_eq!(
        (twice.reason, twice.message.as_str()),
        (Reason::AlreadyExists, "configmaps \"a\" already exists")
    );
    let missing = status(admin.get(map("gone")).await);
    assert_eq!((missing.reason, missing.name.as_str(), missing.code()), (Reason::NotFound, "gone", 404));
    let invalid = status(admin.create(row("", "configmaps"), labelled("Not_A_Name", "x")).await);
    assert_eq!(invalid.reason, Reason::Invalid);
    assert_eq!(
        (invalid.causes[0].field.as_str(), invalid.causes[0].reason),
        ("metadata.name", "FieldValueInvalid")
    );
    let strict = WriteOptions { field_validation: "Strict".to_owned(), ..WriteOptions::default() };
    let mut odd = labelled("odd", "x");
    odd.set(&["unknownField"], 1);
    let target = Target::within(row("", "configmaps"), "default");
    let refused = status(admin.call(target, Action::Create(odd, strict)).await);
    assert!(refused.reason == Reason::BadRequest && refused.message.contains("unknownField"), "{refused}");
    let forbidden = status(nobody.get(map("a")).await);
    assert_eq!(forbidden.reason, Reason::Forbidden);
    assert!(forbidden.message.contains("User \"nobody\" cannot get resource \"configmaps\""), "{forbidden}");
    let watch = nobody.watch(Target::all(row("", "pods")), WatchOptions::default()).await.map(drop);
    assert_eq!(status(watch).reason, Reason::Forbidden);
}

async fn patches(admin: &Client) {
    let patch = |text: &'static str| Bytes::from_static(text.as_bytes());
    for (change, expected) in [
        (Patch::Json(patch(r#"[{"op":"add","path":"/data/j","value":"1"}]"#)), value!({"j": "1", "k": "w"})),
        (Patch::Merge(patch(r#"{"data":{"k":null}}"#)), value!({"j": "1"})),
        (Patch::Strategic(patch(r#"{"data":{"s":"2"}}"#)), value!({"j": "1", "s": "2"})),
    ] {
        let object = admin.patch(map("a"), change).await.expect("it applies");
        assert_eq!(object.value()["data"], expected);
    }
    let config = patch("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {s: mine}\n");
    let conflict = status(admin.patch(map("a"), Patch::Apply { config: config.clone(), force: false }).await);
    assert_eq!(conflict.reason, Reason::Conflict);
    assert_eq!(
        (conflict.causes[0].reason, conflict.causes[0].field.as_str()),
        ("FieldManagerConflict", ".data.s")
    );
    let forced = admin.patch(map("a"), Patch::Apply { config, force: true }).await.expect("forced");
    assert_eq!(forced.value()["data"]["s"].as_str(), Some("mine"));
    let managers = forced.value()["metadata"]["managedFields"].items();
    assert!(
        managers
            .iter()
            .any(|m| m["manager"].as_str() == Some("suite") && m["operation"].as_str() == Some("Apply"))
    );
}

async fn subresources(admin: &Client) {
    let deployments = row("apps", "deployments");
    let pod =
        value!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let body = value!({
        "metadata": {"namespace": "default", "name": "d"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": pod}
    });
    let made = admin.create(deployments, body).await.expect("made");
    let target = Target::object(deployments, "default", "d");
    let scale = admin.call(target.clone().sub("scale"), Action::Get { resource_version: None }).await;
    let Ok(Answer::Value(mut scale)) = scale else { panic!("a scale is a value") };
    assert_eq!((scale["kind"].as_str(), scale["spec"]["replicas"].as_i64()), (Some("Scale"), Some(1)));
    scale.set(&["spec", "replicas"], 3);
    let update = Action::Update(scale, WriteOptions::default());
    let Ok(Answer::Value(scaled)) = admin.call(target.clone().sub("scale"), update).await else {
        panic!("scaled")
    };
    assert_eq!(scaled["spec"]["replicas"].as_i64(), Some(3));
    let current = admin.get(target.clone()).await.expect("there");
    assert_eq!(current.value()["spec"]["replicas"].as_i64(), Some(3));
    let change = value!({"spec": {"replicas": 9}, "status": {"replicas": 2}});
    let object = admin.merge_patch(target.sub("status"), &change).await.expect("status is written");
    assert_eq!(object.value()["status"]["replicas"].as_i64(), Some(2));
    assert_eq!(object.value()["spec"]["replicas"].as_i64(), Some(3), "by status the spec does not change");
    assert_eq!(object.uid(), made.uid());

    let review = value!({"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}});
    let reviews = row("authorization.k8s.io", "selfsubjectaccessreviews");
    let answer = admin.call(Target::all(reviews), Action::Create(review, WriteOptions::default())).await;
    let Ok(Answer::Value(review)) = answer else { panic!("a review is a value") };
    assert_eq!(review["status"]["allowed"].as_bool(), Some(true));
}

async fn lists(admin: &Client) {
    for name in ["b", "c", "d"] {
        admin.create(row("", "configmaps"), labelled(name, "y")).await.expect("made");
    }
    let all = Target::within(row("", "configmaps"), "default");
    let labels = LabelSelector::parse("app in (y)").expect("a selector");
    let mut options = ListOptions { labels, limit: 2, ..ListOptions::default() };
    let first = admin.list(all.clone(), options.clone()).await.expect("a page");
    let names =
        |list: &client::ObjectList| list.items.iter().map(|o| o.name().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&first), ["b", "c"]);
    assert!(!first.continue_token.is_empty() && first.resource_version.0 > 0);
    assert_eq!(first.items[0].value()["kind"].as_str(), Some("ConfigMap"));
    let single = admin.get(map("b")).await.expect("there");
    assert_eq!(first.items[0].json(), single.json(), "an element is the object");
    options.continue_token = first.continue_token;
    let second = admin.list(all.clone(), options).await.expect("a page");
    assert_eq!((names(&second), second.continue_token.as_str()), (vec!["d".to_owned()], ""));
    let fields = meta::FieldSelector::parse("metadata.name=c").expect("a selector");
    let one =
        admin.list(all.clone(), ListOptions { fields, ..ListOptions::default() }).await.expect("a list");
    assert_eq!(names(&one), ["c"]);
    let token = ListOptions { continue_token: "nonsense".to_owned(), ..ListOptions::default() };
    assert_eq!(status(admin.list(all, token).await).reason, Reason::BadRequest);
}

async fn watches(admin: &Client) {
    let all = Target::within(row("", "configmaps"), "default");
    let list = admin.list(all.clone(), ListOptions::default()).await.expect("a list");
    let labels = LabelSelector::parse("app=w").expect("a selector");
    let options = WatchOptions {
        labels,
        resource_version: Some(list.resource_version),
        bookmarks: true,
        ..WatchOptions::default()
    };
    let mut events = admin.watch(all.clone(), options).await.expect("a watch");
    admin.create(row("", "configmaps"), labelled("unseen", "other")).await.expect("made");
    let made = admin.create(row("", "configmaps"), labelled("w", "w")).await.expect("made");
    let changed = admin.merge_patch(map("w"), &value!({"data": {"k": "ü\n"}})).await.expect("changed");
    admin.merge_patch(map("w"), &value!({"metadata": {"labels": {"app": "v"}}})).await.expect("changed");
    for (kind, version) in
        [(EventKind::Added, made.resource_version()), (EventKind::Modified, changed.resource_version())]
    {
        let event = next(&mut events).await;
        assert_eq!((event.kind, event.object.name(), event.object.resource_version()), (kind, "w", version));
    }
    let left = next(&mut events).await;
    assert_eq!((left.kind, left.object.name()), (EventKind::Deleted, "w"));
    assert!(left.object.resource_version() > changed.resource_version());
    drop(events);

    let initial = WatchOptions { initial_events: Some(true), bookmarks: true, ..WatchOptions::default() };
    let mut events = admin.watch(all.clone(), initial).await.expect("a watch");
    let mut existing = Vec::new();
    let bookmark = loop {
        let event = next(&mut events).await;
        match event.kind {
            EventKind::Added => existing.push(event.object.name().to_owned()),
            EventKind::Bookmark => break event,
            other => panic!("{other:?}"),
        }
    };
    assert!(existing.contains(&"a".to_owned()) && existing.contains(&"w".to_owned()), "{existing:?}");
    let ended = &bookmark.object.value()["metadata"]["annotations"]["k8s.io/initial-events-end"];
    assert_eq!(ended.as_str(), Some("true"));

    let short = WatchOptions {
        timeout_seconds: Some(1),
        resource_version: Some(bookmark.object.resource_version()),
        ..WatchOptions::default()
    };
    let ends = admin.watch(all, short).await.expect("a watch").collect::<Vec<_>>();
    let seen = tokio::time::timeout(Duration::from_secs(20), ends).await.expect("the server ends it");
    assert!(seen.iter().all(Result::is_ok), "{seen:?}");
}

async fn deletes(admin: &Client) {
    let other = Precondition { uid: Some("another".to_owned()), resource_version: None };
    let options = DeleteOptions { precondition: other, ..DeleteOptions::default() };
    assert_eq!(status(admin.delete(map("a"), options).await).reason, Reason::Conflict);
    let dry = DeleteOptions { dry_run: true, ..DeleteOptions::default() };
    admin.delete(map("a"), dry).await.expect("allowed");
    let uid = admin.get(map("a")).await.expect("still there").uid().to_owned();
    let precondition = Precondition { uid: Some(uid), resource_version: None };
    admin
        .delete(map("a"), DeleteOptions { precondition, ..DeleteOptions::default() })
        .await
        .expect("deleted");
    assert!(status(admin.delete(map("a"), DeleteOptions::default()).await).reason == Reason::NotFound);
    let labels = LabelSelector::parse("app=y").expect("a selector");
    let which = ListOptions { labels, ..ListOptions::default() };
    let all = Target::within(row("", "configmaps"), "default");
    let answer =
        admin.call(all.clone(), Action::DeleteCollection(DeleteOptions::default(), which.clone())).await;
    let Ok(Answer::List(gone)) = answer else { panic!("the deleted ones are listed") };
    assert_eq!(gone.items.len(), 3);
    assert!(admin.list(all, which).await.expect("a list").items.is_empty());
    let foreground =
        DeleteOptions { propagation: Some(client::Propagation::Foreground), ..DeleteOptions::default() };
    let target = Target::object(row("apps", "deployments"), "default", "d");
    admin.delete(target.clone(), foreground).await.expect("marked");
    let marked = admin.get(target).await.expect("dependents go first");
    assert_eq!(marked.value()["metadata"]["finalizers"].items()[0].as_str(), Some("foregroundDeletion"));
}

async fn informer(bed: &Bed, admin: &Client) {
    let informers = bed.informers(admin);
    let maps = informers.get(row("", "configmaps"));
    let (sender, mut changes) = tokio::sync::mpsc::unbounded_channel();
    maps.subscribe(move |change| {
        let side = |o: Option<&Arc<api::Object>>| o.is_some_and(|o| o.name() == "i");
        // Nobody listens any more once the test is over.
        sender.send((side(change.old), side(change.new))).unwrap_or_default();
    });
    informers.synced().await;
    admin.create(row("", "configmaps"), labelled("i", "i")).await.expect("made");
    admin.delete(map("i"), DeleteOptions::default()).await.expect("deleted");
    let mut seen = Vec::new();
    while seen.len() < 2 {
        let change = tokio::time::timeout(Duration::from_secs(20), changes.recv()).await;
        let change = change.expect("a change in time").expect("the informer goes on");
        if change != (false, false) {
            seen.push(change);
        }
    }
    assert_eq!(seen, [(false, true), (true, false)]);
    let list = admin.list(Target::all(row("", "configmaps")), ListOptions::default()).await.expect("a list");
    assert_eq!(maps.len(), list.items.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_impersonation_and_service_accounts() {
    let bed = Bed::start(Http::Any).await;
    let admin = bed.remote("admin", &[MASTERS]);
    let who = |transport: Arc<dyn Transport>| async move {
        let reviews = row("authentication.k8s.io", "selfsubjectreviews");
        let answer = Client::new(transport, "suite").post(Target::all(reviews), Value::object()).await;
        answer.map(|review| review["status"]["userInfo"]["username"].str_or_empty().to_owned())
    };
    let anonymous = bed.connect(bed.config());
    let account =
        ServiceAccount::new(admin.clone(), "default", "robot", anonymous.clone(), bed.clock.clone());
    let account: Arc<dyn Transport> = Arc::new(account);
    assert_eq!(who(account).await.expect("a token is had"), "system:serviceaccount:default:robot");

    let body = value!({"spec": {"expirationSeconds": 600}});
    let target = Target::object(row("", "serviceaccounts"), "default", "robot").sub("token");
    let token = admin.post(target, body).await.expect("a token")["status"]["token"].str_or_empty().to_owned();
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("token");
    std::fs::write(&file, "rubbish").expect("written");
    let mut config = bed.config();
    config.identity.token = Token::File(file.clone());
    let holder = bed.connect(config);
    assert_eq!(status(who(holder.clone()).await).reason, Reason::Unauthorized);
    std::fs::write(&file, token).expect("written");
    assert_eq!(who(holder).await.expect("read again"), "system:serviceaccount:default:robot");

    let mut config = bed.config();
    config.identity.credential = Some(Rotating::new(&bed.credential("admin", &[MASTERS])));
    let groups = vec!["people".to_owned()];
    config.identity.impersonate = Some(client::Impersonation { user: "jane".to_owned(), groups });
    assert_eq!(who(bed.connect(config)).await.expect("allowed"), "jane");

    let mut wrong = bed.config();
    wrong.server_name = None;
    let error = who(bed.connect(wrong)).await.expect_err("the certificate does not bear the address");
    assert!(error.status().is_none() && error.to_string().contains("TLS handshake"), "{error}");
}
