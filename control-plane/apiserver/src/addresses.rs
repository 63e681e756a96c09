//! Cluster IPs and node ports: given to Services, never twice.
//!
//! Which are taken is known from the Services themselves; a reservation made here holds until the
//! commit that uses it is decided. Each address is also an IPAddress object, written in the same
//! transaction as its Service, so that the store itself refuses a second use.

use std::collections::HashSet;
use std::net::IpAddr;

use api::Object;
use api::Resource;
use api::Value;
use api::value;
use ipnet::IpNet;
use meta::Cause;
use meta::Status;
use parking_lot::Mutex;
use stdx::Rng;
use store::Durability;
use store::Expect;

use crate::config::NodePorts;
use crate::storage::ObjectWrite;

/// Random tries before the free ones are searched in order.
const RANDOM_TRIES: u64 = 64;

/// Every address and port that Services use.
pub(crate) struct Addresses {
    cidrs: Vec<IpNet>,
    ports: NodePorts,
    rng: Rng,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    ips: HashSet<IpAddr>,
    ports: HashSet<u16>,
}

/// What a write of a Service takes and gives back, until it is decided.
#[derive(Default)]
pub(crate) struct Allocation {
    taken_ips: Vec<IpAddr>,
    taken_ports: Vec<u16>,
    freed_ips: Vec<IpAddr>,
    writes: Vec<ObjectWrite>,
}

impl Allocation {
    /// The IPAddress objects to be written with the Service.
    pub(crate) fn writes(&self) -> Vec<ObjectWrite> {
        self.writes.clone()
    }

    /// The write did not happen.
    pub(crate) fn cancel(&self, addresses: &Addresses) {
        let mut taken = addresses.taken.lock();
        taken.ips.retain(|ip| !self.taken_ips.contains(ip));
        taken.ports.retain(|port| !self.taken_ports.contains(port));
        taken.ips.extend(&self.freed_ips);
    }
}

impl Addresses {
    /// Knows the Services there are.
    pub(crate) fn new(
        cidrs: &[IpNet],
        ports: NodePorts,
        rng: Rng,
        services: &[std::sync::Arc<Object>],
    ) -> Self {
        let addresses = Self { cidrs: cidrs.to_vec(), ports, rng, taken: Mutex::default() };
        {
            let mut taken = addresses.taken.lock();
            for service in services {
                taken.ips.extend(cluster_ips(service.value()));
                taken.ports.extend(node_ports(service.value()));
            }
        }
        addresses
    }

    /// Gives a Service the addresses and ports that its spec asks for and lacks, and takes back what
    /// it no longer needs.
    pub(crate) fn allocate(&self, service: &mut Value, old: Option<&Value>) -> Result<Allocation, Status> {
        let mut allocation = Allocation::default();
        if let Some(old) = old {
            keep_allocated(service, old);
        }
        let result = self
            .allocate_ips(service, old, &mut allocation)
            .and_then(|()| self.allocate_ports(service, old, &mut allocation));
        if let Err(cause) = result {
            allocation.cancel(self);
            let name = service["metadata"]["name"].str_or_empty().to_owned();
            return Err(Status::invalid("", "Service", &name, vec![cause]));
        }
        Ok(allocation)
    }

    /// Forgets what a deleted Service used.
    pub(crate) fn release(&self, service: &Value) {
        let mut taken = self.taken.lock();
        for ip in cluster_ips(service) {
            taken.ips.remove(&ip);
        }
        for port in node_ports(service) {
            taken.ports.remove(&port);
        }
    }

    /// The writes that go with the deletion of a Service.
    pub(crate) fn release_writes(&self, service: &Value) -> Vec<ObjectWrite> {
        cluster_ips(service).map(|ip| ip_write(ip, None)).collect()
    }

