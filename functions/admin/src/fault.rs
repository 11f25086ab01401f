//! What can be wrong with what an administrator asks, for pages and API alike.

use mapgate_core::account::PolicyFault;
use mapgate_core::http::Failure;
use mapgate_core::map_server::NotAnswered;
use mapgate_core::oauth::BadClient;
use mapgate_core::pages::{Language, policy_text};
use mapgate_core::table::{LastAdministrator, MAX_CLIENT_ID, TableError};

use crate::texts::tell;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// What can happen anywhere.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// 404: there is no such thing.
    #[error("there is no {0} of that name or id")]
    NotFound(&'static str),
    /// 409: it cannot be, beside what is there.
    #[error("{0}")]
    Conflict(Said),
    /// 412: it was changed since it was read (RFC 9110 §13.1.1).
    #[error("it was changed meanwhile: read it again")]
    ChangedMeanwhile,
    /// 502 or 504: a map server that was asked.
    #[error(transparent)]
    MapServer(#[from] NotAnswered),
    /// 422: fields that are wrong.
    #[error("some fields are wrong")]
    Invalid(Vec<Wrong>),
}

/// A field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// Its name.
    pub(crate) field: &'static str,
    /// What is wrong.
    pub(crate) said: Said,
}

/// A text with what is put into it: pages tell it in their language, the API in English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    id: &'static str,
    argument: Option<(&'static str, String)>,
}

impl Said {
    /// The text `id` with `value` put in as `name`.
    pub(crate) fn with(id: &'static str, name: &'static str, value: impl Into<String>) -> Self {
        let argument = Some((name, value.into()));
        Self { id, argument }
    }

    /// In a language.
    pub(crate) fn tell(&self, language: Language) -> String {
        let argument = self
            .argument
            .as_ref()
            .map(|(name, value)| (*name, value.as_str()));
        tell(language, self.id, argument.as_slice())
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.tell(Language::English))
    }
}

impl From<&'static str> for Said {
    fn from(id: &'static str) -> Self {
        Self { id, argument: None }
    }
}

impl From<PolicyFault> for Said {
    fn from(fault: PolicyFault) -> Self {
        policy_text(fault).into()
    }
}

impl From<BadClient> for Said {
    fn from(fault: BadClient) -> Self {
        match fault {
            BadClient::Id => Self::with("wrong-client-id", "bytes", MAX_CLIENT_ID.to_string()),
            BadClient::NoRedirectUri => "wrong-no-redirect-uri".into(),
            BadClient::RedirectUri(uri) => Self::with("wrong-redirect-uri", "uri", uri),
            BadClient::Scope(scope) => Self::with("wrong-scope", "scope", scope),
            BadClient::Pkce => "wrong-pkce".into(),
        }
    }
}

impl From<TableError> for Fault {
    fn from(error: TableError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<mapgate_core::account::AccountError> for Fault {
    fn from(error: mapgate_core::account::AccountError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<mapgate_core::account::Busy> for Fault {
    fn from(busy: mapgate_core::account::Busy) -> Self {
        mapgate_core::account::AccountError::from(busy).into()
    }
}

impl From<LastAdministrator> for Fault {
    fn from(LastAdministrator: LastAdministrator) -> Self {
        Self::Conflict("last-administrator".into())
    }
}

/// What is wrong with the fields of a form, as it is found.
#[derive(Default)]
pub(crate) struct Wrongs(Vec<Wrong>);

impl Fault {
    /// One field is wrong.
    pub(crate) fn invalid(field: &'static str, said: impl Into<Said>) -> Self {
        Self::Invalid(vec![Wrong {
            field,
            said: said.into(),
        }])
    }
}

impl Wrongs {
    /// Notes `said` of `field`, unless it is right.
    pub(crate) fn unless(&mut self, right: bool, field: &'static str, said: impl Into<Said>) {
        if !right {
            let said = said.into();
            self.0.push(Wrong { field, said });
        }
    }

    /// What a check found.
    pub(crate) fn check<T>(&mut self, field: &'static str, found: Result<T, impl Into<Said>>) -> Option<T> {
        found.map_err(|fault| self.unless(false, field, fault)).ok()
    }

    /// Refuses, where anything is wrong.
    pub(crate) fn done(self) -> Result<(), Fault> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Fault::Invalid(self.0))
        }
    }
}
