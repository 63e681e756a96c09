//! Clients of other languages.

#[test]
fn python() {
    clients::run_script("SKIFF_TEST_PYTHON", "python.py");
}

#[test]
fn javascript() {
    clients::run_script("SKIFF_TEST_NODE", "javascript.mjs");
}
