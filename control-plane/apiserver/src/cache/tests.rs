//! Snapshots, events, and who is told of them.

use api::value;

use super::*;

struct Fixture {
    cache: Arc<ResourceCache>,
    revision: u64,
}

impl Fixture {
    fn new() -> Self {
        Self::with(&Rooms::default())
    }

    fn with(rooms: &Rooms) -> Self {
        let resource = Resource::find("", "v1", "pods").expect("a row of the table");
        let cache = ResourceCache::new(resource, "/registry/pods/".to_owned(), rooms);
        Self { cache: Arc::new(cache), revision: 0 }
    }

    fn put(&mut self, namespace: &str, name: &str, node: &str) {
        self.revision += 1;
        let version = self.revision.to_string();
        let object = value!({
            "kind": "Pod", "apiVersion": "v1",
            "metadata": {"name": name, "namespace": namespace, "resourceVersion": version, "labels": {"on": node}},
            "spec": {"nodeName": node}
        });
        let object = Arc::new(Object::new(self.cache.resource, object));
        self.cache.apply(namespace, name, self.revision, Some(object));
    }

    fn delete(&mut self, namespace: &str, name: &str) {
        self.revision += 1;
        self.cache.apply(namespace, name, self.revision, None);
    }

    fn watch(&self, namespace: &str, labels: &str, fields: &str) -> Watched {
        self.cache.watch(filter(namespace, labels, fields), self.revision).expect("the window reaches back")
    }

    fn groups(&self) -> usize {
        self.cache.inner.read().watchers.groups()
    }
}

fn filter(namespace: &str, labels: &str, fields: &str) -> Filter {
    Filter {
        namespace: namespace.to_owned(),
        labels: meta::LabelSelector::parse(labels).expect("a selector"),
        fields: meta::FieldSelector::parse(fields).expect("a selector"),
    }
}

/// What waits for a watcher, as `KIND name@revision`.
fn waiting(watched: &Watched) -> Vec<String> {
    let mut batches = VecDeque::new();
    watched.queue.take(&mut batches);
    let events = batches.iter().flat_map(|events| events.iter());
    events
        .map(|(kind, change)| format!("{} {}@{}", name_of(*kind), change.object.name(), change.revision))
        .collect()
}

#[test]
fn each_watcher_gets_what_its_filter_selects() {
    let mut fixture = Fixture::new();
    fixture.put("a", "old", "n1");
    let all = fixture.watch("", "", "");
    let namespace = fixture.watch("b", "", "");
    let node = fixture.watch("", "", "spec.nodeName=n1");
    let name = fixture.watch("", "", "metadata.name=old");
    let label = fixture.watch("", "on=n2", "");
    let elsewhere = fixture.watch("", "", "spec.nodeName!=n1");
    fixture.put("b", "new", "");
    fixture.put("b", "new", "n1");
    fixture.put("a", "old", "n2");
    fixture.delete("b", "new");
    assert!(waiting(&all).is_empty(), "nothing was delivered yet");
    fixture.cache.deliver();
    assert_eq!(waiting(&all), ["ADDED new@2", "MODIFIED new@3", "MODIFIED old@4", "DELETED new@5"]);
    assert_eq!(waiting(&namespace), ["ADDED new@2", "MODIFIED new@3", "DELETED new@5"]);
    assert_eq!(waiting(&node), ["ADDED new@3", "DELETED old@4", "DELETED new@5"]);
    assert_eq!(waiting(&name), ["MODIFIED old@4"]);
    assert_eq!(waiting(&label), ["ADDED old@4"]);
    assert_eq!(waiting(&elsewhere), ["ADDED new@2", "DELETED new@3", "ADDED old@4"]);
}

