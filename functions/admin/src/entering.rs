//! Who may come in: administrators alone.

use std::net::IpAddr;

use http::request;
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Reach};
use mapgate_core::identity::{Identity, Scheme};
use mapgate_core::oauth::{ADMIN, has_scope};
use mapgate_core::table::ROLE_ADMIN;

/// An administrator at work.
pub(crate) struct Administrator {
    /// Who it is.
    pub(crate) identity: Identity,
    /// The user name, for the audit trail.
    pub(crate) username: String,
    /// The client's address, for the audit trail.
    pub(crate) address: IpAddr,
}

/// Lets an administrator in: by ticket, by the trusted header, or by an access token with the scope `admin`. 401 where nobody
/// is logged in, 403 for anyone else. A URL login token and Basic open maps, not this.
pub(crate) async fn enter(
    gate: &Gate,
    parts: &request::Parts,
    reach: Reach,
) -> Result<Administrator, Failure> {
    let identity = gate.identify(parts, reach).await?;
    match &identity.scheme {
        Scheme::Bearer { scope, .. } if !has_scope(scope, ADMIN) => {
            return Err(Failure::InsufficientScope(ADMIN));
        }
        Scheme::Basic | Scheme::UrlLogin => {
            let text = "the administration needs a login, or an access token";
            return Err(Failure::Forbidden(text.to_owned()));
        }
        Scheme::Bearer { .. } | Scheme::Ticket { .. } | Scheme::TrustedHeader | Scheme::Anonymous => {}
    }
    let Some(user) = &identity.user else {
        return Err(Failure::Unauthorized("nobody is logged in".to_owned()));
    };
    if !identity.has_role(ROLE_ADMIN) {
        return Err(Failure::Forbidden(format!("this needs the role {ROLE_ADMIN}")));
    }
    Ok(Administrator {
        username: user.username.clone(),
        address: gate.address(parts),
        identity,
    })
}
