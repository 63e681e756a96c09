//! Which addresses and ports a cluster uses on this machine.
//!
//! Service addresses and node ports are rules of the whole machine, so two clusters on it must not
//! draw the same ones. Each claims a slot: a file that names its data directory, made where all
//! clusters of the machine look. The slot decides the default ranges; they are written into the data
//! directory at the first start and never change after.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write as _;
use std::net::IpAddr;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context as _;
use apiserver::NodePorts;
use ipnet::IpNet;
use nix::fcntl::Flock;
use nix::fcntl::FlockArg;

use crate::cli::UpArgs;
use crate::layout::Layout;

/// Where the clusters of this machine find each other. Empty after a reboot, when nothing of a
/// cluster is left either.
const SLOTS: &str = "/run/skiff/slots";
/// Clusters on one machine that get along without flags.
const SLOT_COUNT: u8 = 10;
/// Second number of the first slot's ranges, 10.x.0.0/16.
const FIRST_POD_RANGE: u8 = 244;
const FIRST_SERVICE_RANGE: u8 = 96;
const DNS_HOST: usize = 9;
/// Node ports of every cluster, and the part of them that a slot draws from by itself.
const NODE_PORTS: (u16, u16) = (30000, 32767);
const SLOT_PORTS: u16 = 256;

/// The ranges of one cluster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ranges {
    pub(crate) slot: u8,
    pub(crate) pods: IpNet,
    pub(crate) services: IpNet,
}

