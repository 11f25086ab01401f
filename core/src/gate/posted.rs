//! A posted form, checked for where it comes from: mapgate's own page by its token, anyone else by `Origin` and
//! `Referer`, since a stranger's page must not act for a visitor.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, request};

use super::Gate;
use crate::http::{Failure, Form, origin_is_own};
use crate::pages::{self, Language};
use crate::secrets::Secrets;

/// Whether the `Origin` of a page's own form is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origins {
    /// It must be ours.
    Own,
    /// It may be `null`, as browsers send it from a page whose `Referrer-Policy` is `no-referrer`: the page's token, and
    /// a secret in the form's address, say enough.
    Unsaid,
}

/// A form whose sender may send it.
#[derive(Debug)]
pub struct Posted {
    /// The request it came with.
    pub parts: request::Parts,
    /// Its fields.
    pub form: Form,
    /// The keys that its token was checked with.
    pub secrets: Arc<Secrets>,
    /// The visitor's language.
    pub language: Language,
    /// Whether it comes from mapgate's own page (it has the field `csrf_token`), which expects HTML or a 303; else it is
    /// the API.
    pub is_page: bool,
}

/// Why a form is not even looked at.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// Its own fault.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// The `Origin` or the `Referer` is a stranger's. With the language where it came from a page.
    #[error("this form may not be sent from another site")]
    Foreign(Option<Language>),
    /// The page's token does not belong to the browser.
    #[error("the form's token does not belong to this browser")]
    Expired(Language),
}

impl Gate {
    /// Reads a posted form. 400, 413 and 415 as [`Form::read`] has them, 400 for a repeated field; 403 for a foreign
    /// `Origin` or `Referer`, and for a page whose token is not the browser's.
    pub async fn posted(&self, request: Request, origins: Origins) -> Result<Posted, NotTaken> {
        let (parts, body) = request.into_parts();
        let form = Form::read(Request::from_parts(parts.clone(), body)).await?;
        let is_page = form.has("csrf_token");
        let language = Language::of(&parts);
        let must_be_own = origins == Origins::Own || !is_page;
        if must_be_own && !origin_is_own(&self.settings, &parts.headers) {
            return Err(NotTaken::Foreign(is_page.then_some(language)));
        }
        if let Some(name) = form.repeated() {
            return Err(Failure::BadRequest(format!("the field {name} is there twice")).into());
        }
        let secrets = self.secrets().await?;
        let token = form.get("csrf_token").unwrap_or_default();
        if is_page && !self.csrf_is_valid(&parts, &secrets, token) {
            return Err(NotTaken::Expired(language));
        }
        Ok(Posted {
            parts,
            form,
            secrets,
            language,
            is_page,
        })
    }

    /// A path of mapgate's as a browser must ask it: behind the base URL's own path.
    #[must_use]
    pub fn path(&self, path: &str) -> String {
        format!("{}{path}", self.settings.base_url.path_prefix())
    }
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
