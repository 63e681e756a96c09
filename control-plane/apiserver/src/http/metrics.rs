//! The metrics of requests, under upstream's names.

use std::collections::HashMap;
use std::sync::Arc;

use api::Resource;
use parking_lot::RwLock;
use telemetry::metrics::Counter;
use telemetry::metrics::Family;
use telemetry::metrics::Gauge;
use telemetry::metrics::Histogram;
use telemetry::metrics::Registry;
use tokio::time::Instant;

use super::inquiry::Inquiry;
use super::inquiry::Kind;
use crate::authz::Attributes;

const SECONDS: &[f64] = &[
    0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0,
    20.0, 30.0, 45.0, 60.0,
];
const BYTES: &[f64] = &[1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/// Every family of requests.
pub(crate) struct RequestMetrics {
    requests: Arc<Family<Counter>>,
    duration: Arc<Family<Histogram>>,
    sizes: Arc<Family<Histogram>>,
    long_running: Arc<Family<Gauge>>,
    terminations: Arc<Family<Counter>>,
    watch_events: Arc<Family<Counter>>,
    read_only: Arc<Gauge>,
    mutating: Arc<Gauge>,
    series: RwLock<HashMap<Key, Arc<Series>>>,
}

/// What tells requests apart, without what they are answered.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    verb: &'static str,
    /// The address of the row in the table, which is static.
    resource: usize,
    subresource: &'static str,
    scope: &'static str,
    dry_run: bool,
}

struct Series {
    labels: [&'static str; 8],
    duration: Arc<Histogram>,
    sizes: Arc<Histogram>,
    long_running: Arc<Gauge>,
    codes: RwLock<Vec<(u16, Arc<Counter>)>>,
}

/// A request on its way.
pub(crate) struct Observed {
    series: Arc<Series>,
    in_flight: Option<Arc<Gauge>>,
    started: Instant,
}

/// A long-running request that is counted until this is dropped.
pub(crate) struct Lasting {
    gauge: Arc<Gauge>,
}

impl RequestMetrics {
    pub(crate) fn new(registry: &Registry) -> Self {
        let in_flight = registry.gauges(
            "apiserver_current_inflight_requests",
            "Number of requests that are being answered.",
            &["request_kind"],
        );
        Self {
            requests: registry.counters(
                "apiserver_request_total",
                "Number of requests by verb, resource, scope and code.",
                &[
                    "verb",
                    "dry_run",
                    "group",
                    "version",
                    "resource",
                    "subresource",
                    "scope",
                    "component",
                    "code",
                ],
            ),
            duration: registry.histograms(
                "apiserver_request_duration_seconds",
                "How long requests took until their answer was ready (of a watch: until it was set up).",
                &["verb", "dry_run", "group", "version", "resource", "subresource", "scope", "component"],
                SECONDS,
            ),
            sizes: registry.histograms(
                "apiserver_response_sizes",
                "Bytes of answers of known length.",
                &["verb", "group", "version", "resource", "subresource", "scope", "component"],
                BYTES,
            ),
            long_running: registry.gauges(
                "apiserver_longrunning_requests",
                "Number of watches, log streams, sessions and proxied requests.",
                &["verb", "group", "version", "resource", "subresource", "scope", "component"],
            ),
            terminations: registry.counters(
                "apiserver_request_terminations_total",
                "Number of requests that were ended in self-defence.",
                &["verb", "group", "version", "resource", "subresource", "scope", "component", "code"],
            ),
            watch_events: registry.counters(
                "apiserver_watch_events_total",
                "Number of events sent to watches.",
                &["group", "version", "resource"],
            ),
            read_only: in_flight.with(&["readOnly"]),
            mutating: in_flight.with(&["mutating"]),
            series: RwLock::default(),
        }
    }

    /// A request begins.
    pub(super) fn begin(&self, inquiry: &Inquiry, apply: bool) -> Observed {
        let in_flight = match inquiry.kind {
            Kind::ReadOnly => Some(self.read_only.clone()),
            Kind::Mutating => Some(self.mutating.clone()),
            Kind::Watch | Kind::LongRunning => None,
        };
        if let Some(gauge) = &in_flight {
            gauge.add(1);
        }
        Observed { series: self.series(inquiry, apply), in_flight, started: Instant::now() }
    }

