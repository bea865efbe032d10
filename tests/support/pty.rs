//! The real binary in a pseudo-terminal: keys go in, the emulated grid is what a person would see.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// How long anything may take before a test gives up on it.
const CEILING: Duration = Duration::from_mins(1);

/// Copies that the program handed to the terminal (OSC 52), as they came.
#[derive(Default)]
pub struct Copies(pub Vec<Vec<u8>>);

impl vt100::Callbacks for Copies {
    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
        self.0.push(data.to_vec());
    }
}

pub struct Terminal {
    pub emulator: vt100::Parser<Copies>,
    output: Receiver<Vec<u8>>,
    input: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    pub master: Box<dyn MasterPty + Send>,
    /// Every byte that came, for what must never be among them.
    pub raw: Vec<u8>,
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn emulator(columns: u16, rows: u16) -> vt100::Parser<Copies> {
    let n = |v| NonZeroU16::new(v).expect("a size");
    vt100::Parser::new_with_callbacks(n(rows), n(columns), 0, Copies::default())
}

impl Terminal {
    /// Starts a program as if over SSH, so that a copy takes the terminal's own way.
    pub fn start(program: &str, arguments: &[&str], columns: u16, rows: u16) -> Self {
        Self::start_with(program, arguments, &[], columns, rows)
    }

    /// The same, with more in its environment.
    pub fn start_with(program: &str, arguments: &[&str], env: &[(&str, &str)], columns: u16, rows: u16) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("SSH_TTY", "/dev/pts/0");
        for name in ["TMUX", "STY", "NO_COLOR", "DISPLAY", "WAYLAND_DISPLAY"] {
            command.env_remove(name);
        }
        for (name, value) in env {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave); // or the reader never sees the end
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let input = pair.master.take_writer().expect("a writer");
        let (sender, output) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65536];
            while let Ok(n) = reader.read(&mut buffer) {
                if n == 0 || sender.send(buffer[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { emulator: emulator(columns, rows), output, input, child, master: pair.master, raw: Vec::new() }
    }

    pub fn keys(&mut self, text: &str) -> &mut Self {
        self.input.write_all(text.as_bytes()).expect("keys are taken");
        self.input.flush().expect("keys are taken");
        self
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.emulator = emulator(columns, rows);
        self.master.resize(size(columns, rows)).expect("resized");
    }

    pub fn screen(&self) -> String {
        self.emulator.screen().contents()
    }

    fn take(&mut self, bytes: &[u8]) {
        self.raw.extend_from_slice(bytes);
        self.emulator.process(bytes);
    }

    /// Takes output as it comes until the screen holds the text.
    pub fn until(&mut self, text: &str) -> &mut Self {
        self.until_it(text, |s| s.contains(text))
    }

    pub fn until_it(&mut self, what: &str, holds: impl Fn(&str) -> bool) -> &mut Self {
        let end = Instant::now() + CEILING;
        while !holds(&self.screen()) {
            match self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("never saw “{what}”:\n{}", self.screen())
                }
            }
        }
        self
    }

    /// One more piece of output, if it comes within that time.
    pub fn next_output(&mut self, within: Duration) -> bool {
        match self.output.recv_timeout(within) {
            Ok(bytes) => {
                self.take(&bytes);
                true
            }
            Err(_) => false,
        }
    }

    pub fn process_id(&self) -> u32 {
        self.child.process_id().expect("a running program")
    }

    /// Waits for the end, taking in what is still said. One that does not come fails the test instead of holding it.
    pub fn end(&mut self) -> ExitStatus {
        loop {
            match self.output.recv_timeout(CEILING) {
                Ok(bytes) => self.take(&bytes),
                // its side of the terminal is closed: the program has ended, or is about to
                Err(RecvTimeoutError::Disconnected) => return self.child.wait().expect("the program ended"),
                Err(RecvTimeoutError::Timeout) => break,
            }
        }
        let _ = self.child.kill();
        panic!("the program does not end:\n{}", self.emulator.screen().contents());
    }

    /// Whether the program left the terminal as it found it: main screen, cursor shown, no mouse, no bracketed paste.
    pub fn is_restored(&self) -> bool {
        let screen = self.emulator.screen();
        !screen.alternate_screen()
            && !screen.hide_cursor()
            && !screen.bracketed_paste()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    }
}
