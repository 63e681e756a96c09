//! The cluster's keys and certificates, made on first start.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use api::Value;
use base64::Engine as _;
use jiff::Timestamp;
use pki::CertificateAuthority;
use pki::Credential;
use pki::Leaf;
use pki::Rotating;
use pki::ServerTrust;
use pki::Subject;
use pki::Validity;
use stdx::Clock;
use stdx::Rng;

use crate::cli::CredentialsArgs;
use crate::cli::CredentialsOf;
use crate::cluster::DOMAIN;
use crate::cluster::Ranges;
use crate::layout::Layout;

/// The users that the parts of a cluster are, as upstream names them.
pub(crate) const PROXY: &str = "system:kube-proxy";
pub(crate) const DNS: &str = "system:skiff:dns";
pub(crate) const SCHEDULER: &str = "system:kube-scheduler";
pub(crate) const CONTROLLER_MANAGER: &str = "system:kube-controller-manager";

/// A node's kubeconfig holds a context for each of its parts; the kubelet's is the current one. The
/// one of `SERVING_CONTEXT` is what the kubelet's own server presents.
pub(crate) const PROXY_CONTEXT: &str = "kube-proxy";
pub(crate) const DNS_CONTEXT: &str = "dns";
pub(crate) const SERVING_CONTEXT: &str = "kubelet-serving";
/// The extension of the cluster that says what a node must know of it.
pub(crate) const EXTENSION: &str = "skiff";

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
        let mut file = KubeconfigFile::new(&format!("https://{server}"), self.authority.certificate_pem());
        file.add("skiff", "skiff-admin", &credential);
        let body = file.value;
        write_private(path, &api::yaml::to_string(&body))
    }

    /// The serving certificate of this node's kubelet.
    pub(crate) fn kubelet_serving(
        &self,
        node: &str,
        ips: Vec<IpAddr>,
        now: Timestamp,
    ) -> anyhow::Result<Arc<Rotating>> {
        Ok(Rotating::new(&kubelet_serving(&self.authority, node, ips, now)?))
    }
}

/// `skiff credentials`: signs with the cluster's authority, so it runs where the control plane does.
pub(crate) fn write_for(args: &CredentialsArgs) -> anyhow::Result<ExitCode> {
    let layout = Layout::new(&args.data_dir)?;
    let rng = Rng::from_system();
    let now = Clock::system().now();
    let no_cluster = || format!("no cluster was started in {}: use --data-dir", layout.root().display());
    let ranges = Ranges::load(&layout)?.with_context(no_cluster)?;
    let read = |file: &str| std::fs::read_to_string(layout.pki(file)).with_context(no_cluster);
    let authority = CertificateAuthority::from_pem(&read("ca.crt")?, &read("ca.key")?, &rng)?;
    let server = match &args.server {
        Some(server) => server.clone(),
        None => {
            let admin = layout.admin_kubeconfig();
            crate::cluster::server_of(&admin).context("use --server https://HOST:PORT")?
        }
    };
    let issue = |name: &str, groups: &[&str]| {
        let leaf = Leaf::client(Subject::new(name, groups.iter().copied()));
        authority.issue(&leaf, Validity::starting(now, LEAF_LIFETIME))
    };
    let mut file = KubeconfigFile::new(&server, authority.certificate_pem());
    match &args.whose {
        CredentialsOf::Node { name } => {
            if let Some(error) = meta::names::dns1123_subdomain(name).into_iter().next() {
                anyhow::bail!("{name:?} cannot be a node's name: {error}");
            }
            file.value.at_mut(&["clusters"]).ensure_list().edit(|clusters| {
                clusters[0].set(
                    &["cluster", "extensions"],
                    vec![api::value!({"name": EXTENSION, "extension": {
                        "podCIDR": ranges.pods.to_string(), "clusterDNS": ranges.dns_ip().map(|ip| ip.to_string()).unwrap_or_default(),
                        "clusterDomain": DOMAIN
                    }})],
                );
            });
            let user = format!("system:node:{name}");
            file.add("kubelet", &user, &issue(&user, &[apiserver::NODES])?);
            file.add(PROXY_CONTEXT, PROXY, &issue(PROXY, &[])?);
            file.add(DNS_CONTEXT, DNS, &issue(DNS, &[])?);
            file.add(SERVING_CONTEXT, SERVING_CONTEXT, &kubelet_serving(&authority, name, Vec::new(), now)?);
        }
        CredentialsOf::Scheduler => {
            file.add("scheduler", SCHEDULER, &issue(SCHEDULER, &[])?);
        }
        CredentialsOf::ControllerManager => {
            file.add("controller-manager", CONTROLLER_MANAGER, &issue(CONTROLLER_MANAGER, &[])?);
        }
    }
    print!("{}", api::yaml::to_string(&file.value));
    Ok(ExitCode::SUCCESS)
}

fn kubelet_serving(
    authority: &CertificateAuthority,
    node: &str,
    ips: Vec<IpAddr>,
    now: Timestamp,
) -> anyhow::Result<Credential> {
    // The API server goes by the name, whatever the address.
    let leaf = Leaf::server(format!("system:node:{node}"), vec![node.to_owned()], ips);
    Ok(authority.issue(&leaf, Validity::starting(now, LEAF_LIFETIME))?)
}

/// A kubeconfig that is being written: one cluster, several users of it.
struct KubeconfigFile {
    value: Value,
}

impl KubeconfigFile {
    fn new(server: &str, authority_pem: &str) -> Self {
        let value = api::value!({
            "apiVersion": "v1", "kind": "Config", "current-context": "", "preferences": {},
            "clusters": [{"name": "skiff", "cluster": {
                "server": server, "certificate-authority-data": encode(authority_pem)
            }}],
            "users": [], "contexts": []
        });
        Self { value }
    }

    /// Adds a user and a context for it; the first one is the current one.
    fn add(&mut self, context: &str, user: &str, credential: &Credential) {
        if self.value["current-context"].str_or_empty().is_empty() {
            self.value.set(&["current-context"], context);
        }
        self.value.at_mut(&["users"]).ensure_list().push(api::value!({"name": user, "user": {
            "client-certificate-data": encode(&credential.chain_pem()), "client-key-data": encode(&credential.key_pem())
        }}));
        self.value
            .at_mut(&["contexts"])
            .ensure_list()
            .push(api::value!({"name": context, "context": {"cluster": "skiff", "user": user}}));
    }
}

fn encode(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
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
