//! The workbench: the screen on top of a session. What the screen wants of the shell is done here.

mod listed;
mod looked;

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::Arc;

use futures_util::stream::StreamExt;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;

use super::args::Screen;
use super::exit::{Exit, Failure};
use super::on_screen::OnScreen;
use super::session;
use crate::config::{self, Complaint, Desktop, Places, Surroundings};
use crate::flow::Pace;
use crate::flow::view::RunView;
use crate::keys::Unlock;
use crate::shell::{Order, Performer, Prepared, Problem, ProfileDone, Recorded, Session, SystemBrowser};
use crate::store::{load_settings, profiles_stamp};
use crate::tui::clipboard::Ways;
use crate::tui::{
    self, App, Channels, Command, Ended, Engine, Keymap, Look, Message, Notice, NoticeTone, Number, Settings, Theme,
    Wrap,
};
use listed::{list_profiles, reloaded};
use looked::{Question, look};

/// A file of keys that is all wrong does not fill the log.
const MOST_COMPLAINTS: usize = 20;

#[expect(clippy::disallowed_methods, reason = "the shell of one screen, aborted with it")]
pub fn open(places: &Places, demo: bool, screen: Screen) -> Result<Exit, Failure> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Failure::usage(
            "the workbench needs a terminal",
            "without one: countersign run PROFILE FLOW --env ENV",
        ));
    }
    let around = Surroundings::read();
    // what is wrong in it is told by the session
    let (chosen, _) = load_settings(places);
    let (theme, follow) = match chosen.theme {
        config::Theme::Auto => (Theme::Plain, around.many_colors && !around.no_color),
        config::Theme::Plain => (Theme::Plain, false),
        config::Theme::Dark => (Theme::Dark, false),
        config::Theme::Light => (Theme::Light, false),
    };
    let (keymap, mut wrong) = super::keymap::load(places)
        .unwrap_or_else(|e| (Keymap::default(), vec![Complaint { text: e.text, hint: e.hint }]));
    wrong.truncate(MOST_COMPLAINTS);
    // the demo keeps nothing, and reads nothing but how the screen is to be
    let places = if demo { Places::nowhere() } else { places.clone() };
    let settings = Settings {
        look: Look { color: !around.no_color, ascii: screen.ascii || chosen.ascii, theme },
        follow,
        size: tui::terminal_size(),
        mouse: true,
        reveal: !screen.no_reveal,
        demo,
        zone: crate::clock::zone,
    };
    let wrap = match (around.tmux, around.screen) {
        (true, _) => Wrap::Tmux,
        (_, true) => Wrap::Screen,
        _ => Wrap::None,
    };
    let ways =
        Ways { remote: around.ssh, wrap, folder: places.data.clone().filter(|d| d.is_dir()), editor: around.editor };
    let unusable = |e: std::io::Error| {
        Failure::usage(format!("the terminal could not be used: {e}"), "try another terminal, or countersign run")
    };
    let mut app = App::new(settings);
    app.keymap = keymap;
    // nothing else is needed for the first picture
    let opened = tui::open(app, session::clock()).map_err(unusable)?;
    let runtime = session::runtime()?;
    let ended = runtime.block_on(async {
        let (commands, wanted) = unbounded_channel();
        let (messages, answers) = unbounded_channel();
        let shell = tokio::spawn(serve(places, demo, wanted, messages.clone()));
        for Complaint { text, hint } in wrong {
            send(&messages, Message::Notice(Notice::new(NoticeTone::Warn, format!("{text} ({hint})"))));
        }
        let channels = Channels { commands, messages: answers, back: messages };
        let ended = tui::run(opened, channels, ways).await;
        shell.abort();
        ended
    });
    // a name lookup or a clipboard that hangs must not keep the program
    runtime.shutdown_background();
    match ended {
        Ok(Ended::Quit) => Ok(Exit::Done),
        Ok(Ended::Signal) => Ok(Exit::Cancelled),
        Err(e) => Err(unusable(e)),
    }
}

