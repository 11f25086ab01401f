//! What the client wants the user to be asked (OpenID Connect Core §3.1.2.1): `prompt` and `max_age`.

use std::time::Duration;

use mapgate_core::clock::Timestamp;

use crate::error::RedirectError;

/// What `prompt` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prompt {
    /// `none`: no page may be shown.
    None,
    /// Any other values, or no value at all.
    Asking {
        /// `login`: the password is asked for, whoever is logged in.
        login: bool,
        /// `consent`: the user is asked, whatever the client.
        consent: bool,
        /// `select_account`: the user is shown who is logged in, and can be someone else.
        account: bool,
    },
}

impl Prompt {
    /// Reads the parameter. Refuses `none` with another value, and values that nobody knows, as OpenID Connect's
    /// `prompt=create` specification has it.
    pub(crate) fn of(text: Option<&str>) -> Result<Self, RedirectError> {
        let values = text.unwrap_or_default().split(' ');
        let values: Vec<&str> = values.filter(|value| !value.is_empty()).collect();
        if values.contains(&"none") {
            return if values == ["none"] {
                Ok(Self::None)
            } else {
                Err(RedirectError::InvalidRequest("prompt has none and another value"))
            };
        }
        let known = ["login", "consent", "select_account"];
        if values.iter().any(|value| !known.contains(value)) {
            return Err(RedirectError::InvalidRequest("prompt has an unknown value"));
        }
        let has = |value| values.contains(&value);
        Ok(Self::Asking {
            login: has("login"),
            consent: has("consent"),
            account: has("select_account"),
        })
    }

    /// Whether the password is asked for, whoever is logged in.
    pub(crate) fn wants_login(self) -> bool {
        matches!(self, Self::Asking { login: true, .. })
    }

    /// Whether the user is asked after a new login too.
    pub(crate) fn wants_consent(self) -> bool {
        matches!(self, Self::Asking { consent: true, .. })
    }
}

/// Reads `max_age`: the most seconds since the user gave the password.
pub(crate) fn max_age(text: Option<&str>) -> Result<Option<Duration>, RedirectError> {
    let digits = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = |text: &str| Some(text).filter(digits)?.parse::<u64>().ok();
    text.map(|text| {
        seconds(text)
            .map(Duration::from_secs)
            .ok_or(RedirectError::InvalidRequest(
                "max_age is not a number of seconds",
            ))
    })
    .transpose()
}

/// What a browser that a client sent sees next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The form for name and password.
    LogIn,
    /// The question whether the client may have access.
    Ask,
    /// The client, with a code.
    SendBack,
}

/// The next step of a user who gave the password at `auth_time`; of nobody, where nobody is logged in.
///
/// Refuses what would be a page, where there may be none.
pub(crate) fn next(
    prompt: Prompt,
    max_age: Option<Duration>,
    is_public: bool,
    auth_time: Option<Timestamp>,
    now: Timestamp,
) -> Result<Step, RedirectError> {
    // An age of 0 is never young enough: it asks for a login, as `prompt=login` does.
    let is_young = |at: Timestamp| max_age.is_none_or(|max| !max.is_zero() && now.since(at) <= max);
    let is_logged_in = auth_time.is_some_and(is_young);
    match prompt {
        Prompt::None if !is_logged_in => Err(RedirectError::LoginRequired),
        Prompt::None if is_public => Err(RedirectError::ConsentRequired),
        Prompt::Asking { login, .. } if login || !is_logged_in => Ok(Step::LogIn),
        Prompt::Asking { consent, account, .. } if is_public || consent || account => Ok(Step::Ask),
        Prompt::None | Prompt::Asking { .. } => Ok(Step::SendBack),
    }
}

#[cfg(test)]
mod tests {
    use super::RedirectError::{ConsentRequired, InvalidRequest, LoginRequired};
    use super::Step::{Ask, LogIn, SendBack};
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn step(
        prompt: &str,
        age: Option<u64>,
        is_public: bool,
        since: Option<u64>,
    ) -> Result<Step, RedirectError> {
        let auth_time = since.map(|seconds| NOW.minus(Duration::from_secs(seconds)));
        let age = age.map(Duration::from_secs);
        next(Prompt::of(Some(prompt)).unwrap(), age, is_public, auth_time, NOW)
    }

    #[test]
    fn a_client_with_a_secret_is_trusted_unless_it_wants_the_user_asked() {
        for (prompt, anonymous, logged_in) in [
            ("", Ok(LogIn), Ok(SendBack)),
            ("none", Err(LoginRequired), Ok(SendBack)),
            ("login", Ok(LogIn), Ok(LogIn)),
            ("consent", Ok(LogIn), Ok(Ask)),
            ("select_account", Ok(LogIn), Ok(Ask)),
            (" consent  login ", Ok(LogIn), Ok(LogIn)),
        ] {
            assert_eq!(step(prompt, None, false, None), anonymous, "{prompt}");
            assert_eq!(step(prompt, None, false, Some(5)), logged_in, "{prompt}");
        }
        assert_eq!(step("", None, true, Some(5)), Ok(Ask));
        assert_eq!(step("none", None, true, Some(5)), Err(ConsentRequired));
        assert_eq!(step("none", None, true, None), Err(LoginRequired));
    }

    #[test]
    fn an_older_login_than_asked_for_is_none() {
        for (age, since, expected) in [
            (60, 60, Ok(SendBack)),
            (60, 61, Ok(LogIn)),
            (1, 0, Ok(SendBack)),
            (0, 0, Ok(LogIn)),
            (u64::MAX, 1_000_000, Ok(SendBack)),
        ] {
            assert_eq!(step("", Some(age), false, Some(since)), expected, "{age} {since}");
        }
        assert_eq!(step("none", Some(60), false, Some(61)), Err(LoginRequired));
        assert_eq!(step("none", Some(0), false, Some(0)), Err(LoginRequired));
    }

    #[test]
    fn other_values_are_refused() {
        for bad in [
            "none login",
            "login none",
            "none none",
            "create",
            "Login",
            "login,consent",
            "login\tconsent",
        ] {
            assert!(matches!(Prompt::of(Some(bad)), Err(InvalidRequest(_))), "{bad}");
        }
        for bad in ["-1", "+1", " 1", "1.5", "0x1", "abc", "18446744073709551616", "١"] {
            assert!(matches!(max_age(Some(bad)), Err(InvalidRequest(_))), "{bad}");
        }
        assert_eq!(max_age(Some("007")), Ok(Some(Duration::from_secs(7))));
        assert_eq!(max_age(None), Ok(None));
    }
}
