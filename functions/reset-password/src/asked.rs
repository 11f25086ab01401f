//! A posted form, checked for where it comes from, as the login's forms are.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, request};
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Form, origin_is_own};
use mapgate_core::pages::{self, Language};
use mapgate_core::secrets::Secrets;

/// Whether the `Origin` of a page's own form is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origins {
    /// It must be ours.
    Own,
    /// It may be `null`, as browsers send it from a page whose `Referrer-Policy` is `no-referrer`: the page's token and
    /// the link's say enough.
    Unsaid,
}

/// A form whose sender may send it.
pub(crate) struct Asked {
    pub(crate) parts: request::Parts,
    pub(crate) form: Form,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) language: Language,
    /// Whether it comes from mapgate's own page, which expects HTML; else it is the API.
    pub(crate) is_page: bool,
}

/// Why a form is not even looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotTaken {
    /// Its own fault.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// The `Origin` or the `Referer` is a stranger's.
    #[error("this form may not be sent from another site")]
    Foreign(Option<Language>),
    /// The page's token does not belong to the browser.
    #[error("the form's token does not belong to this browser")]
    Expired(Language),
}

impl Asked {
    /// Reads the form. 400, 413 and 415 as [`Form::read`] has them, 400 for a repeated field; 403 for a foreign
    /// `Origin` or `Referer`, and for a page whose token is not the browser's.
    pub(crate) async fn read(gate: &Gate, request: Request, origins: Origins) -> Result<Self, NotTaken> {
        let (parts, body) = request.into_parts();
        let form = Form::read(Request::from_parts(parts.clone(), body)).await?;
        let is_page = form.has("csrf_token");
        let language = Language::of(&parts);
        let must_be_own = origins == Origins::Own || !is_page;
        if must_be_own && !origin_is_own(&gate.settings, &parts.headers) {
            return Err(NotTaken::Foreign(is_page.then_some(language)));
        }
        if let Some(name) = form.repeated() {
            return Err(Failure::BadRequest(format!("the field {name} is there twice")).into());
        }
        let secrets = gate.secrets().await?;
        let token = form.get("csrf_token").unwrap_or_default();
        if is_page && !gate.csrf_is_valid(&parts, &secrets, token) {
            return Err(NotTaken::Expired(language));
        }
        Ok(Self {
            parts,
            form,
            secrets,
            language,
            is_page,
        })
    }
}

/// A path of mapgate's as a browser must ask it: behind the base URL's own path.
pub(crate) fn path(gate: &Gate, path: &str) -> String {
    format!("{}{path}", gate.settings.base_url.path_prefix())
}

impl IntoResponse for NotTaken {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match self {
            Self::Failure(failure) => failure.into_response(),
            Self::Foreign(None) => Failure::Forbidden(text).into_response(),
            Self::Foreign(Some(language)) => {
                pages::message(language, StatusCode::FORBIDDEN, "foreign-origin", &[], &[])
            }
            Self::Expired(language) => {
                pages::message(language, StatusCode::FORBIDDEN, "form-expired", &[], &[])
            }
        }
    }
}
