//! Requests and answers.

use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use http::StatusCode;
use http::Version;
use tokio::sync::mpsc;

use super::*;

/// Answers in the ways the tests need.
#[derive(Clone, Default)]
struct Echo {
    connections: Arc<parking_lot::Mutex<Vec<Arc<ConnInfo>>>>,
    gone: Option<mpsc::Sender<()>>,
    busy: Arc<AtomicUsize>,
    release: Arc<tokio::sync::Notify>,
}

#[async_trait]
impl Handler for Echo {
    async fn handle(&self, request: Request<Body>, connection: &Arc<ConnInfo>) -> Response<Body> {
        self.connections.lock().push(connection.clone());
        match request.uri().path() {
            "/version" => Response::new(Body::full(format!("{:?}", request.version()))),
            "/host" => {
                let header = request.headers().get("host").map(|host| host.to_str().unwrap().to_owned());
                let authority = request.uri().authority().map(ToString::to_string);
                Response::new(Body::full(header.or(authority).unwrap_or_default()))
            }
            "/echo" => Response::new(Body::full(request.into_body().collect(1 << 24).await.unwrap())),
            "/pass" => Response::new(request.into_body()),
            "/chunks" => {
                Response::new(Body::chunks(vec![Bytes::from("one "), Bytes::new(), Bytes::from("two")]))
            }
            "/empty" => Response::new(Body::empty()),
            "/slow" => {
                self.busy.fetch_add(1, Ordering::SeqCst);
                self.release.notified().await;
                Response::new(Body::full("finished"))
            }
            "/watch" => {
                let (sender, body) = Body::channel(4);
                sender.send(Bytes::from("event 1\n")).await.unwrap();
                let (gone, draining) = (self.gone.clone(), connection.draining.clone());
                tokio::task::spawn_blocking(move || {
                    tokio::runtime::Handle::current().block_on(async {
                        tokio::select! {
                            () = sender.closed() => gone.unwrap().send(()).await.unwrap(),
                            () = draining.requested() => sender.send(Bytes::from("end\n")).await.unwrap(),
                        }
                    });
                });
                Response::new(body)
            }
            "/broken" => {
                let (sender, body) = Body::channel(4);
                sender.send(Bytes::from("half")).await.unwrap();
                sender.abort("on purpose").await;
                Response::new(body)
            }
            _ => Response::builder().status(StatusCode::NOT_FOUND).body(Body::empty()).unwrap(),
        }
    }
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(response.into_body().collect(1 << 24).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn every_kind_of_body_gets_through_on_both_protocols() {
    for (index, (running, client)) in both(Echo::default()).await.into_iter().enumerate() {
        let version = text(within(client.send(get("/version"))).await.unwrap()).await;
        assert_eq!(version, ["HTTP/1.1", "HTTP/2.0"][index]);
        let host = text(client.send(get("/host")).await.unwrap()).await;
        assert_eq!(host, format!("127.0.0.1:{}", running.address.port()));
        let big: Vec<u8> = (0..5_000_000u32).map(|number| number as u8).collect();
        for path in ["/echo", "/pass"] {
            let response = within(client.send(post(path, big.clone()))).await.unwrap();
            assert_eq!(within(response.into_body().collect(1 << 24)).await.unwrap(), big);
        }
        assert_eq!(text(client.send(get("/chunks")).await.unwrap()).await, "one two");
        assert_eq!(text(client.send(get("/empty")).await.unwrap()).await, "");
        assert_eq!(client.send(get("/nowhere")).await.unwrap().status(), StatusCode::NOT_FOUND);
        let too_large = client.send(post("/echo", "12345")).await.unwrap().into_body().collect(4).await;
        assert!(matches!(too_large, Err(Error::TooLarge { limit: 4 })));
        // Over HTTP/1 the head may not have left before the body broke off.
        let Ok(broken) = within(client.send(get("/broken"))).await else {
            continue;
        };
        let mut broken = broken.into_body();
        let mut outcome = broken.next().await;
        while let Some(Ok(_)) = outcome {
            outcome = within(broken.next()).await;
        }
        assert!(matches!(outcome, Some(Err(_))), "a body that broke off was taken for complete");
    }
}

#[tokio::test]
async fn connections_are_used_again_and_http2_carries_requests_together() {
    for (index, (_running, client)) in both(Echo::default()).await.into_iter().enumerate() {
        for _ in 0..20 {
            assert_eq!(text(client.send(post("/echo", "x")).await.unwrap()).await, "x");
        }
        let handler = Echo::default();
        let tls = Tls::new();
        let running = Running::start(handler.clone(), (index == 1).then_some(&tls)).await;
        let client = running.client((index == 1).then(|| tls.client(None)));
        for _ in 0..20 {
            assert_eq!(text(client.send(post("/echo", "x")).await.unwrap()).await, "x");
        }
        let one_by_one = distinct(&handler);
        assert_eq!(one_by_one, 1, "a connection was not used again");
        let many = (0..50).map(|_| async { text(client.send(post("/echo", "y")).await.unwrap()).await });
        let answers = within(futures_util::future::join_all(many)).await;
        assert!(answers.iter().all(|answer| answer == "y"));
        if index == 1 {
            assert_eq!(distinct(&handler), 1, "requests at once must share the HTTP/2 connection");
        }
    }
}

fn distinct(handler: &Echo) -> usize {
    let connections = handler.connections.lock();
    let mut seen: Vec<_> = connections.iter().map(Arc::as_ptr).collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len()
}

#[tokio::test]
async fn the_handler_sees_who_calls() {
    let (tls, handler) = (Tls::new(), Echo::default());
    let running = Running::start(handler.clone(), Some(&tls)).await;
    running.client(Some(tls.client(None))).send(get("/empty")).await.unwrap();
    running.client(Some(tls.client(Some("jane")))).send(get("/empty")).await.unwrap();
    let connections = handler.connections.lock();
    let [anonymous, jane] = &connections[..] else { panic!("two requests") };
    assert!(anonymous.tls && anonymous.client_chain.is_empty());
    assert!(matches!(anonymous.peer, Peer::Tcp(address) if address.ip().is_loopback()));
    let bundle = tls.ca.bundle().unwrap();
    let identity = pki::verify_client(&jane.client_chain, &bundle, jiff::Timestamp::now()).unwrap();
    assert_eq!(identity.common_name, "jane");
}

#[tokio::test]
async fn a_stream_notices_that_its_client_is_gone() {
    let (gone, mut noticed) = mpsc::channel(1);
    for (_running, client) in both(Echo { gone: Some(gone), ..Echo::default() }).await {
        let mut body = within(client.send(get("/watch"))).await.unwrap().into_body();
        assert_eq!(
            within(body.next()).await.unwrap().unwrap(),
            "event 1\n",
            "headers and events come at once"
        );
        drop(body);
        within(noticed.recv()).await.unwrap();
    }
}

#[tokio::test]
async fn draining_ends_watches_and_lets_requests_finish() {
    for tls in [None, Some(Tls::new())] {
        let handler = Echo::default();
        let running = Running::start(handler.clone(), tls.as_ref()).await;
        // The client outlives the server's supervisor's ranks above: it has its own.
        let clients = Supervisor::new();
        let config = tls.as_ref().map(|tls| tls.client(None));
        let endpoint = Endpoint::tcp("127.0.0.1", running.address.port(), config).unwrap();
        let client = Client::new(endpoint.clone(), ClientOptions::default(), &clients.spawner(), &CLIENT);
        let mut watch = within(client.send(get("/watch"))).await.unwrap().into_body();
        assert_eq!(watch.next().await.unwrap().unwrap(), "event 1\n");
        let slow = async { text(client.send(get("/slow")).await.unwrap()).await };
        let drain = async {
            while handler.busy.load(Ordering::SeqCst) == 0 {
                tokio::task::yield_now().await;
            }
            running.supervisor.shutdown().request();
            let release = async {
                // The watch ends before the slow request does: nobody waits for it.
                assert_eq!(watch.next().await.unwrap().unwrap(), "end\n");
                let end = watch.next().await;
                assert!(end.is_none(), "{end:?}");
                handler.release.notify_one();
            };
            tokio::join!(running.supervisor.run(), release).0
        };
        let (answer, outcome) = within(async { tokio::join!(slow, drain) }).await;
        assert_eq!((&*answer, outcome), ("finished", supervise::Outcome::Requested));
        let refused = within(client.send(get("/empty"))).await;
        assert!(matches!(refused, Err(Error::Connect { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn unix_sockets_are_private_and_replaced_when_dead() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("api.sock");
    // A socket file without a listener, as a killed server leaves it.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let supervisor = Supervisor::new();
    let spawner = supervisor.spawner();
    let listen = Listen::Unix(path.clone(), 0o600);
    let server = Server::bind(listen.clone(), None, ServerOptions::default()).await.unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let second = Server::bind(listen, None, ServerOptions::default()).await;
    assert!(matches!(second, Err(Error::Bind { .. })), "a live socket was taken over");
    let handler = Echo::default();
    let stop = spawner.stop(Rank::ApiServer);
    spawner.spawn(&SERVER, "accept", server.run(Arc::new(handler.clone()), spawner.clone(), &SERVER, stop));
    let client = Client::new(Endpoint::unix(&path), ClientOptions::default(), &spawner, &CLIENT);
    assert_eq!(text(within(client.send(post("/echo", "over unix"))).await.unwrap()).await, "over unix");
    assert_eq!(handler.connections.lock()[0].peer, Peer::Unix);
    drop(client);
    supervisor.shutdown().request();
    within(supervisor.run()).await;
    assert!(!path.exists(), "the socket file is removed at the end");
}

#[tokio::test]
async fn a_connection_closed_while_idle_is_replaced() {
    let options = ServerOptions { header_timeout: Duration::from_millis(400), ..ServerOptions::default() };
    let handler = Echo::default();
    let running = Running::start_with(handler.clone(), None, options).await;
    let client = running.client(None);
    for number in 0..3 {
        assert_eq!(
            text(within(client.send(post("/echo", "x"))).await.unwrap()).await,
            "x",
            "request {number}"
        );
        // Longer than the server waits for the next request's headers, by enough for the client to hear of it
        // where the machine is slow: what is sent on a connection that is just being closed is lost.
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(distinct(&handler) > 1, "the server kept the connection after all");
}

#[tokio::test]
async fn errors_say_who_and_what() {
    let tls = Tls::new();
    let running = Running::start(Echo::default(), Some(&tls)).await;
    let strangers = pki::client_config(&pki::ServerTrust::Authorities(Tls::new().ca.bundle().unwrap()), None);
    let refused = within(running.client(Some(strangers.unwrap())).send(get("/empty"))).await;
    let Err(error @ Error::Tls { .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(error.to_string(), format!("TLS handshake with 127.0.0.1:{}", running.address.port()));
    let client = running.client(Some(tls.client(None)));
    let slow = within(client.send_within(Duration::from_millis(50), get("/slow"))).await;
    assert!(matches!(slow, Err(Error::Timeout { .. })));
    assert_eq!(client.send(get("/version")).await.unwrap().version(), Version::HTTP_2, "and it goes on");
}
