//! Image references: the grammar of docker's `distribution/reference`.

use std::fmt;

use crate::Digest;
use crate::Error;
use crate::digest::is_hex;

/// The registry of names without a host.
const DEFAULT_DOMAIN: &str = "docker.io";
/// Where that registry's API really answers.
const DEFAULT_DOMAIN_API: &str = "registry-1.docker.io";
/// The namespace of one-word names of the default registry.
const OFFICIAL: &str = "library";
/// Bound on `domain/path`.
const NAME_MAX: usize = 255;

/// A fully qualified image reference: `domain/path[:tag][@digest]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    domain: String,
    path: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl Reference {
    /// Parses what people write: `nginx`, `registry.example.com:5000/team/app:v1`,
    /// `name@sha256:…`. Without tag and digest the tag is `latest`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        parse(text).map_err(|reason| Error::Reference { reference: text.to_owned(), reason })
    }

    /// The registry's host with its port, as it stands in the name.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The host to connect to; differs from the domain for Docker Hub only.
    pub fn api_host(&self) -> &str {
        if self.domain == DEFAULT_DOMAIN { DEFAULT_DOMAIN_API } else { &self.domain }
    }

    /// The repository below the domain.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// `domain/path`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.domain, self.path)
    }

    /// The tag, if there is one.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, if there is one; it wins over the tag.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// What identifies the manifest at the registry: the digest, or else the tag.
    pub fn manifest(&self) -> &str {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.as_str(),
            (None, Some(tag)) => tag,
            (None, None) => "latest",
        }
    }

    /// `domain/path:tag`, the form that an image carries among its tags; `None` for a digest alone.
    pub fn tagged(&self) -> Option<String> {
        self.tag.as_ref().map(|tag| format!("{}:{tag}", self.name()))
    }

    /// `domain/path@digest`, the form that an image carries among its digests.
    pub fn with_digest(&self, digest: &Digest) -> String {
        format!("{}@{digest}", self.name())
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.domain, self.path)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

fn parse(text: &str) -> Result<Reference, String> {
    if text.is_empty() {
        return Err("it is empty".into());
    }
    if is_hex(text) {
        return Err("64 hexadecimal digits are an image id, not a name".into());
    }
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(Digest::parse(digest)?)),
        None => (text, None),
    };
    let (domain, remainder) = split_domain(rest);
    // A colon left of the last slash belongs to a port, which `split_domain` has taken away.
    let (path, tag) = match remainder.rsplit_once(':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (remainder.as_str(), None),
    };
    check_domain(&domain)?;
    check_path(path)?;
    if let Some(tag) = tag {
        check_tag(tag)?;
    }
    if domain.len() + 1 + path.len() > NAME_MAX {
        return Err(format!("the name is longer than {NAME_MAX} characters"));
    }
    let tag = match (tag, &digest) {
        (Some(tag), _) => Some(tag.to_owned()),
        (None, None) => Some("latest".to_owned()),
        (None, Some(_)) => None,
    };
    Ok(Reference { domain, path: path.to_owned(), tag, digest })
}

/// The first component is a host when it could not be a Docker Hub user: it has a dot, a port or
/// an upper-case letter, or it is `localhost`.
fn split_domain(name: &str) -> (String, String) {
    let first = name.split_once('/').filter(|(first, _)| {
        first.contains(['.', ':']) || *first == "localhost" || first.chars().any(|c| c.is_ascii_uppercase())
    });
    let (domain, path) = match first {
        Some(("index.docker.io", path)) => (DEFAULT_DOMAIN, path),
        Some((domain, path)) => (domain, path),
        None => (DEFAULT_DOMAIN, name),
    };
    if domain == DEFAULT_DOMAIN && !path.contains('/') {
        return (domain.into(), format!("{OFFICIAL}/{path}"));
    }
    (domain.into(), path.into())
}

fn check_domain(domain: &str) -> Result<(), String> {
    let wrong = || format!("{domain:?} is not a registry host");
    let (host, port) = match domain.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']').ok_or_else(wrong)?;
            address.parse::<std::net::Ipv6Addr>().map_err(|_| wrong())?;
            (None, port.strip_prefix(':').or(port.is_empty().then_some("0")).ok_or_else(wrong)?)
        }
        None => match domain.split_once(':') {
            Some((host, port)) => (Some(host), port),
            None => (Some(domain), "0"),
        },
    };
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let host_ok = host.is_none_or(|host| host.split('.').all(label));
    let port_ok = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok();
    if host_ok && port_ok { Ok(()) } else { Err(wrong()) }
}

