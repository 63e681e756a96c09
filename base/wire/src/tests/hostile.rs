//! Peers that mean no good, or are very slow.

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::*;

#[derive(Clone)]
struct Fine;

#[async_trait]
impl Handler for Fine {
    async fn handle(&self, _request: Request<Body>, _connection: &Arc<ConnInfo>) -> Response<Body> {
        Response::new(Body::full("fine"))
    }
}

async fn answer(running: &Running, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    // A server that has seen enough may close while more is coming.
    if stream.write_all(request).await.is_err() {
        tracing::debug!("the server closed early");
    }
    let mut answer = Vec::new();
    if within(stream.read_to_end(&mut answer)).await.is_err() {
        tracing::debug!("the server reset the connection");
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn endless_headers_are_refused() {
    let options = ServerOptions { max_header_bytes: 16 << 10, ..ServerOptions::default() };
    let running = Running::start_with(Fine, None, options).await;
    let huge = format!("GET / HTTP/1.1\r\nhost: x\r\nbig: {}\r\n\r\n", "x".repeat(1 << 20));
    let refused = answer(&running, huge.as_bytes()).await;
    assert!(refused.is_empty() || refused.starts_with("HTTP/1.1 431"), "{refused:.100}");
    let many: String = (0..5000).map(|number| format!("h{number}: x\r\n")).collect();
    let refused = answer(&running, format!("GET / HTTP/1.1\r\nhost: x\r\n{many}\r\n").as_bytes()).await;
    assert!(refused.is_empty() || refused.starts_with("HTTP/1.1 431"), "{refused:.100}");
    let fine = answer(&running, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(fine.starts_with("HTTP/1.1 200") && fine.ends_with("fine"), "{fine}");
}

#[tokio::test]
async fn a_client_that_never_finishes_its_headers_is_cut_off() {
    let options = ServerOptions { header_timeout: Duration::from_millis(100), ..ServerOptions::default() };
    let running = Running::start_with(Fine, None, options.clone()).await;
    let unfinished = answer(&running, b"GET / HTTP/1.1\r\nhost: ").await;
    assert!(!unfinished.contains("200"), "{unfinished}");
    let tls = Tls::new();
    let running = Running::start_with(Fine, Some(&tls), options).await;
    assert_eq!(answer(&running, b"").await, "", "a TLS handshake that never starts");
    let client = running.client(Some(tls.client(None)));
    assert!(within(client.send(get("/"))).await.unwrap().status().is_success());
}

#[tokio::test]
async fn garbage_on_an_upgraded_connection_ends_it_and_nothing_else() {
    #[derive(Clone)]
    struct Exec(Spawner, tokio::sync::mpsc::Sender<bool>);
    #[async_trait]
    impl Handler for Exec {
        async fn handle(&self, mut request: Request<Body>, _connection: &Arc<ConnInfo>) -> Response<Body> {
            let streams = remote_command::Streams { stdin: true, ..Default::default() };
            let (response, accepted) = remote_command::accept(&mut request, streams).unwrap();
            let (spawner, done) = (self.0.clone(), self.1.clone());
            self.0.spawn(&COMMAND, "", async move {
                let opened = accepted.open(&spawner, &COMMAND).await;
                let failed = match opened {
                    Err(_) => true,
                    Ok(mut session) => session.stdin.as_mut().unwrap().to_end().await.is_empty(),
                };
                done.send(failed).await.unwrap();
            });
            response
        }
    }
    let commands = Supervisor::new();
    let (done, mut ended) = tokio::sync::mpsc::channel(1);
    let running = Running::start(Exec(commands.spawner(), done), None).await;
    let spdy = "connection: Upgrade\r\nupgrade: SPDY/3.1\r\n";
    let websocket = "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: \
                     dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: v4.channel.k8s.io\r\n";
    // A control frame of 16 MiB; a stream number of ours; a masked message of 2^62 bytes; text.
    let attacks: [(&str, &[u8]); 4] = [
        (spdy, &[0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff]),
        (spdy, &[0x80, 3, 0, 1, 0, 0, 0, 10, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0]),
        (websocket, &[0x82, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0]),
        (websocket, b"GET / HTTP/1.1\r\n\r\n"),
    ];
    for (headers, attack) in attacks {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        let request = format!("POST /exec HTTP/1.1\r\nhost: x\r\n{headers}content-length: 0\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(within(stream.read_u8()).await.unwrap());
        }
        assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
        stream.write_all(attack).await.unwrap();
        assert!(within(ended.recv()).await.unwrap(), "data came out of {attack:?}");
    }
    assert_eq!(commands.spawner().panics() + running.spawner().panics(), 0);
}
