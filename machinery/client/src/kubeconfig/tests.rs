//! Files as people and tools write them, and every mistake in them.

use super::*;

struct Fixture {
    dir: tempfile::TempDir,
    ca: String,
}

fn fixture() -> Fixture {
    let rng = stdx::Rng::from_seed(1);
    let now = stdx::Clock::system().now();
    let day = std::time::Duration::from_secs(86_400);
    let validity = pki::Validity::starting(now, day);
    let ca = pki::CertificateAuthority::generate("ca", validity, &rng).expect("keys can be made");
    let user = ca.issue(&pki::Leaf::client(pki::Subject::new("u", ["g"])), validity).expect("issued");
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("ca.crt"), ca.certificate_pem()).expect("written");
    std::fs::write(dir.path().join("u.crt"), user.chain_pem()).expect("written");
    std::fs::write(dir.path().join("u.key"), user.key_pem()).expect("written");
    std::fs::write(dir.path().join("token"), "t\n").expect("written");
    let ca = base64::engine::general_purpose::STANDARD.encode(ca.certificate_pem());
    Fixture { dir, ca }
}

impl Fixture {
    fn parse(&self, cluster: &str, user: &str) -> Kubeconfig {
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts:\n- name: c\n  context: {{cluster: k, user: u, namespace: ns}}\n- name: nobody\n  context: {{cluster: k}}\nclusters:\n- name: k\n  cluster: {{server: 'https://example.com:6443/prefix/', {cluster}}}\nusers:\n- name: u\n  user: {{{user}}}\n"
        );
        Kubeconfig::parse(&text, self.dir.path()).expect("a kubeconfig")
    }

    fn refusal(&self, cluster: &str, user: &str) -> String {
        self.parse(cluster, user).remote(None).expect_err("a mistake").to_string()
    }
}

#[test]
fn a_context_is_a_server_and_a_user() {
    let fixture = fixture();
    let config = fixture.parse(
        "certificate-authority: ca.crt, tls-server-name: api, extensions: [{name: e, extension: {a: b}}]",
        "client-certificate: u.crt, client-key: u.key, token: x, tokenFile: token, as: other, as-groups: [g]",
    );
    let remote = config.remote(None).expect("usable");
    assert_eq!(remote.server, "https://example.com:6443/prefix/");
    assert!(matches!(remote.trust, ServerTrust::Authorities(_)));
    assert_eq!(remote.server_name.as_deref(), Some("api"));
    assert!(remote.identity.credential.is_some());
    assert!(matches!(&remote.identity.token, Token::File(path) if *path == fixture.dir.path().join("token")));
    let other = Impersonation { user: "other".to_owned(), groups: vec!["g".to_owned()] };
    assert_eq!(remote.identity.impersonate, Some(other));
    assert_eq!(config.namespace(None).expect("a context"), "ns");
    assert_eq!(config.namespace(Some("nobody")).expect("a context"), "default");
    let extension = config.cluster_extension(None, "e").expect("a context").expect("an extension");
    assert_eq!(extension["a"].as_str(), Some("b"));
    assert!(config.has_context("nobody") && !config.has_context("somebody"));
    assert_eq!(config.credential(None).expect("readable").expect("there").subject().common_name, "u");

    let nobody = config.remote(Some("nobody")).expect("anonymous");
    assert!(nobody.identity.credential.is_none() && matches!(nobody.identity.token, Token::None));
    let inline = fixture.parse(&format!("certificate-authority-data: {}", fixture.ca), "token: x");
    let inline = inline.remote(None).expect("usable");
    assert!(matches!(&inline.identity.token, Token::Fixed(token) if token == "x"));
    assert!(!format!("{inline:?}").contains("\"x\""), "tokens stay out of logs");
    let skipped = fixture.parse("insecure-skip-tls-verify: true", "").remote(None).expect("as kubectl");
    assert!(matches!(skipped.trust, ServerTrust::Anyone));
}

#[test]
fn every_mistake_is_a_sentence() {
    let fixture = fixture();
    let ca = "certificate-authority: ca.crt";
    for (cluster, user, expected) in [
        (ca, "exec: {command: x}", "credential plugins are not run"),
        (ca, "auth-provider: {name: gcp}", "removed in Kubernetes 1.26"),
        (ca, "username: a, password: b", "do not take passwords"),
        (ca, "client-certificate: u.crt", "must be set together"),
        (ca, "client-certificate: gone.crt, client-key: u.key", "cannot read"),
        (ca, "client-certificate-data: '!!', client-key: u.key", "PEM text in base64"),
        ("certificate-authority: u.key", "", "certificate-authority"),
        (
            "certificate-authority: ca.crt, insecure-skip-tls-verify: true",
            "",
            "together with certificate-authority",
        ),
        ("certificate-authority: ca.crt, proxy-url: 'http://p'", "", "through a proxy"),
    ] {
        let error = fixture.refusal(cluster, user);
        assert!(error.contains(expected), "{cluster} / {user}: {error}");
    }
    let config = fixture.parse(ca, "");
    let missing = config.remote(Some("x")).expect_err("no such context").to_string();
    assert_eq!(missing, r#"no context has the name "x": it has ["c", "nobody"]"#);
    let parse = |text: &str| Kubeconfig::parse(text, Path::new("."));
    assert!(parse("kind: Pod\napiVersion: v1").is_err());
    assert!(parse("a: [").is_err());
    let unset = parse("kind: Config\napiVersion: v1").expect("an empty one").remote(None);
    assert!(unset.expect_err("no context").to_string().contains("current-context"));
}

#[test]
fn a_pod_uses_its_service_account() {
    let fixture = fixture();
    let config = in_cluster("fd00::1", "443", fixture.dir.path()).expect("usable");
    assert_eq!(config.server, "https://[fd00::1]:443/");
    assert!(matches!(config.identity.token, Token::File(_)));
    let error = in_cluster("h", "443", Path::new("/nonexistent")).expect_err("no directory");
    assert!(error.to_string().contains("/nonexistent/token"), "{error}");
}
