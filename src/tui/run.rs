//! The loop: waits for the terminal, the shell, a signal, or a second while something counts; then updates and draws once.

use std::io;
use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use super::app::App;
use super::background::{Answer, Heard, QUESTION};
use super::body;
use super::clipboard::{self, CLEAR_SECONDS, Native, Ways};

use super::message::{Command, CopyRequest, Message, Route};
use super::terminal::Taken;
use crate::clock::Clock;
use crate::secret::Class;

/// The shell's end of the conversation.
pub struct Channels {
    pub commands: UnboundedSender<Command>,
    pub messages: UnboundedReceiver<Message>,
    /// For answers that the loop itself waits for (a copy, the rows of a large body).
    pub back: UnboundedSender<Message>,
}

/// How the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Quit,
    /// TERM, HUP, INT or QUIT came.
    Signal,
}

enum Happened {
    Messages(Vec<Message>),
    /// The system's clipboard did not take it.
    NotCopied(CopyRequest),
    Signal,
    /// The terminal is gone.
    Gone,
}

impl Happened {
    fn message(message: Message) -> Self {
        Self::Messages(vec![message])
    }
}

/// The workbench with its first picture on the screen. Keys that were typed before wait in the terminal.
pub struct Opened {
    app: App,
    terminal: Taken,
    clock: Arc<dyn Clock>,
}

/// Takes the terminal and draws, before anything else is begun.
pub fn open(mut app: App, clock: Arc<dyn Clock>) -> io::Result<Opened> {
    let mut terminal = Taken::take(app.settings.mouse)?;
    terminal.draw(&app, clock.now())?;
    app.take_changed();
    Ok(Opened { app, terminal, clock })
}

/// Goes on until a person or a signal ends it.
pub async fn run(opened: Opened, mut channels: Channels, ways: Ways) -> io::Result<Ended> {
    let Opened { mut app, mut terminal, clock } = opened;
    let mut signals = Signals::listen()?;
    let mut answer = Answer::default();
    if app.settings.follow {
        terminal.sequence(QUESTION)?;
        answer = Answer::asked();
    }
    let (mut events, handled) = read_events();
    let (undelivered, mut returned) = tokio::sync::mpsc::unbounded_channel();
    let native = Native::default();
    // what the app wanted before anything happened
    let first = app.open(clock.now());
    let mut copier = Copier { ways, native: native.clone(), back: channels.back.clone(), undelivered };
    if let Some(end) = carry_out(first, &mut app, &mut terminal, &mut copier, &channels, clock.as_ref())? {
        return Ok(end);
    }
    let mut taken = 0;
    let end = 'run: loop {
        if app.take_changed() {
            terminal.draw(&app, clock.now())?;
        }
        if taken > 0 {
            // the thread may be gone by now
            let _ = handled.send(std::mem::take(&mut taken));
        }
        let tick = app.next_tick(clock.now());
        let (happened, from_terminal) = tokio::select! {
            event = events.recv() => (input(event, &mut answer), true),
            message = channels.messages.recv() => (message.map_or(Happened::Gone, Happened::message), false),
            Some(request) = returned.recv() => (Happened::NotCopied(request), false),
            () = signals.any() => (Happened::Signal, false),
            () = tokio::time::sleep(tick.unwrap_or_default()), if tick.is_some() => {
                (Happened::message(Message::Tick), false)
            }
        };
        let mut next = Some((happened, from_terminal));
        // everything that is there already is taken in before one picture is drawn
        while let Some((happened, from_terminal)) = next {
            let commands = match happened {
                Happened::Messages(messages) => {
                    messages.into_iter().flat_map(|message| app.update(message, clock.now())).collect()
                }
                Happened::NotCopied(request) => app.update(copier.by_terminal(&request, &mut terminal), clock.now()),
                Happened::Signal => break 'run Ended::Signal,
                Happened::Gone => break 'run Ended::Signal,
            };
            if let Some(end) = carry_out(commands, &mut app, &mut terminal, &mut copier, &channels, clock.as_ref())? {
                break 'run end;
            }
            taken += usize::from(from_terminal);
            next = events.try_recv().ok().map(|event| (input(Some(event), &mut answer), true));
            if next.is_none() {
                next = channels.messages.try_recv().ok().map(|message| (Happened::message(message), false));
            }
        }
    };
    native.clear();
    Ok(end)
}

/// The terminal's events, from a thread that blocks on them: crossterm's own stream forgets its waker when it is looked
/// at without waiting, and draining it needs just that. The thread ends with the terminal or the program.
///
/// Between bursts it reads on only when what it gave was handled and drawn, which it is told: an editor that is started
/// meanwhile has the keys for itself.
#[expect(
    clippy::disallowed_methods,
    reason = "a blocking read that lasts as long as the program; nothing waits for its end"
)]
fn read_events() -> (UnboundedReceiver<io::Result<crossterm::event::Event>>, std::sync::mpsc::Sender<usize>) {
    let (heard, events) = tokio::sync::mpsc::unbounded_channel();
    let (handled, is_handled) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut open = 0_usize;
        loop {
            let event = crossterm::event::read();
            let gone = event.is_err();
            if heard.send(event).is_err() || gone {
                return;
            }
            open += 1;
            while open > 0 && !crossterm::event::poll(AT_HAND).unwrap_or(true) {
                let Ok(handled) = is_handled.recv() else { return };
                open -= handled;
            }
        }
    });
    (events, handled)
}

