//! Pod network and IPAM.
