//! `sandbox`: serves the embedded banks until stopped, for other programs to try.

use std::path::Path;
use std::sync::Arc;

use super::args::SandboxArgs;
use super::exit::{Exit, Failure};
use super::session;
use crate::clock::Clock;
use crate::sandbox::{Bank, World};
use crate::secret::{Class, class_of_name};
use crate::store::write_private;

pub fn run(args: &SandboxArgs) -> Result<Exit, Failure> {
    let mut banks = Vec::new();
    for name in &args.banks {
        let known: Vec<_> = Bank::ALL.iter().map(|b| b.id()).collect();
        let bank = Bank::named(name).ok_or_else(|| {
            Failure::usage(
                format!("there is no embedded bank `{}`", crate::text::clean(name)),
                format!("one of: {}", known.join(", ")),
            )
        })?;
        banks.push(bank);
    }
    if banks.is_empty() {
        banks.extend(Bank::ALL);
    }
    let failed = |e: std::io::Error| {
        Failure::new(
            Exit::Network,
            format!("the embedded banks could not be started: {e}"),
            "they listen on loopback, on free ports",
        )
    };
    let runtime = session::runtime()?;
    runtime.block_on(async {
        let clock = session::clock();
        let seconds = Arc::new(move || Clock::now(clock.as_ref()).seconds());
        let world = World::start(seconds, &banks).await.map_err(failed)?;
        let folder = tempfile::Builder::new().prefix("countersign-sandbox-").tempdir().map_err(failed)?;
        write(folder.path(), &world, &banks)?;
        for (url, address) in world.describe() {
            say!("{url}  at  {address}");
        }
        say!("CA and demo clients  in  {}  (removed at the end)", folder.path().display());
        say!(
            "try: curl --cacert {0}/ca.pem --cert {0}/BANK-ROLE.pem --resolve HOST:PORT:127.0.0.1 https://HOST:PORT/…",
            folder.path().display()
        );
        eprintln!("serving until ^C");
        let stopped = tokio::signal::ctrl_c().await;
        drop(world);
        stopped.map_err(failed)?;
        Ok(Exit::Done)
    })
}

/// The CA, and for each bank the demo client's keys with their certificates and its inputs.
fn write(folder: &Path, world: &World, banks: &[Bank]) -> Result<(), Failure> {
    write_private(&folder.join("ca.pem"), world.ca_pem().as_bytes())?;
    for bank in banks {
        let failed = |e| Failure::new(Exit::Network, format!("a demo client could not be made: {e}"), "try again");
        let Some(client) = world.client(bank.id(), &[]).map_err(failed)? else { continue };
        for key in &client.keys {
            let pem = format!("{}{}", key.pem.expose(), key.chain_pem);
            write_private(&folder.join(format!("{}-{}.pem", bank.id(), key.role)), pem.as_bytes())?;
        }
        for (name, value) in &client.inputs {
            if class_of_name(name) == Class::Public {
                say!("{}: {name} = {value}", bank.id());
                continue;
            }
            let file = folder.join(format!("{}-{name}.txt", bank.id()));
            write_private(&file, value.as_bytes())?;
            say!("{}: {name} = @{}", bank.id(), file.display());
        }
    }
    Ok(())
}
