//! PEM, as far as its blocks have types.

/// What is wrong with the blocks of a certificate and its key, in the words of Go's TLS library. Whether
/// what is in them fits together is not looked at.
pub(crate) fn pair([certificate, key]: [Vec<u8>; 2]) -> Option<String> {
    let [certificate, key] = [certificate, key].map(|text| types(&String::from_utf8_lossy(&text)));
    let is_key = |kind: &String| kind == "PRIVATE KEY" || kind.ends_with(" PRIVATE KEY");
    if !certificate.iter().any(|kind| kind == "CERTIFICATE") {
        return Some(match certificate.as_slice() {
            [] => "tls: failed to find any PEM data in certificate input".to_owned(),
            [one] if one.ends_with("PRIVATE KEY") => {
                "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched".to_owned()
            }
            skipped => format!(
                "tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks of the following types: [{}]",
                skipped.join(" ")
            ),
        });
    }
    if key.iter().any(is_key) {
        return None;
    }
    Some(match key.as_slice() {
        [] => "tls: failed to find any PEM data in key input".to_owned(),
        [one] if one == "CERTIFICATE" => {
            "tls: found a certificate rather than a key in the PEM for the private key".to_owned()
        }
        skipped => format!(
            "tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after skipping PEM blocks of the following types: [{}]",
            skipped.join(" ")
        ),
    })
}

/// The types of the blocks of a text, in their order.
fn types(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, begun)) = rest.split_once("-----BEGIN ") {
        let Some((kind, block)) = begun.split_once("-----") else { break };
        rest = block;
        if let Some((_, after)) = block.split_once(&format!("-----END {kind}-----")) {
            found.push(kind.to_owned());
            rest = after;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(kind: &str) -> String {
        format!("-----BEGIN {kind}-----\nAAAA\n-----END {kind}-----\n")
    }

    #[test]
    fn blocks_are_told_apart_by_their_types() {
        let wrong =
            |certificate: &str, key: &str| pair([certificate, key].map(|text| text.as_bytes().to_vec()));
        let (certificate, key) = (block("CERTIFICATE"), block("EC PRIVATE KEY"));
        assert_eq!(wrong(&certificate, &key), None);
        assert_eq!(wrong(&format!("text\n{}{certificate}", block("X509 CRL")), &block("PRIVATE KEY")), None);
        for (certificate, key, says) in [
            ("", "", "tls: failed to find any PEM data in certificate input"),
            (&*certificate, "-----BEGIN PRIVATE KEY-----", "tls: failed to find any PEM data in key input"),
            (&*key, &*certificate, "PEM inputs may have been switched"),
            (&*certificate, &*certificate, "found a certificate rather than a key"),
            (&*block("X509 CRL"), &*key, "of the following types: [X509 CRL]"),
        ] {
            let told = wrong(certificate, key).expect("it is wrong");
            assert!(told.contains(says), "{told}");
        }
    }
}
