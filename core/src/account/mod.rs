//! Accounts: passwords and their policy, and the one way in which a password is tried.

mod common;
mod password;
mod policy;
mod trying;

pub use password::{Busy, Hashing};
pub use policy::{MAX_LENGTH, MIN_LENGTH, PolicyFault, check_new_password};
pub use trying::{AccountError, Accounts, From, Reason, Right, Verdict, Wrong};
