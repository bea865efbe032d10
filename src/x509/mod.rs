//! X.509 certificates as the banks of Europe use them (RFC 5280; ETSI EN 319 412-1 and -5; ETSI TS 119 495): what one
//! says, who issued it, what it may be used for, and how to ask for one. Pure: no I/O and no clock.
//!
//! | to | use |
//! | --- | --- |
//! | read one | [`Passport::read`] |
//! | copy a name | [`Name::text`] in one of [`DnForm::ALL`] |

mod der;
mod dn;
mod name;
mod oid;
mod organization;
mod passport;
mod qc;

pub use dn::{DnForm, OrganizationForm};
pub use name::{Attribute, Name};
pub use organization::OrganizationId;
pub use passport::{BasicConstraints, CertificateError, Passport, SubjectKey};
pub use qc::{Psd2, QcStatements, QcType, Role};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn hex_upper(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02X}")).collect()
}

#[cfg(test)]
pub(crate) mod testing;
