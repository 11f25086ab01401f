//! Whose a name is in an LDAP directory: escaped, compared as it is, and nobody's where it is anybody's.

use mapgate_core::settings::Ldap;
use mapgate_tests::{Slapd, password};

use super::{DOWN, Tap, UNKNOWN, WRONG, holds, jane, right, searching, template, verify};

#[tokio::test]
async fn a_name_is_never_a_filter_nor_a_part_of_a_dn() {
    let slapd = Slapd::start().await;
    let tricks = [
        "*",
        "j*",
        "jane)(uid=*",
        "*)(objectClass=*",
        "*))(|(uid=*",
        "jane,ou=x",
        "jane,ou=people,dc=example,dc=com",
        "jane+cn=Jane Doe",
        "\\6aane",
        "\\00",
        "jane\0",
        "\0",
        "#6a616e65",
        "\"jane\"",
        "{username}",
        "",
        " ",
        "\u{202e}enaj",
    ];
    for name in tricks {
        let found = verify(&searching(&slapd.url()), name, &password("jane")).await;
        assert_eq!(found, UNKNOWN, "{name:?}");
        let bound = verify(&template(&slapd.url()), name, &password("jane")).await;
        assert!(bound == WRONG || bound == UNKNOWN, "{name:?}: {bound:?}");
    }
}

#[tokio::test]
async fn a_name_longer_than_a_directory_reads_is_nobodys_and_the_directory_is_not_down() {
    let slapd = Slapd::start().await;
    let long = "j".repeat(900_000);
    for settings in [searching(&slapd.url()), template(&slapd.url())] {
        assert_eq!(verify(&settings, &long, &password("jane")).await, UNKNOWN);
    }
}

#[tokio::test]
async fn a_name_of_odd_characters_is_somebodys() {
    let slapd = Slapd::start().await;
    let odd = " a*b, (c)+\\#= ";
    for settings in [searching(&slapd.url()), template(&slapd.url())] {
        assert_eq!(
            verify(&settings, odd, "lindmatt-odd").await,
            right(&[], "Odd", &[])
        );
        assert_eq!(verify(&settings, odd, &password("jane")).await, WRONG);
    }
}

#[tokio::test]
async fn names_and_passwords_are_not_only_ascii() {
    let slapd = Slapd::start().await;
    for settings in [searching(&slapd.url()), template(&slapd.url())] {
        let zoé = right(&["zoe@example.com"], "Zoé Grüter", &["surveyor"]);
        assert_eq!(verify(&settings, "zoé", &password("zoé")).await, zoé);
        assert_eq!(verify(&settings, "zoé", "grusse-lindmatt").await, WRONG);
        // The same name, its accent a character of its own.
        assert_eq!(verify(&settings, "zoe\u{301}", &password("zoé")).await, zoé);
        let plain = verify(&settings, "zoe", &password("zoé")).await;
        assert!(plain == WRONG || plain == UNKNOWN, "{plain:?}");
    }
}

/// slapd finds and binds Jane by each of them.
const VARIANTS: [&str; 5] = ["JANE", "Jane", "jane ", " jane", "  jane  "];

#[tokio::test]
async fn a_name_in_other_case_or_with_spaces_is_nobodys_and_its_password_stays_here() {
    let slapd = Slapd::start().await;
    let tap = Tap::before(&slapd).await;
    for name in VARIANTS {
        assert_eq!(
            verify(&searching(&tap.url()), name, &password("jane")).await,
            UNKNOWN,
            "{name:?}"
        );
        assert!(!holds(&tap.heard().await, &password("jane")), "{name:?}");
        assert_eq!(
            verify(&template(&tap.url()), name, &password("jane")).await,
            UNKNOWN,
            "{name:?}"
        );
        assert_eq!(verify(&template(&tap.url()), name, "x").await, WRONG, "{name:?}");
        tap.heard().await;
    }
    assert_eq!(
        verify(&searching(&tap.url()), "jane", &password("jane")).await,
        jane()
    );
    assert!(holds(&tap.heard().await, &password("jane")));
}

#[tokio::test]
async fn of_two_entries_none_counts() {
    let slapd = Slapd::start().await;
    assert_eq!(
        verify(&searching(&slapd.url()), "twin", "lindmatt-twin").await,
        UNKNOWN
    );
    let people = Ldap {
        base_dn: Some("ou=guests,ou=people,dc=example,dc=com".to_owned()),
        ..searching(&slapd.url())
    };
    assert_eq!(
        verify(&people, "twin", "lindmatt-twin").await,
        right(&[], "Twin", &[])
    );
}

#[tokio::test]
async fn a_filter_says_which_attributes_are_the_name() {
    let slapd = Slapd::start().await;
    let with = |filter: &str| Ldap {
        filter: filter.to_owned(),
        ..searching(&slapd.url())
    };
    let either = with("(&(objectClass=person)(|(UID={username})(mail={username})))");
    assert_eq!(verify(&either, "jane", &password("jane")).await, jane());
    assert_eq!(
        verify(&either, "doe@example.com", &password("jane")).await,
        jane()
    );
    assert_eq!(
        verify(&either, "Doe@example.com", &password("jane")).await,
        UNKNOWN
    );
    // slapd finds her by both.
    for loose in ["(uid:caseIgnoreMatch:={username})", "(uid={username}*)"] {
        assert_eq!(
            verify(&with(loose), "jane", &password("jane")).await,
            UNKNOWN,
            "{loose}"
        );
    }
    assert_eq!(
        verify(&with("(uid={username}"), "jane", &password("jane")).await,
        DOWN
    );
}

#[tokio::test]
async fn a_template_says_which_attribute_is_the_name() {
    let slapd = Slapd::start().await;
    let with = |dn: &str| Ldap {
        bind_dn_template: Some(dn.to_owned()),
        ..template(&slapd.url())
    };
    let elsewhere = with("uid=jane,ou={username},dc=example,dc=com");
    assert_eq!(verify(&elsewhere, "people", &password("jane")).await, UNKNOWN);
    assert_eq!(
        verify(&with("{username}"), "jane", &password("jane")).await,
        WRONG
    );
}
