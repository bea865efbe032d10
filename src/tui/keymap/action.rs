//! Everything a key can do.

use crate::tui::focus::PaneId;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    // moving
    Down,
    Up,
    Left,
    Right,
    HalfDown,
    HalfUp,
    PageDown,
    PageUp,
    First,
    Last,
    NextPane,
    PreviousPane,
    Pane(PaneId),
    // the one that means: go on
    Enter,
    /// One level back; cancels what is running.
    Escape,
    /// One level back; at the top, quit.
    Leave,
    /// Twice: quit.
    Interrupt,
    Quit,
    // finding
    Help,
    Palette,
    Search,
    FindNext,
    FindPrevious,
    Messages,
    // a run
    Step,
    Straight,
    Retry,
    StepBack,
    SendAnyway,
    Paste,
    /// The bank's page, in a browser, again.
    Browse,
    QrCode,
    /// The embedded bank's people do what is waited for.
    CallPeople,
    OpenToken,
    /// Another value for one thing: of the step, of a profile.
    Edit,
    /// The whole of it in the person's own editor.
    Editor,
    /// The same once more, under another name.
    Clone,
    /// From a file.
    Import,
    Delete,
    Undo,
    Redo,
    /// A rule that is broken on purpose.
    Try,
    /// Two attempts, lines or runs beside each other.
    Compare,
    /// The lines of the run.
    Branches,
    /// What was chosen, as a profile of one's own.
    SaveProfile,
    /// Against a bank's rules.
    HoldTo,
    // keys
    NewKey,
    BindKey,
    Request,
    AskStores,
    /// Writes the text that is shown to a file.
    Write,
    // tokens
    /// Those that are kept.
    Tokens,
    RefreshToken,
    ForgetToken,
    IntrospectToken,
    RevokeToken,
    Userinfo,
    /// A call with it as a command.
    CallWithToken,
    // registrations
    /// Those that are known.
    Clients,
    ReadClient,
    UpdateClient,
    RenewCertificate,
    // runs that are kept
    History,
    RunAgain,
    /// One of somebody else, from a file.
    ImportRun,
    DeleteRun,
    // copying, showing
    Copy,
    CopyAgain,
    ClearClipboard,
    Reveal,
    HideAll,
    // the screen
    Zoom,
    Shrink,
    Grow,
    Mouse,
    Redraw,
    Suspend,
    // overlays
    Submit,
    Close,
    NextField,
    PreviousField,
    Yes,
    No,
    // typing
    TypeLeft,
    TypeRight,
    TypeStart,
    TypeEnd,
    TypeBack,
    TypeDelete,
    TypeKillWord,
    TypeKillLine,
    TypeKillRest,
}
