//! What a person feels, measured from outside in a pseudo-terminal, in one run beside a minimal program: time to the
//! first frame, memory, wake-ups at rest, key to frame. Machines are noisy: the ratios count, not the figures.
//!
//!     cargo build --release --example hello && cargo bench --bench felt
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement prints"
)]

#[cfg(target_os = "linux")]
#[path = "../support/pty.rs"]
#[allow(dead_code, reason = "shared with the terminal tests")]
mod pty;

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("felt: measures through /proc, so on Linux only");
}

#[cfg(target_os = "linux")]
fn main() {
    let ours = env!("CARGO_BIN_EXE_countersign");
    let hello = std::path::Path::new(ours).parent().expect("a folder").join("examples/hello");
    assert!(hello.exists(), "build the minimal program first: cargo build --release --example hello");
    let hello = hello.to_str().expect("a path").to_owned();
    let (mut us, mut them) = (Figures::default(), Figures::default());
    for round in 0..7 {
        us.measure(ours, &["demo"], "4 Inspector", round == 6);
        them.measure(&hello, &[], "bank connection 5", round == 6);
    }
    println!("{:<34}{:>14}{:>14}{:>8}", "", "countersign", "hello", "ratio");
    row("start to first frame, median", median(&mut us.first), median(&mut them.first), "ms");
    row("resident memory at rest", us.memory, them.memory, "MB");
    row("key to frame, median", median(&mut us.keys), median(&mut them.keys), "ms");
    row("key to frame, p99", p99(&mut us.keys), p99(&mut them.keys), "ms");
    println!("{:<34}{:>14}{:>14}", "wake-ups in 10 s at rest", us.wakeups, them.wakeups);
    println!("{:<34}{:>14}{:>14}", "clock ticks in 10 s at rest", us.ticks, them.ticks);
}

#[cfg(target_os = "linux")]
#[derive(Default)]
struct Figures {
    first: Vec<f64>,
    keys: Vec<f64>,
    memory: f64,
    wakeups: u64,
    ticks: u64,
}

#[cfg(target_os = "linux")]
impl Figures {
    fn measure(&mut self, program: &str, arguments: &[&str], ready: &str, rest: bool) {
        use std::time::{Duration, Instant};
        let start = Instant::now();
        let mut terminal = pty::Terminal::start(program, arguments, 120, 35);
        terminal.until(ready);
        self.first.push(start.elapsed().as_secs_f64() * 1000.0);
        let id = terminal.process_id();
        while terminal.next_output(Duration::from_millis(300)) {}
        if rest {
            self.memory = memory(id);
            let (wakeups, ticks) = (switches(id), cpu(id));
            std::thread::sleep(Duration::from_secs(10)); // the measurement itself
            // a thread that ended meanwhile takes its count along
            self.wakeups = switches(id).saturating_sub(wakeups);
            self.ticks = cpu(id) - ticks;
        }
        for n in 0..40 {
            let key = Instant::now();
            terminal.keys(if n % 2 == 0 { "j" } else { "k" });
            assert!(terminal.next_output(Duration::from_secs(5)), "a key is answered");
            self.keys.push(key.elapsed().as_secs_f64() * 1000.0);
            while terminal.next_output(Duration::from_millis(5)) {}
        }
        terminal.keys("q").keys("q");
        terminal.end();
    }
}

#[cfg(target_os = "linux")]
fn status(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find(|l| l.starts_with(name)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)
}

#[cfg(target_os = "linux")]
fn memory(id: u32) -> f64 {
    f64::from(u32::try_from(status(&format!("/proc/{id}/status"), "VmRSS")).unwrap_or(u32::MAX)) / 1024.0
}

/// Voluntary context switches of every thread: each is a wake-up.
#[cfg(target_os = "linux")]
fn switches(id: u32) -> u64 {
    let threads = std::fs::read_dir(format!("/proc/{id}/task")).expect("a running program");
    threads.flatten().map(|t| status(&format!("{}/status", t.path().display()), "voluntary_ctxt_switches")).sum()
}

/// User and system time in clock ticks.
#[cfg(target_os = "linux")]
fn cpu(id: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    [11, 12].iter().filter_map(|i| fields.get(*i)?.parse::<u64>().ok()).sum()
}

#[cfg(target_os = "linux")]
fn median(all: &mut [f64]) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

#[cfg(target_os = "linux")]
fn p99(all: &mut [f64]) -> f64 {
    all.sort_by(f64::total_cmp);
    all[(all.len() * 99 / 100).min(all.len() - 1)]
}

#[cfg(target_os = "linux")]
fn row(what: &str, us: f64, them: f64, unit: &str) {
    println!("{what:<34}{:>14}{:>14}{:>8.2}", format!("{us:.2} {unit}"), format!("{them:.2} {unit}"), us / them);
}
