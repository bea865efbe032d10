//! `run`: drives a flow to its end, one event at a time.

use std::io::IsTerminal;
use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::args::RunArgs;
use super::exit::{Exit, Failure};
use super::prompt::AtTerminal;
use super::report::Report;
use super::{history, session};
use crate::clock::Clock;
use crate::config::Places;
use crate::flow::view::{Level, Outcome, RunStatus, RunView, StepState};
use crate::flow::{Event, OpError, Pace};
use crate::shell::{Order, Prepared, ReportForm, Session};
use crate::store::write_private;

pub fn run(places: &Places, args: RunArgs) -> Result<Exit, Failure> {
    let unlock = super::unlock::unlock(args.unlock_from.as_deref())?;
    run_in(session::session_with(places, None, unlock), args)
}

/// The same in a session that is open already.
pub fn run_in(session: Session, args: RunArgs) -> Result<Exit, Failure> {
    let order = Order {
        profile: args.profile.clone(),
        flow: args.flow.clone(),
        environment: args.env.clone(),
        inputs: session::inputs(&args.set)?,
        bindings: session::bindings(&args.bind)?,
        chains: session::chains(&args.chain)?,
        production: args.production,
    };
    run_order(session, order, args)
}

/// Of the arguments, what the order does not say.
pub fn run_order(mut session: Session, order: Order, args: RunArgs) -> Result<Exit, Failure> {
    if let Some(file) = &args.har {
        history::may_write(file, false)?;
    }
    if std::io::stderr().is_terminal() {
        session.people = Arc::new(AtTerminal::default());
    }
    let clock = session.clock.clone();
    let runtime = session::runtime()?;
    let exit = runtime.block_on(async {
        let prepared = session.prepare(order, Pace::Step).await?;
        if let Some(until) = &args.until
            && !prepared.run.view().steps.iter().any(|s| s.id == *until)
        {
            let ids: Vec<_> = prepared.run.view().steps.iter().map(|s| s.id.clone()).collect();
            return Err(Failure::usage(
                format!("--until names no step: `{}`", crate::text::clean(until)),
                format!("steps: {}", ids.join(", ")),
            ));
        }
        drive(prepared, &args, clock).await
    });
    // a task that hangs (a signature, a name lookup) must not keep the program
    runtime.shutdown_background();
    exit
}

/// Runs a flow and tells nothing: as far as it goes by itself.
pub async fn to_the_end(session: &Session, order: Order) -> Result<RunView, Failure> {
    let Prepared { mut run, performer } = session.prepare(order, Pace::Straight).await?;
    let (events, mut incoming) = unbounded_channel();
    let mut effects = run.handle(Event::Start, session.clock.now());
    loop {
        for effect in effects.drain(..) {
            performer.perform(effect, &events);
        }
        let event = match run.view().status {
            status if status.is_over() || status == RunStatus::Blocked => break,
            RunStatus::Ready => Event::Step,
            RunStatus::Armed => Event::Approve,
            RunStatus::Waiting if run.view().proposes() => Event::Approve,
            _ => match next(&mut incoming).await {
                Event::Failed { error: OpError::Person(_), .. } => break,
                event => event,
            },
        };
        effects = run.handle(event, session.clock.now());
    }
    performer.abort_all();
    let stopped = if run.view().status == RunStatus::Blocked { "failed" } else { "waiting" };
    run.end(stopped, None, session.clock.now());
    Ok(run.view().clone())
}

