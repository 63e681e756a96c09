//! The informer against a scripted transport.

use std::sync::Arc;

use api::Object;
use api::Resource;
use api::value;
use meta::Status;
use parking_lot::Mutex;
use stdx::Clock;
use stdx::Rng;
use supervise::Supervisor;
use tokio::sync::mpsc;

use crate::Action;
use crate::Answer;
use crate::Client;
use crate::Error;
use crate::EventKind;
use crate::Informers;
use crate::ObjectList;
use crate::Request;
use crate::Transport;
use crate::WatchEvent;

fn pods() -> &'static Resource {
    Resource::find("", "v1", "pods").expect("a row")
}

fn pod(name: &str, version: u64, node: &str) -> Arc<Object> {
    Arc::new(Object::new(
        pods(),
        value!({"metadata": {"namespace": "ns", "name": name, "uid": name, "resourceVersion": version.to_string()},
                "spec": {"nodeName": node}}),
    ))
}

/// Answers lists from a script and watches from channels.
struct Script {
    lists: Mutex<Vec<ObjectList>>,
    watches: Mutex<Vec<mpsc::Receiver<Result<WatchEvent, Status>>>>,
    asked: mpsc::UnboundedSender<String>,
}

#[async_trait::async_trait]
impl Transport for Script {
    async fn call(&self, request: Request) -> Result<Answer, Error> {
        match request.action {
            Action::List(_) => {
                self.asked.send("list".into()).expect("the test listens");
                Ok(Answer::List(self.lists.lock().remove(0)))
            }
            Action::Watch(options) => {
                let version = options.resource_version.expect("a watch continues a list");
                self.asked.send(format!("watch {version}")).expect("the test listens");
                let next = self.watches.lock().pop();
                let Some(mut receiver) = next else { return Err(Error::Transport("no more".into())) };
                Ok(Answer::Watch(Box::pin(futures_util::stream::poll_fn(move |cx| receiver.poll_recv(cx)))))
            }
            _ => Err(Error::Transport("not scripted".into())),
        }
    }
}

#[tokio::test]
async fn lists_watches_and_lists_again_when_the_version_is_gone() {
    let (asked, mut questions) = mpsc::unbounded_channel();
    let (events, receiver) = mpsc::channel(8);
    let list = |version, items| ObjectList {
        items,
        resource_version: meta::ResourceVersion(version),
        ..Default::default()
    };
    let script = Script {
        lists: Mutex::new(vec![
            list(5, vec![pod("a", 3, "n1"), pod("b", 4, "n1")]),
            list(20, vec![pod("b", 4, "n1"), pod("c", 18, "n2")]),
        ]),
        watches: Mutex::new(vec![receiver]),
        asked,
    };
    let supervisor = Supervisor::new();
    let client = Client::new(Arc::new(script), "test");
    let informers = Informers::new(client, Clock::system(), Rng::from_seed(1), supervisor.spawner());
    let informer = informers.get(pods());
    informer.add_index("node", |pod| vec![pod.value()["spec"]["nodeName"].str_or_empty().to_owned()]);
    let (changes, mut seen) = mpsc::unbounded_channel();
    informer.subscribe(move |change| {
        let side = |o: Option<&Arc<Object>>| {
            o.map_or("-".into(), |o| format!("{}@{}", o.name(), o.resource_version()))
        };
        changes.send(format!("{} {}", side(change.old), side(change.new))).expect("the test listens");
    });
    informers.synced().await;
    assert_eq!(questions.recv().await.as_deref(), Some("list"));
    assert_eq!(questions.recv().await.as_deref(), Some("watch 5"));
    let event = |kind, object| Ok(WatchEvent { kind, object });
    events.send(event(EventKind::Modified, pod("a", 6, "n2"))).await.expect("open");
    events.send(event(EventKind::Bookmark, pod("", 9, ""))).await.expect("open");
    events.send(Err(Status::expired("too old resource version"))).await.expect("open");
    assert_eq!(questions.recv().await.as_deref(), Some("list"));
    assert_eq!(questions.recv().await.as_deref(), Some("watch 20"));
    let mut lines = Vec::new();
    for _ in 0..5 {
        lines.push(seen.recv().await.expect("five changes"));
    }
    assert_eq!(lines, ["- a@3", "- b@4", "a@3 a@6", "a@6 -", "- c@18"]);
    let on = |node| informer.indexed("node", node).iter().map(|o| o.name().to_owned()).collect::<Vec<_>>();
    assert_eq!((on("n1"), on("n2")), (vec!["b".to_owned()], vec!["c".to_owned()]));
    assert_eq!(informer.list_in("ns").len(), 2);
    supervisor.shutdown().request();
    supervisor.run().await;
}
