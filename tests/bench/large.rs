//! Large things, felt from outside in a pseudo-terminal, in one run beside `less`, `grep` and a minimal program: an answer
//! of 10 and of 50 MB until it shows, a key in it until the picture stands, a text found in it, memory at its most; and a
//! start with 1,000 saved profiles. Machines are noisy: the ratios count, not the figures.
//!
//!     cargo build --release --example hello && cargo bench --bench large
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement prints"
)]

#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "shared with the other benchmark")]
mod measure;
#[cfg(target_os = "linux")]
#[path = "../support/pty.rs"]
#[allow(dead_code, reason = "shared with the terminal tests")]
mod pty;

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("large: measures through /proc, so on Linux only");
}

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fmt::Write as _;
    use std::io::{BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};
    use std::path::Path;
    use std::process::Command;
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    use super::measure::{machine, median, memory, p99, saved_profiles};
    use super::pty::Terminal;

    const ROUNDS: usize = 5;
    const KEYS: usize = 60;
    const PAGE_DOWN: &str = "\x1b[6~";
    const PAGE_UP: &str = "\x1b[5~";
    const SIZES: [(&str, usize); 2] = [("10 MB", 10_000_000), ("50 MB", 50_000_000)];

    /// A list of small objects, a member on each line, as less needs it; the last holds the word that is searched for.
    fn body(bytes: usize) -> String {
        let mut out = String::with_capacity(bytes + 200);
        out.push_str("[\n");
        let mut id = 0;
        while out.len() < bytes {
            let more = format!(
                "  {{\n    \"id\": {id},\n    \"name\": \"account {id} of somebody\",\n    \"balance\": {id}.25,\n    \"open\": true\n  }},\n"
            );
            out.push_str(&more);
            id += 1;
        }
        out.push_str("  {\n    \"id\": -1,\n    \"name\": \"haystack-needle\"\n  }\n]\n");
        out
    }

    /// Answers `GET /N` with the N-th body, and says when its last byte was handed to the system.
    struct Server {
        port: u16,
        served: Arc<Mutex<Option<Instant>>>,
    }

    impl Server {
        fn start(bodies: Vec<String>) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
            let port = listener.local_addr().expect("an address").port();
            let served = Arc::new(Mutex::new(None));
            let told = Arc::clone(&served);
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    answer(stream, &bodies);
                    *told.lock().unwrap() = Some(Instant::now());
                }
            });
            Self { port, served }
        }
    }

    fn answer(stream: TcpStream, bodies: &[String]) {
        let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
        let mut line = String::new();
        reader.read_line(&mut line).expect("a request");
        let n: usize = line.split(['/', ' ']).find_map(|part| part.parse().ok()).unwrap_or(0);
        let mut header = String::new();
        while reader.read_line(&mut header).is_ok_and(|n| n > 2) {
            header.clear();
        }
        let mut stream = stream;
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
        write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n", bodies[n].len()).expect("written");
        stream.write_all(bodies[n].as_bytes()).expect("written");
    }

    fn profile(port: u16) -> String {
        let mut out = format!(
            "schema = 1\nid = \"bench\"\nname = \"Bench\"\nhosts = [\"127.0.0.1:{port}\"]\n[environments.local]\nlabel = \"local\"\n"
        );
        for (n, (title, _)) in SIZES.iter().enumerate() {
            // writing to a String cannot fail
            let _ = write!(
                out,
                "[[flow]]\nid = \"fetch-{n}\"\ntitle = \"Fetch {title}\"\n[[flow.step]]\nid = \"get\"\ntitle = \"Get it\"\n[flow.step.http]\nmethod = \"GET\"\nurl = \"http://127.0.0.1:{port}/{n}\"\n"
            );
        }
        out
    }

    #[derive(Default)]
    struct Figures {
        /// From the key that sends it, or the start of the program.
        shown: Vec<f64>,
        /// From the last byte that the server gave away.
        after: Vec<f64>,
        keys: Vec<f64>,
        found: Vec<f64>,
        memory: Vec<f64>,
    }

    fn ms(from: Instant) -> f64 {
        from.elapsed().as_secs_f64() * 1000.0
    }

    /// Each key until something is drawn.
    fn scroll(terminal: &mut Terminal, keys: &[&str], into: &mut Vec<f64>) {
        while terminal.next_output(Duration::from_millis(200)) {}
        for n in 0..KEYS {
            let key = Instant::now();
            terminal.keys(keys[n * keys.len() / KEYS]);
            assert!(terminal.next_output(Duration::from_secs(10)), "a key is answered");
            into.push(ms(key));
            while terminal.next_output(Duration::from_millis(4)) {}
        }
    }

    fn ours(program: &str, dir: &str, server: &Server, title: &str, out: &mut Figures) {
        let mut terminal = Terminal::start(program, &["--data-dir", dir], 120, 35);
        terminal.until("SANDBOX");
        // the filter finds the flow, Enter keeps it, another starts it
        terminal
            .keys(&format!("/fetch {title}"))
            .until(&format!("not started: Fetch {title}"))
            .keys("\r")
            .until("Esc clears");
        terminal.keys("\r").until("Enter builds it").keys("\r").until("not sent yet");
        let sent = Instant::now();
        terminal.keys("\r").until("\"id\": 0,");
        out.shown.push(ms(sent));
        let served = server.served.lock().unwrap().take();
        out.after.push(served.map_or(0.0, ms));
        terminal.until_it("all of it is counted", |s| !s.contains("counting the rest"));
        scroll(&mut terminal, &[PAGE_DOWN, PAGE_DOWN], &mut out.keys);
        terminal.keys("3G");
        scroll(&mut terminal, &[PAGE_UP, PAGE_DOWN], &mut out.keys);
        terminal.keys("g").keys("/haystack-needle");
        while terminal.next_output(Duration::from_millis(100)) {}
        let asked = Instant::now();
        terminal.keys("\r").until("needle 1/1");
        out.found.push(ms(asked));
        out.memory.push(memory(terminal.process_id(), "VmHWM"));
        terminal.keys("\x1b").keys("qqqq");
        terminal.end();
    }

    fn less(file: &Path, out: &mut Figures) {
        let start = Instant::now();
        let mut terminal = Terminal::start("less", &[file.to_str().expect("a path")], 120, 35);
        terminal.until("\"id\": 0,");
        out.shown.push(ms(start));
        scroll(&mut terminal, &[PAGE_DOWN, PAGE_DOWN], &mut out.keys);
        let asked = Instant::now();
        terminal.keys("/haystack-needle\r").until_it("the match", |s| s.contains("haystack-needle\"\n"));
        out.found.push(ms(asked));
        out.memory.push(memory(terminal.process_id(), "VmHWM"));
        terminal.keys("q");
        terminal.end();
    }

    fn hello(program: &str, out: &mut Figures) {
        let mut terminal = Terminal::start(program, &[], 120, 35);
        terminal.until("bank connection 5");
        scroll(&mut terminal, &["j", "k"], &mut out.keys);
        terminal.keys("q");
        terminal.end();
    }

    fn grep(file: &Path, out: &mut Figures) {
        let start = Instant::now();
        let status = Command::new("grep").arg("-ci").arg("haystack-needle").arg(file).output();
        assert!(status.is_ok_and(|o| o.status.success()), "grep is here");
        out.found.push(ms(start));
    }

    pub fn main() {
        let ours_at = env!("CARGO_BIN_EXE_countersign");
        let hello_at = Path::new(ours_at).parent().expect("a folder").join("examples/hello");
        assert!(hello_at.exists(), "build the minimal program first: cargo build --release --example hello");
        let hello_at = hello_at.to_str().expect("a path").to_owned();
        println!("{}", machine());
        let folder = tempfile::tempdir().expect("a folder");
        let dir = folder.path().to_str().expect("a path").to_owned();
        std::fs::create_dir_all(folder.path().join("profiles")).expect("a folder");
        let bodies: Vec<String> = SIZES.iter().map(|(_, bytes)| body(*bytes)).collect();
        let files: Vec<_> = SIZES.iter().enumerate().map(|(n, _)| folder.path().join(format!("{n}.json"))).collect();
        for (file, body) in files.iter().zip(&bodies) {
            std::fs::write(file, body).expect("written");
        }
        let server = Server::start(bodies);
        std::fs::write(folder.path().join("profiles/bench.toml"), profile(server.port)).expect("written");
        println!("{:<40}{:>14}{:>14}{:>14}{:>14}", "", "countersign", "less", "hello", "grep -i");
        for (n, (title, bytes)) in SIZES.iter().enumerate() {
            let (mut us, mut them, mut floor, mut search) =
                (Figures::default(), Figures::default(), Figures::default(), Figures::default());
            for _ in 0..ROUNDS {
                ours(ours_at, &dir, &server, title, &mut us);
                less(&files[n], &mut them);
                hello(&hello_at, &mut floor);
                grep(&files[n], &mut search);
            }
            let line = |what: &str, cells: [Option<f64>; 4], unit: &str| {
                let cells = cells.map(|c| c.map_or_else(String::new, |v| format!("{v:.1} {unit}")));
                println!(
                    "{:<40}{:>14}{:>14}{:>14}{:>14}",
                    format!("{title}: {what}"),
                    cells[0],
                    cells[1],
                    cells[2],
                    cells[3]
                );
            };
            line(
                "key or start to visible, median",
                [Some(median(&mut us.shown)), Some(median(&mut them.shown)), None, None],
                "ms",
            );
            line("visible after its fetch, median", [Some(median(&mut us.after)), None, None, None], "ms");
            line(
                "scroll key to frame, median",
                [Some(median(&mut us.keys)), Some(median(&mut them.keys)), Some(median(&mut floor.keys)), None],
                "ms",
            );
            line(
                "scroll key to frame, p99",
                [Some(p99(&mut us.keys)), Some(p99(&mut them.keys)), Some(p99(&mut floor.keys)), None],
                "ms",
            );
            line(
                "last line found, median",
                [Some(median(&mut us.found)), Some(median(&mut them.found)), None, Some(median(&mut search.found))],
                "ms",
            );
            let most = median(&mut us.memory);
            line("memory at its most", [Some(most), Some(median(&mut them.memory)), None, None], "MB");
            println!(
                "{:<40}{:>13.2}×",
                format!("{title}: memory to body"),
                most * 1_048_576.0 / f64::from(u32::try_from(*bytes).unwrap())
            );
        }
        profiles(ours_at, &hello_at);
    }

    /// A start with nothing saved, with 1,000 saved profiles, and the minimal program's.
    fn profiles(ours: &str, hello: &str) {
        let (empty, full) = (saved_profiles(0), saved_profiles(1000));
        let mut first: [Vec<f64>; 3] = Default::default();
        let mut listed: [Vec<f64>; 2] = Default::default();
        for _ in 0..ROUNDS {
            for (n, (folder, there)) in [(&empty, "DNB"), (&full, "/101")].into_iter().enumerate() {
                let start = Instant::now();
                let dir = folder.path().to_str().expect("a path");
                let mut terminal = Terminal::start(ours, &["--data-dir", dir], 120, 35);
                terminal.until("4 Inspector");
                first[n].push(ms(start));
                terminal.until_it("the list", |s| s.contains(there));
                listed[n].push(ms(start));
                terminal.keys("q");
                terminal.end();
            }
            let start = Instant::now();
            let mut terminal = Terminal::start(hello, &[], 120, 35);
            terminal.until("bank connection 5");
            first[2].push(ms(start));
            terminal.keys("q");
            terminal.end();
        }
        println!("{:<40}{:>14}{:>14}{:>14}", "", "none saved", "1,000 saved", "hello");
        let [a, b, c] = first.each_mut().map(|all| median(all));
        println!("{:<40}{a:>11.1} ms{b:>11.1} ms{c:>11.1} ms", "start to first frame, median");
        let [a, b] = listed.each_mut().map(|all| median(all));
        println!("{:<40}{a:>11.1} ms{b:>11.1} ms", "start to the list of profiles, median");
    }
}
