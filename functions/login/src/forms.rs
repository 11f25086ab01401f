//! The two forms, as the settings and the visit make them.

use axum::response::Response;
use http::{StatusCode, request};
use mapgate_core::account::Enrolment;
use mapgate_core::gate::Gate;
use mapgate_core::http::Failure;
use mapgate_core::pages::{self, Asks, CodeField, FieldError, LoginForm, PasswordForm, Reader, Whose};
use mapgate_core::secrets::Secrets;

use crate::came_from::{CameFrom, of_form, onto};
use crate::qr::Qr;

/// The field in which the enrolment's form keeps the secret that it shows, so that it can be shown again after a
/// mistake. What counts is the one in the table.
pub(crate) const ENROLMENT: &str = "two_factor_totp_secret";

/// A visit to which a form is shown.
pub(crate) struct Visit<'a> {
    pub(crate) gate: &'a Gate,
    pub(crate) parts: &'a request::Parts,
    pub(crate) secrets: &'a Secrets,
    pub(crate) reader: Reader<'a>,
    pub(crate) came_from: Option<&'a CameFrom>,
}

/// What a form is shown with.
#[derive(Default)]
pub(crate) struct Shown<'a> {
    pub(crate) status: StatusCode,
    pub(crate) username: Option<&'a str>,
    pub(crate) error: Option<FieldError<'a>>,
}

/// What the form for a new password asks.
pub(crate) struct Wanted<'a> {
    /// Whose password it is.
    pub(crate) whose: Whose,
    /// Whether an administrator set the password.
    pub(crate) must_change: bool,
    /// Whether a new password is asked for.
    pub(crate) new_password: bool,
    /// A second factor to set up.
    pub(crate) enrolment: Option<&'a Enrolment>,
}

impl Visit<'_> {
    /// The login page. `intro` is a text above the form.
    pub(crate) fn login(
        &self,
        shown: &Shown<'_>,
        intro: Option<(&str, &[(&str, &str)])>,
    ) -> Result<Response, Failure> {
        let (hidden, target) = of_form(self.came_from);
        let change = onto(&self.gate.path("/loginchangepassword"), self.came_from);
        let reset = self.gate.path("/loginresetpassword");
        let mut links = vec![(change.as_str(), "change-password")];
        if self.gate.settings.reset_password.is_some() {
            links.push((reset.as_str(), "forgot-password"));
        }
        let form = LoginForm {
            status: shown.status,
            action: &self.gate.path("/login"),
            csrf: &self.gate.csrf(self.parts, self.secrets)?,
            hidden: &hidden,
            target,
            username: shown.username,
            asks: if self.gate.settings.authentication.two_factor {
                Asks::PasswordAndCode
            } else {
                Asks::Password
            },
            error: shown.error,
            intro,
            access: None,
            links: &links,
        };
        Ok(pages::login_form(self.reader, &form))
    }

    /// The login page of `username`, who is vouched for: it asks for the code of a second factor that `is_enrolled`, or
    /// leads to setting one up. `is_known`: the user is logged in already.
    pub(crate) fn second_factor(
        &self,
        shown: &Shown<'_>,
        username: &str,
        is_enrolled: bool,
        is_known: bool,
    ) -> Result<Response, Failure> {
        let (hidden, target) = of_form(self.came_from);
        let (who, arguments) = (
            ["account-of", "logged-in-there"][usize::from(is_known)],
            [("username", username)],
        );
        let elsewhere = onto(&self.gate.path("/oidc/login"), self.came_from);
        let links = [(elsewhere.as_str(), "log-in-elsewhere")];
        let by_provider = self.gate.settings.authentication.openid_connect.is_some();
        let form = LoginForm {
            status: shown.status,
            action: &self.gate.path("/login"),
            csrf: &self.gate.csrf(self.parts, self.secrets)?,
            hidden: &hidden,
            target,
            username: None,
            asks: if is_enrolled { Asks::Code } else { Asks::Nothing },
            error: shown.error,
            intro: Some(if is_enrolled {
                (who, &arguments)
            } else {
                ("must-enrol", &[])
            }),
            access: None,
            links: if by_provider { &links } else { &[] },
        };
        Ok(pages::login_form(self.reader, &form))
    }

    /// The page for a new password, for setting up the second factor, or for both.
    pub(crate) fn password(&self, shown: &Shown<'_>, wanted: &Wanted<'_>) -> Result<Response, Failure> {
        let (mut hidden, target) = of_form(self.came_from);
        let secret = wanted.enrolment.map(|enrolment| enrolment.secret.expose());
        hidden.extend(secret.map(|secret| (ENROLMENT, secret)));
        let qr = wanted
            .enrolment
            .and_then(|enrolment| Qr::of(enrolment.uri.expose()));
        let enrolment = wanted.enrolment.map(|enrolment| pages::Enrolment {
            qr_path: qr.as_ref().map_or("", |qr| &qr.path),
            qr_size: qr.as_ref().map_or(0, |qr| qr.size),
            secret: enrolment.secret.expose(),
            uri: enrolment.uri.expose(),
        });
        let two_factor = self.gate.settings.authentication.two_factor;
        let form = PasswordForm {
            status: shown.status,
            action: &self.gate.path("/loginchangepassword"),
            csrf: &self.gate.csrf(self.parts, self.secrets)?,
            hidden: &hidden,
            target,
            username: shown.username,
            whose: wanted.whose,
            must_change: wanted.must_change,
            asks_new_password: wanted.new_password,
            code: match enrolment {
                Some(enrolment) => CodeField::Enrol(enrolment),
                None if two_factor => CodeField::Asked,
                None => CodeField::None,
            },
            error: shown.error,
        };
        Ok(pages::password_form(self.reader, &form))
    }
}
