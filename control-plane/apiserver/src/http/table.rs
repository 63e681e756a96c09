//! The columns of every kind's table.
//!
//! Source: what `kubectl get` shows against upstream. Priority 1 columns are shown by `-o wide`.

mod cells;
mod others;

use api::Object;
use api::Resource;
use api::Value;
use api::value;
use jiff::Timestamp;

/// A column: name, type, priority.
type Column = (&'static str, &'static str, i64);
type Row = fn(&Object, Timestamp) -> Vec<Value>;

/// Columns of a kind, without the leading name.
pub(super) struct Layout {
    columns: &'static [Column],
    row: Row,
}

const STR: &str = "string";
const INT: &str = "integer";

/// The layout of a resource; kinds without one of their own show name and time of creation.
pub(super) fn layout(resource: &Resource) -> Layout {
    if let Some((columns, row)) = others::layout(resource) {
        return Layout { columns, row };
    }
    let (columns, row): (&'static [Column], Row) = match (resource.group, resource.name) {
        ("", "pods") => (
            &[
                ("Ready", STR, 0),
                ("Status", STR, 0),
                ("Restarts", STR, 0),
                ("Age", STR, 0),
                ("IP", STR, 1),
                ("Node", STR, 1),
                ("Nominated Node", STR, 1),
                ("Readiness Gates", STR, 1),
            ],
            cells::pod,
        ),
        ("", "nodes") => (
            &[
                ("Status", STR, 0),
                ("Roles", STR, 0),
                ("Age", STR, 0),
                ("Version", STR, 0),
                ("Internal-IP", STR, 1),
                ("External-IP", STR, 1),
                ("OS-Image", STR, 1),
                ("Kernel-Version", STR, 1),
                ("Container-Runtime", STR, 1),
            ],
            cells::node,
        ),
        ("", "services") => (
            &[
                ("Type", STR, 0),
                ("Cluster-IP", STR, 0),
                ("External-IP", STR, 0),
                ("Port(s)", STR, 0),
                ("Age", STR, 0),
                ("Selector", STR, 1),
            ],
            cells::service,
        ),
        ("", "namespaces") => (&[("Status", STR, 0), ("Age", STR, 0)], cells::namespace),
        ("", "configmaps") => (&[("Data", STR, 0), ("Age", STR, 0)], cells::config_map),
        ("", "secrets") => (&[("Type", STR, 0), ("Data", STR, 0), ("Age", STR, 0)], cells::secret),
        ("", "serviceaccounts") => (&[("Secrets", STR, 0), ("Age", STR, 0)], cells::service_account),
        ("", "endpoints") => (&[("Endpoints", STR, 0), ("Age", STR, 0)], cells::endpoints),
        ("", "events") => return Layout { columns: EVENTS, row: cells::event },
        ("apps", "deployments") => (
            &[
                ("Ready", STR, 0),
                ("Up-to-date", STR, 0),
                ("Available", STR, 0),
                ("Age", STR, 0),
                ("Containers", STR, 1),
                ("Images", STR, 1),
                ("Selector", STR, 1),
            ],
            cells::deployment,
        ),
        ("apps", "replicasets") | ("", "replicationcontrollers") => (
            &[
                ("Desired", INT, 0),
                ("Current", INT, 0),
                ("Ready", INT, 0),
                ("Age", STR, 0),
                ("Containers", STR, 1),
                ("Images", STR, 1),
                ("Selector", STR, 1),
            ],
            cells::replica_set,
        ),
        ("apps", "statefulsets") => (
            &[("Ready", STR, 0), ("Age", STR, 0), ("Containers", STR, 1), ("Images", STR, 1)],
            cells::stateful_set,
        ),
        ("apps", "daemonsets") => (
            &[
                ("Desired", INT, 0),
                ("Current", INT, 0),
                ("Ready", INT, 0),
                ("Up-to-date", INT, 0),
                ("Available", INT, 0),
                ("Node Selector", STR, 0),
                ("Age", STR, 0),
                ("Containers", STR, 1),
                ("Images", STR, 1),
                ("Selector", STR, 1),
            ],
            cells::daemon_set,
        ),
        ("batch", "jobs") => (
            &[
                ("Status", STR, 0),
                ("Completions", STR, 0),
                ("Duration", STR, 0),
                ("Age", STR, 0),
                ("Containers", STR, 1),
                ("Images", STR, 1),
                ("Selector", STR, 1),
            ],
            cells::job,
        ),
        ("coordination.k8s.io", "leases") => (&[("Holder", STR, 0), ("Age", STR, 0)], cells::lease),
        ("discovery.k8s.io", "endpointslices") => (
            &[("AddressType", STR, 0), ("Ports", STR, 0), ("Endpoints", STR, 0), ("Age", STR, 0)],
            cells::endpoint_slice,
        ),
        ("rbac.authorization.k8s.io", "roles" | "clusterroles") => {
            (&[("Created At", "date", 0)], cells::role)
        }
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => (
            &[
                ("Role", STR, 0),
                ("Age", STR, 0),
                ("Users", STR, 1),
                ("Groups", STR, 1),
                ("ServiceAccounts", STR, 1),
            ],
            cells::binding,
        ),
        ("scheduling.k8s.io", "priorityclasses") => (
            &[
                ("Value", INT, 0),
                ("Global-Default", "boolean", 0),
                ("Age", STR, 0),
                ("PreemptionPolicy", STR, 0),
            ],
            cells::priority_class,
        ),
        ("networking.k8s.io", "ipaddresses") => {
            (&[("ParentRef", STR, 0), ("Age", STR, 0)], cells::ip_address)
        }
        ("networking.k8s.io", "servicecidrs") => (&[("CIDRs", STR, 0), ("Age", STR, 0)], cells::service_cidr),
        _ => (&[("Created At", "date", 0)], cells::generic),
    };
    Layout { columns, row }
}

/// Events have no name column of their own in front.
const EVENTS: &[Column] = &[
    ("Last Seen", STR, 0),
    ("Type", STR, 0),
    ("Reason", STR, 0),
    ("Object", STR, 0),
    ("Subobject", STR, 1),
    ("Source", STR, 1),
    ("Message", STR, 0),
    ("First Seen", STR, 1),
    ("Count", INT, 1),
    ("Name", STR, 1),
];

impl Layout {
    fn begins_with_name(&self) -> bool {
        !std::ptr::eq(self.columns, EVENTS)
    }

    /// The definitions of all columns.
    pub(super) fn definitions(&self) -> Vec<Value> {
        let define = |(name, kind, priority): &Column| {
            let format = if *name == "Name" { "name" } else { "" };
            value!({"name": *name, "type": *kind, "format": format, "description": "", "priority": *priority})
        };
        let name: &[Column] = if self.begins_with_name() { &[("Name", STR, 0)] } else { &[] };
        name.iter().chain(self.columns).map(define).collect()
    }

    /// One row.
    pub(super) fn cells(&self, object: &Object, now: Timestamp) -> Vec<Value> {
        let mut cells = Vec::new();
        if self.begins_with_name() {
            cells.push(others::name(object));
        }
        cells.extend((self.row)(object, now));
        cells
    }
}
