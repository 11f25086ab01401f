//! Accounts: passwords and their policy, the second factor, and the one way in which a password is tried.
//!
//! [`Accounts::try_password`] takes a place and verifies the password ([`Accounts::vouched`] takes the word of who logs
//! users in elsewhere); what it gives back, a [`Right`], must go on to
//! [`Accounts::enter`], [`Accounts::enter_plainly`] or [`Accounts::change_password`], which look at the rest (second
//! factor, first login) and write the outcome. Only what lets a user in sets the failures to 0: else the right password
//! would give a thief of it as many codes to guess as he likes.

mod common;
mod entering;
mod ldap;
mod letter;
mod limits;
mod password;
mod places;
mod policy;
mod recovery;
mod refusing;
mod second_factor;
mod trying;
mod validators;
mod vouching;
mod writing;

pub use entering::{Changed, Denied, Entered, FirstLogin};
pub use ldap::{Directory, DirectoryAnswer, DirectoryDown, DirectoryEntry};
pub use letter::{Addressee, Letter};
pub use limits::network;
pub use password::{Busy, Hashing, Turn, Verified};
pub use policy::{MAX_LENGTH, MIN_LENGTH, PolicyFault, check_new_password, is_username};
pub use second_factor::{Enrolment, is_enrolled, recovery_codes_left};
pub use trying::{AccountError, Accounts, From, Reason, Right, Verdict, Wrong};
pub use vouching::Voucher;