/// The shell's side: profiles first, then one command after the other, each long one on its own task.
async fn serve(places: Places, demo: bool, mut wanted: UnboundedReceiver<Command>, out: UnboundedSender<Message>) {
    let person = OnScreen::new(out.clone());
    let unlock: Option<Arc<dyn Unlock>> = if demo { None } else { Some(person.clone()) };
    let made = tokio::task::spawn_blocking(move || session::session_quietly(&places, unlock));
    let Ok((session, problems)) = made.await else { return };
    for problem in problems {
        send(&out, Message::Notice(Notice::new(NoticeTone::Warn, format!("{}: {}", problem.text, problem.hint))));
    }
    let mut session = session;
    session.browser = Arc::new(SystemBrowser::new(Desktop::read()));
    session.on_call = true;
    let mut stamp = profiles_stamp(&session.places);
    let mut session = Arc::new(session);
    let (listed, to_screen) = (session.clone(), out.clone());
    tokio::task::spawn_blocking(move || list_profiles(&listed, &to_screen));
    let mut running = Running { person, runs: BTreeMap::new(), orders: BTreeMap::new() };
    let (prepared, mut ready) = unbounded_channel::<(Number, Result<Prepared, Problem>)>();
    loop {
        tokio::select! {
            command = wanted.recv() => match command {
                Some(Command::Profile { number, order }) => {
                    let result = session.with_profiles(order);
                    let wrote = result.as_ref().is_ok_and(ProfileDone::wrote);
                    let result = result.map_err(|p| tui::Problem::new("profile", p.text, p.hint));
                    send(&out, Message::ProfileDone { number, result });
                    if wrote {
                        session = reloaded(&session, &out);
                        stamp = profiles_stamp(&session.places);
                    }
                }
                Some(Command::LookAtProfiles) => {
                    let seen = profiles_stamp(&session.places);
                    if seen != stamp {
                        stamp = seen;
                        session = reloaded(&session, &out);
                        let text = "your profiles had changed: they were read again";
                        send(&out, Message::Notice(Notice::new(NoticeTone::Plain, text)));
                    }
                }
                Some(command) => carry_out(command, &session, &mut running, &out, &prepared),
                None => return,
            },
            Some((number, result)) = ready.recv() => {
                let result = match result {
                    Ok(Prepared { run, performer }) => {
                        running.runs.insert(number, performer);
                        Ok(Box::new(Kept { run, out: out.clone() }) as Box<dyn Engine + Send>)
                    }
                    Err(p) => Err(tui::Problem { needs: p.needs, ..tui::Problem::new("run.prepare", p.text, p.hint) }),
                };
                send(&out, Message::Prepared { number, result });
            }
        }
    }
}

/// What is under way for the screen.
struct Running {
    person: Arc<OnScreen>,
    runs: BTreeMap<Number, Performer>,
    /// What is being done with keys.
    orders: BTreeMap<Number, AbortHandle>,
}

/// The screen may be gone already: then nobody needs the message.
pub(super) fn send(out: &UnboundedSender<Message>, message: Message) {
    let _ = out.send(message);
}

#[expect(clippy::disallowed_methods, reason = "answers to one command; the runtime ends them with the screen")]
fn carry_out(
    command: Command,
    session: &Arc<Session>,
    running: &mut Running,
    out: &UnboundedSender<Message>,
    prepared: &UnboundedSender<(Number, Result<Prepared, Problem>)>,
) {
    match command {
        Command::Prepare { number, profile, environment, flow, inputs, bindings } => {
            // the screen itself asks before the first request to production
            let order = Order {
                profile,
                flow,
                environment: Some(environment),
                inputs,
                bindings: bindings.into_iter().filter_map(|(role, uri)| Some((role, uri.parse().ok()?))).collect(),
                chains: BTreeMap::new(),
                production: true,
            };
            let (session, prepared, out) = (session.clone(), prepared.clone(), out.clone());
            tokio::spawn(async move {
                let result = session.prepare(order, Pace::Step).await;
                let _ = prepared.send((number, result));
                // a sandbox brings keys of its own
                list_keys(&session, Some("memory"), &out).await;
            });
        }
        Command::Perform { run, effects } => {
            let Some(performer) = running.runs.get(&run) else { return };
            let (events, mut heard) = unbounded_channel();
            for effect in effects {
                performer.perform(effect, &events);
            }
            drop(events);
            let out = out.clone();
            tokio::spawn(async move {
                while let Some(event) = heard.recv().await {
                    send(&out, Message::Event { run, event });
                }
            });
        }
        Command::Forget { run } => {
            if let Some(performer) = running.runs.remove(&run) {
                performer.abort_all();
            }
        }
        Command::Inspect { number, run, known, rules, text, of } => {
            let keys = run.and_then(|r| running.runs.get(&r)).map(Performer::keys).unwrap_or_default();
            let (session, out) = (session.clone(), out.clone());
            let question = Question { keys, known, rules, text, of };
            tokio::spawn(async move {
                let Some(looked) = look(session, question).await else { return };
                if let Some(p) = looked.problem {
                    let text = format!("{}: {}", p.text, p.hint);
                    send(&out, Message::Notice(Notice::new(NoticeTone::Bad, text)));
                }
                let (result, message) = (Ok(Box::new(looked.found)), looked.message.map(Box::new));
                send(&out, Message::Inspected { number, result, message });
            });
        }
        Command::ListKeys { only } => {
            let (session, out) = (session.clone(), out.clone());
            if only.is_none() {
                send(&out, Message::Stores(session.stores.facts().collect()));
            }
            tokio::spawn(async move { list_keys(&session, only.as_deref(), &out).await });
        }
        Command::Key { number, order } => {
            let (session, out) = (session.clone(), out.clone());
            let task = tokio::spawn(async move {
                let result = session.carry_out(order).await;
                let result = result.map_err(|e| tui::Problem::new(e.id, e.text, e.hint));
                send(&out, Message::KeyDone { number, result });
            });
            running.orders.retain(|_, task| !task.is_finished());
            running.orders.insert(number, task.abort_handle());
        }
        Command::GiveUp { number } => {
            if let Some(task) = running.orders.remove(&number) {
                task.abort();
            }
        }
        Command::Browse { run } => {
            if let Some(performer) = running.runs.get(&run).cloned() {
                let out = out.clone();
                tokio::spawn(async move {
                    send(&out, Message::Notice(Notice::new(NoticeTone::Plain, performer.browse().await)));
                });
            }
        }
        Command::CallPeople { run } => {
            if let Some(performer) = running.runs.get(&run) {
                performer.call_people();
            }
        }
        Command::ListTokens => list_tokens(session, out),
        Command::ListClients => list_clients(session, out),
        Command::Token(order) => {
            let (session, out) = (session.clone(), out.clone());
            tokio::spawn(async move {
                let result = session.with_tokens(order).await;
                send(&out, Message::TokenDone(result.map_err(|e| tui::Problem::new(e.id, e.text, e.hint))));
            });
        }
        Command::ListHistory { words } => list_history(session, words, out),
        Command::History(order) => {
            let (session, out) = (session.clone(), out.clone());
            tokio::task::spawn_blocking(move || {
                let result = session.with_history(order);
                send(&out, Message::HistoryDone(result.map_err(|e| tui::Problem::new("history", e.text, e.hint))));
            });
        }
        Command::Explain { word } => {
            let (session, out) = (session.clone(), out.clone());
            tokio::task::spawn_blocking(move || {
                let text = super::explain::catalogue(&session.library).explain(&word).ok();
                send(&out, Message::Explained { word, text });
            });
        }
        Command::Answer { number, answer } => running.person.answer(number, answer),
        Command::Rebind { run, role, uri } => {
            if let (Some(performer), Ok(uri)) = (running.runs.get(&run), uri.parse()) {
                performer.rebind(&role, uri);
            }
        }
        // the loop does these itself
        Command::Copy(_)
        | Command::ClearClipboard
        | Command::Index { .. }
        | Command::Editor { .. }
        | Command::Profile { .. }
        | Command::LookAtProfiles
        | Command::Search(_)
        | Command::Pick(_)
        | Command::Mouse(_)
        | Command::Redraw
        | Command::Suspend
        | Command::Quit => {}
    }
}