#[test]
fn who_comes_between_two_deliveries_gets_every_change_once() {
    let mut fixture = Fixture::new();
    let first = fixture.watch("", "", "");
    fixture.put("a", "x", "");
    let second = fixture.watch("", "", "");
    let filter = Filter::default();
    let late = fixture.cache.watch(filter, 0).expect("the window reaches back");
    fixture.put("a", "y", "");
    fixture.cache.deliver();
    assert_eq!(waiting(&first), ["ADDED x@1", "ADDED y@2"]);
    assert_eq!(waiting(&second), ["ADDED y@2"]);
    assert_eq!((late.past.len(), waiting(&late)), (1, vec!["ADDED y@2".to_owned()]));
}

#[test]
fn watchers_of_the_same_share_their_bytes_and_those_who_leave_are_forgotten() {
    let mut fixture = Fixture::new();
    let watchers: Vec<Watched> = (0..3).map(|_| fixture.watch("a", "", "")).collect();
    let other = fixture.watch("a", "", "spec.nodeName=n1");
    assert_eq!(fixture.groups(), 2);
    fixture.put("a", "x", "n1");
    fixture.put("a", "y", "n1");
    fixture.cache.deliver();
    let bytes: Vec<_> = watchers
        .iter()
        .map(|watched| {
            let mut batches = VecDeque::new();
            watched.queue.take(&mut batches);
            batches[0].json().as_ptr()
        })
        .collect();
    assert!(bytes.iter().all(|pointer| *pointer == bytes[0]));
    drop(watchers);
    assert_eq!(fixture.groups(), 1);
    drop(other);
    assert_eq!(fixture.groups(), 0);
    fixture.put("a", "z", "n1");
    fixture.cache.deliver();
    fixture.cache.ring();
}

#[test]
fn who_does_not_keep_up_is_cut_off_and_the_others_are_not() {
    let mut fixture = Fixture::new();
    let slow = fixture.watch("", "", "");
    let quick = fixture.watch("", "", "");
    let mut seen = 0;
    for _ in 0..3 {
        for _ in 0..2000 {
            fixture.put("a", "x", "");
        }
        fixture.cache.deliver();
        seen += waiting(&quick).len();
    }
    assert_eq!(seen, 6000);
    let mut batches = VecDeque::new();
    assert!(slow.queue.take(&mut batches), "what was queued is delivered first");
    assert_eq!(batches.iter().map(|events| events.iter().len()).sum::<usize>(), 4000);
    assert!(!slow.queue.take(&mut batches));
}

#[test]
fn an_index_answers_what_looking_at_everything_would() {
    let mut fixture = Fixture::new();
    for i in 0..600 {
        let namespace = if i % 2 == 0 { "a" } else { "b" };
        fixture.put(namespace, &format!("pod-{i:03}"), &format!("n{}", i % 7));
    }
    let list = |fixture: &Fixture, namespace: &str, labels: &str, fields: &str| -> Vec<String> {
        let filter = filter(namespace, labels, fields);
        let snapshot = fixture.cache.snapshot(&filter, None, 0, 0);
        let inner = fixture.cache.inner.read();
        let all: Vec<_> = inner.objects.values().filter(|o| filter.selects(o)).map(|o| o.name()).collect();
        let listed: Vec<String> = snapshot.items.iter().map(|o| o.name().to_owned()).collect();
        assert_eq!(listed, all, "{namespace} {labels} {fields}");
        listed
    };
    for round in 0..3 {
        for (namespace, labels, fields) in [
            ("", "on=n3", ""),
            ("a", "on=n3", ""),
            ("b", "", "spec.nodeName=n5"),
            ("", "on=n1", "spec.nodeName=n1"),
            ("", "on=none", ""),
            ("a", "", "metadata.name=pod-008"),
            ("", "", "metadata.name=pod-009"),
            ("a", "on=n3", "metadata.name=pod-009"),
        ] {
            list(&fixture, namespace, labels, fields);
        }
        assert!(list(&fixture, "", "", "spec.nodeName=").len() == round);
        // Moved, deleted, new, and unset.
        fixture.put("a", &format!("pod-{:03}", 2 * round), "n3");
        fixture.delete("b", &format!("pod-{:03}", 2 * round + 1));
        fixture.put("b", &format!("new-{round}"), "n5");
        fixture.put("a", &format!("unset-{round}"), "");
    }
    for i in 0..20 {
        list(&fixture, "", &format!("key-{i}=x"), "");
    }
    list(&fixture, "", "on=n3", "");
}

