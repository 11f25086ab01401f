//! `Authorization: Basic` (RFC 7617), for desktop GIS, which send it with every tile.

use std::net::IpAddr;

use super::credentials::Pair;
use super::{Known, Parts, Refused, Scheme, tried};
use crate::account::From;

/// The user with that name and password, unless the password still has to be changed.
pub(super) async fn identify(parts: Parts<'_>, pair: &Pair, address: IpAddr) -> Result<Known, Refused> {
    let from = From {
        address,
        way: "basic",
    };
    let record = tried::enter(parts, &pair.username, &pair.password, from).await?;
    Ok((record.ok_or(Refused::Basic)?, Scheme::Basic))
}
