//! `config`: which settings there are, for those who build forms (`baton-runtime.md` section 2.2).

use serde::Serialize;

use crate::failure::Failure;
use crate::field::{Export, Field, Kind};
use crate::{fields, words};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Schema {
    fields: Vec<Setting>,
    display_name: &'static str,
    help_url: &'static str,
    icon_url: &'static str,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Setting {
    name: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    display_name: &'static str,
    description: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    placeholder: &'static str,
    #[serde(skip_serializing_if = "is_off")]
    is_required: bool,
    #[serde(skip_serializing_if = "is_off")]
    is_ops: bool,
    #[serde(skip_serializing_if = "is_off")]
    is_secret: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    string_field: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    int_field: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bool_field: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    string_slice_field: Option<Value>,
}

/// What a value looks like. Whole numbers are texts, as in all JSON that is made from protobuf.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Value {
    #[serde(skip_serializing_if = "Option::is_none")]
    default_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<Rules>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rules {
    #[serde(skip_serializing_if = "is_off")]
    is_required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    lte: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gte: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_off(it: &bool) -> bool {
    !it
}

/// Returns the settings as JSON, without a line break at the end.
pub(crate) fn json() -> Result<String, Failure> {
    words::json(&Schema {
        fields: fields::all().filter_map(setting).collect(),
        display_name: "Rocket.Chat",
        help_url: "/docs/baton/rocketchat",
        icon_url: "/static/app-icons/rocketchat.svg",
    })
}

fn setting(field: &'static Field) -> Option<Setting> {
    let (display_name, placeholder) = match field.export {
        Export::No => return None,
        Export::Operations => ("", ""),
        Export::Connector { label, placeholder } => (label, placeholder),
    };
    let mut setting = Setting {
        name: field.name,
        display_name,
        description: field.help,
        placeholder,
        is_required: field.is_required,
        is_ops: matches!(field.export, Export::Operations),
        is_secret: field.is_secret,
        ..Setting::default()
    };
    match field.kind {
        Kind::Text { default, .. } => setting.string_field = Some(text(field, default)),
        Kind::Number { default, range } => setting.int_field = Some(number(default, range)),
        Kind::Switch => setting.bool_field = Some(Value::default()),
        Kind::List => setting.string_slice_field = Some(Value::default()),
    }
    Some(setting)
}

fn text(field: &Field, default: &str) -> Value {
    let rules = Rules {
        is_required: true,
        ..Rules::default()
    };
    Value {
        default_value: Some(default.to_owned()).filter(|it| !it.is_empty()),
        rules: field.is_required.then_some(rules),
    }
}

fn number(default: i64, range: Option<(i64, i64)>) -> Value {
    let rules = range.map(|(least, most)| Rules {
        lte: Some(most.to_string()),
        gte: Some(least.to_string()),
        ..Rules::default()
    });
    Value {
        default_value: Some(default).filter(|it| *it != 0).map(|it| it.to_string()),
        rules,
    }
}
