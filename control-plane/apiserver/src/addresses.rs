//! Cluster IPs and node ports: given to Services, never twice.
//!
//! Which are taken is known from the Services themselves; a reservation made here holds until the
//! commit that uses it is decided. Each address is also an IPAddress object, written in the same
//! transaction as its Service, so that the store itself refuses a second use.

use std::collections::HashMap;
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
use schema::apply;
use schema::apply::Writer;
use stdx::Rng;
use store::Durability;
use store::Expect;

use crate::config::NodePorts;
use crate::storage::ObjectWrite;

/// Random tries before the free ones are searched in order.
const RANDOM_TRIES: u64 = 64;

/// What a port that somebody else holds answers.
const ALLOCATED: &str = "provided port is already allocated";

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
    taken: Taken,
    freed: Taken,
    writes: Vec<ObjectWrite>,
}

impl Allocation {
    /// The IPAddress objects to be written with the Service.
    pub(crate) fn writes(&self) -> Vec<ObjectWrite> {
        self.writes.clone()
    }

    /// The write did not happen.
    pub(crate) fn cancel(&self, addresses: &Addresses) {
        addresses.taken.lock().remove(&self.taken);
    }

    /// The write happened.
    pub(crate) fn finish(&self, addresses: &Addresses) {
        addresses.taken.lock().remove(&self.freed);
    }
}

impl Taken {
    /// What a Service holds.
    fn of(service: &Value) -> Self {
        let spec = &service["spec"];
        let health = spec["healthCheckNodePort"].as_i64();
        let ports = spec["ports"].items().iter().filter_map(|port| port["nodePort"].as_i64()).chain(health);
        Self {
            ips: cluster_ips(service).collect(),
            ports: ports.filter(|port| *port > 0).filter_map(|port| u16::try_from(port).ok()).collect(),
        }
    }

    fn remove(&mut self, other: &Taken) {
        self.ips.retain(|ip| !other.ips.contains(ip));
        self.ports.retain(|port| !other.ports.contains(port));
    }

    /// What this holds and the other one does not.
    fn without(mut self, other: &Taken) -> Self {
        self.remove(other);
        self
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
        let mut taken = Taken::default();
        for service in services {
            let held = Taken::of(service.value());
            taken.ips.extend(held.ips);
            taken.ports.extend(held.ports);
        }
        Self { cidrs: cidrs.to_vec(), ports, rng, taken: Mutex::new(taken) }
    }

    /// Settles what a Service leaves open, gives it the addresses and ports that it asks for and lacks, and
    /// takes note of what it no longer needs. All of that goes before the Service is checked: what is wrong
    /// here is said alone.
    pub(crate) fn allocate(&self, service: &mut Value, old: Option<&Value>) -> Result<Allocation, Status> {
        let families: Vec<&str> = self.cidrs.iter().map(|cidr| family(cidr.addr())).collect();
        let name = service["metadata"]["name"].str_or_empty().to_owned();
        let invalid = |causes| Status::invalid("", "Service", &name, causes);
        registry::service::settle(service, old, &families).map_err(invalid)?;
        let mut allocation = Allocation::default();
        let result = self
            .allocate_ips(service, old, &mut allocation)
            .and_then(|()| self.allocate_ports(service, old, &mut allocation));
        if let Err(cause) = result {
            allocation.cancel(self);
            return Err(invalid(cause.into()));
        }
        registry::service::drop_for_type(service, old);
        let held = Taken::of(service);
        allocation.freed = old.map(Taken::of).unwrap_or_default().without(&held);
        let freed = allocation.freed.ips.iter().map(|ip| self.ip_write(*ip, None));
        let taken = allocation.taken.ips.iter().map(|ip| self.ip_write(*ip, Some(service)));
        allocation.writes = freed.chain(taken).collect();
        Ok(allocation)
    }

    /// Forgets what a deleted Service used.
    pub(crate) fn release(&self, service: &Value) {
        self.taken.lock().remove(&Taken::of(service));
    }

