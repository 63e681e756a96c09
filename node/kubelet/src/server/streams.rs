//! `/exec`, `/attach` and `/portForward`: streams of a container over whatever protocol the client
//! speaks.

use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api::Value;
use api::value;
use bytes::Bytes;
use http::Request;
use http::Response;
use http::StatusCode;
use runtime::types::ContainerId;
use runtime::types::ExecRequest;
use runtime::types::NamespaceMode;
use supervise::Spawner;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;
use wire::Body;
use wire::ByteReader;
use wire::ByteWriter;
use wire::port_forward;
use wire::remote_command;
use wire::remote_command::Outcome;
use wire::remote_command::Streams;

use super::CONNECTION;
use super::KubeletApi;
use super::Query;
use super::Refusal;
use crate::error::chain;
use crate::worker::Shared;

/// Read at once from a process.
const CHUNK: usize = 32 << 10;
/// Output that a command's children still hold open is waited for this long after its end.
const DRAIN: Duration = Duration::from_secs(3);

/// What joins the client's streams to a process.
enum Work {
    Exec(ExecRequest),
    Attach,
}

impl KubeletApi {
    pub(super) async fn exec(
        &self,
        request: Request<Body>,
        namespace: &str,
        pod: &str,
        container: &str,
        query: &Query,
    ) -> Result<Response<Body>, Refusal> {
        let command: Vec<String> = query.all("command").map(str::to_owned).collect();
        if command.is_empty() {
            return Err(Refusal::bad_request("you must specify at least one command for the container"));
        }
        let record = self.running(namespace, pod, container).await?;
        let streams = streams(query)?;
        let work = Work::Exec(ExecRequest { command, tty: streams.tty, stdin: streams.stdin });
        self.open(request, streams, record.id, work)
    }

    pub(super) async fn attach(
        &self,
        request: Request<Body>,
        namespace: &str,
        pod: &str,
        container: &str,
        query: &Query,
    ) -> Result<Response<Body>, Refusal> {
        let record = self.running(namespace, pod, container).await?;
        let mut streams = streams(query)?;
        // A container's terminal is what it was made with, whatever the client thinks.
        streams.tty = record.config.tty;
        self.open(request, streams, record.id, Work::Attach)
    }

    fn open(
        &self,
        mut request: Request<Body>,
        streams: Streams,
        id: ContainerId,
        work: Work,
    ) -> Result<Response<Body>, Refusal> {
        let (response, accepted) = remote_command::accept(&mut request, streams).map_err(refuse)?;
        let shared = self.shared.clone();
        let stop = self.shared.deps.spawner.stop(CONNECTION.rank);
        self.shared.deps.spawner.spawn(&CONNECTION, "remote command", async move {
            stop.unless(serve(shared, accepted, id, work)).await;
        });
        Ok(response)
    }

    pub(super) async fn port_forward(
        &self,
        mut request: Request<Body>,
        namespace: &str,
        pod: &str,
        query: &Query,
    ) -> Result<Response<Body>, Refusal> {
        let found = self.find(namespace, pod).await?;
        let sandbox =
            found.sandbox.ok_or_else(|| Refusal::bad_request(format!("pod {pod:?} is not running")))?;
        let netns = match sandbox.config.network {
            NamespaceMode::Node => None,
            NamespaceMode::Pod => sandbox.netns,
        };
        let ports: Vec<u16> = query
            .all("port")
            .chain(query.all("ports"))
            .flat_map(|ports| ports.split(','))
            .filter_map(|port| port.parse().ok())
            .collect();
        let (response, accepted) = port_forward::accept(&mut request, &ports).map_err(refuse)?;
        let (spawner, uid) = (self.shared.deps.spawner.clone(), found.pod.uid().to_owned());
        let stop = spawner.stop(CONNECTION.rank);
        spawner.clone().spawn(&CONNECTION, "port-forward", async move {
            stop.unless(forward(spawner, accepted, netns, uid)).await;
        });
        Ok(response)
    }
}

