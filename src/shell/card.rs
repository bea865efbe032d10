//! All that is known of one key: how banks may name it, its certificates, and what they are good for. Public halves only.

use crate::jose::PublicJwk;
use crate::jose::pem;
use crate::keys::{KeyInfo, KeySpec};
use crate::profile::{BankSuit, Summary};
use crate::time::Timestamp;
use crate::x509::{
    CertificateError, ChainError, DnForm, KidMode, OrganizationForm, Passport, Use, Verdict, Wish, assess, linked,
};

#[derive(Clone, Debug, PartialEq)]
pub struct KeyCard {
    pub spec: KeySpec,
    pub public: PublicJwk,
    /// Every way of naming it that it has.
    pub kids: Vec<(KidMode, String)>,
    /// Leaf first.
    pub chain: Vec<Result<Passport, CertificateError>>,
    /// Why several certificates are not one chain.
    pub chain_problem: Option<ChainError>,
    /// One for each use; empty without a certificate that could be read.
    pub verdicts: Vec<Verdict>,
    /// One for each role of a bank that wants a certificate; empty without one that could be read.
    pub suits: Vec<BankSuit>,
}

/// How the public half is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PublicForm {
    /// With the RFC 7638 thumbprint as its `kid`.
    Jwk,
    Jwks,
    Pem,
}

impl KeyCard {
    pub fn read(info: &KeyInfo, profiles: &[Summary], now: Timestamp) -> Self {
        let chain: Vec<_> = info.chain.iter().map(|der| Passport::read(der)).collect();
        let leaf = chain.first().and_then(|p| p.as_ref().ok());
        let kids = KidMode::ALL.into_iter().filter_map(|mode| Some((mode, mode.kid(&info.public, leaf)?))).collect();
        let verdicts = leaf.iter().flat_map(|p| Use::ALL.map(|use_| assess(p, &Wish::of(use_), now))).collect();
        let suits = leaf.map_or_else(Vec::new, |p| BankSuit::all(p, profiles, now));
        let chain_problem = (chain.len() > 1).then(|| linked(&info.chain).err()).flatten();
        Self { spec: info.spec, public: info.public.clone(), kids, chain, chain_problem, verdicts, suits }
    }

    pub fn leaf(&self) -> Option<&Passport> {
        self.chain.first().and_then(|p| p.as_ref().ok())
    }

    /// Whether the leaf is for this key. None: there is none that could be read.
    pub fn belongs(&self) -> Option<bool> {
        self.leaf().map(|leaf| leaf.belongs_to(&self.public))
    }

    pub fn public_text(&self, form: PublicForm) -> String {
        public_text(&self.public, form)
    }

    /// Its certificates, leaf first.
    pub fn certificates_pem(&self) -> Option<String> {
        let read = self.chain.iter().flatten().map(|p| pem::text("CERTIFICATE", &p.der));
        Some(read.collect::<String>()).filter(|text| !text.is_empty())
    }

    /// The subject in every form that banks ask for, each once.
    pub fn subjects(&self) -> Vec<(DnForm, OrganizationForm, String)> {
        let Some(leaf) = self.leaf() else { return Vec::new() };
        let organizations: &[OrganizationForm] = match leaf.organization_identifier() {
            Some(_) => &[OrganizationForm::Name, OrganizationForm::Oid],
            None => &[OrganizationForm::Name],
        };
        let forms = DnForm::ALL.into_iter().flat_map(|f| organizations.iter().map(move |o| (f, *o)));
        forms.map(|(form, organization)| (form, organization, leaf.subject.text(form, organization))).collect()
    }
}

pub fn public_text(public: &PublicJwk, form: PublicForm) -> String {
    let jwk = || public.with_kid(&public.thumbprint());
    match form {
        PublicForm::Jwk => jwk().as_value().to_string(),
        PublicForm::Jwks => serde_json::json!({ "keys": [jwk().as_value()] }).to_string(),
        PublicForm::Pem => pem::text("PUBLIC KEY", &public.to_spki_der()),
    }
}
