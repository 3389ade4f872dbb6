//! Whatever is written is read back.

use std::collections::BTreeMap;

use baton_model::{
    AccountType, Profile, ProfileValue, Purpose, Record, Resource, ResourceId, ResourceTrait,
    Status,
};
use baton_proto::connector::v2;
use proptest::prelude::*;
use prost::{Message as _, Name};
use prost_types::value::Kind;

use crate::made_up::{self, Text};
use crate::support::Place;

/// Some are longer than what is stored.
fn text() -> impl Text {
    prop_oneof![
        "[ -~]{0,12}",
        "\\PC{0,8}",
        Just("é".repeat(600)),
        Just("名".repeat(900))
    ]
}

fn is_cut(stored: &str, written: &str, limit: usize) -> bool {
    stored == written
        || (stored.len() <= limit && stored.len() + 4 > limit && written.starts_with(stored))
}

fn same_value(stored: &prost_types::Value, written: &ProfileValue) -> bool {
    match (stored.kind.as_ref().unwrap(), written) {
        (Kind::BoolValue(stored), ProfileValue::Bool(written)) => stored == written,
        (Kind::NumberValue(stored), ProfileValue::Number(written)) => {
            format!("{stored}") == written.to_string()
        }
        (Kind::NumberValue(stored), ProfileValue::Decimal(written)) => {
            stored.to_bits() == written.to_bits()
        }
        (Kind::StringValue(stored), ProfileValue::Text(written)) => stored == written,
        (Kind::ListValue(stored), ProfileValue::List(written)) => {
            stored.values.len() == written.len()
                && std::iter::zip(&stored.values, written).all(|(it, other)| same_value(it, other))
        }
        (Kind::StructValue(stored), ProfileValue::Map(written)) => {
            let written = written.iter().map(|(name, it)| (name.as_str(), it));
            same_fields(stored, written)
        }
        (Kind::NullValue(_), ProfileValue::Null) => true,
        _ => false,
    }
}

fn same_fields<'a>(
    stored: &prost_types::Struct,
    written: impl Iterator<Item = (&'a str, &'a ProfileValue)>,
) -> bool {
    let written: Vec<_> = written.collect();
    written.len() == stored.fields.len()
        && written
            .into_iter()
            .all(|(name, it)| same_value(&stored.fields[name], it))
}

fn same_profile(stored: Option<&prost_types::Struct>, written: &Profile) -> bool {
    match stored {
        None => written.is_empty(),
        Some(stored) => same_fields(stored, written.iter()),
    }
}

/// Takes the only annotation out of a resource.
fn only<M: Name + Default>(stored: &v2::Resource) -> M {
    let [annotation] = &stored.annotations[..] else {
        panic!("one annotation: {stored:?}");
    };
    annotation.to_msg().unwrap()
}

fn same_resource(stored: &v2::Resource, written: &Resource) -> bool {
    let number = written.status.map(|status| match status {
        Status::Enabled => 1,
        Status::Disabled => 2,
        Status::Deleted => 3,
    });
    let instant =
        |stored: &prost_types::Timestamp| (stored.seconds, u32::try_from(stored.nanos).unwrap());
    let created = written.created_at.map(|it| (it.seconds(), it.nanos()));
    let details = match &written.details {
        ResourceTrait::User(user) => {
            let stored: v2::UserTrait = only(stored);
            let account_type = match user.account_type {
                AccountType::Unspecified => 0,
                AccountType::Human => 1,
                AccountType::Service => 2,
                AccountType::System => 3,
            };
            same_profile(stored.profile.as_ref(), &written.profile)
                && stored.profile.is_some()
                && stored.status.as_ref().map(|it| it.status) == number
                && stored.created_at.as_ref().map(instant) == created
                && stored.last_login.as_ref().map(instant)
                    == user.last_login.map(|it| (it.seconds(), it.nanos()))
                && stored.login == user.login.clone().unwrap_or_default()
                && stored
                    .emails
                    .iter()
                    .map(|it| (&it.address, it.is_primary))
                    .eq(user.emails.iter().map(|it| (&it.address, it.is_primary)))
                && stored.account_type == account_type
        }
        ResourceTrait::Group => {
            let stored: v2::GroupTrait = only(stored);
            same_profile(stored.profile.as_ref(), &written.profile)
        }
        ResourceTrait::Role => {
            let stored: v2::RoleTrait = only(stored);
            same_profile(stored.profile.as_ref(), &written.profile)
        }
        _ => stored.annotations.is_empty(),
    };
    details
        && same_id(stored, &written.id)
        && is_cut(&stored.display_name, &written.display_name, 1024)
        && is_cut(&stored.description, &written.description, 2048)
        && same_profile(stored.profile.as_ref(), &written.profile)
        && stored.status.as_ref().map(|it| it.status) == number
        && stored.created_at.as_ref().map(instant) == created
}

