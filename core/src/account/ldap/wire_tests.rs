use ldap3::asn1::{Tag, parse_tag};
use ldap3::{LdapResult, ResultEntry, SearchEntry};
use proptest::prelude::*;

use super::*;

const BIND_2: Asked = Asked {
    id: 2,
    operation: BIND,
};
const SEARCH_2: Asked = Asked {
    id: 2,
    operation: SEARCH,
};

/// An element, its length in as few bytes as it takes.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap();
    let mut element = vec![tag];
    match length {
        0..=0x7f => element.extend(&length.to_be_bytes()[3..]),
        _ => element.extend([&[0x84], &length.to_be_bytes()[..]].concat()),
    }
    element.extend(content);
    element
}

fn message(id: u8, rest: &[u8]) -> Vec<u8> {
    tlv(SEQUENCE, &[&tlv(INTEGER, &[id]), rest].concat())
}

fn result_of(tag: u8, code: u8, more: &[u8]) -> Vec<u8> {
    let said = [
        tlv(ENUMERATED, &[code]),
        tlv(OCTET_STRING, b"dc=x"),
        tlv(OCTET_STRING, b"no"),
    ];
    tlv(tag, &[&said.concat(), more].concat())
}

fn entry_of(values: &[&[u8]]) -> Vec<u8> {
    let values: Vec<u8> = values.iter().flat_map(|value| tlv(OCTET_STRING, value)).collect();
    let attribute = tlv(SEQUENCE, &[tlv(OCTET_STRING, b"uid"), tlv(SET, &values)].concat());
    let said = [tlv(OCTET_STRING, b"uid=jane,dc=x"), tlv(SEQUENCE, &attribute)];
    tlv(SEARCH_ENTRY, &said.concat())
}

