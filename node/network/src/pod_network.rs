//! Attaching pods, and what the node needs for that.

use std::collections::BTreeSet;
use std::fs;
use std::fs::File;
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;

use ipnet::IpNet;
use netlink::LinkStats;
use netlink::Netlink;
use netlink::Route;
use netlink::Veth;
use netlink::conntrack;
use netlink::nft;
use parking_lot::Mutex;

use crate::Error;
use crate::HostPort;
use crate::NetworkConfig;
use crate::config;
use crate::forward;
use crate::ipam;
use crate::ipam::Pool;
use crate::plan;
use crate::plan::Inputs;
use crate::state::Attachment;
use crate::state::State;

/// The pod's interface, as every tool expects it.
const POD_INTERFACE: &str = "eth0";

/// The pod network of this node; cheap to clone.
///
/// Calls for different pods may overlap; calls for one pod must not.
#[derive(Clone)]
pub struct PodNetwork {
    inner: Arc<Inner>,
}

/// The addresses of a pod, the primary family first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodAddresses {
    /// One per IP family of the node's ranges.
    pub ips: Vec<IpAddr>,
}

struct Inner {
    config: NetworkConfig,
    bridge: String,
    table: String,
    shared: Mutex<Shared>,
}

struct Shared {
    pools: Vec<Pool>,
    state: State,
}

impl PodNetwork {
    /// Reads the record of attachments and, when ranges are known, prepares the node.
    ///
    /// # Errors
    /// A wrong configuration, an unreadable record, or what the kernel refuses.
    pub fn open(config: NetworkConfig) -> Result<Self, Error> {
        config.validate().map_err(|mistakes| Error::Config { mistakes })?;
        let state = State::open(&config.state_dir)?;
        let pools = pools(&config.pod_cidrs, &state);
        let inner = Inner {
            bridge: config.bridge_name(),
            table: config.table_name(),
            shared: Mutex::new(Shared { pools, state }),
            config,
        };
        let network = Self { inner: Arc::new(inner) };
        network.ensure()?;
        Ok(network)
    }

    /// Sets this node's ranges. Pods that have addresses keep them.
    ///
    /// # Errors
    /// Ranges that cannot be used, or what the kernel refuses.
    pub fn set_pod_cidrs(&self, pod_cidrs: &[IpNet]) -> Result<(), Error> {
        let mistakes = config::check_pod_cidrs(pod_cidrs);
        if !mistakes.is_empty() {
            return Err(Error::Config { mistakes });
        }
        {
            let mut shared = self.inner.shared.lock();
            let wanted: Vec<IpNet> = pod_cidrs.iter().map(IpNet::trunc).collect();
            if shared.pools.iter().map(Pool::cidr).eq(wanted.iter().copied()) {
                return Ok(());
            }
            shared.pools = pools(&wanted, &shared.state);
        }
        self.ensure()
    }