fn same_id(stored: &v2::Resource, written: &ResourceId) -> bool {
    let id = stored.id.as_ref().unwrap();
    id.resource_type == written.resource_type().as_str() && id.resource == written.resource()
}

fn purpose(it: Purpose) -> i32 {
    match it {
        Purpose::Assignment => 1,
        Purpose::Permission => 2,
        Purpose::Ownership => 3,
        _ => 0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_written_is_read_back(records in made_up::sync_with(text(), text())) {
        let place = Place::new();
        let sync = place.add(place.options(), &records);
        let reader = place.reader();
        let run = reader.newest_finished().unwrap().unwrap();
        prop_assert_eq!(&run.sync_id, &sync);
        prop_assert_eq!(reader.stats(&run).unwrap(), reader.count(&sync).unwrap());

        let mut resources = reader.resources(&sync).map(Result::unwrap);
        let mut entitlements = reader.entitlements(&sync).map(Result::unwrap);
        let mut grants = reader.grants(&sync).map(Result::unwrap);
        let stored: BTreeMap<_, _> = reader.resources(&sync).map(Result::unwrap).map(|it| (it.external_id, it.message)).collect();
        for record in &records {
            match record {
                Record::ResourceType(_) => {}
                Record::Resource(it) => {
                    let row = resources.next().unwrap();
                    prop_assert_eq!(&row.external_id, &it.id.to_string());
                    prop_assert_eq!(&row.resource_type_id, it.id.resource_type().as_str());
                    prop_assert!(same_resource(&row.message, it), "{:?}", row.message);
                    prop_assert_eq!(row.message.encode_to_vec(), row.data, "fields in order");
                }
                Record::Entitlement(it) => {
                    let row = entitlements.next().unwrap();
                    prop_assert_eq!(&row.external_id, &it.id.to_string());
                    prop_assert_eq!(&row.message.id, &row.external_id);
                    prop_assert_eq!(&row.message.slug, it.id.slug());
                    prop_assert_eq!((row.resource_type_id.as_str(), row.resource_id.as_str()), (it.id.resource().resource_type().as_str(), it.id.resource().resource()));
                    prop_assert_eq!(row.message.resource.as_ref(), stored.get(&it.id.resource().to_string()));
                    prop_assert_eq!(row.message.purpose, purpose(it.purpose));
                    prop_assert!(is_cut(&row.message.display_name, &it.display_name, 1024));
                    prop_assert!(is_cut(&row.message.description, &it.description, 2048));
                    prop_assert_eq!(row.message.grantable_to.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["user", "app"]);
                }
                Record::Grant(it) => {
                    let row = grants.next().unwrap();
                    prop_assert_eq!(&row.external_id, &it.id());
                    prop_assert_eq!(row.message.encode_to_vec(), row.data, "fields in order");
                    prop_assert_eq!(&row.message.id, &row.external_id);
                    prop_assert_eq!(&row.entitlement_id, &it.entitlement.to_string());
                    let of = it.entitlement.resource();
                    prop_assert_eq!((row.resource_type_id.as_str(), row.resource_id.as_str()), (of.resource_type().as_str(), of.resource()));
                    prop_assert_eq!((row.principal_resource_type_id.as_str(), row.principal_resource_id.as_str()), (it.principal.resource_type().as_str(), it.principal.resource()));
                    let entitlement = row.message.entitlement.unwrap();
                    prop_assert_eq!(&entitlement.id, &row.entitlement_id);
                    prop_assert_eq!(entitlement.resource.as_ref(), stored.get(&of.to_string()));
                    let principal = row.message.principal.unwrap();
                    prop_assert!(same_id(&principal, &it.principal));
                    prop_assert_eq!(principal.display_name, "");
                    prop_assert_eq!((row.expansion, row.needs_expansion), (None, false));
                }
            }
        }
        prop_assert!(resources.next().is_none() && entitlements.next().is_none() && grants.next().is_none());
    }
}
