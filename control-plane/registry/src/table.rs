//! What `kubectl get` shows: the columns of each kind's table and the cells of a row.
//!
//! A kind names its [`Table`] in [`Strategy::table`](crate::Strategy::table). The columns are those
//! that upstream shows; what one shows with `-o wide` only is of priority 1.

mod core;
mod network;
mod pod;
mod policy;
mod resource;
mod storage;
mod workloads;

use api::Object;
use api::Value;
use api::selector;
use api::value;
use api::view::MapView;
use jiff::Timestamp;

pub(crate) use self::core::*;
pub(crate) use network::*;
pub(crate) use pod::POD;
pub(crate) use policy::*;
pub(crate) use resource::*;
pub(crate) use storage::*;
pub use workloads::SCALE;
pub(crate) use workloads::*;

/// The columns of a kind and how an object fills them.
pub struct Table {
    columns: &'static [Column],
    /// Makes the cells after the name; ages are counted to the time given.
    row: fn(&Object, Timestamp) -> Vec<Value>,
    name: NameColumn,
}

/// A column: name, type, priority.
type Column = (&'static str, &'static str, i64);

/// What stands before the columns of a kind.
enum NameColumn {
    Plain,
    /// `(default)` stands behind the name where one of these annotations is true.
    Marked(&'static [&'static str]),
    /// The name, without saying that it is one.
    Bare,
    /// Nothing: the name is among the columns.
    Elsewhere,
}

const STR: &str = "string";
const INT: &str = "integer";
const BOOL: &str = "boolean";
const NONE: &str = "<none>";
const UNSET: &str = "<unset>";

/// Name and time of creation: the table of a kind without one of its own.
pub(crate) static GENERIC: Table = Table::new(&[("Created At", "date", 0)], |object, _| {
    vec![object.value()["metadata"]["creationTimestamp"].clone()]
});

impl Table {
    const fn new(columns: &'static [Column], row: fn(&Object, Timestamp) -> Vec<Value>) -> Self {
        Self { columns, row, name: NameColumn::Plain }
    }

    const fn marked(self, annotations: &'static [&'static str]) -> Self {
        Self { name: NameColumn::Marked(annotations), ..self }
    }

    const fn with_bare_name(self) -> Self {
        Self { name: NameColumn::Bare, ..self }
    }

    const fn with_name_elsewhere(self) -> Self {
        Self { name: NameColumn::Elsewhere, ..self }
    }

    /// The definitions of all columns, as `metav1.TableColumnDefinition`.
    pub fn definitions(&self) -> Vec<Value> {
        let define = |(name, kind, priority): &Column| {
            // Upstream calls the driver of an attachment a name, too.
            let named = matches!(*name, "Name" | "Attacher") && !matches!(self.name, NameColumn::Bare);
            let format = if named { "name" } else { "" };
            value!({"name": *name, "type": *kind, "format": format, "description": "", "priority": *priority})
        };
        let name: &[Column] = match self.name {
            NameColumn::Elsewhere => &[],
            NameColumn::Plain | NameColumn::Bare | NameColumn::Marked(_) => &[("Name", STR, 0)],
        };
        name.iter().chain(self.columns).map(define).collect()
    }

    /// One row; ages are counted to `now`.
    pub fn cells(&self, object: &Object, now: Timestamp) -> Vec<Value> {
        let mut cells = match self.name {
            NameColumn::Plain | NameColumn::Bare => vec![object.name().into()],
            NameColumn::Marked(annotations) => vec![marked_name(object, annotations)],
            NameColumn::Elsewhere => Vec::new(),
        };
        cells.extend((self.row)(object, now));
        cells
    }
}

fn marked_name(object: &Object, annotations: &[&str]) -> Value {
    let set = MapView::of(&object.value()["metadata"]["annotations"]);
    match annotations.iter().any(|key| set.str(key) == Some("true")) {
        true => format!("{} (default)", object.name()).into(),
        false => object.name().into(),
    }
}

fn age(object: &Object, now: Timestamp) -> Value {
    api::view::time(&object.value()["metadata"]["creationTimestamp"])
        .map_or("<unknown>".to_owned(), |created| human(created, now))
        .into()
}

/// A duration in the two most telling units, as kubectl writes it.
fn human(from: Timestamp, to: Timestamp) -> String {
    let seconds = to.as_second() - from.as_second();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    let with = |large: i64, unit: &str, small: i64, sub: &str| {
        if small == 0 { format!("{large}{unit}") } else { format!("{large}{unit}{small}{sub}") }
    };
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1..0 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        120..600 => with(minutes, "m", seconds % 60, "s"),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => with(hours, "h", minutes % 60, "m"),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => with(days, "d", hours % 24, "h"),
        691_200..63_072_000 => format!("{days}d"),
        63_072_000..252_288_000 => with(days / 365, "y", days % 365, "d"),
        _ => format!("{}y", days / 365),
    }
}

fn or(value: &Value, otherwise: &str) -> Value {
    value.as_str().unwrap_or(otherwise).into()
}

fn or_none(text: &str) -> Value {
    if text.is_empty() { NONE.into() } else { text.into() }
}

fn pairs(map: &Value) -> Value {
    let list: Vec<String> = map.entries().strings().map(|(key, value)| format!("{key}={value}")).collect();
    or_none(&list.join(","))
}

fn limited(list: &[String], most: usize) -> String {
    match list.len() {
        0 => NONE.to_owned(),
        n if n > most => format!("{} + {} more...", list[..most].join(","), n - most),
        _ => list.join(","),
    }
}

/// Names and images of containers.
fn containers(list: &Value) -> Vec<Value> {
    let join = |key: &str| -> Value {
        list.items().iter().map(|c| c[key].str_or_empty()).collect::<Vec<_>>().join(",").into()
    };
    vec![join("name"), join("image")]
}

/// A label selector in one line.
fn label_selector(selector: &Value) -> Value {
    let parsed = selector::labels(selector).map(|parsed| parsed.to_string());
    or_none(&parsed.unwrap_or_default())
}

fn phase(object: &Object) -> Value {
    match object.value()["metadata"]["deletionTimestamp"].is_null() {
        true => object.value()["status"]["phase"].str_or_empty().into(),
        false => "Terminating".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_kubectl_writes_them() {
        let from = Timestamp::UNIX_EPOCH;
        let at = |seconds| Timestamp::from_second(seconds).expect("in range");
        for (seconds, text) in [
            (-1, "0s"),
            (-5, "<invalid>"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (700, "11m"),
            (3 * 3600, "3h"),
            (3 * 3600 + 300, "3h5m"),
            (30 * 3600, "30h"),
            (49 * 3600, "2d1h"),
            (20 * 86400, "20d"),
            (3 * 365 * 86400 + 86400, "3y1d"),
        ] {
            assert_eq!(human(from, at(seconds)), text, "{seconds}");
        }
    }
}