    /// Puts the bridge, the kernel parameters and the rules in place, whatever was there. Nothing
    /// happens before the ranges are known. Worth repeating now and then: others change firewalls.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn ensure(&self) -> Result<(), Error> {
        let shared = self.inner.shared.lock();
        if shared.pools.is_empty() {
            return Ok(());
        }
        self.inner.ensure_bridge(&shared.pools)?;
        self.inner.ensure_sysctls(&shared.pools)?;
        nft::apply(&self.inner.table_text(&shared)).map_err(Error::kernel("set the pod network's rules"))?;
        forward::ensure(&self.inner.bridge)
    }

    /// Gives a pod its addresses and its interface. Doing it again gives the same addresses and
    /// repairs what is missing.
    ///
    /// # Errors
    /// [`Error::NoPodCidr`], [`Error::Exhausted`], [`Error::HostPortTaken`], or what the kernel
    /// refuses. After an error the addresses stay reserved until [`PodNetwork::detach`].
    pub fn attach(
        &self,
        netns: &Path,
        pod_uid: &str,
        host_ports: &[HostPort],
    ) -> Result<PodAddresses, Error> {
        let attachment = self.inner.reserve(pod_uid, host_ports)?;
        self.inner.connect(netns, pod_uid, &attachment)?;
        self.inner.configure(netns, &attachment)?;
        let script = plan::elements("add", &self.inner.table, &attachment);
        if !script.is_empty() {
            nft::apply(&script).map_err(Error::kernel(format!("open the host ports of pod {pod_uid}")))?;
            self.inner.forget_flows(&attachment)?;
        }
        Ok(PodAddresses { ips: attachment.addresses })
    }

    /// Takes a pod's interface, host ports and addresses away; one that is not attached is fine,
    /// and so is one whose namespace is gone.
    ///
    /// # Errors
    /// What the kernel refuses; the addresses stay reserved then.
    pub fn detach(&self, pod_uid: &str) -> Result<(), Error> {
        let attachment = self.inner.shared.lock().state.attachments().get(pod_uid).cloned();
        let Some(attachment) = attachment else { return Ok(()) };
        let mut netlink = Netlink::open().map_err(Error::kernel("detach a pod"))?;
        let veth = self.inner.config.veth_name(pod_uid);
        netlink.delete_link(&veth).map_err(Error::kernel(format!("detach pod {pod_uid}")))?;
        let mut shared = self.inner.shared.lock();
        shared.state.detach(pod_uid)?;
        if !attachment.host_ports.is_empty() {
            // The whole table, which is small: an element that is missing would fail a deletion.
            nft::apply(&self.inner.table_text(&shared)).map_err(Error::kernel("close host ports"))?;
            self.inner.forget_flows(&attachment)?;
        }
        for address in attachment.addresses {
            shared.pools.iter_mut().for_each(|pool| pool.release(address));
        }
        Ok(())
    }

    /// Detaches every pod that is not in `live`: what a restarted node calls once it knows its pods.
    ///
    /// # Errors
    /// As [`PodNetwork::detach`]; the first failure ends it.
    pub fn retain(&self, live: &BTreeSet<String>) -> Result<(), Error> {
        let attached: Vec<String> = self.inner.shared.lock().state.attachments().keys().cloned().collect();
        attached.iter().filter(|uid| !live.contains(*uid)).try_for_each(|uid| self.detach(uid))
    }

    /// A pod's addresses; `None` when it is not attached.
    pub fn addresses(&self, pod_uid: &str) -> Option<PodAddresses> {
        let shared = self.inner.shared.lock();
        shared
            .state
            .attachments()
            .get(pod_uid)
            .map(|attachment| PodAddresses { ips: attachment.addresses.clone() })
    }

    /// What a pod received and sent, from the pod's side; `None` when it is not attached.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn usage(&self, pod_uid: &str) -> Result<Option<LinkStats>, Error> {
        let mut netlink = Netlink::open().map_err(Error::kernel("read counters"))?;
        let link =
            netlink.link(&self.inner.config.veth_name(pod_uid)).map_err(Error::kernel("read counters"))?;
        Ok(link.map(|link| LinkStats {
            rx_packets: link.stats.tx_packets,
            tx_packets: link.stats.rx_packets,
            rx_bytes: link.stats.tx_bytes,
            tx_bytes: link.stats.rx_bytes,
            rx_errors: link.stats.tx_errors,
            tx_errors: link.stats.rx_errors,
        }))
    }

    /// Removes everything that the pod network made on this node, except for kernel parameters that
    /// others may rely on by now.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn wipe(&self) -> Result<(), Error> {
        let mut shared = self.inner.shared.lock();
        let failed = || Error::kernel("wipe the pod network");
        let mut netlink = Netlink::open().map_err(failed())?;
        let bridge = netlink.link(&self.inner.bridge).map_err(failed())?;
        let ports = netlink.links().map_err(failed())?;
        for port in
            ports.iter().filter(|port| bridge.is_some() && port.master == bridge.as_ref().map(|b| b.index))
        {
            netlink.delete_link(&port.name).map_err(failed())?;
        }
        netlink.delete_link(&self.inner.bridge).map_err(failed())?;
        forward::remove(&self.inner.bridge)?;
        nft::delete_table("inet", &self.inner.table).map_err(failed())?;
        shared.state.clear()?;
        let cidrs: Vec<IpNet> = shared.pools.iter().map(Pool::cidr).collect();
        shared.pools = pools(&cidrs, &shared.state);
        Ok(())
    }
}

