//! oauth-token
