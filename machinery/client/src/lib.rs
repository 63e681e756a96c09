//! Transports, watch state machine, shared informers.
