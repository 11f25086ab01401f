mod changepassword;
mod form;
mod logout;
mod page;
mod user;

use crate::blackbox::everywhere::Case;

pub fn cases() -> impl Iterator<Item = &'static Case> {
    [
        form::CASES,
        page::CASES,
        user::CASES,
        logout::CASES,
        changepassword::CASES,
    ]
    .into_iter()
    .flatten()
}
