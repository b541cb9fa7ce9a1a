//! `overcut bench fanout`: one session to many clients over loopback, and how late its telemetry frames arrive.
//!
//! Server and clients share this process and its cores. A frame is due when the house clock has come 300 ms past its
//! moment; what is measured is from then until a client has it in hand, so everything in between counts: the timer,
//! the encoding, a thousand sockets before its own, and the client's wait for a core.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::{SinkExt, StreamExt};
use overcut_server::wire::{ClientMessage, SessionSummary};
use overcut_server::{Library, Server, ServerConfig, SharedSession, Shelf, instant_of, now_ms};
use overcut_timeline::{FRAME_STEP_MS, House, LOOK_AHEAD_MS, MarkKind, Speed};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_util::sync::CancellationToken;

use crate::bench::figures::{Figure, Reference};
use crate::bench::usage::usage;
use crate::limits;

/// Between the last connection and the first frame that counts.
const WARM_UP: Duration = Duration::from_secs(1);

/// Memory per client to read into: a frame of 22 cars is 1 kB.
const READ_BUFFER_BYTES: usize = 4096;

/// What a telemetry message begins with in MessagePack: a map of three, `type` is `telemetry`, `t_ms` follows. Read as
/// bytes, because a thousand clients that parse every frame would measure themselves.
const FRAME_HEAD: &[u8] = b"\x83\xa4type\xa9telemetry\xa4t_ms";

/// How much to ask for.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// WebSocket clients.
    pub n_clients: usize,
    /// Frames a second and client.
    pub hz: f32,
    /// How long to measure.
    pub duration: Duration,
}

/// Where the house clock was at which instant.
#[derive(Debug, Clone, Copy)]
struct Due {
    since: Instant,
    from_ms: i64,
}

impl Due {
    /// When a frame may leave at the earliest.
    fn at(self, frame_ms: i64) -> Instant {
        let after_ms = frame_ms.saturating_add(LOOK_AHEAD_MS).saturating_sub(self.from_ms);
        self.since + Duration::from_millis(u64::try_from(after_ms).unwrap_or(0))
    }
}

/// Serves a session to many clients and measures.
///
/// # Errors
///
/// If a client cannot connect or is disconnected, or if no frame arrives.
pub fn fanout(session: SharedSession, load: Load) -> Result<Vec<Figure>> {
    ensure!(load.n_clients > 0, "--clients must be at least 1");
    limits::raise_open_files();
    let from = {
        let timeline = session.read();
        let marks = timeline.marks_at(timeline.head());
        let start = marks.iter().find(|mark| mark.kind == MarkKind::Start);
        start.map_or(timeline.start(), |mark| mark.time)
    };
    let house = House::Running { since_ms: now_ms(), from, speed: Speed::NORMAL, is_as_live: true };
    session.set_house(house);
    let House::Running { since_ms, from, .. } = session.house() else { unreachable!("set above") };
    let due = Due { since: instant_of(since_ms), from_ms: from.as_millis() };
    // Two runtimes, as there would be two processes: neither side's tasks queue behind the other's. The server's is that
    // of `overcut serve`; one thread is enough for the clients and leaves it the other core.
    let serving = tokio::runtime::Runtime::new().context("cannot start the server's runtime")?;
    let asking = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let asking = asking.context("cannot start the clients' runtime")?;
    let shutdown = CancellationToken::new();
    let library = Arc::new(Library::new(NoShelf));
    let id = session.summary().id.clone();
    library.put(Arc::new(session));
    let config = ServerConfig {
        address: ([127, 0, 0, 1], 0).into(),
        max_connections: load.n_clients + 10,
        ..ServerConfig::default()
    };
    let server = serving.block_on(async { Server::bind(&config, library, shutdown.clone()) })?;
    let url = format!("ws://{}/ws/v1/timeline?format=msgpack&follow=true&session={id}", server.address());
    let running = serving.spawn(server.run());
    let measured = asking.block_on(measure(url, load, due));
    shutdown.cancel();
    serving.block_on(running).context("the server broke down")?;
    figures(load, measured?)
}

/// What came of it.
struct Measured {
    /// How late each frame was, in microseconds.
    late_us: Vec<u32>,
    cpu: Duration,
    wall: Duration,
}

async fn measure(url: String, load: Load, due: Due) -> Result<Measured> {
    let mut sockets = Vec::with_capacity(load.n_clients);
    for _ in 0..load.n_clients {
        sockets.push(connect(&url, load.hz).await?);
    }
    let begin = Instant::now() + WARM_UP;
    let end = begin + load.duration;
    let mut clients = JoinSet::new();
    for socket in sockets {
        clients.spawn(listen(socket, due, begin, end));
    }
    tokio::time::sleep_until(begin.into()).await;
    let cpu_before = usage().cpu;
    tokio::time::sleep_until(end.into()).await;
    let cpu = usage().cpu.saturating_sub(cpu_before);
    let mut late_us = Vec::new();
    while let Some(client) = clients.join_next().await {
        late_us.extend(client.context("a client broke down")??);
    }
    late_us.sort_unstable();
    Ok(Measured { late_us, cpu, wall: load.duration })
}

