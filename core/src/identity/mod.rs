//! Who a request acts for: one file a scheme, tried in the contract's order, each answering *absent*, *refused* or
//! *this user*; roles; client address; the cache.

mod address;
mod basic;
mod bearer;
mod cache;
mod credentials;
mod ticket;
mod tickets;
mod tried;
mod trusted_header;
mod url;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

pub use address::{Peer, client_address, is_https, is_intranet};
pub use bearer::access_token;
pub use cache::IdentityCache;
pub use ticket::{begin as begin_session, sign as sign_ticket};

use crate::account::{AccountError, Directory, Hashing};
use crate::clock::Clock;
use crate::oauth::{TokenVerifier, has_scope};
use crate::random::{NoRandomness, Random};
use crate::secrets::{Keyring, Secrets, SecretsUnavailable};
use crate::session::SessionToken;
use crate::settings::Settings;
use crate::table::{ANONYMOUS, INTRANET, IdentityRecord, REGISTERED, RoleId, Roles, Table, TableError, User};
use tickets::Tickets;
use tried::Remembered;

/// What identity needs, handed in by the gate.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// Where users are.
    pub table: &'a Table,
    /// The keys, read when needed.
    pub keyring: &'a Keyring,
    /// What hashes.
    pub hashing: &'a Hashing,
    /// The LDAP directory, where it is listed.
    pub directory: Option<&'a Directory>,
    /// The time.
    pub clock: &'a Clock,
    /// Randomness.
    pub random: &'a Random,
    /// What is remembered from one request to the next.
    pub memory: &'a Memory,
}

/// What identity remembers from one request to the next, in this process only.
#[derive(Debug, Default)]
pub struct Memory {
    cache: IdentityCache,
    tokens: TokenVerifier,
    tickets: Tickets,
    tried: Remembered,
}

/// What a request says of itself, as far as identity needs it.
#[derive(Debug, Clone, Copy)]
pub struct Credentials<'a> {
    /// The request's method.
    pub method: &'a http::Method,
    /// The request's query, as it came.
    pub query: Option<&'a str>,
    /// The request's headers.
    pub headers: &'a http::HeaderMap,
    /// The client's address.
    pub address: IpAddr,
    /// Whether that is one of the intranet's.
    pub is_intranet: bool,
    /// Who is at the other end of the connection, whatever headers say.
    pub peer: IpAddr,
    /// Whether a ticket or a trusted header is believed: not where the referrer is foreign.
    pub ticket_believed: bool,
    /// The OGC server whose route is asked, if one is: an access token can be for its routes alone (RFC 8707).
    pub ogc_server: Option<&'a str>,
}

/// Who a request acts for.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The user; none for an anonymous request.
    pub user: Option<User>,
    /// How the request said so.
    pub scheme: Scheme,
    /// Whether the client's address is in `intranet.networks`.
    pub is_intranet: bool,
    /// Roles beside the user's own, where an administrator looks at something through them; no request has any.
    pub looked_through: BTreeSet<RoleId>,
    /// All roles there are.
    pub roles: Arc<Roles>,
}

/// How a request said who it acts for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    /// Not at all.
    Anonymous,
    /// By the auth ticket.
    Ticket {
        /// The ticket's session; none in a ticket of Pyramid's own.
        session: Option<SessionToken>,
        /// When the ticket was issued.
        issued_at: crate::clock::Timestamp,
        /// Whether the ticket is old enough to be issued anew.
        reissue: bool,
    },
    /// By an access token.
    Bearer {
        /// The scopes granted, separated by spaces.
        scope: String,
        /// The client it was given to.
        client_id: String,
    },
    /// By name and password.
    Basic,
    /// By a URL login token, which gives a ticket.
    UrlLogin,
    /// By the header of a front proxy. It gives no ticket: the proxy says it with each request.
    TrustedHeader,
}

