//! The provider: what it says of itself (OpenID Connect Discovery 1.0), kept for an hour, and what it says of who logged
//! in there.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::DateTime;
use mapgate_core::clock::{Clock, Timestamp};
use mapgate_core::gate::Gate;
use mapgate_core::outbound::Outbound;
use mapgate_core::settings::OpenidConnect;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod,
    CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreSubjectIdentifierType,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessToken, AuthType, AuthenticationFlow, AuthorizationCode, ClaimsVerificationError, ClientId,
    ClientSecret, CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    IdTokenFields, IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier,
    ProviderMetadata, RedirectUrl, RequestTokenError, Scope, SignatureVerificationError,
    StandardErrorResponse, StandardTokenResponse, SubjectIdentifier, TokenResponse as _, TokenUrl,
    UserInfoClaims, UserInfoUrl,
};
use url::Url;

use super::claims::{Announced, AnyClaims, Claims};
use super::pending::{Fresh, Pending};
use super::wire::Wire;

/// How long what the provider says of itself is believed.
const FRESH: Duration = Duration::from_hours(1);
/// How often it is asked again for a key that is not known.
const AT_MOST_EVERY: Duration = Duration::from_secs(10);
/// How long nobody asks it again what it says of itself, after it gave no good answer.
const DOWN_FOR: Duration = Duration::from_secs(5);
/// The longest that it may take, all requests of a step together.
const PATIENCE: Duration = Duration::from_secs(10);

/// Signatures that only the provider can make. The shared secret of HS256 makes none of these.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

type Metadata = ProviderMetadata<
    Announced,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

type Tokens = StandardTokenResponse<
    IdTokenFields<
        AnyClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type Client = openidconnect::Client<
    AnyClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The provider, as the settings name it.
pub(super) struct Provider {
    pub(super) settings: OpenidConnect,
    redirect_uri: String,
    outbound: Outbound,
    clock: Clock,
    known: Mutex<Option<Arc<Known>>>,
    /// Who asks it what it says of itself holds this; in it, when it last failed to say so, and how.
    asking: tokio::sync::Mutex<Option<(Timestamp, String)>>,
}

/// What it said of itself, keys included.
pub(super) struct Known {
    metadata: Metadata,
    read_at: Timestamp,
}

/// Why the provider logged nobody in. The words are for the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProviderFault {
    /// It does not answer, or not as a provider does.
    #[error("the provider cannot be used: {0}")]
    Down(String),
    /// What it gave does not hold: a code that is not its own, a forged or foreign id token.
    #[error("the provider's answer does not hold: {0}")]
    Refused(String),
}

impl Provider {
    /// The provider; none where none is set.
    pub(super) fn of(gate: &Gate) -> Option<Self> {
        let settings = gate.settings.authentication.openid_connect.clone()?;
        Some(Self {
            settings,
            redirect_uri: gate.settings.base_url.join("/oidc/callback"),
            outbound: gate.outbound.checked(),
            clock: gate.clock.clone(),
            known: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        })
    }

    /// What it says of itself.
    pub(super) async fn known(&self) -> Result<Arc<Known>, ProviderFault> {
        self.known_for(FRESH).await
    }

    /// Of many at once, one asks, and the others wait for its answer. Where it failed, nobody asks again for a while.
    async fn known_for(&self, fresh: Duration) -> Result<Arc<Known>, ProviderFault> {
        if let Some(known) = self.remembered(fresh) {
            return Ok(known);
        }
        let mut failed = self.asking.lock().await;
        if let Some(known) = self.remembered(fresh) {
            return Ok(known);
        }
        let now = self.clock.now();
        if let Some((at, fault)) = &*failed
            && *at <= now
            && now.since(*at) < DOWN_FOR
        {
            return Err(ProviderFault::Down(fault.clone()));
        }
        let read = self.read(now).await;
        *failed = read
            .as_ref()
            .err()
            .map(|fault| (self.clock.now(), fault.to_string()));
        let known = Arc::new(read?);
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        Ok(known)
    }

    fn remembered(&self, fresh: Duration) -> Option<Arc<Known>> {
        let now = self.clock.now();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        known.filter(|known| known.read_at <= now && now.since(known.read_at) < fresh)
    }

