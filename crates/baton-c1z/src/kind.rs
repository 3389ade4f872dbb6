//! What a sync covers (`c1z.md` section 3.2).

/// What a sync covers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyncKind {
    /// Everything, or everything of some resource types.
    #[default]
    Full,
    /// Resources without their entitlements and grants.
    ResourcesOnly,
    /// Single resources. Such a sync refers to the newest finished full one of the file.
    Partial,
}

impl SyncKind {
    /// Returns the word of the format for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::ResourcesOnly => "resources_only",
            Self::Partial => "partial",
        }
    }
}
