//! Nothing to build: its dependency brings OpenSSL's legacy provider into the vendored build.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}
