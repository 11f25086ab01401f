//! What two or more functions of mapgate need, and nothing else.

pub mod settings;
