//! Pod workers, probes, status, the kubelet API.
