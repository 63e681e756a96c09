//! The resource table, type schemas, the object value and its codecs.
