//! The real kubectl against our protocols: WebSocket as it prefers, SPDY as older ones do.

use std::process::Stdio;

use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::BufReader;
use tokio::process::Command;

use super::*;
use crate::remote_command::Outcome;
use crate::remote_command::Streams;

/// Just enough of an API server for kubectl to find one running pod.
#[derive(Clone)]
struct Api {
    spawner: Spawner,
}

#[async_trait]
impl Handler for Api {
    async fn handle(&self, mut request: Request<Body>, _connection: &Arc<ConnInfo>) -> Response<Body> {
        let path = request.uri().path().to_owned();
        let spawner = self.spawner.clone();
        let json = match &*path {
            "/api" => r#"{"kind":"APIVersions","versions":["v1"]}"#,
            "/apis" => r#"{"kind":"APIGroupList","apiVersion":"v1","groups":[]}"#,
            "/api/v1" => {
                r#"{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"v1","resources":[
                {"name":"pods","singularName":"pod","namespaced":true,"kind":"Pod","verbs":["get","list"]}]}"#
            }
            "/api/v1/namespaces/default/pods/p" => {
                r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"p","namespace":"default"},
                "spec":{"containers":[{"name":"c"}]},"status":{"phase":"Running"}}"#
            }
            "/api/v1/namespaces/default/pods/p/exec" => {
                let query = request.uri().query().unwrap_or_default();
                let streams = Streams {
                    stdin: query.contains("stdin=true"),
                    stdout: query.contains("stdout=true"),
                    stderr: query.contains("stderr=true"),
                    tty: query.contains("tty=true"),
                };
                let (response, accepted) = remote_command::accept(&mut request, streams).unwrap();
                self.spawner.spawn(&COMMAND, "exec", async move {
                    upper_case(accepted.open(&spawner, &COMMAND).await.unwrap()).await;
                });
                return response;
            }
            "/api/v1/namespaces/default/pods/p/portforward" => {
                let (response, accepted) = port_forward::accept(&mut request, &[]).unwrap();
                self.spawner.spawn(&COMMAND, "portforward", async move {
                    let mut session = accepted.open(&spawner, &COMMAND).await.unwrap();
                    while let Some(forwarded) = session.next().await {
                        spawner.spawn(&COMMAND, "", echo(forwarded));
                    }
                });
                return response;
            }
            _ => return Response::builder().status(404).body(Body::full("404 page not found")).unwrap(),
        };
        Response::builder().header("content-type", "application/json").body(Body::full(json)).unwrap()
    }
}

async fn upper_case(mut session: remote_command::Session) {
    let mut stdout = session.stdout.take().unwrap();
    if let Some(mut stdin) = session.stdin.take() {
        while let Some(piece) = stdin.next().await {
            stdout.send(piece.to_ascii_uppercase().into()).await.unwrap();
        }
    }
    if let Some(stderr) = &mut session.stderr {
        stderr.send(Bytes::from("complaint\n")).await.unwrap();
    }
    drop(stdout);
    let status = r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","reason":"NonZeroExitCode",
        "message":"command terminated with non-zero exit code",
        "details":{"causes":[{"reason":"ExitCode","message":"3"}]}}"#;
    session.finish(&Outcome { status_json: status.into(), failure: Some("exit 3".into()) }).await;
}

async fn echo(mut forwarded: port_forward::Forwarded) {
    forwarded.error.end();
    while let Some(piece) = forwarded.reader.next().await {
        forwarded.writer.send(piece).await.unwrap();
    }
}

fn kubectl(running: &Running, home: &std::path::Path, websockets: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("kubectl");
    command
        .arg(format!("--server=http://{}", running.address))
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", home)
        .env("KUBECTL_REMOTE_COMMAND_WEBSOCKETS", websockets)
        .env("KUBECTL_PORT_FORWARD_WEBSOCKETS", websockets)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

const NEEDED: &str = "this test needs the kubectl program, version 1.30 or later (package kubectl)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kubectl_exec() {
    let home = tempfile::tempdir().unwrap();
    let commands = Supervisor::new();
    let running = Running::start(Api { spawner: commands.spawner() }, None).await;
    let input: Vec<u8> = (0..200_000u32).map(|number| b'a' + (number % 26) as u8).collect();
    for websockets in ["true", "false"] {
        let arguments = ["exec", "-i", "p", "--", "tr", "a-z", "A-Z"];
        let mut child = kubectl(&running, home.path(), websockets, &arguments).spawn().expect(NEEDED);
        let mut stdin = child.stdin.take().unwrap();
        let feed = async {
            stdin.write_all(&input).await.unwrap();
            drop(stdin);
        };
        let ((), output) = within(async { tokio::join!(feed, child.wait_with_output()) }).await;
        let output = output.unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.stdout == input.to_ascii_uppercase(),
            "{websockets}: {} bytes, {stderr}",
            output.stdout.len()
        );
        assert!(stderr.contains("complaint\n"), "{websockets}: {stderr}");
        assert_eq!(output.status.code(), Some(3), "{websockets}: {stderr}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kubectl_port_forward() {
    let home = tempfile::tempdir().unwrap();
    let commands = Supervisor::new();
    let running = Running::start(Api { spawner: commands.spawner() }, None).await;
    for websockets in ["true", "false"] {
        let arguments = ["port-forward", "pod/p", ":8080"];
        let mut child = kubectl(&running, home.path(), websockets, &arguments).spawn().expect(NEEDED);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = within(lines.next_line()).await.unwrap().unwrap_or_default();
        let address = line.strip_prefix("Forwarding from ").and_then(|rest| rest.split(' ').next());
        let address: SocketAddr = address.unwrap_or_else(|| panic!("{line}")).parse().unwrap();
        for round in 0..3 {
            let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
            let sent = format!("{websockets} {round} {}", "x".repeat(100_000));
            let (mut read, mut write) = stream.split();
            let feed = async {
                write.write_all(sent.as_bytes()).await.unwrap();
                write.shutdown().await.unwrap();
            };
            let mut answer = String::new();
            let (_, read) = within(async { tokio::join!(feed, read.read_to_string(&mut answer)) }).await;
            read.unwrap();
            assert_eq!(answer, sent);
        }
        child.kill().await.unwrap();
    }
}