async fn connect(url: &str, hz: f32) -> Result<WebSocketStream<TcpStream>> {
    let authority = url.trim_start_matches("ws://").split('/').next().unwrap_or_default();
    let stream = TcpStream::connect(authority).await.context("a client cannot connect")?;
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES);
    let connected = tokio_tungstenite::client_async_with_config(url, stream, Some(config)).await;
    let (mut socket, _) = connected.context("a client was refused")?;
    let wish = serde_json::to_string(&ClientMessage::Telemetry { hz, drivers: Vec::new() })?;
    socket.send(Message::text(wish)).await?;
    Ok(socket)
}

/// How late each frame that was due in the span arrived, in microseconds.
async fn listen(mut socket: WebSocketStream<TcpStream>, due: Due, begin: Instant, end: Instant) -> Result<Vec<u32>> {
    let mut late_us = Vec::new();
    while let Some(message) = socket.next().await {
        let message = message.context("a client was disconnected")?;
        let now = Instant::now();
        let Message::Binary(bytes) = message else { continue };
        let Some(due_at) = frame_ms(&bytes).map(|frame_ms| due.at(frame_ms)) else { continue };
        if due_at >= end {
            break;
        }
        if due_at >= begin {
            let late = now.saturating_duration_since(due_at).as_micros();
            late_us.push(u32::try_from(late).unwrap_or(u32::MAX));
        }
    }
    Ok(late_us)
}

/// The moment of a telemetry frame; `None` for other messages.
fn frame_ms(bytes: &[u8]) -> Option<i64> {
    let mut rest = bytes.strip_prefix(FRAME_HEAD)?;
    serde::Deserialize::deserialize(&mut rmp_serde::Deserializer::new(&mut rest)).ok()
}

fn figures(load: Load, measured: Measured) -> Result<Vec<Figure>> {
    let Measured { late_us, cpu, wall } = measured;
    let quantile = |share: f64| {
        let idx = ((late_us.len() as f64 * share) as usize).min(late_us.len().saturating_sub(1));
        late_us.get(idx).map(|us| f64::from(*us) / 1000.0)
    };
    let n = late_us.len() as u64;
    let aim = |value, what| Some(Reference { value, what });
    let figure =
        |name: &str, value, unit, reference| Figure { name: name.into(), value, unit, reference, n, spread: None };
    let no_frames = "no telemetry frame arrived: has the recording car data?";
    // The server's grid is 50 Hz, of which slower clients get one frame in so many.
    let wanted = load.n_clients as f64 * f64::from(load.hz) * wall.as_secs_f64();
    let grid_hz = 1000.0 / FRAME_STEP_MS as f64;
    ensure!(f64::from(load.hz) <= grid_hz, "--hz must be at most {grid_hz}");
    Ok(vec![
        figure("fanout.latency_p50", quantile(0.5).context(no_frames)?, "ms", None),
        figure("fanout.latency_p99", quantile(0.99).context(no_frames)?, "ms", aim(20.0, "aim, 1000 clients at 50 Hz")),
        figure("fanout.latency_p999", quantile(0.999).context(no_frames)?, "ms", None),
        figure("fanout.latency_max", quantile(1.0).context(no_frames)?, "ms", None),
        figure("fanout.frames_per_s", late_us.len() as f64 / wall.as_secs_f64(), "1/s", None),
        figure("fanout.frames_missed", 100.0 * (1.0 - late_us.len() as f64 / wanted).max(0.0), "%", None),
        figure("fanout.cpu", 100.0 * cpu.as_secs_f64() / wall.as_secs_f64(), "% of a core, clients included", None),
        figure("fanout.peak_memory", usage().peak_memory_bytes as f64 / 1e6, "MB, clients included", None),
    ])
}

/// The bench puts its own session in.
struct NoShelf;

impl Shelf for NoShelf {
    fn list(&self) -> Vec<SessionSummary> {
        Vec::new()
    }

    fn open(&self, summary: &SessionSummary) -> Result<Arc<SharedSession>, String> {
        Err(format!("{} is not part of the bench", summary.id))
    }
}

#[cfg(test)]
mod tests {
    use overcut_server::wire::ServerMessage;

    use super::*;

    #[test]
    fn a_frame_is_known_by_its_first_bytes() {
        for t_ms in [0, 127, 70_000, 3_000_000, -5] {
            let frame = rmp_serde::to_vec_named(&ServerMessage::Telemetry { t_ms, cars: Vec::new() }).unwrap();
            assert_eq!(frame_ms(&frame), Some(t_ms.into()));
        }
        let other = rmp_serde::to_vec_named(&ServerMessage::Error { message: "no".to_owned() }).unwrap();
        assert_eq!(frame_ms(&other), None);
    }
}
