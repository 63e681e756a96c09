//! The request path and the watch cache.
