//! Metrics: counters, gauges and histograms, shown as Prometheus' text format 0.0.4.
//!
//! Own rather than a library's: the libraries write OpenMetrics, which renames counters, and what
//! scrapes a Kubernetes API server expects upstream's names to the letter.
//!
//! Invariants:
//! - Counting is a few atomic additions; who counts often keeps the series ([`Family::with`]) or
//!   looks it up once.
//! - A family is shown from the moment it is registered, series or none.
//! - The number of series of a family is bounded ([`MAX_SERIES`]): label values that a client can
//!   choose must not fill the memory.

mod process;
mod text;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;
use parking_lot::RwLock;

pub use process::process;

/// The most series of one family. What comes later is counted in one series whose labels are all
/// `other`.
pub const MAX_SERIES: usize = 4096;

/// Every metric of a process; cheap to clone.
#[derive(Clone, Default)]
pub struct Registry {
    families: Arc<Mutex<Vec<Arc<dyn Show>>>>,
}

/// What a family's numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts observations in buckets.
    Histogram,
}

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

/// A number that goes up and down.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

/// Observations, counted in buckets.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [f64],
    /// One for each bound and one for everything above.
    buckets: Box<[AtomicU64]>,
    /// The bits of a 64-bit float.
    sum: AtomicU64,
}

/// The series of one name: one for each combination of label values.
pub struct Family<M> {
    head: Head,
    make: Box<dyn Fn() -> M + Send + Sync>,
    series: RwLock<HashMap<Box<[String]>, Arc<M>>>,
}

/// Numbers that are looked up when somebody asks.
pub struct Samples<'a> {
    head: &'a Head,
    out: &'a mut String,
}

/// Name, explanation, type and labels of a family.
struct Head {
    name: &'static str,
    help: &'static str,
    kind: Kind,
    labels: &'static [&'static str],
}

trait Show: Send + Sync {
    fn name(&self) -> &'static str;
    fn show(&self, out: &mut String);
}

impl Registry {
    /// A registry without metrics.
    pub fn new() -> Self {
        Self::default()
    }

    /// A family of counters.
    pub fn counters(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str],
    ) -> Arc<Family<Counter>> {
        self.family(Head { name, help, kind: Kind::Counter, labels }, Counter::default)
    }

    /// A family of gauges.
    pub fn gauges(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str],
    ) -> Arc<Family<Gauge>> {
        self.family(Head { name, help, kind: Kind::Gauge, labels }, Gauge::default)
    }

    /// A family of histograms with these upper bounds, which ascend.
    pub fn histograms(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str],
        bounds: &'static [f64],
    ) -> Arc<Family<Histogram>> {
        self.family(Head { name, help, kind: Kind::Histogram, labels }, move || Histogram::new(bounds))
    }

    /// A family of counters or gauges whose numbers are looked up when they are shown.
    pub fn looked_up(
        &self,
        name: &'static str,
        help: &'static str,
        kind: Kind,
        labels: &'static [&'static str],
        look: impl Fn(&mut Samples<'_>) + Send + Sync + 'static,
    ) {
        self.add(Arc::new(LookedUp { head: Head { name, help, kind, labels }, look: Box::new(look) }));
    }

    /// Everything, sorted by name, in the text format 0.0.4.
    pub fn text(&self) -> String {
        let mut families = self.families.lock().clone();
        families.sort_by_key(|family| family.name());
        let mut out = String::with_capacity(64 << 10);
        families.iter().for_each(|family| family.show(&mut out));
        out
    }

    fn family<M: Show1 + Send + Sync + 'static>(
        &self,
        head: Head,
        make: impl Fn() -> M + Send + Sync + 'static,
    ) -> Arc<Family<M>> {
        let family = Arc::new(Family { head, make: Box::new(make), series: RwLock::default() });
        if family.head.labels.is_empty() {
            family.with(&[]);
        }
        self.add(family.clone());
        family
    }

    fn add(&self, family: Arc<dyn Show>) {
        let mut families = self.families.lock();
        debug_assert!(families.iter().all(|f| f.name() != family.name()), "{} stands twice", family.name());
        families.push(family);
    }
}

impl<M> Family<M> {
    /// The series with these label values, in the order of the labels.
    pub fn with(&self, values: &[&str]) -> Arc<M> {
        debug_assert_eq!(values.len(), self.head.labels.len(), "{}", self.head.name);
        let key: Box<[String]> = values.iter().map(|value| (*value).to_owned()).collect();
        if let Some(series) = self.series.read().get(&key) {
            return series.clone();
        }
        let mut series = self.series.write();
        let key = if series.len() < MAX_SERIES || series.contains_key(&key) {
            key
        } else {
            key.iter().map(|_| "other".to_owned()).collect()
        };
        series.entry(key).or_insert_with(|| Arc::new((self.make)())).clone()
    }

    /// Forgets a series: what it was about is no more.
    pub fn forget(&self, values: &[&str]) {
        let key: Box<[String]> = values.iter().map(|value| (*value).to_owned()).collect();
        self.series.write().remove(&key);
    }
}

impl Counter {
    /// Adds one.
    pub fn inc(&self) {
        self.add(1);
    }