    fn allocate_ips(
        &self,
        service: &mut Value,
        old: Option<&Value>,
        allocation: &mut Allocation,
    ) -> Result<(), Cause> {
        let external_name = service["spec"]["type"].as_str() == Some("ExternalName");
        let had: Vec<IpAddr> = old.map(|old| cluster_ips(old).collect()).unwrap_or_default();
        if external_name {
            for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                service.remove(&["spec", field]);
            }
        } else if service["spec"]["clusterIP"].as_str() == Some("None") {
            self.set_families(service);
            service.set(&["spec", "clusterIPs"], value!(["None"]));
        } else {
            let wanted = self.set_families(service);
            let mut ips: Vec<IpAddr> = cluster_ips(service).collect();
            let asked = service["spec"]["clusterIP"].str_or_empty().to_owned();
            if ips.is_empty() && !asked.is_empty() {
                let ip = asked.parse().map_err(|_| {
                    Cause::invalid(
                        "spec.clusterIPs[0]",
                        vec![asked.clone()],
                        "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
                    )
                })?;
                ips.push(ip);
            }
            for ip in ips.iter().filter(|ip| !had.contains(ip)) {
                self.take(*ip, allocation)?;
            }
            for family in wanted.iter().skip(ips.len()) {
                ips.push(self.take_any(*family, allocation)?);
            }
            let texts: Vec<String> = ips.iter().map(IpAddr::to_string).collect();
            service.set(&["spec", "clusterIP"], texts.first().map_or("", String::as_str));
            service.set(&["spec", "clusterIPs"], texts);
        }
        let now: Vec<IpAddr> = cluster_ips(service).collect();
        for ip in had.into_iter().filter(|ip| !now.contains(ip)) {
            self.taken.lock().ips.remove(&ip);
            allocation.freed_ips.push(ip);
            allocation.writes.push(ip_write(ip, None));
        }
        for ip in allocation.taken_ips.clone() {
            allocation.writes.push(ip_write(ip, Some(service)));
        }
        Ok(())
    }

    /// Sets the families of a Service, and returns which addresses it needs (`true` is IPv4).
    fn set_families(&self, service: &mut Value) -> Vec<bool> {
        let available: Vec<bool> = self.cidrs.iter().map(|cidr| cidr.addr().is_ipv4()).collect();
        let spec = service.at_mut(&["spec"]);
        let policy = match spec["ipFamilyPolicy"].str_or_empty() {
            "" => "SingleStack".to_owned(),
            policy => policy.to_owned(),
        };
        let mut families: Vec<bool> =
            spec["ipFamilies"].items().iter().map(|family| family.as_str() == Some("IPv4")).collect();
        if families.is_empty() {
            families.extend(available.first());
        }
        if policy != "SingleStack" && families.len() == 1 {
            families.extend(available.iter().copied().find(|family| *family != families[0]));
        }
        spec.set(&["ipFamilyPolicy"], policy);
        let names: Vec<&str> = families.iter().map(|v4| if *v4 { "IPv4" } else { "IPv6" }).collect();
        spec.set(&["ipFamilies"], names);
        families
    }

    fn take(&self, ip: IpAddr, allocation: &mut Allocation) -> Result<(), Cause> {
        let invalid = |detail: &str| {
            Cause::invalid(
                "spec.clusterIPs",
                vec![ip.to_string()],
                &format!("failed to allocate IP {ip}: {detail}"),
            )
        };
        let Some(cidr) = self.cidrs.iter().find(|cidr| cidr.contains(&ip)) else {
            return Err(invalid("the provided network does not match the current range"));
        };
        if ip == cidr.network() || ip == cidr.broadcast() {
            return Err(invalid("the provided IP is not in the valid range"));
        }
        if !self.taken.lock().ips.insert(ip) {
            return Err(invalid("provided IP is already allocated"));
        }
        allocation.taken_ips.push(ip);
        Ok(())
    }

    fn take_any(&self, v4: bool, allocation: &mut Allocation) -> Result<IpAddr, Cause> {
        let full = || {
            Cause::invalid(
                "spec.clusterIPs",
                Vec::<String>::new(),
                "failed to allocate a serviceIP: range is full",
            )
        };
        let cidr = self.cidrs.iter().find(|cidr| cidr.addr().is_ipv4() == v4).ok_or_else(full)?;
        let size = host_count(cidr);
        let asked_for = static_band(size);
        let mut taken = self.taken.lock();
        let random = (0..RANDOM_TRIES).map(|_| 1 + asked_for + self.rng.below(size - asked_for));
        // A range that is nearly full is searched whole, the part for those who ask comes last.
        let ip = random
            .chain(1 + asked_for..=size)
            .chain(1..=asked_for)
            .map(|host| nth(cidr, host))
            .find(|ip| !taken.ips.contains(ip))
            .ok_or_else(full)?;
        taken.ips.insert(ip);
        allocation.taken_ips.push(ip);
        Ok(ip)
    }

    fn allocate_ports(
        &self,
        service: &mut Value,
        old: Option<&Value>,
        allocation: &mut Allocation,
    ) -> Result<(), Cause> {
        let spec = &service["spec"];
        let wants = match spec["type"].str_or_empty() {
            "NodePort" => true,
            "LoadBalancer" => spec["allocateLoadBalancerNodePorts"].as_bool() != Some(false),
            _ => false,
        };
        let had: Vec<u16> = old.map(|old| node_ports(old).collect()).unwrap_or_default();
        let mut taken = self.taken.lock();
        if let Some(ports) = service.at_mut(&["spec", "ports"]).as_list_mut() {
            for (i, port) in ports.iter_mut().enumerate() {
                let asked = port["nodePort"].as_i64().unwrap_or(0);
                if !wants {
                    port.remove(&["nodePort"]);
                    continue;
                }
                let number = match u16::try_from(asked) {
                    Ok(0) => self.free_port(&taken).ok_or_else(|| {
                        Cause::invalid(
                            format!("spec.ports[{i}].nodePort"),
                            0,
                            "failed to allocate a nodePort: range is full",
                        )
                    })?,
                    Ok(number) if had.contains(&number) => continue,
                    Ok(number) if self.ports.contains(number) => {
                        // Ports of one Service may share a number over different protocols.
                        if taken.ports.contains(&number) && !allocation.taken_ports.contains(&number) {
                            let detail = "provided port is already allocated";
                            return Err(Cause::invalid(format!("spec.ports[{i}].nodePort"), asked, detail));
                        }
                        number
                    }
                    _ => {
                        let detail = format!(
                            "provided port is not in the valid range. The range of valid ports is {}-{}",
                            self.ports.first, self.ports.last
                        );
                        return Err(Cause::invalid(format!("spec.ports[{i}].nodePort"), asked, &detail));
                    }
                };
                taken.ports.insert(number);
                allocation.taken_ports.push(number);
                port.set(&["nodePort"], i64::from(number));
            }
        }
        let now: Vec<u16> = node_ports(service).collect();
        for port in had.iter().filter(|port| !now.contains(port)) {
            taken.ports.remove(port);
        }
        Ok(())
    }

    fn free_port(&self, taken: &Taken) -> Option<u16> {
        let (low, high) = self.ports.preferred;
        let count = u64::from(high - low) + 1;
        let random =
            (0..RANDOM_TRIES).filter_map(|_| u16::try_from(self.rng.below(count)).ok()).map(|n| low + n);
        let rest = self.ports.first..=self.ports.last;
        random.chain(low..=high).chain(rest).find(|port| !taken.ports.contains(port))
    }
}