impl Inner {
    /// Puts the pod's addresses and host ports on record before anything uses them.
    fn reserve(&self, pod_uid: &str, host_ports: &[HostPort]) -> Result<Attachment, Error> {
        let mut guard = self.shared.lock();
        let shared = &mut *guard;
        for (uid, other) in shared.state.attachments() {
            let taken = other.host_ports.iter().find(|a| host_ports.iter().any(|b| plan::clash(a, b)));
            if let Some(taken) = taken.filter(|_| uid != pod_uid) {
                let address = plan::specific(taken).map(|address| format!("{address}:")).unwrap_or_default();
                let port = format!("{address}{}/{}", taken.host_port, taken.protocol.name());
                return Err(Error::HostPortTaken { port, uid: uid.clone() });
            }
        }
        let known = shared.state.attachments().get(pod_uid);
        if let Some(known) = known.filter(|known| known.host_ports == host_ports) {
            return Ok(known.clone());
        }
        let addresses = match known {
            Some(known) => known.addresses.clone(),
            None => allocate(&mut shared.pools)?,
        };
        let attachment = Attachment { addresses, host_ports: host_ports.to_vec() };
        let recorded = shared.state.attach(pod_uid, attachment.clone());
        if let Err(error) = recorded {
            for address in &attachment.addresses {
                shared.pools.iter_mut().for_each(|pool| pool.release(*address));
            }
            return Err(error);
        }
        Ok(attachment)
    }

    /// Makes the veth pair, unless the pod has it.
    fn connect(&self, netns: &Path, pod_uid: &str, attachment: &Attachment) -> Result<(), Error> {
        let failed = || Error::kernel(format!("connect pod {pod_uid}"));
        let mut netlink = Netlink::open().map_err(failed())?;
        let mut inside = Netlink::open_in(netns).map_err(failed())?;
        let name = self.config.veth_name(pod_uid);
        let host_end = netlink.link(&name).map_err(failed())?;
        let pod_end = inside.link(POD_INTERFACE).map_err(failed())?;
        let Some(bridge) = netlink.link(&self.bridge).map_err(failed())? else {
            return Err(Error::NoPodCidr);
        };
        match (host_end, pod_end) {
            (Some(host_end), Some(_)) if host_end.master == Some(bridge.index) => return Ok(()),
            // Half a pair, or one that leads into a namespace that the pod no longer has.
            (Some(_), _) => netlink.delete_link(&name).map_err(failed())?,
            (None, _) => {}
        }
        let namespace = File::open(netns).map_err(|source| Error::State {
            what: "cannot open",
            path: netns.to_owned(),
            source,
        })?;
        let veth = Veth {
            name: &name,
            master: Some(bridge.index),
            peer_name: POD_INTERFACE,
            peer_namespace: namespace.as_fd(),
            mtu: self.config.mtu,
        };
        netlink.create_veth(&veth).map_err(failed())?;
        if let Some(port) = netlink.link(&name).map_err(failed())? {
            netlink.set_hairpin(port.index).map_err(failed())?;
        }
        let address = attachment.addresses[0];
        let pod_end = inside.link(POD_INTERFACE).map_err(failed())?;
        let pod_end = pod_end.ok_or(Error::Vanished { name: POD_INTERFACE.into(), address })?;
        inside.set_mac(pod_end.index, ipam::mac_of(address)).map_err(failed())
    }

