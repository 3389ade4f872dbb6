//! `GET settings.public` and `GET settings/<id>` (`rocketchat-api.md` sections 2.1, 3.1 and 4A.13).

use serde_json::{Value, json};

use super::listing;
use crate::ask::Ask;
use crate::moment::millis;
use crate::reply::{self, Answer, Refusal};

/// Settings that everybody sees, ordered by id.
const PUBLIC: [&str; 4] = ["Accounts_CustomFields", "Site_Name", "Site_Url", "uniqueID"];

pub(super) fn public(ask: &Ask<'_>) -> Answer {
    let wanted: Option<Vec<&str>> = ask.query.get("_id").map(|ids| ids.split(',').collect());
    let is_wanted = |id: &&&str| wanted.as_ref().is_none_or(|wanted| wanted.contains(*id));
    let ids: Vec<&str> = PUBLIC.iter().filter(is_wanted).copied().collect();
    let rows = ids
        .iter()
        .map(|id| json!({"_id": id, "value": value(ask, id)}));
    Ok(listing::reply("settings", ask.page()?, ids.len(), rows))
}

pub(super) fn one(ask: &Ask<'_>) -> Answer {
    ask.require("view-privileged-setting", Refusal::Permission)?;
    let value = value(ask, ask.rest).ok_or(Refusal::Bare)?;
    Ok(reply::object(json!({"_id": ask.rest, "value": value})))
}

fn value(ask: &Ask<'_>, id: &str) -> Option<Value> {
    let paging = ask.settings.paging;
    let limiter = ask.settings.limiter.unwrap_or_default();
    let value = match id {
        "API_Upper_Count_Limit" => paging.upper.into(),
        "API_Default_Count" => paging.default.into(),
        "API_Allow_Infinite_Count" => paging.allow_infinite.into(),
        "API_Enable_Rate_Limiter" => ask.settings.limiter.is_some().into(),
        "API_Enable_Rate_Limiter_Limit_Calls_Default" => limiter.calls.into(),
        "API_Enable_Rate_Limiter_Limit_Time_Default" => millis(limiter.window).into(),
        "Accounts_CustomFields" => "".into(),
        "Site_Name" => "Simulated workspace".into(),
        "Site_Url" => ask.base_url.into(),
        "uniqueID" => "simulatedUniqueIdent".into(),
        _ => return None,
    };
    Some(value)
}