/// Why a request has no identity at all, not even the anonymous one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A bearer token that is not valid (RFC 6750 §3.1).
    #[error("the access token is not valid")]
    Bearer,
    /// A wrong name or password.
    #[error("the user name or password is wrong")]
    Basic,
    /// A URL login token that is not genuine, has expired, or whose password is wrong.
    #[error("the URL login token is not valid")]
    UrlLogin,
    /// More than one `Authorization` header.
    #[error("there are two Authorization headers")]
    Authorization,
    /// A password could not be tried now.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The secret.
    #[error(transparent)]
    Secrets(#[from] SecretsUnavailable),
    /// The operating system.
    #[error(transparent)]
    Random(#[from] NoRandomness),
}

impl Identity {
    /// A stranger from nowhere in particular, whom everybody can be. `roles` are all that there are.
    #[must_use]
    pub fn stranger(roles: &Arc<Roles>) -> Self {
        Self {
            user: None,
            scheme: Scheme::Anonymous,
            is_intranet: false,
            looked_through: BTreeSet::new(),
            roles: roles.clone(),
        }
    }

    /// The ids of all the request's roles: `anonymous` always, `intranet` by address, and for a user `registered`
    /// and the user's own.
    #[must_use]
    pub fn role_ids(&self) -> BTreeSet<RoleId> {
        let mut ids: BTreeSet<RoleId> = self
            .user
            .iter()
            .flat_map(|user| &user.roles)
            .chain(&self.looked_through)
            .filter(|id| self.roles.get(**id).is_some())
            .copied()
            .collect();
        let implied = [
            (true, ANONYMOUS),
            (self.is_intranet, INTRANET),
            (self.user.is_some(), REGISTERED),
        ];
        let implied = implied.into_iter().filter(|(on, _)| *on);
        ids.extend(
            implied
                .filter_map(|(_, name)| self.roles.named(name))
                .map(|role| role.id),
        );
        ids
    }

    /// The values of a functionality that hold for the request; nothing where it is not set.
    #[must_use]
    pub fn functionality(&self, name: &str) -> Vec<&str> {
        let own = self.user.iter().flat_map(|user| &user.roles);
        let own = own.chain(&self.looked_through).copied();
        let found = self
            .roles
            .functionality(name, own, self.user.is_some(), self.is_intranet);
        found.unwrap_or_default()
    }

    /// Whether the request may know what `scope` opens of its user: the names and roles with `profile`, the e-mail address
    /// with `email`. An access token may where it has the scope; whoever logged in himself may.
    #[must_use]
    pub fn may_know(&self, scope: &str) -> bool {
        match &self.scheme {
            Scheme::Bearer { scope: granted, .. } => has_scope(granted, scope),
            _ => true,
        }
    }

    /// Whether the user has the role `name`.
    #[must_use]
    pub fn has_role(&self, name: &str) -> bool {
        let id = self.roles.named(name).map(|role| role.id);
        id.is_some_and(|id| self.user.as_ref().is_some_and(|user| user.roles.contains(&id)))
    }
}

/// Resolves who a request acts for: URL login, then Bearer, Basic, the ticket, the trusted header; the first that is
/// present. One that is present but wrong is refused, except a ticket, which browsers send unasked: it means anonymous,
/// and so does a trusted header.
pub async fn resolve(parts: Parts<'_>, credentials: Credentials<'_>) -> Result<Identity, Refused> {
    let is_intranet = credentials.is_intranet;
    let url_login = match &parts.settings.urllogin {
        Some(urllogin) => url::token(credentials.method, credentials.query)?.map(|token| (urllogin, token)),
        None => None,
    };
    let known = if let Some((urllogin, token)) = url_login {
        let known = url::identify(parts, urllogin, &token, credentials.address);
        Some(Box::pin(known).await?)
    } else {
        by_headers(parts, credentials).await?
    };
    let Some((record, scheme)) = known else {
        let roles = parts.memory.cache.roles(parts).await?;
        return Ok(Identity {
            user: None,
            scheme: Scheme::Anonymous,
            is_intranet,
            looked_through: BTreeSet::new(),
            roles,
        });
    };
    Ok(Identity {
        user: record.user.clone(),
        scheme,
        is_intranet,
        looked_through: BTreeSet::new(),
        roles: record.roles.clone(),
    })
}

/// The user for whom a front proxy vouches, where its word is the first of two factors: it identifies nobody, but stands in
/// place of a password. Nobody where second factors are off: then the header is the identity.
pub async fn vouched(parts: Parts<'_>, credentials: Credentials<'_>) -> Result<Option<User>, Refused> {
    if !parts.settings.authentication.two_factor || !credentials.ticket_believed {
        return Ok(None);
    }
    let named = trusted_header::named(parts, credentials).await?;
    Ok(named.and_then(|record| record.user.clone()))
}

/// By Bearer, Basic, the ticket or the trusted header.
async fn by_headers(parts: Parts<'_>, credentials: Credentials<'_>) -> Result<Option<Known>, Refused> {
    Ok(
        match credentials::authorization(credentials.headers, parts.settings.basicauth)? {
            Some(credentials::Authorization::Bearer(token)) => {
                Some(bearer::identify(parts, &token, credentials.ogc_server).await?)
            }
            Some(credentials::Authorization::Basic(pair)) => {
                let pair = pair.ok_or(Refused::Basic)?;
                Some(Box::pin(basic::identify(parts, &pair, credentials.address)).await?)
            }
            _ if !credentials.ticket_believed => None,
            _ if ticket::is_present(parts, credentials.headers) => {
                ticket::identify(parts, credentials.headers).await?
            }
            _ => Box::pin(trusted_header::identify(parts, credentials)).await?,
        },
    )
}

/// What a scheme found: the record that holds the user, and itself.
type Known = (Arc<IdentityRecord>, Scheme);

/// The keys, for a scheme that finds its digest failing: perhaps a rotation was missed.
async fn secrets_again(parts: Parts<'_>, before: &Arc<Secrets>) -> Result<Option<Arc<Secrets>>, Refused> {
    let again = parts.keyring.reread().await?;
    Ok((!Arc::ptr_eq(before, &again)).then_some(again))
}
