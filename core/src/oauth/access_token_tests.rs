use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as URL_SAFE};
use jsonwebtoken::{EncodingKey, Header};

use super::*;
use crate::oauth::key_pair;

const BASE: &str = "https://maps.example.com";
const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

fn pem() -> String {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let der = pair.to_pkcs8v1().unwrap();
    format!(
        "-----BEGIN PRIVATE KEY-----\\n{}\\n-----END PRIVATE KEY-----\\n",
        STANDARD.encode(der.as_ref())
    )
}

fn secrets(kid: &str, pem: &str) -> Secrets {
    let (ticket, key) = ("t".repeat(64), STANDARD.encode([1u8; 32]));
    Secrets::parse(
        &format!(
            r#"{{"authtkt": [{{"secret": "{ticket}"}}], "jwt": [{{"kid": "{kid}", "pem": "{pem}"}}],
                 "data_keys": [{{"id": "d", "key": "{key}"}}]}}"#
        ),
        None,
    )
    .unwrap()
}

fn claims() -> Claims {
    Claims {
        iss: BASE.into(),
        sub: "7".into(),
        aud: BASE.into(),
        exp: NOW.seconds() + 60,
        iat: NOW.seconds(),
        auth_time: NOW.seconds(),
        jti: "j".into(),
        client_id: "qgis".into(),
        scope: "map".into(),
        username: "jane".into(),
        sid: "f".into(),
        single: true,
    }
}

fn header(alg: Algorithm, typ: &str, kid: &str) -> Header {
    Header {
        typ: Some(typ.into()),
        kid: Some(kid.into()),
        ..Header::new(alg)
    }
}

fn sign(secrets: &Secrets, header: &Header, claims: &Claims) -> String {
    let der = key_pair(secrets.jwt_signing(NOW).unwrap()).unwrap();
    jsonwebtoken::encode(header, claims, &EncodingKey::from_ec_der(der.secret_pkcs8_der())).unwrap()
}

#[test]
fn a_token_of_ours_gives_its_claims_until_it_expires() {
    let secrets = secrets("k", &pem());
    let token = sign(&secrets, &header(Algorithm::ES256, "at+jwt", "k"), &claims());
    let verifier = TokenVerifier::default();
    for _ in 0..2 {
        assert_eq!(*verifier.verify(&token, &secrets, BASE, NOW).unwrap(), claims());
    }
    let at = |seconds| {
        verifier
            .verify(&token, &secrets, BASE, Timestamp::from_seconds(seconds))
            .map(drop)
    };
    assert_eq!(at(NOW.seconds() + 59), Ok(()));
    assert_eq!(at(NOW.seconds() + 60), Err(InvalidToken::Expired));
}

#[test]
fn a_key_taken_out_of_the_secret_takes_its_tokens_with_it() {
    let (pem, verifier) = (pem(), TokenVerifier::default());
    let old = secrets("old", &pem);
    let token = sign(&old, &header(Algorithm::ES256, "at+jwt", "old"), &claims());
    verifier.verify(&token, &old, BASE, NOW).unwrap();
    assert_eq!(
        verifier.verify(&token, &secrets("new", &pem), BASE, NOW),
        Err(InvalidToken::UnknownKey)
    );
}

#[test]
fn t61_anything_else_is_refused() {
    let secrets = secrets("k", &pem());
    let other = super::tests::secrets("k", &pem());
    let good = header(Algorithm::ES256, "at+jwt", "k");
    let genuine = sign(&secrets, &good, &claims());
    let point = PublicKey::of(secrets.jwt_signing(NOW).unwrap()).unwrap();
    let hs256 = header(Algorithm::HS256, "at+jwt", "k");
    let confused =
        jsonwebtoken::encode(&hs256, &claims(), &EncodingKey::from_secret(point.x.as_bytes())).unwrap();
    let body = genuine.split('.').nth(1).unwrap();
    let none = URL_SAFE.encode(r#"{"alg":"none","typ":"at+jwt","kid":"k"}"#);
    for (what, token) in [
        ("another key", sign(&other, &good, &claims())),
        (
            "an id_token",
            sign(&secrets, &header(Algorithm::ES256, "JWT", "k"), &claims()),
        ),
        (
            "another issuer",
            sign(
                &secrets,
                &good,
                &Claims {
                    iss: "https://evil".into(),
                    ..claims()
                },
            ),
        ),
        ("HS256 with the public key", confused),
        ("unsigned", format!("{none}.{body}.")),
        ("cut", genuine[..genuine.len() - 2].to_owned()),
        ("no token", "abc".to_owned()),
        ("empty", String::new()),
    ] {
        let verdict = TokenVerifier::default().verify(&token, &secrets, BASE, NOW);
        assert_eq!(verdict, Err(InvalidToken::Invalid), "{what}");
    }
}
