//! How a token is drawn: verdict, layers with header and claims in wire order, times, checks. The meaning of the claim
//! under the cursor stands at the bottom.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::Value;

use super::token::Shown;
use crate::flow::view::{CheckView, Outcome};
use crate::inspect::{Inspection, Kind, explain_claim, moment_in, moments};
use crate::jose::{Bound, Verdict};
use crate::secret::Class;
use crate::text::{clean, shorten};
use crate::time::Timestamp;
use crate::tui::app::App;
use crate::tui::doc::{Doc, GUTTER};
use crate::tui::focus::PaneId;
use crate::tui::item::Item;
use crate::tui::layout::inside;
use crate::tui::look::{Look, Sign, Tone};
use crate::tui::pane::keys::suit_sign;
use crate::tui::pane::step;
use crate::tui::widget::bar;
use crate::tui::widget::frame::Border;
use crate::tui::words::Words;

/// Columns of a payload that is no claims set.
const RAW: usize = 2000;
/// Rows for the meaning of a claim.
const MEANING: u16 = 2;

pub fn draw(app: &App, buffer: &mut Buffer, area: Rect, now: Timestamp) {
    let look = app.look();
    let focused = app.focus == PaneId::Inspector;
    let shown = app.shown_token();
    let title = shown.as_ref().map_or("4 Inspector".to_owned(), |s| format!("4 Inspector  {}", s.name));
    let title = match &app.inspector.rules {
        Some(rules) => format!("{title}  as {}", rules.name),
        None => title,
    };
    let right = shown.as_ref().map_or(String::new(), place);
    let doc = doc(app, inside(area).width.saturating_sub(GUTTER), now).looking_for(&app.search);
    let text = doc_area(app, area);
    let total = doc.len();
    let at = if total > usize::from(text.height) {
        format!("{}/{total}", app.inspector.doc.cursor + 1)
    } else {
        String::new()
    };
    let at = match app.count(&doc, app.inspector.doc) {
        Some(count) if at.is_empty() => count,
        Some(count) => format!("{count}  row {at}"),
        None => at,
    };
    let border = Border { right: &right, place: &at, ..Border::new(look, focused, &title) };
    let inner = border.draw(buffer, area);
    doc.draw(buffer, text, &app.inspector.doc, focused);
    if text.height < inner.height
        && let Some((name, meaning)) = meaning(app, &doc)
    {
        let words = Words::new(look).gap(2).put(Tone::Name, name).gap(2).plain(meaning);
        for (y, line) in (text.bottom()..inner.bottom()).zip(words.wrap(usize::from(inner.width), 2)) {
            buffer.set_line(inner.x, y, &line, inner.width);
        }
    }
}

fn place(shown: &Shown<'_>) -> String {
    let of = if shown.place.1 > 1 { format!("{} of {}", shown.place.0 + 1, shown.place.1) } else { String::new() };
    let step = shown.step.map_or(String::new(), |(i, _)| format!("step {}", i + 1));
    [of, step].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join("  ")
}

/// Where the text scrolls, in a pane of that area.
pub fn doc_area(app: &App, area: Rect) -> Rect {
    let inner = inside(area);
    let below = if app.focus == PaneId::Inspector && inner.height > 8 { MEANING } else { 0 };
    Rect { height: inner.height - below, ..inner }
}

fn meaning(app: &App, doc: &Doc<'_>) -> Option<(String, &'static str)> {
    match doc.item_at(app.inspector.doc.clamped(doc.len(), usize::MAX).cursor)? {
        item @ (Item::Claim(..) | Item::Header(..)) => {
            let name = app.found(PaneId::Inspector, item)?.name;
            let text = explain_claim(&name)?;
            Some((name, text))
        }
        _ => None,
    }
}

/// A layer as it can be shown, from the inspection or, until it is there, from what the run knows.
pub struct LayerView<'a> {
    pub kind: &'a str,
    pub header: &'a Value,
    pub claims: Option<&'a Value>,
    /// A payload that is no claims set, as it came.
    pub raw: Option<Cow<'a, str>>,
    /// The status in a word, and where the key comes from that gave it.
    pub status: Option<(&'static str, Option<&'a str>)>,
}

pub fn layers<'a>(app: &'a App, shown: &Shown<'a>) -> Vec<LayerView<'a>> {
    match (&app.inspector.answer, shown.artefact) {
        (Some(Ok(inspection)), _) if !inspection.layers.is_empty() => inspection
            .layers
            .iter()
            .map(|l| LayerView {
                kind: l.kind.word(),
                header: l.header.as_ref().unwrap_or(&Value::Null),
                claims: l.claims.as_ref(),
                raw: (l.claims.is_none() && l.kind == Kind::Jws && !l.payload.is_empty())
                    .then(|| String::from_utf8_lossy(&l.payload)),
                status: Some((l.status.word(), l.key.as_ref().map(|k| k.from.as_str()))),
            })
            .collect(),
        (_, Some(a)) => {
            vec![LayerView { kind: a.kind, header: &a.header, claims: Some(&a.claims), raw: None, status: None }]
        }
        _ => Vec::new(),
    }
}

