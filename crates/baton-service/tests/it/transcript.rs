//! The calls of a full sync, and the answers to all kinds of tasks, beside those of a real connector.

use std::collections::BTreeMap;
use std::sync::Arc;

use baton_proto::connector::v2::{Entitlement, Resource, ResourceId};
use baton_proto::connectorapi::baton::v1::baton_service_finish_task_request::FinalState;
use baton_proto::connectorapi::baton::v1::task::{
    ActionInvokeTask, ActionListSchemasTask, ActionStatusTask, CompactSyncs, CreateAccountTask,
    DeleteResourceTask, EventFeedTask, GetTicketTask, GrantTask, HelloTask, ListEventFeedsTask,
    ListEventsTask, ListTicketSchemasTask, TaskType,
};
use c1_sim::{Call, What, task_id};
use serde_json::Value;

use crate::fake::{Fake, Plan, config, full_sync, run, run_with, service};
use crate::stand_in::{Sockets, StandIn};

/// Returns what a real connector was seen to call.
fn recorded() -> Vec<Value> {
    let lines = include_str!("service_transcript.jsonl").lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn name(recorded: &Value) -> String {
    let text = |key: &str| recorded[key].as_str().map(str::to_owned);
    let call = text("http").or_else(|| text("rpc")).unwrap();
    match text("stream") {
        Some(part) => format!("{call} {part}"),
        None => call,
    }
}

#[tokio::test]
async fn a_full_sync_over_sockets_calls_what_others_call() {
    let c1 = StandIn::start();
    let id = c1.give(full_sync());
    let bytes = vec![7; 29_597];
    let fake = Fake::with([Plan::Write(bytes.clone())]);
    let dial = Arc::new(Sockets::of(&c1).await);
    let running = service(config(), &fake, dial).run(c1.until_finished(1));
    running.await.unwrap();

    let recorded = recorded();
    let expected: Vec<_> = recorded.iter().take(8).map(name).collect();
    assert_eq!(c1.names(), expected);
    assert_eq!(c1.uploads(&id), [bytes]);
    let calls = c1.calls();
    let [token, call, ..] = calls.as_slice() else {
        panic!("{calls:?}");
    };
    let Call {
        headers,
        what: What::Token(keys),
        ..
    } = token
    else {
        panic!("{token:?}");
    };
    let Call {
        headers: metadata,
        what: What::Hello(hello),
        ..
    } = call
    else {
        panic!("{call:?}");
    };
    for header in ["content-type", "user-agent"] {
        assert_eq!(
            headers[header],
            recorded[0]["headers"][header].as_str().unwrap()
        );
    }
    let mut form: Vec<_> = recorded[0]["form"].as_object().unwrap().keys().collect();
    form.sort();
    assert_eq!(keys.iter().collect::<Vec<_>>(), form);
    for header in ["authorization", "content-type", "user-agent"] {
        assert_eq!(
            metadata[header],
            recorded[1]["metadata"][header][0].as_str().unwrap()
        );
    }
    assert_eq!(
        (hello.host_id.as_str(), hello.task_id.as_str()),
        ("host-1", "")
    );
    let finished = c1.finished();
    assert_eq!((&finished[0].task_id, &finished[0].status), (&id, &None));
    assert!(
        matches!(&finished[0].final_state, Some(FinalState::Success(it)) if it.response.is_none())
    );
}

/// The tasks that the recorded connector was given; it was silent on the sixth and the eighth.
fn recorded_tasks() -> Vec<(usize, TaskType)> {
    let resource = |kind: &str| Resource {
        id: Some(ResourceId {
            resource_type: kind.to_owned(),
            resource: "1".to_owned(),
            ..ResourceId::default()
        }),
        ..Resource::default()
    };
    let grant = GrantTask {
        entitlement: Some(Entitlement {
            resource: Some(resource("team")),
            ..Entitlement::default()
        }),
        principal: Some(resource("user")),
    };
    let account = CreateAccountTask {
        account_info: Some(Vec::new()),
    };
    let delete = DeleteResourceTask {
        resource_id: resource("user").id,
    };
    vec![
        (2, TaskType::Grant(grant)),
        (3, TaskType::EventFeed(EventFeedTask {})),
        (4, TaskType::Hello(HelloTask {})),
        (5, TaskType::ActionListSchemas(ActionListSchemasTask {})),
        (6, TaskType::ListTicketSchemas(ListTicketSchemasTask {})),
        (7, TaskType::ListEventFeeds(ListEventFeedsTask {})),
        (8, TaskType::ListEvents(ListEventsTask::default())),
        (9, TaskType::Grant(GrantTask::default())),
        (
            12,
            TaskType::ActionInvoke(ActionInvokeTask {
                name: "foo".to_owned(),
            }),
        ),
        (13, TaskType::CompactSyncs(CompactSyncs {})),
        (14, TaskType::CreateAccount(account)),
        (15, TaskType::DeleteResource(delete)),
        (
            17,
            TaskType::GetTicket(GetTicketTask {
                ticket_id: "1".to_owned(),
            }),
        ),
        (
            18,
            TaskType::ActionStatus(ActionStatusTask {
                name: String::new(),
                id: "x".to_owned(),
            }),
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn tasks_are_answered_as_others_answer_them() {
    let c1 = StandIn::start();
    for (number, task) in recorded_tasks() {
        c1.give_as(&task_id(number), Some(task));
    }
    run(&c1, &Fake::with([]), c1.until_finished(13))
        .await
        .unwrap();

    let mut ours: BTreeMap<_, _> = BTreeMap::new();
    for request in c1.finished() {
        let status = request.status.map(|it| (it.code, it.message));
        let end = match request.final_state.unwrap() {
            FinalState::Success(it) => it.response.map(|it| it.type_url),
            FinalState::Error(it) => Some(format!("non_retryable: {}", it.non_retryable)),
        };
        ours.insert(request.task_id, (status, end));
    }
    // Where others are silent.
    let (silent, text) = (
        ours.remove(&task_id(6)),
        "ticketing is not enabled".to_owned(),
    );
    assert_eq!(
        silent,
        Some((Some((2, text)), Some("non_retryable: false".to_owned())))
    );
    let (silent, text) = (
        ours.remove(&task_id(8)),
        "error: event feed id  not found".to_owned(),
    );
    assert_eq!(
        silent,
        Some((Some((5, text)), Some("non_retryable: false".to_owned())))
    );

    let mut theirs = BTreeMap::new();
    for call in recorded().iter().filter(|it| it["rpc"] == "FinishTask") {
        let request = &call["request"];
        let id = request["taskId"].as_str().unwrap().to_owned();
        let status = request["status"].as_object().map(|it| {
            let code = i32::try_from(it["code"].as_i64().unwrap()).unwrap();
            (code, it["message"].as_str().unwrap().to_owned())
        });
        let end = if let Some(it) = request["success"].as_object() {
            let response = it.get("response");
            response.map(|it| it["@type"].as_str().unwrap().to_owned())
        } else {
            let it = request["error"]["nonRetryable"].as_bool();
            Some(format!("non_retryable: {}", it.unwrap_or_default()))
        };
        theirs.insert(id, (status, end));
    }
    // The two syncs.
    theirs.remove(&task_id(1));
    theirs.remove(&task_id(16));
    assert_eq!(ours, theirs);
    let hellos = c1.calls().into_iter().filter_map(|it| match it.what {
        What::Hello(hello) => Some(hello.task_id),
        _ => None,
    });
    assert_eq!(hellos.collect::<Vec<_>>(), [String::new(), task_id(4)]);
}

#[tokio::test(start_paused = true)]
async fn what_was_allowed_changes_the_refusals() {
    let c1 = StandIn::start();
    for (number, task) in recorded_tasks() {
        if [2, 6, 15].contains(&number) {
            c1.give_as(&task_id(number), Some(task));
        }
    }
    let mut config = config();
    config.provisioning = true;
    config.ticketing = true;
    run_with(config, &c1, &Fake::with([]), c1.until_finished(3))
        .await
        .unwrap();
    let mut told: Vec<_> = c1
        .finished()
        .into_iter()
        .map(|it| it.status.unwrap())
        .map(|it| (it.code, it.message))
        .collect();
    told.sort();
    let words = |desc: &str| {
        let prefix = "rpc error: code = Unimplemented desc = resource type";
        format!("{prefix} {desc} configured\ntask failed and is non-retryable")
    };
    assert_eq!(
        told,
        [
            (12, words("team does not have provisioner")),
            (12, words("user does not have resource Delete()")),
            (12, "ticket manager not implemented".to_owned()),
        ]
    );
}
