//! The workspace, and the client that asks it.

use std::sync::Arc;

use rocketchat_http::{Client, Config, HttpTransport, Policy};

use crate::choices::Workspace;
use crate::failure::Failure;

/// A workspace that can be asked.
pub(crate) struct Remote {
    pub(crate) client: Client,
    /// Where it is, for people.
    pub(crate) address: String,
}

impl Remote {
    /// Makes a client; nothing is sent yet.
    ///
    /// # Errors
    /// The proxies or certificates of the configuration cannot be used.
    pub(crate) fn of(
        workspace: Workspace,
        policy: Policy,
        config: Config,
    ) -> Result<Self, Failure> {
        let address = workspace.base_url.to_string();
        if workspace.base_url.is_cleartext_to_remote() {
            tracing::warn!(url = %workspace.base_url, "the token travels without encryption: the base URL is not https");
        }
        let transport = HttpTransport::new(workspace.base_url, workspace.credentials, config)?;
        let client = Client::new(Arc::new(transport), policy, rocketchat_sync::verdict);
        Ok(Self { client, address })
    }

    /// Returns the same with another policy; both keep to one budget.
    pub(crate) fn sharing(&self, policy: Policy) -> Self {
        Self {
            client: self.client.sharing(policy),
            address: self.address.clone(),
        }
    }
}
