//! The recording itself: one sync, of which only the conversation is of interest.

use std::sync::Arc;

use anyhow::ensure;
use baton_model::{Record, Summary};
use baton_sinks::Sink;
use rocketchat_http::{
    BaseUrl, Client, Config, Credentials, Exchange, HttpTransport, Policy, Recorder, Transport,
};
use rocketchat_sync::{Error, Options};
use secrecy::ExposeSecret as _;

use super::Account;
use crate::report;

/// Prepares the connection to the server.
pub(super) fn transport(base_url: &BaseUrl, account: &Account) -> anyhow::Result<HttpTransport> {
    let credentials = Credentials::new(&account.user_id, account.auth_token.expose_secret())?;
    Ok(HttpTransport::new(
        base_url.clone(),
        credentials,
        Config::default(),
    )?)
}

/// Runs a sync and returns what was asked and answered, unscrubbed.
///
/// A sync that the server's answers brought to a halt is worth recording too: that is how a refusal becomes a fixture.
///
/// # Errors
/// A connection that fails: then it is chance what was recorded.
pub(super) async fn record(
    transport: impl Transport + 'static,
    account: &Account,
) -> anyhow::Result<Vec<Exchange>> {
    let recorder = Arc::new(Recorder::new(transport));
    let client = Client::new(
        Arc::clone(&recorder) as _,
        Policy::default(),
        rocketchat_sync::verdict,
    );
    let options = Options::new(account.user_id.as_str().into());
    match rocketchat_sync::sync(&client, &options, Box::new(Discard)).await {
        Ok(_) => {}
        Err(error @ Error::Http(_)) => {
            return Err(anyhow::Error::new(error).context("the connection failed while recording"));
        }
        Err(error) => report::note(format_args!(
            "The sync stopped, and is recorded up to there: {error}"
        )),
    }
    let exchanges = recorder.take();
    ensure!(!exchanges.is_empty(), "the server answered nothing");
    Ok(exchanges)
}

/// Takes records and keeps none.
#[derive(Debug)]
pub(super) struct Discard;

impl Sink for Discard {
    fn write(&mut self, _: &Record) -> Result<(), baton_sinks::Error> {
        Ok(())
    }

    fn restart(&mut self) -> Result<(), baton_sinks::Error> {
        Ok(())
    }

    fn finish(self: Box<Self>, _: &Summary) -> Result<(), baton_sinks::Error> {
        Ok(())
    }

    fn abort(self: Box<Self>) {}
}
