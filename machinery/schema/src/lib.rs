//! Validation, defaulting, patches, server-side apply, OpenAPI.
