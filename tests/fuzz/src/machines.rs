//! What programs say to programs: frames, packets, manifests, archives.

use std::sync::LazyLock;

use dns::RecordInputs;
use dns::Records;

static ZONE: LazyLock<Records> = LazyLock::new(|| {
    let inputs = RecordInputs {
        cluster_domain: "cluster.local".to_owned(),
        ttl: 30,
        serial: 1,
        server_ips: vec!["10.0.0.10".parse().expect("an address")],
        namespaces: vec!["default".to_owned()],
        services: Vec::new(),
    };
    Records::build(&inputs).expect("the zone is small and valid")
});

pub(crate) fn spdy(bytes: &[u8]) {
    wire::outside::spdy_frames(bytes);
}

pub(crate) fn channel_message(bytes: &[u8]) {
    for text in [false, true] {
        if let Some((_, length)) = wire::outside::channel_message(text, bytes) {
            assert!(length < bytes.len());
        }
    }
}

pub(crate) fn image_manifest(bytes: &[u8]) {
    images::outside::manifest(bytes);
    images::outside::config(bytes);
}

/// Writes below a temporary directory only: that is what it is about.
pub(crate) fn image_layer(bytes: &[u8]) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let target = directory.path().join("target");
    std::fs::create_dir(&target).expect("it is empty");
    images::outside::layer(bytes, &target);
    let around = std::fs::read_dir(directory.path()).expect("it is ours");
    assert_eq!(around.count(), 1, "something was written beside the layer");
}

pub(crate) fn dns(bytes: &[u8]) {
    for tcp in [false, true] {
        assert!(dns::outside::packet(bytes, tcp, &ZONE) <= usize::from(u16::MAX));
    }
}
