//! The whole life of a registration, each command a program of its own: register, token, read, update, delete, and read
//! again, which is refused.

use super::program::{Home, json, kept};

/// The steps of a life that are alike, by the names under which the two forms have them.
struct Life {
    home: Home,
    /// Of every command after the registration.
    more: Vec<String>,
    read: &'static str,
    /// The flow that reads with the given token and nothing else.
    alone: &'static str,
    update: &'static str,
}

impl Life {
    fn run(&self, flow: &str, token: &str) -> super::program::Run {
        let bearer = self.home.secret("bearer", token);
        let more: Vec<&str> = bearer.iter().chain(&self.more).map(String::as_str).collect();
        let run = self.home.run(flow, &more);
        run.hides(&[token]);
        run
    }

    fn lives(self) {
        let home = &self.home;
        home.run("discover", &[]).clean();
        let more: Vec<&str> = self.more.iter().map(String::as_str).collect();
        let record = json(&home.print("register", "register.json", &more));
        let id = record["client_id"].as_str().expect("a client id");
        assert!(home.profile().contains(id), "the saved profile has the client id: {}", home.profile());
        let token = record["registration_access_token"].as_str().expect("a registration access token");

        let got = home.run("token", &more).clean();
        assert_eq!(got.response("token")["status"], 200);

        let read = self.run("read", token).clean();
        assert_eq!(read.response(self.read)["body"]["client_id"], id);
        assert_eq!(read.response(self.read)["body"]["redirect_uris"], record["redirect_uris"]);

        let bearer = home.secret("bearer", token);
        let changes = ["--set", r#"changes={"grant_types":["client_credentials"],"response_types":[]}"#];
        let bearer: Vec<&str> = bearer.iter().map(String::as_str).collect();
        let all = [&bearer[..], &changes, &more].concat();
        let next = json(&home.print("update", self.update, &all));
        let rotated = next["registration_access_token"].as_str().expect("the next token");
        assert_ne!(rotated, token, "the server gives another token with each update");

        // the old token is dead; it was shown for a client that is known, and the client lives on
        let old = self.run("read", token);
        assert_eq!((old.status, old.error()), (1, "invalid_token"), "{}", old.told);
        let read = self.run("read", rotated).clean();
        let body = &read.response(self.read)["body"];
        assert_eq!((&body["grant_types"], &body["redirect_uris"]), (&next["grant_types"], &record["redirect_uris"]));
        assert_eq!(body["grant_types"], json(r#"["client_credentials"]"#), "the change is there");

        let gone = self.run("delete", rotated).clean();
        assert_eq!(gone.statuses().last(), Some(&204), "{}", gone.told);
        assert!(!home.profile().contains(id), "the client is forgotten: {}", home.profile());

        let id = ["--set".to_owned(), format!("client_id={id}")];
        let again = Self { more: [&self.more[..], &id].concat(), ..self };
        let read = again.run(again.alone, rotated);
        assert_eq!((read.status, read.statuses(), read.error()), (1, vec![401], "invalid_token"), "{}", read.told);
        let more: Vec<&str> = again.more.iter().map(String::as_str).collect();
        let token = again.home.run("token", &more);
        assert_eq!((token.status, token.error()), (1, "invalid_client"), "{}", token.told);
    }
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn a_client_lives_by_rfc_7591_and_7592_alone() {
    let home = Home::with(&kept("plain.toml"));
    Life { home, more: Vec::new(), read: "read", alone: "read", update: "update.json" }.lives();
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn a_client_lives_in_the_form_of_uk_open_banking_with_both_methods() {
    for method in ["private_key_jwt", "tls_client_auth"] {
        let home = Home::with(&kept("uk.toml"));
        let ssa = ["--set".to_owned(), format!("ssa=@{}", home.op.folder.join("ssa.jwt").display())];
        let more = [&ssa[..], &["--set".to_owned(), format!("client_auth={method}")]].concat();
        Life { home, more, read: "record.read", alone: "read-alone", update: "record.update.json" }.lives();
    }
}
