//! Bad input through the whole path: refused with a 4xx, in bounded time, and nothing breaks.

use std::time::Duration;
use std::time::Instant;

use super::*;

/// Far above what any of them takes, in a build without optimization on a busy machine.
const LIMIT: Duration = Duration::from_secs(10);
const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const JSON: &str = "application/json";
const YAML: &str = "application/yaml";

impl Fixture {
    /// Sends a request that must be refused with this code and a sentence that has this in it.
    async fn refuses(&self, request: (&str, &str, &str, &str), token: &str, code: u16, sentence: &str) {
        let (method, path, kind, body) = request;
        let started = Instant::now();
        let (found, _, text) = self.http(method, path, kind, body, token).await;
        let elapsed = started.elapsed();
        let short = |text: &str| text.chars().take(120).collect::<String>();
        assert!(
            found == code && text.contains(sentence),
            "{method} {} {}: {found} {text}",
            short(path),
            short(body)
        );
        assert!(elapsed < LIMIT, "{method} {} {}: {elapsed:?}", short(path), short(body));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_none() {
    let fixture = start().await;
    let token = fixture.token("hostile", "cluster-admin").await;
    let bomb: String = std::iter::once("a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned())
        .chain((b'b'..b'k').map(|c| {
            let (name, before) = (char::from(c), char::from(c - 1));
            format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 9].join(","))
        }))
        .collect();
    let nested = |n| format!("{{\"data\":{}1{}}}", "{\"a\":".repeat(n), "}".repeat(n));
    let cases: &[(&str, &str, &str)] = &[
        (JSON, &nested(100_000), "exceeded max depth"),
        (JSON, &"[".repeat(1 << 20), "exceeded max depth"),
        (JSON, "{\"metadata\":", "unexpected end of JSON input ({\\\"metadata\\\":)"),
        (JSON, "", "unexpected end of JSON input (<empty>)"),
        (JSON, "[]", "cannot unmarshal array into Go value of type struct"),
        (JSON, "7", "cannot unmarshal number into Go value of type struct"),
        (JSON, "{\"data\":{\"a\":1e999}}", "cannot unmarshal number"),
        (JSON, "{\"metadata\":{\"name\":\"a\",\"generation\":99999999999999999999}}", "of type int64"),
        (JSON, "{\"metadata\":{\"name\":\"a\"}} {}", "after top-level value"),
        (YAML, &bomb, "document contains excessive aliasing"),
        (YAML, &"[".repeat(1 << 20), "yaml"),
        (YAML, &"{a: ".repeat(1 << 18), "yaml"),
        (YAML, &"- ".repeat(1 << 20), "yaml"),
        (YAML, "a: b: c", "mapping values are not allowed"),
        (YAML, "a: *nobody", "unknown anchor"),
        ("application/vnd.kubernetes.protobuf", "xx", "expected prefix [107 56 115 0]"),
        ("application/vnd.kubernetes.protobuf", "k8s\0", "no protobuf form"),
    ];
    for (kind, body, sentence) in cases {
        fixture.refuses(("POST", MAPS, kind, body), &token, 400, sentence).await;
    }
    let twice = "{\"metadata\":{\"name\":\"a\",\"name\":\"b\"}}";
    let strict = format!("{MAPS}?fieldValidation=Strict");
    let sentence = "strict decoding error: duplicate field \\\"metadata.name\\\"";
    fixture.refuses(("POST", &strict, JSON, twice), &token, 400, sentence).await;
    fixture.refuses(("POST", MAPS, "text/plain", "x"), &token, 415, "in an unknown format").await;
    let large = "x".repeat((3 << 20) + 1);
    fixture.refuses(("POST", MAPS, JSON, &large), &token, 413, "limit is 3145728").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn patches_that_grow() {
    let fixture = start().await;
    let token = fixture.token("hostile", "cluster-admin").await;
    fixture.admin.create(row("", "configmaps"), config_map("a", value!({}))).await.expect("created");
    let path = format!("{MAPS}/a");
    let kind = "application/json-patch+json";
    let one = "{\"op\":\"add\",\"path\":\"/data/x\",\"value\":\"1\"}";
    let many = format!("[{}]", vec![one; 10_001].join(","));
    let sentence = "The allowed maximum operations in a JSON patch is 10000, got 10001";
    let case = ("PATCH", path.as_str(), kind, many.as_str());
    let (code, _, text) = fixture.http(case.0, case.1, case.2, case.3, &token).await;
    assert!(matches!(code, 400 | 413) && text.contains(sentence), "{code} {text}");
    let copies: Vec<String> = (0..60)
        .map(|i| format!("{{\"op\":\"copy\",\"from\":\"/metadata\",\"path\":\"/metadata/c{i}\"}}"))
        .collect();
    let copies = format!("[{}]", copies.join(","));
    fixture.refuses(("PATCH", &path, kind, &copies), &token, 422, "due to an error in our request").await;
    for (kind, body) in [
        (kind, "{}".to_owned()),
        ("application/merge-patch+json", "[1]".to_owned()),
        ("application/merge-patch+json", "{\"a\":".repeat(100_000)),
        ("application/strategic-merge-patch+json", "{\"a\":".repeat(100_000)),
        ("application/apply-patch+yaml", "[".repeat(100_000)),
    ] {
        let path = format!("{path}?fieldManager=m");
        fixture.refuses(("PATCH", &path, kind, &body), &token, 400, "").await;
    }
    fixture.refuses(("PATCH", &path, "text/plain", "x"), &token, 415, "415: Unsupported Media Type").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_that_make_no_sense() {
    let fixture = start().await;
    let token = fixture.token("hostile", "cluster-admin").await;
    let wide: String = (0..8000).map(|i| format!("v{i}")).collect::<Vec<_>>().join(",");
    let forged = |text: &str| {
        use base64::Engine as _;
        let token = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        format!("{MAPS}?continue={token}")
    };
    for (path, code, sentence) in [
        (format!("{MAPS}?labelSelector=a%3D%3D%3D"), 400, "unable to parse requirement"),
        (format!("{MAPS}?labelSelector={}", "!".repeat(30_000)), 400, "unable to parse requirement"),
        (format!("{MAPS}?labelSelector={}", "a,".repeat(30_000)), 400, "unable to parse requirement"),
        (format!("{MAPS}?labelSelector=a+in+({wide}"), 400, "unable to parse requirement"),
        (format!("{MAPS}?fieldSelector=a"), 400, "invalid selector"),
        (format!("{MAPS}?fieldSelector={}", "a%3Db,".repeat(8000)), 400, ""),
        (format!("{MAPS}?limit=99999999999999999999"), 400, "value out of range"),
        (format!("{MAPS}?resourceVersion=x"), 400, "invalid resource version"),
        (format!("{MAPS}?continue=xxx"), 400, "continue key is not valid"),
        (forged("{}"), 400, "does not recognize this encoded version"),
        (forged("{\"v\":\"meta.k8s.io/v1\",\"rv\":-2,\"start\":\"a\"}"), 400, "incorrect encoded start"),
        (forged("{\"v\":\"meta.k8s.io/v1\",\"rv\":1,\"start\":\"../../x\"}"), 400, "../../x"),
        (forged(&"[".repeat(20_000)), 400, "continue key is not valid"),
        (
            forged("{\"v\":\"meta.k8s.io/v1\",\"rv\":999999999,\"start\":\"a\"}"),
            504,
            "Too large resource version",
        ),
        (format!("{MAPS}?timeout=99999999999999999h"), 400, "invalid timeout specified"),
        (format!("{MAPS}/%zz"), 400, "not well formed"),
        (format!("{MAPS}/.."), 400, "may not be '..'"),
        (format!("{MAPS}/a%2Fb"), 400, "may not contain '/'"),
        (format!("{MAPS}/{}", "a".repeat(20_000)), 404, "not found"),
        ("/api//v1/pods".to_owned(), 404, ""),
        ("/nowhere".to_owned(), 404, "404 page not found"),
    ] {
        fixture.refuses(("GET", &path, "", ""), &token, code, sentence).await;
    }
    for method in ["BREW", "OPTIONS", "PUT", "PATCH"] {
        fixture.refuses((method, MAPS, JSON, "{}"), &token, 405, "does not allow this method").await;
    }
    // A wide selector is only slow to write.
    let (code, ..) =
        fixture.http("GET", &format!("{MAPS}?labelSelector=a+in+({wide})"), "", "", &token).await;
    assert_eq!(code, 200);
}
