//! Asking: each question in a process of its own, a few at a time.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

use crate::query::{Answer, Limits, Query, QueryError};
use crate::work::{Reply, Task};

/// How much later than its limit a process may answer before it is killed: it starts, stops and says so itself.
const GRACE: Duration = Duration::from_secs(2);

/// How long a question waits for its turn.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// What is kept of what a process says when it breaks, bytes.
const MAX_LAST_WORDS: u64 = 4096;

/// Answers queries over a folder of tables.
#[derive(Debug)]
pub struct Runner {
    program: PathBuf,
    arguments: &'static [&'static str],
    folder: PathBuf,
    slots: Semaphore,
}

impl Runner {
    /// A runner over the tables below `folder` that answers so many questions at a time. `program` with `arguments` is
    /// one that calls [`work`](crate::work()) with its input and output.
    pub fn new(program: PathBuf, arguments: &'static [&'static str], folder: PathBuf, n_at_once: usize) -> Runner {
        Runner { program, arguments, folder, slots: Semaphore::new(n_at_once) }
    }

    /// Answers a query. On a runtime. When the future is dropped, the query ends.
    ///
    /// # Errors
    ///
    /// Why there is no answer.
    pub async fn ask(&self, query: Query) -> Result<Answer, QueryError> {
        let turn = tokio::time::timeout(LONGEST_WAIT, self.slots.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(QueryError::Busy) };
        let limits = query.limits;
        let task = serde_json::to_vec(&Task { folder: self.folder.clone(), query });
        let task = task.map_err(|error| QueryError::Broken(error.to_string()))?;
        let mut child = self.start()?;
        match tokio::time::timeout(limits.time + GRACE, converse(&mut child, &task, limits)).await {
            Ok(result) => result,
            // Dropping it kills it; waiting for that frees its turn for a machine that is free again.
            Err(_) => {
                child.kill().await.map_or_else(|error| Err(broken(error)), |()| Err(QueryError::TooSlow(limits.time)))
            }
        }
    }

    /// Starts the process. It inherits nothing that it does not need: no secret of the environment, no open file.
    fn start(&self) -> Result<Child, QueryError> {
        Command::new(&self.program)
            .args(self.arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(broken)
    }
}

/// Tells a process its task and hears its answer.
async fn converse(child: &mut Child, task: &[u8], limits: Limits) -> Result<Answer, QueryError> {
    let (Some(mut input), Some(output), Some(errors)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(QueryError::Broken("it has no input or output".to_owned()));
    };
    let speak = async {
        // A process that broke before it listened says why in its last words.
        let _ = input.write_all(task).await;
        drop(input);
    };
    let (_, answer, last_words) = tokio::join!(speak, hear(output, limits), last_words(errors));
    let status = child.wait().await.map_err(broken)?;
    answer.unwrap_or_else(|| Err(end(status, &last_words, limits)))
}

/// The answer, unless the process ended before it was complete.
async fn hear(output: impl AsyncRead + Unpin, limits: Limits) -> Option<Result<Answer, QueryError>> {
    let mut output = BufReader::new(output);
    let mut head = Vec::new();
    // An error quotes names of the query, whose length is bounded: a head is short.
    (&mut output).take(1 << 20).read_until(b'\n', &mut head).await.ok()?;
    match serde_json::from_slice(&head).ok()? {
        Reply::Error(error) => Some(Err(error)),
        Reply::Answer { n_bytes, .. } if n_bytes > limits.answer_bytes => {
            Some(Err(QueryError::TooLong(limits.answer_bytes)))
        }
        Reply::Answer { n_rows, is_truncated, n_bytes } => {
            let mut body = vec![0; n_bytes];
            output.read_exact(&mut body).await.ok()?;
            Some(Ok(Answer { n_rows, is_truncated, body }))
        }
    }
}

async fn last_words(mut errors: impl AsyncRead + Unpin) -> String {
    let mut words = Vec::new();
    let _ = (&mut errors).take(MAX_LAST_WORDS).read_to_end(&mut words).await;
    // What comes after that is not wanted, but somebody has to take it.
    let _ = tokio::io::copy(&mut errors, &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&words).into_owned()
}

/// What it means that a process ended without an answer.
fn end(status: ExitStatus, last_words: &str, limits: Limits) -> QueryError {
    if last_words.contains("memory allocation of") {
        return QueryError::TooMuchMemory(limits.memory_bytes);
    }
    if last_words.contains("overflowed its stack") {
        return QueryError::invalid("the query nests too deeply", None);
    }
    let words = last_words.lines().next().unwrap_or_default();
    QueryError::Broken(format!("{status} {words}").trim_end().to_owned())
}

fn broken(error: std::io::Error) -> QueryError {
    QueryError::Broken(error.to_string())
}
