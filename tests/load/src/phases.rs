//! What each phase does.

use std::time::Duration;
use std::time::Instant;

use anyhow::Context as _;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::TryStreamExt as _;
use futures_util::stream;
use http::Method;
use http::Request;
use serde_json::Value;
use serde_json::json;
use supervise::OnEnd;
use supervise::Rank;
use supervise::TaskKind;
use tokio::sync::mpsc;
use wire::Body;
use wire::Client;

use crate::Args;
use crate::measure::Kernel;
use crate::measure::Process;
use crate::measure::Row;
use crate::measure::Stopwatch;
use crate::objects;
use crate::server::Server;

static WATCHER: TaskKind = TaskKind { name: "watcher", rank: Rank::Informers, on_end: OnEnd::Nothing };

const JSON: &str = "application/json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const MERGE: &str = "application/merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";
const PODS: &str = "/api/v1/namespaces/load/pods";
const CONFIG_MAPS: &str = "/api/v1/namespaces/load/configmaps";
const PAGE: usize = 500;
/// Objects that the apply phase goes round.
const APPLIED: usize = 500;
/// How long watchers may take for what they are still owed when the last change is made.
const FAN_OUT_PATIENCE: Duration = Duration::from_secs(60);

/// Everything that phases share.
pub(crate) struct Phases {
    pub(crate) args: Args,
    pub(crate) server: Server,
    pub(crate) process: Process,
}

