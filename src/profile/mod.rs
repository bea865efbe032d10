//! stub
pub mod summary;
