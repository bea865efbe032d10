//! A client that the program registered, and what every later command says of it.

use super::program::{Home, json, kept};

pub struct Client {
    pub home: Home,
    /// Of every command.
    set: Vec<String>,
}

impl Client {
    /// With `more` in its saved profile, and that metadata beside what the profile says.
    pub fn registered(more: &str, method: &str, grants: &[&str], metadata: &str) -> Self {
        Self::at("plain", &format!("{}{more}", kept("client.toml")), method, grants, metadata)
    }

    /// With that profile, at the server in that mode.
    pub fn at(mode: &str, profile: &str, method: &str, grants: &[&str], metadata: &str) -> Self {
        let home = Home::at(mode, profile);
        home.run("discover", &[]).clean();
        let mut set = vec!["--set".to_owned(), format!("client_auth={method}")];
        if method == "self_signed_tls_client_auth" {
            let key = format!("transport=file:{}", home.op.folder.join("self.pem").display());
            set.extend(["--bind".to_owned(), key]);
        }
        let (grants, metadata) = (format!("grant_types={}", grants.join(",")), format!("client_metadata={metadata}"));
        let mut all: Vec<&str> = set.iter().map(String::as_str).collect();
        all.extend(["--set", &grants, "--set", &metadata]);
        let record = json(&home.print("register", "register.json", &all));
        assert_eq!(record["token_endpoint_auth_method"], method);
        if let Some(secret) = record["client_secret"].as_str() {
            set.extend(home.secret("client_secret", secret));
        }
        Self { home, set }
    }

    /// What every command of this client says, and `more`.
    pub fn with<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        self.set.iter().map(String::as_str).chain(more.iter().copied()).collect()
    }
}
