//! `inspect`: says what a token, key or certificate is.
