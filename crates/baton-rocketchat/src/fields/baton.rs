//! The settings that every Baton connector has (`baton-runtime.md` section 1.4).

use super::fields;
use crate::field::{list, number, switch, text};

fields! { BATON:
    // Those that `config` tells of, in its order.
    LOG_LEVEL = text("log-level", "How much to log: debug, info, warn or error").default("info").operations();
    LOG_LEVEL_DEBUG_EXPIRES_AT = text("log-level-debug-expires-at", "When to go back from the debug level, as an RFC 3339 time; has no effect here").operations();
    SESSION_STORE_MAXIMUM_SIZE = number("session-store-maximum-size", 15_728_640, "Bytes that the cache of a session may take; this connector keeps none").hidden().operations();
    OTEL_COLLECTOR_ENDPOINT = text("otel-collector-endpoint", "Address, host:port, of an OpenTelemetry collector to send traces and logs to").operations();
    OTEL_COLLECTOR_ENDPOINT_TLS_CERT_PATH = text("otel-collector-endpoint-tls-cert-path", "File with the authority, in PEM form, that the collector's certificate comes from").hidden().operations();
    OTEL_COLLECTOR_ENDPOINT_TLS_CERT = text("otel-collector-endpoint-tls-cert", "That authority itself, in PEM form").hidden().operations();
    OTEL_COLLECTOR_ENDPOINT_TLS_INSECURE = switch("otel-collector-endpoint-tls-insecure", "Speak to the collector without TLS").hidden().operations();
    OTEL_TRACING_DISABLED = switch("otel-tracing-disabled", "Send the collector no traces").hidden().operations();
    OTEL_LOGGING_DISABLED = switch("otel-logging-disabled", "Send the collector no logs").hidden().operations();
    HEALTH_CHECK = switch("health-check", "Answer health checks over HTTP while in service mode").operations();
    HEALTH_CHECK_PORT = number("health-check-port", 8081, "Port for health checks").operations();
    HEALTH_CHECK_BIND_ADDRESS = text("health-check-bind-address", "Address to answer health checks at").default("127.0.0.1").hidden().operations();
    HTTP_TIMEOUT_SECONDS = number("http-timeout-seconds", 300, "Seconds that the server may take before an answer begins, from 1 to 1800").within(1, 1800).operations();

    FILE = text("file", "The c1z file, for the demo demo.c1z unless set; a sync is added to one that exists").short('f').default("sync.c1z");
    CLIENT_ID = text("client-id", "Client id from ConductorOne, which switches to service mode");
    CLIENT_SECRET = text("client-secret", "Client secret that belongs to the client id").secret();
    PROVISIONING = switch("provisioning", "Allow changes in service mode; this connector only reads").short('p');
    TICKETING = switch("ticketing", "Allow tickets in service mode; this connector has none");
    LOG_FORMAT = text("log-format", "How to log: console or json; if not set, console when stdout is a terminal");
    LOG_PATH = list("log-path", "Files to log to instead of stderr; stdout and stderr name the streams");
    SKIP_FULL_SYNC = switch("skip-full-sync", "Answer full syncs with nothing in service mode");
    SYNC_RESOURCES = list("sync-resources", "Sync these resources alone, named as bid:r:TYPE/ID");
    SYNC_RESOURCE_TYPES = list("sync-resource-types", "Sync these resource types alone: user, role, team");
    SKIP_ENTITLEMENTS_AND_GRANTS = switch("skip-entitlements-and-grants", "Sync resources without entitlements and grants");
    SKIP_GRANTS = switch("skip-grants", "Leave out grants, together with --sync-resources").hidden();
    WORKERS = number("workers", 0, "Requests under way at once on an endpoint that nothing limits, up to 32; 0 means 4, and -1 one for each processor up to 4");
    PARALLEL_SYNC = switch("parallel-sync", "The same as --workers -1, which counts only where that is not set");
    TASK_CONCURRENCY = number("task-concurrency", 3, "Tasks at once in service mode, from 1 to 100").within(1, 100);
    STORAGE_ENGINE = text("storage-engine", "Format of a new c1z file; sqlite is the one there is").one_of(&["", "sqlite", "pebble"]);
    EXTERNAL_RESOURCE_C1Z = text("external-resource-c1z", "c1z file of another connector, to match people with; not supported");
    EXTERNAL_RESOURCE_ENTITLEMENT_ID_FILTER = text("external-resource-entitlement-id-filter", "Match only those who hold this entitlement in the other file");
    EXTERNAL_RESOURCE_TRAITS = list("external-resource-traits", "Match only resources with these traits in the other file");
    KEEP_PREVIOUS_SYNC_C1Z = switch("keep-previous-sync-c1z", "Keep the sync before for comparison of pages; has no effect here");
    AUTH_METHOD = text("auth-method", "Way to sign in, where a connector has several; has no effect here");

    C1Z_TEMP_DIR = text("c1z-temp-dir", "Directory for working files; if not set, BATON_TMPDIR or the system's").hidden();
    GRANT_ENTITLEMENT = text("grant-entitlement", "Grant this entitlement").hidden();
    GRANT_PRINCIPAL = text("grant-principal", "Who to grant it to").hidden();
    GRANT_PRINCIPAL_TYPE = text("grant-principal-type", "Resource type of whom to grant it to").hidden();
    REVOKE_GRANT = text("revoke-grant", "Revoke this grant").hidden();
    CREATE_ACCOUNT_LOGIN = text("create-account-login", "Create an account with this login").hidden();
    CREATE_ACCOUNT_EMAIL = text("create-account-email", "E-mail address of the account to create").hidden();
    CREATE_ACCOUNT_PROFILE = text("create-account-profile", "Profile of the account to create, as a JSON object").hidden();
    CREATE_ACCOUNT_RESOURCE_TYPE = text("create-account-resource-type", "Resource type of the account to create").hidden();
    DELETE_RESOURCE = text("delete-resource", "Delete this resource").hidden();
    DELETE_RESOURCE_TYPE = text("delete-resource-type", "Resource type of the resource to delete").hidden();
    ROTATE_CREDENTIALS = text("rotate-credentials", "Rotate the credentials of this resource").hidden();
    ROTATE_CREDENTIALS_TYPE = text("rotate-credentials-type", "Resource type of the resource whose credentials to rotate").hidden();
    EVENT_FEED = text("event-feed", "Print events").hidden();
    EVENT_FEED_ID = text("event-feed-id", "Feed to print events of").default("baton_feed_event").hidden();
    EVENT_FEED_CURSOR = text("event-feed-cursor", "Where in the feed to go on").hidden();
    EVENT_FEED_START_AT = text("event-feed-start-at", "Print events since this RFC 3339 time").hidden();
    LIST_TICKET_SCHEMAS = switch("list-ticket-schemas", "Log what tickets look like").hidden();
    CREATE_TICKET = switch("create-ticket", "Create a ticket").hidden();
    BULK_CREATE_TICKET = switch("bulk-create-ticket", "Create several tickets").hidden();
    GET_TICKET = switch("get-ticket", "Log a ticket").hidden();
    TICKET_ID = text("ticket-id", "Which ticket to log").hidden();
    TICKET_TEMPLATE_PATH = text("ticket-template-path", "File that describes the ticket to create, as JSON").hidden();
    BULK_TICKET_TEMPLATE_PATH = text("bulk-ticket-template-path", "File that describes the tickets to create, as JSON").hidden();
    INVOKE_ACTION = text("invoke-action", "Perform this action").hidden();
    INVOKE_ACTION_RESOURCE_TYPE = text("invoke-action-resource-type", "Resource type that the action belongs to").hidden();
    INVOKE_ACTION_ARGS = text("invoke-action-args", "What to hand to the action, as a JSON object").default("{}").hidden();
    LIST_ACTION_SCHEMAS = switch("list-action-schemas", "Log which actions there are").hidden();
    LIST_ACTION_SCHEMAS_RESOURCE_TYPE = text("list-action-schemas-resource-type", "Resource type whose actions to log").hidden();
    LIST_RESOURCE_ACTIONS = text("list-resource-actions", "Has no effect").hidden();
    INVOKE_RESOURCE_ACTION = text("invoke-resource-action", "Has no effect").hidden();
    INVOKE_RESOURCE_ACTION_RESOURCE_TYPE = text("invoke-resource-action-resource-type", "Has no effect").hidden();
    INVOKE_RESOURCE_ACTION_ARGS = text("invoke-resource-action-args", "Has no effect").default("{}").hidden();
    DIFF_SYNCS = switch("diff-syncs", "Write the difference of two syncs of the file; not supported").hidden();
    BASE_SYNC_ID = text("base-sync-id", "The older sync of the two").hidden();
    APPLIED_SYNC_ID = text("applied-sync-id", "The newer sync of the two").hidden();
    COMPACT_SYNCS = switch("compact-syncs", "Merge syncs of several files; not supported").hidden();
    COMPACT_FILE_PATHS = list("compact-file-paths", "The files to merge").hidden();
    COMPACT_SYNC_IDS = list("compact-sync-ids", "The sync to take from each file").hidden();
    COMPACT_OUTPUT_PATH = text("compact-output-path", "Directory for the merged file").hidden();
}