/// A changed Service keeps what it was given where the client does not say otherwise.
fn keep_allocated(service: &mut Value, old: &Value) {
    let kind = |value: &Value| value["spec"]["type"].str_or_empty().to_owned();
    let addressed = |kind: &str| kind != "ExternalName";
    if addressed(&kind(service)) && addressed(&kind(old)) {
        for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
            if service["spec"][field].is_zero() && !old["spec"][field].is_zero() {
                service.set(&["spec", field], old["spec"][field].clone());
            }
        }
    }
    let old_ports = old["spec"]["ports"].items().to_vec();
    let ports = service.at_mut(&["spec"]).get_mut("ports").and_then(Value::as_list_mut);
    for port in ports.into_iter().flat_map(|list| list.iter_mut()) {
        let same = |other: &&Value| other["port"] == port["port"] && other["protocol"] == port["protocol"];
        if port["nodePort"].is_zero()
            && let Some(before) = old_ports.iter().find(same)
            && !before["nodePort"].is_zero()
        {
            let number = before["nodePort"].clone();
            port.set(&["nodePort"], number);
        }
    }
}

fn cluster_ips(service: &Value) -> impl Iterator<Item = IpAddr> {
    service["spec"]["clusterIPs"].items().iter().filter_map(|ip| ip.str_or_empty().parse().ok())
}

fn node_ports(service: &Value) -> impl Iterator<Item = u16> {
    let ports = service["spec"]["ports"].items().iter().filter_map(|port| port["nodePort"].as_i64());
    ports.filter(|port| *port > 0).filter_map(|port| u16::try_from(port).ok())
}

/// Number of addresses that may be given out, of a large IPv6 range the first 2^32.
fn host_count(cidr: &IpNet) -> u64 {
    let bits = u32::from(cidr.max_prefix_len() - cidr.prefix_len()).min(32);
    (1u64 << bits).saturating_sub(2).max(1)
}