impl Phases {
    /// Makes the namespace, with the account that its pods run as.
    pub(crate) async fn prepare(&self) -> anyhow::Result<()> {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "load"}});
        self.server.send(Method::POST, "/api/v1/namespaces", JSON, namespace.to_string()).await?;
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}});
        let path = "/api/v1/namespaces/load/serviceaccounts/default?fieldManager=load";
        self.server.send(Method::PATCH, path, APPLY, account.to_string()).await.map(drop)
    }

    pub(crate) async fn create(&self) -> anyhow::Result<Row> {
        self.many("create", self.args.pods, self.args.concurrency, async |i| {
            self.server.send(Method::POST, PODS, JSON, objects::pod(i).to_string()).await
        })
        .await
    }

    pub(crate) async fn get(&self) -> anyhow::Result<Row> {
        self.many("get", self.args.pods, self.args.concurrency, async |i| self.server.get(&pod_path(i)).await)
            .await
    }

    pub(crate) async fn list(&self) -> anyhow::Result<Row> {
        self.many("list", self.args.lists, 2, async |_| self.server.get(PODS).await).await
    }

    pub(crate) async fn page(&self) -> anyhow::Result<Row> {
        let watch = Stopwatch::start("page", self.process)?;
        let mut latencies = Vec::new();
        for _ in 0..self.args.lists.min(5) {
            let mut token = String::new();
            loop {
                let start = Instant::now();
                let page = self.server.get(&format!("{PODS}?limit={PAGE}&continue={token}")).await?;
                latencies.push(start.elapsed());
                let page: Value = serde_json::from_slice(&page)?;
                token = page["metadata"]["continue"].as_str().unwrap_or("").to_owned();
                if token.is_empty() {
                    break;
                }
            }
        }
        watch.stop(latencies, String::new())
    }

    pub(crate) async fn selector(&self) -> anyhow::Result<Row> {
        self.many("selector", self.args.lists * 10, 4, async |i| {
            self.server.get(&format!("{PODS}?labelSelector=app%3D{}", objects::app(i))).await
        })
        .await
    }

    pub(crate) async fn patch(&self) -> anyhow::Result<Row> {
        self.many("patch", self.args.updates, self.args.concurrency, async |i| self.touch(i, STRATEGIC).await)
            .await
    }

    pub(crate) async fn apply(&self) -> anyhow::Result<Row> {
        self.many("apply", self.args.updates, self.args.concurrency, async |i| {
            let name = format!("applied-{:04}", i % APPLIED);
            let path = format!("{CONFIG_MAPS}/{name}?fieldManager=load&force=true");
            let config = objects::config_map(&name, i / APPLIED);
            self.server.send(Method::PATCH, &path, APPLY, config.to_string()).await
        })
        .await
    }

    pub(crate) async fn delete(&self) -> anyhow::Result<Row> {
        self.many("delete", self.args.pods, self.args.concurrency, async |i| {
            let path = format!("{}?gracePeriodSeconds=0", pod_path(i));
            self.server.send(Method::DELETE, &path, JSON, Bytes::new()).await
        })
        .await
    }

    pub(crate) async fn fill(&self) -> anyhow::Result<Row> {
        self.many("fill", self.args.fill, self.args.concurrency, async |i| {
            let object = objects::config_map(&filled(i), 0);
            self.server.send(Method::POST, CONFIG_MAPS, JSON, object.to_string()).await
        })
        .await
    }

    pub(crate) async fn write(&self) -> anyhow::Result<Row> {
        let stride = (self.args.fill / self.args.updates).max(1);
        self.many("write", self.args.updates, self.args.concurrency, async |i| {
            let path = format!("{CONFIG_MAPS}/{}", filled(i * stride % self.args.fill));
            let patch = json!({"data": {"round": i.to_string()}});
            self.server.send(Method::PATCH, &path, MERGE, patch.to_string()).await
        })
        .await
    }

    /// Every watcher must see every change.
    pub(crate) async fn watch(&self) -> anyhow::Result<Row> {
        let list: Value = serde_json::from_slice(&self.server.get(&format!("{PODS}?limit=1")).await?)?;
        let version = list["metadata"]["resourceVersion"].as_str().context("a list has a version")?;
        let (done, mut finished) = mpsc::channel(self.args.watchers.max(1));
        for _ in 0..self.args.watchers {
            let path = format!("{PODS}?watch=true&resourceVersion={version}");
            let client = self.server.connect();
            // The head of the answer is the server's word that the watch has begun.
            let answer = client.send(Request::get(path).body(Body::empty())?).await?;
            let (mut events, owed, done) = (answer.into_body(), self.args.updates, done.clone());
            self.server.spawner.spawn(&WATCHER, "", async move {
                let mut seen = 0;
                while seen < owed
                    && let Some(Ok(piece)) = events.next().await
                {
                    seen += memchr::memchr_iter(b'\n', &piece).count();
                }
                // The one who counts may have given up.
                done.send(seen).await.unwrap_or_default();
            });
        }
        drop(done);
        let watch = Stopwatch::start("watch", self.process)?;
        let latencies = self
            .timed(self.args.updates, self.args.concurrency, async |i| self.touch(i, MERGE).await)
            .await?;
        let mut delivered = 0;
        let all = async {
            while let Some(seen) = finished.recv().await {
                delivered += seen;
            }
        };
        let ended = tokio::time::timeout(FAN_OUT_PATIENCE, all).await;
        let owed = self.args.updates * self.args.watchers;
        anyhow::ensure!(ended.is_ok() && delivered == owed, "{delivered} of {owed} events were delivered");
        let rate = delivered as f64 / watch.elapsed().as_secs_f64();
        watch.stop(latencies, format!("{rate:.0} events/s to {} watchers", self.args.watchers))
    }

    /// What watches cost while nothing happens: an informer of a client holds one for each kind.
    pub(crate) async fn idle(&self) -> anyhow::Result<Row> {
        let (watches, each) = (self.args.idle_watches, self.args.watches_per_connection.max(1));
        let list: Value = serde_json::from_slice(&self.server.get(&format!("{CONFIG_MAPS}?limit=1")).await?)?;
        let version = list["metadata"]["resourceVersion"].as_str().context("a list has a version")?;
        let path = format!("{CONFIG_MAPS}?watch=true&allowWatchBookmarks=true&resourceVersion={version}");
        let (before, kernel_before) = (self.process.usage()?, Kernel::usage()?);
        let clients: Vec<Client> = (0..watches.div_ceil(each)).map(|_| self.server.connect()).collect();
        let stopwatch = Stopwatch::start("idle", self.process)?;
        let open = stream::iter(0..watches).map(async |i| {
            let start = Instant::now();
            let answer = clients[i / each].send(Request::get(&path).body(Body::empty())?).await?;
            anyhow::ensure!(answer.status().is_success(), "a watch was refused: {}", answer.status());
            Ok((start.elapsed(), answer.into_body()))
        });
        let opened: Vec<(Duration, Body)> =
            open.buffer_unordered(self.args.concurrency).try_collect().await?;
        let (after, kernel) = (self.process.usage()?, Kernel::usage()?);
        let share = |after: u64, before: u64| after.saturating_sub(before) as f64 / watches.max(1) as f64;
        let note = format!(
            "{} connections; each watch {:.1} KiB resident; of both ends {:.1} KiB kernel objects, {:.1} KiB TCP buffers",
            clients.len(),
            share(after.resident_kib, before.resident_kib),
            share(kernel.slab_kib, kernel_before.slab_kib),
            share(kernel.tcp_kib, kernel_before.tcp_kib),
        );
        let (latencies, bodies): (Vec<Duration>, Vec<Body>) = opened.into_iter().unzip();
        let row = stopwatch.stop(latencies, note);
        // The watches end only now.
        drop(bodies);
        row
    }

    /// Changes a pod: in every phase to something new.
    async fn touch(&self, number: usize, content_type: &str) -> anyhow::Result<Bytes> {
        let touched = format!("{content_type}-{number}");
        let patch = json!({"metadata": {"annotations": {"example.com/touched": touched}}});
        self.server
            .send(Method::PATCH, &pod_path(number % self.args.pods), content_type, patch.to_string())
            .await
    }

    async fn many(
        &self,
        name: &'static str,
        count: usize,
        concurrency: usize,
        operation: impl AsyncFn(usize) -> anyhow::Result<Bytes>,
    ) -> anyhow::Result<Row> {
        let watch = Stopwatch::start(name, self.process)?;
        let latencies = self.timed(count, concurrency, operation).await?;
        watch.stop(latencies, String::new())
    }

    /// How long each operation took; the first that fails ends it.
    async fn timed(
        &self,
        count: usize,
        concurrency: usize,
        operation: impl AsyncFn(usize) -> anyhow::Result<Bytes>,
    ) -> anyhow::Result<Vec<Duration>> {
        let operation = &operation;
        let timed = stream::iter(0..count).map(|i| async move {
            let start = Instant::now();
            operation(i).await?;
            Ok(start.elapsed())
        });
        timed.buffer_unordered(concurrency).try_collect().await
    }
}

fn pod_path(number: usize) -> String {
    format!("{PODS}/{}", objects::pod_name(number))
}

fn filled(number: usize) -> String {
    format!("filled-{number:06}")
}