#[tokio::test]
async fn one_message_after_the_other_is_read() {
    let long = message(2, &tlv(SEARCH_ENTRY, &[7; 300]));
    let both = [message(1, &[]), long.clone()].concat();
    let mut stream = both.as_slice();
    assert_eq!(read(&mut stream).await.unwrap(), Some(message(1, &[])));
    assert_eq!(read(&mut stream).await.unwrap(), Some(long));
    assert_eq!(read(&mut stream).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_no_message_or_too_long_is_not_read() {
    for refused in [
        &b"HTTP/1.1 400 Bad Request\r\n"[..],
        // A length that is not told, one of 2 GB, one of five bytes, one beyond the end.
        b"\x30\x80\x02\x01\x01",
        b"\x30\x84\x7f\xff\xff\xff\x02\x01\x01",
        b"\x30\x85\0\0\0\0\x03\x02\x01\x01",
        b"\x30\x05\x02\x01\x01",
        b"\x30",
    ] {
        assert!(read(&mut &*refused).await.is_err(), "{refused:?}");
    }
    let (header, most) = (
        [0x30, 0x83],
        u32::try_from(LONGEST).unwrap().to_be_bytes()[1..].to_vec(),
    );
    let full = [&header[..], &most, &vec![0; LONGEST]].concat();
    assert_eq!(read(&mut full.as_slice()).await.unwrap(), Some(full));
}

#[test]
fn requests_are_recognised() {
    assert_eq!(
        asked(START_TLS),
        Some(Asked {
            id: 1,
            operation: EXTENDED
        })
    );
    assert_eq!(asked(b"\x30\x03\x02\x01\x01"), None);
}

#[test]
fn an_answer_to_the_question_passes() {
    let referral = tlv(0xa3, &tlv(OCTET_STRING, b"ldap://else.where"));
    let controls = tlv(
        CONTROLS,
        &tlv(
            SEQUENCE,
            &[
                tlv(OCTET_STRING, b"1.2"),
                tlv(BOOLEAN, &[0]),
                tlv(OCTET_STRING, b"0"),
            ]
            .concat(),
        ),
    );
    let bound = message(2, &[result_of(BIND_RESPONSE, 49, &referral), controls].concat());
    assert_eq!(answer(&bound, BIND_2), Some(Answer::Result(49)));
    let done = message(2, &result_of(SEARCH_DONE, 0, &[]));
    assert_eq!(answer(&done, SEARCH_2), Some(Answer::Result(0)));
    let found = message(2, &entry_of(&[b"jane", b"\xff not text"]));
    assert_eq!(answer(&found, SEARCH_2), Some(Answer::Part));
    let elsewhere = message(
        2,
        &tlv(SEARCH_REFERENCE, &tlv(OCTET_STRING, b"ldap://else.where")),
    );
    assert_eq!(answer(&elsewhere, SEARCH_2), Some(Answer::Part));
}

#[test]
fn an_answer_to_another_question_does_not() {
    let bound = result_of(BIND_RESPONSE, 0, &[]);
    assert_eq!(answer(&message(3, &bound), BIND_2), None);
    assert_eq!(answer(&message(2, &bound), SEARCH_2), None);
    assert_eq!(answer(&message(2, &entry_of(&[])), BIND_2), None);
    // The notice of disconnection comes unasked.
    let notice = result_of(EXTENDED_RESPONSE, 52, &tlv(0x8a, b"1.3.6.1.4.1.1466.20036"));
    assert_eq!(answer(&message(0, &notice), BIND_2), None);
}

#[test]
fn nesting_ends_where_rfc_4511_ends_it() {
    let mut deep = tlv(OCTET_STRING, b"");
    for _ in 0..20_000 {
        deep = tlv(SEQUENCE, &deep);
    }
    assert_eq!(
        answer(&message(2, &result_of(BIND_RESPONSE, 0, &deep)), BIND_2),
        None
    );
    assert_eq!(answer(&message(2, &tlv(SEARCH_ENTRY, &deep)), SEARCH_2), None);
    assert_eq!(answer(&message(2, &tlv(SEARCH_REFERENCE, &deep)), SEARCH_2), None);
    let controls = [result_of(BIND_RESPONSE, 0, &[]), tlv(CONTROLS, &deep)].concat();
    assert_eq!(answer(&message(2, &controls), BIND_2), None);
}

proptest! {
    /// ldap3's own reading, which panics at what it does not expect.
    #[test]
    fn what_passes_is_read_by_ldap3(
        is_entry in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let control = tlv(SEQUENCE, &[tlv(OCTET_STRING, b"1.2"), tlv(BOOLEAN, &[0])].concat());
        let (said, asked) = if is_entry {
            (entry_of(&[b"jane", b"\xff"]), SEARCH_2)
        } else {
            (result_of(BIND_RESPONSE, 0, &tlv(0xa3, &tlv(OCTET_STRING, b"ldap://x"))), BIND_2)
        };
        let mut message = message(2, &[said, tlv(CONTROLS, &control)].concat());
        for (at, byte) in changes {
            let at = at.index(message.len());
            message[at] = byte;
        }
        if let Some(answer) = answer(&message, asked) {
            let (_, whole) = parse_tag(&message).unwrap();
            let mut parts = whole.expect_constructed().unwrap().into_iter();
            let operation = parts.nth(1).unwrap();
            match answer {
                Answer::Result(code) => prop_assert_eq!(LdapResult::from(Tag::StructureTag(operation)).rc, code),
                Answer::Part if operation.id == 4 => {
                    SearchEntry::construct(ResultEntry::new(operation));
                }
                Answer::Part => {}
            }
            if let Some(controls) = parts.next() {
                for control in controls.expect_constructed().unwrap() {
                    prop_assert!(control.expect_constructed().is_some());
                }
            }
        }
    }

    #[test]
    fn no_bytes_are_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = (answer(&bytes, BIND_2), answer(&bytes, SEARCH_2), asked(&bytes));
    }
}
