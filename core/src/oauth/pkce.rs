//! Proof Key for Code Exchange (RFC 7636), method `S256` only.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Whether `challenge` can be an `S256` challenge: 32 bytes in unpadded base64url (RFC 7636 §4.2).
#[must_use]
pub fn is_challenge(challenge: &str) -> bool {
    challenge.len() == 43
        && URL_SAFE_NO_PAD
            .decode(challenge)
            .is_ok_and(|bytes| bytes.len() == 32)
}

/// Whether `verifier` has a verifier's form: 43 to 128 unreserved characters (RFC 7636 §4.1).
#[must_use]
pub fn is_verifier(verifier: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved)
}

/// Whether `verifier` gives `challenge` (RFC 7636 §4.6). In constant time.
#[must_use]
pub fn verifies(verifier: &str, challenge: &str) -> bool {
    let given = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    verify_slices_are_equal(given.as_bytes(), challenge.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_rfcs_example_holds() {
        assert!(is_verifier(VERIFIER) && is_challenge(CHALLENGE) && verifies(VERIFIER, CHALLENGE));
        assert!(!verifies(CHALLENGE, CHALLENGE));
    }

    #[test]
    fn lengths_and_letters_are_the_rfcs() {
        assert!(!is_verifier(&"a".repeat(42)) && is_verifier(&"a".repeat(43)));
        assert!(is_verifier(&"~".repeat(128)) && !is_verifier(&"a".repeat(129)));
        assert!(!is_verifier(&"ä".repeat(50)) && !is_verifier(&"+".repeat(50)));
        for broken in [
            "",
            &CHALLENGE[1..],
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM",
            &format!("{CHALLENGE}="),
        ] {
            assert!(!is_challenge(broken), "{broken}");
        }
    }
}
