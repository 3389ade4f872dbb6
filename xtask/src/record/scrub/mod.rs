//! Takes everything out of a recording that says whose workspace it was.
//!
//! Works by allow-list: what is not named in `endpoints` does not stay, and what stays is either the same in every
//! workspace or of a form that can hold nothing else. Identities that joins need are replaced, each by the same value
//! wherever it occurs. That takes two passes with the same rules: the first collects the identities, the second puts
//! the replacements in their place.
//!
//! Dates, numbers and the size of the workspace stay.

mod endpoints;
mod forms;
mod identities;
mod message;
mod rule;
mod words;

#[cfg(test)]
mod tests;

use anyhow::Context;
use http::Method;
use rocketchat_http::Exchange;
use serde_json::Value;

use self::identities::{Identities, Kind};
use self::rule::{Rename, Rule};

/// What is fit to be written.
#[derive(Debug)]
pub(super) struct Scrubbed {
    pub(super) exchanges: Vec<Exchange>,
    /// What stands for the account that asked.
    pub(super) user_id: String,
}

/// Replaces every identity and leaves out everything unknown. `user_id` is the account that asked.
///
/// # Errors
/// A request that a sync does not make. What its answer may hold is not known here.
pub(super) fn scrub(exchanges: &[Exchange], user_id: &str) -> anyhow::Result<Scrubbed> {
    let mut identities = Identities::default();
    identities.add(Kind::UserId, user_id, None);
    for exchange in exchanges {
        rewrite(exchange, &mut |kind, text, owner| {
            identities.add(kind, text, owner);
            String::new()
        })?;
    }
    let replacements = identities.replacements();
    let scrubbed = exchanges
        .iter()
        .map(|exchange| rewrite(exchange, &mut |kind, text, _| replacements.of(kind, text)));
    Ok(Scrubbed {
        exchanges: scrubbed.collect::<Result<_, _>>()?,
        user_id: replacements.of(Kind::UserId, user_id),
    })
}

fn rewrite(exchange: &Exchange, rename: &mut Rename<'_>) -> anyhow::Result<Exchange> {
    let path = exchange.path.as_str();
    let endpoint = endpoints::find(path).filter(|_| exchange.method == Method::GET);
    let endpoint = endpoint.with_context(|| {
        format!(
            "request is not on the allow-list: {} {path}",
            exchange.method
        )
    })?;
    Ok(Exchange {
        method: exchange.method.clone(),
        path: path.to_owned(),
        query: message::query(&exchange.query, rename)
            .with_context(|| format!("cannot scrub a request to {path}"))?,
        status: exchange.status,
        headers: message::headers(&exchange.headers),
        body: body(exchange, &endpoint.body, rename)?.into(),
    })
}

fn body(exchange: &Exchange, success: &Rule, rename: &mut Rename<'_>) -> anyhow::Result<Vec<u8>> {
    let Ok(value @ Value::Object(_)) = serde_json::from_slice(&exchange.body) else {
        return Ok(message::stand_in(&exchange.headers, &exchange.body).to_vec());
    };
    let succeeded = value.get("success") == Some(&Value::Bool(true));
    let rule = if succeeded {
        success
    } else {
        &endpoints::REFUSAL
    };
    let left = rule.apply(&value, None, rename).unwrap_or_default();
    serde_json::to_vec(&left).context("cannot write a body")
}
