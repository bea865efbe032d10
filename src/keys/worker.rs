//! The one thread that talks to a library that may not come back. A call that hangs costs its thread, never the program.
//!
//! ```text
//!   call ──job──► thread ──► library          in time: the answer; the thread stays for the next call
//!     └──deadline, or dropped by the caller:  the thread is left to itself; what that means, `Loss` says
//! ```

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

/// What the worker has to say in the words of its library's faults.
pub(super) trait Fails: Send + 'static {
    /// The thread ended without an answer: the library panicked.
    fn gone() -> Self;
    /// No thread can be had any more.
    fn stuck() -> Self;
    /// Whether the connection is of no use after this.
    fn breaks(&self) -> bool;
}

/// What a call that was not answered in time does to the library.
#[derive(Clone, Copy)]
pub(super) enum Loss {
    /// The next call gets another thread and connection, until so many wait in vain. A dropped call is one.
    #[cfg(feature = "keyring")]
    Replaced { most: usize },
    /// There can be one thread only, so all is over. A dropped call is not: the thread comes to its end.
    #[cfg(feature = "pkcs11")]
    Final,
}

impl Loss {
    const fn replaces(self) -> bool {
        match self {
            #[cfg(feature = "keyring")]
            Self::Replaced { .. } => true,
            #[cfg(feature = "pkcs11")]
            Self::Final => false,
        }
    }

    const fn most(self) -> usize {
        match self {
            #[cfg(feature = "keyring")]
            Self::Replaced { most } => most,
            #[cfg(feature = "pkcs11")]
            Self::Final => 1,
        }
    }
}

/// Connects; the number says how often that was done before.
pub(super) type Connect<B, F> = Arc<dyn Fn(usize) -> Result<Box<B>, F> + Send + Sync>;
type Job<B, F> = Box<dyn FnOnce(&mut Connection<B, F>) + Send>;

pub(super) struct Worker<B: ?Sized + 'static, F: Fails> {
    name: &'static str,
    connect: Connect<B, F>,
    loss: Loss,
    thread: Mutex<Option<mpsc::Sender<Job<B, F>>>>,
    lost: Arc<AtomicUsize>,
    connected: Arc<AtomicUsize>,
    /// One call at a time: no deadline runs while another call is being answered.
    turn: tokio::sync::Mutex<()>,
}

struct Connection<B: ?Sized, F> {
    connect: Connect<B, F>,
    connected: Arc<AtomicUsize>,
    backend: Option<Box<B>>,
}

impl<B: ?Sized, F: Fails> Connection<B, F> {
    fn run<T>(&mut self, act: impl FnOnce(&mut B) -> Result<T, F>) -> Result<T, F> {
        let mut backend = match self.backend.take() {
            Some(backend) => backend,
            None => (self.connect)(self.connected.fetch_add(1, Ordering::Relaxed))?,
        };
        let done = act(&mut *backend);
        // a connection that broke stays broken
        if !done.as_ref().is_err_and(F::breaks) {
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
struct Waiting<'w, B: ?Sized + 'static, F: Fails> {
    worker: &'w Worker<B, F>,
    given_up: GivenUp,
    answered: bool,
}

impl<B: ?Sized, F: Fails> Drop for Waiting<'_, B, F> {
    fn drop(&mut self) {
        if !self.answered {
            self.given_up.0.store(true, Ordering::SeqCst);
            if self.worker.loss.replaces() {
                self.worker.lose();
            }
        }
    }
}

impl<B: ?Sized, F: Fails> Worker<B, F> {
    pub fn new(name: &'static str, connect: Connect<B, F>, loss: Loss) -> Self {
        Self {
            name,
            connect,
            loss,
            thread: Mutex::default(),
            lost: Arc::default(),
            connected: Arc::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    fn lose(&self) {
        self.lost.fetch_add(1, Ordering::SeqCst);
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// `late` is what a missed deadline means.
    pub async fn call<T: Send + 'static>(
        &self,
        within: Duration,
        late: F,
        act: impl FnOnce(&mut B, &GivenUp) -> Result<T, F> + Send + 'static,
    ) -> Result<T, F> {
        let _turn = self.turn.lock().await;
        let (reply, answer) = tokio::sync::oneshot::channel();
        let mut waiting = Waiting { worker: self, given_up: GivenUp::default(), answered: false };
        let (given_up, lost, replaces) = (waiting.given_up.clone(), self.lost.clone(), self.loss.replaces());
        let job: Job<B, F> = Box::new(move |connection| {
            let done = connection.run(|backend| act(backend, &given_up));
            if replaces && given_up.now() {
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
        if !waiting.answered && !self.loss.replaces() {
            self.lose();
        }
        match answer {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(F::gone()),
            Err(_) => Err(late),
        }
    }

    fn send(&self, job: Job<B, F>) -> Result<(), F> {
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
        if self.lost.load(Ordering::SeqCst) >= self.loss.most() {
            return Err(F::stuck());
        }
        let (sender, jobs) = mpsc::channel::<Job<B, F>>();
        let (connect, connected) = (self.connect.clone(), self.connected.clone());
        let run = move || {
            // made on its own thread: a backend need not be able to move between threads
            let mut connection = Connection { connect, connected, backend: None };
            jobs.into_iter().for_each(|job| job(&mut connection));
        };
        std::thread::Builder::new().name(self.name.to_owned()).spawn(run).map_err(|_| F::stuck())?;
        sender.send(job).map_err(|_| F::gone())?;
        *thread = Some(sender);
        Ok(())
    }
}
