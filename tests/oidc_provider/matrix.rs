//! Every method of client authentication with every grant that the server offers, each cell a run of the program.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::thread;

use super::client::Client;
use super::person::Ending;
use super::program::{Home, Run, json, kept};

const METHODS: [&str; 7] = [
    "none",
    "client_secret_basic",
    "client_secret_post",
    "client_secret_jwt",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
];
/// As `grant_types_supported` spells them, and what the table calls them.
const GRANTS: [(&str, &str); 7] = [
    ("client_credentials", "client_credentials"),
    ("authorization_code", "code + PKCE"),
    ("refresh_token", "refresh_token"),
    ("urn:ietf:params:oauth:grant-type:device_code", "device_code"),
    ("urn:openid:params:grant-type:ciba", "ciba"),
    ("urn:ietf:params:oauth:grant-type:jwt-bearer", "jwt-bearer"),
    ("urn:ietf:params:oauth:grant-type:token-exchange", "token-exchange"),
];
const SCOPE: &str = "scope=openid offline_access";

impl Client {
    /// Runs one cell; it ends done, and no check fails or warns.
    fn cell(&self, grant: &str) -> Run {
        match grant {
            "client_credentials" => self.home.run("token", &self.with(&["--set", "scope=accounts"])),
            "authorization_code" => {
                let set = self.with(&["--set", SCOPE, "--set", "prompt=consent"]);
                self.home.signs_in("login", &set, Ending::pasted)
            }
            "refresh_token" => {
                let set = self.with(&["--set", SCOPE, "--set", "prompt=consent"]);
                let tokens = json(&self.home.signs_in_for("login", "token.json", &set));
                let token = tokens["refresh_token"].as_str().expect("a refresh token");
                let run = self.home.run("refresh", &self.with(&[]));
                run.hides(&[token]);
                run
            }
            "urn:ietf:params:oauth:grant-type:device_code" => self.device(),
            "urn:openid:params:grant-type:ciba" => {
                self.home.run("ciba", &self.with(&["--set", "scope=openid", "--set", "login_hint=alice"]))
            }
            other => panic!("the server offers {other} now: write its cell"),
        }
    }

    /// The person goes to the address that the program shows, while it asks.
    fn device(&self) -> Run {
        let arguments = self.with(&["--set", "scope=openid"]);
        let mut command = self.home.command(&[&["run", "acme", "device", "--json"], &arguments[..]].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut said = String::new();
        for line in BufReader::new(child.stdout.take().expect("its output")).lines().map_while(Result::ok) {
            let event = json(&line);
            if event["event"] == "output" && event["name"] == "link" {
                let page = self.home.person().lets_the_device_in(event["value"].as_str().expect("an address"));
                assert!(page.contains("Success"), "{page}");
            }
            said.extend([&line, "\n"]);
        }
        let output = child.wait_with_output().expect("it ends");
        Run::read(output.status.code(), said.as_bytes(), &output.stderr)
    }
}

/// What the table says of each grant with this method.
fn row(method: &str, offered: &[String]) -> BTreeMap<&'static str, &'static str> {
    // a public client has nothing to authenticate itself with (RFC 6749 §4.4, CIBA §7.1)
    let confidential = ["client_credentials", "urn:openid:params:grant-type:ciba"];
    let forbidden = |grant: &str| method == "none" && confidential.contains(&grant);
    let grants: Vec<&str> =
        GRANTS.iter().map(|(g, _)| *g).filter(|g| offered.iter().any(|o| o == g) && !forbidden(g)).collect();
    let client = Client::registered("", method, &grants, r#"{"backchannel_token_delivery_mode":"poll"}"#);
    let cell = |grant: &'static str| {
        if !offered.iter().any(|o| o == grant) {
            return "not offered";
        }
        if forbidden(grant) {
            let run = client.cell(grant);
            assert!(run.status == 1 && run.statuses().last() == Some(&400), "{method} × {grant}: {}", run.told);
            return "refused";
        }
        let run = client.cell(grant).clean();
        assert_eq!(run.response("token")["status"], 200, "{method} × {grant}");
        assert!(run.told.contains("\"access_token\""), "{method} × {grant}");
        "ok"
    };
    GRANTS.iter().map(|(grant, _)| (*grant, cell(grant))).collect()
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn every_method_gets_a_token_by_every_grant_that_the_server_offers() {
    let home = Home::with(&kept("client.toml"));
    let metadata = json(&home.print("discover", "fetch.json", &[]));
    let offered: Vec<String> = serde_json::from_value(metadata["grant_types_supported"].clone()).expect("grants");
    let rows: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = METHODS.map(|method| (method, scope.spawn(|| row(method, &offered)))).into();
        running.into_iter().map(|(method, row)| (method, row.join().expect("every cell holds"))).collect()
    });
    println!("\n{:28}{}", "", GRANTS.map(|(_, name)| format!("{name:20}")).concat());
    for (method, row) in &rows {
        println!("{method:28}{}", GRANTS.map(|(grant, _)| format!("{:20}", row[grant])).concat());
    }
    let cells: Vec<&str> = rows.iter().flat_map(|(_, row)| row.values().copied()).collect();
    let count = |word: &str| cells.iter().filter(|c| **c == word).count();
    println!(
        "{} ok, {} refused as the standards say, {} not offered",
        count("ok"),
        count("refused"),
        count("not offered")
    );
    assert_eq!((count("ok"), count("refused")), (33, 2));
}
