//! Fixtures, one file per behaviour, and properties.
//!
//! A fixture starts with the type and is a series of steps: `apply MANAGER [force]` and `update
//! MANAGER` with an object, then what is expected of the outcome: `object`, `owners`, `error`.

use api::types::TypeId;
use api::value;
use proptest::prelude::*;

use super::*;

struct Run {
    ty: TypeId,
    live: Option<Value>,
    outcome: Result<(), String>,
    step: u32,
}

impl Run {
    fn new(ty: &str) -> Self {
        Self { ty: TypeId::find(ty).expect("a known type"), live: None, outcome: Ok(()), step: 0 }
    }

    fn write(&mut self, manager: &str, change: impl FnOnce(&Self, &Writer<'_>) -> Result<Value, Error>) {
        self.step += 1;
        let time = format!("2026-01-01T00:00:{:02}Z", self.step.min(59));
        let reset = ["status"];
        let writer = Writer { manager, api_version: "v1", subresource: "", time: &time, reset: &reset };
        match change(self, &writer) {
            Ok(object) => {
                let decoded = decode::normalize(self.ty, object).expect("decodes");
                self.live = Some(decoded.value);
                self.outcome = Ok(());
            }
            Err(error) => self.outcome = Err(error.to_string()),
        }
    }

    fn apply(&mut self, manager: &str, config: &Value, force: bool) {
        self.write(manager, |run, writer| apply(Some(run.ty), run.live.as_ref(), config, writer, force));
    }

    fn update(&mut self, manager: &str, object: Value) {
        self.write(manager, |run, writer| {
            let mut object = decode::normalize(run.ty, object).expect("decodes").value;
            let managed = track(Some(run.ty), run.live.as_ref(), &object, writer);
            object.remove(&["metadata", "managedFields"]);
            if !managed.is_null() {
                object.set(&["metadata", "managedFields"], managed);
            }
            Ok(object)
        });
    }

    fn live(&self) -> &Value {
        self.live.as_ref().unwrap_or_else(|| panic!("nothing was written: {:?}", self.outcome))
    }

    fn owners(&self) -> String {
        let list = managers::decode(&self.live()["metadata"]["managedFields"]);
        let lines = list.iter().map(|manager| {
            format!("{} {:?}: {}\n", manager.name, manager.operation, manager.set().paths().join(" "))
        });
        lines.collect()
    }
}

fn yaml(text: &str) -> Value {
    api::yaml::parse(text).expect("YAML").value
}

fn without_managers(object: &Value) -> Value {
    let mut object = object.clone();
    object.remove(&["metadata", "managedFields"]);
    object
}

fn run_fixture(name: &str, text: &str) {
    let mut blocks = text.split("\n--- ");
    let mut run = Run::new(blocks.next().expect("a first line").trim());
    for block in blocks {
        let (head, body) = block.split_once('\n').unwrap_or((block, ""));
        let words: Vec<&str> = head.split_whitespace().collect();
        match words.as_slice() {
            ["apply", manager, rest @ ..] => run.apply(manager, &yaml(body), *rest == ["force"]),
            ["update", manager] => run.update(manager, yaml(body)),
            ["object"] => {
                assert_eq!(run.outcome, Ok(()), "{name}");
                let wanted = decode::normalize(run.ty, yaml(body)).expect("decodes").value;
                assert_eq!(without_managers(run.live()), wanted, "{name}");
            }
            ["owners"] => assert_eq!(run.owners().trim(), body.trim(), "{name}"),
            ["error"] => {
                let found = run.outcome.clone().expect_err("an error");
                assert_eq!(found.trim(), body.trim(), "{name}");
            }
            other => panic!("{name}: {other:?} is no step"),
        }
    }
}

macro_rules! fixtures {
    ($($name:ident),*) => {$(
        #[test]
        fn $name() {
            run_fixture(stringify!($name), include_str!(concat!("testdata/", stringify!($name), ".txt")));
        }
    )*};
}

fixtures!(
    fields_of_a_configuration,
    conflicts_and_force,
    removal,
    list_maps,
    sets,
    atomic,
    updates,
    before_first_apply,
    mistakes,
    client_side_apply
);

#[test]
fn resetting_forgets_everybody() {
    for reset in [value!([]), value!([{}])] {
        let mut run = Run::new("core/v1.ConfigMap");
        run.apply("a", &yaml("{kind: ConfigMap, apiVersion: v1, data: {x: '1'}}"), false);
        let mut object = run.live().clone();
        object.set(&["metadata", "managedFields"], reset);
        let writer = Writer {
            manager: "b",
            api_version: "v1",
            subresource: "",
            time: "2026-01-01T00:00:09Z",
            reset: &[],
        };
        assert_eq!(track(Some(run.ty), run.live.as_ref(), &object, &writer), Value::Null);
    }
}

#[test]
fn old_updaters_become_one() {
    let mut run = Run::new("core/v1.ConfigMap");
    for i in 0..14 {
        let mut object = run.live.clone().unwrap_or_else(|| yaml("{kind: ConfigMap, apiVersion: v1}"));
        object.set(&["data", &format!("k{i:02}")], "v");
        run.update(&format!("m{i:02}"), object);
    }
    let list = managers::decode(&run.live()["metadata"]["managedFields"]);
    assert_eq!(list.len(), 10);
    assert_eq!(list[0].name, "ancient-changes");
    assert_eq!(list[0].set().paths().len(), 6);
    assert_eq!(list[9].name, "m13");
}

#[test]
fn nothing_changed_means_nothing_changes() {
    let mut run = Run::new("core/v1.ConfigMap");
    let config = yaml("{kind: ConfigMap, apiVersion: v1, metadata: {labels: {a: b}}, data: {x: '1'}}");
    run.apply("a", &config, false);
    let first = run.live().clone();
    run.apply("a", &config, false);
    assert_eq!(run.live(), &first);
    run.update("b", first.clone());
    assert_eq!(run.live(), &first);
}

/// Applied configurations of a pod spec: few names, so that managers meet.
fn config() -> impl Strategy<Value = Value> {
    let scalar = || proptest::option::of(0..3i64);
    let container = (0..3u8, scalar(), proptest::collection::btree_map("[xy]", "[12]", 0..3)).prop_map(
        |(name, image, env)| {
            let mut container = value!({"name": format!("c{name}")});
            if let Some(image) = image {
                container.set(&["image"], format!("i{image}"));
            }
            if !env.is_empty() {
                let env: Vec<Value> =
                    env.into_iter().map(|(name, value)| value!({"name": name, "value": value})).collect();
                container.set(&["env"], env);
            }
            container
        },
    );
    let containers = proptest::collection::vec(container, 0..4);
    let finalizers = proptest::collection::btree_set("[pqr]", 0..3);
    let labels = proptest::collection::btree_map("[lm]", "[12]", 0..3);
    (containers, finalizers, labels, scalar(), scalar()).prop_map(
        |(containers, finalizers, labels, priority, user)| {
            let mut seen = Vec::new();
            let containers: Vec<Value> = containers
                .into_iter()
                .filter(|container| {
                    let name = container["name"].clone();
                    let fresh = !seen.contains(&name);
                    seen.push(name);
                    fresh
                })
                .collect();
            let mut pod = value!({"kind": "Pod", "apiVersion": "v1"});
            if !containers.is_empty() {
                pod.set(&["spec", "containers"], containers);
            }
            if !finalizers.is_empty() {
                pod.set(&["metadata", "finalizers"], finalizers.into_iter().collect::<Vec<String>>());
            }
            for (key, value) in labels {
                pod.set(&["metadata", "labels", &key], value);
            }
            if let Some(priority) = priority {
                pod.set(&["spec", "priority"], priority);
            }
            if let Some(user) = user {
                pod.set(&["spec", "securityContext", "runAsUser"], user);
            }
            pod
        },
    )
}

/// Every applied field stands in the object with the applied value.
fn holds(shape: Shape, config: &Value, object: &Value) -> bool {
    let diff = walk::compare(shape, Some(config), Some(object));
    // Additions of others are fine; what the configuration has must neither differ nor be missing.
    let named = walk::fields_of(shape, config);
    diff.removed.is_empty() && named.intersection(&diff.changed).is_empty()
}

proptest! {
    #[test]
    fn applying_twice_is_applying_once(first in config(), second in config()) {
        let mut run = Run::new("core/v1.Pod");
        run.apply("a", &first, true);
        run.apply("b", &second, true);
        let once = run.live().clone();
        run.apply("b", &second, false);
        prop_assert_eq!(&run.outcome, &Ok(()));
        prop_assert_eq!(run.live(), &once);
    }

    #[test]
    fn the_last_forced_apply_wins(first in config(), second in config(), third in config()) {
        let mut run = Run::new("core/v1.Pod");
        for (manager, config) in [("a", &first), ("b", &second), ("a", &third)] {
            run.apply(manager, config, true);
            prop_assert!(holds(Shape::of_kind(Some(run.ty)), config, run.live()), "{config:?}\n{:?}", run.live());
        }
    }

    #[test]
    fn an_applier_that_gives_up_leaves_what_others_own(first in config(), second in config()) {
        let mut run = Run::new("core/v1.Pod");
        run.apply("b", &second, true);
        let alone = without_managers(run.live());
        run.apply("a", &first, false);
        let conflicted = run.outcome.is_err();
        run.apply("a", &value!({"kind": "Pod", "apiVersion": "v1"}), false);
        prop_assert_eq!(&run.outcome, &Ok(()));
        let left = without_managers(run.live());
        if conflicted {
            prop_assert_eq!(left, alone);
        } else {
            prop_assert!(holds(Shape::of_kind(Some(run.ty)), &second, &left));
            let list = managers::decode(&run.live()["metadata"]["managedFields"]);
            prop_assert!(list.iter().all(|manager| manager.name != "a"));
            let of = |value: &Value| walk::fields_of(Shape::of_kind(Some(run.ty)), value);
            // Structs that are always written may stay behind empty; no value does.
            let extra = of(&left).difference(&of(&alone)).paths();
            prop_assert!(extra.iter().all(|path| path == ".spec.securityContext" || path == ".metadata.labels"), "{extra:?}");
        }
    }

    #[test]
    fn reading_ends_whatever_the_text_is(text in "[{}\":.,a\\\\]{0,24}") {
        let fields = api::RawObject::trusted(&text);
        let set = FieldSet::read(&fields);
        prop_assert!(set.paths().len() <= text.len());
    }

    #[test]
    fn sets_survive_being_written(config in config(), other in config()) {
        let shape = Shape::of_kind(TypeId::find("core/v1.Pod"));
        let (left, right) = (walk::fields_of(shape, &config), walk::fields_of(shape, &other));
        prop_assert_eq!(&FieldSet::read(&left.encode()), &left);
        prop_assert_eq!(left.difference(&right).union(&left.intersection(&right)), left.clone());
        prop_assert_eq!(left.union(&right), right.union(&left));
        prop_assert_eq!(left.joined_to(&right.encode()), left.union(&right).encode());
        prop_assert_eq!(left.intersects(&right.encode()), !left.intersection(&right).is_empty());
        prop_assert_eq!(left.is_within(&right.encode()), left.difference(&right).is_empty());
    }
}
