//! Overload: memory stays within its budget, and health is answered meanwhile.

use std::process::Command;
use std::process::Stdio;

use e2e::Cluster;
use e2e::run;
use e2e::text;
use e2e::wait_until;

/// What the process may take, in MiB, and how it is told.
const BUDGET_MIB: u64 = 192;
const BUDGET: &str = "192Mi";
/// Clients that each send the largest body there is, and one that takes most room when it is decoded.
const CLIENTS: usize = 40;
const BODY_BYTES: usize = 3 << 20;

#[test]
fn memory_stays_within_its_budget() {
    let cluster = Cluster::start("control-plane");
    assert_eq!(cluster.skiff("down").code, 0);
    let said = cluster.up_with(&["--memory-budget", BUDGET]);
    assert_eq!(said.code, 0, "{said:?}");
    cluster.kubectl("create serviceaccount flood");
    cluster.kubectl(
        "create clusterrolebinding flood --clusterrole cluster-admin --serviceaccount default:flood",
    );
    let authorization = format!("Authorization: Bearer {}", cluster.kubectl("create token flood").trim());
    let mut body = b"{\"metadata\":{\"name\":\"flood\"},\"data\":[".to_vec();
    body.resize(BODY_BYTES - 2, b'1');
    for comma in body[40..].iter_mut().step_by(2) {
        *comma = b',';
    }
    body.extend_from_slice(b"]}");
    let file = cluster.file("flood.json");
    std::fs::write(&file, body).expect("the body is written");

    let url =
        format!("{}/api/v1/namespaces/default/configmaps", text(&cluster.status(), "/endpoints/apiserver"));
    let mut flood: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let mut curl = Command::new("curl");
            curl.args(["-sk", "--max-time", "60", "-o", "/dev/null", "-w", "%{http_code}"]);
            curl.args(["-H", &authorization, "-H", "Content-Type: application/json"]);
            curl.arg("--data-binary").arg(format!("@{}", file.display())).arg(&url);
            curl.stdout(Stdio::piped()).spawn().expect("curl runs")
        })
        .collect();
    let mut peak_mib = 0;
    wait_until("the flood is over", || {
        peak_mib = peak_mib.max(resident_mib(cluster.pid()));
        // From its own thread, whatever else goes on.
        let socket = cluster.data_dir().join("skiff.sock");
        let health = run(Command::new("curl")
            .args(["-s", "--max-time", "5", "--unix-socket"])
            .arg(socket)
            .arg("http://x/livez"));
        assert_eq!(health.out, "ok", "{health:?}");
        let running = flood.iter_mut().filter_map(|curl| curl.try_wait().transpose()).count();
        if running == CLIENTS { Ok(()) } else { Err(format!("{running} of {CLIENTS} are done")) }
    });
    let codes: Vec<String> = flood
        .into_iter()
        .map(|curl| {
            let output = curl.wait_with_output().expect("it ran");
            String::from_utf8_lossy(&output.stdout).into_owned()
        })
        .collect();
    assert!(codes.iter().all(|code| matches!(code.as_str(), "400" | "429" | "413")), "{codes:?}");
    assert!(codes.iter().any(|code| code == "429"), "nobody was refused for want of room: {codes:?}");

    assert!(peak_mib <= BUDGET_MIB, "{peak_mib} MiB");
    cluster.kubectl("create configmap after --from-literal=a=b");
    cluster.finish();
}

/// What a process has in memory.
fn resident_mib(pid: i64) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the kernel says it");
    line.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).expect("a number") / 1024
}