    /// The writes that go with the deletion of a Service.
    pub(crate) fn release_writes(&self, service: &Value) -> Vec<ObjectWrite> {
        cluster_ips(service).map(|ip| self.ip_write(ip, None)).collect()
    }

    /// The write of an IPAddress object for a Service; `None` deletes it.
    fn ip_write(&self, ip: IpAddr, service: Option<&Value>) -> ObjectWrite {
        let resource = Resource::find("networking.k8s.io", "v1", "ipaddresses").expect("a row of the table");
        let value = service.map(|service| ip_address(resource, ip, service, &self.rng.uuid()));
        ObjectWrite {
            resource,
            namespace: String::new(),
            name: ip.to_string(),
            expect: if value.is_some() { Expect::Absent } else { Expect::Any },
            value,
            durability: Durability::Synced,
        }
    }

    /// Addresses for the families of a Service that has none yet, or has a second family now.
    fn allocate_ips(
        &self,
        service: &mut Value,
        old: Option<&Value>,
        allocation: &mut Allocation,
    ) -> Result<(), Cause> {
        let spec = &service["spec"];
        let named = |service: &Value| service["spec"]["type"].as_str() == Some("ExternalName");
        let mut ips: Vec<String> =
            spec["clusterIPs"].items().iter().map(|ip| ip.str_or_empty().to_owned()).collect();
        if named(service) || ips.first().is_some_and(|ip| ip == "None") {
            return Ok(());
        }
        let families = spec["ipFamilies"].items().to_vec();
        let has = match old {
            Some(old) if !named(old) => match old["spec"]["ipFamilies"].items().len() {
                // What was there before stays as it is; a change of it is refused later.
                1 if families.len() == 2 => 1,
                _ => return Ok(()),
            },
            _ => 0,
        };
        for (i, family) in families.iter().enumerate().skip(has) {
            let ip = match ips.get(i).filter(|ip| !ip.is_empty()) {
                Some(asked) => {
                    let ip = asked.parse().map_err(|_| {
                        Cause::invalid(
                            "spec.clusterIPs",
                            ips.clone(),
                            &format!("failed to parse service IP {asked:?}"),
                        )
                    })?;
                    self.take(ip, allocation)?;
                    ip
                }
                None => self.take_any(family.as_str() == Some("IPv4"), allocation)?,
            };
            match ips.get_mut(i) {
                Some(place) => *place = ip.to_string(),
                None => ips.push(ip.to_string()),
            }
        }
        service.set(&["spec", "clusterIP"], ips.first().map_or("", String::as_str));
        service.set(&["spec", "clusterIPs"], ips);
        Ok(())
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
        allocation.taken.ips.insert(ip);
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
        allocation.taken.ips.insert(ip);
        Ok(ip)
    }