/// How many of the first addresses are left to Services that ask for one by name, until the others
/// are used up (KEP-3070).
fn static_band(size: u64) -> u64 {
    if size <= 16 { 0 } else { (size / 16).clamp(16, 256).min(size / 2) }
}

fn nth(cidr: &IpNet, host: u64) -> IpAddr {
    match cidr.network() {
        IpAddr::V4(base) => IpAddr::V4((u32::from(base).wrapping_add(host as u32)).into()),
        IpAddr::V6(base) => IpAddr::V6((u128::from(base).wrapping_add(u128::from(host))).into()),
    }
}

/// The write of an IPAddress object for a Service; `None` deletes it.
fn ip_write(ip: IpAddr, service: Option<&Value>) -> ObjectWrite {
    let resource = Resource::find("networking.k8s.io", "v1", "ipaddresses").expect("a row of the table");
    let value = service.map(|service| {
        let metadata = &service["metadata"];
        value!({
            "kind": "IPAddress", "apiVersion": "networking.k8s.io/v1",
            "metadata": {
                "name": ip.to_string(), "uid": &metadata["uid"], "creationTimestamp": &metadata["creationTimestamp"],
                "labels": {
                    "ipaddress.kubernetes.io/ip-family": if ip.is_ipv4() { "IPv4" } else { "IPv6" },
                    "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io"
                }
            },
            "spec": {"parentRef": {
                "resource": "services", "namespace": &metadata["namespace"], "name": &metadata["name"]
            }}
        })
    });
    let expect = if value.is_some() { Expect::Absent } else { Expect::Any };
    ObjectWrite {
        resource,
        namespace: String::new(),
        name: ip.to_string(),
        expect,
        value,
        durability: Durability::Synced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(cidr: &str) -> Addresses {
        Addresses::new(
            &[cidr.parse().expect("a range")],
            NodePorts::new(30000, 30003),
            Rng::from_seed(1),
            &[],
        )
    }

    fn service(spec: Value) -> Value {
        value!({"metadata": {"namespace": "n", "name": "s", "uid": "u"}, "spec": spec})
    }

    #[test]
    fn a_range_is_given_out_to_the_last_address_and_never_twice() {
        let addresses = addresses("10.0.0.0/29");
        let mut seen = HashSet::new();
        for _ in 0..6 {
            let mut service = service(value!({"type": "ClusterIP", "ports": [{"port": 80}]}));
            let allocation = addresses.allocate(&mut service, None).expect("room");
            assert!(seen.insert(service["spec"]["clusterIP"].str_or_empty().to_owned()));
            assert_eq!(allocation.writes().len(), 1);
        }
        let full = addresses.allocate(&mut service(value!({"type": "ClusterIP"})), None).err().expect("full");
        assert!(full.message.contains("range is full"), "{}", full.message);
    }

    #[test]
    fn ports_are_kept_changed_and_freed() {
        let addresses = addresses("10.0.0.0/24");
        let mut old = service(value!({"type": "NodePort", "ports": [{"port": 80, "nodePort": 30001}]}));
        addresses.allocate(&mut old, None).expect("room");
        let mut other = service(value!({"type": "NodePort", "ports": [{"port": 80, "nodePort": 30001}]}));
        let taken = addresses.allocate(&mut other, None).err().expect("taken");
        assert!(taken.message.contains("provided port is already allocated"), "{}", taken.message);
        let mut changed = service(value!({"type": "NodePort", "ports": [{"port": 80}]}));
        addresses.allocate(&mut changed, Some(&old)).expect("room");
        assert_eq!(changed["spec"]["ports"], old["spec"]["ports"]);
        assert_eq!(changed["spec"]["clusterIP"], old["spec"]["clusterIP"]);
        let mut plain = service(value!({"type": "ClusterIP", "ports": [{"port": 80, "nodePort": 30001}]}));
        addresses.allocate(&mut plain, Some(&changed)).expect("room");
        assert!(plain["spec"]["ports"].items()[0].get("nodePort").is_none());
        addresses.allocate(&mut other, None).expect("free again");
    }

    #[test]
    fn a_cancelled_write_takes_nothing() {
        let addresses = addresses("10.0.0.0/30");
        for _ in 0..5 {
            let mut service = service(value!({"type": "NodePort", "ports": [{"port": 80}]}));
            addresses.allocate(&mut service, None).expect("room").cancel(&addresses);
        }
    }
}