/// As long as it is looked whether more keys are there already. With no time at all crossterm does not look: 200 keys at
/// once would be 200 pictures.
const AT_HAND: std::time::Duration = std::time::Duration::from_micros(20);

fn input(event: Option<io::Result<crossterm::event::Event>>, answer: &mut Answer) -> Happened {
    match event {
        Some(Ok(event)) => match answer.hear(event) {
            Heard::Events(events) => Happened::Messages(events.into_iter().map(Message::Input).collect()),
            Heard::Part => Happened::Messages(Vec::new()),
            Heard::Background { light } => Happened::message(Message::Background { light }),
        },
        Some(Err(_)) | None => Happened::Gone,
    }
}

/// Does what concerns the terminal; the rest is the shell's.
fn carry_out(
    commands: Vec<Command>,
    app: &mut App,
    terminal: &mut Taken,
    copier: &mut Copier,
    channels: &Channels,
    clock: &dyn Clock,
) -> io::Result<Option<Ended>> {
    let mut open = commands;
    while !open.is_empty() {
        for command in std::mem::take(&mut open) {
            match command {
                Command::Quit => return Ok(Some(Ended::Quit)),
                Command::Suspend => {
                    terminal.suspend()?;
                    open.extend(app.update(Message::Resumed, clock.now()));
                }
                Command::Editor { what, text } => {
                    let (program, suffix) = (copier.ways.editor.clone(), what.suffix());
                    let result = terminal.outside(|| crate::shell::edit(program.as_deref(), suffix, text.expose()))?;
                    open.extend(app.update(Message::Edited { what, result }, clock.now()));
                }
                Command::Redraw => terminal.clear()?,
                Command::Mouse(on) => terminal.mouse(on)?,
                Command::ClearClipboard => copier.clear(),
                Command::Copy(request) => {
                    if let Some(message) = copier.copy(request, terminal) {
                        open.extend(app.update(message, clock.now()));
                    }
                }
                Command::Index { key, source, redactor } => {
                    let back = channels.back.clone();
                    tokio::task::spawn_blocking(move || {
                        let rows = body::count(&key, &source, &redactor);
                        // the screen may be gone by then
                        let _ = back.send(Message::Indexed { key, rows });
                    });
                }
                Command::Pick(pick) => {
                    let back = channels.back.clone();
                    tokio::task::spawn_blocking(move || {
                        let _ = back.send(Message::Picked(pick.run()));
                    });
                }
                Command::Search(search) => {
                    let back = channels.back.clone();
                    tokio::task::spawn_blocking(move || {
                        search.run(|portion| {
                            let (key, needle) = (search.key, search.needle.clone());
                            let _ = back.send(Message::Searched { key, needle, portion });
                        });
                    });
                }
                // the shell may be gone: then the loop is about to end
                command => drop(channels.commands.send(command)),
            }
        }
    }
    Ok(None)
}

struct Copier {
    ways: Ways,
    native: Native,
    back: UnboundedSender<Message>,
    undelivered: UnboundedSender<CopyRequest>,
}

impl Copier {
    /// Starts a copy; an answer that is known at once is given back.
    fn copy(&self, request: CopyRequest, terminal: &mut Taken) -> Option<Message> {
        if self.ways.remote {
            return Some(self.by_terminal(&request, terminal));
        }
        let (native, back, undelivered) = (self.native.clone(), self.back.clone(), self.undelivered.clone());
        let runtime = tokio::runtime::Handle::current();
        tokio::task::spawn_blocking(move || {
            if !native.set(&request) {
                let _ = undelivered.send(request);
                return;
            }
            if request.class == Class::Secret {
                runtime.spawn(async move {
                    tokio::time::sleep(std::time::Duration::from_secs(CLEAR_SECONDS)).await;
                    tokio::task::spawn_blocking(move || native.clear());
                });
            }
            let _ = back.send(Message::Copied(Ok(clipboard::report(&request, Route::Native))));
        });
        None
    }

    fn by_terminal(&self, request: &CopyRequest, terminal: &mut Taken) -> Message {
        let sent =
            clipboard::osc52(request.text.expose(), self.ways.wrap).is_some_and(|s| terminal.sequence(&s).is_ok());
        Message::Copied(if sent {
            Ok(clipboard::report(request, Route::Osc52(self.ways.wrap)))
        } else {
            clipboard::to_file(request, self.ways.folder.as_ref())
        })
    }

    fn clear(&self) {
        let native = self.native.clone();
        tokio::task::spawn_blocking(move || native.clear());
    }
}

/// The signals that end the program with the terminal restored.
struct Signals {
    #[cfg(unix)]
    all: Vec<tokio::signal::unix::Signal>,
}

impl Signals {
    #[cfg(unix)]
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt(), SignalKind::quit()];
        Ok(Self { all: kinds.into_iter().map(signal).collect::<io::Result<_>>()? })
    }

    #[cfg(unix)]
    async fn any(&mut self) {
        let waits = self.all.iter_mut().map(|s| Box::pin(s.recv()));
        futures_util::future::select_all(waits).await;
    }

    #[cfg(not(unix))]
    fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn any(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