    /// Ports of the nodes for the ports of a Service, and one for its health where balancers ask for it.
    fn allocate_ports(
        &self,
        service: &mut Value,
        old: Option<&Value>,
        allocation: &mut Allocation,
    ) -> Result<(), Cause> {
        let spec = &service["spec"];
        let gets = match spec["type"].str_or_empty() {
            "NodePort" => true,
            "LoadBalancer" => spec["allocateLoadBalancerNodePorts"].as_bool() != Some(false),
            _ => false,
        };
        let takes = gets || spec["type"].as_str() == Some("LoadBalancer");
        let had = old.map(Taken::of).unwrap_or_default();
        let ports = spec["ports"].items().to_vec();
        let of = |port: &Value, field: &str| port[field].as_i64().unwrap_or(0);
        // One port over several protocols has one number for all of them, the one asked for if there is one;
        // two ports cannot ask for the same, whatever their protocols are.
        let (mut numbers, mut owners) = (HashMap::new(), HashMap::new());
        for port in ports.iter().filter(|port| of(port, "nodePort") != 0) {
            numbers.entry(of(port, "port")).or_insert(of(port, "nodePort"));
        }
        for (i, port) in ports.iter().enumerate().filter(|_| takes) {
            let field = || format!("spec.ports[{i}].nodePort");
            let (own, asked) = (of(port, "port"), of(port, "nodePort"));
            let number = match asked {
                0 if !gets => continue,
                0 => match numbers.get(&own).filter(|_| old.is_none()) {
                    Some(number) => *number,
                    None => i64::from(self.take_any_port(&field(), allocation)?),
                },
                number => number,
            };
            numbers.entry(own).or_insert(number);
            let owner = *owners.entry(number).or_insert(own);
            if old.is_none() && asked != 0 && owner != own {
                return Err(Cause::invalid(field(), number, ALLOCATED));
            }
            self.take_port(&field(), number, &had, allocation)?;
            let list = service.at_mut(&["spec", "ports"]).as_list_mut();
            if let Some(port) = list.and_then(|list| list.get_mut(i)) {
                port.set(&["nodePort"], number);
            }
        }
        if registry::service::checks_health(service) {
            let field = "spec.healthCheckNodePort";
            let number = match service["spec"]["healthCheckNodePort"].as_i64().unwrap_or(0) {
                0 => i64::from(self.take_any_port(field, allocation)?),
                number => number,
            };
            self.take_port(field, number, &had, allocation)?;
            service.set(&["spec", "healthCheckNodePort"], number);
        }
        Ok(())
    }

    /// Takes a port that a Service asks for, unless it holds it already.
    fn take_port(
        &self,
        field: &str,
        number: i64,
        had: &Taken,
        allocation: &mut Allocation,
    ) -> Result<(), Cause> {
        let port = u16::try_from(number).ok().filter(|port| self.ports.contains(*port));
        if u16::try_from(number)
            .is_ok_and(|port| had.ports.contains(&port) || allocation.taken.ports.contains(&port))
        {
            return Ok(());
        }
        let Some(port) = port else {
            let detail = format!(
                "provided port is not in the valid range. The range of valid ports is {}-{}",
                self.ports.first, self.ports.last
            );
            return Err(Cause::invalid(field, number, &detail));
        };
        if !self.taken.lock().ports.insert(port) {
            return Err(Cause::invalid(field, number, ALLOCATED));
        }
        allocation.taken.ports.insert(port);
        Ok(())
    }

    fn take_any_port(&self, field: &str, allocation: &mut Allocation) -> Result<u16, Cause> {
        let mut taken = self.taken.lock();
        let full = || Cause::invalid(field, 0, "failed to allocate a nodePort: range is full");
        let port = self.free_port(&taken).ok_or_else(full)?;
        taken.ports.insert(port);
        allocation.taken.ports.insert(port);
        Ok(port)
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

fn family(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "IPv4" } else { "IPv6" }
}

fn cluster_ips(service: &Value) -> impl Iterator<Item = IpAddr> {
    service["spec"]["clusterIPs"].items().iter().filter_map(|ip| ip.str_or_empty().parse().ok())
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

/// The object that says which Service has an address.
fn ip_address(resource: &Resource, ip: IpAddr, service: &Value, uid: &str) -> Value {
    let metadata = &service["metadata"];
    let made = &metadata["creationTimestamp"];
    let mut object = value!({
        "kind": "IPAddress", "apiVersion": "networking.k8s.io/v1",
        "metadata": {
            "name": ip.to_string(), "uid": uid, "creationTimestamp": made,
            "labels": {
                "ipaddress.kubernetes.io/ip-family": family(ip),
                "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io"
            }
        },
        "spec": {"parentRef": {
            "resource": "services", "namespace": &metadata["namespace"], "name": &metadata["name"]
        }}
    });
    let writer = Writer {
        manager: "kube-apiserver",
        api_version: "networking.k8s.io/v1",
        subresource: "",
        time: made.str_or_empty(),
        reset: &[],
    };
    let managed = apply::track(resource.ty, None, &object, &writer);
    object.set(&["metadata", "managedFields"], managed);
    object
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
        addresses.allocate(&mut plain, Some(&changed)).expect("room").finish(&addresses);
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
