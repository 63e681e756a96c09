//! Real handshakes.

use std::sync::Arc;

use rustls::pki_types::ServerName;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::TlsConnector;

use super::*;

struct Met {
    /// The client's chain as the server saw it.
    client: Vec<rustls::pki_types::CertificateDer<'static>>,
    /// The server's certificate as the client saw it.
    server: rustls::pki_types::CertificateDer<'static>,
    alpn: Vec<u8>,
}

async fn meet(
    server: &Arc<rustls::ServerConfig>,
    client: &Arc<rustls::ClientConfig>,
    name: &str,
) -> std::io::Result<Met> {
    let (near, far) = tokio::io::duplex(1 << 16);
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let accept = async {
        let mut stream = TlsAcceptor::from(server.clone()).accept(far).await?;
        stream.write_all(b"hello").await?;
        stream.flush().await?;
        let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
        Ok::<_, std::io::Error>(chain.iter().map(|certificate| certificate.clone().into_owned()).collect())
    };
    let connect = async {
        let mut stream = TlsConnector::from(client.clone()).connect(name, near).await?;
        let mut greeting = [0; 5];
        stream.read_exact(&mut greeting).await?;
        assert_eq!(&greeting, b"hello");
        let session = stream.get_ref().1;
        let server = session.peer_certificates().unwrap()[0].clone().into_owned();
        Ok::<_, std::io::Error>((server, session.alpn_protocol().unwrap().to_vec()))
    };
    let (client, connected) = tokio::join!(accept, connect);
    let (server, alpn) = connected?;
    Ok(Met { client: client?, server, alpn })
}

fn server_credential(ca: &CertificateAuthority) -> Credential {
    let ips = vec!["127.0.0.1".parse().unwrap()];
    ca.issue(&Leaf::server("api", vec!["localhost".into()], ips), Validity::starting(now(), DAY)).unwrap()
}

#[tokio::test]
async fn any_client_gets_through_the_handshake_and_is_judged_afterwards() {
    let (ca, other) = (authority("kubernetes"), authority("somebody-else"));
    let bundle = ca.bundle().unwrap();
    let server = server_config(Rotating::new(&server_credential(&ca))).unwrap();
    let trust = ServerTrust::Authorities(bundle.clone());
    let client =
        |credential: Option<&Credential>| client_config(&trust, credential.map(Rotating::new)).unwrap();
    let jane = Leaf::client(Subject::new("jane", ["ops"]));
    let known = ca.issue(&jane, Validity::starting(now(), DAY)).unwrap();
    let stranger = other.issue(&jane, Validity::starting(now(), DAY)).unwrap();
    let expired = Validity { not_before: now() - 2 * DAY, not_after: now() - DAY };
    let expired = ca.issue(&jane, expired).unwrap();

    let met = meet(&server, &client(None), "localhost").await.unwrap();
    assert_eq!((met.client.len(), &met.alpn[..]), (0, &b"h2"[..]));
    let met = meet(&server, &client(Some(&known)), "127.0.0.1").await.unwrap();
    assert_eq!(verify_client(&met.client, &bundle, now()).unwrap().common_name, "jane");
    for credential in [stranger, expired] {
        let met = meet(&server, &client(Some(&credential)), "localhost").await.unwrap();
        assert!(matches!(verify_client(&met.client, &bundle, now()), Err(Error::Untrusted { .. })));
    }
    let elsewhere = meet(&server, &client(None), "example.com").await;
    assert!(elsewhere.is_err(), "a certificate for another name was taken");
}

#[tokio::test]
async fn a_certificate_without_its_key_is_refused_in_the_handshake() {
    let ca = authority("kubernetes");
    let server = server_config(Rotating::new(&server_credential(&ca))).unwrap();
    let jane = ca.issue(&Leaf::client(Subject::common_name("jane")), Validity::starting(now(), DAY)).unwrap();
    let thief = KeyPair::generate().unwrap();
    assert!(matches!(Credential::new(jane.chain().to_vec(), thief.clone()), Err(Error::KeyMismatch)));
    let stolen = rustls::sign::CertifiedKey::new(jane.chain().to_vec(), thief.signing_key());
    let mut client = (*client_config(&ServerTrust::Anyone, None).unwrap()).clone();
    client.client_auth_cert_resolver = Arc::new(rustls::sign::SingleCertAndKey::from(stolen));
    assert!(meet(&server, &Arc::new(client), "localhost").await.is_err());
}

#[tokio::test]
async fn both_sides_rotate_without_a_new_configuration() {
    let ca = authority("kubernetes");
    let (first, second) = (server_credential(&ca), server_credential(&ca));
    let serving = Rotating::new(&first);
    let server = server_config(serving.clone()).unwrap();
    let issue = |name: &str| {
        ca.issue(&Leaf::client(Subject::common_name(name)), Validity::starting(now(), DAY)).unwrap()
    };
    let (one, two) = (issue("one"), issue("two"));
    let identity = Rotating::new(&one);
    let client = client_config(&ServerTrust::Anyone, Some(identity.clone())).unwrap();
    let met = meet(&server, &client, "localhost").await.unwrap();
    assert_eq!((&met.server, &met.client[0]), (&first.chain()[0], &one.chain()[0]));
    serving.replace(&second);
    identity.replace(&two);
    // A resumed session would keep the old names: a new client has none to resume.
    let client = client_config(&ServerTrust::Anyone, Some(identity)).unwrap();
    let met = meet(&server, &client, "localhost").await.unwrap();
    assert_eq!((&met.server, &met.client[0]), (&second.chain()[0], &two.chain()[0]));
}

#[tokio::test]
async fn an_unknown_server_is_refused_unless_anyone_will_do() {
    let (ca, other) = (authority("kubernetes"), authority("somebody-else"));
    let server = server_config(Rotating::new(&server_credential(&other))).unwrap();
    let strict = client_config(&ServerTrust::Authorities(ca.bundle().unwrap()), None).unwrap();
    assert!(meet(&server, &strict, "localhost").await.is_err());
    let lenient = client_config(&ServerTrust::Anyone, None).unwrap();
    assert!(meet(&server, &lenient, "whatever.example.com").await.is_ok());
}
