//! stub
pub struct Stores;
