//! What pods use: `/stats/summary`, `/metrics/resource`, and the kubelet's own `/metrics`.

use std::fmt::Write;

use api::Value;
use api::value;
use http::Response;
use http::StatusCode;
use runtime::types::ContainerState;
use runtime::types::Stats;
use wire::Body;

use super::KubeletApi;
use super::Refusal;
use super::json;
use super::text;

/// A container with what it uses.
struct Used {
    namespace: String,
    pod: String,
    uid: String,
    container: String,
    started_at: jiff::Timestamp,
    stats: Stats,
}

impl KubeletApi {
    /// Upstream's Summary API, as far as this node measures.
    pub(super) async fn summary(&self) -> Result<Response<Body>, Refusal> {
        let used = self.used().await?;
        let mut pods: Vec<Value> = Vec::new();
        for pod in self.pods.list() {
            let of_pod: Vec<&Used> = used.iter().filter(|used| used.uid == pod.uid()).collect();
            let containers: Vec<Value> = of_pod
                .iter()
                .map(|used| {
                    let time = meta::time::seconds(used.started_at);
                    value!({
                        "name": &used.container, "startTime": &time,
                        "cpu": cpu(&used.stats), "memory": memory(&used.stats)
                    })
                })
                .collect();
            let mut stats = value!({
                "podRef": {"name": pod.name(), "namespace": pod.namespace(), "uid": pod.uid()},
                "startTime": pod.value()["status"]["startTime"].clone(),
                "containers": containers
            });
            if let Ok(Some(link)) = self.shared.deps.network.usage(pod.uid()) {
                let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
                stats.set(
                    &["network"],
                    value!({
                        "name": "eth0", "rxBytes": number(link.rx_bytes), "rxErrors": number(link.rx_errors),
                        "txBytes": number(link.tx_bytes), "txErrors": number(link.tx_errors)
                    }),
                );
            }
            pods.push(stats);
        }
        let mut node = value!({"nodeName": &self.shared.config.node_name});
        if let Some((cpu_seconds, memory_bytes)) = crate::node::usage() {
            let time = meta::time::seconds(self.shared.deps.clock.now());
            let cpu_ns = (cpu_seconds * 1e9) as i64;
            node.set(&["cpu"], value!({"time": &time, "usageCoreNanoSeconds": cpu_ns}));
            node.set(&["memory"], value!({"time": &time, "workingSetBytes": memory_bytes}));
        }
        let summary = value!({"node": node, "pods": pods});
        Ok(json(api::json::to_vec(&summary)))
    }

    /// What metrics-server reads.
    pub(super) async fn resource_metrics(&self) -> Result<Response<Body>, Refusal> {
        let used = self.used().await?;
        let mut output = String::new();
        let mut family = |name: &str, kind: &str, value: &dyn Fn(&Stats) -> f64| {
            output
                .write_fmt(format_args!("# TYPE {name} {kind}\n"))
                .expect("writing to a string does not fail");
            for used in &used {
                let labels = format!(
                    "container=\"{}\",namespace=\"{}\",pod=\"{}\"",
                    used.container, used.namespace, used.pod
                );
                let at = used.stats.at.as_millisecond();
                output
                    .write_fmt(format_args!("{name}{{{labels}}} {} {at}\n", value(&used.stats)))
                    .expect("writing to a string does not fail");
            }
        };
        family("container_cpu_usage_seconds_total", "counter", &|stats| stats.cpu_ns as f64 / 1e9);
        family("container_memory_working_set_bytes", "gauge", &|stats| stats.memory_working_set_bytes as f64);
        output.push_str("# TYPE container_start_time_seconds gauge\n");
        for used in &used {
            let labels = format!(
                "container=\"{}\",namespace=\"{}\",pod=\"{}\"",
                used.container, used.namespace, used.pod
            );
            let began = used.started_at.as_millisecond() as f64 / 1e3;
            output
                .write_fmt(format_args!("container_start_time_seconds{{{labels}}} {began}\n"))
                .expect("writing to a string does not fail");
        }
        if let Some((cpu_seconds, memory_bytes)) = crate::node::usage() {
            let node = format!(
                "# TYPE node_cpu_usage_seconds_total counter\nnode_cpu_usage_seconds_total {cpu_seconds}\n\
                 # TYPE node_memory_working_set_bytes gauge\nnode_memory_working_set_bytes {memory_bytes}\n"
            );
            output.push_str(&node);
        }
        Ok(text(StatusCode::OK, output))
    }

    /// Counts of the kubelet itself.
    pub(super) fn metrics(&self) -> Response<Body> {
        let pods = self.pods.list();
        let running =
            pods.iter().filter(|pod| pod.value()["status"]["phase"].as_str() == Some("Running")).count();
        text(
            StatusCode::OK,
            format!(
                "# TYPE kubelet_running_pods gauge\nkubelet_running_pods {running}\n\
                 # TYPE kubelet_desired_pods gauge\nkubelet_desired_pods {}\n",
                pods.len()
            ),
        )
    }

    async fn used(&self) -> Result<Vec<Used>, Refusal> {
        let runtime = &self.shared.deps.runtime;
        let failed = |error: runtime::Error| Refusal::internal(error.chain());
        let sandboxes = runtime.sandboxes().await.map_err(failed)?;
        let mut used = Vec::new();
        for container in runtime.containers().await.map_err(failed)? {
            let Some(sandbox) = sandboxes.iter().find(|sandbox| sandbox.id == container.sandbox) else {
                continue;
            };
            if container.state != ContainerState::Running {
                continue;
            }
            // One that has just ended is not there to be measured.
            let Ok(stats) = runtime.container_stats(&container.id).await else { continue };
            used.push(Used {
                namespace: sandbox.config.namespace.clone(),
                pod: sandbox.config.name.clone(),
                uid: sandbox.config.uid.clone(),
                started_at: container.started_at.unwrap_or(container.created_at),
                container: container.config.name,
                stats,
            });
        }
        Ok(used)
    }
}

fn cpu(stats: &Stats) -> Value {
    let total = i64::try_from(stats.cpu_ns).unwrap_or(i64::MAX);
    value!({"time": meta::time::seconds(stats.at), "usageCoreNanoSeconds": total})
}

fn memory(stats: &Stats) -> Value {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    value!({
        "time": meta::time::seconds(stats.at),
        "usageBytes": number(stats.memory_bytes),
        "workingSetBytes": number(stats.memory_working_set_bytes),
        "rssBytes": number(stats.memory_rss_bytes),
        "pageFaults": number(stats.page_faults),
        "majorPageFaults": number(stats.major_page_faults)
    })
}
