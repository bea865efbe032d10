//! What every request to a bank meets before the bank itself, and every answer on its way out.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, header};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;

use super::answer;
use super::clock::BankClock;
use super::trouble::{Switches, Trouble};
use super::wire::Scissors;

/// One host of a bank.
pub(super) struct Front {
    host: String,
    bank: TowerToHyperService<Router>,
    clock: BankClock,
    trouble: Switches,
}

/// The connection is to end without an answer.
#[derive(Debug)]
pub(super) struct Cut;

impl Front {
    pub fn new(host: &str, router: Router, clock: BankClock, trouble: Switches) -> Self {
        let router = router.fallback(answer::not_found).method_not_allowed_fallback(answer::method_not_allowed);
        Self { host: host.to_owned(), bank: TowerToHyperService::new(router), clock, trouble }
    }

    pub async fn answer(&self, request: Request<Incoming>, scissors: &Scissors) -> Result<Response<Body>, Cut> {
        if let Some(delay) = self.trouble.delay() {
            tokio::time::sleep(delay).await;
        }
        if self.trouble.has(Trouble::Reset) {
            scissors.cut();
            return Err(Cut);
        }
        let mut response = if self.trouble.has(Trouble::Status503) {
            answer::unavailable()
        } else if self.trouble.has(Trouble::TooManyRequests) {
            answer::too_many_requests()
        } else if self.trouble.has(Trouble::HtmlPage) {
            answer::html_page()
        } else if self.is_for_us(&request) {
            let Ok(response) = self.bank.call(request).await;
            response
        } else {
            answer::misdirected()
        };
        let headers = response.headers_mut();
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        if let Ok(date) = HeaderValue::from_str(&self.date()) {
            headers.insert(header::DATE, date);
        }
        Ok(response)
    }

    /// Exactly one `Host`, and it is ours, whatever the port (RFC 9110 §7.2).
    fn is_for_us(&self, request: &Request<Incoming>) -> bool {
        let mut hosts = request.headers().get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
        let host = host.to_str().unwrap_or_default();
        host.split_once(':').map_or(host, |(name, _)| name).eq_ignore_ascii_case(&self.host)
    }

    fn date(&self) -> String {
        // An HTTP-date has a year of four digits.
        let seconds = self.clock.now().clamp(0, 253_402_300_799).unsigned_abs();
        httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds))
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is cut on purpose")
    }
}

impl std::error::Error for Cut {}
