//! Namespaces, cgroups, mounts, seccomp, capabilities.