async fn drive(prepared: Prepared, args: &RunArgs, clock: Arc<dyn Clock>) -> Result<Exit, Failure> {
    let Prepared { mut run, performer } = prepared;
    let (events, mut incoming) = unbounded_channel();
    let mut report = Report::new(args);
    report.started(run.view());
    let mut effects = run.handle(Event::Start, clock.now());
    let end = loop {
        for effect in effects.drain(..) {
            performer.perform(effect, &events);
        }
        report.progress(run.view());
        if let Some(end) = ended(run.view(), args) {
            break end;
        }
        let event = match run.view().status {
            RunStatus::Ready => Event::Step,
            RunStatus::Armed => Event::Approve,
            RunStatus::Waiting if run.view().proposes() => Event::Approve,
            _ => match next(&mut incoming).await {
                Event::Failed { error: OpError::Person(why), .. } => break End::Person(why),
                event => event,
            },
        };
        effects = run.handle(event, clock.now());
    };
    if matches!(end, End::Person(_) | End::Stopped) {
        performer.abort_all();
    }
    let exit = exit_of(&end, run.view());
    run.end(status_word(&end, run.view()), end_text(&end, run.view()).as_ref(), clock.now());
    if let Some(trouble) = run.take_trouble() {
        eprintln!("countersign: the run is not kept: {} ({})", trouble.text, trouble.hint);
    }
    if let Some(file) = &args.har {
        let (text, _) = ReportForm::Har.of(&run.events(), 0);
        write_private(&history::absolute(file)?, text.as_bytes())?;
    }
    if let Some(name) = &args.print {
        return match run.output(name, clock.now()) {
            Some(value) if exit == Exit::Done => {
                say!("{value}");
                Ok(Exit::Done)
            }
            None if exit == Exit::Done => Err(Failure::usage(
                format!("the run has no output `{}`", crate::text::clean(name)),
                "an output is STEP.NAME, for example token.access_token",
            )),
            _ => {
                report.failed(run.view(), &end_text(&end, run.view()));
                Ok(exit)
            }
        };
    }
    report.ended(run.view(), status_word(&end, run.view()), &end_text(&end, run.view()));
    Ok(exit)
}

/// Why the driver stops.
enum End {
    /// The run is over by itself, or stopped where it was told to.
    Run,
    /// A failed `must` before sending.
    Blocked,
    /// `--dry-run` or `--until` was reached.
    Stopped,
    Person(String),
}

fn ended(view: &RunView, args: &RunArgs) -> Option<End> {
    let reached = |until: &String| {
        view.steps.iter().any(|s| s.id == *until && matches!(s.state, StepState::Done | StepState::Skipped))
    };
    match view.status {
        status if status.is_over() => Some(End::Run),
        RunStatus::Blocked => Some(End::Blocked),
        RunStatus::Armed if args.dry_run => Some(End::Stopped),
        RunStatus::Ready if args.until.as_ref().is_some_and(reached) => Some(End::Stopped),
        _ => None,
    }
}

/// The next event of the world; an interrupt cancels.
async fn next(incoming: &mut UnboundedReceiver<Event>) -> Event {
    tokio::select! {
        event = incoming.recv() => event.unwrap_or(Event::Cancel),
        _ = tokio::signal::ctrl_c() => Event::Cancel,
    }
}

fn exit_of(end: &End, view: &RunView) -> Exit {
    match end {
        End::Stopped => Exit::Done,
        End::Blocked => Exit::Refused,
        End::Person(_) => Exit::Person,
        End::Run => match view.status {
            RunStatus::Done => Exit::Done,
            RunStatus::Cancelled => Exit::Cancelled,
            _ => view
                .steps
                .iter()
                .filter_map(|s| s.error.as_ref())
                .next_back()
                .map_or(Exit::Refused, |e| e.source.into()),
        },
    }
}

fn status_word(end: &End, view: &RunView) -> &'static str {
    match end {
        End::Person(_) => "waiting",
        End::Blocked => "failed",
        End::Stopped => "done",
        End::Run => match view.status {
            RunStatus::Done => "done",
            RunStatus::Cancelled => "cancelled",
            _ => "failed",
        },
    }
}

/// The rule that stopped the run.
fn blocked(view: &RunView) -> String {
    let step = view.steps.get(view.current);
    let mut checks = step.into_iter().flat_map(|s| &s.checks);
    let failed = checks.find(|c| c.level == Level::Must && c.outcome == Outcome::Fail);
    let rule = failed.map_or_else(|| "a rule that must hold".into(), |c| format!("{} must hold ({})", c.id, c.say));
    let came = step.is_some_and(|s| s.artefacts.iter().any(|a| a.opened_by.is_some()));
    let end = if came { "the run goes no further" } else { "nothing was sent" };
    format!("{} and does not; {end}", crate::text::clean(&rule))
}

/// What the view itself does not say about the end: id, text, hint.
fn end_text(end: &End, view: &RunView) -> Option<(String, String, String)> {
    match end {
        End::Person(why) => Some((
            "person.needed".into(),
            why.clone(),
            "run it in a terminal or in the workbench, or give the answer with --set".into(),
        )),
        End::Blocked => Some((
            "check.failed".into(),
            blocked(view),
            "read the failed check; there is no headless “send anyway”".into(),
        )),
        End::Run | End::Stopped => None,
    }
}
