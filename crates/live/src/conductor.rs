//! Runs the sources of a live session: hears them, records what they say, and only then reads it.
//!
//! One thread hears everything in order: it stamps and records a message, lets the assembler read it, and tells the
//! audience what became known. Around it each source is a task of its own; one that breaks down is started again. What
//! sources should fetch, and of which session, goes back to them on watches.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use overcut_domain::{Event, Feed, SessionInfo, SourceKind, Stamped};
use overcut_sources::live::{Assembler, AssemblerConfig, Note};
use overcut_store::Written;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    Arrival, Backoff, Clock, Inbox, Recorded, Recorder, RecorderConfig, RecorderError, RecorderStatusHandle,
    SessionChange, StatusBoard, StatusHandle, inbox,
};

/// Messages heard at once: enough that a burst costs little, few enough that none waits for long.
const MAX_AT_ONCE: usize = 256;
/// How often time passes for the assembler and the audience.
const PULSE: Duration = Duration::from_millis(100);
/// How long sources may take to end when the program does: what they hand over until then is recorded.
const GRACE: Duration = Duration::from_millis(1500);
/// A source that breaks down is started again after these waits.
const FIRST_RESTART: Duration = Duration::from_secs(1);
const LONGEST_RESTART: Duration = Duration::from_secs(60);

/// Who is told what becomes known.
pub trait Audience {
    /// A session begins. What was told before is about another one. Its recording will be at this path.
    fn begin(&mut self, info: &SessionInfo, recording: &Path);

    /// The recording goes on that was broken off: so many messages are in the file already, which nobody is told again.
    fn resume(&mut self, _recording: &Path, _n_messages: u64) {}

    /// This was recorded just now, and is read next.
    fn record(&mut self, _message: &Recorded) {}

    /// This became known just now, in this order. `is_late` if something belongs before what was told, and only
    /// [`Assembler::replay`] tells it in its place.
    fn hear(&mut self, events: &[Stamped<Event>], is_late: bool);

    /// Time goes by: called after every [`Audience::hear`], and ten times a second.
    fn pass(&mut self, assembler: &mut Assembler);

    /// Nothing more will come.
    fn end(&mut self, assembler: &mut Assembler);
}

/// What a source works with.
#[derive(Debug, Clone)]
pub struct Tools {
    /// Where it hands over what it hears.
    pub inbox: Inbox,
    /// Where it says how it is.
    pub status: StatusHandle,
    /// The session that is on.
    pub session: watch::Receiver<Option<Arc<SessionInfo>>>,
    /// Feeds that no better source gives.
    pub demand: watch::Receiver<BTreeSet<Feed>>,
    /// When to end.
    pub shutdown: CancellationToken,
}

/// One source, as it is started, and started again.
pub struct Source {
    kind: SourceKind,
    run: Box<dyn Fn(Tools) -> BoxFuture<'static, ()> + Send + Sync>,
}

impl Source {
    /// A source that runs until it is told to end.
    pub fn new<F>(kind: SourceKind, run: impl Fn(Tools) -> F + Send + Sync + 'static) -> Source
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Source { kind, run: Box::new(move |tools| Box::pin(run(tools))) }
    }
}

/// A live session, or several one after the other, with all that runs for it.
pub struct Conductor {
    recorder: Recorder,
    assembler: Assembler,
    session: watch::Sender<Option<Arc<SessionInfo>>>,
    demand: watch::Sender<BTreeSet<Feed>>,
    events: Vec<Stamped<Event>>,
    recorded: Vec<Recorded>,
    /// Messages of the recording that is gone on with.
    n_kept: u64,
    is_late: bool,
    passed_at: Instant,
    /// Times that reading or telling broke down: said once, then only counted.
    n_broken: u64,
}

