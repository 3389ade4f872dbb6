//! Prints what a message is made of, without any .proto file:
//! `cargo run -p baton-proto --example describe -- c1.connector.v2.Grant`. Without a name all messages are listed.

use std::error::Error;
use std::io::{self, Write};

use baton_proto::FILE_DESCRIPTOR_SET;
use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let name = std::env::args().nth(1);
    print(name.as_deref(), &mut io::stdout())
}

/// Prints one message, or the names of all.
pub(crate) fn print(name: Option<&str>, output: &mut dyn Write) -> Result<()> {
    let files = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET)?;
    let mut messages = Vec::new();
    for file in &files.file {
        collect(file.package(), &file.message_type, &mut messages);
    }
    messages.sort_by(|a, b| a.0.cmp(&b.0));
    let Some(name) = name else {
        for (name, message) in &messages {
            writeln!(output, "{name}: {} fields", message.field.len())?;
        }
        return Ok(());
    };
    let (_, message) = messages
        .iter()
        .find(|(found, _)| found == name)
        .ok_or_else(|| format!("no such message: {name}"))?;
    for field in &message.field {
        writeln!(
            output,
            "{:>3}  {}: {}",
            field.number(),
            field.name(),
            kind(field)
        )?;
    }
    Ok(())
}

/// Messages can stand in others.
fn collect<'a>(
    place: &str,
    messages: &'a [DescriptorProto],
    found: &mut Vec<(String, &'a DescriptorProto)>,
) {
    for message in messages {
        let name = format!("{place}.{}", message.name());
        collect(&name, &message.nested_type, found);
        found.push((name, message));
    }
}

fn kind(field: &FieldDescriptorProto) -> String {
    let kind = match field.r#type() {
        Type::Message | Type::Enum => field.type_name().trim_start_matches('.').to_owned(),
        simple => {
            let name = simple.as_str_name().trim_start_matches("TYPE_");
            name.to_ascii_lowercase()
        }
    };
    match field.label() {
        Label::Repeated => format!("many {kind}"),
        Label::Optional | Label::Required => kind,
    }
}
