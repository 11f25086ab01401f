//! The LDAP directory against a real slapd (contract, section 4, "Validators").

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mapgate_core::account::{Directory, DirectoryAnswer, DirectoryDown};
use mapgate_core::random::Random;
use mapgate_core::settings::{Ldap, Secret};
use mapgate_tests::{Slapd, password};

use super::{
    BIND, DOWN, SEARCH, Tap, UNBIND, UNKNOWN, WRONG, holds, jane, operation, pretend, right, searching,
    template, verify,
};

/// The ways to reach slapd that are safe, and the one that is not.
fn ways(slapd: &Slapd) -> [Ldap; 3] {
    let plain = searching(&slapd.url());
    let ca_file = Some(slapd.ca_file());
    let starttls = Ldap {
        starttls: true,
        ca_file: ca_file.clone(),
        ..plain.clone()
    };
    let tls = Ldap {
        ca_file,
        ..searching(&slapd.tls_url())
    };
    [plain, starttls, tls]
}

fn by_template(settings: Ldap) -> Ldap {
    Ldap {
        bind_dn_template: template("").bind_dn_template,
        bind_dn: None,
        bind_password: None,
        base_dn: None,
        ..settings
    }
}

#[tokio::test]
async fn a_user_is_found_and_bound_over_ldap_starttls_and_ldaps() {
    let slapd = Slapd::start().await;
    for settings in ways(&slapd) {
        assert_eq!(
            verify(&settings, "jane", &password("jane")).await,
            jane(),
            "{settings:?}"
        );
        assert_eq!(
            verify(&settings, "jane", "lindmatt-zoé").await,
            WRONG,
            "{settings:?}"
        );
        assert_eq!(
            verify(&settings, "nobody", &password("jane")).await,
            UNKNOWN,
            "{settings:?}"
        );
        assert_eq!(pretend(&settings, "jane").await, Ok(()), "{settings:?}");
    }
}

#[tokio::test]
async fn a_user_is_bound_by_a_template_over_ldap_starttls_and_ldaps() {
    let slapd = Slapd::start().await;
    for settings in ways(&slapd).map(by_template) {
        assert_eq!(
            verify(&settings, "jane", &password("jane")).await,
            jane(),
            "{settings:?}"
        );
        assert_eq!(
            verify(&settings, "jane", "lindmatt-zoé").await,
            WRONG,
            "{settings:?}"
        );
        assert_eq!(
            verify(&settings, "nobody", &password("jane")).await,
            WRONG,
            "{settings:?}"
        );
        assert_eq!(pretend(&settings, "jane").await, Ok(()), "{settings:?}");
    }
}

#[tokio::test]
async fn a_certificate_that_does_not_prove_the_name_is_refused() {
    let slapd = Slapd::start().await;
    let [_, starttls, tls] = ways(&slapd);
    let by_address = |settings: &Ldap| Ldap {
        url: settings.url.replace("localhost", "127.0.0.1"),
        ..settings.clone()
    };
    let trusting = |settings: &Ldap, ca_file| Ldap {
        ca_file,
        ..settings.clone()
    };
    let empty = slapd.ca_file().with_file_name("empty.pem");
    std::fs::write(&empty, "").unwrap();
    for good in [starttls, tls] {
        assert_eq!(verify(&good, "jane", &password("jane")).await, jane(), "{good:?}");
        for bad in [
            by_address(&good),
            trusting(&good, Some(slapd.other_ca_file())),
            // The system's, which do not know of this one.
            trusting(&good, None),
            trusting(&good, Some("/nowhere/ca.pem".into())),
            trusting(&good, Some(empty.clone())),
        ] {
            assert_eq!(verify(&bad, "jane", &password("jane")).await, DOWN, "{bad:?}");
            assert_eq!(pretend(&bad, "jane").await, Err(DirectoryDown), "{bad:?}");
        }
    }
}

#[tokio::test]
async fn anybody_may_search_where_the_directory_lets_them() {
    let slapd = Slapd::start().await;
    let open = Ldap {
        bind_dn: None,
        bind_password: None,
        base_dn: Some("ou=open,dc=example,dc=com".to_owned()),
        ..searching(&slapd.url())
    };
    assert_eq!(
        verify(&open, "olga", &password("olga")).await,
        right(&[], "Olga", &[])
    );
    assert_eq!(verify(&open, "olga", "x").await, WRONG);
    assert_eq!(verify(&open, "jane", &password("jane")).await, UNKNOWN);
}

#[tokio::test]
async fn an_empty_password_is_wrong_though_slapd_would_take_it() {
    let slapd = Slapd::start().await;
    let tap = Tap::before(&slapd).await;
    for settings in [searching(&tap.url()), template(&tap.url())] {
        assert_eq!(verify(&settings, "jane", "").await, WRONG);
        // An empty `simple` (RFC 4511, section 4.2) ends a bind with its tag and no length.
        let heard = tap.heard().await;
        let binds: Vec<_> = heard
            .into_iter()
            .filter(|request| operation(request) == BIND)
            .collect();
        assert!(!binds.is_empty() && binds.iter().all(|bind| !bind.ends_with(b"\x80\x00")));
        assert!(!holds(&binds, "jane"));
    }
}

