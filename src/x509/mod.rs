//! X.509 certificates as the banks of Europe use them (RFC 5280; ETSI EN 319 412-1 and -5; ETSI TS 119 495): what one
//! says, who issued it, what it may be used for, and how to ask for one. Pure: no I/O and no clock.
//!
//! | to | use |
//! | --- | --- |
//! | read one | [`Passport::read`] |
//! | copy a name | [`Name::text`] in one of [`DnForm::ALL`] |
//! | name a key | [`KidMode::kid`] |
//! | judge a chain | [`linked`], [`verify_chain`] |
//! | judge a use, or what a bank wants | [`assess`] with a [`Wish`] |
//! | ask for one | [`Request`], a key's signature, [`assemble`] |

mod chain;
mod der;
mod dn;
mod kid;
mod name;
mod oid;
mod organization;
mod passport;
mod qc;
mod request;
mod uses;
mod wish;

pub use chain::{ChainError, Purpose, linked, verify_chain};
pub use dn::{DnForm, OrganizationForm};
pub use kid::KidMode;
pub use name::{Attribute, Name};
pub use organization::OrganizationId;
pub use passport::{BasicConstraints, CertificateError, Passport, SubjectKey};
pub use qc::{Psd2, QcStatements, QcType, Role};
pub use request::{Profile, Request, RequestError, assemble};
pub use uses::{Finding, Grade, Standing, Verdict, assess, end_is_near};
pub use wish::{Kind, Roles, Use, Wish};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn hex_upper(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02X}")).collect()
}

#[cfg(test)]
pub(crate) mod testing;