impl Ranges {
    /// What the cluster was made with; at the first start, what was asked for or the machine's next
    /// free slot.
    pub(crate) fn load_or_choose(layout: &Layout, args: &UpArgs) -> anyhow::Result<Self> {
        let path = layout.ranges();
        let ranges = match std::fs::read_to_string(&path) {
            Ok(text) => {
                let known = parse(&text).with_context(|| {
                    format!("{} is damaged: it names the ranges of pods and Services", path.display())
                })?;
                known.must_be(args)?;
                hold_slot(Path::new(SLOTS), known.slot, layout.root());
                known
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let slot = claim_slot(Path::new(SLOTS), layout.root(), &routed_ranges()).context(
                    "ten clusters on this machine use the default ranges: use --pod-cidr and --service-cidr",
                )?;
                let chosen = Self {
                    slot,
                    pods: args.pod_cidr.map_or_else(|| range(FIRST_POD_RANGE + slot), Ok)?,
                    services: args.service_cidr.map_or_else(|| range(FIRST_SERVICE_RANGE + slot), Ok)?,
                };
                std::fs::write(&path, chosen.to_text())
                    .with_context(|| format!("cannot write {}", path.display()))?;
                chosen
            }
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        Ok(ranges)
    }

    /// What the cluster was made with; `None` where it was not started yet.
    pub(crate) fn load(layout: &Layout) -> anyhow::Result<Option<Self>> {
        let path = layout.ranges();
        match std::fs::read_to_string(&path) {
            Ok(text) => parse(&text).map(Some).with_context(|| format!("{} is damaged", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// The address of cluster DNS: the tenth of the Services' range (counted from the first host).
    pub(crate) fn dns_ip(&self) -> anyhow::Result<IpAddr> {
        self.services.hosts().nth(DNS_HOST).context("the range of Services is too small")
    }

    /// All node ports may be asked for by number; those nobody asked for come from the slot's part.
    pub(crate) fn node_ports(&self) -> NodePorts {
        let all = NodePorts::new(NODE_PORTS.0, NODE_PORTS.1);
        let first = all.preferred.0 + u16::from(self.slot) * SLOT_PORTS;
        NodePorts { preferred: (first, first + SLOT_PORTS - 1), ..all }
    }

    fn must_be(&self, args: &UpArgs) -> anyhow::Result<()> {
        let asked =
            [("--pod-cidr", args.pod_cidr, self.pods), ("--service-cidr", args.service_cidr, self.services)];
        for (flag, asked, known) in asked {
            if asked.is_some_and(|asked| asked != known) {
                anyhow::bail!("the cluster was made with {flag} {known}: it cannot be changed");
            }
        }
        Ok(())
    }

    fn to_text(self) -> String {
        format!("slot {}\npods {}\nservices {}\n", self.slot, self.pods, self.services)
    }
}

/// Gives the slot of a cluster that is removed to the next one.
pub(crate) fn release(layout: &Layout) -> anyhow::Result<()> {
    release_in(Path::new(SLOTS), layout.root())
}

fn parse(text: &str) -> anyhow::Result<Ranges> {
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.map(str::trim).with_context(|| format!("no line begins with {name:?}"))
    };
    let slot: u8 = field("slot")?.parse()?;
    anyhow::ensure!(slot < SLOT_COUNT, "slot {slot} is out of range");
    Ok(Ranges { slot, pods: field("pods")?.parse()?, services: field("services")?.parse()? })
}

fn range(second: u8) -> anyhow::Result<IpNet> {
    IpNet::new(IpAddr::from([10, second, 0, 0]), 16).context("a /16 is a range")
}

/// The first slot that nobody holds and whose ranges this machine does not route elsewhere.
fn claim_slot(slots: &Path, data_dir: &Path, routed: &[IpNet]) -> Option<u8> {
    // Two clusters that start at once look one after the other.
    let _held = lock(slots);
    let own = (0..SLOT_COUNT).find(|slot| holder(&slot_file(slots, *slot)).as_deref() == Some(data_dir));
    own.or_else(|| {
        (0..SLOT_COUNT).find(|slot| {
            let ranges = [range(FIRST_POD_RANGE + slot), range(FIRST_SERVICE_RANGE + slot)];
            // A wider route, of a VPN for example, yields to the cluster's narrower ones.
            let elsewhere = ranges.iter().flatten().any(|own| {
                routed
                    .iter()
                    .any(|other| own.contains(&other.network()) && other.prefix_len() >= own.prefix_len())
            });
            !elsewhere && take(slots, *slot, data_dir)
        })
    })
}

/// Takes a slot if it is free, or if the cluster that held it is gone. Where no file can be made (an
/// API server that does not run as root) there are no rules of the machine to keep apart.
fn take(slots: &Path, slot: u8, data_dir: &Path) -> bool {
    let path = slot_file(slots, slot);
    if let Some(holder) = holder(&path)
        && holder != data_dir
        && !holder.join("cluster-id").exists()
        && let Err(error) = std::fs::remove_file(&path)
    {
        tracing::debug!(%error, "a slot of a cluster that is gone stays");
    }
    match File::create_new(&path) {
        Ok(mut file) => file.write_all(data_dir.as_os_str().as_encoded_bytes()).is_ok(),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            holder(&path).as_deref() == Some(data_dir)
        }
        Err(_) => true,
    }
}

/// After a reboot the files are gone, but the cluster's ranges stay as they are.
fn hold_slot(slots: &Path, slot: u8, data_dir: &Path) {
    let _held = lock(slots);
    if !take(slots, slot, data_dir) {
        tracing::warn!(slot, "another cluster on this machine uses the same default ranges");
    }
}

fn lock(slots: &Path) -> Option<Flock<File>> {
    let opened = std::fs::create_dir_all(slots).and_then(|()| File::open(slots));
    match opened.map(|directory| Flock::lock(directory, FlockArg::LockExclusive)) {
        Ok(Ok(held)) => Some(held),
        Ok(Err((_, error))) => {
            tracing::debug!(%error, "clusters that start now may not see each other");
            None
        }
        Err(error) => {
            tracing::debug!(%error, "clusters on this machine cannot find each other");
            None
        }
    }
}

fn release_in(slots: &Path, data_dir: &Path) -> anyhow::Result<()> {
    for slot in 0..SLOT_COUNT {
        let path = slot_file(slots, slot);
        if holder(&path).as_deref() == Some(data_dir) {
            std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

fn slot_file(slots: &Path, slot: u8) -> PathBuf {
    slots.join(slot.to_string())
}

/// The data directory that a slot's file names.
fn holder(path: &Path) -> Option<PathBuf> {
    std::fs::read(path).ok().map(|bytes| PathBuf::from(OsString::from_vec(bytes)))
}

/// Where this machine has IPv4 routes to, the default route aside.
fn routed_ranges() -> Vec<IpNet> {
    let table = std::fs::read_to_string("/proc/net/route").unwrap_or_default();
    table.lines().skip(1).filter_map(route_of).filter(|route| route.prefix_len() > 0).collect()
}

/// A line of `/proc/net/route`: numbers in hexadecimal, in the machine's byte order.
fn route_of(line: &str) -> Option<IpNet> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let number = |i: usize| fields.get(i).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    let (address, mask) = (number(1)?, number(7)?);
    IpNet::new(IpAddr::from(address.to_ne_bytes()), mask.count_ones() as u8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_of_one_machine_get_slots_of_their_own() {
        let dir = tempfile::tempdir().expect("a directory");
        let slots = dir.path().join("slots");
        let clusters: Vec<PathBuf> = (0..3).map(|i| dir.path().join(format!("cluster-{i}"))).collect();
        for (i, cluster) in clusters.iter().enumerate() {
            std::fs::create_dir(cluster).expect("a directory");
            std::fs::write(cluster.join("cluster-id"), "x").expect("written");
            assert_eq!(claim_slot(&slots, cluster, &[]), Some(i as u8));
        }
        assert_eq!(claim_slot(&slots, &clusters[1], &[]), Some(1), "its own");
        release_in(&slots, &clusters[0]).expect("released");
        let next = dir.path().join("next");
        assert_eq!(claim_slot(&slots, &next, &[]), Some(0), "a released one is free");
        std::fs::remove_dir_all(&clusters[2]).expect("removed");
        assert_eq!(claim_slot(&slots, &clusters[1], &[]), Some(1), "not a free one");
        let another = dir.path().join("another");
        std::fs::create_dir(&another).expect("a directory");
        std::fs::write(another.join("cluster-id"), "x").expect("written");
        assert_eq!(claim_slot(&slots, &another, &[]), Some(0), "`next` never became a cluster");
    }

    #[test]
    fn a_range_that_is_routed_elsewhere_is_not_taken() {
        let dir = tempfile::tempdir().expect("a directory");
        let routed: Vec<IpNet> =
            ["10.244.3.0/24", "10.97.0.0/16"].map(|r| r.parse().expect("a range")).into();
        assert_eq!(claim_slot(&dir.path().join("slots"), dir.path(), &routed), Some(2));
        let wide: IpNet = "10.0.0.0/8".parse().expect("a range");
        assert_eq!(claim_slot(&dir.path().join("other"), dir.path(), &[wide]), Some(0));
    }

    #[test]
    fn ranges_survive_their_text_and_slots_share_no_ports() {
        let of = |slot: u8| Ranges {
            slot,
            pods: range(FIRST_POD_RANGE + slot).expect("a range"),
            services: range(FIRST_SERVICE_RANGE + slot).expect("a range"),
        };
        for slot in 0..SLOT_COUNT {
            assert_eq!(parse(&of(slot).to_text()).expect("its own text"), of(slot));
            let ports = of(slot).node_ports();
            assert!(ports.preferred.1 <= ports.last, "{ports:?}");
            let next = of(slot + 1).node_ports();
            assert!(ports.preferred.1 < next.preferred.0);
        }
        assert!(parse("slot 0\npods 10.244.0.0/16\n").is_err());
    }

    #[test]
    fn routes_are_read_as_the_kernel_writes_them() {
        let line = |address: [u8; 4], mask: [u8; 4]| {
            let [a, m] = [address, mask].map(u32::from_ne_bytes);
            format!("eth0\t{a:08X}\t00000000\t0001\t0\t0\t0\t{m:08X}\t0\t0\t0")
        };
        let route = route_of(&line([10, 244, 3, 0], [255, 255, 255, 0])).expect("a route");
        assert_eq!(route.to_string(), "10.244.3.0/24");
    }
}
