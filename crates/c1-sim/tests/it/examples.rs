//! What the examples do.

use baton_proto::connectorapi::baton::v1::BatonServiceFinishTaskRequest as FinishTask;
use baton_proto::connectorapi::baton::v1::baton_service_finish_task_request::{
    FinalState, Success,
};
use c1_sim::task_id;
use tonic::Code;

use crate::client::server;
use crate::uploads::{call, data, eof, metadata, upload};

#[path = "../../examples/receive.rs"]
#[expect(dead_code, reason = "what `cargo run` calls")]
mod receive;

#[tokio::test]
async fn what_a_connector_uploads_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sync.c1z");
    let (c1, id, mut output) = (server(), task_id(1), Vec::new());
    let connector = async {
        let parts = vec![metadata(&id), data(7), eof(7)];
        assert_eq!(upload(&c1, parts).await, Code::Ok);
        let end = FinishTask {
            host_id: "host-1".to_owned(),
            task_id: id.clone(),
            status: None,
            final_state: Some(FinalState::Success(Success::default())),
        };
        assert_eq!(call(&c1, "FinishTask", [end]).await, Code::Ok);
    };
    let (received, ()) = tokio::join!(receive::receive(&c1, &file, &mut output), connector);
    received.unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), [1; 7]);
    let output = String::from_utf8(output).unwrap();
    let last = format!("{}: 7 bytes\n", file.display());
    assert!(
        output.contains(" s  FinishTask\n") && output.ends_with(&last),
        "{output}"
    );
}

#[tokio::test]
async fn variables_are_what_a_connector_needs() {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("authority.pem");
    let c1 = server();
    let mut output = Vec::new();
    let variables = receive::open(&c1, &authority).await.unwrap();
    receive::print(&variables, &mut output).unwrap();
    let output = String::from_utf8(output).unwrap();
    assert!(output.starts_with("export BATON_CLIENT_ID="), "{output}");
    assert_eq!(
        std::fs::read_to_string(authority).unwrap(),
        c1.authority_pem()
    );
}
