//! `keys show`: a key and the passport of its certificate. `keys csr`: asking for one.

use serde_json::{Value, json};

use super::args::CsrArgs;
use super::exit::{Exit, Failure};
use super::suits;
use crate::inspect::{moment, passport_json};
use crate::keys::{KeyInfo, KeyUri};
use crate::profile::{BankSuit, Summary};
use crate::shell::{CsrWish, KeyCard, Session};
use crate::text::clean;
use crate::time::Timestamp;
use crate::x509::{DnForm, Grade, OrganizationForm, Passport, Verdict};

pub async fn show(session: &Session, uri: &KeyUri, as_json: bool) -> Result<Exit, Failure> {
    let key = session.stores.open(uri).await?;
    let now = session.clock.now();
    let profiles = session.from_profiles().profiles;
    if as_json {
        say_json!(whole(key.info(), &profiles, now));
    } else {
        print(key.info(), &profiles, now);
    }
    Ok(Exit::Done)
}

fn whole(info: &KeyInfo, profiles: &[Summary], now: Timestamp) -> Value {
    let card = KeyCard::read(info, profiles, now);
    let chain: Vec<Value> = card
        .chain
        .iter()
        .map(|p| p.as_ref().map_or_else(|e| json!({ "problem": e.to_string() }), |p| passport_json(p, now)))
        .collect();
    let finding = |f: &crate::x509::Finding| {
        let grade = match f.grade {
            Grade::Good => "good",
            Grade::Doubt => "doubt",
            Grade::Bad => "bad",
        };
        json!({ "id": f.id, "grade": grade, "say": f.say, "found": f.found, "ref": f.clause })
    };
    let verdict = |v: &Verdict| {
        let findings: Vec<Value> = v.findings.iter().map(finding).collect();
        json!({ "use": v.use_.word(), "standing": v.standing.word(), "findings": findings })
    };
    let verdicts: Vec<Value> = card.verdicts.iter().map(verdict).collect();
    let kids: serde_json::Map<String, Value> =
        card.kids.iter().map(|(mode, kid)| (mode.word().to_owned(), kid.clone().into())).collect();
    json!({
        "uri": info.uri.to_string(), "label": info.label, "kind": info.spec.to_string(),
        "thumbprint": info.public.thumbprint(), "exportable": info.exportable, "warning": info.warning, "kid": kids,
        "chain": chain, "chain_problem": card.chain_problem.as_ref().map(ToString::to_string),
        "uses": verdicts, "banks": card.suits.iter().map(BankSuit::to_json).collect::<Vec<_>>(),
    })
}

fn line(name: &str, value: &str) {
    say!("{name:<12}{}", clean(value));
}

fn print(info: &KeyInfo, profiles: &[Summary], now: Timestamp) {
    line("reference", &info.uri.to_string());
    line("label", &info.label);
    line("kind", &info.spec.to_string());
    line("can leave", if info.exportable { "yes: the private part can be read out of its store" } else { "no" });
    if let Some(warning) = &info.warning {
        line("warning", warning);
    }
    let card = KeyCard::read(info, profiles, now);
    say!("kid");
    for (mode, kid) in &card.kids {
        say!("  {:<11}{kid}", mode.word());
    }
    if card.chain.is_empty() {
        line("certificate", "none");
    }
    for (n, certificate) in card.chain.iter().enumerate() {
        say!("\ncertificate {} of {}", n + 1, card.chain.len());
        match certificate {
            Ok(p) => passport(p, now, n == 0),
            Err(e) => say!("  {e}\n  try: {}", e.hint()),
        }
    }
    if let Some(e) = &card.chain_problem {
        say!("\n✗ {e}\n  try: {}", e.hint());
    }
    if !card.suits.is_empty() {
        say!("\nat the banks");
        suits::print(&card.suits, 2);
    }
    for verdict in &card.verdicts {
        say!("\nas {}: {}", verdict.use_.word(), verdict.standing.word());
        for f in &verdict.findings {
            let mark = match f.grade {
                Grade::Good => "✓",
                Grade::Doubt => "!",
                Grade::Bad => "✗",
            };
            say!("  {mark} {:<7} {}  (found: {})  {}", f.id, f.say, clean(&f.found), f.clause);
        }
    }
}

