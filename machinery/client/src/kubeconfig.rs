//! Where clients find their API server and their credentials: kubeconfig files, and what a pod is
//! given.
//!
//! Source: Kubernetes documentation, "Organizing Cluster Access Using kubeconfig Files"; the fields
//! are those of `client.config.k8s.io`, `v1`, `Config`.

#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;
use std::path::PathBuf;

use api::Value;
use base64::Engine as _;
use pki::CaBundle;
use pki::Credential;
use pki::Rotating;
use pki::ServerTrust;
use thiserror::Error as ThisError;

use crate::Identity;
use crate::Impersonation;
use crate::RemoteConfig;
use crate::RemoteError;
use crate::Token;

/// Where distributions keep the authorities that the machine trusts, in Go's order.
const SYSTEM_BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// A kubeconfig that cannot be used.
#[derive(Debug, ThisError)]
pub enum Error {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The text is no kubeconfig.
    #[error("not a kubeconfig: {0}")]
    Syntax(String),
    /// Something that is referred to is not there.
    #[error("no {list} has the name {name:?}: it has {known:?}")]
    Missing {
        /// The list, such as `context`.
        list: &'static str,
        /// The name.
        name: String,
        /// The names that are there.
        known: Vec<String>,
    },
    /// A field says something that cannot be used.
    #[error("{field}: {why}")]
    Field {
        /// The field's path.
        field: String,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// A certificate or key.
    #[error("{field}")]
    Pki {
        /// The field's path.
        field: String,
        /// The cause.
        #[source]
        source: pki::Error,
    },
    /// The server's address.
    #[error("the server's address")]
    Remote {
        /// The cause.
        #[source]
        source: RemoteError,
    },
}

/// A parsed kubeconfig.
#[derive(Clone, Debug)]
pub struct Kubeconfig {
    value: Value,
    /// Where relative paths start: the file's directory.
    dir: PathBuf,
}

/// One context, looked up.
struct Context<'a> {
    name: String,
    cluster: &'a Value,
    user: &'a Value,
    namespace: &'a str,
}