#[tokio::test]
async fn every_name_that_is_refused_costs_the_same_requests() {
    let slapd = Slapd::start().await;
    let tap = Tap::before(&slapd).await;
    let settings = searching(&tap.url());
    let operations = async || {
        let heard = tap.heard().await;
        heard.iter().map(|request| operation(request)).collect::<Vec<_>>()
    };
    for (name, word) in [
        ("jane", "wrong"),
        ("nobody", "wrong"),
        ("twin", "lindmatt-twin"),
        ("jane", ""),
        ("", "wrong"),
    ] {
        assert!(
            !matches!(
                verify(&settings, name, word).await,
                Ok(DirectoryAnswer::Right(_)) | Err(_)
            ),
            "{name}"
        );
        assert_eq!(operations().await, [BIND, SEARCH, BIND, UNBIND], "{name} {word}");
    }
    for name in ["jane", "nobody"] {
        assert_eq!(pretend(&settings, name).await, Ok(()));
        assert_eq!(operations().await, [BIND, SEARCH, BIND, UNBIND], "{name}");
        assert_eq!(pretend(&template(&tap.url()), name).await, Ok(()));
        assert_eq!(operations().await, [BIND, UNBIND], "{name}");
    }
    assert_eq!(verify(&template(&tap.url()), "jane", "wrong").await, WRONG);
    assert_eq!(operations().await, [BIND, UNBIND]);
}

#[tokio::test]
async fn the_reader_must_get_in() {
    let slapd = Slapd::start().await;
    let tap = Tap::before(&slapd).await;
    let with = |word: Option<&str>| Ldap {
        bind_password: word.map(Secret::new),
        ..searching(&tap.url())
    };
    assert_eq!(
        verify(&with(Some("wrong")), "jane", &password("jane")).await,
        DOWN
    );
    assert_eq!(pretend(&with(Some("wrong")), "jane").await, Err(DirectoryDown));
    assert!(!holds(&tap.heard().await, &password("jane")));
    for none in [None, Some("")] {
        assert_eq!(verify(&with(none), "jane", &password("jane")).await, DOWN);
        assert_eq!(tap.heard().await, Vec::<Vec<u8>>::new());
    }
    let directory = Directory::new(&with(None), Random::seeded(1));
    let (word, of_secret) = (Secret::new(password("jane")), Secret::new(Slapd::READER_PASSWORD));
    assert_eq!(directory.verify("jane", &word, Some(&of_secret)).await, jane());
    assert_eq!(directory.pretend("jane", Some(&of_secret)).await, Ok(()));
    let no_base = Ldap {
        base_dn: Some("ou=nowhere,dc=example,dc=com".to_owned()),
        ..searching(&slapd.url())
    };
    assert_eq!(verify(&no_base, "jane", &password("jane")).await, DOWN);
}

#[tokio::test]
async fn a_locked_entry_is_wrong_and_a_busy_directory_is_down() {
    let slapd = Slapd::start().await;
    let codes = Ldap {
        bind_dn_template: Some("cn={username},ou=codes,dc=example,dc=com".to_owned()),
        ..template(&slapd.url())
    };
    for locked in ["constraintViolation", "insufficientAccess", "unwillingToPerform"] {
        assert_eq!(verify(&codes, locked, "x").await, WRONG, "{locked}");
    }
    for down in ["busy", "unavailable", "other"] {
        assert_eq!(verify(&codes, down, "x").await, DOWN, "{down}");
    }
    let searching = searching(&slapd.url());
    assert_eq!(verify(&searching, "nopassword", "x").await, WRONG);
}

#[tokio::test]
async fn many_ask_at_once() {
    let slapd = Slapd::start().await;
    let [_, _, tls] = ways(&slapd);
    let directory = Arc::new(Directory::new(&tls, Random::seeded(1)));
    let asking = (0..20).map(|turn| {
        let directory = directory.clone();
        tokio::spawn(async move {
            let (word, expected) = if turn % 2 == 0 {
                (password("jane"), jane())
            } else {
                ("x".to_owned(), WRONG)
            };
            assert_eq!(directory.verify("jane", &Secret::new(word), None).await, expected);
        })
    });
    for asked in asking.collect::<Vec<_>>() {
        asked.await.unwrap();
    }
}

#[tokio::test]
async fn a_directory_that_dies_is_down_and_up_again_when_it_is_back() {
    let mut slapd = Slapd::start().await;
    let (searched, cut) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(true)));
    let (seen, cuts) = (searched.clone(), cut.clone());
    // Between the search and the user's bind.
    let tap = Tap::start(slapd.port(), move |request| {
        let is_user = operation(request) == BIND && seen.load(Ordering::SeqCst);
        seen.store(operation(request) == SEARCH, Ordering::SeqCst);
        !(is_user && cuts.load(Ordering::SeqCst))
    })
    .await;
    let directory = Directory::new(&searching(&tap.url()), Random::seeded(1));
    let word = Secret::new(password("jane"));
    assert_eq!(directory.verify("jane", &word, None).await, DOWN);
    cut.store(false, Ordering::SeqCst);
    assert_eq!(directory.verify("jane", &word, None).await, jane());
    slapd.kill().await;
    assert_eq!(directory.verify("jane", &word, None).await, DOWN);
    assert_eq!(directory.pretend("jane", None).await, Err(DirectoryDown));
    assert_eq!(
        verify(&searching(&slapd.url()), "jane", &password("jane")).await,
        DOWN
    );
}