/// The text of the token at that width.
pub fn doc(app: &App, width: u16, now: Timestamp) -> Doc<'_> {
    let mut doc = Doc::new(app.look(), width);
    let Some(shown) = app.shown_token() else {
        nothing(&mut doc, app);
        return doc;
    };
    let redactor = app.redactor();
    verdict(&mut doc, app, &shown);
    let masked = redactor.mask_value(shown.text, Class::Secret);
    doc.push(doc.words().put(Tone::Secret, masked).put(Tone::Key, "  y").dim(" copy"), 2, Some(Item::Token));
    banks(&mut doc, app);
    let layers = layers(app, &shown);
    let several = layers.len() > 1;
    for (n, layer) in layers.iter().enumerate() {
        let alg = layer.header.get("alg").and_then(Value::as_str).unwrap_or_default();
        let mut title = layer.kind.to_uppercase();
        if let Some(enc) = layer.header.get("enc").and_then(Value::as_str) {
            title = format!("{title}  {alg}  {enc}");
        } else {
            title = format!("{title}  {alg}");
        }
        doc.heading(&title);
        if let (Some((status, key)), true) = (layer.status, several || layer.status.is_some_and(|s| s.1.is_some())) {
            let words = doc.words().dim(status).dim(key.map_or(String::new(), |k| format!(" with {k}")));
            doc.push(words, 2, None);
        }
        step_json(&mut doc, app, layer.header, |i, at| Item::Header(n, i, at));
        if let Some(raw) = &layer.raw {
            doc.heading("Payload, as it came");
            let shown = app.redactor().mask_text(&clean(raw));
            doc.push(doc.words().plain(shorten(&shown, RAW)), 0, None);
        }
        if let Some(claims) = layer.claims {
            doc.heading("Claims");
            step_json(&mut doc, app, claims, |i, at| Item::Claim(n, i, at));
            times(&mut doc, claims, app.bank_now(now), (app.settings.zone)());
            let bound = Bound::of_claims(claims);
            if !bound.is_empty() {
                doc.heading("Bound to");
                for (tone, text) in app.binding(&bound, None) {
                    doc.push(doc.words().gap(2).put(tone, text), 2, None);
                }
            }
        }
    }
    checks(&mut doc, app, &shown);
    beside(&mut doc, app);
    doc
}

/// What was pasted along with the token that is shown.
fn beside(doc: &mut Doc<'_>, app: &App) {
    let Some(whole) = &app.inspector.whole else { return };
    doc.heading(&format!("Pasted: {}", whole.what));
    for part in &whole.parts {
        doc.push(doc.words().gap(2).put(Tone::Name, part.name.clone()).dim("  a token: h and l turn to it"), 4, None);
    }
    for part in &whole.beside {
        doc.push(doc.words().gap(2).put(Tone::Name, part.name.clone()).gap(2).plain(part.shown()), 4, None);
    }
}

fn step_json(doc: &mut Doc<'_>, app: &App, value: &Value, item: impl Fn(usize, usize) -> Item) {
    step::json(doc, app.redactor(), value, |i, at| Some(item(i, at)));
}

fn nothing(doc: &mut Doc<'_>, app: &App) {
    let text = if app.run.is_some() { "No token in this step or before it." } else { "Tokens of a run show here." };
    doc.text(Tone::Dim, text);
    doc.blank();
    doc.push(
        doc.words()
            .put(Tone::Key, "p")
            .plain("  or a paste from the terminal: any JWT, JWE, JWK or certificate to look at"),
        3,
        None,
    );
}

fn verdict(doc: &mut Doc<'_>, app: &App, shown: &Shown<'_>) {
    let words = doc.words();
    let words = match &app.inspector.answer {
        None if shown.artefact.is_some() => words.dim("made here; its signature is being looked at"),
        None => words.sign(Tone::Busy, Sign::Busy).put(Tone::Busy, " being looked at"),
        Some(Err(problem)) => words.sign(Tone::Bad, Sign::Failed).gap(1).put(Tone::Bad, &problem.text),
        Some(Ok(inspection)) => {
            let (sign, tone, text) = verdict_words(inspection, doc.look());
            words.put(tone, sign).gap(1).put(tone, text)
        }
    };
    doc.push(words, 2, None);
    if let Some(Err(problem)) = &app.inspector.answer
        && let Some(hint) = &problem.hint
    {
        doc.text(Tone::Dim, hint);
    }
}

