//! What the examples print.

#[path = "../../examples/describe.rs"]
#[expect(dead_code, reason = "what `cargo run` calls")]
mod describe;

fn described(name: Option<&str>) -> String {
    let mut output = Vec::new();
    describe::print(name, &mut output).unwrap();
    String::from_utf8(output).unwrap()
}

#[test]
fn messages_are_described() {
    let grant = described(Some("c1.connector.v2.Grant"));
    let first = "  1  entitlement: c1.connector.v2.Entitlement\n  2  principal: c1.connector.v2.Resource\n  3  id: string\n";
    assert!(grant.starts_with(first), "{grant}");
    assert!(described(None).contains("c1.connectorapi.baton.v1.Task: "));
    let error = describe::print(Some("Grant"), &mut Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "no such message: Grant");
}
