//! `doctor`: what of this machine can be used, and why not. Nothing is changed and no dialog is opened.

use std::io::IsTerminal;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;

use super::args::DoctorArgs;
use super::exit::{Exit, Failure};
use super::session;
use crate::config::{Places, Surroundings};
use crate::net::{NetConfig, Network};
use crate::shell::Session;
use crate::tui;

/// How long a clipboard may take to answer.
const CLIPBOARD_WITHIN: Duration = Duration::from_secs(2);
/// A clock that is off by more makes a bank refuse `iat` and `exp`, seconds.
const SKEW: i64 = 30;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Ok,
    /// It works, and there is something to know.
    Note,
    No,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::No => "no",
        }
    }
}

struct Finding {
    what: &'static str,
    state: State,
    text: String,
    /// The next thing to do; empty where there is none.
    hint: String,
}

fn finding(what: &'static str, state: State, text: impl Into<String>, hint: impl Into<String>) -> Finding {
    Finding { what, state, text: text.into(), hint: hint.into() }
}

pub fn run(places: &Places, args: &DoctorArgs) -> Result<Exit, Failure> {
    let around = Surroundings::read();
    let session = session::session(places, None);
    let runtime = session::runtime()?;
    let mut findings = vec![terminal(&around), clipboard(&around)];
    runtime.block_on(async {
        findings.extend(stores(&session).await);
        findings.push(directory(places));
        findings.push(clock(&session));
        if let Some(host) = &args.host {
            findings.push(reach(&session, host).await);
        }
    });
    runtime.shutdown_background();
    findings.extend(environment(&around));
    for f in &findings {
        if args.json {
            say!("{}", json!({ "what": f.what, "state": f.state.word(), "text": f.text, "hint": f.hint }));
        } else {
            say!("{:<10} {:<5} {}", f.what, f.state.word(), f.text);
            if !f.hint.is_empty() {
                say!("{:<10} {:<5} → {}", "", "", f.hint);
            }
        }
    }
    Ok(Exit::Done)
}

fn terminal(around: &Surroundings) -> Finding {
    const WHAT: &str = "terminal";
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        let hint = "the workbench needs one; countersign run works without";
        return finding(WHAT, State::Note, "standard input or output is none", hint);
    }
    let size = tui::terminal_size();
    let term = crate::text::clean(&around.term).into_owned();
    let text = format!("{term}, {}×{}{}", size.width, size.height, if around.tmux { ", in tmux" } else { "" });
    match around.utf8 {
        true => finding(WHAT, State::Ok, text, ""),
        false => finding(WHAT, State::Note, format!("{text}, no UTF-8 locale"), "start it with --ascii"),
    }
}

/// On a thread that is left behind where the display server does not answer.
#[expect(clippy::disallowed_methods, reason = "the program ends soon, and the thread with it")]
fn clipboard(around: &Surroundings) -> Finding {
    const WHAT: &str = "clipboard";
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || tell.send(tui::clipboard::probe()));
    let tmux = if around.tmux { "; tmux passes it on with `set -g set-clipboard on`" } else { "" };
    let instead = format!("copies go through the terminal (OSC 52) instead, or to a private file{tmux}");
    match told.recv_timeout(CLIPBOARD_WITHIN) {
        Ok(Ok(())) if around.ssh => finding(WHAT, State::Note, "this machine has one, and you are at another", instead),
        Ok(Ok(())) => finding(WHAT, State::Ok, "the system's", ""),
        Ok(Err(why)) => finding(WHAT, State::No, crate::text::clean(&why), instead),
        Err(_) => finding(WHAT, State::No, "the display server does not answer", instead),
    }
}

