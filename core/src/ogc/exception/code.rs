//! The codes of OGC exceptions.

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident),+ $(,)?) => {
        /// An OGC exception code (OGC 06-042, table E.1; OGC 06-121r9, table 27; OGC 09-025r2, table 3).
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum OgcCode { $($(#[$doc])* $code),+ }

        impl OgcCode {
            const ALL: &[Self] = &[$(Self::$code),+];

            /// The code as it is written in an exception.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$code => stringify!($code)),+ }
            }
        }
    };
}

codes! {
    /// The operation is not offered.
    OperationNotSupported,
    /// A required parameter is absent.
    MissingParameterValue,
    /// A parameter has a value that is not understood.
    InvalidParameterValue,
    /// No common version.
    VersionNegotiationFailed,
    /// An option is not offered.
    OptionNotSupported,
    /// Everything else.
    NoApplicableCode,
    /// The format is not offered.
    InvalidFormat,
    /// The spatial reference system is not offered (WMS 1.1.1).
    InvalidSRS,
    /// The coordinate reference system is not offered (WMS 1.3.0).
    InvalidCRS,
    /// There is no such layer, or not for this user.
    LayerNotDefined,
    /// There is no such style.
    StyleNotDefined,
    /// There is no such resource, or not for this user (OGC API).
    NotFound,
    /// The resource does not have this method (OGC API).
    MethodNotAllowed,
    /// There is no such coverage, or not for this user (WCS 1.0.0).
    CoverageNotDefined,
    /// There is no such coverage, or not for this user (WCS 2.0).
    NoSuchCoverage,
    /// A coverage has no such axis.
    InvalidAxisLabel,
    /// A subset lies outside of the coverage.
    InvalidSubsetting,
    /// The tile lies outside of the layer's.
    TileOutOfRange,
    /// The point lies outside of the tile.
    PointIJOutOfRange,
    /// The layer cannot be queried.
    LayerNotQueryable,
    /// The point lies outside of the map.
    InvalidPoint,
    /// `UPDATESEQUENCE` is the current one.
    CurrentUpdateSequence,
    /// `UPDATESEQUENCE` lies in the future.
    InvalidUpdateSequence,
    /// A dimension needs a value.
    MissingDimensionValue,
    /// A dimension has no such value.
    InvalidDimensionValue,
    /// A response would be too large.
    ResponseCacheExpired,
    /// The operation failed on the server.
    OperationProcessingFailed,
    /// The operation could not be parsed.
    OperationParsingFailed,
}

impl OgcCode {
    pub(super) fn known(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}
