//! The file of a module, looked at before it is loaded: it becomes part of this process.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::Path;

use openssl::sha::Sha256;

use super::reference::hex;
use crate::keys::KeyError;
use crate::keys::error::shown;

/// Larger than any module.
const LARGEST: u64 = 256 << 20;
/// Bytes that have the headers of every shared library.
const HEAD: usize = 4096;
const ID: &str = "key.module";

/// A file that may be loaded, by what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Library {
    /// Hexadecimal.
    pub sha256: String,
}

/// # Errors
/// `key.module`, with the path, the SHA-256 where the file could be read, and why it is not loaded.
#[expect(clippy::disallowed_methods, reason = "the path was looked at first: a regular file, read within a limit")]
pub(super) fn examine(path: &Path) -> Result<Library, KeyError> {
    let name = shown(&path.to_string_lossy());
    let cannot = |e: &std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => KeyError::new(
            ID,
            format!("there is no PKCS#11 module {name}"),
            "install the token's software, or correct the path in config.toml or COUNTERSIGN_PKCS11_MODULES",
        ),
        kind => {
            KeyError::new(ID, format!("the PKCS#11 module {name} cannot be read: {kind}"), "look at its permissions")
        }
    };
    let looked = std::fs::metadata(path).map_err(|e| cannot(&e))?;
    if !looked.is_file() {
        return Err(KeyError::new(ID, format!("{name} is no file, so no PKCS#11 module"), "name the .so file itself"));
    }
    let file = File::open(path).map_err(|e| cannot(&e))?;
    let meta = file.metadata().map_err(|e| cannot(&e))?;
    let (head, sha256) = digest(file).map_err(|e| cannot(&e))?;
    let refuse = |why: &str, hint: &str| {
        Err(KeyError::new(ID, format!("the PKCS#11 module {name} is not loaded: {why} (SHA-256 {sha256})"), hint))
    };
    if let Some(why) = changeable(path, &meta) {
        return refuse(&why, "make it root's or your own, chmod go-w, and compare the SHA-256 with the vendor's");
    }
    match kind(&head, meta.len()) {
        Elf::Fits => Ok(Library { sha256 }),
        Elf::Foreign(built_for) => refuse(
            &format!("it is built for {built_for}, and this program for {}", std::env::consts::ARCH),
            "install the module of this machine's architecture",
        ),
        Elf::Cut => refuse("it is cut short, and the loader would crash on it", "install the token's software again"),
        Elf::None => refuse("it is no shared library", "name the .so file itself, not a script or configuration"),
    }
}

fn digest(file: File) -> std::io::Result<(Vec<u8>, String)> {
    let (mut hash, mut head, mut buffer) = (Sha256::new(), Vec::new(), vec![0; 1 << 16]);
    let mut file = file.take(LARGEST);
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok((head, hex(&hash.finish())));
        }
        let read = buffer.get(..n).unwrap_or_default();
        let wanted = HEAD.saturating_sub(head.len());
        head.extend_from_slice(read.get(..wanted).unwrap_or(read));
        hash.update(read);
    }
}

/// Who besides the person and root could change what is loaded.
#[cfg(unix)]
fn changeable(path: &Path, file: &Metadata) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    const STICKY: u32 = 0o1000;
    let me = rustix::process::geteuid().as_raw();
    let ours = |meta: &Metadata| meta.uid() == 0 || meta.uid() == me;
    if !ours(file) {
        return Some("it belongs to another user, who could change it".to_owned());
    }
    if file.mode() & 0o022 != 0 {
        return Some(format!("other users could change it (mode {:03o})", file.mode() & 0o777));
    }
    // what the path leads to, not the links on the way
    let real = path.canonicalize().ok()?;
    let folder = real.parent()?;
    let meta = std::fs::metadata(folder).ok()?;
    let open = meta.mode() & 0o002 != 0 && meta.mode() & STICKY == 0;
    (open || !ours(&meta)).then(|| "other users could put another file in its place".to_owned())
}

#[cfg(not(unix))]
fn changeable(_: &Path, _: &Metadata) -> Option<String> {
    None
}

/// What a file is to the loader of this system.
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "the loader says it there"))]
enum Elf {
    Fits,
    Foreign(String),
    Cut,
    None,
}

