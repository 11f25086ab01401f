//! The auth ticket, which a browser holds as a cookie, and the tokens that guard forms against cross-site requests.

mod cookie;
pub mod csrf;
mod ticket;

pub use cookie::{cookies_named, expired_cookies, ticket_cookie};
pub use ticket::{BadTicket, SessionToken, Ticket};
