//! The accounts that a test signs in with.

/// An account of the workspace that has a personal access token.
///
/// Which user it is stands in [`Workspace::accounts`](crate::Workspace::accounts); taking it out there revokes the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// The recommended connector account: roles `user` and `bot`. Sees everything, and the limiter lets it pass.
    Reader,
    /// The same rights by a custom role, but without `api-bypass-rate-limit`.
    LimitedReader,
    /// Role `admin`.
    Admin,
    /// Role `user` only: an ordinary person.
    Plain,
    /// Role `guest` only.
    Guest,
}

impl Account {
    /// Every account.
    pub const ALL: [Self; 5] = [
        Self::Reader,
        Self::LimitedReader,
        Self::Admin,
        Self::Plain,
        Self::Guest,
    ];

    /// Returns the token in clear. It is no secret: it opens nothing but a simulated server.
    pub fn token(self) -> &'static str {
        match self {
            Self::Reader => "simulated-token-of-the-reader-account-00001",
            Self::LimitedReader => "simulated-token-of-the-limited-reader-00002",
            Self::Admin => "simulated-token-of-the-admin-account-000003",
            Self::Plain => "simulated-token-of-the-plain-account-000004",
            Self::Guest => "simulated-token-of-the-guest-account-000005",
        }
    }

    /// Returns the id of the user that [`Workspace::empty`](crate::Workspace::empty) makes for the account.
    pub fn user_id(self) -> &'static str {
        match self {
            Self::Reader => "simReader2345678A",
            Self::LimitedReader => "simLimited345678A",
            Self::Admin => "simAdmin2345678AB",
            Self::Plain => "simPLain2345678AB",
            Self::Guest => "simGuest2345678AB",
        }
    }

    pub(crate) fn username(self) -> &'static str {
        match self {
            Self::Reader => "svc-reader",
            Self::LimitedReader => "svc-limited-reader",
            Self::Admin => "site.admin",
            Self::Plain => "plain.person",
            Self::Guest => "guest.reviewer",
        }
    }

    pub(crate) fn display_name(self) -> &'static str {
        match self {
            Self::Reader => "Directory Reader",
            Self::LimitedReader => "Limited Directory Reader",
            Self::Admin => "Site Admin",
            Self::Plain => "Plain Person",
            Self::Guest => "Guest Reviewer",
        }
    }
}