impl Conductor {
    /// Begins to record. A recording that was broken off lately is gone on with: what it holds is read first.
    ///
    /// # Errors
    ///
    /// If nothing can be recorded there.
    pub fn new(folder: &Path, config: RecorderConfig, clock: Clock) -> Result<Conductor, RecorderError> {
        let mut assembler = Assembler::new(AssemblerConfig::default());
        let (mut events, mut n_kept) = (Vec::new(), 0);
        let recorder = Recorder::start(folder, config, clock, |message| {
            n_kept += 1;
            // It is told as a whole, once everything is read.
            let _ = assembler.take(*message, &mut events);
            events.clear();
        })?;
        let session = watch::Sender::new(assembler.session().cloned().map(Arc::new));
        let demand = watch::Sender::new(assembler.wanted());
        let (passed_at, recorded) = (Instant::now(), Vec::new());
        let (is_late, n_broken) = (false, 0);
        Ok(Conductor { recorder, assembler, session, demand, events, recorded, n_kept, is_late, passed_at, n_broken })
    }

    /// How the recording goes.
    pub fn recorder_status(&self) -> RecorderStatusHandle {
        self.recorder.status()
    }

    /// The session that is on, once it is known.
    pub fn session(&self) -> watch::Receiver<Option<Arc<SessionInfo>>> {
        self.session.subscribe()
    }

    /// Runs until the token is cancelled, and finishes the recording: within two seconds, if the disk allows. Blocks, so
    /// it wants a thread of its own; the sources run on `runtime`.
    ///
    /// # Errors
    ///
    /// If the recording cannot be finished.
    pub fn run(
        mut self,
        sources: Vec<Source>,
        board: &StatusBoard,
        audience: &mut dyn Audience,
        runtime: &Handle,
        shutdown: &CancellationToken,
    ) -> Result<Option<Written>, RecorderError> {
        let (inbox, arrivals) = inbox();
        let mut tasks = self.start(sources, board, inbox, runtime, shutdown);
        self.tell_what_was_kept(audience);
        self.hear_all(arrivals, audience, runtime, shutdown);
        runtime.block_on(async { tasks.shutdown().await });
        self.guarded(|this| audience.end(&mut this.assembler));
        self.recorder.finish()
    }

