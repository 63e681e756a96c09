//! Links, addresses, routes, nftables, conntrack.
