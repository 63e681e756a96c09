//! CA, certificates, rotation, TLS configuration.
