//! Objects with lists as long as clients like to make them.

use std::time::Duration;

use api::Entry;
use api::Value;
use bytes::Bytes;
use differential::Cluster;
use differential::Corpus;

use crate::bed::Bed;

/// Far more elements than anybody needs, and fewer than a body can hold.
const LENGTH: usize = 5_000;
/// The same for the keys of a map.
const KEYS: usize = 15_000;
/// Fields that are maps with any keys, and in `metadata` also what it does not know.
const MAPS: [&str; 14] = [
    "binaryData",
    "capacity",
    "data",
    "default",
    "hard",
    "limits",
    "matchLabels",
    "max",
    "metadata",
    "nodeSelector",
    "parameters",
    "requests",
    "selector",
    "stringData",
];
/// What a request may take of the processor, many times what it takes in a build with optimisation. One
/// that compares each element with all others takes longer, by whatever build.
const MOST: Duration = Duration::from_secs(2);

/// The way to a part of an object.
type Way = Vec<Step>;

#[derive(Clone)]
enum Step {
    Field(String),
    Item(usize),
}

/// A list or map of any kind takes the time of its length, and so does a list whose elements are all alike.
#[tokio::test(flavor = "multi_thread")]
async fn long_lists_take_the_time_of_their_length() {
    let bed = Bed::start(Cluster::OneFamily).await;
    let corpus = Corpus::load(Cluster::OneFamily).expect("the corpus reads");
    let (mut asked, mut slow) = (0, Vec::new());
    for scenario in &corpus.scenarios {
        let Some(step) = scenario.steps.iter().find(|step| step.name == "create full, dry") else { continue };
        let path = step.path.replace(&scenario.namespace(), "default");
        let object = api::yaml::parse(&step.body).expect("a sample is YAML").value;
        let mut ways = Vec::new();
        parts(&object, &mut Vec::new(), &mut ways);
        for way in ways {
            for alike in [true, false] {
                let mut long = object.clone();
                match part(&mut long, &way) {
                    list @ Value::Array(_) => lengthen(list, alike),
                    // The keys of a map are never alike.
                    _ if alike => continue,
                    map => fill(map),
                }
                let body = Bytes::from(api::json::to_string(&long));
                let headers = [("content-type".to_owned(), "application/json".to_owned())];
                let before = processor_time();
                let answer = bed.target.send("POST", &path, &headers, body).await;
                let spent = processor_time().saturating_sub(before);
                asked += 1;
                if spent > MOST || answer.is_err() {
                    let code = answer.map(|answer| answer.code);
                    slow.push(format!("{} {}: {spent:?}, {code:?}", scenario.name, shown(&way)));
                }
            }
        }
    }
    assert!(asked > 300, "only {asked} lists were found");
    assert!(slow.is_empty(), "{} of {asked} took too long:\n{}", slow.len(), slow.join("\n"));
}

/// Every list and map of an object. Those of templates are those of pods, which are a kind of their own, and
/// so are those of metadata.
fn parts(value: &Value, way: &mut Way, found: &mut Vec<Way>) {
    match value {
        Value::Object(map) => {
            for entry in map.iter().filter(|entry| entry.key.as_str() != "template") {
                way.push(Step::Field(entry.key.as_str().to_owned()));
                if MAPS.contains(&entry.key.as_str()) && entry.value.as_map().is_some() {
                    found.push(way.clone());
                }
                parts(&entry.value, way, found);
                way.pop();
            }
        }
        Value::Array(items) => {
            found.push(way.clone());
            for (place, item) in items.iter().enumerate() {
                way.push(Step::Item(place));
                parts(item, way, found);
                way.pop();
            }
        }
        _ => {}
    }
}

fn part<'v>(object: &'v mut Value, way: &[Step]) -> &'v mut Value {
    way.iter().fold(object, |at, step| match step {
        Step::Field(key) => at.at_mut(&[key.as_str()]),
        Step::Item(place) => &mut at.as_list_mut().expect("a list")[*place],
    })
}

fn shown(way: &[Step]) -> String {
    let steps = way.iter().map(|step| match step {
        Step::Field(key) => format!(".{key}"),
        Step::Item(place) => format!("[{place}]"),
    });
    steps.collect()
}

/// The first element again and again, or with another text each time.
fn lengthen(list: &mut Value, alike: bool) {
    let Some(first) = list.items().first().cloned() else { return };
    let another = |i: usize| {
        let mut item = first.clone();
        if !alike {
            number(&mut item, i);
        }
        item
    };
    *list = (0..LENGTH).map(another).collect();
}

/// Gives a map many keys, each with the value that the first has.
fn fill(map: &mut Value) {
    let first = map.entries().first().map_or_else(|| Value::from("x"), |entry| entry.value.clone());
    let entries = (0..KEYS).map(|i| Entry { key: format!("key-{i}").into(), value: first.clone() });
    map.ensure_map().extend(entries.collect());
}

/// Numbers the first text or number in a value.
fn number(value: &mut Value, i: usize) -> bool {
    match value {
        Value::String(text) => {
            text.push_str(&i.to_string());
            true
        }
        Value::Int(old) => {
            *old += i64::try_from(i).expect("a length");
            true
        }
        Value::Object(map) => map.iter_mut().any(|entry| number(&mut entry.value, i)),
        _ => false,
    }
}

/// What this process has had of the processors.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("there is one");
    let after_name = stat.rsplit(')').next().expect("a name in brackets");
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok());
    Duration::from_millis(ticks.sum::<u64>() * 10)
}
