//! A token as a client presents it to be looked at or ended. Its form tells which kind it is, so that the request's
//! `token_type_hint` is not needed, be it right or wrong.

use std::sync::Arc;

use mapgate_core::http::Failure;
use mapgate_core::oauth::{Claims, RefreshToken};
use mapgate_core::table::GrantKey;

use crate::call::Call;
use crate::error::TokenError;

/// A token that was issued here and whose own time is not over. Whether user and family still stand is left to see.
#[derive(Debug)]
pub(crate) enum Presented {
    Access(Arc<Claims>),
    Refresh(RefreshToken),
}

impl Presented {
    /// Reads the request's `token`; `None` for one that is none of ours, or whose time is over.
    ///
    /// Refuses a request without one.
    pub(crate) async fn read(call: &Call<'_>) -> Result<Option<Self>, TokenError> {
        let token = call.form.secret("token");
        let token = token.ok_or(TokenError::InvalidRequest("token is missing"))?;
        if let Some(refresh) = RefreshToken::verify(token.expose(), &call.secrets) {
            return Ok(Some(Self::Refresh(refresh)));
        }
        let claims: Result<_, Failure> = call.gate.access_token(token).await;
        Ok(claims?.map(Self::Access))
    }

    /// Where its family stands; the client in there is the one it was issued to.
    pub(crate) fn grant(&self) -> GrantKey {
        match self {
            Self::Access(claims) => claims.grant(),
            Self::Refresh(token) => token.grant.clone(),
        }
    }
}
