//! Screens as a person sees them: keys as text, then the picture. The run is played from a script; its bank is invented.

mod clients;
mod keys;
mod play;
mod rules;
mod screens;
mod suits;
mod survival;
mod tokens;