    async fn read(&self, now: Timestamp) -> Result<Known, ProviderFault> {
        let issuer = IssuerUrl::new(self.settings.url.clone()).map_err(down)?;
        let wire = Wire(&self.outbound);
        let metadata = in_time(Metadata::discover_async(issuer, &wire))
            .await?
            .map_err(down)?;
        self.check(&metadata)?;
        Ok(Known {
            metadata,
            read_at: now,
        })
    }

    /// Nothing goes in plain text to a provider whose issuer is https: neither the client's secret nor a code.
    fn check(&self, metadata: &Metadata) -> Result<(), ProviderFault> {
        let endpoints = [
            Some(metadata.authorization_endpoint().url()),
            metadata.token_endpoint().map(TokenUrl::url),
            metadata.userinfo_endpoint().map(UserInfoUrl::url),
            Some(metadata.jwks_uri().url()),
        ];
        let plain = self.settings.url.starts_with("http:");
        let is_safe = |url: &Url| url.scheme() == "https" || (plain && url.scheme() == "http");
        if endpoints.into_iter().flatten().all(is_safe) {
            Ok(())
        } else {
            Err(ProviderFault::Down("an endpoint is not https".to_owned()))
        }
    }

    fn client(&self, known: &Known) -> Result<Client, ProviderFault> {
        let metadata = &known.metadata;
        let secret = self.settings.client_secret.as_ref();
        let secret = secret.map(|secret| ClientSecret::new(secret.expose().to_owned()));
        let methods = metadata.token_endpoint_auth_methods_supported();
        // Without a word of it a provider takes Basic (Discovery 1.0 §3).
        let basic = methods.is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
        let redirect_uri = RedirectUrl::new(self.redirect_uri.clone()).map_err(down)?;
        let client_id = ClientId::new(self.settings.client_id.clone());
        let client = Client::from_provider_metadata(metadata.clone(), client_id, secret);
        Ok(client.set_redirect_uri(redirect_uri).set_auth_type(if basic {
            AuthType::BasicAuth
        } else {
            AuthType::RequestBody
        }))
    }

    /// Where the browser goes to log in, as fresh as the pending login asks for.
    pub(super) fn authorization(&self, known: &Known, pending: &Pending) -> Result<Url, ProviderFault> {
        let client = self.client(known)?;
        let (state, nonce) = (pending.state.clone(), pending.nonce.clone());
        let verifier = PkceCodeVerifier::new(pending.verifier.clone());
        let scopes = self.settings.scopes.iter().filter(|scope| *scope != "openid");
        let mut request = client
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .add_scopes(scopes.map(|scope| Scope::new(scope.clone())))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        let anew = pending.fresh == Fresh::Anew;
        if anew {
            request = request.add_prompt(CoreAuthPrompt::Login);
        }
        let max_age = pending.fresh.max_age();
        if let Some(max_age) = max_age {
            request = request.set_max_age(max_age);
        }
        let more = self.settings.login_extra_params.iter();
        let is_set = |name: &str| (anew && name == "prompt") || (max_age.is_some() && name == "max_age");
        for (name, value) in more.filter(|(name, _)| !is_set(name)) {
            request = request.add_extra_param(name.as_str(), value.as_str());
        }
        Ok(request.url().0)
    }

    /// Whether the answer to the authorization request comes from this provider (RFC 9207 §2.4).
    pub(super) fn is_from(&self, known: &Known, issuer: Option<&str>) -> bool {
        match issuer {
            Some(issuer) => issuer == self.settings.url,
            None => !known.metadata.additional_metadata().issuer_is_said(),
        }
    }

    /// Exchanges the code, and gives what the provider says of who logged in.
    pub(super) async fn redeem(
        &self,
        known: &Known,
        code: &str,
        pending: &Pending,
    ) -> Result<Claims, ProviderFault> {
        in_time(self.redeemed(known, code, pending)).await?
    }

