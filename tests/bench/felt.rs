//! What a person feels, measured from outside in a pseudo-terminal, in one run beside a minimal program: time to the
//! first frame and to the first bank with 200 saved profiles, memory, wake-ups at rest, key to frame, many keys at once.
//! Machines are noisy: the ratios count, not the figures.
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
use measure::{cpu, machine, median, memory, p99, ran, saved_profiles, switches};

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("felt: measures through /proc, so on Linux only");
}

/// As many as a person's folder may hold.
#[cfg(target_os = "linux")]
const SAVED: usize = 200;

#[cfg(target_os = "linux")]
fn main() {
    let ours = env!("CARGO_BIN_EXE_countersign");
    let hello = std::path::Path::new(ours).parent().expect("a folder").join("examples/hello");
    assert!(hello.exists(), "build the minimal program first: cargo build --release --example hello");
    let hello = hello.to_str().expect("a path").to_owned();
    let folder = saved_profiles(SAVED);
    let dir = folder.path().to_str().expect("a path");
    println!("{}", machine());
    let (mut us, mut demo, mut them) = (Figures::default(), Figures::default(), Figures::default());
    for round in 0..7 {
        let last = round == 6;
        us.measure(ours, &["--data-dir", dir], ("4 Inspector", "DNB"), last);
        demo.measure(ours, &["demo"], ("4 Inspector", "DNB"), last);
        them.measure(&hello, &[], ("hello ready", "bank connection 5"), last);
    }
    println!("{:<34}{:>14}{:>14}{:>14}{:>8}", "", format!("{SAVED} saved"), "demo", "hello", "ratio");
    let mut all = [us, demo, them];
    let mut row = |what: &str, unit: &str, of: fn(&mut Figures) -> f64| {
        let [us, demo, them] = all.each_mut().map(of);
        let cell = |v: f64| format!("{v:.2} {unit}");
        println!("{what:<34}{:>14}{:>14}{:>14}{:>8.2}", cell(us), cell(demo), cell(them), us / them);
    };
    row("start to first frame, median", "ms", |f| median(&mut f.first));
    row("start to first bank, median", "ms", |f| median(&mut f.useful));
    row("CPU to the first frame, median", "ms", |f| median(&mut f.start_ran));
    row("resident memory at rest", "MB", |f| f.memory);
    row("of it the program's own", "MB", |f| f.own_memory);
    row("key to frame, median", "ms", |f| median(&mut f.keys));
    row("key to frame, p99", "ms", |f| p99(&mut f.keys));
    row("bytes per key, median", "B", |f| median(&mut f.bytes));
    row("CPU of 200 keys at once, median", "ms", |f| median(&mut f.burst));
    row("wake-ups in 10 s at rest", "", |f| f.wakeups);
    row("clock ticks in 10 s at rest", "", |f| f.ticks);
}

#[cfg(target_os = "linux")]
#[derive(Default)]
struct Figures {
    first: Vec<f64>,
    useful: Vec<f64>,
    start_ran: Vec<f64>,
    keys: Vec<f64>,
    bytes: Vec<f64>,
    burst: Vec<f64>,
    memory: f64,
    /// What no other program could share.
    own_memory: f64,
    wakeups: f64,
    ticks: f64,
}

#[cfg(target_os = "linux")]
impl Figures {
    fn measure(&mut self, program: &str, arguments: &[&str], (ready, useful): (&str, &str), rest: bool) {
        use std::time::{Duration, Instant};
        let ms = |from: Instant| from.elapsed().as_secs_f64() * 1000.0;
        let count = |n: u64| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
        let start = Instant::now();
        let mut terminal = pty::Terminal::start(program, arguments, 120, 35);
        let id = terminal.process_id();
        terminal.until(ready);
        self.first.push(ms(start));
        self.start_ran.push(ran(id));
        terminal.until(useful);
        self.useful.push(ms(start));
        while terminal.next_output(Duration::from_millis(300)) {}
        if rest {
            self.memory = memory(id, "VmRSS");
            self.own_memory = memory(id, "RssAnon");
            let (wakeups, ticks) = (switches(id), cpu(id));
            std::thread::sleep(Duration::from_secs(10)); // the measurement itself
            // a thread that ended meanwhile takes its count along
            self.wakeups = count(switches(id).saturating_sub(wakeups));
            self.ticks = count(cpu(id) - ticks);
        }
        for n in 0..40 {
            let (key, before) = (Instant::now(), terminal.raw.len());
            terminal.keys(if n % 2 == 0 { "j" } else { "k" });
            assert!(terminal.next_output(Duration::from_secs(5)), "a key is answered");
            self.keys.push(ms(key));
            while terminal.next_output(Duration::from_millis(5)) {}
            self.bytes.push(count((terminal.raw.len() - before) as u64));
        }
        let before = ran(id);
        terminal.keys(&"jk".repeat(100));
        while terminal.next_output(Duration::from_millis(100)) {}
        self.burst.push(ran(id) - before);
        terminal.keys("q").keys("q");
        terminal.end();
    }
}
