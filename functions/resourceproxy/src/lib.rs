//! resourceproxy