fn streams(query: &Query) -> Result<Streams, Refusal> {
    let either = |a: &str, b: &str| query.is_set(a) || query.is_set(b);
    let streams = Streams {
        stdin: either("input", "stdin"),
        stdout: either("output", "stdout"),
        stderr: either("error", "stderr"),
        tty: query.is_set("tty"),
    };
    if !(streams.stdin || streams.stdout || streams.stderr) {
        return Err(Refusal::bad_request("you must specify at least 1 of stdin, stdout, stderr"));
    }
    Ok(streams)
}

fn refuse(error: wire::Error) -> Refusal {
    let status = match error {
        wire::Error::NoCommonProtocol { .. } => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_REQUEST,
    };
    Refusal::new(status, chain(&error))
}

async fn serve(shared: Arc<Shared>, accepted: remote_command::Accepted, id: ContainerId, work: Work) {
    let mut client = match accepted.open(&shared.deps.spawner, &CONNECTION).await {
        Ok(client) => client,
        Err(error) => {
            tracing::debug!(error = &error as &dyn std::error::Error, "a remote command's client went away");
            return;
        }
    };
    let runtime = &shared.deps.runtime;
    let (process, command) = match &work {
        Work::Exec(request) => (runtime.exec(&id, request).await, Some(request.command.as_slice())),
        Work::Attach => (runtime.attach(&id).await, None),
    };
    let outcome = match process {
        Ok(process) => match join(&mut client, process).await {
            Some(Ok(code)) => outcome(code, command),
            Some(Err(error)) => failed(&error.chain()),
            // The client has gone: nobody is there to be told.
            None => success(),
        },
        Err(error) => failed(&error.chain()),
    };
    client.finish(&outcome).await;
}

/// Moves bytes until the process has ended; `None` if the client went first.
async fn join(
    client: &mut remote_command::Session,
    process: runtime::Session,
) -> Option<Result<i32, runtime::Error>> {
    let runtime::Session { stdin, stdout, stderr, resize, mut exit } = process;
    let input = feed(client.stdin.take(), stdin);
    let resizes = client.resizes.take();
    let sizes = async {
        let Some(mut resizes) = resizes else { return };
        while let Some(size) = resizes.next().await {
            let size = runtime::TerminalSize { columns: size.width, rows: size.height };
            if resize.send(size).await.is_err() {
                return;
            }
        }
    };
    let output = async {
        let out = drain(stdout, client.stdout.take());
        let err = drain(stderr, client.stderr.take());
        let (out, err) = tokio::join!(out, err);
        out && err
    };
    tokio::pin!(input, sizes, output);
    let (mut fed, mut sized, mut drained) = (false, false, false);
    let code = loop {
        tokio::select! {
            // The futures are pinned outside of the loop: nothing is lost by looking at another.
            () = &mut input, if !fed => fed = true,
            () = &mut sizes, if !sized => sized = true,
            delivered = &mut output, if !drained => {
                drained = true;
                if !delivered {
                    return None;
                }
            }
            code = &mut exit => break code,
        }
    };
    if !drained && tokio::time::timeout(DRAIN, &mut output).await.is_err() {
        tracing::debug!("a command's children keep its output open");
    }
    Some(code)
}

async fn feed(from: Option<ByteReader>, to: Option<Box<dyn AsyncWrite + Send + Unpin>>) {
    let (Some(mut from), Some(mut to)) = (from, to) else { return };
    while let Some(piece) = from.next().await {
        if to.write_all(&piece).await.is_err() {
            return;
        }
        if to.flush().await.is_err() {
            return;
        }
    }
    // Dropping it is the end of the process's input.
}

/// Whether everything was delivered; `false` if the client has gone.
async fn drain(from: Option<Box<dyn AsyncRead + Send + Unpin>>, to: Option<ByteWriter>) -> bool {
    let Some(mut from) = from else { return true };
    let mut to = to;
    let mut buffer = vec![0; CHUNK];
    loop {
        let read = match &to {
            Some(writer) => tokio::select! {
                // Reading is cancel-safe, and there is nobody to read for once the client has gone.
                read = from.read(&mut buffer) => read,
                () = writer.closed() => return false,
            },
            None => from.read(&mut buffer).await,
        };
        let length = match read {
            Ok(0) | Err(_) => return true,
            Ok(length) => length,
        };
        if let Some(writer) = &mut to
            && writer.send(Bytes::copy_from_slice(&buffer[..length])).await.is_err()
        {
            return false;
        }
    }
}