fn check_path(path: &str) -> Result<(), String> {
    for component in path.split('/') {
        if !is_path_component(component) {
            return Err(match component.bytes().any(|b| b.is_ascii_uppercase()) {
                true => format!("repository name ({path}) must be lowercase"),
                false => format!("{component:?} is not a component of a repository name"),
            });
        }
    }
    Ok(())
}

/// Runs of letters and digits, joined by one `.`, one or two `_`, or any number of `-`.
fn is_path_component(component: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = component.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    if !is_word(*first) || !is_word(*last) {
        return false;
    }
    bytes
        .split(|b| is_word(*b))
        .filter(|separator| !separator.is_empty())
        .all(|separator| matches!(separator, b"." | b"_" | b"__") || separator.iter().all(|b| *b == b'-'))
}

fn check_tag(tag: &str) -> Result<(), String> {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let bytes = tag.as_bytes();
    let fits = (1..=128).contains(&bytes.len())
        && word(bytes[0])
        && bytes.iter().all(|b| word(*b) || matches!(b, b'.' | b'-'));
    if fits { Ok(()) } else { Err(format!("{tag:?} is not a tag")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn what_people_write() {
        let digest = format!("sha256:{HEX}");
        let cases = [
            ("nginx", "docker.io/library/nginx:latest"),
            ("nginx:1.27", "docker.io/library/nginx:1.27"),
            ("docker.io/nginx", "docker.io/library/nginx:latest"),
            ("index.docker.io/nginx", "docker.io/library/nginx:latest"),
            ("team/app", "docker.io/team/app:latest"),
            ("localhost/app", "localhost/app:latest"),
            ("localhost:5000/a/b/c:v1", "localhost:5000/a/b/c:v1"),
            ("registry.example.com/app", "registry.example.com/app:latest"),
            ("127.0.0.1:5000/x:y", "127.0.0.1:5000/x:y"),
            ("[::1]:5000/x", "[::1]:5000/x:latest"),
            ("[fe80::1]/x", "[fe80::1]/x:latest"),
            ("Host/app", "Host/app:latest"),
            ("a__b/c-d.e---f:T_a.g-1", "docker.io/a__b/c-d.e---f:T_a.g-1"),
            (&format!("nginx@{digest}"), &format!("docker.io/library/nginx@{digest}")),
            (&format!("nginx:1@{digest}"), &format!("docker.io/library/nginx:1@{digest}")),
        ];
        for (text, want) in cases {
            let reference = Reference::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(reference.to_string(), *want);
            assert_eq!(Reference::parse(&reference.to_string()).unwrap(), reference, "{text} is not stable");
        }
        assert_eq!(Reference::parse("nginx").unwrap().api_host(), "registry-1.docker.io");
        assert_eq!(Reference::parse(&format!("nginx:1@{digest}")).unwrap().manifest(), digest);
    }

    #[test]
    fn refused() {
        let long = "a".repeat(256);
        let bad = [
            "",
            HEX,
            "Nginx",
            "nginx:",
            "nginx:-a",
            "nginx@sha256:1",
            "/x",
            "x/",
            "a//b",
            "a..b",
            "a___b",
            "-a",
            "a-",
            "reg.example.com:port/x",
            "reg.example.com:99999/x",
            "-bad-.com/x",
            "[::zz]/x",
            "[::1/x",
            "a/../b",
            "a b",
            "nginx:latest:x",
            "http://x/y",
            &long,
            "é/x",
        ];
        for text in bad {
            let error = Reference::parse(text).expect_err(text);
            assert!(error.to_string().starts_with("invalid image reference"), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn parsing_never_panics_and_is_stable(text in "[a-zA-Z0-9_.:/@\\[\\]-]{0,60}") {
            if let Ok(reference) = Reference::parse(&text) {
                proptest::prop_assert_eq!(Reference::parse(&reference.to_string()).unwrap(), reference);
            }
        }
    }
}
