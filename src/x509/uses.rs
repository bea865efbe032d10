//! What a certificate may be used for at a bank, rule by rule.

use super::{Passport, QcType, Role, Roles, Use, Wish};
use crate::time::Timestamp;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    Good,
    /// Some banks refuse it.
    Doubt,
    Bad,
}

/// One rule, held against the certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Of the rule: `TLS-04`, `TLS-05`, `TLS-08`, `TLS-03`.
    pub id: &'static str,
    pub grade: Grade,
    pub say: &'static str,
    /// What is wrong where it does not hold, in few words.
    pub fault: &'static str,
    pub found: String,
    pub clause: &'static str,
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    Ok,
    /// Good, but a role that is wanted is not in it.
    RoleMissing,
    Unfit,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub use_: Use,
    pub standing: Standing,
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// What keeps the certificate from being good, or, where it is good, what some banks refuse. Empty: nothing.
    pub fn why(&self) -> String {
        let grade = if self.standing == Standing::Ok { Grade::Doubt } else { Grade::Bad };
        let faults = self.findings.iter().filter(|f| f.grade == grade);
        faults.map(|f| format!("{} ({})", f.fault, f.found)).collect::<Vec<_>>().join("; ")
    }
}

impl Standing {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::RoleMissing => "role missing",
            Self::Unfit => "unfit",
        }
    }
}

/// How near the end is: the days at which one is told (60, 30, 7).
pub const fn end_is_near(days_left: i64) -> Option<i64> {
    match days_left {
        ..=7 => Some(7),
        8..=30 => Some(30),
        31..=60 => Some(60),
        _ => None,
    }
}

/// Holds a certificate against the rules of what is wanted of it.
pub fn assess(p: &Passport, wish: &Wish, now: Timestamp) -> Verdict {
    let use_ = wish.use_;
    let mut findings = vec![validity(p, now), signature(p, use_), authority(p)];
    if use_ == Use::MtlsClient {
        findings.push(client(p));
    }
    if p.qc.is_some() || wish.kind.qualified(use_).is_some_and(|(_, refused)| refused) {
        findings.extend(qualified(p, wish));
    }
    let missing = role(p, &wish.roles);
    let lacks = missing.as_ref().is_some_and(|f| f.grade == Grade::Bad);
    let unfit = findings.iter().any(|f| f.grade == Grade::Bad);
    findings.extend(missing);
    let standing = match (unfit, lacks) {
        (true, _) => Standing::Unfit,
        (false, true) => Standing::RoleMissing,
        (false, false) => Standing::Ok,
    };
    Verdict { use_, standing, findings }
}

const fn grade(good: bool, otherwise: Grade) -> Grade {
    if good { Grade::Good } else { otherwise }
}

fn validity(p: &Passport, now: Timestamp) -> Finding {
    let say = "it is within its validity, with more than 60 days left";
    let (days, clause) = (p.days_left(now), "RFC 5280 §4.1.2.5");
    let make = |id, grade, fault, found| Finding { id, grade, say, fault, found, clause };
    if now < p.not_before {
        return make("TLS-03", Grade::Bad, "not valid yet", "it has not begun".to_owned());
    }
    if now > p.not_after {
        return make("TLS-03", Grade::Bad, "expired", format!("it ended {} days ago", -days));
    }
    match end_is_near(days) {
        None => make("TLS-08", Grade::Good, "", format!("{days} days left")),
        Some(limit) => make("TLS-08", Grade::Doubt, "ends soon", format!("{days} days left: {limit} or fewer")),
    }
}

fn signature(p: &Passport, use_: Use) -> Finding {
    let names = p.key_usage.as_deref();
    let has = |name| names.is_none_or(|all| all.contains(&name));
    let good = has("digitalSignature") || (use_ == Use::Seal && has("nonRepudiation"));
    let say = match use_ {
        Use::MtlsClient => "its key usage allows digitalSignature, which TLS needs",
        Use::Seal => "its key usage allows digitalSignature or nonRepudiation",
    };
    let found = names.map_or_else(|| "no key usage, so any".to_owned(), |all| all.join(" "));
    let fault = "no digitalSignature";
    Finding { id: "TLS-04", grade: grade(good, Grade::Bad), say, fault, found, clause: "RFC 5280 §4.2.1.3" }
}