    /// Addresses, routes and parameters inside the pod's namespace.
    fn configure(&self, netns: &Path, attachment: &Attachment) -> Result<(), Error> {
        let failed = || Error::kernel("configure the pod's interface");
        let mut inside = Netlink::open_in(netns).map_err(failed())?;
        let address = attachment.addresses[0];
        let vanished = |name: &str| Error::Vanished { name: name.into(), address };
        let loopback = inside.link("lo").map_err(failed())?.ok_or_else(|| vanished("lo"))?;
        inside.set_up(loopback.index).map_err(failed())?;
        let has_v6 = attachment.addresses.iter().any(IpAddr::is_ipv6);
        linux::namespace::in_net(netns, move || pod_sysctls(has_v6))
            .and_then(|result| result)
            .map_err(Error::linux("set the pod's kernel parameters"))?;
        let link =
            inside.link(POD_INTERFACE).map_err(failed())?.ok_or_else(|| vanished(POD_INTERFACE))?.index;
        inside.set_up(link).map_err(failed())?;
        for address in &attachment.addresses {
            inside.add_address(link, IpNet::from(*address)).map_err(failed())?;
            let gateway = self.gateway(*address).ok_or(Error::NoPodCidr)?;
            let everything = if gateway.is_ipv4() { "0.0.0.0/0" } else { "::/0" };
            let destinations = [
                (IpNet::from(gateway), None),
                (everything.parse().expect("a constant range"), Some(gateway)),
            ];
            for (destination, gateway) in destinations {
                let route = Route { destination, gateway, link, source: None };
                inside.replace_route(&route).map_err(failed())?;
            }
        }
        Ok(())
    }

    /// The gateway for a pod's address: of the range that it lies in, or else, for a pod that is
    /// older than the node's present ranges, of the family's range.
    fn gateway(&self, address: IpAddr) -> Option<IpAddr> {
        let shared = self.shared.lock();
        let same_family = |pool: &&Pool| pool.cidr().addr().is_ipv4() == address.is_ipv4();
        let own = shared.pools.iter().find(|pool| pool.cidr().contains(&address));
        own.or_else(|| shared.pools.iter().find(same_family)).map(Pool::gateway)
    }

    fn ensure_bridge(&self, pools: &[Pool]) -> Result<(), Error> {
        let failed = || Error::kernel(format!("prepare bridge {}", self.bridge));
        let mut netlink = Netlink::open().map_err(failed())?;
        let bridge = netlink.create_bridge(&self.bridge, self.config.mtu).map_err(failed())?;
        // Without an address of its own a bridge takes its ports', and changes with them.
        let mac = ipam::mac_of(pools[0].gateway());
        if bridge.mac != mac {
            netlink.set_mac(bridge.index, mac).map_err(failed())?;
        }
        if bridge.mtu != self.config.mtu {
            netlink.set_mtu(bridge.index, self.config.mtu).map_err(failed())?;
        }
        netlink.set_up(bridge.index).map_err(failed())?;
        let wanted: Vec<IpNet> = pools
            .iter()
            .filter_map(|pool| IpNet::new(pool.gateway(), pool.cidr().prefix_len()).ok())
            .collect();
        for address in netlink.addresses(bridge.index).map_err(failed())? {
            let is_link_local = matches!(address.addr(), IpAddr::V6(v6) if v6.is_unicast_link_local());
            if !wanted.contains(&address) && !is_link_local {
                netlink.delete_address(bridge.index, address).map_err(failed())?;
            }
        }
        wanted.iter().try_for_each(|address| netlink.add_address(bridge.index, *address)).map_err(failed())
    }

    fn ensure_sysctls(&self, pools: &[Pool]) -> Result<(), Error> {
        // A dot in a name is written as a slash; bridge names have none.
        let bridge = &self.bridge;
        let mut wanted = Vec::new();
        if pools.iter().any(|pool| pool.cidr().addr().is_ipv4()) {
            wanted.extend([
                ("net.ipv4.ip_forward".to_owned(), "1"),
                // Host ports and node ports on the node's loopback address.
                (format!("net.ipv4.conf.{bridge}.route_localnet"), "1"),
                // Pods reach each other through the node on purpose.
                (format!("net.ipv4.conf.{bridge}.send_redirects"), "0"),
                ("net.ipv4.conf.all.send_redirects".to_owned(), "0"),
            ]);
        }
        if pools.iter().any(|pool| pool.cidr().addr().is_ipv6()) {
            keep_router_advertisements();
            wanted.push(("net.ipv6.conf.all.forwarding".to_owned(), "1"));
        }
        for (name, value) in wanted {
            linux::namespace::set_sysctl(&name, value)
                .map_err(Error::linux("set the node's kernel parameters"))?;
        }
        Ok(())
    }

