//! Taking the terminal and giving it back: on quitting, on a signal, on a panic, around a suspension.

use std::io::{self, BufWriter, Stdout, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture,
};
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, execute, queue, terminal};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Size;

use super::app::App;
use super::link::Linked;
use super::screen;
use crate::time::Timestamp;

type Backend = CrosstermBackend<BufWriter<Stdout>>;

/// Whether the terminal is ours now; what restores it looks here.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The size at hand; a terminal that does not tell is taken for the smallest common one.
pub fn size() -> Size {
    terminal::size().map_or(Size::new(80, 24), |(width, height)| Size::new(width, height))
}

/// The terminal while it is ours. Dropping it gives it back.
pub struct Taken {
    terminal: ratatui::Terminal<Backend>,
    linked: Linked,
    mouse: bool,
    /// What the app took it for when the last picture was drawn.
    size: Option<Size>,
}

impl Taken {
    pub fn take(mouse: bool) -> io::Result<Self> {
        restore_on_panic();
        enter(mouse)?;
        Ok(Self { terminal: fresh()?, linked: Linked::default(), mouse, size: None })
    }

    /// One picture, shown at once: its bytes leave in one piece, and the cursor stays as hidden as it is.
    pub fn draw(&mut self, app: &App, now: Timestamp) -> io::Result<()> {
        // the app is told of every change
        if self.size.replace(app.size) != Some(app.size) {
            self.terminal.autoresize()?;
        }
        screen::view(app, &mut self.terminal.get_frame(), now);
        let mut link = Vec::new();
        let picture = self.terminal.current_buffer_mut();
        self.linked.draw(&mut CrosstermBackend::new(&mut link), picture, app.link(now).as_ref())?;
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.flush()?;
        let out = self.terminal.backend_mut();
        out.write_all(&link)?;
        queue!(out, EndSynchronizedUpdate)?;
        out.flush()?;
        self.terminal.swap_buffers();
        Ok(())
    }

    /// Every cell is drawn anew the next time.
    pub fn clear(&mut self) -> io::Result<()> {
        // ratatui's own way asks the terminal where the cursor is, and the answer would go to whoever reads the keys
        execute!(self.terminal.backend_mut(), terminal::Clear(terminal::ClearType::All))?;
        self.terminal = fresh()?;
        self.linked.clear();
        Ok(())
    }

    pub fn mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        let out = self.terminal.backend_mut();
        if on { execute!(out, EnableMouseCapture) } else { execute!(out, DisableMouseCapture) }
    }

    /// A sequence for the terminal itself (OSC 52).
    pub fn sequence(&mut self, bytes: &[u8]) -> io::Result<()> {
        let out = self.terminal.backend_mut();
        out.write_all(bytes)?;
        out.flush()
    }

    /// Gives the terminal back, stops the process as `^Z` does, and takes the terminal again when it goes on.
    #[cfg(unix)]
    pub fn suspend(&mut self) -> io::Result<()> {
        leave()?;
        let stopped = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP);
        enter(self.mouse)?;
        stopped.map_err(io::Error::from)?;
        self.clear()
    }

    #[cfg(not(unix))]
    pub fn suspend(&mut self) -> io::Result<()> {
        self.clear()
    }
}

impl Taken {
    /// Gives the terminal to something else while that runs, and takes it again.
    pub fn outside<T>(&mut self, other: impl FnOnce() -> T) -> io::Result<T> {
        leave()?;
        let out = other();
        enter(self.mouse)?;
        self.clear()?;
        Ok(out)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        // a terminal that is gone cannot be restored, and nobody is left to be told
        let _ = leave();
    }
}

fn fresh() -> io::Result<ratatui::Terminal<Backend>> {
    ratatui::Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(1 << 16, io::stdout())))
}

fn enter(mouse: bool) -> io::Result<()> {
    terminal::enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mut out = io::stdout();
    execute!(out, EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange, cursor::Hide)?;
    if mouse { execute!(out, EnableMouseCapture) } else { Ok(()) }
}

/// Safe to call twice; only the first does anything.
fn leave() -> io::Result<()> {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    let mut out = io::stdout();
    let shown = execute!(
        out,
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    terminal::disable_raw_mode().and(shown)
}

/// A panic gives the terminal back before anything is said.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let _ = leave();
            before(info);
        }));
    });
}
