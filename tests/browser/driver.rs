//! As much of WebDriver (W3C) as signing in takes.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(90);

/// A headless Chromium with a profile of its own, gone with this value.
pub struct Chromium {
    driver: Child,
    http: reqwest::Client,
    session: String,
    _profile: tempfile::TempDir,
}

impl Chromium {
    pub async fn start() -> Self {
        countersign::net::install_provider();
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed");
        let mut said = BufReader::new(driver.stdout.take().expect("its output")).lines();
        let port = said
            .find_map(|line| {
                line.ok()?.rsplit_once("on port ")?.1.trim_end_matches('.').parse::<u16>().ok().filter(|p| *p != 0)
            })
            .expect("chromedriver says its port");
        // its later words are not read; it must not be held up by them
        std::thread::spawn(move || said.for_each(drop));
        let profile = tempfile::tempdir().expect("a folder");
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
            &format!("--user-data-dir={}", profile.path().display()),
        ];
        let http = reqwest::Client::builder().timeout(SOON).no_proxy().build().expect("a client");
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "acceptInsecureCerts": true,
            "pageLoadStrategy": "normal",
            "goog:chromeOptions": { "args": arguments },
        } } });
        let base = format!("http://127.0.0.1:{port}/session");
        let made = http.post(&base).json(&wanted).send().await.expect("sent").json::<Value>().await.expect("JSON");
        let id = made["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("no browser: {made}"));
        Self { driver, session: format!("{base}/{id}"), http, _profile: profile }
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.http.post(format!("{}/{path}", self.session)).json(&body).send().await.expect("sent");
        answer.json::<Value>().await.expect("JSON")["value"].take()
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.http.get(format!("{}/{path}", self.session)).send().await.expect("sent");
        answer.json::<Value>().await.expect("JSON")["value"].take()
    }

    pub async fn open(&self, url: &str) {
        let answer = self.post("url", json!({ "url": url })).await;
        assert!(answer.is_null(), "{answer}");
    }

    /// What a CSS selector finds first.
    async fn element(&self, selector: &str) -> String {
        let found = self.post("element", json!({ "using": "css selector", "value": selector })).await;
        let id = found.as_object().and_then(|o| o.values().next()).and_then(Value::as_str);
        id.unwrap_or_else(|| panic!("no {selector}: {found}")).to_owned()
    }

    pub async fn text(&self, selector: &str) -> String {
        let id = self.element(selector).await;
        self.get(&format!("element/{id}/text")).await.as_str().unwrap_or_default().to_owned()
    }

    /// Where that leads may not load: the click is done all the same.
    pub async fn click(&self, selector: &str) {
        let id = self.element(selector).await;
        let _ = self.post(&format!("element/{id}/click"), json!({})).await;
    }

    /// The address bar, once it begins like that.
    pub async fn until_at(&self, start: &str) -> String {
        let end = Instant::now() + SOON;
        loop {
            let here = self.get("url").await.as_str().unwrap_or_default().to_owned();
            if here.starts_with(start) {
                return here;
            }
            assert!(Instant::now() < end, "it is at {here}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // its end takes the browser along
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
