//! Name resolution inside a pod: `resolv.conf` and `/etc/hosts`. Pure.
//!
//! Source: Kubernetes documentation, "DNS for Services and Pods".

use std::fmt::Write;
use std::net::IpAddr;

use api::views::PodView;
use runtime::types::DnsConfig;

use crate::config::Config;

/// Most search domains and name servers (upstream's validation of what resolvers take).
const MAX_SEARCHES: usize = 32;
const MAX_SERVERS: usize = 3;

/// What becomes the pod's `resolv.conf`; `host` is the text of the node's.
pub(crate) fn config(pod: PodView<'_>, config: &Config, host: &str) -> DnsConfig {
    let spec = pod.spec();
    let host = parse(host);
    let cluster_first = match spec.dns_policy() {
        "ClusterFirst" => !spec.host_network(),
        "ClusterFirstWithHostNet" => true,
        _ => false,
    };
    let mut dns = match spec.dns_policy() {
        "None" => DnsConfig::default(),
        _ if cluster_first && !config.cluster_dns.is_empty() => {
            let (namespace, domain) = (pod.metadata().namespace(), &config.cluster_domain);
            let mut searches =
                vec![format!("{namespace}.svc.{domain}"), format!("svc.{domain}"), domain.clone()];
            searches.extend(host.searches);
            DnsConfig {
                servers: config.cluster_dns.iter().map(ToString::to_string).collect(),
                searches,
                options: vec!["ndots:5".to_owned()],
            }
        }
        _ => host,
    };
    if let Some(extra) = spec.dns_config() {
        dns.servers.extend(extra.nameservers().to_vec());
        dns.searches.extend(extra.searches().to_vec());
        for option in extra.options().iter() {
            let name = option.name();
            dns.options.retain(|known| known.split(':').next() != Some(name));
            dns.options.push(match option.value() {
                Some(value) if !value.is_empty() => format!("{name}:{value}"),
                _ => name.to_owned(),
            });
        }
    }
    unique(&mut dns.servers, MAX_SERVERS);
    unique(&mut dns.searches, MAX_SEARCHES);
    dns
}

fn unique(list: &mut Vec<String>, most: usize) {
    let mut seen = std::collections::HashSet::new();
    list.retain(|item| seen.insert(item.clone()));
    list.truncate(most);
}

fn parse(text: &str) -> DnsConfig {
    let mut dns = DnsConfig::default();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("nameserver") => dns.servers.extend(words.next().map(str::to_owned)),
            // The last one counts (resolv.conf(5)).
            Some("search" | "domain") => dns.searches = words.map(str::to_owned).collect(),
            Some("options") => dns.options.extend(words.map(str::to_owned)),
            _ => {}
        }
    }
    dns.searches.retain(|search| search != ".");
    dns
}

/// The pod's `/etc/hosts`; `host` is the text of the node's, used with the node's network.
pub(crate) fn hosts(pod: PodView<'_>, ips: &[IpAddr], hostname: &str, domain: &str, host: &str) -> String {
    let spec = pod.spec();
    let mut text = if spec.host_network() {
        format!("# Kubernetes-managed hosts file (host network).\n{host}")
    } else {
        String::from(
            "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n\
             fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n",
        )
    };
    let mut line = |arguments: std::fmt::Arguments<'_>| {
        text.write_fmt(arguments).expect("writing to a string does not fail");
    };
    if !spec.host_network() {
        for ip in ips {
            match domain {
                "" => line(format_args!("{ip}\t{hostname}\n")),
                _ => line(format_args!("{ip}\t{hostname}.{domain}\t{hostname}\n")),
            }
        }
    }
    if !spec.host_aliases().is_empty() {
        line(format_args!("\n# Entries added by HostAliases.\n"));
        for alias in spec.host_aliases().iter() {
            line(format_args!("{}\t{}\n", alias.ip(), alias.hostnames().to_vec().join("\t")));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use api::Value;
    use api::value;
    use api::view::View as _;

    use super::*;

    const HOST: &str = "# a comment\nnameserver 192.0.2.1\nsearch example.com .\noptions timeout:1\n";

    fn check(spec: Value) -> (Vec<String>, Vec<String>, Vec<String>) {
        let mut kubelet = Config::new("n", "127.0.0.1".parse().unwrap(), "/k");
        kubelet.cluster_dns = vec!["10.96.0.10".parse().unwrap()];
        let pod = value!({"metadata": {"namespace": "ns"}, "spec": spec});
        let dns = config(PodView::of(&pod), &kubelet, HOST);
        (dns.servers, dns.searches, dns.options)
    }

    #[test]
    fn policies() {
        let (servers, searches, options) = check(value!({"dnsPolicy": "ClusterFirst"}));
        assert_eq!(servers, ["10.96.0.10"]);
        assert_eq!(searches, ["ns.svc.cluster.local", "svc.cluster.local", "cluster.local", "example.com"]);
        assert_eq!(options, ["ndots:5"]);
        let (servers, ..) = check(value!({"dnsPolicy": "ClusterFirst", "hostNetwork": true}));
        assert_eq!(servers, ["192.0.2.1"]);
        let (servers, ..) = check(value!({"dnsPolicy": "ClusterFirstWithHostNet", "hostNetwork": true}));
        assert_eq!(servers, ["10.96.0.10"]);
        let (servers, searches, options) = check(value!({
            "dnsPolicy": "None",
            "dnsConfig": {"nameservers": ["192.0.2.9"], "searches": ["a"], "options": [{"name": "ndots", "value": "2"}, {"name": "edns0"}]}
        }));
        assert_eq!((servers, searches), (vec!["192.0.2.9".to_owned()], vec!["a".to_owned()]));
        assert_eq!(options, ["ndots:2", "edns0"]);
        let (_, _, options) = check(
            value!({"dnsPolicy": "ClusterFirst", "dnsConfig": {"options": [{"name": "ndots", "value": "2"}]}}),
        );
        assert_eq!(options, ["ndots:2"]);
    }

    #[test]
    fn hosts_file() {
        let pod = value!({"spec": {"hostAliases": [{"ip": "192.0.2.7", "hostnames": ["a", "b"]}]}});
        let ips = ["10.0.0.5".parse().unwrap()];
        let text = hosts(PodView::of(&pod), &ips, "web", "sub.ns.svc.cluster.local", "");
        assert!(text.starts_with("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n"));
        assert!(text.contains("10.0.0.5\tweb.sub.ns.svc.cluster.local\tweb\n"));
        assert!(text.ends_with("\n# Entries added by HostAliases.\n192.0.2.7\ta\tb\n"));
        let node = value!({"spec": {"hostNetwork": true}});
        let text = hosts(PodView::of(&node), &ips, "web", "", "127.0.0.1 node\n");
        assert_eq!(text, "# Kubernetes-managed hosts file (host network).\n127.0.0.1 node\n");
    }
}
