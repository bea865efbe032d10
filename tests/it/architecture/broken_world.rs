//! A small world in which each wall is broken. A line that ends in `//~` has to be found, every other one not.

pub fn read(name: &str) -> Option<String> {
    let text = match name {
        "src/lib.rs" => {
            "mod flow; mod net; mod cli; mod tui; mod sandbox; mod jose; mod secret; mod keys; mod long;\n\
             #[cfg(test)]\n\
             mod tests;\n"
        }
        "src/flow.rs" => FLOW,
        "src/net.rs" => "use crate::tui::App; //~\nuse josekit::jwk::Jwk; //~\nuse crate::sandbox::World; //~\n",
        "src/cli.rs" => {
            "use crate::jose::Alg;\nuse crate::sandbox::World;\nfn a() { println!(); }\nfn b() { ratatui::init(); } //~\n"
        }
        "src/tui.rs" => "use crate::{net, keys::Key}; //~\nuse ratatui::Frame;\nfn a() { eprintln!(); } //~\n",
        "src/sandbox.rs" => "use crate::jose::verify; //~\nuse axum::Router;\n// Acme is at home here\n",
        "src/jose.rs" => {
            "use crate::keys::KeySpec;\nuse crate::keys::Stores; //~\nuse crate::flow::Run; //~\nuse josekit::jws;\n"
        }
        "src/secret.rs" => "use crate::redact::Redactor; //~\n",
        "src/keys.rs" => KEYS,
        "src/long.rs" => return Some("\n".repeat(super::LONGEST + 1)),
        "src/tests.rs" => "use std::fs;\nconst A: &str = \"acme\";\n",
        _ => return None,
    };
    Some(text.to_owned())
}

const FLOW: &str = r#"
use std::fs; //~
use std::{fmt, io as i}; //~
use std::{fmt as f, env::*}; //~
use std as s;
fn by_another_name() { s::process::id(); } //~
fn by_its_name() { tokio::spawn(x()); } //~
mod inner {
    use super::super::net::Network; //~
    fn fine() { super::fs(); }
}
use crate::*; //~
fn in_a_macro() { matches!(x, rustls::Error::General(_)); } //~
fn in_a_group() { anything!(use crate::{secret, cli::Exit}); } //~
#[derive(crate::cli::Derive)] //~
struct A;
fn in_a_type(_: Vec<reqwest::Client>) {} //~
fn in_a_pattern() { let std::time::Instant { .. } = x; } //~
fn gives_up() { todo!() } //~
fn prints() { println!(); } //~
fn in_an_argument() { write!(f, "{}", crate::store::x()); } //~
macro_rules! m { () => { $crate::shell::go() }; } //~
fn fine(_: std::sync::Arc<u8>) { fs(); io::it(); }
impl A {
    #[test]
    fn fine() { std::fs::read("x"); }
}
#[cfg(test)]
mod tests {
    use std::fs;
    fn fine() { println!(); }
    fn never() { dbg!(1); } //~
}
#[cfg(any(test, unix))]
use std::net; //~
"#;

const KEYS: &str = r#"/// Acme's key //~
fn acme_key() {} //~
const A: &str = "https://API.acme.test/"; //~
// pacmen
#[cfg(all(test, unix))]
const X: &str = "acme";
"#;
