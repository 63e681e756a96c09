//! Tokens and sealing.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;
use stdx::Rng;

use super::*;

fn signers() -> [TokenSigner; 2] {
    [TokenSigner::generate().unwrap(), TokenSigner::new(&KeyPair::generate().unwrap()).unwrap()]
}

#[test]
fn tokens_are_verified_by_their_own_key_only() {
    let [rsa, ec] = signers();
    assert_eq!((rsa.algorithm(), ec.algorithm()), ("RS256", "ES256"));
    let claims =
        json!({"iss": "https://kubernetes.default.svc", "sub": "system:serviceaccount:a:b", "exp": 7});
    let both = rsa.verifier().and(ec.verifier());
    for (signer, stranger) in [(&rsa, &ec), (&ec, &rsa)] {
        let token = signer.sign(&claims).unwrap();
        let verified = both.verify(&token).unwrap();
        assert_eq!(verified.key_id, signer.key_id());
        assert_eq!(verified.claims::<Value>().unwrap(), claims);
        assert!(matches!(stranger.verifier().verify(&token), Err(Error::Signature(_))));
    }
    assert_eq!(both.algorithms(), ["ES256", "RS256"]);
}

#[test]
fn forged_tokens_are_refused() {
    let [rsa, _] = signers();
    let verifier = rsa.verifier();
    let token = rsa.sign(&json!({"sub": "a"})).unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let (signature, kid) = (parts[2], rsa.key_id());
    for forged in [
        format!("{}.{}.{signature}", parts[0], encode(json!({"sub": "b"}))),
        format!("{}.{}.", encode(json!({"alg": "none"})), parts[1]),
        format!("{}.{}.{signature}", encode(json!({"alg": "none", "kid": kid})), parts[1]),
        format!("{}.{}.{signature}", encode(json!({"alg": "HS256", "kid": kid})), parts[1]),
        format!("{}.{}.{signature}", encode(json!({"alg": "RS256", "kid": "other"})), parts[1]),
        format!("{}.{}.{signature}", encode(json!({"alg": "RS256", "kid": kid, "crit": ["b64"]})), parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{token}="),
        format!("{token}.x"),
        "x".repeat(1 << 17),
        String::new(),
    ] {
        assert!(verifier.verify(&forged).is_err(), "{forged}");
    }
}

#[test]
fn the_key_set_is_what_verifiers_read() {
    let [rsa, ec] = signers();
    let set: Value = serde_json::from_str(&rsa.verifier().and(ec.verifier()).jwks()).unwrap();
    let keys = set["keys"].as_array().unwrap();
    assert_eq!(
        (&keys[0]["kty"], &keys[0]["alg"], &keys[0]["use"]),
        (&json!("RSA"), &json!("RS256"), &json!("sig"))
    );
    assert_eq!(keys[0]["e"], "AQAB");
    assert_eq!(URL_SAFE_NO_PAD.decode(keys[0]["n"].as_str().unwrap()).unwrap().len(), 256);
    assert_eq!((&keys[1]["kty"], &keys[1]["crv"]), (&json!("EC"), &json!("P-256")));
    for coordinate in ["x", "y"] {
        assert_eq!(URL_SAFE_NO_PAD.decode(keys[1][coordinate].as_str().unwrap()).unwrap().len(), 32);
    }
    assert_eq!(keys[1]["kid"], ec.key_id());
    assert_eq!(keys[1].get("n"), None);
}

#[test]
fn token_keys_are_made_once_and_old_ones_still_verify() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sa.key");
    let signer = TokenSigner::load_or_create(&path).unwrap();
    let token = signer.sign(&json!({})).unwrap();
    assert_eq!(TokenSigner::load_or_create(&path).unwrap().key_id(), signer.key_id());
    let rotated = TokenSigner::generate().unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let verifier = rotated.verifier().and(TokenVerifier::from_pem(&text).unwrap());
    assert_eq!(verifier.verify(&token).unwrap().key_id, signer.key_id());
    std::fs::write(&path, "nothing").unwrap();
    assert!(matches!(TokenSigner::load_or_create(&path), Err(Error::Content { .. })));
    assert!(TokenVerifier::from_pem("").is_err());
}

#[test]
fn openssl_keys_in_every_form_sign_tokens() {
    let openssl = |arguments: &[&str]| {
        let output = std::process::Command::new("openssl").args(arguments).output();
        let output = output.expect("this test needs the openssl program (Debian package openssl)");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let keys = [
        openssl(&["genrsa", "2048"]),
        openssl(&["genrsa", "-traditional", "2048"]),
        openssl(&["ecparam", "-name", "prime256v1", "-genkey", "-noout"]),
    ];
    for key in keys {
        let signer = TokenSigner::new(&KeyPair::from_pem(&key).unwrap()).unwrap();
        let token = signer.sign(&json!({"n": 1})).unwrap();
        assert!(TokenVerifier::from_pem(&key).unwrap().verify(&token).is_ok());
    }
}

#[test]
fn sealing_keys_are_made_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("encryption.key");
    let sealed =
        SealingKey::load_or_create(&path, &Rng::from_seed(1)).unwrap().seal(b"place", b"secret").unwrap();
    let again = SealingKey::load_or_create(&path, &Rng::from_seed(2)).unwrap();
    assert_eq!(again.open(b"place", &sealed).unwrap(), b"secret");
    std::fs::write(&path, "c2hvcnQ=").unwrap();
    assert!(matches!(SealingKey::load_or_create(&path, &Rng::from_seed(3)), Err(Error::Content { .. })));
}

proptest! {
    #[test]
    fn sealed_values_open_in_their_place_only(
        place in prop::collection::vec(any::<u8>(), 0..40),
        plaintext in prop::collection::vec(any::<u8>(), 0..300),
        flip: prop::sample::Index,
        seed: u64,
    ) {
        let key = SealingKey::new(&[7; 32], &Rng::from_seed(seed));
        let sealed = key.seal(&place, &plaintext).unwrap();
        prop_assert_ne!(&sealed, &key.seal(&place, &plaintext).unwrap(), "a nonce twice");
        prop_assert_eq!(key.open(&place, &sealed).unwrap(), plaintext);
        let mut elsewhere = place.clone();
        elsewhere.push(0);
        prop_assert!(key.open(&elsewhere, &sealed).is_err());
        prop_assert!(SealingKey::new(&[8; 32], &Rng::from_seed(seed)).open(&place, &sealed).is_err());
        let mut changed = sealed.clone();
        changed[flip.index(sealed.len())] ^= 1;
        prop_assert!(key.open(&place, &changed).is_err());
        prop_assert!(key.open(&place, &sealed[..flip.index(sealed.len())]).is_err());
    }
}
