//! What a new password must be (contract, section 4; NIST SP 800-63B §3.1.1.2: length and a list of common ones, no
//! rules of composition).

use unicode_normalization::UnicodeNormalization as _;

use super::common;
use crate::settings::Secret;

/// The least number of characters.
pub const MIN_LENGTH: usize = 8;
/// The greatest number of characters.
pub const MAX_LENGTH: usize = 256;

/// Why a new password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    /// Under [`MIN_LENGTH`] characters.
    #[error("the new password is too short: at least 8 characters")]
    TooShort,
    /// Over [`MAX_LENGTH`] characters.
    #[error("the new password is too long: at most 256 characters")]
    TooLong,
    /// It is the old one.
    #[error("the new password is the old one")]
    Old,
    /// It is the user's name.
    #[error("the new password is the user name")]
    Username,
    /// It is one of the most common.
    #[error("the new password is one of the most common ones")]
    Common,
}

/// Whether one could log in with that name: 1 to 255 bytes, no control characters, no space around it.
#[must_use]
pub fn is_username(username: &str) -> bool {
    let plain = !username.chars().any(char::is_control) && username.trim() == username;
    plain && (1..=255).contains(&username.len())
}

/// Whether `new` may follow `old` for the user `username`.
pub fn check_new_password(new: &Secret, old: &Secret, username: &str) -> Result<(), PolicyFault> {
    let nfc = |text: &str| zeroize::Zeroizing::new(text.nfc().collect::<String>());
    let (new, old) = (nfc(new.expose()), nfc(old.expose()));
    match new.chars().count() {
        ..MIN_LENGTH => return Err(PolicyFault::TooShort),
        MIN_LENGTH..=MAX_LENGTH => {}
        _ => return Err(PolicyFault::TooLong),
    }
    let lower = zeroize::Zeroizing::new(new.to_lowercase());
    if new == old {
        Err(PolicyFault::Old)
    } else if *lower == nfc(username).to_lowercase() {
        Err(PolicyFault::Username)
    } else if common::is_common(&lower) {
        Err(PolicyFault::Common)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(new: &str) -> Result<(), PolicyFault> {
        check_new_password(&Secret::new(new), &Secret::new("the old one"), "Johannes")
    }

    #[test]
    fn t76_lengths_are_of_characters_at_the_limit_and_one_past_it() {
        assert_eq!(check(&"ä".repeat(7)), Err(PolicyFault::TooShort));
        assert_eq!(check("äöüéèàçñ"), Ok(()));
        assert_eq!(check(&"äö".repeat(128)), Ok(()));
        assert_eq!(check(&("äö".repeat(128) + "ü")), Err(PolicyFault::TooLong));
    }

    #[test]
    fn t78_the_old_one_the_name_and_common_ones_are_refused() {
        assert_eq!(check("the old one"), Err(PolicyFault::Old));
        assert_eq!(check("johanneS"), Err(PolicyFault::Username));
        assert_eq!(check("Password1"), Err(PolicyFault::Common));
        assert_eq!(check("geoportal"), Err(PolicyFault::Common));
        assert_eq!(check(" password1"), Ok(()), "spaces are part of a password");
    }
}
