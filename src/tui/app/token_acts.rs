//! What a person does with kept tokens: look, refresh, copy, forget.

use super::App;
use crate::secret::{Class, Secret};
use crate::shell::{TokenDone, TokenOrder, scope_in_words};
use crate::store::tokens::TokenRow;
use crate::time::Timestamp;
use crate::tui::filter;
use crate::tui::focus::PaneId;
use crate::tui::keymap::Action;
use crate::tui::message::{Command, CopyRequest, NoticeTone, Problem};
use crate::tui::overlay::question::Asked;
use crate::tui::overlay::{Form, Listing, Overlay, Question};

impl App {
    pub(super) fn open_tokens(&mut self) {
        self.overlays.push(Overlay::Tokens(Listing::default()));
        self.out.push(Command::ListTokens);
    }

    pub(super) fn tokens_are_open(&self) -> bool {
        matches!(self.overlays.last(), Some(Overlay::Tokens(_)))
    }

    /// Those in which the words of the list stand.
    pub fn tokens_shown(&self, listing: &Listing) -> Vec<&TokenRow> {
        let text = |row: &TokenRow| {
            let label = &row.label;
            let scope = scope_in_words(label).unwrap_or_default();
            format!("{} {} {} {scope}", label.profile, label.environment, label.set)
        };
        self.tokens.iter().filter(|row| filter::keeps(listing.words.text(), &text(row))).collect()
    }

    /// The one under the cursor.
    pub(super) fn chosen_token(&self) -> Option<&TokenRow> {
        match self.overlays.last() {
            Some(Overlay::Tokens(list)) => self.tokens_shown(list).into_iter().nth(list.cursor),
            _ => None,
        }
    }

    /// What is kept now.
    pub(super) fn tokens_listed(&mut self, rows: Vec<TokenRow>) {
        self.tokens = rows;
        if let Some(Overlay::Tokens(list)) = self.overlays.last() {
            let last = self.tokens_shown(list).len().saturating_sub(1);
            if let Some(list) = self.overlays.last_mut().and_then(Overlay::listing_mut) {
                list.cursor = list.cursor.min(last);
            }
        }
        self.renew_palette();
    }

    pub(super) fn act_on_tokens(&mut self, action: Action, now: Timestamp) {
        let Some(Overlay::Tokens(list)) = self.overlays.last() else { return };
        let rows = self.tokens_shown(list).len();
        if self.act_on_listing(action, rows).is_some() {
            return;
        }
        let Some(row) = self.chosen_token().cloned() else { return };
        match self.can(action) {
            Ok(()) => self.act_on_token(action, row, now),
            Err(why) => self.say(NoticeTone::Warn, why, now),
        }
    }

    fn act_on_token(&mut self, action: Action, row: TokenRow, now: Timestamp) {
        match action {
            Action::Submit => self.out.push(Command::Token(TokenOrder::Use { label: row.label })),
            Action::Copy => self.out.push(Command::Token(TokenOrder::Copy { label: row.label })),
            Action::RefreshToken => self.refresh_token(&row, now),
            Action::CallWithToken => self.overlays.push(Overlay::Form(Form::call(row.label))),
            _ if flow_of(action).is_some() => {
                if let Some(flow) = flow_of(action) {
                    self.out.push(Command::Token(TokenOrder::Run { label: row.label, flow }));
                }
            }
            Action::ForgetToken => {
                let after = match row.label.refresh {
                    Some(_) => "A person has to sign in at the bank again to get another.",
                    None => "The flow that got it gets another.",
                };
                self.overlays.push(Overlay::Question(Question {
                    title: format!("forget {} of {}?", row.label.set, row.label.profile),
                    text: format!("{after} The bank is not told: what it gave stays good until it ends."),
                    asked: Asked::ForgetToken(row.label),
                    yes: "forget it",
                    no: "keep it",
                }));
            }
            _ => {}
        }
    }

    /// Whether the chosen one's profile has the flow of that action.
    pub(super) fn can_with_token(&self, action: Action) -> Result<(), &'static str> {
        let row = self.chosen_token().ok_or("no token is kept")?;
        match flow_of(action) {
            None => Ok(()),
            Some(flow) => {
                let known = self.profiles.flow_of(&row.label.profile, &row.label.environment, flow);
                known.map(|_| ()).ok_or("its profile has no such flow")
            }
        }
    }

    /// The profile's own flow does it, step by step like any other.
    fn refresh_token(&mut self, row: &TokenRow, now: Timestamp) {
        let label = &row.label;
        match self.profiles.refreshing(&label.profile, &label.environment, &label.set) {
            Some(choice) => {
                self.overlays.pop();
                self.start(choice, now);
            }
            None => self.say(NoticeTone::Warn, "its profile has no flow that refreshes it", now),
        }
    }

    pub(super) fn token_done(&mut self, result: Result<TokenDone, Problem>, now: Timestamp) {
        match result {
            Ok(TokenDone::ToUse { label, text }) => {
                self.overlays.pop();
                self.inspector.paste(text);
                self.go_to(PaneId::Inspector);
                let what = format!("{} of {}", label.set, label.profile);
                self.say(NoticeTone::Plain, format!("looking at the access token of {what}; Esc drops it"), now);
            }
            Ok(TokenDone::ToCopy { label, text }) => {
                let what = format!("access_token of {}", label.profile);
                self.out.push(Command::Copy(CopyRequest { what, text, class: Class::Secret }));
            }
            Ok(TokenDone::ToRun { label, flow, text }) => {
                if let Some(choice) = self.profiles.flow_of(&label.profile, &label.environment, flow) {
                    self.overlays.clear();
                    self.start(choice.with("token", text), now);
                }
            }
            Ok(TokenDone::Call { label, text }) => {
                let what = format!("a call with {} of {} as curl", label.set, label.profile);
                self.out.push(Command::Copy(CopyRequest { what, text: Secret::new(text), class: Class::Public }));
            }
            Ok(TokenDone::Forgotten { label }) => {
                self.say(NoticeTone::Good, format!("{} of {} is forgotten", label.set, label.profile), now);
                self.out.push(Command::ListTokens);
            }
            Err(problem) => {
                let hint = problem.hint.map_or_else(String::new, |h| format!(" {h}"));
                self.say(NoticeTone::Bad, format!("{}.{hint}", problem.text), now);
            }
        }
    }
}

/// The flow of a profile that does it with a token as its input.
fn flow_of(action: Action) -> Option<&'static str> {
    match action {
        Action::IntrospectToken => Some("introspect"),
        Action::RevokeToken => Some("revoke"),
        Action::Userinfo => Some("userinfo"),
        _ => None,
    }
}
