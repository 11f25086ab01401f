//! reset-password
