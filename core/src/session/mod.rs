//! The auth ticket, which a browser holds as a cookie, the tokens that guard forms against cross-site requests, and
//! those that log in by a URL.

mod cookie;
pub mod csrf;
mod ticket;
mod url_login;

pub use cookie::{cookies_named, expired_cookies, ticket_cookie};
pub use ticket::{BadTicket, SessionToken, Ticket};
pub use url_login::{BadUrlLogin, CannotMake, UrlLogin};
