//! Screens as a person sees them: keys as text, then the picture. The run is played from a script; its bank is invented.

mod ascii;
mod clients;
mod find;
mod history;
mod keys;
mod lines;
mod mouse;
mod palette;
mod play;
mod profiles;
mod rules;
mod screens;
mod suits;
mod survival;
mod tokens;
