use ldap3::asn1::{Tag, TagClass};
use ldap3::parse_filter;
use proptest::prelude::*;

use super::*;

fn dn(text: &str) -> Dn {
    Dn::parse(text).unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn the_attribute_tied_to_the_name_is_found() {
    let by_filter = |filter: &str| tied_by_filter(filter).join(" ");
    assert_eq!(by_filter("(uid={username})"), "uid");
    assert_eq!(
        by_filter("(&(objectClass=person)(sAMAccountName={username}))"),
        "sAMAccountName"
    );
    assert_eq!(by_filter("(|(uid={username})(mail={username}))"), "uid mail");
    for none in [
        "(uid={username}*)",
        "(uid>={username})",
        "(uid~={username})",
        "(uid:caseExactMatch:={username})",
        "(mail={username}@example.com)",
        "(={username})",
        "(objectClass=*)",
    ] {
        assert_eq!(by_filter(none), "", "{none}");
    }
    let by_template = |template: &str| tied_by_template(template).join(" ");
    assert_eq!(by_template("uid={username},ou=people,dc=x"), "uid");
    assert_eq!(by_template(" uid = {username} + cn=x,dc=x"), "uid");
    for none in [
        "cn=web,uid={username},dc=x",
        "uid=a-{username},dc=x",
        "{username}@example.com",
        "EXAMPLE\\{username}",
    ] {
        assert_eq!(by_template(none), "", "{none}");
    }
}

#[test]
fn names_are_the_same_only_where_they_are() {
    assert!(is_same("zo\u{e9}", "zoe\u{301}"));
    for other in ["JANE", "jane ", " jane", "ja ne", "jané", ""] {
        assert!(!is_same("jane", other), "{other}");
    }
}

#[test]
fn one_dn_is_written_in_many_ways() {
    let plain = dn("cn=editors,ou=groups,dc=example,dc=com");
    for same in [
        "CN=Editors,OU=Groups,DC=Example,DC=com",
        " cn = editors , ou= groups,dc =example, dc=com ",
        "cn=\\65ditors,ou=groups,dc=example,dc=com",
        "cn=e\\ditors,ou=groups,dc=example,dc=com",
    ] {
        assert_eq!(dn(same), plain, "{same}");
    }
    for other in [
        "cn=editors,ou=groups,dc=example",
        "cn=editors2,ou=groups,dc=example,dc=com",
        "ou=editors,ou=groups,dc=example,dc=com",
        "cn=editors\\,ou\\=groups,dc=example,dc=com",
        "cn=editors+ou=groups,dc=example,dc=com",
        "cn=editors\\ ,ou=groups,dc=example,dc=com",
    ] {
        assert_ne!(dn(other), plain, "{other}");
    }
    assert_eq!(dn("cn=a\\2cb,dc=x"), dn("cn=A\\,B,dc=X"));
    assert_eq!(dn("cn=a+uid=b,dc=x"), dn("uid=b+cn=a,dc=x"));
    assert_eq!(dn("cn=\\c3\\89diteurs"), dn("cn=éditeurs"));
}

#[test]
fn what_is_no_dn_is_none() {
    for none in [
        "",
        "editors",
        "cn=editors,",
        "=x",
        "c n=x",
        "cn=a,b,dc=x",
        "cn=\\ff",
        "cn=x\\",
    ] {
        assert_eq!(Dn::parse(none), None, "{none}");
    }
}

proptest! {
    /// However a name is written, the filter asks for this very value.
    #[test]
    fn a_filter_holds_the_name_and_nothing_else(name in any::<String>()) {
        let Ok(Tag::Sequence(tree)) = parse_filter(filter_for("(uid={username})", &name)) else {
            panic!("no filter for {name:?}");
        };
        // equalityMatch (RFC 4511, section 4.5.1).
        prop_assert_eq!((tree.id, tree.class), (3, TagClass::Context));
        let parts: Vec<Vec<u8>> = tree
            .inner
            .into_iter()
            .map(|part| match part {
                Tag::OctetString(text) => text.inner,
                other => panic!("{other:?}"),
            })
            .collect();
        prop_assert_eq!(parts, [b"uid".to_vec(), name.into_bytes()]);
    }

    /// However a name is written, the DN is one below, with this very value.
    #[test]
    fn a_dn_holds_the_name_and_nothing_else(name in any::<String>()) {
        let made = dn(&dn_for("uid={username},ou=people", &name));
        let parts = |name: &str| vec![vec![("uid".to_owned(), name.to_lowercase())], vec![("ou".into(), "people".into())]];
        prop_assert_eq!(made, Dn(parts(&name)));
    }

    #[test]
    fn no_text_is_too_odd_for_a_dn(text in "[a=,+ \\\\é\"2c]{0,20}") {
        let _ = Dn::parse(&text);
    }
}