fn authority(p: &Passport) -> Finding {
    let ca = p.basic_constraints.is_some_and(|b| b.ca);
    let unknown = p.unknown_critical.join(" ");
    let (good, fault, found) = match (ca, unknown.is_empty()) {
        (true, _) => (false, "an authority's", "it is an authority".to_owned()),
        (_, false) => (false, "unknown extension", format!("critical extensions that nobody may skip: {unknown}")),
        _ => (true, "", "no authority".to_owned()),
    };
    let say = "it is an end entity's, without unknown critical extensions";
    Finding { id: "TLS-04", grade: grade(good, Grade::Bad), say, fault, found, clause: "RFC 5280 §4.2, §4.2.1.9" }
}

fn client(p: &Passport) -> Finding {
    let names = p.ext_key_usage.as_deref();
    let good = names.is_none_or(|all| all.iter().any(|n| n == "clientAuth" || n == "any"));
    let found = names.map_or_else(|| "no extended key usage, so any".to_owned(), |all| all.join(" "));
    let say = "its extended key usage, where there is one, allows clientAuth";
    let fault = "no clientAuth";
    Finding { id: "TLS-04", grade: grade(good, Grade::Bad), say, fault, found, clause: "RFC 5280 §4.2.1.12" }
}

/// A bank may take a seal in TLS and a website certificate for signatures, so a wrong type that nobody forbids is a doubt.
fn qualified(p: &Passport, wish: &Wish) -> Vec<Finding> {
    let make = |good, otherwise, say, fault, found: String, clause| Finding {
        id: "TLS-05",
        grade: grade(good, otherwise),
        say,
        fault,
        found,
        clause,
    };
    let wanted = wish.kind.qualified(wish.use_);
    let otherwise = if wanted.is_some_and(|(_, refused)| refused) { Grade::Bad } else { Grade::Doubt };
    let (says, unsaid) = ("it says that it is qualified", "not qualified");
    let Some(qc) = &p.qc else {
        return vec![make(false, otherwise, says, unsaid, "no qcStatements".to_owned(), "EN 319 412-5 §4.2.1")];
    };
    let compliance = if qc.compliance { "QcCompliance" } else { "no QcCompliance" };
    let mut all = vec![make(qc.compliance, otherwise, says, unsaid, compliance.to_owned(), "EN 319 412-5 §4.2.1")];
    if let Some((wanted, _)) = wanted {
        let (say, fault) = match wanted {
            QcType::Eseal => ("its type is eseal (QSeal)", "not an eseal"),
            _ => ("its type is web (QWAC)", "not a QWAC"),
        };
        let types: Vec<&str> = qc.types.iter().map(|t| t.word()).collect();
        let types = if types.is_empty() { "none".to_owned() } else { types.join(" ") };
        all.push(make(qc.types.contains(&wanted), otherwise, say, fault, types, "EN 319 412-5 §4.2.3"));
    }
    let (organization, found) = match (p.organization_identifier(), p.organization()) {
        (None, _) => (false, "none".to_owned()),
        (Some(text), None) => (false, format!("{text} is not as the standard has it")),
        (Some(text), Some(id)) => match (id.authority_id(), &qc.psd2) {
            (Some(a), Some(psd2)) if a != psd2.authority_id => {
                (false, format!("{text}, but the PSD2 statement names {}", psd2.authority_id))
            }
            _ => (true, text.to_owned()),
        },
    };
    all.push(make(
        organization,
        Grade::Doubt,
        "organizationIdentifier names the organisation and its authority",
        "organizationIdentifier",
        found,
        "ETSI TS 119 495 §5.2.1",
    ));
    if !qc.faults.is_empty() {
        all.push(make(
            false,
            Grade::Doubt,
            "its statements are as the standards have them",
            "its statements",
            qc.faults.join("; "),
            "EN 319 412-5; ETSI TS 119 495 §5.1",
        ));
    }
    all
}