fn passport(p: &Passport, now: Timestamp, with_forms: bool) {
    let item = |name: &str, value: &str| say!("  {name:<14}{}", clean(value));
    let text = |name: &crate::x509::Name| name.text(DnForm::Rfc4514, OrganizationForm::Name);
    item("subject", &text(&p.subject));
    item("issuer", &text(&p.issuer));
    item("serial", &p.serial);
    item("valid", &format!("{} to {}", moment(p.not_before.seconds()), moment(p.not_after.seconds())));
    item("days left", &p.days_left(now).to_string());
    item("key", &p.key.kind);
    item("signed with", &p.signature_algorithm);
    let list = |all: Option<String>| all.unwrap_or_else(|| "any".to_owned());
    item("key usage", &list(p.key_usage.as_ref().map(|all| all.join(" "))));
    item("extended", &list(p.ext_key_usage.as_ref().map(|all| all.join(" "))));
    if !p.alt_names.is_empty() {
        item("names", &p.alt_names.join(" "));
    }
    if let Some(qc) = &p.qc {
        let types: Vec<&str> = qc.types.iter().map(|t| t.word()).collect();
        item("qualified", &format!("{} {}", if qc.compliance { "yes" } else { "not said" }, types.join(" ")));
        if let Some(psd2) = &qc.psd2 {
            item("roles", &qc.role_names().join(" "));
            item("authority", &format!("{} ({})", psd2.authority, psd2.authority_id));
        }
    }
    item("x5t#S256", &p.x5t_s256());
    if with_forms {
        say!("  subject to copy");
        for form in DnForm::ALL {
            for organization in [OrganizationForm::Name, OrganizationForm::Oid] {
                if organization == OrganizationForm::Name || p.organization_identifier().is_some() {
                    say!("    {}", clean(&p.subject.text(form, organization)));
                }
            }
        }
    }
}

pub async fn csr(session: &Session, uri: &KeyUri, args: &CsrArgs) -> Result<Exit, Failure> {
    let wish = CsrWish {
        profile: args.profile.clone(),
        subject: args.subject.clone(),
        roles: args.roles.clone(),
        authority: args.nca_name.clone().unwrap_or_default(),
        authority_id: args.nca_id.clone().unwrap_or_default(),
        hosts: args.san.clone(),
        alg: args.alg.clone(),
    };
    let (request, alg) = wish.request()?;
    print_raw!("{}", session.csr(uri, &request, alg).await?);
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::SecretJwk;
    use crate::keys::memory::Memory;
    use crate::profile::Library;
    use crate::x509::testing::{NOW, Plan, make};

    #[test]
    fn the_json_has_key_chain_and_verdicts() {
        let root = make(&Plan::authority("Root"), None);
        let leaf = make(&Plan::seal(), Some(&root));
        let secret = SecretJwk::from_pem(&leaf.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        let key = Memory::new().insert("seal", secret, vec![leaf.der(), root.der()]).unwrap();
        let profiles: Vec<Summary> = Library::embedded().summaries().flatten().collect();
        let seen = whole(key.info(), &profiles, NOW);
        assert_eq!((&seen["uri"], &seen["kind"]), (&json!("memory:seal"), &json!("EC P-256")));
        assert_eq!((seen["chain"].as_array().unwrap().len(), &seen["chain_problem"]), (2, &Value::Null));
        assert_eq!((&seen["uses"][1]["use"], &seen["uses"][1]["standing"]), (&json!("seal"), &json!("ok")));
        assert_eq!(seen["kid"]["x5t#S256"], Value::Null);
        assert_eq!(seen["kid"]["x5t_s256"], seen["chain"][0]["x5t#S256"]);
        print(key.info(), &profiles, NOW);
    }
}
