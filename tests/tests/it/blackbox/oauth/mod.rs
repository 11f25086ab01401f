mod asking;
mod authorize;
mod client;
mod jwks;
mod token;

use crate::blackbox::everywhere::Case;

pub fn cases() -> impl Iterator<Item = &'static Case> {
    [
        asking::CASES,
        authorize::CASES,
        client::CASES,
        token::CASES,
        jwks::CASES,
    ]
    .into_iter()
    .flatten()
}
