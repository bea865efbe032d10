//! The program at a terminal, with a person who is sent to the server and brings back where they ended.

use std::time::{Duration, Instant};

use super::person::{Ending, Person};
use super::program::{Home, Run};
use super::pty::Terminal;

const SOON: Duration = Duration::from_secs(90);

impl Home {
    pub fn person(&self) -> Person {
        Person::trusting(&self.op.folder.join("ca.pem"))
    }

    /// Runs a flow in which a person signs in; `edit` is what becomes of the answer on its way back.
    pub fn signs_in(&self, flow: &str, more: &[&str], edit: impl Fn(&Ending) -> String) -> Run {
        let (status, out, told) = self.at_desk(&[&["run", "acme", flow, "--json"], more].concat(), edit);
        Run::read(Some(status), out.as_bytes(), told.as_bytes())
    }

    /// The same, told in words: all that a terminal got.
    pub fn signs_in_in_words(&self, flow: &str, more: &[&str]) -> String {
        let (_, out, told) = self.at_desk(&[&["run", "acme", flow], more].concat(), Ending::pasted);
        out + &told
    }

    /// The same, for one value.
    pub fn signs_in_for(&self, flow: &str, what: &str, more: &[&str]) -> String {
        let arguments = [&["run", "acme", flow, "--print", what], more].concat();
        let (status, out, told) = self.at_desk(&arguments, Ending::pasted);
        assert_eq!(status, 0, "{told}");
        out.trim_end().to_owned()
    }

    fn at_desk(&self, arguments: &[&str], edit: impl Fn(&Ending) -> String) -> (i32, String, String) {
        let out = self.path("out");
        let mut all = vec![
            format!("HOME={}", self.path("").display()),
            format!("SSL_CERT_FILE={}", self.op.folder.join("ca.pem").display()),
            "sh".into(),
            "-c".into(),
            format!("exec \"$0\" \"$@\" >{}", out.display()),
            env!("CARGO_BIN_EXE_countersign").into(),
            "--data-dir".into(),
            self.path("data").display().to_string(),
        ];
        all.extend(arguments.iter().map(|a| (*a).to_owned()));
        all.extend(self.unlock());
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let mut terminal = Terminal::start("env", &all, 120, 40);
        let end = Instant::now() + SOON;
        let address = loop {
            if let Some(address) = address_in(&String::from_utf8_lossy(&terminal.raw)) {
                break Some(address);
            }
            // it may have ended before anybody was sent anywhere
            if !terminal.next_output(end.saturating_duration_since(Instant::now())) {
                break None;
            }
        };
        if let Some(address) = address {
            let ending = self.person().signs_in(&address);
            terminal.keys(&format!("{}\n", edit(&ending)));
        }
        let status = terminal.end();
        let out = std::fs::read_to_string(out).expect("what it printed");
        let told = String::from_utf8_lossy(&terminal.raw).into_owned();
        (i32::try_from(status.exit_code()).expect("a status"), out, told)
    }
}

fn address_in(told: &str) -> Option<String> {
    let (_, rest) = told.split_once("sign in at the bank:")?;
    let (address, _) = rest.trim_start().split_once(['\r', '\n'])?;
    Some(address.to_owned())
}
