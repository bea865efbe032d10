//! The transport against servers that are right, wrong, slow, silent and hostile.

mod cancel;
mod http;
mod limits;
mod mtls;
mod openssl;
mod support;
mod tls;
