//! That a user was asked. The consent page's form carries it, so that an answer counts only for the user and the
//! request that the page showed, and only where what had to come first did: a new login, where the client wants one.

use std::time::Duration;

use mapgate_core::clock::Timestamp;
use mapgate_core::http::Failure;
use mapgate_core::secrets::Purpose;
use mapgate_core::table::User;

use crate::visit::Visit;

/// For how long a question can be answered: as long as a code lives by default.
const HOLDS: Duration = Duration::from_mins(10);

/// The form's field.
pub(crate) const FIELD: &str = "asked";

/// What says that `user` was asked now: the moment, and a keyed hash of it with user and request.
pub(crate) fn sign(visit: &Visit<'_>, user: &User) -> Result<String, Failure> {
    let now = visit.gate.clock.now();
    let moment = now.millis().to_string();
    let parts = parts(visit, user, &moment);
    let hash = visit.secrets.keyed_hash(now, Purpose::Asked, &as_bytes(&parts));
    let hash = hash.ok_or_else(|| {
        tracing::error!("no data key is in force");
        Failure::Unavailable
    })?;
    Ok(format!("{moment}.{hash}"))
}

/// Whether `asked` says that this `user` was asked about this request, not long ago. In constant time.
pub(crate) fn verify(visit: &Visit<'_>, user: &User, asked: &str) -> bool {
    let Some((moment, hash)) = asked.split_once('.') else {
        return false;
    };
    let Ok(at) = moment.parse().map(Timestamp::from_millis) else {
        return false;
    };
    let parts = parts(visit, user, moment);
    visit.gate.clock.now() <= at.plus(HOLDS)
        && visit.secrets.verifies(Purpose::Asked, &as_bytes(&parts), hash)
}

/// The generation, so that a question ends with the user's sessions.
fn parts(visit: &Visit<'_>, user: &User, moment: &str) -> [String; 4] {
    let (id, generation) = (user.id.0.to_string(), user.generation.to_string());
    [moment.to_owned(), id, generation, visit.query()]
}

fn as_bytes(parts: &[String; 4]) -> [&[u8]; 4] {
    parts.each_ref().map(String::as_bytes)
}
