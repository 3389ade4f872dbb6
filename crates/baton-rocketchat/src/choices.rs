//! What the settings of a sync amount to.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use baton_c1z::Limits;
use rocketchat_http::{BaseUrl, Credentials, Identity, Proxies, Roots};
use rocketchat_sync::Options;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};

use crate::failure::Failure;
use crate::fields;
use crate::part;
use crate::settings::{Settings, variable};
use crate::values::{self, OutputFormat};
use crate::{usage, words};

/// Longer than any token; what is longer is not a file of one.
const LONGEST_TOKEN: usize = 64 << 10;

/// What is needed to reach the workspace.
pub(crate) struct Workspace {
    pub(crate) base_url: BaseUrl,
    pub(crate) user_id: String,
    pub(crate) credentials: Credentials,
}

impl Workspace {
    /// Takes the settings, which were checked to be there.
    pub(crate) fn of(settings: &Settings) -> Result<Self, Failure> {
        let base_url = settings.text(&fields::BASE_URL).unwrap_or_default();
        let user_id = settings.text(&fields::USER_ID).unwrap_or_default();
        let token = match settings.path(&fields::AUTH_TOKEN_FILE) {
            Some(path) => read_token(&path)?,
            None => settings.secret(&fields::AUTH_TOKEN).unwrap_or_default(),
        };
        Ok(Self {
            base_url: base_url.parse()?,
            credentials: Credentials::new(&user_id, token.expose_secret())?,
            user_id,
        })
    }
}

/// Reads the token from a file, or from stdin.
fn read_token(path: &Path) -> Result<SecretString, Failure> {
    let refuse = |problem: &str| {
        Failure::usage(format!("cannot read the token from {}: {problem}", path.display())).with_hint(
            "--rocketchat-auth-token-file, or its variable, takes the path of a file that holds the token and nothing else, or - for stdin",
        )
    };
    // Large enough never to be moved, which would leave a copy.
    let mut text = Zeroizing::new(String::with_capacity(2 * LONGEST_TOKEN));
    let read = if path == Path::new("-") {
        io::stdin()
            .lock()
            .take(LONGEST_TOKEN as u64 + 1)
            .read_to_string(&mut text)
    } else {
        fs::File::open(path).and_then(|file| {
            warn_of_readers(path, &file.metadata()?);
            file.take(LONGEST_TOKEN as u64 + 1)
                .read_to_string(&mut text)
        })
    };
    match read {
        Err(error) => Err(refuse(&error.to_string())),
        Ok(length) if length > LONGEST_TOKEN => Err(refuse("it is longer than any token")),
        Ok(_) => match text.trim() {
            "" => Err(refuse("it is empty")),
            token => Ok(SecretString::from(token)),
        },
    }
}

fn warn_of_readers(path: &Path, file: &fs::Metadata) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.permissions().mode() & 0o777;
    if file.is_file() && mode & 0o077 != 0 {
        tracing::warn!(
            path = %path.display(),
            mode = format!("{mode:03o}"),
            "other users of this machine may read the token: take their rights to the file away with chmod 600"
        );
    }
}

/// Returns how to sync with the account; `max_shrink` counts in place of the default.
///
/// # Errors
/// The part of the workspace that is asked for is none.
pub(crate) fn options(
    settings: &Settings,
    user_id: &str,
    max_shrink: Option<u8>,
) -> Result<Options, Failure> {
    let mut options = Options::new(user_id.into());
    options.scope = part::of(settings)?;
    options.team_roles = settings.is_on(&fields::TEAM_ROLES);
    let dormant = settings.text(&fields::DORMANT_MEMBERSHIPS);
    if let Some(Ok(how)) = dormant.map(|it| values::parse_dormant(&it)) {
        options.dormant_memberships = how;
    }
    if let Some(workers) = workers(settings) {
        options.workers = workers;
        // They are heavy on the server, which loads all active users for each call.
        options.member_workers = workers.div_ceil(2);
    }
    let chosen = u8::try_from(settings.number(&fields::MAX_SHRINK)).ok();
    let unless_set = max_shrink.filter(|_| !settings.is_set(&fields::MAX_SHRINK));
    options.max_shrink = unless_set.or(chosen).unwrap_or(options.max_shrink);
    Ok(options)
}

/// The most requests at once that may be asked for.
pub(crate) const MOST_WORKERS: i64 = 32;

/// Returns how many requests may be under way at once; `None` is the default. Other connectors take 0 for one worker,
/// but there it is the default too.
fn workers(settings: &Settings) -> Option<usize> {
    let processors = || {
        std::thread::available_parallelism()
            .map_or(1, usize::from)
            .min(4)
    };
    match settings.number(&fields::WORKERS) {
        0 if settings.is_on(&fields::PARALLEL_SYNC) => Some(processors()),
        0 => None,
        -1 => Some(processors()),
        workers => Some(usize::try_from(workers).unwrap_or(1)),
    }
}

/// Tells whether an interrupted sync is continued.
pub(crate) fn resume(settings: &Settings) -> bool {
    !settings.is_on(&fields::NO_RESUME)
}

