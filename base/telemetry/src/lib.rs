//! Tracing, the metric registry, error chains.
