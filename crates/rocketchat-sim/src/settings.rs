//! How a simulated server behaves: its release and what its administrator has set.

use std::fmt;
use std::time::Duration;

use crate::Fault;

/// A release of Rocket.Chat: major, minor, patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u16, pub u16, pub u16);

impl Version {
    /// Tells whether this release is `major.minor` or a later one.
    pub fn at_least(self, major: u16, minor: u16) -> bool {
        (self.0, self.1) >= (major, minor)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// The three paging settings (`rocketchat-api.md` section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    /// `API_Upper_Count_Limit`: more rows than this are never sent, except for `count=0`. Zero or less means 100.
    pub upper: i64,
    /// `API_Default_Count`: the rows sent when `count` is not given. Zero or less means 50.
    pub default: i64,
    /// `API_Allow_Infinite_Count`: whether `count=0` means everything; otherwise it silently means `default`.
    pub allow_infinite: bool,
}

impl Default for Paging {
    fn default() -> Self {
        Self {
            upper: 100,
            default: 50,
            allow_infinite: true,
        }
    }
}

/// The rate limiter's settings (`rocketchat-api.md` section 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limiter {
    /// `API_Enable_Rate_Limiter_Limit_Calls_Default`: the calls that a route takes from one address in a window.
    pub calls: u32,
    /// `API_Enable_Rate_Limiter_Limit_Time_Default`: the length of a window.
    pub window: Duration,
}

impl Default for Limiter {
    fn default() -> Self {
        Self {
            calls: 10,
            window: Duration::from_mins(1),
        }
    }
}

/// What a server is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The release to behave like.
    pub version: Version,
    /// How many rows an answer holds.
    pub paging: Paging,
    /// The rate limiter, or `None` when it is switched off.
    pub limiter: Option<Limiter>,
    /// The path below which the workspace lives, for a `ROOT_URL` such as `https://chat.example.org/team`.
    pub sub_path: Option<String>,
    /// How far the server's clock is ahead of the real time, in milliseconds; behind it when negative.
    pub clock_skew_ms: i64,
    /// What goes wrong. More can be added later with [`Server::inject`](crate::Server::inject).
    pub faults: Vec<Fault>,
}

impl Default for Settings {
    /// Release 8.6.1 with everything as Rocket.Chat installs it: the limiter is on.
    fn default() -> Self {
        Self {
            version: Version(8, 6, 1),
            paging: Paging::default(),
            limiter: Some(Limiter::default()),
            sub_path: None,
            clock_skew_ms: 0,
            faults: Vec::new(),
        }
    }
}