/// Returns how to write to stdout, which is one of those that the command has.
///
/// # Errors
/// It has not what is asked for.
pub(crate) fn output_format(
    settings: &Settings,
    formats: &[OutputFormat],
) -> Result<OutputFormat, Failure> {
    let asked = settings.text(&fields::OUTPUT_FORMAT).unwrap_or_default();
    let found = formats.iter().find(|it| it.name() == asked);
    found.copied().ok_or_else(|| {
        let names: Vec<_> = formats.iter().map(|it| it.name()).collect();
        let expected = format!("expected {}", words::any_of(&names));
        Failure::usage(usage::invalid_argument(
            &fields::OUTPUT_FORMAT,
            &asked,
            &expected,
        ))
    })
}

/// Returns the time that a sync may take, if it is limited.
pub(crate) fn max_duration(settings: &Settings) -> Option<Duration> {
    let text = settings.text(&fields::MAX_DURATION)?;
    values::parse_duration(&text).ok()
}

/// Returns the file to write or to read. The demo has another default, and `diff` takes arguments.
pub(crate) fn file(settings: &Settings) -> PathBuf {
    let default = || settings.text(&fields::FILE).unwrap_or_default().into();
    settings.path(&fields::FILE).unwrap_or_else(default)
}

/// Returns the file for the summary, if one is asked for.
pub(crate) fn summary(settings: &Settings) -> Option<PathBuf> {
    settings.path(&fields::SUMMARY)
}

/// Returns how the workspace is reached.
pub(crate) fn http_config(settings: &Settings) -> rocketchat_http::Config {
    let defaults = rocketchat_http::Config::default();
    let certificate = settings.path(&fields::CLIENT_CERTIFICATE);
    let identity = certificate
        .zip(settings.path(&fields::CLIENT_KEY))
        .map(|(certificate, key)| Identity { certificate, key });
    let seconds = u64::try_from(settings.number(&fields::HTTP_TIMEOUT_SECONDS)).unwrap_or(300);
    rocketchat_http::Config {
        user_agent: words::user_agent(),
        head_timeout: Duration::from_secs(seconds),
        proxies: Proxies::from_variables(|name| {
            variable(name).map(|it| it.to_string_lossy().into_owned())
        }),
        roots: roots(),
        extra_roots: settings.path(&fields::CA_BUNDLE).into_iter().collect(),
        identity,
        ..defaults
    }
}

/// Returns which authorities are trusted: those of the platform, unless the variables name others.
fn roots() -> Roots {
    let file = variable("SSL_CERT_FILE").map(PathBuf::from);
    let directories = variable("SSL_CERT_DIR");
    if file.is_none() && directories.is_none() {
        return Roots::Platform;
    }
    let directories = directories.iter().flat_map(std::env::split_paths);
    Roots::Paths {
        file,
        directories: directories.collect(),
    }
}

/// Returns where health checks are answered.
pub(crate) fn health_address(settings: &Settings) -> String {
    let host = settings
        .text(&fields::HEALTH_CHECK_BIND_ADDRESS)
        .unwrap_or_default();
    let port = settings.number(&fields::HEALTH_CHECK_PORT);
    if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// Returns the directory for working files.
pub(crate) fn temp_dir(settings: &Settings) -> PathBuf {
    settings
        .path(&fields::C1Z_TEMP_DIR)
        .or_else(|| variable("BATON_TMPDIR").map(PathBuf::from))
        .unwrap_or_else(std::env::temp_dir)
}

/// Returns how c1z files are read and written. The variables have no flags (`baton-runtime.md` section 1.4).
///
/// # Errors
/// A variable holds anything else than a number or a truth value.
pub(crate) fn container(settings: &Settings) -> Result<baton_c1z::Options, Failure> {
    let mut options = baton_c1z::Options {
        temp_dir: Some(temp_dir(settings)),
        limits: limits()?,
        ..baton_c1z::Options::default()
    };
    let count = |text: &str| text.parse().ok().filter(|it| *it > 0);
    if let Some(keep) = parsed("BATON_KEEP_SYNC_COUNT", "a whole number from 1", count)? {
        options.keep_syncs = keep;
    }
    let skip = parsed("BATON_SKIP_CLEANUP", "true or false", values::parse_switch)?;
    options.skip_cleanup = skip == Some(true);
    Ok(options)
}

/// Returns what a c1z file may ask for when it is read.
pub(crate) fn limits() -> Result<Limits, Failure> {
    let mut limits = Limits::default();
    let bytes = |text: &str| {
        text.parse::<u64>()
            .ok()?
            .checked_mul(1 << 20)
            .filter(|it| *it > 0)
    };
    let expected = "a whole number of megabytes from 1";
    if let Some(decoded) = parsed("BATON_DECODER_MAX_DECODED_SIZE_MB", expected, bytes)? {
        limits.decoded = decoded;
    }
    if let Some(window) = parsed("BATON_DECODER_MAX_MEMORY_MB", expected, bytes)? {
        limits.window = window;
    }
    Ok(limits)
}

/// Reads a variable that takes only certain values.
pub(crate) fn parsed<T>(
    name: &str,
    expected: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Failure> {
    let Some(text) = variable(name) else {
        return Ok(None);
    };
    let text = text.to_string_lossy();
    let value = parse(&text).ok_or_else(|| {
        Failure::usage(format!(
            "invalid value {text:?} in the variable {name}: expected {expected}"
        ))
        .with_hint(format!("correct the variable {name}, or unset it"))
    })?;
    Ok(Some(value))
}
