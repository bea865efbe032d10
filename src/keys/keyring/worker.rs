//! The one thread that talks to the keyring. A call that does not come back costs its thread, never the program.
//!
//! ```text
//!   call ──job──► thread ──► keyring          in time: the answer; the thread stays for the next call
//!     └──deadline, or dropped by the caller:  the thread is left to itself, the next call starts another
//! ```

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use super::fault::{Fault, State};
use crate::secret::SecretBytes;

/// A keyring as one thread sees it.
pub(super) trait Backend {
    /// Never opens a dialog.
    fn state(&mut self) -> Result<State, Fault>;
    fn names(&mut self) -> Result<Vec<String>, Fault>;
    fn get(&mut self, name: &str) -> Result<SecretBytes, Fault>;
    /// May open a dialog and wait for it.
    fn set(&mut self, name: &str, value: &SecretBytes) -> Result<(), Fault>;
    fn delete(&mut self, name: &str) -> Result<(), Fault>;
}

/// Connects; the number says how often that was done before.
pub(super) type Connect = Arc<dyn Fn(usize) -> Result<Box<dyn Backend>, Fault> + Send + Sync>;
type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Threads that may wait in vain before no more are started.
const MOST_LOST: usize = 8;

pub(super) struct Worker {
    connect: Connect,
    thread: Mutex<Option<mpsc::Sender<Job>>>,
    lost: Arc<AtomicUsize>,
    connected: Arc<AtomicUsize>,
    /// One call at a time: no deadline runs while another call is being answered.
    turn: tokio::sync::Mutex<()>,
}

struct Connection {
    connect: Connect,
    connected: Arc<AtomicUsize>,
    backend: Option<Box<dyn Backend>>,
}

impl Connection {
    fn run<T>(&mut self, act: impl FnOnce(&mut dyn Backend) -> Result<T, Fault>) -> Result<T, Fault> {
        let mut backend = match self.backend.take() {
            Some(backend) => backend,
            None => (self.connect)(self.connected.fetch_add(1, Ordering::Relaxed))?,
        };
        let done = act(&mut *backend);
        // a connection that broke stays broken
        if !matches!(done, Err(Fault::Gone)) {
            self.backend = Some(backend);
        }
        done
    }
}

/// Whether the caller has stopped waiting.
#[derive(Clone, Default)]
pub(super) struct GivenUp(Arc<AtomicBool>);

impl GivenUp {
    pub fn now(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Lives as long as the caller waits.
struct Waiting<'w> {
    worker: &'w Worker,
    given_up: GivenUp,
    answered: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.given_up.0.store(true, Ordering::SeqCst);
            self.worker.lost.fetch_add(1, Ordering::SeqCst);
            *self.worker.thread.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }
}

impl Worker {
    pub fn new(connect: Connect) -> Self {
        Self {
            connect,
            thread: Mutex::default(),
            lost: Arc::default(),
            connected: Arc::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// `late` is what a missed deadline means.
    pub async fn call<T: Send + 'static>(
        &self,
        within: Duration,
        late: Fault,
        act: impl FnOnce(&mut dyn Backend, &GivenUp) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let _turn = self.turn.lock().await;
        let (reply, answer) = tokio::sync::oneshot::channel();
        let mut waiting = Waiting { worker: self, given_up: GivenUp::default(), answered: false };
        let (given_up, lost) = (waiting.given_up.clone(), self.lost.clone());
        let job: Job = Box::new(move |connection| {
            let done = connection.run(|backend| act(backend, &given_up));
            if given_up.now() {
                // it came back after all
                lost.fetch_sub(1, Ordering::SeqCst);
            }
            // nobody listens where it was given up
            let _ = reply.send(done);
        });
        if let Err(fault) = self.send(job) {
            waiting.answered = true;
            return Err(fault);
        }
        let answer = tokio::time::timeout(within, answer).await;
        waiting.answered = matches!(answer, Ok(Ok(_)));
        match answer {
            Ok(Ok(done)) => done,
            // the thread ended without an answer: a library panicked
            Ok(Err(_)) => Err(Fault::Gone),
            Err(_) => Err(late),
        }
    }

    fn send(&self, job: Job) -> Result<(), Fault> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let job = match thread.take() {
            Some(running) => match running.send(job) {
                Ok(()) => {
                    *thread = Some(running);
                    return Ok(());
                }
                Err(mpsc::SendError(job)) => job,
            },
            None => job,
        };
        if self.lost.load(Ordering::SeqCst) >= MOST_LOST {
            return Err(Fault::Stuck);
        }
        let (sender, jobs) = mpsc::channel::<Job>();
        let (connect, connected) = (self.connect.clone(), self.connected.clone());
        let run = move || {
            // made on its own thread: a backend need not be able to move between threads
            let mut connection = Connection { connect, connected, backend: None };
            jobs.into_iter().for_each(|job| job(&mut connection));
        };
        std::thread::Builder::new().name("keyring".to_owned()).spawn(run).map_err(|_| Fault::Stuck)?;
        sender.send(job).map_err(|_| Fault::Gone)?;
        *thread = Some(sender);
        Ok(())
    }
}
