//! What is authorized in detail (RFC 9396): each member of `authorization_details` is of a type that is known here, and has
//! what that type has.

use serde_json::{Map, Value};

use super::target;
use crate::sandbox::json;

pub(super) const TYPES: &[&str] = &["account_information", "payment_initiation"];
/// More than any request has reason to name.
const MOST: usize = 20;

type Detail = Map<String, Value>;

/// What `authorization_details` holds, or what is wrong with it (§5).
pub(super) fn read(text: &str) -> Result<Vec<Value>, &'static str> {
    let all = json::array(text.as_bytes()).filter(|all| !all.is_empty() && all.len() <= MOST);
    let all = all.ok_or("authorization_details is no list of 1 to 20 objects.")?;
    for detail in &all {
        let detail = detail.as_object().ok_or("A member of authorization_details is no object.")?;
        match detail.get("type").and_then(Value::as_str) {
            Some("account_information") => accounts(detail)?,
            Some("payment_initiation") => payment(detail)?,
            _ => return Err("A member of authorization_details has no type that is known here."),
        }
    }
    Ok(all)
}

fn accounts(detail: &Detail) -> Result<(), &'static str> {
    only(detail, &["type", "actions", "locations"])?;
    let known = ["list_accounts", "read_balances", "read_transactions"];
    if !texts(detail, "actions").is_some_and(|all| !all.is_empty() && all.iter().all(|a| known.contains(a))) {
        return Err("actions of account_information is no list of what can be done with accounts.");
    }
    locations(detail)
}

fn payment(detail: &Detail) -> Result<(), &'static str> {
    only(detail, &["type", "locations", "instructedAmount", "creditorName", "creditorAccount", "reference"])?;
    let text = |of: &Detail, name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
    let amount = detail.get("instructedAmount").and_then(Value::as_object);
    let amount = amount.ok_or("payment_initiation lacks its instructedAmount.")?;
    only(amount, &["currency", "amount"])?;
    let currency = text(amount, "currency").filter(|c| c.len() == 3 && c.bytes().all(|b| b.is_ascii_uppercase()));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let sum = text(amount, "amount").filter(|sum| sum.len() <= 19 && sum.splitn(2, '.').all(digits));
    if currency.is_none() || sum.is_none() {
        return Err("instructedAmount is no currency and amount.");
    }
    let account = detail.get("creditorAccount").and_then(Value::as_object);
    let account = account.ok_or("payment_initiation lacks its creditorAccount.")?;
    only(account, &["iban"])?;
    if text(account, "iban").is_none() || text(detail, "creditorName").is_none() {
        return Err("payment_initiation does not say who is paid.");
    }
    locations(detail)
}

/// "contains unknown fields" (§5).
fn only(of: &Detail, names: &[&str]) -> Result<(), &'static str> {
    let known = of.keys().all(|name| names.contains(&name.as_str()));
    known.then_some(()).ok_or("A member of authorization_details has a field that its type does not.")
}

fn texts<'a>(of: &'a Detail, name: &str) -> Option<Vec<&'a str>> {
    of.get(name)?.as_array()?.iter().map(Value::as_str).collect()
}

fn locations(detail: &Detail) -> Result<(), &'static str> {
    let known = |all: Vec<&str>| all.into_iter().all(target::is_service);
    let sound = !detail.contains_key("locations") || texts(detail, "locations").is_some_and(known);
    sound.then_some(()).ok_or("locations of authorization_details names no service of this bank.")
}
