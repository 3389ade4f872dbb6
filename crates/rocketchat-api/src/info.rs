//! `GET /api/info`: the server's version.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::Endpoint;
use crate::endpoint::Body;

/// Asks for the server's version. Needs no sign-in and is not rate limited.
#[derive(Debug, Clone, Copy)]
pub struct Info;

impl Endpoint for Info {
    type Output = ServerInfo;
    type Body = InfoBody;
    const NAME: &'static str = "info";
    const PATH: &'static str = "/api/info";
}

/// What the server tells about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerInfo {
    /// The version, cut to `major.minor` for most callers. `None` when the server hides it.
    pub version: Option<String>,
}

impl ServerInfo {
    /// Returns major and minor, when the server tells them.
    pub fn release(&self) -> Option<(u32, u32)> {
        let mut parts = self.version.as_deref()?.split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    }
}

#[derive(Debug, Deserialize)]
pub struct InfoBody {
    version: Option<String>,
    info: Option<Details>,
    #[serde(default)]
    success: bool,
}

#[derive(Debug, Deserialize)]
struct Details {
    version: Option<String>,
}

impl Body for InfoBody {
    type Row = IgnoredAny;
    type Output = ServerInfo;

    fn into_output(self, _rows: Vec<IgnoredAny>) -> Option<ServerInfo> {
        // Up to 6.4 a privileged caller finds the version only inside `info`.
        let version = self
            .version
            .or_else(|| self.info.and_then(|info| info.version));
        self.success.then_some(ServerInfo { version })
    }
}
