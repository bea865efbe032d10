//! The table itself. `y` opens a menu whose letters are in `overlay::copy_menu`.

use super::Action as A;
use super::Binding;
use super::Context as C;
use crate::tui::focus::PaneId;

const PROFILES: &[C] = &[C::Profiles];
const RUN: &[C] = &[C::Flow, C::Step];
const SAVED: &[C] = &[C::Profiles, C::Flow, C::Step];
const EXPLORED: &[C] = &[C::Flow, C::Step, C::Inspector];
const ALL: &[C] = &[C::Everywhere];
const SCROLL: &[C] = &[C::Everywhere, C::Messages, C::Card, C::Report, C::Weighed, C::Tokens, C::Clients, C::History];
const READ: &[C] = &[C::Everywhere, C::Card, C::Report, C::Weighed, C::Messages];
const KEYS: &[C] = &[C::Keys];
const COPY: &[C] = &[C::Everywhere, C::Card, C::Report, C::Weighed, C::Tokens];

const fn row(
    action: A,
    id: &'static str,
    hint: &'static str,
    words: &'static str,
    chords: &'static [&'static str],
    contexts: &'static [C],
    rank: u8,
) -> Binding {
    Binding { action, id, words, hint, chords, contexts, rank }
}

/// Every key of the program.
pub const TABLE: &[Binding] = &[
    // going on
    row(A::Enter, "enter", "open", "go on: open, preview, send, answer", &["<enter>"], ALL, 0),
    row(A::Escape, "back", "back", "one level back; cancel what is running", &["<esc>"], ALL, 15),
    row(A::Step, "step", "step", "take the next step, then stop", &["s"], RUN, 10),
    row(A::Straight, "straight", "run all", "run on until something waits or fails; again: pause", &["S"], RUN, 11),
    row(A::Retry, "retry", "retry", "do the failed or finished step again", &["r"], RUN, 5),
    row(A::StepBack, "step-back", "stand here", "stand before the chosen step again", &["B", "<backspace>"], RUN, 30),
    row(A::SendAnyway, "send-anyway", "send anyway", "send although a check that must hold failed", &["!"], RUN, 3),
    row(A::Paste, "paste", "paste", "paste a token to look at, or the answer that is waited for", &["p"], ALL, 40),
    row(A::Browse, "browse", "open", "open the bank's page in a browser again", &["o"], RUN, 4),
    row(A::QrCode, "qr-code", "QR code", "show the bank's page as a QR code, for a phone", &["Q"], RUN, 14),
    row(
        A::CallPeople,
        "call-people",
        "bank's people",
        "let the embedded bank's people do it: its staff, its customer",
        &["P"],
        RUN,
        4,
    ),
    row(
        A::SaveProfile,
        "profile-save",
        "save",
        "save this bank, its keys and values as a profile of your own",
        &["w"],
        SAVED,
        24,
    ),
    row(
        A::Edit,
        "profile-edit",
        "edit",
        "edit this profile of your own: its name, environment and values",
        &["e"],
        PROFILES,
        16,
    ),
    row(A::Editor, "profile-editor", "", "its file in your editor ($VISUAL, $EDITOR), checked", &["E"], PROFILES, 60),
    row(
        A::Clone,
        "profile-clone",
        "clone",
        "the same profile under another id, or in another environment",
        &["c"],
        PROFILES,
        25,
    ),
    row(
        A::Delete,
        "profile-delete",
        "delete",
        "delete this profile of your own: to the bin, u brings it back",
        &["d"],
        PROFILES,
        26,
    ),
    row(
        A::Import,
        "profile-import",
        "import",
        "take a profile over from a file, after a look at what changes",
        &["i"],
        PROFILES,
        27,
    ),
    row(A::Undo, "profile-undo", "undo", "take back the last change of a profile of your own", &["u"], PROFILES, 22),
    row(A::Redo, "profile-redo", "redo", "make the change that was taken back again", &["U"], PROFILES, 23),
    row(A::Edit, "edit", "edit", "change one thing of this step, and build it again", &["e"], EXPLORED, 16),
    row(A::Editor, "editor", "", "change the step in your editor ($VISUAL, $EDITOR)", &["E"], EXPLORED, 60),
    row(A::Undo, "undo-edit", "", "take back the last change of this step", &["u"], RUN, 60),
    row(A::Try, "try", "break", "break a rule on purpose, and see whether it is noticed", &["X"], RUN, 32),
    row(A::Compare, "compare", "compare", "compare this attempt with another, or with another line", &["D"], RUN, 33),
    row(A::Branches, "lines", "", "the lines of this run: go back to one that was left", &["O"], RUN, 60),
    row(A::OpenToken, "token", "token", "open the token under the cursor in pane 4", &["t"], ALL, 20),
    row(
        A::HoldTo,
        "token-rules",
        "rules",
        "hold the token in pane 4 against a bank's rules: choose whose",
        &["A"],
        &[C::Inspector],
        16,
    ),
    // keys
    row(A::NewKey, "key-new", "new", "make a key: choose a store, an algorithm and a name", &["a"], KEYS, 2),
    row(A::Import, "key-import", "import", "take over a key from a file: PEM, JWK, PKCS#8, PKCS#12", &["i"], KEYS, 4),
    row(A::BindKey, "key-bind", "bind", "let a role of a profile use this key", &["b"], KEYS, 6),
    row(A::Request, "key-request", "CSR", "ask for a certificate: a QWAC or QSeal request", &["C"], KEYS, 8),
    row(A::Delete, "key-delete", "delete", "delete this key; it says what becomes of it", &["d"], KEYS, 13),
    row(A::Undo, "undo", "undo", "take back the last deletion or binding", &["u"], KEYS, 7),
    row(A::AskStores, "key-stores", "", "ask every store again for its keys", &["R"], KEYS, 60),
    // tokens
    row(A::Tokens, "tokens", "", "tokens that are kept: use, refresh, copy, forget", &["T"], ALL, 60),
    row(
        A::Submit,
        "token-use",
        "use",
        "look at the access token in pane 4, while it is good",
        &["<enter>"],
        &[C::Tokens],
        0,
    ),
    row(
        A::RefreshToken,
        "token-refresh",
        "refresh",
        "exchange the refresh token: step by step",
        &["r"],
        &[C::Tokens],
        2,
    ),
    row(
        A::IntrospectToken,
        "token-introspect",
        "introspect",
        "ask the bank what it is good for (RFC 7662)",
        &["i"],
        &[C::Tokens],
        4,
    ),
    row(A::Userinfo, "token-userinfo", "userinfo", "ask the bank whose it is", &["o"], &[C::Tokens], 6),
    row(
        A::CallWithToken,
        "token-call",
        "curl",
        "copy a call with it: with the client certificate or a fresh proof, where it is bound",
        &["c"],
        &[C::Tokens],
        3,
    ),
    row(A::RevokeToken, "token-revoke", "revoke", "tell the bank to end it (RFC 7009)", &["x"], &[C::Tokens], 12),
    row(A::ForgetToken, "token-forget", "forget", "forget it; the bank is not told", &["d"], &[C::Tokens], 13),
    row(A::Close, "token-close", "close", "close", &["<esc>", "q"], &[C::Tokens], 1),
    // registrations
    row(
        A::Clients,
        "clients",
        "",
        "registrations that are known: what ends when, what changed; read, update, new certificate",
        &["L"],
        ALL,
        60,
    ),
    row(
        A::Submit,
        "client-show",
        "details",
        "all of it, with every answer of the bank",
        &["<enter>"],
        &[C::Clients],
        0,
    ),
    row(A::ReadClient, "client-read", "read", "read it at the bank, and see what changed", &["r"], &[C::Clients], 2),
    row(
        A::UpdateClient,
        "client-update",
        "update",
        "replace it, from what the bank has, step by step",
        &["u"],
        &[C::Clients],
        3,
    ),
    row(
        A::RenewCertificate,
        "client-certificate",
        "certificate",
        "register a new certificate, and use its key from then on",
        &["c"],
        &[C::Clients],
        4,
    ),
    row(A::Close, "client-close", "close", "close", &["<esc>", "q"], &[C::Clients], 5),
    // runs that are kept
    row(A::History, "history", "", "runs that are kept: look, search, run again, report", &["H"], ALL, 60),
    row(A::Submit, "run-show", "show", "all of it: steps, requests, answers, checks", &["<enter>"], &[C::History], 0),
    row(A::RunAgain, "run-again", "run again", "the same flow with the same inputs", &["r"], &[C::History], 2),
    row(A::Search, "run-search", "search", "those in which the words stand", &["/"], &[C::History], 3),
    row(A::Copy, "run-report", "report", "the report for a bank's support, masked", &["y"], &[C::History], 4),
    row(A::DeleteRun, "run-delete", "delete", "delete it; it does not come back", &["d"], &[C::History], 13),
    row(A::Close, "run-close", "close", "close", &["<esc>", "q"], &[C::History], 5),
    // copying, showing
    row(A::Copy, "copy", "copy", "copy: a menu shows what", &["y"], COPY, 12),
    row(A::CopyAgain, "copy-again", "", "copy the same thing again", &["Y"], ALL, 60),
    row(A::ClearClipboard, "clip-clear", "", "clear the clipboard, if what is there is ours", &[], ALL, 60),
    row(A::Reveal, "reveal", "reveal", "show the value under the cursor for 10 s", &["v"], ALL, 25),
    row(A::HideAll, "hide", "hide", "hide everything that is shown, now", &["V"], ALL, 26),
    // finding
    row(A::Search, "search", "filter", "filter the list, or search in the view", &["/"], READ, 22),
    row(A::FindNext, "find-next", "", "the next match", &["n"], READ, 60),
    row(A::FindPrevious, "find-previous", "", "the match before", &["N"], READ, 60),
    row(A::Help, "help", "help", "the keys of this pane; type to search, Enter runs one", &["?", "<f1>"], ALL, 1),
    row(A::Palette, "palette", "commands", "every command, bank and step; type to find", &[":", "^p"], ALL, 35),
    row(A::Messages, "messages", "", "what was said so far", &["M"], ALL, 60),
    // moving
    row(A::Down, "down", "", "down", &["j", "<down>"], SCROLL, 90),
    row(A::Up, "up", "", "up", &["k", "<up>"], SCROLL, 90),
    row(A::Left, "left", "", "the tab or token before; close in a list", &["h", "<left>"], ALL, 90),
    row(A::Right, "right", "tabs", "the next tab or token; open in a list", &["l", "<right>"], ALL, 28),
    row(A::HalfDown, "half-down", "", "half a page down", &["^d"], SCROLL, 90),
    row(A::HalfUp, "half-up", "", "half a page up", &["^u"], SCROLL, 90),
    row(A::PageDown, "page-down", "", "a page down", &["<pgdn>"], SCROLL, 90),
    row(A::PageUp, "page-up", "", "a page up", &["<pgup>"], SCROLL, 90),
    row(A::First, "first", "", "to the beginning", &["g", "<home>"], SCROLL, 90),
    row(A::Last, "last", "", "to the end", &["G", "<end>"], SCROLL, 90),
    row(A::NextPane, "next-pane", "next pane", "the next pane", &["<tab>"], ALL, 38),
    row(A::PreviousPane, "previous-pane", "", "the pane before", &["<s-tab>"], ALL, 90),
    row(A::Pane(PaneId::Profiles), "pane-profiles", "", "pane 1, profiles", &["1"], ALL, 80),
    row(A::Pane(PaneId::Keys), "pane-keys", "", "pane 2, keys", &["2"], ALL, 80),
    row(A::Pane(PaneId::Flow), "pane-flow", "", "pane 3, flow; again: its step", &["3"], ALL, 80),
    row(A::Pane(PaneId::Inspector), "pane-inspector", "", "pane 4, inspector", &["4"], ALL, 80),
    // the screen
    row(A::Zoom, "zoom", "zoom", "this pane alone, and back", &["Z"], ALL, 50),
    row(A::Shrink, "shrink", "", "make this pane smaller", &["["], ALL, 80),
    row(A::Grow, "grow", "", "make this pane larger", &["]"], ALL, 80),
    row(A::Mouse, "mouse", "", "mouse on or off, so that the terminal can select text", &["m"], ALL, 80),
    row(A::Redraw, "redraw", "", "draw everything again", &["^l"], &[C::Always], 80),
    row(A::Suspend, "suspend", "", "to the background; `fg` comes back", &["^z"], &[C::Always], 80),
    // leaving
    row(A::Leave, "leave", "quit", "one level back; at the top, quit", &["q"], ALL, 45),
    row(A::Quit, "quit", "", "quit", &[], ALL, 80),
    row(A::Interrupt, "interrupt", "", "twice within 2 s: quit", &["^c"], &[C::Always], 80),
    // a line that is typed
    row(A::Submit, "line-done", "done", "keep the filter, or find", &["<enter>"], &[C::Line], 0),
    row(A::Close, "line-close", "clear", "drop it", &["<esc>"], &[C::Line], 1),
    row(A::Down, "line-down", "", "down in the list", &["<down>"], &[C::Line], 90),
    row(A::Up, "line-up", "", "up in the list", &["<up>"], &[C::Line], 90),
    // help and palette
    row(A::Submit, "choice-run", "run", "run the chosen one", &["<enter>"], &[C::Choice], 0),
    row(A::Close, "choice-close", "close", "close", &["<esc>"], &[C::Choice], 1),
    row(A::Down, "choice-down", "", "down", &["<down>", "<tab>"], &[C::Choice], 90),
    row(A::Up, "choice-up", "", "up", &["<up>", "<s-tab>"], &[C::Choice], 90),
    row(A::PageDown, "choice-page-down", "", "a page down", &["<pgdn>"], &[C::Choice], 90),
    row(A::PageUp, "choice-page-up", "", "a page up", &["<pgup>"], &[C::Choice], 90),
    // forms
    row(A::Submit, "form-done", "done", "the next field; in the last one, done", &["<enter>"], &[C::Form], 0),
    row(A::Close, "form-close", "close", "close; nothing is lost", &["<esc>"], &[C::Form], 1),
    row(A::NextField, "form-next", "next field", "the next field", &["<tab>", "<down>"], &[C::Form], 2),
    row(A::PreviousField, "form-previous", "", "the field before", &["<s-tab>", "<up>"], &[C::Form], 90),
    // questions
    row(A::Yes, "yes", "yes", "yes", &["y"], &[C::Question], 0),
    row(A::No, "no", "no", "no", &["n", "q", "<esc>"], &[C::Question], 1),
    // the copy menu: its letters are its own
    row(A::Submit, "menu-take", "copy", "copy the chosen one", &["<enter>"], &[C::CopyMenu], 0),
    row(A::Close, "menu-close", "close", "close", &["<esc>", "q"], &[C::CopyMenu], 1),
    row(A::Down, "menu-down", "", "down", &["<down>"], &[C::CopyMenu], 90),
    row(A::Up, "menu-up", "", "up", &["<up>"], &[C::CopyMenu], 90),
    // a key's card
    row(A::Submit, "card-take", "copy this line", "copy what stands on the line", &["<enter>"], &[C::Card], 0),
    row(A::Close, "card-close", "close", "close", &["<esc>", "q"], &[C::Card], 1),
    // a text that was made
    row(A::Write, "report-write", "save", "write it to a file", &["w"], &[C::Report], 0),
    row(A::Close, "report-close", "close", "close", &["<esc>", "q", "<enter>"], &[C::Report], 1),
    // what a file would change
    row(A::Submit, "import-take", "take it over", "take the file over as it is shown", &["<enter>"], &[C::Weighed], 0),
    row(A::Close, "import-close", "leave it", "leave everything as it is", &["<esc>", "q"], &[C::Weighed], 1),
    // what a store asks
    row(A::Submit, "prompt-done", "done", "give it to the store", &["<enter>"], &[C::Prompt], 0),
    row(A::Close, "prompt-close", "give up", "give up: what waits for it fails", &["<esc>"], &[C::Prompt], 1),
    // the log
    row(A::Close, "log-close", "close", "close", &["<esc>", "q", "<enter>"], &[C::Messages], 0),
    // typing
    row(A::TypeLeft, "type-left", "", "a character back", &["<left>"], &[C::Typing], 90),
    row(A::TypeRight, "type-right", "", "a character on", &["<right>"], &[C::Typing], 90),
    row(A::TypeStart, "type-start", "", "to the start", &["^a", "<home>"], &[C::Typing], 90),
    row(A::TypeEnd, "type-end", "", "to the end", &["^e", "<end>"], &[C::Typing], 90),
    row(A::TypeBack, "type-back", "", "delete the character before", &["<backspace>"], &[C::Typing], 90),
    row(A::TypeDelete, "type-delete", "", "delete the character here", &["<delete>"], &[C::Typing], 90),
    row(A::TypeKillWord, "type-kill-word", "", "delete the word before", &["^w"], &[C::Typing], 90),
    row(A::TypeKillLine, "type-kill-line", "", "delete all before", &["^u"], &[C::Typing], 90),
    row(A::TypeKillRest, "type-kill-rest", "", "delete all after", &["^k"], &[C::Typing], 90),
];
