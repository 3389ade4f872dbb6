#![doc = include_str!("../README.md")]

/// Package `c1.connector`.
pub mod connector {
    /// Package `c1.connector.v2`: what a sync stores, and what a connector says of itself.
    pub mod v2 {
        include!("generated/c1.connector.v2.rs");
    }
}

/// Package `c1.connectorapi`.
pub mod connectorapi {
    /// Package `c1.connectorapi.baton`.
    pub mod baton {
        /// Package `c1.connectorapi.baton.v1`: what a connector that runs as a service and C1 say to each other.
        pub mod v1 {
            include!("generated/c1.connectorapi.baton.v1.rs");
        }
    }
}

/// The description of all messages and of the well-known types they use, as an encoded
/// `google.protobuf.FileDescriptorSet`, for tools that work without generated types.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!("generated/descriptors.bin");
