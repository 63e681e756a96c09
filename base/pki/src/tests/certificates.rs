//! Certificates, requests and authorities.

use std::os::unix::fs::PermissionsExt;

use x509_parser::prelude::FromDer;
use x509_parser::prelude::ParsedExtension;
use x509_parser::prelude::X509Certificate;

use super::*;

fn valid() -> Validity {
    Validity::starting(now(), 365 * DAY)
}

#[test]
fn a_client_is_its_common_name_and_all_its_organisations() {
    let ca = authority("kubernetes");
    let subject = Subject::new("jane", ["system:masters", "developers", "ops"]);
    let credential = ca.issue(&Leaf::client(subject.clone()), valid()).unwrap();
    assert_eq!(*credential.subject(), subject);
    let identity = verify_client(credential.chain(), &ca.bundle().unwrap(), now()).unwrap();
    assert_eq!(identity.common_name, "jane");
    assert_eq!(identity.organizations, ["system:masters", "developers", "ops"]);
    assert_eq!(identity.uid, None);
    assert_eq!(identity.fingerprint.len(), 64);
    assert_eq!(identity.not_after.as_second(), valid().not_after.as_second());
}

#[test]
fn strangers_expired_and_servers_are_not_clients() {
    let (ca, other) = (authority("kubernetes"), authority("somebody-else"));
    let bundle = ca.bundle().unwrap();
    let client = Leaf::client(Subject::common_name("jane"));
    let refused = |credential: &Credential, at: Timestamp| {
        let error = verify_client(credential.chain(), &bundle, at).unwrap_err();
        let Error::Untrusted { source } = error else { panic!("{error}") };
        source.to_string()
    };
    let stranger = other.issue(&client, valid()).unwrap();
    assert!(refused(&stranger, now()).contains("UnknownIssuer"));
    let good = ca.issue(&client, valid()).unwrap();
    assert!(refused(&good, now() + 366 * DAY).contains("expired"));
    assert!(refused(&good, now() - DAY).contains("not valid yet"));
    let server = ca.issue(&Leaf::server("api", vec!["api".into()], vec![]), valid()).unwrap();
    assert!(refused(&server, now()).contains("extended"), "{}", refused(&server, now()));
    assert!(matches!(verify_client(&[], &bundle, now()), Err(Error::Malformed { .. })));
    let garbage = [rustls::pki_types::CertificateDer::from(vec![0x30, 0x82, 0xff])];
    assert!(verify_client(&garbage, &bundle, now()).is_err());
}

#[test]
fn an_old_and_a_new_authority_are_trusted_together() {
    let (old, new) = (authority("old"), authority("newer"));
    let bundle = CaBundle::from_pem(&format!("{}{}", old.certificate_pem(), new.certificate_pem())).unwrap();
    for ca in [old, new] {
        let credential = ca.issue(&Leaf::client(Subject::common_name("jane")), valid()).unwrap();
        assert_eq!(verify_client(credential.chain(), &bundle, now()).unwrap().common_name, "jane");
    }
}

#[test]
fn a_server_certificate_says_what_it_should() {
    let ca = authority("kubernetes");
    let ips = vec!["10.96.0.1".parse().unwrap(), "fd00::1".parse().unwrap()];
    let leaf = Leaf::server("kube-apiserver", vec!["kubernetes.default.svc".into(), "localhost".into()], ips);
    let credential = ca.issue(&leaf, Validity::starting(now(), 20 * 365 * DAY)).unwrap();
    let (_, parsed) = X509Certificate::from_der(&credential.chain()[0]).unwrap();
    assert_eq!(parsed.issuer().to_string(), "CN=kubernetes");
    assert!(!parsed.is_ca());
    assert_eq!(credential.validity().not_after, ca.validity().not_after, "no longer than its authority");
    let names = parsed.subject_alternative_name().unwrap().unwrap();
    let mut found = SubjectAltNames::default();
    names.value.general_names.iter().for_each(|name| found.add(name));
    assert_eq!(found, leaf.names);
    let usage = parsed.extended_key_usage().unwrap().unwrap();
    assert!(usage.value.server_auth && !usage.value.client_auth);
    let bits = parsed.key_usage().unwrap().unwrap();
    assert!(bits.critical && bits.value.digital_signature() && bits.value.key_encipherment());
    let ids = |certificate: &[u8]| {
        let (_, parsed) = X509Certificate::from_der(certificate).unwrap();
        let ids: Vec<Vec<u8>> = parsed
            .iter_extensions()
            .filter_map(|extension| match extension.parsed_extension() {
                ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
                ParsedExtension::AuthorityKeyIdentifier(id) => {
                    Some(id.key_identifier.as_ref().unwrap().0.to_vec())
                }
                _ => None,
            })
            .collect();
        ids
    };
    assert_eq!(ids(&credential.chain()[0]), ids(ca.certificate_der()));
}

