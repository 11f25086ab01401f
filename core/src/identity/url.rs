//! URL login: `auth=` in the query of a GET, for portals that link to this one (GeoMapFish's `urllogin`).

use std::net::IpAddr;

use http::Method;

use super::{Known, Parts, Refused, Scheme, tried};
use crate::account::From;
use crate::session::UrlLogin;
use crate::settings::{Secret, Urllogin};

/// The parameter.
const AUTH: &str = "auth";

/// The token of a GET or HEAD; refuses two of them.
pub(super) fn token(method: &Method, query: Option<&str>) -> Result<Option<Secret>, Refused> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Ok(None);
    }
    let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let mut tokens = pairs.filter(|(name, _)| name == AUTH);
    match (tokens.next(), tokens.next()) {
        (token, None) => Ok(token.map(|(_, token)| Secret::new(token))),
        (_, Some(_)) => Err(Refused::UrlLogin),
    }
}

/// The user whom the token names, where it is genuine, not expired, and its password is right. One that is not tries
/// no password.
pub(super) async fn identify(
    parts: Parts<'_>,
    urllogin: &Urllogin,
    token: &Secret,
    address: IpAddr,
) -> Result<Known, Refused> {
    let login = UrlLogin::decode(&urllogin.aes_key, token.expose()).map_err(|reason| {
        tracing::info!(%reason, %address, "a URL login token was refused");
        Refused::UrlLogin
    })?;
    if login.expires_at <= parts.clock.now() {
        tracing::info!(reason = "it has expired", %address, "a URL login token was refused");
        return Err(Refused::UrlLogin);
    }
    let from = From { address, way: "url" };
    let record = tried::enter(parts, &login.username, &login.password, from).await?;
    Ok((record.ok_or(Refused::UrlLogin)?, Scheme::UrlLogin))
}
