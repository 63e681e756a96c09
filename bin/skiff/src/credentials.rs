//! The cluster's keys and certificates, made on first start.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use jiff::Timestamp;
use pki::CertificateAuthority;
use pki::Credential;
use pki::Leaf;
use pki::Rotating;
use pki::ServerTrust;
use pki::Subject;
use pki::Validity;
use stdx::Rng;

use crate::layout::Layout;

const DAY: Duration = Duration::from_secs(24 * 3600);
const AUTHORITY_LIFETIME: Duration = Duration::from_secs(10 * 365 * 24 * 3600);
const LEAF_LIFETIME: Duration = Duration::from_secs(365 * 24 * 3600);

/// Everything that proves who somebody is.
pub(crate) struct Credentials {
    pub(crate) authority: CertificateAuthority,
    pub(crate) serving: Arc<Rotating>,
    /// How the API server presents itself to kubelets.
    pub(crate) kubelet_client: Arc<rustls::ClientConfig>,
}

impl Credentials {
    /// Reads them, or makes what is missing; serving certificates are made anew at every start, so
    /// that they name the addresses of today.
    pub(crate) fn load_or_create(
        layout: &Layout,
        names: Names,
        now: Timestamp,
        rng: &Rng,
    ) -> anyhow::Result<Self> {
        let authority = CertificateAuthority::load_or_create(
            &layout.pki("ca.crt"),
            &layout.pki("ca.key"),
            "skiff-ca",
            now,
            AUTHORITY_LIFETIME,
            rng,
        )?;
        let validity = Validity::starting(now, LEAF_LIFETIME);
        let serving = authority.issue(&Leaf::server("kube-apiserver", names.dns, names.ips), validity)?;
        let subject = Subject::new("kube-apiserver-kubelet-client", ["system:masters"]);
        let to_kubelets = authority.issue(&Leaf::client(subject), validity)?;
        let trust = ServerTrust::Authorities(authority.bundle()?);
        let kubelet_client = pki::client_config(&trust, Some(Rotating::new(&to_kubelets)))?;
        Ok(Self { authority, serving: Rotating::new(&serving), kubelet_client })
    }

    /// The administrator's kubeconfig: written on first start and again before it runs out.
    pub(crate) fn write_admin_kubeconfig(
        &self,
        layout: &Layout,
        path: &Path,
        server: SocketAddr,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let (chain, key) = (layout.pki("admin.crt"), layout.pki("admin.key"));
        let credential = match Credential::load_if_there(&chain, &key)? {
            Some(credential) if credential.remaining(now) > 30 * DAY => credential,
            _ => {
                let subject = Subject::new("kubernetes-admin", ["system:masters"]);
                let made =
                    self.authority.issue(&Leaf::client(subject), Validity::starting(now, LEAF_LIFETIME))?;
                made.store(&chain, &key)?;
                made
            }
        };
        let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        let body = api::value!({
            "apiVersion": "v1", "kind": "Config", "current-context": "skiff", "preferences": {},
            "clusters": [{"name": "skiff", "cluster": {
                "server": format!("https://{server}"), "certificate-authority-data": encode(self.authority.certificate_pem())
            }}],
            "users": [{"name": "skiff-admin", "user": {
                "client-certificate-data": encode(&credential.chain_pem()), "client-key-data": encode(&credential.key_pem())
            }}],
            "contexts": [{"name": "skiff", "context": {"cluster": "skiff", "user": "skiff-admin"}}]
        });
        write_private(path, &api::yaml::to_string(&body))
    }

    /// The serving certificate of this node's kubelet.
    pub(crate) fn kubelet_serving(
        &self,
        node: &str,
        ips: Vec<IpAddr>,
        now: Timestamp,
    ) -> anyhow::Result<Arc<Rotating>> {
        let leaf = Leaf::server(format!("system:node:{node}"), vec![node.to_owned()], ips);
        let credential = self.authority.issue(&leaf, Validity::starting(now, LEAF_LIFETIME))?;
        Ok(Rotating::new(&credential))
    }
}

/// What the API server's certificate must name.
pub(crate) struct Names {
    pub(crate) dns: Vec<String>,
    pub(crate) ips: Vec<IpAddr>,
}

fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let context = || format!("cannot write {}", path.display());
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).with_context(context)?;
    }
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .with_context(context)?;
    file.write_all(text.as_bytes()).with_context(context)
}
