//! The process that answers one question: it reads it from its input, answers on its output, and ends.
//!
//! An answer is one line of JSON, a [`Reply`], and then as many bytes as it says.

use std::io::{self, BufRead, Read, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

use crate::answer::answer;
use crate::engine::Engine;
use crate::limits::confine;
use crate::query::{Answer, Query, QueryError};

/// Threads of a query at most: one query should not take a whole machine.
const MAX_THREADS: usize = 4;

/// Threads that read files.
const N_FILE_THREADS: usize = 2;

/// Stack of each thread, bytes. A text of the longest length can nest some thousand operators, and the engine takes them
/// apart one within the other; what is not touched costs nothing.
const STACK_BYTES: usize = 64 << 20;

/// Longest question, bytes: texts are short, and JSON at most doubles them a few times.
const MAX_TASK_BYTES: u64 = 1 << 20;

/// What the process is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    /// The folder with the folders of the tables.
    pub folder: PathBuf,
    pub query: Query,
}

/// The first line of an answer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Reply {
    /// The answer, whose bytes follow.
    Answer { n_rows: usize, is_truncated: bool, n_bytes: usize },
    /// There is none.
    Error(QueryError),
}

/// Does the one task that stands in the input. This is the whole life of the process: it bounds itself for good.
///
/// # Errors
///
/// If there is no such task, or nobody takes the answer.
pub fn work(input: impl Read, mut output: impl Write) -> io::Result<()> {
    let mut line = String::new();
    io::BufReader::new(input.take(MAX_TASK_BYTES)).read_line(&mut line)?;
    let task: Task = serde_json::from_str(&line)?;
    let (reply, body) = match perform(task) {
        Ok(Answer { n_rows, is_truncated, body }) => {
            (Reply::Answer { n_rows, is_truncated, n_bytes: body.len() }, body)
        }
        Err(error) => (Reply::Error(error), Vec::new()),
    };
    serde_json::to_writer(&mut output, &reply)?;
    output.write_all(b"\n")?;
    output.write_all(&body)?;
    output.flush()
}

fn perform(task: Task) -> Result<Answer, QueryError> {
    // A folder without anything is as good as none: whoever asks an empty table should know why it is empty.
    if !task.folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(QueryError::NoTables(task.folder));
    }
    let limits = task.query.limits;
    let n_threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS);
    confine(limits.memory_bytes, STACK_BYTES * (n_threads + N_FILE_THREADS)).map_err(QueryError::Broken)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(n_threads)
        .max_blocking_threads(N_FILE_THREADS)
        .thread_stack_size(STACK_BYTES)
        .enable_time()
        .build()
        .map_err(|error| QueryError::Broken(format!("cannot start the runtime: {error}")))?;
    let result = within(limits.time, &runtime, async move { answer_here(&task.folder, &task.query, n_threads).await });
    // Whatever still computes ends with the process.
    runtime.shutdown_background();
    result
}

/// The result of a task, unless it takes too long: then it is left behind. The clock is this thread's own, because one
/// task that never gives way can keep every thread of the runtime, timers included.
fn within(
    time: Duration,
    runtime: &Runtime,
    task: impl Future<Output = Result<Answer, QueryError>> + Send + 'static,
) -> Result<Answer, QueryError> {
    let (sender, receiver) = mpsc::channel();
    runtime.spawn(async move {
        // If nobody waits any more, the answer is of no use.
        let _ = sender.send(task.await);
    });
    match receiver.recv_timeout(time) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => Err(QueryError::TooSlow(time)),
        Err(RecvTimeoutError::Disconnected) => {
            Err(QueryError::Failed("the engine panicked, which is a bug in it".to_owned()))
        }
    }
}

/// Answers a query in this process, on so many threads. Time is not limited, and memory only as far as the engine counts it:
/// whoever does not trust the query lets a [`Runner`](crate::Runner) answer it.
///
/// # Errors
///
/// Why there is no answer.
pub async fn answer_here(folder: &Path, query: &Query, n_threads: usize) -> Result<Answer, QueryError> {
    let rows = Engine::open(folder, query.limits, n_threads)?.run(&query.text).await?;
    answer(&rows, query.format, query.limits.answer_bytes)
}
