//! How many wrong tries are evaluated: a lockout of the account where `max_consecutive_failures` is set, else a throttle
//! of the account for the network that the tries come from.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use crate::clock::Timestamp;
use crate::settings::Authentication;
use crate::table::Counters;

/// Failures for one account from one network, within [`WINDOW`], after which the throttle sets in.
const THROTTLED_AFTER: i64 = 5;
const WINDOW: Duration = Duration::from_mins(15);
/// The first wait; each further failure doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_mins(15);

/// How many wrong tries are evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limits {
    /// The account locks after so many in a row, for so long.
    Lockout { failures: i64, lasts: Option<Duration> },
    /// Further tries have to wait.
    Throttle,
}

/// What a try does that found no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Forget the failures, then ask again: they are too old to count.
    Forget,
    /// Take one place more: the wait is over.
    OneMore,
    /// Wait for a place that another try holds.
    Wait,
    /// The account is locked: nothing is evaluated.
    Locked,
    /// Nothing is evaluated for so long.
    TooMany(Duration),
}

impl Limits {
    pub(super) fn of(settings: &Authentication) -> Self {
        match settings.max_consecutive_failures {
            Some(failures) => Self::Lockout {
                failures: i64::from(failures),
                lasts: settings.lockout,
            },
            None => Self::Throttle,
        }
    }

    /// The most failures and places together.
    pub(super) fn most(self) -> i64 {
        match self {
            Self::Lockout { failures, .. } => failures,
            Self::Throttle => THROTTLED_AFTER,
        }
    }

    /// The failures at which the account locks.
    pub(super) fn locks_at(self) -> Option<i64> {
        match self {
            Self::Lockout { failures, .. } => Some(failures),
            Self::Throttle => None,
        }
    }

    /// Failures of which the first is not newer than this do not count any more.
    pub(super) fn stale(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Lockout { .. } => None,
            Self::Throttle => Some(now.minus(WINDOW)),
        }
    }

    /// Whose tries are counted together, beside the account's name.
    pub(super) fn network(self, address: IpAddr) -> Option<String> {
        match self {
            Self::Lockout { .. } => None,
            Self::Throttle => Some(network(address).to_string()),
        }
    }

    /// What a try does that found the counters as `seen` and no place.
    pub(super) fn next(self, seen: &Counters, now: Timestamp) -> Next {
        let failed_at = seen.failed_at.unwrap_or(now);
        match self {
            Self::Lockout { failures, lasts } if seen.failures >= failures => match lasts {
                Some(lasts) if failed_at.plus(lasts) <= now => Next::Forget,
                _ => Next::Locked,
            },
            Self::Lockout { .. } => Next::Wait,
            Self::Throttle if seen.failures >= THROTTLED_AFTER => {
                let over = failed_at.plus(wait_after(seen.failures));
                if now < over {
                    Next::TooMany(over.since(now))
                } else if over.plus(WINDOW) <= now {
                    Next::Forget
                } else if seen.used == seen.failures {
                    Next::OneMore
                } else {
                    Next::Wait
                }
            }
            Self::Throttle => {
                let is_stale = |since: Timestamp| since.plus(WINDOW) <= now;
                if seen.since.is_some_and(is_stale) {
                    Next::Forget
                } else {
                    Next::Wait
                }
            }
        }
    }
}

/// 30 seconds after the fifth failure, doubling up to 15 minutes.
fn wait_after(failures: i64) -> Duration {
    let doublings = u32::try_from(failures - THROTTLED_AFTER)
        .unwrap_or(u32::MAX)
        .min(10);
    (FIRST_WAIT * 2_u32.pow(doublings)).min(LONGEST_WAIT)
}

/// The /24 or /64 of an address: what one visitor can change by himself.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            Ipv4Addr::new(a, b, c, 0).into()
        }
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

    fn seen(used: i64, failures: i64, failed_before: u64) -> Counters {
        let failed_at = NOW.minus(Duration::from_secs(failed_before));
        let mut counters = Counters::default();
        (counters.used, counters.failures) = (used, failures);
        counters.since = (failures > 0).then_some(failed_at);
        counters.failed_at = counters.since;
        counters
    }

    #[test]
    fn a_lockout_lasts_until_it_is_ended_or_its_time_is_over() {
        let forever = Limits::Lockout {
            failures: 10,
            lasts: None,
        };
        assert_eq!(forever.next(&seen(10, 9, 1), NOW), Next::Wait);
        assert_eq!(forever.next(&seen(10, 10, 100_000_000), NOW), Next::Locked);
        let quarter = Limits::Lockout {
            failures: 10,
            lasts: Some(Duration::from_mins(15)),
        };
        assert_eq!(quarter.next(&seen(10, 10, 899), NOW), Next::Locked);
        assert_eq!(quarter.next(&seen(10, 10, 900), NOW), Next::Forget);
    }

    #[test]
    fn the_throttles_wait_doubles_up_to_a_quarter_of_an_hour() {
        let next = |failures, before| Limits::Throttle.next(&seen(failures, failures, before), NOW);
        assert_eq!(next(5, 0), Next::TooMany(Duration::from_secs(30)));
        assert_eq!(next(5, 29), Next::TooMany(Duration::from_secs(1)));
        assert_eq!(next(5, 30), Next::OneMore);
        assert_eq!(next(6, 0), Next::TooMany(Duration::from_mins(1)));
        assert_eq!(next(9, 0), Next::TooMany(Duration::from_mins(8)));
        for failures in [10, 11, 1000, i64::MAX] {
            assert_eq!(
                next(failures, 0),
                Next::TooMany(Duration::from_mins(15)),
                "{failures}"
            );
        }
        assert_eq!(next(10, 900), Next::OneMore);
        assert_eq!(next(10, 1799), Next::OneMore);
        assert_eq!(next(10, 1800), Next::Forget);
        assert_eq!(Limits::Throttle.next(&seen(6, 5, 31), NOW), Next::Wait);
    }

    #[test]
    fn failures_of_more_than_a_quarter_of_an_hour_ago_do_not_throttle() {
        assert_eq!(Limits::Throttle.next(&seen(5, 4, 899), NOW), Next::Wait);
        assert_eq!(Limits::Throttle.next(&seen(4, 4, 900), NOW), Next::Forget);
    }

    #[test]
    fn neighbours_share_a_network() {
        for (address, expected) in [
            ("203.0.113.7", "203.0.113.0"),
            ("::ffff:203.0.113.9", "203.0.113.0"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ] {
            assert_eq!(network(address.parse().unwrap()).to_string(), expected);
        }
    }
}
