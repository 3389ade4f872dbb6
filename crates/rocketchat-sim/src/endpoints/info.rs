//! `GET /api/info` (`rocketchat-api.md` section 1.5): open to everybody, outside the limiter.

use serde_json::{Value, json};

use crate::ask::Ask;
use crate::reply::{self, Reply};

pub(crate) fn info(ask: &Ask<'_>) -> Reply {
    if ask.settings.version.at_least(6, 5) {
        return reply::object(since_6_5(ask));
    }
    if ask.may("get-server-info") {
        return reply::object(json!({"info": build(ask)}));
    }
    reply::object(json!({"version": short_version(ask)}))
}

fn since_6_5(ask: &Ask<'_>) -> Value {
    let version = ask.settings.version;
    let mut body = json!({
        "version": short_version(ask),
        "minimumClientVersions": {"desktop": "3.9.6", "mobile": "4.39.0"},
        "supportedVersions": {"signed": "eyJhbGciOiJub25lIn0.e30."},
    });
    if version.at_least(6, 9) {
        body["cloudWorkspaceId"] = "000000000000000000000000".into();
    }
    if ask.may("view-statistics") {
        body["version"] = version.to_string().into();
        body["info"] = build(ask);
    }
    body
}

/// Returns the version that strangers see: without the patch number.
fn short_version(ask: &Ask<'_>) -> String {
    let version = ask.settings.version;
    format!("{}.{}", version.0, version.1)
}

fn build(ask: &Ask<'_>) -> Value {
    let version = ask.settings.version.to_string();
    json!({
        "version": version,
        "build": {
            "date": "2026-05-12T10:00:00.000Z",
            "nodeVersion": "v22.16.0",
            "arch": "x64",
            "platform": "linux",
            "osRelease": "5.15.0",
            "totalMemory": 8_589_934_592_u64,
            "freeMemory": 4_294_967_296_u64,
            "cpus": 4,
        },
        "marketplaceApiVersion": "1.60.0",
        "commit": {
            "hash": "0000000000000000000000000000000000000000",
            "date": "Tue May 12 09:00:00 2026 +0000",
            "author": "example",
            "subject": "example",
            "tag": version,
            "branch": "HEAD",
        },
    })
}
