//! Sparebanken Vest as a client meets it: over real TLS, with headers and JWTs made here by openssl.

mod consents;
mod fallback;
mod partner;

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;

use super::{API_HOST, FALLBACK_HOST, PSD2_HOST, TOKEN_HOST};
use crate::sandbox::ca::{Authority, Issued};
use crate::sandbox::testing::{Caller, Hands, NOW, Reply};
use crate::sandbox::{Bank, DemoClient, World, b64};

const JSON: (&str, &str) = ("content-type", "application/json");

struct Rig {
    world: World,
    hands: Hands,
    servers: Authority,
    qtsp: Arc<Authority>,
    demo: DemoClient,
}

impl Rig {
    async fn start() -> Self {
        let hands = Hands::new();
        let servers = Authority::new("Sandbox", NOW).unwrap();
        let qtsp = Arc::new(Authority::new("Demo QTSP", NOW).unwrap());
        let world = World::of(hands.clock(), &[Bank::Spv], &servers, &qtsp).await.unwrap();
        let demo = world.client("spv", &[]).unwrap().unwrap();
        Self { world, hands, servers, qtsp, demo }
    }

    fn input(&self, name: &str) -> &str {
        self.demo.inputs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()).unwrap()
    }

    fn addr(&self, host: &str) -> SocketAddr {
        self.world.hosts().into_iter().find(|(name, _)| name == host).unwrap().1
    }

    fn caller(&self, identity: Option<&Issued>) -> Caller {
        let identity = identity.map(|i| (&i.chain[..], &i.key_pem));
        Caller::new(self.servers.root_der(), identity, &self.hands.clock())
    }

    async fn send(&self, host: &str, request: (&str, &str), headers: &[(&str, &str)], body: &str) -> Reply {
        self.caller(None).send(self.addr(host), host, request, headers, body).await.unwrap()
    }
}

fn part(value: &Value) -> String {
    b64::encode(value.to_string().as_bytes())
}
