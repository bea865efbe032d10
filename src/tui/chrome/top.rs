//! The top line: which bank, which environment, and what is running out. These three never go; the rest does when room
//! is short.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::flow::view::Countdown;
use crate::text::clean;
use crate::time::Timestamp;
use crate::tui::app::App;
use crate::tui::keymap::Action;
use crate::tui::look::Tone;
use crate::tui::pane::flow::state;
use crate::tui::widget::bar;
use crate::tui::words::Words;

/// The bank's clock is shown from this skew on, seconds.
const SKEW: i64 = 2;

/// Where requests go: bank, environment, and what kind that is.
fn place(app: &App) -> Option<(String, bool, bool)> {
    if let Some(view) = app.view() {
        return Some((format!("{} / {}", view.profile_name, view.environment), view.production, view.sandbox));
    }
    if let Some(p) = &app.preparing {
        return Some((format!("{} / {}", p.choice.profile_name, p.choice.environment), p.choice.production, false));
    }
    let (bank, env) = app.profiles.place()?;
    Some((format!("{} / {}", bank.name, env.name), env.production, env.sandbox))
}

fn tag(words: Words, production: bool, sandbox: bool) -> Words {
    match (production, sandbox) {
        (_, true) => words.put(Tone::Sandbox, "[SANDBOX]"),
        (true, _) => words.put(Tone::Production, "[PRODUCTION]"),
        _ => words.put(Tone::Warn, "[TEST]"),
    }
}

/// The countdown that matters most: a token's before another's, the one that was started last.
pub fn life(app: &App) -> Option<&Countdown> {
    let countdowns = &app.view()?.countdowns;
    countdowns.iter().max_by_key(|c| (c.name.contains("access"), c.name.contains("token"), c.started_at))
}

fn left(app: &App, now: Timestamp, with_name: bool) -> Words {
    let look = app.look();
    life(app).map_or(Words::new(look), |c| {
        let words = if with_name { Words::new(look).dim(c.name.replace('_', " ")).gap(1) } else { Words::new(look) };
        bar::left(words, app.bank_now(now), c.ends_at)
    })
}

pub fn draw(app: &App, buffer: &mut Buffer, area: Rect, now: Timestamp) {
    let look = app.look();
    let width = usize::from(area.width).saturating_sub(2);
    let words = || Words::new(look);
    let (name, kind) = match place(app) {
        Some((name, production, sandbox)) => (name, tag(words(), production, sandbox)),
        None => ("no bank chosen".into(), words()),
    };
    let token = left(app, now, true);
    let token = if token.width() + kind.width() + 24 > width { left(app, now, false) } else { token };
    let room = width.saturating_sub(kind.width() + token.width() + 3).max(6);
    let name = look.shorten(&clean(&name), room);
    let mut used = name.len().min(room) + kind.width() + token.width() + 3;
    let mut take = |w: usize| {
        let fits = used + w <= width;
        used += if fits { w } else { 0 };
        fits
    };
    // In the order in which they may stay.
    let help = take(8);
    let skew = app.view().and_then(|v| v.skew).filter(|s| s.abs() > SKEW).filter(|_| take(20));
    let program = take(14);
    let mode = if app.settings.demo { "demo" } else { "" };
    let mode = !mode.is_empty() && take(7);
    let palette = take(14);
    let mut line = words().gap(1);
    if program {
        line = line.strong("countersign").dim(" | ");
    }
    line = line.strong(&name).gap(1).join(kind);
    if mode {
        line = line.dim("  demo");
    }
    if let Some(skew) = skew {
        line = line.gap(2).put(Tone::Warn, format!("bank clock {skew:+} s"));
    }
    let mut right = token;
    if let Some(key) = app.keymap.last(Action::Palette).filter(|_| palette) {
        right = right.gap(3).put(Tone::Key, key).dim(" commands");
    }
    if let Some(key) = app.keymap.short(Action::Help).filter(|_| help) {
        right = right.gap(2).put(Tone::Key, key).dim(" help");
    }
    let line = line.right(right, width + 1);
    buffer.set_line(area.x, area.y, &line.line(), area.width);
}

/// All there is where nothing else fits.
pub fn draw_tiny(app: &App, buffer: &mut Buffer, area: Rect, now: Timestamp) {
    let look = app.look();
    let width = usize::from(area.width);
    let right = left(app, now, false).gap(1).put(Tone::Key, app.keymap.short(Action::Help).unwrap_or_default());
    let step = app.selected_step().map_or(Words::new(look), |(i, step)| {
        let (sign, tone, _) = state::parts(step);
        Words::new(look).gap(1).put(tone, (i + 1).to_string()).sign(tone, sign)
    });
    let (name, kind) = match place(app) {
        Some((name, _, true)) => (name, Words::new(look).put(Tone::Sandbox, "[S]")),
        Some((name, true, _)) => (name, Words::new(look).put(Tone::Production, "[PROD]")),
        Some((name, ..)) => (name, Words::new(look).put(Tone::Warn, "[T]")),
        None => ("countersign".into(), Words::new(look)),
    };
    let room = width.saturating_sub(kind.width() + step.width() + right.width() + 2);
    let line =
        Words::new(look).strong(look.shorten(&clean(&name), room)).gap(1).join(kind).join(step).right(right, width);
    buffer.set_line(area.x, area.y, &line.line(), area.width);
}
