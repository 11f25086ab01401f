//! Which account it is that the provider's user has.

use mapgate_core::settings::{OpenidConnect, UserField};
use mapgate_core::table::{Source, Table, TableError, User};

use super::claims::Person;

/// What was found.
#[derive(Debug)]
pub(super) enum Found {
    /// An account that is the person's, or becomes it now.
    User(Box<User>),
    /// None.
    Nobody,
    /// None that may be taken; the word is for the audit trail, and whose account it is where there is one.
    Refused(&'static str, Option<String>),
}

/// The account of the person's subject; else the one that `match_field` finds, where it belongs to no other subject and
/// its user is known neither by the LDAP directory nor by a front proxy.
pub(super) async fn find(
    table: &Table,
    settings: &OpenidConnect,
    person: &Person,
) -> Result<Found, TableError> {
    if let Some(user) = table.user_of_subject(&person.subject).await? {
        return Ok(Found::User(Box::new(user)));
    }
    let user = match (settings.match_field, &person.email) {
        (UserField::Email, Some(email)) if person.email_verified => table.user_with_email(email).await?,
        (UserField::Email, _) => return Ok(Found::Refused("email_not_verified", None)),
        _ => table.user(&person.username).await?,
    };
    let Some(user) = user else {
        return Ok(Found::Nobody);
    };
    Ok(match (user.source, &user.subject) {
        (Source::Ldap | Source::TrustedHeader, _) => Found::Refused("other_source", Some(user.username)),
        (_, Some(_)) => Found::Refused("other_subject", Some(user.username)),
        (_, None) => Found::User(Box::new(user)),
    })
}
