#![doc = include_str!("../README.md")]

mod clock;
mod entitlement;
mod grant;
mod ids;
mod profile;
mod record;
mod resource;
mod resource_type;
mod summary;
mod sync_id;
mod timestamp;

pub use clock::{Clock, FixedClock};
pub use entitlement::{Entitlement, Purpose};
pub use grant::Grant;
pub use ids::{EntitlementId, ResourceId, ResourceTypeId};
pub use profile::{Attribute, AttributeKind, Attributes, Profile, ProfileValue};
pub use record::Record;
pub use resource::{AccountType, Email, Resource, ResourceTrait, Status, UserTrait};
pub use resource_type::{ResourceType, Trait};
pub use summary::Summary;
pub use sync_id::{ParseSyncIdError, SyncId};
pub use timestamp::{ParseTimestampError, Timestamp};