/// Five words that are never confused. What was not checked is never said to be wrong.
fn verdict_words(inspection: &Inspection, look: Look) -> (&'static str, Tone, Cow<'static, str>) {
    let text = |t: &'static str| Cow::Borrowed(t);
    if inspection.kind == Kind::Opaque {
        return (look.sign(Sign::Waits), Tone::Plain, text("opaque: nothing inside that could be read"));
    }
    match inspection.verdict {
        Verdict::Verified => (look.sign(Sign::Ok), Tone::Good, text("verified: the signature is right")),
        Verdict::Wrong => (look.sign(Sign::Failed), Tone::Bad, text("wrong: the signature does not hold")),
        Verdict::NoKey => (look.sign(Sign::NotChecked), Tone::Warn, text("no key: nothing at hand could have made it")),
        Verdict::Unsupported => {
            (look.sign(Sign::NotChecked), Tone::Warn, text("unsupported: not a form or algorithm taken here"))
        }
        Verdict::Decoded => (look.sign(Sign::Waits), Tone::Plain, text("only decoded: there is no signature to check")),
    }
}

/// What each bank makes of a certificate.
fn banks(doc: &mut Doc<'_>, app: &App) {
    let Some(Ok(inspection)) = &app.inspector.answer else { return };
    if !inspection.suits.is_empty() {
        doc.heading("At the banks");
    }
    for s in &inspection.suits {
        let (tone, sign) = suit_sign(&s.suit);
        doc.push(doc.words().sign(tone, sign).gap(1).dim(&s.profile).gap(1).put(tone, s.words()), 2, None);
    }
}

/// Claims that are moments, counted against the bank's clock where that is known.
fn times(doc: &mut Doc<'_>, claims: &Value, now: Timestamp, zone: &TimeZone) {
    let times = moments(claims);
    let Some(first) = times.iter().map(|(_, t)| *t).min() else { return };
    doc.heading("Times");
    for (name, at) in times {
        let ends = Timestamp::from_seconds(at);
        let words = doc.words().cell(Tone::Name, name, name.len().max(4)).gap(1);
        let words = if at > now.seconds() {
            bar::life(words, now, Timestamp::from_seconds(first), ends)
        } else {
            words.plain(crate::inspect::relative(now, ends))
        };
        doc.push(words, 5, None);
        doc.push(doc.words().gap(5).dim(moment_in(at, zone)), 5, None);
    }
}

fn checks(doc: &mut Doc<'_>, app: &App, shown: &Shown<'_>) {
    let of_step = shown.step.zip(shown.artefact).into_iter().flat_map(|((_, step), artefact)| {
        let suffix = format!("/{}", artefact.name);
        let alone = step.artefacts.len() == 1 && step.request.is_none();
        step.checks.iter().filter(move |c| c.on.ends_with(&suffix) || alone)
    });
    let inspection = app.inspector.answer.as_ref().and_then(|a| a.as_ref().ok());
    // what was pasted as a whole comes before its parts
    app.inspector.message.iter().for_each(|message| held_to(doc, app, message, " the message,"));
    inspection.into_iter().for_each(|found| held_to(doc, app, found, ""));
    let is_rule = |i: &Inspection, c: &CheckView| i.held_to.as_ref().is_some_and(|h| h.is_of(c));
    let looked = inspection.into_iter().flat_map(|i| i.checks.iter().filter(move |c| !is_rule(i, c)));
    let own: Vec<&CheckView> = of_step.chain(looked).collect();
    if !own.is_empty() {
        doc.heading("Checks for this token");
    }
    own.into_iter().for_each(|check| step::check(doc, app.redactor(), check));
}

/// What the chosen rules say, what is wrong first.
fn held_to(doc: &mut Doc<'_>, app: &App, found: &Inspection, of: &str) {
    let Some(held_to) = &found.held_to else { return };
    let environment = app.inspector.rules.as_ref().map(|r| format!(" ({})", r.environment)).unwrap_or_default();
    doc.heading(&format!("As{of} {}{environment}", held_to.name));
    for assumed in &held_to.assumed {
        doc.push(doc.words().gap(2).dim(format!("taken for granted: {assumed}")), 4, None);
    }
    let order = |c: &&CheckView| match c.outcome {
        Outcome::Fail => 0,
        Outcome::Warn => 1,
        Outcome::Pass => 2,
        Outcome::NotChecked => 3,
    };
    let mut rules: Vec<&CheckView> = found.checks.iter().filter(|c| held_to.is_of(c)).collect();
    rules.sort_by_key(order);
    rules.into_iter().for_each(|check| step::check(doc, app.redactor(), check));
}
