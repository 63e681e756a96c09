//! The ConfigMaps and Secrets that pods refer to, read by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::Object;
use api::Resource;
use api::Value;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use client::Client;
use client::Target;

pub(crate) fn config_maps() -> &'static Resource {
    Resource::find("", "v1", "configmaps").expect("a row of the table")
}

pub(crate) fn secrets() -> &'static Resource {
    Resource::find("", "v1", "secrets").expect("a row of the table")
}

/// A reference to an object of the pod's namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Source {
    secret: bool,
    pub name: String,
}

impl Source {
    pub(crate) fn config_map(name: &str) -> Self {
        Self { secret: false, name: name.to_owned() }
    }

    pub(crate) fn secret(name: &str) -> Self {
        Self { secret: true, name: name.to_owned() }
    }

    pub(crate) fn kind(&self) -> &'static str {
        if self.secret { "Secret" } else { "ConfigMap" }
    }

    /// As the API server says it, which is what users know.
    pub(crate) fn not_found(&self) -> String {
        format!("{} {:?} not found", self.kind().to_lowercase(), self.name)
    }

    /// Keys and contents, sorted.
    pub(crate) fn contents(&self, object: &Object) -> BTreeMap<String, Bytes> {
        let mut contents = BTreeMap::new();
        let value = object.value();
        let encoded = if self.secret { &value["data"] } else { &value["binaryData"] };
        for (key, text) in encoded.entries().strings() {
            // The API server has checked it.
            contents.insert(key.to_owned(), STANDARD.decode(text).unwrap_or_default().into());
        }
        if !self.secret {
            for (key, text) in value["data"].entries().strings() {
                contents.insert(key.to_owned(), Bytes::copy_from_slice(text.as_bytes()));
            }
        }
        contents
    }

    /// Keys and contents that are text: what can be in an environment.
    pub(crate) fn texts(&self, object: &Object) -> BTreeMap<String, String> {
        if self.secret {
            let texts = self.contents(object).into_iter();
            return texts.map(|(key, bytes)| (key, String::from_utf8_lossy(&bytes).into_owned())).collect();
        }
        object.value()["data"]
            .entries()
            .strings()
            .map(|(key, text)| (key.to_owned(), text.to_owned()))
            .collect()
    }
}

/// Objects by reference; one that does not exist is not there.
pub(crate) type Fetched = BTreeMap<Source, Arc<Object>>;

/// Reads objects.
///
/// # Errors
/// The API server could not be asked; that something does not exist is none.
pub(crate) async fn fetch(
    client: &Client,
    namespace: &str,
    sources: &[Source],
) -> Result<Fetched, client::Error> {
    let mut fetched = Fetched::new();
    for source in sources {
        let resource = if source.secret { secrets() } else { config_maps() };
        if let Some(object) = client.find(Target::object(resource, namespace, &source.name)).await? {
            fetched.insert(source.clone(), object);
        }
    }
    Ok(fetched)
}

/// Credentials for an image out of the pod's `imagePullSecrets`.
pub(crate) fn pull_credentials(fetched: &Fetched, image: &images::Reference) -> Option<images::Credentials> {
    fetched.iter().find_map(|(source, object)| {
        let contents = source.contents(object);
        let config = match contents.get(".dockerconfigjson") {
            Some(text) => api::json::parse_value(text).ok()?["auths"].clone(),
            None => api::json::parse_value(contents.get(".dockercfg")?).ok()?,
        };
        let mut matching: Vec<(&str, &Value)> =
            config.entries().iter().map(|e| (registry_of(e.key.as_str()), &e.value)).collect();
        // The longest, most particular entry wins.
        matching.sort_by_key(|(registry, _)| std::cmp::Reverse(registry.len()));
        let name = image.name();
        let hub = image.domain() == "docker.io";
        let found = matching.into_iter().find(|(registry, _)| {
            let exact = name == *registry || name.starts_with(&format!("{registry}/"));
            exact || (hub && matches!(*registry, "index.docker.io/v1" | "index.docker.io" | "docker.io"))
        })?;
        credentials(found.1)
    })
}

fn registry_of(key: &str) -> &str {
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    key.trim_end_matches('/')
}

fn credentials(entry: &Value) -> Option<images::Credentials> {
    let text = |key: &str| entry[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    if let Some(token) = text("identitytoken") {
        return Some(images::Credentials::IdentityToken(token));
    }
    if let Some(token) = text("registrytoken") {
        return Some(images::Credentials::RegistryToken(token));
    }
    if let (Some(username), Some(password)) = (text("username"), text("password")) {
        return Some(images::Credentials::Basic { username, password });
    }
    let decoded = String::from_utf8(STANDARD.decode(text("auth")?).ok()?).ok()?;
    let (username, password) = decoded.split_once(':')?;
    Some(images::Credentials::Basic { username: username.to_owned(), password: password.to_owned() })
}

#[cfg(test)]
mod tests {
    use api::value;

    use super::*;

    #[test]
    fn credentials_of_the_right_registry() {
        let config = "{\"auths\":{\"https://registry.example.com/team\":{\"auth\":\"dTpw\"},\"registry.example.com\":{\"username\":\"x\",\"password\":\"y\"}}}";
        let secret = value!({"data": {".dockerconfigjson": STANDARD.encode(config)}});
        let fetched = Fetched::from([(Source::secret("s"), Arc::new(Object::new(secrets(), secret)))]);
        let user = |image: &str| {
            let image = images::Reference::parse(image).unwrap();
            match pull_credentials(&fetched, &image) {
                Some(images::Credentials::Basic { username, password }) => format!("{username}:{password}"),
                _ => String::new(),
            }
        };
        assert_eq!(user("registry.example.com/team/app"), "u:p");
        assert_eq!(user("registry.example.com/other"), "x:y");
        assert_eq!(user("other.example.com/team/app"), "");
    }
}
