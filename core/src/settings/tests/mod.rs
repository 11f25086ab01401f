//! What the settings accept and refuse.
