//! Writes registrations down: the bank's answers, the statement, and the keys that the client had.

use serde_json::Value;

use super::{Inner, lock};
use crate::flow::effect::Saving;
use crate::keys::Key;
use crate::store::ledger::{HeldCertificate, HeldKey};
use crate::store::{StoreError, Whose};
use crate::time::Timestamp;
use crate::x509::{DnForm, OrganizationForm, Passport};

impl Inner {
    /// The client as the bank last described it. A page that cannot be read says so where registrations are listed.
    pub(super) fn registration(&self, whose: &Whose) -> Option<Value> {
        let page = self.ledger.page(&whose.profile, &whose.environment).ok()?;
        page.current()?.answers.last().map(|answer| Value::Object(answer.record.clone()))
    }

    pub(super) fn write_down(&self, what: &Saving, whose: &Whose, now: Timestamp) -> Result<(), StoreError> {
        let record = |wanted: &str| what.records.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
        let gone = what.forget.iter().any(|f| f == "records");
        let client = record("client");
        if client.is_none() && !gone {
            return Ok(());
        }
        let keys = lock(&self.opened).iter().map(|(role, key)| held(role, &**key)).collect();
        self.ledger.change(whose, |page| {
            if let Some(client) = client {
                page.answered(client, record("statement"), keys, now);
            }
            if gone {
                page.deleted(now);
            }
        })
    }
}

fn held(role: &str, key: &dyn Key) -> HeldKey {
    let info = key.info();
    let leaf = info.chain.first().and_then(|der| Passport::read(der).ok());
    let certificate = leaf.map(|leaf| HeldCertificate {
        x5t_s256: leaf.x5t_s256(),
        subject: leaf.subject.text(DnForm::Rfc4514, OrganizationForm::Name),
        not_after: leaf.not_after.seconds(),
    });
    let (reference, thumbprint) = (info.uri.to_string(), info.public.thumbprint());
    HeldKey { role: role.to_owned(), reference, thumbprint, certificate }
}