impl Kubeconfig {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Syntax`].
    pub fn load(path: &Path) -> Result<Self, Error> {
        let text =
            std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        Self::parse(&text, path.parent().unwrap_or(Path::new(".")))
    }

    /// Reads a text; relative paths in it start at `dir`.
    ///
    /// # Errors
    /// [`Error::Syntax`].
    pub fn parse(text: &str, dir: &Path) -> Result<Self, Error> {
        let value = api::yaml::parse(text).map_err(|error| Error::Syntax(error.to_string()))?.value;
        let (kind, version) = (value["kind"].str_or_empty(), value["apiVersion"].str_or_empty());
        if !matches!((kind, version), ("Config" | "", "v1" | "")) || value.as_map().is_none() {
            let text = format!("kind must be Config and apiVersion v1, not {kind:?} and {version:?}");
            return Err(Error::Syntax(text));
        }
        Ok(Self { value, dir: dir.to_owned() })
    }

    /// Whether there is a context of this name.
    pub fn has_context(&self, name: &str) -> bool {
        self.named("context", name).is_ok()
    }

    /// The namespace of a context (`None`: the current one); `default` where it names none.
    ///
    /// # Errors
    /// [`Error::Missing`] where the context leads nowhere.
    pub fn namespace(&self, context: Option<&str>) -> Result<String, Error> {
        let namespace = self.context(context)?.namespace;
        Ok(if namespace.is_empty() { "default" } else { namespace }.to_owned())
    }

    /// An extension of a context's cluster: what the writer of the file adds to the format.
    ///
    /// # Errors
    /// [`Error::Missing`] where the context leads nowhere.
    pub fn cluster_extension<'a>(
        &'a self,
        context: Option<&str>,
        name: &str,
    ) -> Result<Option<&'a Value>, Error> {
        let extensions = self.context(context)?.cluster["extensions"].items();
        let found = extensions.iter().find(|extension| extension["name"].as_str() == Some(name));
        Ok(found.map(|extension| &extension["extension"]))
    }

    /// The server and the identity of a context (`None`: the current one).
    ///
    /// # Errors
    /// Every variant: the first thing that cannot be used.
    pub fn remote(&self, context: Option<&str>) -> Result<RemoteConfig, Error> {
        let context = self.context(context)?;
        let trust = self.trust(&context)?;
        let server = context.cluster["server"].str_or_empty();
        let mut config = RemoteConfig::new(server, trust).map_err(|source| Error::Remote { source })?;
        if let Some(url) = text(context.cluster, "proxy-url") {
            let why = format!("connections through a proxy ({url}) are not made");
            return Err(Error::Field { field: context.cluster_field("proxy-url"), why });
        }
        config.server_name = text(context.cluster, "tls-server-name").map(str::to_owned);
        config.identity = self.identity(&context)?;
        Ok(config)
    }

    /// The certificate and key of a context's user.
    ///
    /// # Errors
    /// As [`Kubeconfig::remote`].
    pub fn credential(&self, context: Option<&str>) -> Result<Option<Credential>, Error> {
        self.client_certificate(&self.context(context)?)
    }

    /// The authorities that a context's server is judged by, where the file names them.
    ///
    /// # Errors
    /// As [`Kubeconfig::remote`].
    pub fn authorities(&self, context: Option<&str>) -> Result<Option<CaBundle>, Error> {
        let context = self.context(context)?;
        match self.data_or_file(context.cluster, "certificate-authority", &context.cluster_field("")) {
            Ok(None) => Ok(None),
            Ok(Some(pem)) => {
                let field = context.cluster_field("certificate-authority");
                CaBundle::from_pem(&pem).map(Some).map_err(|source| Error::Pki { field, source })
            }
            Err(error) => Err(error),
        }
    }

    fn context<'a>(&'a self, name: Option<&str>) -> Result<Context<'a>, Error> {
        let name = match name {
            Some(name) => name,
            None => text(&self.value, "current-context").ok_or_else(|| Error::Field {
                field: "current-context".to_owned(),
                why: "is not set: it names the context to use".to_owned(),
            })?,
        };
        let context = self.named("context", name)?;
        Ok(Context {
            name: name.to_owned(),
            cluster: self.named("cluster", context["cluster"].str_or_empty())?,
            // A context without user is an anonymous one.
            user: match text(context, "user") {
                Some(user) => self.named("user", user)?,
                None => &api::NULL,
            },
            namespace: context["namespace"].str_or_empty(),
        })
    }

    /// The entry of `contexts`, `clusters` or `users` with a name.
    fn named<'a>(&'a self, list: &'static str, name: &str) -> Result<&'a Value, Error> {
        let entries = self.value[format!("{list}s").as_str()].items();
        let found = entries.iter().find(|entry| entry["name"].as_str() == Some(name));
        found.map(|entry| &entry[list]).ok_or_else(|| Error::Missing {
            list,
            name: name.to_owned(),
            known: entries.iter().map(|entry| entry["name"].str_or_empty().to_owned()).collect(),
        })
    }

    fn trust(&self, context: &Context<'_>) -> Result<ServerTrust, Error> {
        let skip = context.cluster["insecure-skip-tls-verify"].as_bool() == Some(true);
        match (self.authorities(Some(&context.name))?, skip) {
            (Some(_), true) => Err(Error::Field {
                field: context.cluster_field("insecure-skip-tls-verify"),
                why: "must not be set together with certificate-authority".to_owned(),
            }),
            (Some(bundle), false) => Ok(ServerTrust::Authorities(bundle)),
            // As kubectl: a person wrote it there, by hand.
            (None, true) => Ok(ServerTrust::Anyone),
            (None, false) => system_authorities().map(ServerTrust::Authorities),
        }
    }

    fn identity(&self, context: &Context<'_>) -> Result<Identity, Error> {
        let user = context.user;
        for (field, why) in [
            ("exec", "credential plugins are not run: use a client certificate, token or tokenFile"),
            ("auth-provider", "was removed in Kubernetes 1.26: use a client certificate, token or tokenFile"),
            ("username", "API servers do not take passwords: use a client certificate, token or tokenFile"),
        ] {
            if !user[field].is_null() {
                return Err(Error::Field { field: context.user_field(field), why: why.to_owned() });
            }
        }
        // As client-go: the file counts where both are set.
        let token = match (text(user, "tokenFile"), text(user, "token")) {
            (Some(file), _) => Token::File(self.dir.join(file)),
            (None, Some(token)) => Token::Fixed(token.to_owned()),
            (None, None) => Token::None,
        };
        let impersonate = text(user, "as").map(|name| Impersonation {
            user: name.to_owned(),
            groups: user["as-groups"].items().iter().map(|group| group.str_or_empty().to_owned()).collect(),
        });
        let credential = self.client_certificate(context)?;
        Ok(Identity { credential: credential.as_ref().map(Rotating::new), token, impersonate })
    }

    fn client_certificate(&self, context: &Context<'_>) -> Result<Option<Credential>, Error> {
        let prefix = context.user_field("");
        let certificate = self.data_or_file(context.user, "client-certificate", &prefix)?;
        let key = self.data_or_file(context.user, "client-key", &prefix)?;
        match (certificate, key) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Credential::from_pem(&certificate, &key)
                .map(Some)
                .map_err(|source| Error::Pki { field: context.user_field("client-certificate"), source }),
            _ => Err(Error::Field {
                field: context.user_field("client-certificate"),
                why: "certificate and key must be set together".to_owned(),
            }),
        }
    }

    /// A text that stands in the file (`KEY-data`, base64, which counts first) or in another one
    /// (`KEY`).
    fn data_or_file(&self, value: &Value, key: &str, prefix: &str) -> Result<Option<String>, Error> {
        let data_key = format!("{key}-data");
        if let Some(data) = text(value, &data_key) {
            let bytes = base64::engine::general_purpose::STANDARD.decode(data).ok();
            let decoded = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            return decoded.map(Some).ok_or_else(|| Error::Field {
                field: format!("{prefix}{data_key}"),
                why: "must be a PEM text in base64".to_owned(),
            });
        }
        let Some(file) = text(value, key) else { return Ok(None) };
        let path = self.dir.join(file);
        std::fs::read_to_string(&path).map(Some).map_err(|source| Error::Read { path, source })
    }
}

impl Context<'_> {
    fn cluster_field(&self, field: &str) -> String {
        format!("cluster of context {:?}: {field}", self.name)
    }

    fn user_field(&self, field: &str) -> String {
        format!("user of context {:?}: {field}", self.name)
    }
}

/// What a pod is given (Kubernetes documentation, "Accessing the Kubernetes API from a Pod"): the
/// values of `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`, and the directory of the
/// service account, usually `/var/run/secrets/kubernetes.io/serviceaccount`.
///
/// # Errors
/// [`Error::Read`] where the directory lacks `token` or `ca.crt`; [`Error::Pki`], [`Error::Remote`].
pub fn in_cluster(host: &str, port: &str, service_account: &Path) -> Result<RemoteConfig, Error> {
    let read = |file: &str| {
        let path = service_account.join(file);
        std::fs::read_to_string(&path).map_err(|source| Error::Read { path, source })
    };
    // That there is a token is worth knowing now; it is read again when it changes.
    read("token")?;
    let bundle = CaBundle::from_pem(&read("ca.crt")?)
        .map_err(|source| Error::Pki { field: "ca.crt".to_owned(), source })?;
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let mut config = RemoteConfig::new(&format!("https://{host}:{port}"), ServerTrust::Authorities(bundle))
        .map_err(|source| Error::Remote { source })?;
    config.identity.token = Token::File(service_account.join("token"));
    Ok(config)
}

fn system_authorities() -> Result<CaBundle, Error> {
    for path in SYSTEM_BUNDLES.map(Path::new) {
        if let Ok(pem) = std::fs::read_to_string(path) {
            let field = path.display().to_string();
            return CaBundle::from_pem(&pem).map_err(|source| Error::Pki { field, source });
        }
    }
    Err(Error::Field {
        field: "certificate-authority".to_owned(),
        why: format!("is not set, and this machine has no authorities of its own in {SYSTEM_BUNDLES:?}"),
    })
}

/// A text that is set and not empty.
fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value[key].as_str().filter(|text| !text.is_empty())
}