    fn table_text(&self, shared: &Shared) -> String {
        let pod_cidrs: Vec<IpNet> = shared.pools.iter().map(Pool::cidr).collect();
        plan::table(&Inputs {
            table: &self.table,
            bridge: &self.bridge,
            pod_cidrs: &pod_cidrs,
            cluster_cidrs: &self.config.cluster_cidrs,
            attachments: shared.state.attachments(),
        })
    }

    /// Flows to the pod's UDP host ports keep the translation that they began with: make them begin
    /// again.
    fn forget_flows(&self, attachment: &Attachment) -> Result<(), Error> {
        let ports: Vec<u16> = attachment
            .host_ports
            .iter()
            .filter(|port| port.protocol == crate::Protocol::Udp)
            .map(|port| port.host_port)
            .collect();
        if ports.is_empty() {
            return Ok(());
        }
        conntrack::delete(|flow| {
            flow.protocol == conntrack::UDP
                && ports.contains(&flow.original.destination_port)
                && (flow.reply.source != flow.original.destination
                    || !attachment.addresses.contains(&flow.original.source))
        })
        .map(|_| ())
        .map_err(Error::kernel("forget flows to host ports"))
    }
}

/// Pools with what is on record.
fn pools(pod_cidrs: &[IpNet], state: &State) -> Vec<Pool> {
    let mut pools: Vec<Pool> = pod_cidrs.iter().map(|cidr| Pool::new(*cidr)).collect();
    for pool in &mut pools {
        for address in state.attachments().values().flat_map(|attachment| &attachment.addresses) {
            if pool.cidr().contains(address) {
                pool.take(*address);
            }
        }
        state.released().iter().for_each(|address| pool.note_released(*address));
        pool.skip_given_out();
    }
    pools
}

/// One address of every range, or none at all.
fn allocate(pools: &mut [Pool]) -> Result<Vec<IpAddr>, Error> {
    if pools.is_empty() {
        return Err(Error::NoPodCidr);
    }
    let mut addresses: Vec<IpAddr> = Vec::with_capacity(pools.len());
    for i in 0..pools.len() {
        match pools[i].allocate() {
            Some(address) => addresses.push(address),
            None => {
                for (pool, address) in pools.iter_mut().zip(addresses) {
                    pool.release(address);
                }
                return Err(Error::Exhausted { cidr: pools[i].cidr() });
            }
        }
    }
    Ok(addresses)
}

/// In the pod's namespace: no redirects, which could only lead past the node; and no configuration
/// from router advertisements of other pods.
fn pod_sysctls(has_v6: bool) -> Result<(), linux::Error> {
    for name in ["all", POD_INTERFACE] {
        linux::namespace::set_sysctl(&format!("net.ipv4.conf.{name}.accept_redirects"), "0")?;
    }
    if has_v6 {
        for parameter in ["accept_redirects", "accept_ra"] {
            linux::namespace::set_sysctl(&format!("net.ipv6.conf.{POD_INTERFACE}.{parameter}"), "0")?;
        }
    }
    Ok(())
}

/// A node that forwards IPv6 ignores router advertisements unless told otherwise, and would lose
/// its own default route.
fn keep_router_advertisements() {
    let Ok(interfaces) = fs::read_dir("/proc/sys/net/ipv6/conf") else { return };
    for interface in interfaces.flatten() {
        let path = interface.path().join("accept_ra");
        if fs::read_to_string(&path).is_ok_and(|value| value.trim() == "1")
            && let Err(error) = fs::write(&path, "2")
        {
            tracing::warn!(path = %path.display(), %error, "router advertisements will be ignored");
        }
    }
}
