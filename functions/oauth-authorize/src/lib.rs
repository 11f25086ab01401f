//! oauth-authorize
