//! Getting pod traffic past other people's `FORWARD` chain.
//!
//! `iptables` on nftables keeps its chains in table `ip filter`: accepting rules are put at their
//! head, marked with a comment, where such a chain exists. The legacy xtables backend is out of
//! reach of nftables.

use std::fs;

use netlink::nft;

use crate::Error;

/// A family that iptables keeps a `FORWARD` chain for, and where the legacy backend lists its tables.
const CHAINS: [(&str, &str); 2] =
    [("ip", "/proc/net/ip_tables_names"), ("ip6", "/proc/net/ip6_tables_names")];

/// Puts the rules in where they are missing. They must be renewed when iptables is reset.
pub(crate) fn ensure(bridge: &str) -> Result<(), Error> {
    for (family, legacy_tables) in CHAINS {
        match listed(family) {
            Some(chain) if chain.contains(&comment(bridge)) => {}
            Some(_) => {
                let rule = |direction: &str| {
                    let comment = comment(bridge);
                    format!(
                        "insert rule {family} filter FORWARD {direction} \"{bridge}\" accept comment {comment}\n"
                    )
                };
                let script = rule("iifname") + &rule("oifname");
                nft::apply(&script)
                    .map_err(Error::kernel("accept pod traffic in iptables' FORWARD chain"))?;
            }
            None if fs::read_to_string(legacy_tables).is_ok_and(|tables| tables.contains("filter")) => {
                tracing::warn!(
                    family,
                    "legacy iptables rules may drop pod traffic; nftables cannot see them"
                );
            }
            None => {}
        }
    }
    Ok(())
}

/// Takes the rules out.
pub(crate) fn remove(bridge: &str) -> Result<(), Error> {
    for (family, _) in CHAINS {
        let Some(chain) = listed(family) else { continue };
        let ours = chain.lines().filter(|line| line.contains(&comment(bridge)));
        let handles = ours.filter_map(|line| line.rsplit_once("# handle ")).map(|(_, handle)| handle.trim());
        let script: String =
            handles.map(|handle| format!("delete rule {family} filter FORWARD handle {handle}\n")).collect();
        if !script.is_empty() {
            nft::apply(&script).map_err(Error::kernel("clean iptables' FORWARD chain"))?;
        }
    }
    Ok(())
}

/// The chain's text, or `None` where there is no such chain.
fn listed(family: &str) -> Option<String> {
    nft::query(&["-a", "list", "chain", family, "filter", "FORWARD"]).ok()
}

fn comment(bridge: &str) -> String {
    format!("\"{bridge} pods\"")
}
