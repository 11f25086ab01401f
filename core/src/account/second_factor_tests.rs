use super::*;

fn code(secret: &Secret, seconds: i64) -> Secret {
    Secret::new(totp(secret).generate(u64::try_from(seconds).unwrap()).to_string())
}

#[test]
fn t84_codes_are_those_of_rfc_6238() {
    // Appendix B, in six digits of its eight.
    let secret = Secret::new(hex::encode("12345678901234567890"));
    for (seconds, expected) in [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ] {
        assert_eq!(code(&secret, seconds).expose(), expected);
        let now = Timestamp::from_seconds(seconds);
        let step = step_of(&totp(&secret), &Secret::new(expected), now, i64::MIN);
        assert_eq!(step, Some(seconds / 30));
    }
}

#[test]
fn t84_one_step_of_drift_is_taken_and_none_that_is_not_newer_than_the_last() {
    let secret = Secret::new(hex::encode([7; 20]));
    let now = 1_790_000_010;
    let at = |seconds: i64, last| {
        step_of(
            &totp(&secret),
            &code(&secret, seconds),
            Timestamp::from_seconds(now),
            last,
        )
    };
    let step = now / 30;
    assert_eq!(at(now - 60, 0), None);
    assert_eq!(at(now - 30, 0), Some(step - 1));
    assert_eq!(at(now, 0), Some(step));
    assert_eq!(at(now + 30, 0), Some(step + 1));
    assert_eq!(at(now + 60, 0), None);
    assert_eq!(at(now, step), None, "a replay");
    assert_eq!(at(now - 30, step), None, "an older one");
    assert_eq!(at(now + 30, step), Some(step + 1));
}

#[test]
fn a_code_may_be_typed_in_groups() {
    let secret = Secret::new(hex::encode([7; 20]));
    let now = 1_790_000_010;
    let code = code(&secret, now).expose().to_owned();
    let typed = |text: String| {
        step_of(
            &totp(&secret),
            &Secret::new(text),
            Timestamp::from_seconds(now),
            0,
        )
    };
    assert!(typed(format!(" {} {} ", &code[..3], &code[3..])).is_some());
    for wrong in [
        String::new(),
        code[..5].to_owned(),
        format!("{code}0"),
        "١٢٣٤٥٦".to_owned(),
    ] {
        assert_eq!(typed(wrong), None);
    }
}

#[test]
fn the_uri_names_issuer_and_user_whatever_they_hold() {
    let secret = Secret::new(hex::encode([0; 20]));
    let enrolment = enrolment("My géoportal", "ja:ne&x=1", &totp(&secret));
    assert_eq!(enrolment.secret.expose(), "A".repeat(32));
    assert_eq!(
        enrolment.uri.expose(),
        format!(
            "otpauth://totp/My%20g%C3%A9oportal:ja%3Ane%26x%3D1?secret={}&issuer=My%20g%C3%A9oportal",
            "A".repeat(32)
        )
    );
    assert!(!format!("{enrolment:?}").contains("AAAA"));
}
