//! Peers that do not read, bodies that nobody reads, and too many connections.

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::*;

/// `/endless` goes on for ever and says when it was dropped, `/quiet` waits for ever, everything else
/// answers without looking at the body.
#[derive(Clone)]
struct Talker {
    gone: mpsc::Sender<()>,
}

struct SaysGone(mpsc::Sender<()>);

impl Drop for SaysGone {
    fn drop(&mut self) {
        self.0.try_send(()).expect("there is room for every answer of a test");
    }
}

#[async_trait]
impl Handler for Talker {
    async fn handle(&self, request: Request<Body>, _connection: &Arc<ConnInfo>) -> Response<Body> {
        let gone = SaysGone(self.gone.clone());
        let body = match request.uri().path() {
            "/endless" => {
                let piece = Bytes::from(vec![b'x'; 64 << 10]);
                Body::stream(futures_util::stream::repeat_with(move || Ok(piece.clone())))
            }
            "/quiet" => {
                let first = futures_util::stream::iter([Ok(Bytes::from("first"))]);
                Body::stream(futures_util::StreamExt::chain(first, futures_util::stream::pending()))
            }
            _ => Body::full("fine"),
        };
        Response::new(body.keeping(gone))
    }
}

fn talker() -> (Talker, mpsc::Receiver<()>) {
    let (gone, ended) = mpsc::channel(1024);
    (Talker { gone }, ended)
}

fn impatient() -> ServerOptions {
    ServerOptions { write_timeout: Duration::from_millis(300), ..ServerOptions::default() }
}

#[tokio::test]
async fn a_connection_that_takes_nothing_is_ended() {
    for tls in [None, Some(Tls::new())] {
        let (handler, mut ended) = talker();
        let running = Running::start_with(handler, tls.as_ref(), impatient()).await;
        if tls.is_some() {
            let client = running.client(tls.as_ref().map(|tls| tls.client(None)));
            let mut response = within(client.send(get("/endless"))).await.unwrap().into_body();
            within(response.next()).await.unwrap().unwrap();
            within(ended.recv()).await.unwrap();
            // What the connection had buffered may come; the end is a reset, not a completed answer.
            let mut last = Ok(Bytes::new());
            while let Some(piece) = within(response.next()).await {
                last = piece;
                if last.is_err() {
                    break;
                }
            }
            assert!(last.is_err());
            // The connection itself is as good as before.
            assert!(within(client.send(get("/fine"))).await.unwrap().status().is_success());
        } else {
            let mut stream = TcpStream::connect(running.address).await.unwrap();
            stream.write_all(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
            within(stream.read_u8()).await.unwrap();
            within(ended.recv()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn an_answer_that_has_nothing_to_say_is_not_stalled() {
    let (handler, mut ended) = talker();
    let tls = Tls::new();
    let running = Running::start_with(handler, Some(&tls), impatient()).await;
    let client = running.client(Some(tls.client(None)));
    let mut quiet = within(client.send(get("/quiet"))).await.unwrap().into_body();
    assert_eq!(within(quiet.next()).await.unwrap().unwrap(), "first");
    // An endless answer beside it ends by the timeout; the quiet one outlives it.
    let endless = within(client.send(get("/endless"))).await.unwrap();
    within(ended.recv()).await.unwrap();
    drop(endless);
    assert!(tokio::time::timeout(Duration::from_millis(600), ended.recv()).await.is_err());
    drop(quiet);
    within(ended.recv()).await.unwrap();
}

#[tokio::test]
async fn who_is_answered_while_sending_hears_the_answer() {
    let (handler, _ended) = talker();
    for (_running, client) in both(handler).await {
        for size in [2, 100_000, 3_000_000] {
            for _ in 0..10 {
                let response = within(client.send(post("/", vec![b'x'; size]))).await.unwrap();
                assert_eq!(within(response.into_body().collect(100)).await.unwrap(), "fine");
            }
        }
    }
}

#[tokio::test]
async fn a_body_ends_at_its_deadline_and_travels_in_frames() {
    let past = tokio::time::Instant::now() - Duration::from_millis(1);
    assert!(Body::full("late").until(past).next().await.unwrap().is_err());
    let mut large = Body::full(vec![b'x'; 600 << 10]);
    let mut sizes = Vec::new();
    while let Some(piece) = large.next().await {
        sizes.push(piece.unwrap().len() >> 10);
        assert_eq!(
            http_body::Body::size_hint(&large).exact(),
            Some((600 - sizes.iter().sum::<usize>() as u64) << 10)
        );
    }
    assert_eq!(sizes, [256, 256, 88]);
}

#[tokio::test]
async fn more_connections_wait_for_their_turn() {
    let (handler, _ended) = talker();
    let options = ServerOptions { max_connections: 2, ..ServerOptions::default() };
    let running = Running::start_with(handler, None, options).await;
    let ask = |mut stream: TcpStream| async move {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.unwrap();
        assert_eq!(&start, b"HTTP/1.1 200");
        stream
    };
    let connect = || TcpStream::connect(running.address);
    let first = within(ask(connect().await.unwrap())).await;
    let _second = within(ask(connect().await.unwrap())).await;
    let third = tokio::time::timeout(Duration::from_millis(300), ask(connect().await.unwrap())).await;
    assert!(third.is_err(), "it is accepted by the kernel alone");
    drop(first);
    within(ask(connect().await.unwrap())).await;
}