#[test]
fn openssl_agrees_with_a_chain() {
    let directory = tempfile::tempdir().unwrap();
    let ca = authority("kubernetes");
    let leaf = Leaf::client(Subject::new("jane", ["a", "b"]));
    std::fs::write(directory.path().join("ca.pem"), ca.certificate_pem()).unwrap();
    std::fs::write(directory.path().join("leaf.pem"), ca.issue(&leaf, valid()).unwrap().chain_pem()).unwrap();
    let run = |arguments: &[&str]| {
        let output =
            std::process::Command::new("openssl").args(arguments).current_dir(directory.path()).output();
        let output = output.expect("this test needs the openssl program (Debian package openssl)");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", "ca.pem", "leaf.pem"]);
    let subject = run(&["x509", "-noout", "-subject", "-nameopt", "RFC2253", "-in", "leaf.pem"]);
    assert_eq!(subject.trim(), "subject=CN=jane,O=b,O=a");
}

#[test]
fn requests_of_others_and_of_ours_are_signed() {
    let ca = authority("kubernetes");
    let usages = ["digital signature", "client auth"].map(|name| Usage::parse(name).unwrap());
    // Another library's request, with an extension that is not ours to grant.
    let mut params = rcgen::CertificateParams::new(vec!["node-1".to_owned(), "10.0.0.7".to_owned()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::OrganizationName, "system:nodes");
    params.distinguished_name.push(rcgen::DnType::CommonName, "system:node:node-1");
    let key = rcgen::KeyPair::generate().unwrap();
    let theirs = params.serialize_request(&key).unwrap().pem().unwrap();
    let subject = Subject::new("system:node:node-1", ["system:nodes"]);
    let names = SubjectAltNames {
        dns: vec!["node-1".into()],
        ips: vec!["10.0.0.7".parse().unwrap()],
        ..SubjectAltNames::default()
    };
    let our_keys = [KeyPair::generate().unwrap(), KeyPair::generate_rsa().unwrap()];
    let ours = our_keys.iter().map(|key| create_csr(&subject, &names, key).unwrap());
    let key_pems = [key.serialize_pem()].into_iter().chain(our_keys.iter().map(KeyPair::to_pem));
    for (request, key) in [theirs].into_iter().chain(ours).zip(key_pems) {
        let csr = Csr::from_pem(&request).unwrap();
        assert_eq!((&csr.subject, &csr.names), (&subject, &names));
        let pem = ca.sign_csr(&csr, &usages, valid()).unwrap();
        let credential = Credential::from_pem(&pem, &key).unwrap();
        let identity = verify_client(credential.chain(), &ca.bundle().unwrap(), now()).unwrap();
        assert_eq!(identity.common_name, "system:node:node-1");
        assert_eq!(identity.organizations, ["system:nodes"]);
    }
}

#[test]
fn a_request_signed_by_another_key_is_refused() {
    let subject = Subject::common_name("jane");
    let mut der = {
        use rustls::pki_types::pem::PemObject;
        let text = create_csr(&subject, &SubjectAltNames::default(), &KeyPair::generate().unwrap()).unwrap();
        rustls::pki_types::CertificateSigningRequestDer::from_pem_slice(text.as_bytes()).unwrap().to_vec()
    };
    assert_eq!(Csr::from_der(&der).unwrap().subject, subject);
    let name = der.windows(4).position(|window| window == b"jane").unwrap();
    der[name] = b'J';
    assert!(matches!(Csr::from_der(&der), Err(Error::Signature(_))));
    for end in 0..der.len() {
        assert!(Csr::from_der(&der[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn usages_are_those_of_the_certificates_api() {
    for name in
        ["signing", "cert sign", "server auth", "client auth", "s/mime", "ocsp signing", "netscape sgc"]
    {
        assert_eq!(Usage::parse(name).unwrap().name(), name);
    }
    assert_eq!(Usage::parse("flying"), None);
    assert_eq!(Usage::parse("client auth"), Some(Usage::CLIENT_AUTH));
}

#[test]
fn files_are_made_once_and_keys_are_private() {
    let directory = tempfile::tempdir().unwrap();
    let (certificate, key) = (directory.path().join("pki/ca.crt"), directory.path().join("pki/ca.key"));
    let rng = Rng::from_seed(1);
    let load = || CertificateAuthority::load_or_create(&certificate, &key, "kubernetes", now(), DAY, &rng);
    let made = load().unwrap();
    assert_eq!(load().unwrap().certificate_pem(), made.certificate_pem());
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&certificate), mode(&key)), (0o644, 0o600));
    assert_eq!(std::fs::read_dir(directory.path().join("pki")).unwrap().count(), 2, "nothing is left over");
    // The key of another authority.
    std::fs::write(&key, authority("other").key_pem()).unwrap();
    let error = load().unwrap_err();
    assert!(
        matches!(&error, Error::Content { path, source } if *path == certificate && matches!(**source, Error::KeyMismatch))
    );
    std::fs::remove_file(&key).unwrap();
    assert!(matches!(load(), Err(Error::File { action: "read", .. })));
}

#[test]
fn credentials_are_stored_and_know_when_to_be_renewed() {
    let directory = tempfile::tempdir().unwrap();
    let (chain, key) = (directory.path().join("tls.crt"), directory.path().join("tls.key"));
    assert!(Credential::load_if_there(&chain, &key).unwrap().is_none());
    let start = now();
    let leaf = Leaf::client(Subject::common_name("jane"));
    let made = authority("kubernetes").issue(&leaf, Validity::starting(start, 100 * DAY)).unwrap();
    made.store(&chain, &key).unwrap();
    let loaded = Credential::load_if_there(&chain, &key).unwrap().unwrap();
    assert_eq!((loaded.chain(), loaded.validity()), (made.chain(), made.validity()));
    // Certificates count in whole seconds.
    assert!(loaded.remaining(start) > 99 * DAY && loaded.remaining(start) <= 100 * DAY);
    assert_eq!(loaded.remaining(start + 101 * DAY), Duration::ZERO);
    for seed in 0..50 {
        let renewal = loaded.renewal_time(&Rng::from_seed(seed));
        assert!(renewal > start + 69 * DAY && renewal < start + 91 * DAY, "{renewal}");
    }
}
