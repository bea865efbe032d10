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

#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "shared with the other benchmark")]
mod measure;

#[cfg(target_os = "linux")]
use measure::{cpu, median, memory, p99, switches};

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
            self.memory = memory(id, "VmRSS");
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
fn row(what: &str, us: f64, them: f64, unit: &str) {
    println!("{what:<34}{:>14}{:>14}{:>8.2}", format!("{us:.2} {unit}"), format!("{them:.2} {unit}"), us / them);
}
