//! Sends what uses up a kept refresh token: by one spender at a time, and its successor is kept before the run hears of it.

use serde_json::Value as Json;

use super::{Inner, key_error};
use crate::flow::custody::{Spending, Spent};
use crate::flow::event::{OpError, Reply};
use crate::flow::exchange::Request;
use crate::net::Limits;
use crate::store::kill;
use crate::store::tokens::{Leased, TokenSet};

impl Inner {
    /// One refresh: leased, marked, sent, kept. Given up on the way, the token is in doubt, and on disk.
    pub(super) async fn spend(&self, request: &Request, limits: Limits, spending: &Spending) -> Result<Reply, OpError> {
        let whose = self.whose();
        let lease = self.tokens.lease(&whose, &spending.set).await.map_err(key_error)?;
        let shown = |set: &TokenSet, now| set.shown(&whose, true, now).unwrap_or(Json::Null);
        let flight = match lease.spend(spending, self.clock.now()).map_err(key_error)? {
            Leased::InFlight(flight) => flight,
            Leased::Elsewhere(set) => {
                let told =
                    Some("another spender had just exchanged it: nothing was sent, its token is used".to_owned());
                let tokens = shown(&set, self.clock.now());
                return Ok(Reply::Spent(Box::new(Spent { exchange: None, tokens, told })));
            }
        };
        kill::at("sending");
        let exchange = match self.exchange(request, limits).await {
            Ok(exchange) => exchange,
            Err(error) => {
                if !matches!(&error, OpError::Net(net) if net.sent) {
                    // what could not be written is in doubt, and told as such by the next run
                    let _ = flight.never_sent();
                }
                return Err(error);
            }
        };
        let now = self.clock.now();
        let (status, body) = exchange.response.as_ref().map_or((0, &[][..]), |r| (r.status, &r.body[..]));
        let (set, told) = flight.answered(status, body, now);
        Ok(Reply::Spent(Box::new(Spent { exchange: Some(exchange), tokens: shown(&set, now), told })))
    }
}
