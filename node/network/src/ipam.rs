//! Which addresses of a range are free, and in which order they are given out.

use std::collections::HashSet;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use ipnet::IpNet;

/// A range with more host bits than this is never used up; what is given back is not kept in mind.
const REUSE_BITS_MAX: u8 = 20;

/// The addresses of one range. The first address after the network's own is the gateway's; an IPv4
/// range also keeps its last address back, which is the broadcast address.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    cidr: IpNet,
    used: HashSet<IpAddr>,
    /// Addresses that were given back, the oldest first. An address is here at most once.
    released: VecDeque<IpAddr>,
    /// The next address that was never given out, as an offset.
    fresh: u128,
    /// The highest offset that the record says was given back.
    noted: u128,
}

impl Pool {
    pub(crate) fn new(cidr: IpNet) -> Self {
        Self { cidr: cidr.trunc(), used: HashSet::new(), released: VecDeque::new(), fresh: 2, noted: 0 }
    }

    pub(crate) fn cidr(&self) -> IpNet {
        self.cidr
    }

    pub(crate) fn gateway(&self) -> IpAddr {
        self.at(1)
    }

    /// An address that nobody has: never used ones first, then the one given back longest ago.
    pub(crate) fn allocate(&mut self) -> Option<IpAddr> {
        while self.fresh <= self.last() {
            let address = self.at(self.fresh);
            self.fresh += 1;
            if self.used.insert(address) {
                return Some(address);
            }
        }
        let address = self.released.pop_front()?;
        self.used.insert(address);
        Some(address)
    }

    /// Notes that an address is in use, when the record is read back. `false` when it was already.
    pub(crate) fn take(&mut self, address: IpAddr) -> bool {
        self.released.retain(|released| *released != address);
        self.used.insert(address)
    }

    /// Gives an address back; others go first from now on.
    pub(crate) fn release(&mut self, address: IpAddr) {
        // One that `allocate` has not come to yet will come up by itself, later than the rest.
        let given_out =
            self.used.remove(&address) && self.offset(address).is_some_and(|offset| offset < self.fresh);
        if given_out && self.reuses() {
            self.released.push_back(address);
        }
    }

    /// Restores the order in which addresses were given back; older than all further ones.
    pub(crate) fn note_released(&mut self, address: IpAddr) {
        let Some(offset) = self.offset(address) else { return };
        if self.reuses() && !self.used.contains(&address) && !self.released.contains(&address) {
            self.released.push_back(address);
            self.noted = self.noted.max(offset);
        }
    }

    /// Catches up with a record: what lies below the highest address in use was given out before.
    pub(crate) fn skip_given_out(&mut self) {
        let highest =
            self.used.iter().filter_map(|address| self.offset(*address)).max().unwrap_or(0).max(self.noted);
        if !self.reuses() {
            self.fresh = self.fresh.max(highest + 1);
        }
        while self.fresh <= highest {
            let address = self.at(self.fresh);
            self.fresh += 1;
            if !self.used.contains(&address) && !self.released.contains(&address) {
                self.released.push_front(address);
            }
        }
    }

    fn reuses(&self) -> bool {
        self.host_bits() <= REUSE_BITS_MAX
    }

    fn host_bits(&self) -> u8 {
        self.cidr.max_prefix_len() - self.cidr.prefix_len()
    }

    fn last(&self) -> u128 {
        let all = 1u128.checked_shl(u32::from(self.host_bits())).map_or(u128::MAX, |size| size - 1);
        if self.cidr.addr().is_ipv4() { all - 1 } else { all }
    }

    fn at(&self, offset: u128) -> IpAddr {
        match self.cidr.network() {
            IpAddr::V4(network) => Ipv4Addr::from_bits(network.to_bits() + offset as u32).into(),
            IpAddr::V6(network) => Ipv6Addr::from_bits(network.to_bits() + offset).into(),
        }
    }

