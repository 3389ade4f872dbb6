//! What we call ourselves to C1: a connector on this version of baton-sdk (`baton-runtime.md` sections 4.3 and 4.4).

const SDK: &str = "baton-sdk/v0.25.0";

/// Returns what the caller of the token endpoint is called.
pub(crate) fn of_tokens() -> String {
    format!("baton-c1-credential-provider {SDK}")
}

/// Returns what the caller of everything else is called, by the name in its client id.
pub(crate) fn of_calls(name: &str) -> String {
    format!("{name} {SDK} grpc-go/1.83.0")
}