    /// Starts every source with its own place on the board.
    fn start(
        &self,
        sources: Vec<Source>,
        board: &StatusBoard,
        inbox: Inbox,
        runtime: &Handle,
        shutdown: &CancellationToken,
    ) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for source in sources {
            let tools = Tools {
                inbox: inbox.clone(),
                status: board.handle(source.kind),
                session: self.session.subscribe(),
                demand: self.demand.subscribe(),
                shutdown: shutdown.clone(),
            };
            tasks.spawn_on(keep_running(source, tools), runtime);
        }
        tasks
    }

    /// The session of a recording that is gone on with.
    fn tell_what_was_kept(&mut self, audience: &mut dyn Audience) {
        let Some(info) = self.session.borrow().clone() else { return };
        let path = self.recorder.status().get().path;
        self.guarded(|this| {
            audience.resume(&path, this.n_kept);
            audience.begin(&info, &path);
            audience.hear(&[], true);
            audience.pass(&mut this.assembler);
        });
    }

    /// Hears until every source has ended.
    fn hear_all(
        &mut self,
        mut arrivals: mpsc::Receiver<Arrival>,
        audience: &mut dyn Audience,
        runtime: &Handle,
        shutdown: &CancellationToken,
    ) {
        let mut batch = Vec::with_capacity(MAX_AT_ONCE);
        let mut ends_at: Option<Instant> = None;
        loop {
            let heard = runtime
                .block_on(async { tokio::time::timeout(PULSE, arrivals.recv_many(&mut batch, MAX_AT_ONCE)).await });
            if heard == Ok(0) {
                return;
            }
            for arrival in batch.drain(..) {
                self.recorder.record(arrival, &mut self.recorded);
                self.read(audience);
            }
            self.tell(audience);
            if shutdown.is_cancelled() && Instant::now() >= *ends_at.get_or_insert_with(|| Instant::now() + GRACE) {
                tracing::warn!("a source did not end in time");
                return;
            }
        }
    }

    /// Reads what was just recorded.
    fn read(&mut self, audience: &mut dyn Audience) {
        for message in std::mem::take(&mut self.recorded) {
            self.guarded(|this| this.read_one(message, audience));
        }
    }

    fn read_one(&mut self, message: Recorded, audience: &mut dyn Audience) {
        audience.record(&message);
        let n_before = self.events.len();
        let taken = self.assembler.take(message.as_raw(), &mut self.events);
        if let Some(info) = taken.new_session {
            // What was said before is about the session before.
            let of_new = self.events.split_off(n_before);
            audience.hear(&self.events, self.is_late);
            (self.events, self.is_late) = (of_new, false);
            self.turn_to(*info, message, audience);
        }
        self.is_late |= taken.is_late;
    }

    /// Turns to another session than before, or to the first, which this message told of.
    fn turn_to(&mut self, info: SessionInfo, message: Recorded, audience: &mut dyn Audience) {
        tracing::info!("session: {} – {}", info.meeting_name, info.name);
        let mut recorded = Vec::new();
        if self.recorder.set_session(&info) == SessionChange::New {
            // Both recordings hold the message. The new one has a clock of its own, so it is read from its beginning, by
            // an assembler of its own: what is shown now is what the recording will say.
            let again = Arrival { channel: message.channel, payload: message.payload };
            self.recorder.record(again, &mut recorded);
            self.assembler = Assembler::new(AssemblerConfig::default());
            self.events.clear();
            for message in &recorded {
                let _ = self.assembler.take(message.as_raw(), &mut self.events);
            }
        }
        // Its status tells of a recording that has just begun a moment later only.
        let path = self.recorder.path();
        audience.begin(&info, &path);
        recorded.iter().for_each(|message| audience.record(message));
        self.session.send_replace(Some(Arc::new(info)));
    }

    /// Tells what became known, lets time pass, and says what is to be fetched.
    fn tell(&mut self, audience: &mut dyn Audience) {
        if self.passed_at.elapsed() >= PULSE {
            self.passed_at = Instant::now();
            let now = self.recorder.now();
            self.guarded(|this| this.assembler.tick(now, &mut this.events));
        }
        let (events, is_late) = (std::mem::take(&mut self.events), std::mem::take(&mut self.is_late));
        self.guarded(|this| {
            if !events.is_empty() || is_late {
                audience.hear(&events, is_late);
            }
            audience.pass(&mut this.assembler);
        });
        self.events = events;
        self.events.clear();
        let wanted = self.assembler.wanted();
        self.demand.send_if_modified(|demand| {
            let is_news = *demand != wanted;
            *demand = wanted;
            is_news
        });
    }

    /// Does something that must not end the recording, even if it breaks down.
    fn guarded(&mut self, work: impl FnOnce(&mut Conductor)) {
        if catch_unwind(AssertUnwindSafe(|| work(self))).is_err() {
            self.n_broken += 1;
            if self.n_broken == 1 {
                tracing::error!("reading what was heard broke down, which is a bug; recording goes on");
            }
        }
    }
}

/// Runs a source, and starts it again when it breaks down.
async fn keep_running(source: Source, tools: Tools) {
    let mut backoff = Backoff::new(FIRST_RESTART, LONGEST_RESTART);
    loop {
        let task = tokio::spawn((source.run)(tools.clone()));
        let ended = AbortOnDrop(task).join().await;
        if tools.shutdown.is_cancelled() || ended.is_ok() {
            return;
        }
        let pause = backoff.pause();
        tools.status.failed("it broke down, which is a bug", pause);
        for channel in channels_of(source.kind) {
            let reason = "its client broke down".to_owned();
            if tools.inbox.note(&Note::Closed { channel: (*channel).to_owned(), reason }).await.is_err() {
                return;
            }
        }
        tokio::select! {
            () = tools.shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// The channels that a source opens and closes.
const fn channels_of(kind: SourceKind) -> &'static [&'static str] {
    match kind {
        SourceKind::SignalR => &["signalr/a", "signalr/b"],
        SourceKind::Archive => &["archive"],
        SourceKind::OpenF1 => &["openf1"],
        SourceKind::OpenMeteo | SourceKind::Estimate => &[],
    }
}

/// A task that ends with whoever waits for it.
struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl AbortOnDrop {
    async fn join(mut self) -> Result<(), tokio::task::JoinError> {
        (&mut self.0).await
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
