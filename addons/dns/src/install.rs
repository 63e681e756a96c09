//! The Service that pods find the DNS server by.

use std::net::IpAddr;
use std::net::SocketAddr;

use api::Resource;
use api::Value;
use api::value;
use client::Client;
use client::Error;
use client::Target;

const NAMESPACE: &str = "kube-system";
const NAME: &str = "kube-dns";

/// Makes the Service `kube-system/kube-dns` at `cluster_ip`, and the EndpointSlice that leads from
/// there to the server of `node` at `server`; or changes what is there. Every node asks its own
/// server: its address is good on that node alone.
///
/// # Errors
/// As any call of the API.
pub async fn install(
    client: &Client,
    cluster_ip: IpAddr,
    node: &str,
    server: SocketAddr,
) -> Result<(), Error> {
    let labels =
        value!({"k8s-app": NAME, "kubernetes.io/name": "CoreDNS", "kubernetes.io/cluster-service": "true"});
    let port = |name: &str, protocol: &str, number: u16| value!({"name": name, "protocol": protocol, "port": number});
    let service = value!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"namespace": NAMESPACE, "name": NAME, "labels": labels},
        "spec": {
            "clusterIP": cluster_ip.to_string(),
            "internalTrafficPolicy": "Local",
            "ports": [port("dns", "UDP", 53), port("dns-tcp", "TCP", 53)]
        }
    });
    apply(client, Resource::find("", "v1", "services").expect("a row of the table"), NAME, service).await?;
    let number = server.port();
    let name = format!("{NAME}-{node}");
    let slice = value!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {
            "namespace": NAMESPACE, "name": name.as_str(),
            "labels": {"kubernetes.io/service-name": NAME, "endpointslice.kubernetes.io/managed-by": "skiff"}
        },
        "addressType": if server.is_ipv4() { "IPv4" } else { "IPv6" },
        "endpoints": [{
            "addresses": [server.ip().to_string()], "nodeName": node, "conditions": {"ready": true}
        }],
        "ports": [port("dns", "UDP", number), port("dns-tcp", "TCP", number)]
    });
    let slices = Resource::find("discovery.k8s.io", "v1", "endpointslices").expect("a row of the table");
    apply(client, slices, &name, slice).await
}

async fn apply(client: &Client, resource: &'static Resource, name: &str, body: Value) -> Result<(), Error> {
    // Not create first: the address that the Service holds already would be refused.
    let target = Target::object(resource, NAMESPACE, name);
    match client.find(target.clone()).await? {
        None => client.create(resource, body).await.map(drop),
        Some(_) => client.merge_patch(target, &body).await.map(drop),
    }
}