    /// A request was answered.
    pub(super) fn end(&self, observed: &Observed, code: u16, bytes: Option<u64>) {
        let series = &observed.series;
        series.duration.observe(observed.started.elapsed().as_secs_f64());
        if let Some(bytes) = bytes {
            series.sizes.observe(bytes as f64);
        }
        let found = series.codes.read().iter().find(|(c, _)| *c == code).map(|(_, counter)| counter.clone());
        let counter = found.unwrap_or_else(|| {
            let text = code.to_string();
            let mut labels: Vec<&str> = series.labels.to_vec();
            labels.push(&text);
            let counter = self.requests.with(&labels);
            series.codes.write().push((code, counter.clone()));
            counter
        });
        counter.inc();
    }

    /// A request was refused or cut short to protect the server.
    pub(super) fn terminated(&self, observed: &Observed, code: u16) {
        let [verb, _, group, version, resource, subresource, scope, component] = observed.series.labels;
        let code = code.to_string();
        let labels = [verb, group, version, resource, subresource, scope, component, &code];
        self.terminations.with(&labels).inc();
    }

    /// The counter of a resource's watch events.
    pub(super) fn watch_events(&self, resource: &'static Resource) -> Arc<Counter> {
        self.watch_events.with(&[resource.group, resource.version, resource.name])
    }

    fn series(&self, inquiry: &Inquiry, apply: bool) -> Arc<Series> {
        let resource = inquiry.resource();
        let attributes = &inquiry.attributes;
        let subresource = match resource {
            Some(row) => row.subresource(&attributes.subresource).map_or("", |sub| sub.name),
            None => "",
        };
        let key = Key {
            verb: verb(inquiry, apply),
            resource: resource.map_or(0, |row| std::ptr::from_ref(row) as usize),
            subresource,
            scope: scope(attributes, resource),
            dry_run: inquiry.query.has("dryRun"),
        };
        if let Some(series) = self.series.read().get(&key) {
            return series.clone();
        }
        let series = Arc::new(self.make(key, resource));
        self.series.write().entry(key).or_insert(series).clone()
    }

    fn make(&self, key: Key, resource: Option<&'static Resource>) -> Series {
        let [group, version, name] = resource.map_or([""; 3], |row| [row.group, row.version, row.name]);
        let dry_run = if key.dry_run { "All" } else { "" };
        let labels = [key.verb, dry_run, group, version, name, key.subresource, key.scope, "apiserver"];
        let short = [key.verb, group, version, name, key.subresource, key.scope, "apiserver"];
        Series {
            labels,
            duration: self.duration.with(&labels),
            sizes: self.sizes.with(&short),
            long_running: self.long_running.with(&short),
            codes: RwLock::default(),
        }
    }
}

impl Observed {
    /// Counts the request as long-running from now on.
    pub(super) fn lasts(&self) -> Lasting {
        self.series.long_running.add(1);
        Lasting { gauge: self.series.long_running.clone() }
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        if let Some(gauge) = &self.in_flight {
            gauge.add(-1);
        }
    }
}

impl Drop for Lasting {
    fn drop(&mut self) {
        self.gauge.add(-1);
    }
}

/// Upstream's names: those of HTTP, with what HTTP does not tell apart.
fn verb(inquiry: &Inquiry, apply: bool) -> &'static str {
    if inquiry.kind == Kind::LongRunning && inquiry.attributes.subresource != "log" {
        return "CONNECT";
    }
    match inquiry.attributes.verb.as_str() {
        "get" => "GET",
        "list" => "LIST",
        "watch" => "WATCH",
        "create" | "post" => "POST",
        "update" | "put" => "PUT",
        "patch" if apply => "APPLY",
        "patch" => "PATCH",
        "delete" => "DELETE",
        "deletecollection" => "DELETECOLLECTION",
        "head" => "HEAD",
        _ => "other",
    }
}

fn scope(attributes: &Attributes, resource: Option<&'static Resource>) -> &'static str {
    match resource {
        None => "",
        Some(_) if !attributes.name.is_empty() || attributes.verb == "create" => "resource",
        Some(_) if !attributes.namespace.is_empty() => "namespace",
        Some(_) => "cluster",
    }
}
