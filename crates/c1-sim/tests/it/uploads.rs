//! What may be uploaded.

use baton_proto::connectorapi::baton::v1::BatonServiceUploadAssetRequest as Part;
use baton_proto::connectorapi::baton::v1::baton_service_upload_asset_request::{
    Msg, UploadData, UploadEof, UploadMetadata,
};
use c1_sim::{Server, task_id};
use prost::Message;
use ring::digest::{SHA256, digest};
use tonic::Code;

use crate::client::{Ask, post, server};

pub(crate) async fn upload(c1: &Server, parts: Vec<Msg>) -> Code {
    Ask::default().send(c1).await;
    let parts = parts.into_iter().map(|msg| Part { msg: Some(msg) });
    call(c1, "UploadAsset", parts).await
}

/// Calls a method of the service with the first token that was given out.
pub(crate) async fn call<M: Message>(
    c1: &Server,
    method: &str,
    messages: impl IntoIterator<Item = M>,
) -> Code {
    let mut body = Vec::new();
    for message in messages {
        let part = message.encode_to_vec();
        body.push(0);
        body.extend(u32::try_from(part.len()).unwrap().to_be_bytes());
        body.extend(part);
    }
    let headers = [
        ("authorization", "Bearer tok1"),
        ("content-type", "application/grpc"),
        (
            "user-agent",
            "happy-otter-12345 baton-sdk/v0.25.0 grpc-go/1.83.0",
        ),
    ];
    let path = format!("/c1.connectorapi.baton.v1.BatonService/{method}");
    let (_, headers) = post(c1, &path, &headers, body.into()).await;
    Code::from_bytes(headers["grpc-status"].as_bytes())
}

pub(crate) fn metadata(task_id: &str) -> Msg {
    Msg::Metadata(UploadMetadata {
        host_id: "host-1".to_owned(),
        task_id: task_id.to_owned(),
        ..UploadMetadata::default()
    })
}

pub(crate) fn data(length: usize) -> Msg {
    Msg::Data(UploadData {
        data: vec![1; length],
    })
}

pub(crate) fn eof(length: usize) -> Msg {
    let checksum = digest(&SHA256, &vec![1; length]);
    Msg::Eof(UploadEof {
        sha256_checksum: checksum.as_ref().to_vec(),
        ..UploadEof::default()
    })
}

#[tokio::test]
async fn an_upload_that_is_right_is_kept() {
    let (c1, id) = (server(), task_id(1));
    let parts = vec![metadata(&id), data(524_288), data(5), eof(524_293)];
    assert_eq!(upload(&c1, parts).await, Code::Ok);
    assert_eq!(c1.uploads(&id), [vec![1; 524_293]]);
    assert_eq!(c1.names().len(), 5);
}

#[tokio::test]
async fn others_are_refused() {
    let id = task_id(1);
    for (parts, problem) in [
        (vec![data(5)], "upload without metadata"),
        (vec![metadata("x")], "task id"),
        (vec![metadata(&id), data(524_289)], "size of a part"),
        (vec![metadata(&id), data(5), data(5)], "size of a part"),
        (vec![metadata(&id), data(5), eof(6)], "checksum"),
        (vec![metadata(&id), metadata(&id)], "order of an upload"),
        (vec![metadata(&id), eof(0), data(5)], "more after the end"),
    ] {
        let c1 = server();
        assert_eq!(upload(&c1, parts).await, Code::InvalidArgument, "{problem}");
        assert_eq!(c1.problems(), [problem]);
        assert!(c1.uploads(&id).is_empty());
    }
    let c1 = server();
    let parts = vec![metadata(&id), data(5)];
    assert_eq!(upload(&c1, parts).await, Code::Aborted);
}