#[test]
fn pages_by_selector_follow_each_other() {
    let mut fixture = Fixture::new();
    for i in 0..700 {
        fixture.put("a", &format!("pod-{i:03}"), &format!("n{}", i % 2));
    }
    let filter = filter("a", "on=n1", "");
    let (mut after, mut names) = (None, Vec::new());
    loop {
        let page = fixture.cache.snapshot(&filter, after.as_deref(), 100, 0);
        names.extend(page.items.iter().map(|object| object.name().to_owned()));
        let Some((last, remaining)) = page.more else { break };
        assert_eq!(remaining as usize, 350 - names.len());
        after = Some(last.to_string());
    }
    let expected: Vec<String> = (0..350).map(|i| format!("pod-{:03}", 2 * i + 1)).collect();
    assert_eq!(names, expected);
}

#[test]
fn a_page_after_a_key_of_elsewhere_is_empty_or_starts_at_the_beginning() {
    let mut fixture = Fixture::new();
    for namespace in ["a", "a-b", "b"] {
        fixture.put(namespace, "x", "");
        fixture.put(namespace, "y", "");
    }
    let keys = |namespace: &str, after: Option<&str>| -> Vec<String> {
        let snapshot = fixture.cache.snapshot(&filter(namespace, "", ""), after, 0, 0);
        snapshot.items.iter().map(|object| object_key(object.namespace(), object.name())).collect()
    };
    assert_eq!(keys("a", None), ["a/x", "a/y"]);
    assert_eq!(keys("a", Some("a/x")), ["a/y"]);
    assert_eq!(keys("a", Some("b/x")), [""; 0]);
    assert_eq!(keys("a", Some("a0")), [""; 0]);
    assert_eq!(keys("a", Some("")), ["a/x", "a/y"]);
    // A hyphen comes before a slash.
    assert_eq!(keys("", None), ["a-b/x", "a-b/y", "a/x", "a/y", "b/x", "b/y"]);
    assert_eq!(keys("", Some("a/x")), ["a/y", "b/x", "b/y"]);
}

#[test]
fn the_past_of_all_resources_fits_its_room() {
    let rooms = Rooms::new(2_000, usize::MAX);
    let (mut busy, mut other) = (Fixture::with(&rooms), Fixture::with(&rooms));
    for i in 0..100 {
        busy.put("a", "x", &i.to_string());
        other.put("a", "x", &i.to_string());
    }
    assert!(!rooms.windows.is_over());
    let recent = busy.cache.watch(filter("", "", ""), busy.revision - 1);
    assert_eq!(recent.expect("the last change is kept").past.len(), 1);
    assert!(busy.cache.watch(filter("", "", ""), 1).is_err(), "the first is not");
}

#[test]
fn without_room_those_that_are_behind_are_cut_off() {
    let rooms = Rooms::new(usize::MAX, 400);
    let mut fixture = Fixture::with(&rooms);
    let slow = fixture.watch("", "", "");
    let quick = fixture.watch("", "", "");
    let mut read = VecDeque::new();
    for i in 0..20 {
        fixture.put("a", "x", &i.to_string());
        fixture.cache.deliver();
        assert!(quick.queue.take(&mut read), "it keeps up");
        assert_eq!(read.len(), 1);
        read.clear();
    }
    while slow.queue.take(&mut read) {}
    assert!(read.len() < 20, "it was cut off");
    read.clear();
    assert!(!rooms.backlogs.is_over(), "what it held is free");
}
