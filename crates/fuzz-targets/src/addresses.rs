//! Where the workspace is, and how it is reached.

use std::sync::LazyLock;

use rocketchat_http::{BaseUrl, Config, Credentials, HttpTransport, Proxies};
use tokio::runtime::{Builder, Runtime};

use crate::lines;

static RUNTIME: LazyLock<Option<Runtime>> =
    LazyLock::new(|| Builder::new_current_thread().enable_all().build().ok());

/// Reads three lines as base URL, proxy and exceptions, and prepares connections that way. None is made.
///
/// # Panics
/// A base URL does not stay the same when it is read once more, or an error shows a password of the proxy.
pub fn addresses(bytes: &[u8]) {
    let lines = lines(bytes);
    let line = |at: usize| lines.get(at).map(String::as_str).unwrap_or_default();
    let Ok(base) = line(0).parse::<BaseUrl>() else {
        return;
    };
    let again = base.to_string();
    assert_eq!(again.parse::<BaseUrl>().ok(), Some(base));
    // Without TLS, whose certificates would be read from disk each time.
    let Ok(base) = again.replacen("https:", "http:", 1).parse() else {
        return;
    };
    let (proxy, exceptions) = (line(1).to_owned(), line(2).to_owned());
    let proxies = Proxies::from_variables(|name| match name {
        "HTTP_PROXY" => Some(proxy.clone()),
        "NO_PROXY" => Some(exceptions.clone()),
        _ => None,
    });
    let Ok(credentials) = Credentials::new("user", "token") else {
        return;
    };
    let config = Config {
        proxies,
        ..Config::default()
    };
    let Some(_entered) = RUNTIME.as_ref().map(Runtime::enter) else {
        return;
    };
    if let Err(error) = HttpTransport::new(base, credentials, config) {
        let password = proxy
            .split_once('@')
            .and_then(|(it, _)| it.split_once("//"));
        let password = password
            .and_then(|(_, it)| it.split_once(':'))
            .map(|it| it.1);
        let is_shown = |it: &str| it.len() >= 8 && format!("{error} {error:?}").contains(it);
        assert!(!password.is_some_and(is_shown), "the password is shown");
    }
}
