use proptest::prelude::*;

use super::*;

const EXPIRY: Timestamp = Timestamp::from_seconds(1_790_000_000);
/// AES-128, AES-192 and AES-256.
const KEYS: [&str; 3] = [
    "lindmatt-16bytes",
    "lindmatt-lindmatt-24byte",
    "lindmatt-lindmatt-lindmatt-32byt",
];

fn login(username: &str, password: &str) -> UrlLogin {
    UrlLogin {
        username: username.to_owned(),
        password: Secret::new(password),
        expires_at: EXPIRY,
    }
}

fn sealed(key: &str, content: &str) -> String {
    let nonce = [7; BLOCK];
    let mut text = content.as_bytes().to_vec();
    let tag = seal::<Eax<Aes128>>(key.as_bytes(), nonce, &mut text).unwrap();
    hex::encode([&nonce[..], &tag, &text].concat())
}

/// What `GeoMapFish`'s own script makes (`PyCryptodome`'s EAX), for a fixed nonce: the row that both must keep to.
#[test]
fn a_token_made_by_pycryptodome_is_read() {
    for (key, token) in KEYS
        .into_iter()
        .zip(include_str!("testdata/url_login.txt").lines())
    {
        let read = UrlLogin::decode(&Secret::new(key), token).unwrap();
        assert_eq!(read.username, "zoé");
        assert_eq!(read.password.expose(), "correct horse \"ü\"");
        assert_eq!(read.expires_at, EXPIRY);
    }
}

#[test]
fn one_bit_of_a_token_changed_makes_it_wrong() {
    let key = Secret::new(KEYS[0]);
    let token = login("jane", "pw").encode(&key, &Random::seeded(1)).unwrap();
    let bytes = hex::decode(token.expose()).unwrap();
    for at in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[at / 8] ^= 1 << (at % 8);
        let read = UrlLogin::decode(&key, &hex::encode(changed));
        assert_eq!(read.unwrap_err(), BadUrlLogin::Tag, "{at}");
    }
    for other in KEYS.into_iter().skip(1).chain(["lindmatt-16Bytes", "", "short"]) {
        let read = UrlLogin::decode(&Secret::new(other), token.expose());
        assert_eq!(read.unwrap_err(), BadUrlLogin::Tag, "{other}");
    }
}

#[test]
fn what_is_no_token_is_told_from_a_wrong_one() {
    let key = Secret::new(KEYS[0]);
    for token in ["", "0", "zz", &"0".repeat(62), &"0".repeat(65), "ä"] {
        assert_eq!(
            UrlLogin::decode(&key, token).unwrap_err(),
            BadUrlLogin::Encoding,
            "{token}"
        );
    }
    for content in [
        "",
        "[]",
        r#"{"u": "jane", "p": "pw"}"#,
        r#"{"u": "jane", "p": "pw", "t": "soon"}"#,
        r#"{"u": "jane", "p": "pw", "t": 1e300}"#,
        r#"{"u": "jane", "p": null, "t": 1}"#,
        r#"{"u": 1, "p": "pw", "t": 1}"#,
        r#"{"u": "jane", "u": "admin", "p": "pw", "t": 1}"#,
        "{\"u\": \"jane\", \"p\": \"pw\", \"t\": 1} x",
    ] {
        let read = UrlLogin::decode(&key, &sealed(KEYS[0], content));
        assert_eq!(read.unwrap_err(), BadUrlLogin::Content, "{content}");
    }
}

#[test]
fn an_expiry_may_be_a_float() {
    let key = Secret::new(KEYS[0]);
    for (number, expected) in [
        ("1790000000.9", EXPIRY),
        ("1.79e9", EXPIRY),
        ("-1.5", Timestamp::from_seconds(-2)),
    ] {
        let token = sealed(KEYS[0], &format!(r#"{{"u": "a", "p": "b", "t": {number}}}"#));
        assert_eq!(UrlLogin::decode(&key, &token).unwrap().expires_at, expected);
        assert!(UrlLogin::decode(&key, &token.to_uppercase()).is_ok());
    }
}

#[test]
fn a_key_of_another_length_makes_no_token() {
    for key in ["", "short", "lindmatt-lindmatt-lindmatt-more-than-32"] {
        let made = login("jane", "pw").encode(&Secret::new(key), &Random::seeded(1));
        assert_eq!(made.unwrap_err(), CannotMake::Key, "{key}");
    }
}

#[test]
fn a_token_is_not_printed() {
    let printed = format!("{:?}", login("jane", "hidden"));
    assert!(!printed.contains("hidden"), "{printed}");
}

proptest! {
    #[test]
    fn what_is_written_is_read(username in any::<String>(), password in any::<String>(), key in 0_usize..3, seed in any::<u64>()) {
        let key = Secret::new(KEYS[key]);
        let token = login(&username, &password).encode(&key, &Random::seeded(seed)).unwrap();
        let read = UrlLogin::decode(&key, token.expose()).unwrap();
        prop_assert_eq!(read.username, username);
        prop_assert_eq!(read.password.expose(), password);
        prop_assert_eq!(read.expires_at, EXPIRY);
    }

    #[test]
    fn nothing_panics(token in "[0-9a-fA-Fx ]{0,200}", content in ".{0,80}") {
        let key = Secret::new(KEYS[0]);
        prop_assert!(UrlLogin::decode(&key, &token).is_err());
        let _ = UrlLogin::decode(&key, &sealed(KEYS[0], &content));
    }
}
