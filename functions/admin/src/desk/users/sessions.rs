//! A user's sessions, and all that is stored of a user.

use mapgate_core::table::{Event, Grant, GrantKey, Subject, UserChange};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{Desk, Listed, Moment, TURNS};
use super::{UserShown, show};
use crate::fault::Fault;

/// How many sessions are read at once.
const AT_ONCE: usize = 50;

/// What an OAuth2 client may do in the user's name: a token family.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SessionShown {
    /// Its name.
    pub(crate) id: String,
    /// The client.
    pub(crate) client_id: String,
    /// The scopes, separated by spaces.
    pub(crate) scope: String,
    /// The resource that the tokens are for; null where they are for mapgate as a whole.
    pub(crate) resource: Option<String>,
    /// Since when.
    pub(crate) created_at: Moment,
    /// When the tokens were last refreshed.
    pub(crate) refreshed_at: Moment,
    /// When it ends, unless refreshed before.
    pub(crate) expires_at: Moment,
}

/// All that is stored of a user but what the audit log and the queue of mails have. Passwords, tokens and secrets are stored
/// as hashes or sealed, and not handed out.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserExport {
    /// The user.
    pub(crate) user: UserShown,
    /// Whose account it is at the OpenID provider: the SHA-256 of issuer and subject, as it is stored.
    #[schema(value_type = Option<String>)]
    pub(crate) openid_subject: Option<Subject>,
    /// When too many failures last locked the account, unless it was unlocked since.
    pub(crate) locked_at: Option<Moment>,
    /// Until when a password or a link that was mailed holds.
    pub(crate) mailed_until: Option<Moment>,
    /// When the enrolment of the second factor began.
    pub(crate) second_factor_since: Option<Moment>,
    /// Logins and tokens from before are dead.
    pub(crate) signed_out_at: Moment,
    /// The sessions at OAuth2 clients.
    pub(crate) sessions: Vec<SessionShown>,
}

impl From<&Grant> for SessionShown {
    fn from(grant: &Grant) -> Self {
        Self {
            id: grant.key.family.clone(),
            client_id: grant.key.client_id.clone(),
            scope: grant.scope.clone(),
            resource: grant.resource.clone(),
            created_at: grant.created_at.into(),
            refreshed_at: grant.rotated_at.into(),
            expires_at: grant.expires_at.into(),
        }
    }
}

impl Desk<'_> {
    /// Some of the sessions that live.
    pub(crate) async fn sessions(
        &self,
        id: i64,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listed<SessionShown>, Fault> {
        let user = self.read_user(id).await?;
        let page = self.table.grants(&user, self.now(), limit, after).await?;
        Ok(Listed {
            items: page.grants.iter().map(SessionShown::from).collect(),
            next: page.next,
        })
    }

    /// Ends a session: its tokens die.
    pub(crate) async fn end_session(&self, id: i64, session: &str) -> Result<(), Fault> {
        let key = self.session(id, session).await?;
        let audit = self.audit(Event::TokenRevoked).of(&key.username);
        let audit = audit.detail("client_id", key.client_id.as_str());
        // One that ended meanwhile is as ended as it was to be.
        self.table.revoke_grant(&key, &audit).await?;
        Ok(())
    }

    async fn session(&self, id: i64, session: &str) -> Result<GrantKey, Fault> {
        let user = self.read_user(id).await?;
        let mut after = None;
        loop {
            let page = self
                .table
                .grants(&user, self.now(), AT_ONCE, after.as_deref())
                .await?;
            let found = page.grants.into_iter().find(|grant| grant.key.family == session);
            if let Some(grant) = found {
                return Ok(grant.key);
            }
            after = Some(page.next.ok_or(Fault::NotFound("session"))?);
        }
    }

    /// Ends all sessions: every ticket and token of the user dies.
    pub(crate) async fn sign_out(&self, id: i64) -> Result<(), Fault> {
        for _ in 0..TURNS {
            let user = self.read_user(id).await?;
            let change = UserChange {
                ends_sessions: Some(self.now()),
                ..UserChange::default()
            };
            let audit = self.audit(Event::SessionsEnded).of(&user.username);
            let writes = self.table.transaction().change(&user, &change).audit(&audit);
            if writes.commit().await?.is_ok() {
                return Ok(());
            }
        }
        Err(Fault::ChangedMeanwhile)
    }

    /// All that is stored of a user.
    pub(crate) async fn export_user(&self, id: i64) -> Result<UserExport, Fault> {
        let (user, roles) = (self.read_user(id).await?, self.table.roles().await?);
        let secrets = self.gate.secrets().await?;
        let shown = show(&self.gate.accounts(&secrets).await, &user, &roles, self.now());
        let (mut sessions, mut after) = (Vec::new(), None);
        loop {
            let page = self.sessions(id, after.as_deref(), AT_ONCE).await?;
            sessions.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let audit = self.audit(Event::UserExported).of(&user.username);
        let written = self.table.transaction().audit(&audit).commit().await?;
        written.map_err(|_| Fault::ChangedMeanwhile)?;
        Ok(UserExport {
            user: shown,
            locked_at: user.locked_at.map(Moment::from),
            mailed_until: user.reset.map(|reset| reset.expires_at.into()),
            second_factor_since: user.second_factor.map(|factor| factor.begun_at.into()),
            signed_out_at: user.generation_since.into(),
            openid_subject: user.subject,
            sessions,
        })
    }
}