fn success() -> Outcome {
    let status = value!({"metadata": {}, "status": "Success"});
    Outcome { status_json: api::json::to_string(&status), failure: None }
}

fn failed(message: &str) -> Outcome {
    let status = value!({
        "metadata": {}, "status": "Failure", "reason": "InternalError", "code": 500,
        "message": format!("Internal error occurred: {message}"),
        "details": {"causes": [{"message": message}]}
    });
    Outcome { status_json: api::json::to_string(&status), failure: Some(message.to_owned()) }
}

/// The outcome in the form that clients read the exit code from.
fn outcome(code: i32, command: Option<&[String]>) -> Outcome {
    if code == 0 || command.is_none() {
        return success();
    }
    let message = format!("command terminated with non-zero exit code: exit status {code}");
    let cause: Value = value!({"reason": "ExitCode", "message": code.to_string()});
    let status = value!({
        "metadata": {}, "status": "Failure", "message": &message, "reason": "NonZeroExitCode",
        "details": {"causes": [cause]}
    });
    Outcome { status_json: api::json::to_string(&status), failure: Some(message) }
}

async fn forward(spawner: Spawner, accepted: port_forward::Accepted, netns: Option<PathBuf>, uid: String) {
    let mut session = match accepted.open(&spawner, &CONNECTION).await {
        Ok(session) => session,
        Err(error) => {
            tracing::debug!(error = &error as &dyn std::error::Error, "a port-forward's client went away");
            return;
        }
    };
    let stop = spawner.stop(CONNECTION.rank);
    while let Some(forwarded) = session.next().await {
        let (netns, uid, stop) = (netns.clone(), uid.clone(), stop.clone());
        spawner.spawn(&CONNECTION, "forwarded port", async move {
            stop.unless(forward_one(forwarded, netns, uid)).await;
        });
    }
}

async fn forward_one(forwarded: port_forward::Forwarded, netns: Option<PathBuf>, uid: String) {
    let port_forward::Forwarded { port, mut reader, mut writer, mut error } = forwarded;
    let stream = match dial(netns, port).await {
        Ok(stream) => stream,
        Err(reason) => {
            let message = format!("error forwarding port {port} to pod {uid}: {reason}");
            if error.send(Bytes::from(message)).await.is_err() {
                tracing::debug!("the client of a port-forward was gone before the error");
            }
            return;
        }
    };
    let (mut from_pod, mut to_pod) = stream.into_split();
    let inward = async {
        while let Some(piece) = reader.next().await {
            if to_pod.write_all(&piece).await.is_err() {
                return;
            }
        }
        if to_pod.shutdown().await.is_err() {
            tracing::trace!("the pod's end was closed already");
        }
    };
    let outward = async {
        let mut buffer = vec![0; CHUNK];
        while let Ok(length @ 1..) = from_pod.read(&mut buffer).await {
            if writer.send(Bytes::copy_from_slice(&buffer[..length])).await.is_err() {
                return;
            }
        }
        writer.end();
    };
    tokio::pin!(inward);
    tokio::select! {
        // When the pod has said everything, what the client may still say has no reader.
        () = outward => {}
        () = async { (&mut inward).await; std::future::pending::<()>().await } => {}
    }
}

/// Connects to a port on the loopback interface inside the pod.
async fn dial(netns: Option<PathBuf>, port: u16) -> Result<tokio::net::TcpStream, String> {
    let connect = move || {
        std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .or_else(|error| std::net::TcpStream::connect((Ipv6Addr::LOCALHOST, port)).map_err(|_| error))
    };
    let dialed = tokio::task::spawn_blocking(move || match netns {
        None => connect().map_err(|error| error.to_string()),
        Some(netns) => match linux::namespace::in_net(&netns, connect) {
            Ok(connected) => connected.map_err(|error| error.to_string()),
            Err(error) => Err(chain(&error)),
        },
    });
    let stream = dialed.await.map_err(|error| error.to_string())??;
    stream.set_nonblocking(true).map_err(|error| error.to_string())?;
    tokio::net::TcpStream::from_std(stream).map_err(|error| error.to_string())
}
