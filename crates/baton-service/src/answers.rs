//! What a connector that only reads answers to tasks other than syncs (`baton-runtime.md` sections 3.5 and 4.7).
//!
//! The words are those of other connectors, so that whoever searches for them finds the same.

use baton_proto::connector::v2::{ListActionSchemasResponse, ListEventFeedsResponse};
use baton_proto::connectorapi::baton::v1::task::{
    BulkCreateTicketsTask, BulkGetTicketsTask, CreateTicketTask, TaskType,
};
use prost_types::Any;

use crate::failure::rpc_error;
use crate::{Code, Failure};

/// What was allowed by the one who started the connector, though it can do neither: the refusals differ.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Allowed {
    pub(crate) provisioning: bool,
    pub(crate) ticketing: bool,
}

/// Answers a task that is neither a sync nor a hello.
pub(crate) fn answer(task: &TaskType, allowed: Allowed) -> Result<Option<Any>, Failure> {
    match task {
        TaskType::ActionListSchemas(_) => packed(&ListActionSchemasResponse::default()),
        TaskType::ListEventFeeds(_) => packed(&ListEventFeedsResponse::default()),
        task => Err(refusal(task, allowed)),
    }
}

fn packed<M: prost::Name>(message: &M) -> Result<Option<Any>, Failure> {
    let packed = Any::from_msg(message);
    packed
        .map(Some)
        .map_err(|error| Failure::new(Code::Internal, error.to_string()))
}

fn refusal(task: &TaskType, allowed: Allowed) -> Failure {
    if let Some(words) = malformed(task) {
        return Failure::new(Code::Unknown, words).permanent();
    }
    let ticketing = || {
        if allowed.ticketing {
            Failure::new(Code::Unimplemented, "ticket manager not implemented")
        } else {
            Failure::new(Code::Unknown, "ticketing is not enabled")
        }
    };
    match task {
        TaskType::Grant(_)
        | TaskType::Revoke(_)
        | TaskType::CreateAccount(_)
        | TaskType::CreateResource(_)
        | TaskType::DeleteResource(_)
        | TaskType::RotateCredentials(_)
        | TaskType::IssueCredential(_) => provisioning(task, allowed),
        TaskType::CreateTicketTask(_)
        | TaskType::ListTicketSchemas(_)
        | TaskType::GetTicket(_)
        | TaskType::BulkCreateTickets(_)
        | TaskType::BulkGetTickets(_) => ticketing(),
        TaskType::ActionGetSchema(task) => no_action("getting action schema", &task.name),
        TaskType::ActionInvoke(task) => no_action("invoking action", &task.name),
        TaskType::ActionStatus(task) => no_run(&task.id),
        TaskType::ListEvents(task) => Failure::new(
            Code::NotFound,
            format!("error: event feed id {} not found", task.event_feed_id),
        ),
        _ => unsupported(),
    }
}

/// Refuses a task of which nothing is known.
pub(crate) fn unsupported() -> Failure {
    Failure::new(Code::Unknown, "unsupported task type")
}

fn provisioning(task: &TaskType, allowed: Allowed) -> Failure {
    let (code, words) = if allowed.provisioning {
        (Code::Unimplemented, cannot(task))
    } else {
        let words = "provisioning is not enabled".to_owned();
        (Code::FailedPrecondition, words)
    };
    Failure::new(code, rpc_error(code, &words)).permanent()
}

fn cannot(task: &TaskType) -> String {
    let lacks =
        |kind: &str, what: &str| format!("resource type {kind} does not have {what} configured");
    match task {
        TaskType::Grant(task) => {
            let resource = task
                .entitlement
                .as_ref()
                .and_then(|it| it.resource.as_ref());
            lacks(
                type_of(resource.and_then(|it| it.id.as_ref())),
                "provisioner",
            )
        }
        TaskType::Revoke(task) => {
            let entitlement = task.grant.as_ref().and_then(|it| it.entitlement.as_ref());
            let resource = entitlement.and_then(|it| it.resource.as_ref());
            lacks(
                type_of(resource.and_then(|it| it.id.as_ref())),
                "provisioner",
            )
        }
        TaskType::CreateResource(task) => {
            let resource = task.resource.as_ref();
            lacks(
                type_of(resource.and_then(|it| it.id.as_ref())),
                "resource Create()",
            )
        }
        TaskType::DeleteResource(task) => {
            lacks(type_of(task.resource_id.as_ref()), "resource Delete()")
        }
        TaskType::CreateAccount(_) => {
            "connector does not have account manager configured".to_owned()
        }
        _ => "resource type does not have credential manager configured".to_owned(),
    }
}

fn type_of(id: Option<&baton_proto::connector::v2::ResourceId>) -> &str {
    id.map(|id| id.resource_type.as_str()).unwrap_or_default()
}

fn no_action(doing: &str, name: &str) -> Failure {
    if name.is_empty() {
        return Failure::new(Code::Unknown, "action name required");
    }
    let cause = rpc_error(
        Code::NotFound,
        &format!("handler for action {name} not found"),
    );
    Failure::new(Code::NotFound, format!("error: {doing} failed: {cause}"))
}

fn no_run(id: &str) -> Failure {
    let cause = rpc_error(Code::NotFound, &format!("action id {id} not found"));
    Failure::new(
        Code::NotFound,
        format!("error: action status for id {id} not found: {cause}"),
    )
}

/// Says what is wrong with a task that lacks a part without which it means nothing.
fn malformed(task: &TaskType) -> Option<&'static str> {
    let (is_whole, words) = match task {
        TaskType::Grant(it) => (
            it.entitlement.is_some() && it.principal.is_some(),
            "malformed grant task",
        ),
        TaskType::Revoke(it) => (it.grant.is_some(), "invalid task type"),
        TaskType::CreateAccount(it) => (it.account_info.is_some(), "malformed create account task"),
        TaskType::CreateResource(it) => (it.resource.is_some(), "malformed create resource task"),
        TaskType::DeleteResource(it) => {
            (it.resource_id.is_some(), "malformed delete resource task")
        }
        TaskType::RotateCredentials(it) => (
            it.resource_id.is_some(),
            "malformed rotate credentials task",
        ),
        TaskType::IssueCredential(it) => (
            it.identity_id.is_some()
                && it.credential_options.is_some()
                && !it.encryption_configs.is_empty(),
            "malformed issue credential task",
        ),
        TaskType::CreateTicketTask(it) => (is_whole_ticket(it), "malformed create ticket task"),
        TaskType::GetTicket(it) => (!it.ticket_id.is_empty(), "malformed get ticket task"),
        TaskType::BulkCreateTickets(BulkCreateTicketsTask { ticket_requests }) => (
            !ticket_requests.is_empty() && ticket_requests.iter().all(is_whole_ticket),
            "malformed bulk create tickets task",
        ),
        TaskType::BulkGetTickets(BulkGetTicketsTask { ticket_requests }) => (
            !ticket_requests.is_empty()
                && ticket_requests.iter().all(|it| !it.ticket_id.is_empty()),
            "malformed bulk get tickets task",
        ),
        _ => return None,
    };
    (!is_whole).then_some(words)
}

fn is_whole_ticket(task: &CreateTicketTask) -> bool {
    task.ticket_request.is_some() && task.ticket_schema.is_some()
}
