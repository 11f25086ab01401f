use super::*;
use crate::clock::Clock;

const PEM: &str = "-----BEGIN PRIVATE KEY-----";

fn document(authtkt: &str) -> String {
    let key = STANDARD.encode([7u8; 32]);
    format!(
        r#"{{"authtkt": {authtkt}, "jwt": [{{"kid": "a", "pem": "{PEM}"}}],
            "data_keys": [{{"id": "d1", "key": "{key}"}}], "smtp_password": "later"}}"#
    )
}

fn long(letter: char) -> String {
    std::iter::repeat_n(letter, 64).collect()
}

fn two_tickets() -> String {
    let (old, new) = (long('o'), long('n'));
    document(&format!(
        r#"[{{"secret": "{old}"}}, {{"secret": "{new}", "sign_from": "2026-06-01T00:00:00Z"}}]"#
    ))
}

#[test]
fn the_newest_entry_whose_time_has_come_signs_and_all_verify() {
    let secrets = Secrets::parse(&two_tickets(), None).unwrap();
    let before = Timestamp::parse_rfc3339("2026-05-31T23:59:59Z").unwrap();
    let after = Timestamp::parse_rfc3339("2026-06-01T00:00:00Z").unwrap();
    assert_eq!(secrets.authtkt_signing(before).unwrap().expose(), long('o'));
    assert_eq!(secrets.authtkt_signing(after).unwrap().expose(), long('n'));
    assert_eq!(secrets.authtkt_verifying().count(), 2);
}

#[test]
fn the_environment_wins_over_the_document() {
    let secrets = Secrets::parse(&two_tickets(), Some(&Secret::new(long('e')))).unwrap();
    assert_eq!(
        secrets
            .authtkt_verifying()
            .map(Secret::expose)
            .collect::<Vec<_>>(),
        [long('e')]
    );
}

#[test]
fn faults_name_the_field_and_no_value() {
    for (text, fault) in [
        (
            document(r#"[{"secret": "short"}]"#),
            "authtkt[0].secret: at least 64 characters",
        ),
        (document("[]"), "authtkt: no entry"),
        (
            document(&format!(
                r#"[{{"secret": "{}", "sign_from": "soon"}}]"#,
                long('x')
            )),
            "authtkt[0].sign_from: not an RFC 3339 time",
        ),
        (
            two_tickets().replace("\"d1\"", "\"d.1\""),
            "data_keys[0].id: a name without a dot",
        ),
        (
            two_tickets().replace(&STANDARD.encode([7u8; 32]), "AAAA"),
            "data_keys[0].key: 32 bytes in base64",
        ),
        ("hunter2".to_owned(), "not the secret's JSON: line 1, column 1"),
    ] {
        assert_eq!(Secrets::parse(&text, None).unwrap_err().to_string(), fault);
    }
}

#[test]
fn a_keyed_hash_is_of_its_parts_and_its_purpose_alone() {
    let secrets = Secrets::parse(&two_tickets(), None).unwrap();
    let now = Timestamp::from_seconds(1);
    let stored = secrets
        .keyed_hash(now, Purpose::ClientSecret, &[b"ab", b"c"])
        .unwrap();
    assert!(stored.starts_with("d1."));
    assert!(secrets.verifies(Purpose::ClientSecret, &[b"ab", b"c"], &stored));
    assert!(!secrets.verifies(Purpose::ClientSecret, &[b"a", b"bc"], &stored));
    assert!(!secrets.verifies(Purpose::Csrf, &[b"ab", b"c"], &stored));
    for broken in ["", "d1", "d1.zz", "d2.00", &stored[..stored.len() - 2]] {
        assert!(!secrets.verifies(Purpose::ClientSecret, &[b"ab", b"c"], broken));
    }
}

#[test]
fn nothing_secret_is_printed() {
    let printed = format!("{:?}", Secrets::parse(&two_tickets(), None).unwrap());
    for secret in [long('o'), long('n'), PEM.to_owned(), "[7, 7".to_owned()] {
        assert!(!printed.contains(&secret), "{printed}");
    }
}

#[tokio::test]
async fn a_secret_is_read_once_and_again_when_it_may_have_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.json");
    let clock = Clock::standing_at(Timestamp::from_seconds(1_000_000));
    let source = crate::settings::SecretsSource::File(path.clone());
    let keyring = Keyring::new(source, None, crate::aws::Aws::default(), clock.clone());
    assert_eq!(keyring.current().await.unwrap_err(), SecretsUnavailable);

    std::fs::write(&path, document(&format!(r#"[{{"secret": "{}"}}]"#, long('a')))).unwrap();
    let signing = |secrets: &Secrets| secrets.authtkt_signing(clock.now()).unwrap().expose().to_owned();
    assert_eq!(signing(&keyring.current().await.unwrap()), long('a'));

    std::fs::write(&path, document(&format!(r#"[{{"secret": "{}"}}]"#, long('b')))).unwrap();
    clock.advance(std::time::Duration::from_secs(9));
    assert_eq!(
        signing(&keyring.reread().await.unwrap()),
        long('a'),
        "not oftener than every ten seconds"
    );
    clock.advance(std::time::Duration::from_secs(2));
    assert_eq!(
        signing(&keyring.current().await.unwrap()),
        long('a'),
        "no five minutes yet"
    );
    assert_eq!(signing(&keyring.reread().await.unwrap()), long('b'));

    std::fs::remove_file(&path).unwrap();
    clock.advance(std::time::Duration::from_mins(6));
    assert_eq!(
        signing(&keyring.current().await.unwrap()),
        long('b'),
        "what was read outlives its source"
    );
}