    /// Adds `n`.
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// The number.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Gauge {
    /// Adds `n`, which may be negative.
    pub fn add(&self, n: i64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// Sets the number.
    pub fn set(&self, n: i64) {
        self.0.store(n, Ordering::Relaxed);
    }

    /// Sets the number where it is larger.
    pub fn raise(&self, n: i64) {
        self.0.fetch_max(n, Ordering::Relaxed);
    }

    /// The number.
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Histogram {
    fn new(bounds: &'static [f64]) -> Self {
        let buckets = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, buckets, sum: AtomicU64::new(0f64.to_bits()) }
    }

    /// Counts one observation, of seconds or whatever the family's name says.
    pub fn observe(&self, value: f64) {
        let index = self.bounds.iter().position(|bound| value <= *bound).unwrap_or(self.bounds.len());
        self.buckets[index].fetch_add(1, Ordering::Relaxed);
        let add = |bits| Some((f64::from_bits(bits) + value).to_bits());
        self.sum.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).expect("always gives a value");
    }

    /// Number of observations.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).sum()
    }
}

impl Samples<'_> {
    /// One series.
    pub fn push(&mut self, values: &[&str], number: f64) {
        text::sample(self.out, self.head, "", values, None, number);
    }
}

struct LookedUp {
    head: Head,
    look: Box<dyn Fn(&mut Samples<'_>) + Send + Sync>,
}

impl Show for LookedUp {
    fn name(&self) -> &'static str {
        self.head.name
    }

    fn show(&self, out: &mut String) {
        text::head(out, &self.head);
        (self.look)(&mut Samples { head: &self.head, out });
    }
}

/// One series, shown.
trait Show1 {
    fn show1(&self, out: &mut String, head: &Head, values: &[&str]);
}

impl Show1 for Counter {
    fn show1(&self, out: &mut String, head: &Head, values: &[&str]) {
        text::sample(out, head, "", values, None, self.get() as f64);
    }
}

impl Show1 for Gauge {
    fn show1(&self, out: &mut String, head: &Head, values: &[&str]) {
        text::sample(out, head, "", values, None, self.get() as f64);
    }
}

impl Show1 for Histogram {
    fn show1(&self, out: &mut String, head: &Head, values: &[&str]) {
        let mut count = 0;
        for (i, bucket) in self.buckets.iter().enumerate() {
            count += bucket.load(Ordering::Relaxed);
            let bound = self.bounds.get(i).copied().unwrap_or(f64::INFINITY);
            text::sample(out, head, "_bucket", values, Some(bound), count as f64);
        }
        let sum = f64::from_bits(self.sum.load(Ordering::Relaxed));
        text::sample(out, head, "_sum", values, None, sum);
        text::sample(out, head, "_count", values, None, count as f64);
    }
}

impl<M: Show1 + Send + Sync> Show for Family<M> {
    fn name(&self) -> &'static str {
        self.head.name
    }

    fn show(&self, out: &mut String) {
        text::head(out, &self.head);
        let series = self.series.read();
        let mut sorted: Vec<_> = series.iter().collect();
        sorted.sort_by_key(|(values, _)| *values);
        for (values, metric) in sorted {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            metric.show1(out, &self.head, &values);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_format() {
        let registry = Registry::new();
        let requests = registry.counters("requests_total", "Requests.", &["verb", "code"]);
        requests.with(&["GET", "200"]).add(3);
        requests.with(&["A\"B\\\n", "200"]).inc();
        registry.gauges("in_flight", "Now.", &[]).with(&[]).add(-2);
        let seconds = registry.histograms("seconds", "How long.", &["verb"], &[0.5, 1.0]);
        for value in [0.25, 0.5, 0.75, 7.0] {
            seconds.with(&["GET"]).observe(value);
        }
        registry.looked_up("objects", "Objects.", Kind::Gauge, &["resource"], |out| out.push(&["pods"], 5.0));
        registry.counters("nothing_total", "None yet.", &["x"]);
        let expected = r#"# HELP in_flight Now.
# TYPE in_flight gauge
in_flight -2
# HELP nothing_total None yet.
# TYPE nothing_total counter
# HELP objects Objects.
# TYPE objects gauge
objects{resource="pods"} 5
# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{verb="A\"B\\\n",code="200"} 1
requests_total{verb="GET",code="200"} 3
# HELP seconds How long.
# TYPE seconds histogram
seconds_bucket{verb="GET",le="0.5"} 2
seconds_bucket{verb="GET",le="1"} 3
seconds_bucket{verb="GET",le="+Inf"} 4
seconds_sum{verb="GET"} 8.5
seconds_count{verb="GET"} 4
"#;
        assert_eq!(registry.text(), expected);
    }

    #[test]
    fn series_are_bounded() {
        let registry = Registry::new();
        let family = registry.counters("many_total", "Many.", &["x"]);
        for i in 0..2 * MAX_SERIES {
            family.with(&[&i.to_string()]).inc();
        }
        assert_eq!(registry.text().lines().count(), 2 + MAX_SERIES + 1);
        assert_eq!(family.with(&["other"]).get() as usize, MAX_SERIES);
        assert_eq!(family.with(&["17"]).get(), 1);
    }

    #[test]
    fn the_process_is_seen() {
        let registry = Registry::new();
        process(&registry);
        let text = registry.text();
        for name in [
            "process_cpu_seconds_total",
            "process_max_fds",
            "process_open_fds",
            "process_resident_memory_bytes",
            "process_start_time_seconds",
            "process_virtual_memory_bytes",
        ] {
            let line = text.lines().find(|line| line.starts_with(&format!("{name} "))).expect(name);
            let number: f64 = line.rsplit(' ').next().and_then(|n| n.parse().ok()).expect("a number");
            assert!(number > 0.0 || name.contains("cpu"), "{line}");
        }
    }
}