/// Reads labels alone: nobody is asked for anything.
fn list_tokens(session: &Arc<Session>, out: &UnboundedSender<Message>) {
    let (session, out) = (session.clone(), out.clone());
    tokio::task::spawn_blocking(move || send(&out, Message::Tokens(session.tokens.rows())));
}

fn list_clients(session: &Arc<Session>, out: &UnboundedSender<Message>) {
    let (session, out) = (session.clone(), out.clone());
    tokio::task::spawn_blocking(move || {
        let (rows, problems) = session.client_rows();
        for problem in problems {
            send(&out, Message::Notice(Notice::new(NoticeTone::Warn, format!("{}: {}", problem.text, problem.hint))));
        }
        send(&out, Message::Clients(rows));
    });
}

fn list_history(session: &Arc<Session>, words: String, out: &UnboundedSender<Message>) {
    let (session, out) = (session.clone(), out.clone());
    tokio::task::spawn_blocking(move || match session.history.runs(&words) {
        Ok(runs) => send(&out, Message::History { words, runs }),
        Err(e) => send(&out, Message::HistoryDone(Err(tui::Problem::new("history", e.text, e.hint)))),
    });
}

async fn list_keys(session: &Session, only: Option<&str>, out: &UnboundedSender<Message>) {
    let mut rows = std::pin::pin!(session.key_rows(only, session.clock.now()));
    while let Some(rows) = rows.next().await {
        send(out, Message::Keys(rows));
    }
}

/// A run on the screen; where it cannot be kept any more, that is told.
struct Kept {
    run: Recorded,
    out: UnboundedSender<Message>,
}

impl Engine for Kept {
    fn handle(&mut self, event: crate::flow::Event, now: crate::time::Timestamp) -> Vec<crate::flow::Effect> {
        let effects = self.run.handle(event, now);
        if let Some(trouble) = self.run.take_trouble() {
            let text = format!("the run is not kept: {} ({})", trouble.text, trouble.hint);
            send(&self.out, Message::Notice(Notice::new(NoticeTone::Warn, text)));
        }
        effects
    }
    fn view(&self) -> &RunView {
        self.run.view()
    }
    fn told(&self) -> Vec<serde_json::Value> {
        self.run.events()
    }
}
