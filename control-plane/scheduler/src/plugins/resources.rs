//! Rules about resources: what fits, and what keeps nodes evenly loaded.

use std::borrow::Cow;

use crate::framework::MAX_SCORE;
use crate::framework::Plugin;
use crate::framework::Prepared;
use crate::framework::Rejection;
use crate::framework::World;
use crate::framework::events;
use crate::node::NodeInfo;
use crate::pod::PodInfo;
use crate::resources::Resources;

/// A node must have what a pod asks for; the emptiest is best (`LeastAllocated`).
pub struct Fit;
/// CPU and memory should be used alike.
pub struct BalancedAllocation;

struct Fitting<'a>(&'a PodInfo);
struct Balanced<'a>(&'a PodInfo);

impl Plugin for Fit {
    fn name(&self) -> &'static str {
        "NodeResourcesFit"
    }

    fn weight(&self) -> i64 {
        1
    }

    fn events(&self) -> u8 {
        events::POD_GONE | events::NODE_ALLOCATABLE
    }

    fn prepare<'a>(&'a self, pod: &'a PodInfo, _: &'a World<'a>) -> Option<Box<dyn Prepared + 'a>> {
        Some(Box::new(Fitting(pod)))
    }
}

impl Prepared for Fitting<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        let asked = &self.0.requests.exact;
        let reserved = reserved(self.0, node);
        let (has, taken) = (&node.allocatable, reserved.as_ref().unwrap_or(&node.requested));
        let short = |asked: i64, has: i64, taken: i64| asked > 0 && asked > has - taken;
        let mut reasons: Vec<Cow<'static, str>> = Vec::new();
        // Evicting pods cannot give a node more than it has altogether.
        let mut resolvable = true;
        if node.pods.len() as i64 + 1 > node.allowed_pods {
            reasons.push("Too many pods".into());
        }
        let mut check = |reason: Cow<'static, str>, asked, has, taken| {
            if short(asked, has, taken) {
                reasons.push(reason);
                resolvable &= asked <= has;
            }
        };
        check("Insufficient cpu".into(), asked.cpu_millis, has.cpu_millis, taken.cpu_millis);
        check("Insufficient memory".into(), asked.memory_bytes, has.memory_bytes, taken.memory_bytes);
        check(
            "Insufficient ephemeral-storage".into(),
            asked.ephemeral_bytes,
            has.ephemeral_bytes,
            taken.ephemeral_bytes,
        );
        for (name, amount) in &asked.extended {
            let (has, taken) = (has.extended(name), taken.extended(name));
            if short(*amount, has, taken) {
                check(format!("Insufficient {name}").into(), *amount, has, taken);
            }
        }
        if reasons.is_empty() { Ok(()) } else { Err(Rejection { reasons, resolvable }) }
    }

    fn scores(&self, nodes: &[&NodeInfo]) -> Vec<i64> {
        let requests = &self.0.requests;
        let free = |has: i64, taken: i64| {
            if taken > has { 0 } else { (has - taken) * MAX_SCORE / has }
        };
        let score = |node: &&NodeInfo| {
            let pairs = [
                (node.allocatable.cpu_millis, node.usual_cpu_millis + requests.usual_cpu_millis),
                (node.allocatable.memory_bytes, node.usual_memory_bytes + requests.usual_memory_bytes),
            ];
            let known = pairs.iter().filter(|(has, _)| *has > 0);
            let (sum, count) = known.fold((0, 0), |(sum, n), (has, taken)| (sum + free(*has, *taken), n + 1));
            if count == 0 { 0 } else { sum / count }
        };
        nodes.iter().map(score).collect()
    }
}

/// What is taken together with what is kept for pods at least as important; `None` where nothing is.
fn reserved(pod: &PodInfo, node: &NodeInfo) -> Option<Resources> {
    let waiting = || {
        let others = node.nominated.iter().filter(|other| other.object.uid() != pod.object.uid());
        others.filter(|other| other.priority >= pod.priority)
    };
    waiting().next()?;
    let mut reserved = node.requested.clone();
    waiting().for_each(|other| reserved.shift(&other.requests.exact, 1));
    Some(reserved)
}

impl Plugin for BalancedAllocation {
    fn name(&self) -> &'static str {
        "NodeResourcesBalancedAllocation"
    }

    fn weight(&self) -> i64 {
        1
    }

    fn events(&self) -> u8 {
        0
    }

    fn prepare<'a>(&'a self, pod: &'a PodInfo, _: &'a World<'a>) -> Option<Box<dyn Prepared + 'a>> {
        let asked = &pod.requests.exact;
        // A pod that asks for nothing balances nothing.
        (asked.cpu_millis > 0 || asked.memory_bytes > 0).then(|| Box::new(Balanced(pod)) as _)
    }
}

impl Prepared for Balanced<'_> {
    fn scores(&self, nodes: &[&NodeInfo]) -> Vec<i64> {
        let asked = &self.0.requests.exact;
        let share = |taken: i64, has: i64| (has > 0).then(|| (taken as f64 / has as f64).min(1.0));
        let score = |node: &&NodeInfo| {
            let (has, taken) = (&node.allocatable, &node.requested);
            let cpu = share(taken.cpu_millis + asked.cpu_millis, has.cpu_millis);
            let memory = share(taken.memory_bytes + asked.memory_bytes, has.memory_bytes);
            // The standard deviation of two numbers is half their distance.
            let deviation = cpu.zip(memory).map_or(0.0, |(cpu, memory)| (cpu - memory).abs() / 2.0);
            ((1.0 - deviation) * MAX_SCORE as f64) as i64
        };
        nodes.iter().map(score).collect()
    }
}