async fn stores(session: &Session) -> Vec<Finding> {
    let listed = session.stores.list().await;
    let line = |listing: crate::keys::Listing| match listing.keys {
        // files are named, not looked for
        Ok(_) if listing.scheme == "file" => {
            finding(listing.scheme, State::Ok, "PEM, JWK, JWK Set, PKCS#12, encrypted PKCS#8", "")
        }
        Ok(keys) => {
            let hint = match listing.scheme {
                "pkcs11" => {
                    "its modules run inside this process: one that hangs is given up, one that crashes takes the program along"
                }
                _ => "",
            };
            finding(listing.scheme, State::Ok, format!("{} keys", keys.len()), hint)
        }
        // it is there, and opens for who knows how
        Err(e) if e.id == "key.locked" => finding(listing.scheme, State::Ok, e.text, e.hint),
        Err(e) => finding(listing.scheme, State::No, e.text, e.hint),
    };
    listed.into_iter().filter(|l| l.scheme != "memory").map(line).collect()
}

fn directory(places: &Places) -> Finding {
    const WHAT: &str = "data";
    let Some(dir) = &places.data else {
        return finding(WHAT, State::No, "no home directory was found, so nothing is kept", "give one with --data-dir");
    };
    let shown = crate::text::clean(&dir.display().to_string()).into_owned();
    let Ok(meta) = std::fs::metadata(dir) else {
        return finding(WHAT, State::Ok, format!("{shown}, made when something is first kept"), "");
    };
    if !meta.is_dir() {
        return finding(WHAT, State::No, format!("{shown} is no directory"), "give another with --data-dir");
    }
    if open_to_others(&meta) {
        return finding(WHAT, State::Note, format!("{shown} can be read by other users"), format!("chmod 700 {shown}"));
    }
    finding(WHAT, State::Ok, shown, "")
}

#[cfg(unix)]
fn open_to_others(meta: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    meta.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn open_to_others(_: &std::fs::Metadata) -> bool {
    false
}

fn clock(session: &Session) -> Finding {
    let hint = "compare it with a bank's: countersign doctor --host HOST";
    finding(
        "clock",
        State::Note,
        format!("{}, not compared", crate::inspect::moment(session.clock.now().seconds())),
        hint,
    )
}

/// One GET without credentials: whether the host is reached and trusted from here, and how far its clock is from ours.
async fn reach(session: &Session, host: &str) -> Finding {
    const WHAT: &str = "host";
    let refused = |e: crate::flow::exchange::NetError| finding(WHAT, State::No, e.text, e.hint);
    let network = match Network::new(NetConfig::new(session.clock.clone())) {
        Ok(network) => network,
        Err(e) => return refused(e),
    };
    let url = if host.contains("://") { host.to_owned() } else { format!("https://{host}/") };
    let fetched = match network.fetch(&url).await {
        Ok(fetched) => fetched,
        Err(e) => return refused(e),
    };
    let answered = format!("{} answers {}", crate::text::clean(host), fetched.status);
    match fetched.date.map(|theirs| session.clock.now().seconds() - theirs) {
        None => finding(WHAT, State::Note, format!("{answered}, without a Date"), ""),
        Some(off) if off.abs() <= SKEW => {
            finding(WHAT, State::Ok, format!("{answered}; clocks agree within {SKEW} s"), "")
        }
        Some(off) => {
            let side = if off > 0 { "ahead of" } else { "behind" };
            let text = format!("{answered}; this clock is {} s {side} its own", off.abs());
            finding(WHAT, State::No, text, "set this machine's clock: banks refuse JWTs by iat and exp")
        }
    }
}

fn environment(around: &Surroundings) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !around.proxies.is_empty() {
        let text = format!("{} is set, and not used: requests go straight to the bank", around.proxies.join(", "));
        findings.push(finding(
            "proxy",
            State::Note,
            text,
            "a machine that only reaches banks through a proxy cannot use this program yet",
        ));
    }
    if around.key_log {
        let text = "SSLKEYLOGFILE is set; this program writes no TLS secrets, others may";
        findings.push(finding("key log", State::Note, text, "unset it where you work with production credentials"));
    }
    findings
}
