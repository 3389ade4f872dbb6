//! What no run may tell, whatever goes wrong.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use baton_c1z::{Limits, Reader};

use super::tls::Authorities;

/// The password of a proxy, which is never asked: the workspace is on this machine.
const PASSWORD: &str = "canary-password";
/// The same as a proxy is told it.
const ENCODED_PASSWORD: &str = "YXVkaXRvcjpjYW5hcnktcGFzc3dvcmQ";

/// Everything secret that a sync can be given.
pub(super) struct Canaries {
    /// It is no secret, and among the data as everybody's is, but with a token it is all that is needed; so no log tells it.
    user_id: String,
    token: String,
    certificate: PathBuf,
    key: PathBuf,
    /// A line of the key's text.
    of_key: String,
}

impl Canaries {
    /// Makes the secrets of an account, whose files go to `folder`.
    pub(super) fn of(
        (user_id, token): (String, String),
        authorities: &Authorities,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let (certificate, text) = authorities.of_client()?;
        let paths = [folder.join("client.pem"), folder.join("client.key")];
        fs::write(&paths[0], certificate)?;
        fs::write(&paths[1], &text)?;
        let [certificate, key] = paths;
        let of_key = text.lines().nth(1).context("a key without a line")?;
        Ok(Self {
            user_id,
            token,
            certificate,
            key,
            of_key: of_key.to_owned(),
        })
    }

    /// Returns the environment that gives them to the program.
    pub(super) fn environment(&self) -> [(&'static str, OsString); 6] {
        let proxy = OsString::from(format!("http://auditor:{PASSWORD}@127.0.0.1:1"));
        let text = |it: &String| OsString::from(it);
        let path = |it: &Path| it.as_os_str().to_owned();
        [
            ("BATON_ROCKETCHAT_USER_ID", text(&self.user_id)),
            ("BATON_ROCKETCHAT_AUTH_TOKEN", text(&self.token)),
            (
                "BATON_ROCKETCHAT_CLIENT_CERTIFICATE",
                path(&self.certificate),
            ),
            ("BATON_ROCKETCHAT_CLIENT_KEY", path(&self.key)),
            ("HTTPS_PROXY", proxy.clone()),
            ("HTTP_PROXY", proxy),
        ]
    }

    /// Looks for them in every file below `folder`, and in `file` as it is without compression, if it can be unpacked. The user
    /// id is looked for in what the program says only, which are the files in `said`.
    pub(super) fn told(
        &self,
        folder: &Path,
        said: &[&Path],
        file: &Path,
    ) -> anyhow::Result<Option<String>> {
        for path in said {
            if text(path)?.contains(&self.user_id) {
                return Ok(Some(format!("{} tells the user id", path.display())));
            }
        }
        if let Some(told) = self.told_by(folder)? {
            return Ok(Some(told));
        }
        // While the file is read, its database lies in a folder: not in the other one, where that would remove what the
        // program left.
        let place = tempfile::tempdir()?;
        let _unpacked = Reader::open(file, Limits::default(), Some(place.path()));
        self.told_by(place.path())
    }

    fn told_by(&self, folder: &Path) -> anyhow::Result<Option<String>> {
        let secrets = [&self.token, PASSWORD, ENCODED_PASSWORD, &self.of_key];
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                if let Some(told) = self.told_by(&path)? {
                    return Ok(Some(told));
                }
                continue;
            }
            let text = text(&path)?;
            if let Some(secret) = secrets.into_iter().find(|it| text.contains(it)) {
                return Ok(Some(format!("{} tells {secret}", path.display())));
            }
        }
        Ok(None)
    }
}

/// Reads a file of whatever kind; all that is looked for in it is ASCII.
fn text(path: &Path) -> anyhow::Result<String> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use baton_c1z::{Options, Store, Unfinished};
    use baton_model::{FixedClock, SyncId, Timestamp};

    use super::*;

    #[test]
    fn whatever_tells_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let inputs = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let account = ("the-user".to_owned(), "the-token".to_owned());
        let canaries = Canaries::of(account, &Authorities::new().unwrap(), inputs.path()).unwrap();
        let told = || {
            let log = path("log");
            canaries
                .told(folder.path(), &[&log], &path("sync.c1z"))
                .unwrap()
        };
        fs::write(path("log"), "nothing").unwrap();
        fs::write(path("data"), "the-user").unwrap();
        assert_eq!(told(), None);
        for text in [
            "of the-user",
            "a the-token b",
            PASSWORD,
            ENCODED_PASSWORD,
            &canaries.of_key,
        ] {
            fs::write(path("log"), text).unwrap();
            assert!(told().is_some(), "{text}");
        }
        fs::write(path("log"), "nothing").unwrap();
        fs::create_dir(path("within")).unwrap();
        fs::write(path("within/file"), b"\xffthe-token").unwrap();
        assert!(told().is_some());
        fs::remove_dir_all(path("within")).unwrap();
        assert_eq!(told(), None);
        let now = Timestamp::EPOCH;
        let store = Store::open(
            &path("sync.c1z"),
            Options::default(),
            Arc::new(FixedClock(now)),
        );
        let store = store.unwrap();
        let kept = vec![("key".to_owned(), b"the-token".repeat(1000))];
        let sync_id = SyncId::new(now, [0; 16]);
        let unfinished = Unfinished {
            sync_id,
            started_at: now,
            kept,
        };
        store.keep(&unfinished).unwrap();
        store.save().unwrap();
        assert_eq!(canaries.told_by(folder.path()).unwrap(), None);
        assert!(told().is_some(), "within a c1z file");
    }
}