    async fn redeemed(&self, known: &Known, code: &str, pending: &Pending) -> Result<Claims, ProviderFault> {
        let (client, wire) = (self.client(known)?, Wire(&self.outbound));
        let exchange = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(down)?
            .set_pkce_verifier(PkceCodeVerifier::new(pending.verifier.clone()));
        let tokens = exchange.request_async(&wire).await.map_err(|error| match error {
            RequestTokenError::ServerResponse(response) => {
                ProviderFault::Refused(format!("the code: {:?}", response.error()))
            }
            RequestTokenError::Request(fault) => down(fault),
            // Neither may quote the answer, which can hold tokens.
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                ProviderFault::Down("its token endpoint's answer is not understood".to_owned())
            }
        })?;
        let claims = match self.of_id_token(&client, &tokens, pending) {
            Err(Unverified::UnknownKey) => {
                // Perhaps it signs with a newer key.
                let known = Box::pin(self.known_for(AT_MOST_EVERY)).await?;
                self.of_id_token(&self.client(&known)?, &tokens, pending)
            }
            outcome => outcome,
        };
        let claims = claims.map_err(|unverified| ProviderFault::Refused(unverified.to_string()))?;
        if !self.settings.query_user_info {
            return Ok(claims);
        }
        let subject = SubjectIdentifier::new(claims.subject().to_owned());
        let token = tokens.access_token();
        if !is_token(token) {
            return Err(ProviderFault::Refused("the access token is none".to_owned()));
        }
        let asked = client.user_info(token.clone(), Some(subject)).map_err(down)?;
        let told: UserInfoClaims<AnyClaims, CoreGenderClaim> = asked.request_async(&wire).await.map_err(
            |error: openidconnect::UserInfoError<_>| match error {
                openidconnect::UserInfoError::ClaimsVerification(error) => {
                    ProviderFault::Refused(format!("userinfo: {error}"))
                }
                openidconnect::UserInfoError::Request(fault) => down(fault),
                _ => ProviderFault::Down("its userinfo endpoint's answer is not understood".to_owned()),
            },
        )?;
        claims
            .with_user_info(&told)
            .ok_or_else(|| down("userinfo is no JSON"))
    }

    fn of_id_token(&self, client: &Client, tokens: &Tokens, pending: &Pending) -> Result<Claims, Unverified> {
        let token = tokens.id_token().ok_or(Unverified::Missing)?;
        let now = DateTime::from_timestamp(self.clock.now().seconds(), 0).unwrap_or_default();
        let trusted = &self.settings.trusted_audiences;
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || now)
            .set_other_audience_verifier_fn(|audience| trusted.contains(&**audience));
        let claims = token.claims(&verifier, &Nonce::new(pending.nonce.clone()));
        let claims = claims.map_err(|error| match error {
            ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
                Unverified::UnknownKey
            }
            error => Unverified::Bad(error),
        })?;
        // OpenID Connect Core 1.0 §3.1.3.7, 5; openidconnect leaves it to us.
        if claims
            .authorized_party()
            .is_some_and(|party| **party != self.settings.client_id)
        {
            return Err(Unverified::OtherParty);
        }
        let auth_time = claims
            .auth_time()
            .map(|at| Timestamp::from_seconds(at.timestamp()));
        if !pending.is_fresh(auth_time) {
            return Err(Unverified::Stale);
        }
        Claims::of(&self.settings.url, auth_time, claims).ok_or(Unverified::Missing)
    }
}

/// Why an id token counts for nothing.
#[derive(Debug, thiserror::Error)]
enum Unverified {
    #[error("there is no id token")]
    Missing,
    #[error("the id token's key is not among the provider's")]
    UnknownKey,
    #[error("the id token was made for another party")]
    OtherParty,
    #[error("the user logged in there longer ago than was asked for, or the provider does not say when")]
    Stale,
    #[error("the id token: {0}")]
    Bad(ClaimsVerificationError),
}

/// Whether it can stand in a header (RFC 6750 §2.1): openidconnect takes it for granted.
fn is_token(token: &AccessToken) -> bool {
    let token = token.secret();
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

fn down(error: impl ToString) -> ProviderFault {
    ProviderFault::Down(error.to_string())
}

async fn in_time<T>(step: impl Future<Output = T>) -> Result<T, ProviderFault> {
    let outcome = tokio::time::timeout(PATIENCE, step).await;
    outcome.map_err(|_| ProviderFault::Down("no answer in time".to_owned()))
}
