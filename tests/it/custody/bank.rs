//! A token endpoint on loopback that does with refresh tokens what its policy says, and can lose a request or an answer.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use countersign::flow::custody::Policy;

/// What the bank does not let through: it ends the program instead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lose {
    Request,
    Answer,
}

#[derive(Default)]
struct Book {
    /// In force, with the one that it replaced.
    good: BTreeMap<String, Option<String>>,
    given: BTreeSet<String>,
    count: usize,
    requests: usize,
    reused: bool,
    held: bool,
    lose: Option<Lose>,
    /// The process that is to be ended.
    victim: Option<u32>,
    lives: i64,
}

#[derive(Clone)]
pub struct Bank {
    pub port: u16,
    pub policy: Policy,
    book: Arc<(Mutex<Book>, Condvar)>,
}

impl Bank {
    pub fn open(policy: Policy) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let book = Book { lives: 300, ..Book::default() };
        let bank = Self { port, policy, book: Arc::new((Mutex::new(book), Condvar::new())) };
        let serving = bank.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let bank = serving.clone();
                std::thread::spawn(move || bank.serve(stream));
            }
        });
        bank
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.0.lock().expect("the book")
    }

    fn change(&self, act: impl FnOnce(&mut Book)) {
        act(&mut self.book());
        self.book.1.notify_all();
    }

    /// As after the first sign-in.
    pub fn reset(&self) {
        self.change(|b| {
            b.good = [("rt-0".to_owned(), None)].into();
            b.given = ["rt-0".to_owned()].into();
            (b.count, b.reused, b.lose, b.victim) = (0, false, None, None);
        });
    }

    pub fn hold(&self) {
        self.change(|b| b.held = true);
    }

    pub fn release(&self) {
        self.change(|b| b.held = false);
    }

    pub fn lose_next(&self, lose: Lose) {
        self.change(|b| b.lose = Some(lose));
    }

    pub fn victim(&self, pid: u32) {
        self.change(|b| b.victim = Some(pid));
    }

    pub fn short_lived(&self) {
        self.change(|b| b.lives = 20);
    }

    pub fn requests(&self) -> usize {
        self.book().requests
    }

    pub fn is_good(&self, token: &str) -> bool {
        self.book().good.contains_key(token)
    }

    pub fn was_given(&self, token: &str) -> bool {
        self.book().given.contains(token)
    }

    pub fn reused(&self) -> bool {
        self.book().reused
    }

    /// Somebody else used the token that is in force.
    pub fn spend_behind_our_back(&self) {
        self.change(|b| b.good.clear());
    }

    fn serve(&self, mut stream: TcpStream) {
        let Some(form) = form(&mut stream) else { return };
        if form.get("grant_type").map(String::as_str) == Some("authorization_code") {
            self.reset();
            let lives = self.book().lives;
            return answer(&mut stream, 200, &tokens("at-0", Some("rt-0"), lives));
        }
        self.change(|b| b.requests += 1);
        let lose = self.book().lose.take();
        if lose == Some(Lose::Request) {
            return self.end_the_program();
        }
        let held = self.book();
        drop(self.book.1.wait_while(held, |b| b.held).expect("the book"));
        let made = self.exchange(form.get("refresh_token").map_or("", String::as_str));
        if lose == Some(Lose::Answer) {
            return self.end_the_program();
        }
        match made {
            Some(body) => answer(&mut stream, 200, &body),
            None => answer(&mut stream, 400, r#"{"error":"invalid_grant"}"#),
        }
    }

    fn end_the_program(&self) {
        let waiting = self.book();
        let book = self.book.1.wait_while(waiting, |b| b.victim.is_none()).expect("the book");
        let pid = book.victim.expect("a process").to_string();
        drop(book);
        std::process::Command::new("kill").args(["-9", &pid]).status().expect("kill runs");
    }

    fn exchange(&self, token: &str) -> Option<String> {
        let mut book = self.book();
        let Some(before) = book.good.get(token).cloned() else {
            // used before: every token of the consent ends (RFC 9700 §4.14.2)
            book.reused |= book.given.contains(token);
            if self.policy == Policy::Rotate {
                book.good.clear();
            }
            return None;
        };
        book.count += 1;
        let (access, lives) = (format!("at-{}", book.count), book.lives.max(300));
        if self.policy == Policy::Reuse {
            return Some(tokens(&access, None, lives));
        }
        let new = format!("rt-{}", book.count);
        book.given.insert(new.clone());
        if self.policy == Policy::Rotate {
            book.good.remove(token);
        } else if let Some(before) = before {
            // its successor is used: now the back-up goes
            book.good.remove(&before);
        }
        book.good.insert(new.clone(), Some(token.to_owned()));
        Some(tokens(&access, Some(&new), lives))
    }
}

fn tokens(access: &str, refresh: Option<&str>, lives: i64) -> String {
    let mut all =
        serde_json::json!({ "access_token": access, "token_type": "Bearer", "expires_in": lives, "scope": "accounts" });
    if let Some(refresh) = refresh {
        all["refresh_token"] = refresh.into();
    }
    all.to_string()
}

fn form(stream: &mut TcpStream) -> Option<BTreeMap<String, String>> {
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&seen).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned));
            let length: usize = length.and_then(|l| l.trim().parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return Some(url::form_urlencoded::parse(body.as_bytes()).into_owned().collect());
            }
        }
        let n = stream.read(&mut buffer).ok().filter(|n| *n > 0)?;
        seen.extend_from_slice(&buffer[..n]);
    }
}

fn answer(stream: &mut TcpStream, status: u16, body: &str) {
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncache-control: no-store\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
}