    fn offset(&self, address: IpAddr) -> Option<u128> {
        if !self.cidr.contains(&address) {
            return None;
        }
        match (self.cidr.network(), address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                Some(u128::from(address.to_bits() - network.to_bits()))
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => Some(address.to_bits() - network.to_bits()),
            _ => None,
        }
    }
}

/// The hardware address that belongs to an IP address: locally administered, from its last bytes.
pub(crate) fn mac_of(address: IpAddr) -> [u8; 6] {
    let last: [u8; 4] = match address {
        IpAddr::V4(address) => address.octets(),
        IpAddr::V6(address) => {
            let [.., a, b, c, d] = address.octets();
            [a, b, c, d]
        }
    };
    [0x0a, 0x58, last[0], last[1], last[2], last[3]]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pool(cidr: &str) -> Pool {
        Pool::new(cidr.parse().unwrap())
    }

    fn drain(pool: &mut Pool) -> Vec<String> {
        std::iter::from_fn(|| pool.allocate()).map(|address| address.to_string()).collect()
    }

    #[test]
    fn the_whole_range_and_nothing_else() {
        assert_eq!(
            drain(&mut pool("10.0.0.9/29")),
            ["10.0.0.10", "10.0.0.11", "10.0.0.12", "10.0.0.13", "10.0.0.14"]
        );
        assert_eq!(drain(&mut pool("fd00::/126")), ["fd00::2", "fd00::3"]);
        assert_eq!(pool("10.0.0.0/24").gateway().to_string(), "10.0.0.1");
        assert_eq!(drain(&mut pool("10.0.0.0/22")).len(), 1021);
    }

    #[test]
    fn the_oldest_is_reused_first_even_after_a_restart() {
        let mut pool = pool("10.0.0.0/29");
        let all: Vec<_> = std::iter::from_fn(|| pool.allocate()).collect();
        for i in [3, 0, 4] {
            pool.release(all[i]);
        }
        let mut restarted = Pool::new(pool.cidr());
        for i in [1, 2] {
            assert!(restarted.take(all[i]));
        }
        for address in &pool.released {
            restarted.note_released(*address);
        }
        restarted.skip_given_out();
        for pool in [&mut pool, &mut restarted] {
            assert_eq!(
                [pool.allocate(), pool.allocate(), pool.allocate()],
                [Some(all[3]), Some(all[0]), Some(all[4])]
            );
            assert_eq!(pool.allocate(), None);
        }
    }

    #[test]
    fn hardware_addresses() {
        assert_eq!(mac_of("10.42.0.7".parse().unwrap()), [0x0a, 0x58, 10, 42, 0, 7]);
        assert_eq!(mac_of("fd00::1:2".parse().unwrap()), [0x0a, 0x58, 0, 1, 0, 2]);
    }

    proptest! {
        /// No address is held twice, none is outside, and one given back waits for all the others.
        #[test]
        fn never_twice(steps in proptest::collection::vec(any::<Option<prop::sample::Index>>(), 1..400)) {
            let mut pool = pool("10.0.0.0/28");
            let mut held: Vec<IpAddr> = Vec::new();
            let mut given_back: Vec<IpAddr> = Vec::new();
            for step in steps {
                match step {
                    Some(index) if !held.is_empty() => {
                        let address = held.swap_remove(index.index(held.len()));
                        pool.release(address);
                        given_back.push(address);
                    }
                    _ => match pool.allocate() {
                        Some(address) => {
                            prop_assert!(!held.contains(&address));
                            prop_assert!(pool.cidr().contains(&address) && address != pool.gateway());
                            if let Some(position) = given_back.iter().position(|old| *old == address) {
                                prop_assert_eq!(position, 0, "not the oldest");
                                given_back.remove(0);
                            }
                            held.push(address);
                        }
                        None => prop_assert_eq!(held.len(), 13),
                    },
                }
            }
        }
    }
}