/// None: no role is wanted and none could be expected.
fn role(p: &Passport, wanted: &Roles) -> Option<Finding> {
    let has: &[Role] = p.qc.as_ref().and_then(|qc| qc.psd2.as_ref()).map_or(&[], |psd2| &psd2.roles);
    let lacking = |all: &[Role]| -> Vec<&str> { all.iter().filter(|r| !has.contains(r)).map(|r| r.name()).collect() };
    let every = "its PSD2 statement has the roles that are wanted";
    let (say, good, missing) = match wanted {
        Roles::Unasked => return None,
        Roles::Whichever => {
            p.qc.as_ref()?;
            (every, !has.is_empty(), String::new())
        }
        Roles::AllOf(all) => (every, lacking(all).is_empty(), lacking(all).join(" ")),
        Roles::AnyOf(any) => {
            let good = lacking(any).len() < any.len();
            ("its PSD2 statement has one of the roles that are wanted", good, lacking(any).join(" or "))
        }
    };
    let names: Vec<&str> = has.iter().map(|r| r.name()).collect();
    let names = if names.is_empty() { "no role".to_owned() } else { names.join(" ") };
    let found = if good || missing.is_empty() { names } else { format!("{names}, without {missing}") };
    Some(Finding {
        id: "TLS-05",
        grade: grade(good, Grade::Bad),
        say,
        fault: "role missing",
        found,
        clause: "ETSI TS 119 495 §5.1",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::Kind;
    use crate::x509::testing::{DAY, NOW, Plan, make};

    fn wish(use_: Use, roles: &[Role]) -> Wish {
        let wish = Wish::of(use_);
        if roles.is_empty() { wish } else { Wish { roles: Roles::AllOf(roles.to_vec()), ..wish } }
    }

    fn judged(plan: &Plan<'_>, use_: Use, roles: &[Role]) -> (Standing, Vec<&'static str>) {
        let verdict = assess(&Passport::read(&make(plan, None).der()).unwrap(), &wish(use_, roles), NOW);
        let bad = verdict.findings.iter().filter(|f| f.grade == Grade::Bad).map(|f| f.clause).collect();
        (verdict.standing, bad)
    }

    #[test]
    fn each_use_has_its_verdict_and_each_finding_its_clause() {
        let seal = Plan::seal();
        let web = Plan { qc: Some(QcType::Web), client_auth: Some(true), ..Plan::seal() };
        assert_eq!(judged(&seal, Use::Seal, &[Role::Information]), (Standing::Ok, vec![]));
        assert_eq!(judged(&seal, Use::MtlsClient, &[]), (Standing::Ok, vec![]));
        assert_eq!(judged(&web, Use::MtlsClient, &[Role::Payment]), (Standing::Ok, vec![]));
        assert_eq!(judged(&web, Use::Seal, &[]), (Standing::Unfit, vec!["EN 319 412-5 §4.2.3"]));
        let roles = (Standing::RoleMissing, vec!["ETSI TS 119 495 §5.1"]);
        assert_eq!(judged(&seal, Use::Seal, &[Role::Cards]), roles);
        assert_eq!(judged(&Plan { roles: &[], ..Plan::seal() }, Use::Seal, &[]), roles);
        let unfit =
            |plan: &Plan<'_>, use_, clause| assert_eq!(judged(plan, use_, &[]), (Standing::Unfit, vec![clause]));
        unfit(&Plan { digital_signature: false, ..Plan::seal() }, Use::MtlsClient, "RFC 5280 §4.2.1.3");
        unfit(&Plan { client_auth: Some(false), ..Plan::seal() }, Use::MtlsClient, "RFC 5280 §4.2.1.12");
        assert_eq!(judged(&Plan { digital_signature: false, ..Plan::seal() }, Use::Seal, &[]).0, Standing::Ok);
        let plain = Plan { qc: None, ..Plan::seal() };
        assert_eq!(judged(&plain, Use::MtlsClient, &[]), (Standing::Ok, vec![]));
        unfit(&plain, Use::Seal, "EN 319 412-5 §4.2.1");
        assert!(judged(&Plan::authority("Root"), Use::MtlsClient, &[]).1.contains(&"RFC 5280 §4.2, §4.2.1.9"));
    }

    #[test]
    fn the_end_is_told_in_three_steps() {
        let of = |days| {
            let p = Passport::read(&make(&Plan { days, ..Plan::seal() }, None).der()).unwrap();
            let f = assess(&p, &Wish::of(Use::Seal), NOW.plus_seconds(1)).findings.swap_remove(0);
            (f.id, f.grade, f.found)
        };
        assert_eq!(of(62), ("TLS-08", Grade::Good, "61 days left".into()));
        assert_eq!(of(61), ("TLS-08", Grade::Doubt, "60 days left: 60 or fewer".into()));
        assert_eq!(of(31), ("TLS-08", Grade::Doubt, "30 days left: 30 or fewer".into()));
        assert_eq!(of(3), ("TLS-08", Grade::Doubt, "2 days left: 7 or fewer".into()));
        assert_eq!(of(0), ("TLS-03", Grade::Bad, "it ended 1 days ago".into()));
        let p = Passport::read(&make(&Plan::seal(), None).der()).unwrap();
        let early = assess(&p, &Wish::of(Use::Seal), NOW.plus_seconds(-2 * DAY));
        assert_eq!((early.standing, early.findings[0].found.as_str()), (Standing::Unfit, "it has not begun"));
    }

    #[test]
    fn another_authority_in_the_name_than_in_the_statement_is_a_doubt() {
        for organization in ["PSDSE-FINA-1", "NO987"] {
            let p = Passport::read(&make(&Plan { organization, ..Plan::seal() }, None).der()).unwrap();
            let verdict = assess(&p, &Wish::of(Use::Seal), NOW);
            let doubt: Vec<_> = verdict.findings.iter().filter(|f| f.grade == Grade::Doubt).collect();
            assert_eq!((verdict.standing, doubt.len(), doubt[0].clause), (Standing::Ok, 1, "ETSI TS 119 495 §5.2.1"));
        }
    }

    #[test]
    fn a_bank_may_want_a_kind_and_roles_and_the_reason_is_in_few_words() {
        use Role::{Account, Cards, Information, Payment};
        let seal = Plan { client_auth: Some(true), ..Plan::seal() };
        let web = Plan { qc: Some(QcType::Web), roles: &[Information], ..seal.clone() };
        let why = |plan: &Plan<'_>, use_, kind, roles| {
            let p = Passport::read(&make(plan, None).der()).unwrap();
            let verdict = assess(&p, &Wish { use_, kind, roles }, NOW);
            (verdict.standing, verdict.why())
        };
        let (all, any) = (|r: &[Role]| Roles::AllOf(r.to_vec()), |r: &[Role]| Roles::AnyOf(r.to_vec()));
        let (tls, ok) = (Use::MtlsClient, (Standing::Ok, String::new()));
        assert_eq!(why(&seal, tls, Kind::Eseal, Roles::Unasked), ok);
        assert_eq!(why(&seal, tls, Kind::Usual, Roles::Unasked), (Standing::Ok, "not a QWAC (eseal)".into()));
        assert_eq!(why(&seal, tls, Kind::Any, Roles::Unasked), ok);
        assert_eq!(why(&web, tls, Kind::Qwac, any(&[Payment, Information])), ok);
        let lacks = |found: &str| (Standing::RoleMissing, format!("role missing ({found})"));
        assert_eq!(why(&web, tls, Kind::Qwac, all(&[Payment, Information])), lacks("PSP_AI, without PSP_PI"));
        let neither = lacks("PSP_AI, without PSP_IC or PSP_AS");
        assert_eq!(why(&web, tls, Kind::Qwac, any(&[Cards, Account])), neither);
        let none = Plan { roles: &[], ..web.clone() };
        assert_eq!(why(&none, tls, Kind::Qwac, all(&[Payment])), lacks("no role, without PSP_PI"));
        assert_eq!(why(&none, tls, Kind::Qwac, Roles::Unasked), ok, "nobody asked for a role");
        let unfit = |text: &str| (Standing::Unfit, text.to_owned());
        assert_eq!(why(&seal, tls, Kind::Qwac, Roles::Unasked), unfit("not a QWAC (eseal)"));
        assert_eq!(why(&web, tls, Kind::Eseal, Roles::Unasked), unfit("not an eseal (web)"));
        let plain = Plan { qc: None, ..seal.clone() };
        assert_eq!(why(&plain, tls, Kind::Qwac, Roles::Unasked), unfit("not qualified (no qcStatements)"));
        assert_eq!(why(&plain, tls, Kind::Any, Roles::Unasked), ok);
        let server = Plan { client_auth: Some(false), ..seal.clone() };
        assert_eq!(why(&server, tls, Kind::Eseal, Roles::Unasked), unfit("no clientAuth (serverAuth)"));
        let both = "not an eseal (web); role missing (PSP_AI, without PSP_PI)";
        assert_eq!(why(&web, Use::Seal, Kind::Eseal, all(&[Payment])), unfit(both));
    }
}