/// A number of so many bytes, in the order of this machine.
#[cfg(target_os = "linux")]
fn number(head: &[u8], at: usize, size: usize) -> Option<u64> {
    let bytes = head.get(at..at.checked_add(size)?)?;
    let (high, low) = if cfg!(target_endian = "little") { (8 - size, 0) } else { (0, 8 - size) };
    let mut wide = [0; 8];
    wide.get_mut(low..8 - high)?.copy_from_slice(bytes);
    Some(u64::from_ne_bytes(wide))
}

#[cfg(target_os = "linux")]
fn kind(head: &[u8], size: u64) -> Elf {
    let Some(([0x7f, b'E', b'L', b'F', class, order], _)) = head.split_first_chunk::<6>() else { return Elf::None };
    let Some(machine) = head.get(18..20).and_then(|m| <[u8; 2]>::try_from(m).ok()) else { return Elf::None };
    let machine = if *order == 1 { u16::from_le_bytes(machine) } else { u16::from_be_bytes(machine) };
    let wide = *class == 2;
    let name = match (machine, wide) {
        (62, true) => "x86_64",
        (3, false) => "x86",
        (183, true) => "aarch64",
        (40, false) => "arm",
        (243, true) => "riscv64",
        (21, true) => "powerpc64",
        (22, true) => "s390x",
        _ => return Elf::Foreign(format!("a machine of the number {machine}, {} bits", if wide { 64 } else { 32 })),
    };
    if name != std::env::consts::ARCH {
        return Elf::Foreign(name.to_owned());
    }
    if whole(head, size, wide) == Some(true) { Elf::Fits } else { Elf::Cut }
}

/// Whether every segment that the loader maps lies in the file: touching one that does not ends the process.
#[cfg(target_os = "linux")]
fn whole(head: &[u8], size: u64, wide: bool) -> Option<bool> {
    const LOAD: u64 = 1;
    let (word, table, each, count) = if wide { (8, 32, 54, 56) } else { (4, 28, 42, 44) };
    let (offset, in_file) = if wide { (8, 32) } else { (4, 16) };
    let table = usize::try_from(number(head, table, word)?).ok()?;
    let each = usize::try_from(number(head, each, 2)?).ok()?;
    for n in 0..usize::try_from(number(head, count, 2)?).ok()? {
        let at = table.checked_add(n.checked_mul(each)?)?;
        if number(head, at, 4)? != LOAD {
            continue;
        }
        let start = number(head, at.checked_add(offset)?, word)?;
        if start.checked_add(number(head, at.checked_add(in_file)?, word)?)? > size {
            return Some(false);
        }
    }
    Some(true)
}

/// The loader says it.
#[cfg(not(target_os = "linux"))]
fn kind(_: &[u8], _: u64) -> Elf {
    Elf::Fits
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn each_file_that_is_not_loaded_has_its_reason_path_and_hash() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str, bytes: &[u8], mode: u32| {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            path
        };
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let libc = maps.lines().filter_map(|l| l.split_whitespace().last()).find(|p| p.contains("libc.so")).unwrap();
        let own = std::fs::read(libc).unwrap();
        let mut foreign = own[..64].to_vec();
        foreign[18..20].copy_from_slice(&8_u16.to_le_bytes());
        let paths = [
            dir.path().join("absent.so"),
            dir.path().to_owned(),
            at("writable.so", &own[..64], 0o646),
            at("group.so", &own[..64], 0o664),
            at("script.so", b"#!/bin/sh\n", 0o644),
            at("empty.so", b"", 0o644),
            at("mips.so", &foreign, 0o644),
            at("cut.so", &own[..own.len() / 2], 0o644),
            at("head.so", &own[..64], 0o644),
        ];
        let mut told: Vec<String> = paths
            .iter()
            .map(|p| examine(p).map_or_else(|e| format!("{}: {e}: {}", e.id, e.hint), |_| "well".to_owned()))
            .collect();
        assert!(examine(&at("good.so", &own, 0o644)).is_ok());
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        told.push(examine(&dir.path().join("good.so")).unwrap_err().to_string());
        let told = told.join("\n").replace(dir.path().to_str().unwrap(), "DIR").replace(std::env::consts::ARCH, "ARCH");
        insta::with_settings!({filters => vec![("SHA-256 [0-9a-f]{64}", "SHA-256 HEX")]}, {
            insta::assert_snapshot!(told);
        });
    }
}
