//! What can be wrong with what an administrator asks, for pages and API alike.

use mapgate_core::http::Failure;
use mapgate_core::table::{LastAdministrator, TableError};

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
    Conflict(String),
    /// 412: it was changed since it was read (RFC 9110 §13.1.1).
    #[error("it was changed meanwhile: read it again")]
    ChangedMeanwhile,
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
    pub(crate) text: String,
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
    fn from(error: LastAdministrator) -> Self {
        Self::Conflict(error.to_string())
    }
}

/// What is wrong with the fields of a form, as it is found.
#[derive(Default)]
pub(crate) struct Wrongs(Vec<Wrong>);

impl Fault {
    /// One field is wrong.
    pub(crate) fn invalid(field: &'static str, text: String) -> Self {
        Self::Invalid(vec![Wrong { field, text }])
    }
}

impl Wrongs {
    /// Notes `text` of `field`, unless it is right.
    pub(crate) fn unless(&mut self, right: bool, field: &'static str, text: impl Into<String>) {
        if !right {
            let text = text.into();
            self.0.push(Wrong { field, text });
        }
    }

    /// What a check found.
    pub(crate) fn check<T>(
        &mut self,
        field: &'static str,
        found: Result<T, impl std::fmt::Display>,
    ) -> Option<T> {
        found
            .map_err(|fault| self.unless(false, field, fault.to_string()))
            .ok()
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
