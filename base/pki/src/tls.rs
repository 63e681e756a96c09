//! TLS configuration for servers and clients.

use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ClientConfig;
use rustls::DigitallySignedStruct;
use rustls::DistinguishedName;
use rustls::ServerConfig;
use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::danger::ServerCertVerified;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::ServerName;
use rustls::pki_types::UnixTime;
use rustls::server::ClientHello;
use rustls::server::ResolvesServerCert;
use rustls::server::danger::ClientCertVerified;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::CertifiedKey;

use crate::CaBundle;
use crate::Credential;
use crate::Error;
use crate::Result;

/// A credential that can be replaced while connections are served: new handshakes use the new one,
/// connections that are open go on. Shared by everybody who holds the `Arc`.
#[derive(Debug)]
pub struct Rotating {
    current: ArcSwap<CertifiedKey>,
}

/// How a client judges a server.
#[derive(Clone, Debug)]
pub enum ServerTrust {
    /// Its certificate names the host and was issued by one of the bundle.
    Authorities(CaBundle),
    /// It is not judged: for probes, which the Kubernetes API defines so, and where a person asked
    /// for it (`--insecure-skip-tls-verify`).
    Anyone,
}

impl Rotating {
    /// Starts with one credential.
    pub fn new(credential: &Credential) -> Arc<Self> {
        Arc::new(Self { current: ArcSwap::new(credential.certified_key()) })
    }

    /// Replaces it.
    pub fn replace(&self, credential: &Credential) {
        self.current.store(credential.certified_key());
    }
}

/// The crypto provider of every configuration: aws-lc-rs, with post-quantum key exchange preferred.
pub fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: std::sync::LazyLock<Arc<CryptoProvider>> =
        std::sync::LazyLock::new(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    PROVIDER.clone()
}

/// A server that asks for a client certificate and takes any whose key the client holds; judge the
/// chain with [`crate::verify_client`]. Speaks HTTP/2 and HTTP/1.1.
///
/// # Errors
/// [`Error::Tls`].
pub fn server_config(credential: Arc<Rotating>) -> Result<Arc<ServerConfig>> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|source| Error::Tls { source })?
        .with_client_cert_verifier(Arc::new(AnyIssuer))
        .with_cert_resolver(credential);
    config.alpn_protocols = alpn();
    Ok(Arc::new(config))
}

/// A client that proves its identity with `credential`, if it has one and the server asks. Speaks
/// HTTP/2 and HTTP/1.1.
///
/// # Errors
/// [`Error::Tls`].
pub fn client_config(trust: &ServerTrust, credential: Option<Arc<Rotating>>) -> Result<Arc<ClientConfig>> {
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        ServerTrust::Authorities(bundle) => {
            let verifier =
                WebPkiServerVerifier::builder_with_provider(bundle.roots.clone(), provider()).build();
            verifier.map_err(|error| Error::malformed("CA bundle", error))?
        }
        ServerTrust::Anyone => Arc::new(AnyServer),
    };
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|source| Error::Tls { source })?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match credential {
        Some(credential) => builder.with_client_cert_resolver(credential),
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = alpn();
    Ok(Arc::new(config))
}

fn alpn() -> Vec<Vec<u8>> {
    vec![b"h2".to_vec(), b"http/1.1".to_vec()]
}

impl ResolvesServerCert for Rotating {
    fn resolve(&self, _client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

impl ResolvesClientCert for Rotating {
    fn resolve(&self, _hints: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let current = self.current.load_full();
        // Without a common scheme the handshake would break; without a certificate the server may
        // still know the client by other means.
        current.key.choose_scheme(schemes).map(|_| current)
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// Checks that the client holds the key of its certificate, not who issued it.
#[derive(Debug)]
struct AnyIssuer;

impl ClientCertVerifier for AnyIssuer {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = provider().signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

/// Takes any server that holds the key of its certificate.
#[derive(Debug)]
struct AnyServer;

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        AnyIssuer.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        AnyIssuer.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        AnyIssuer.supported_verify_schemes()
    }
}
