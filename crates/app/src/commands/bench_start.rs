//! `overcut bench start`: from starting the program to the first frame at a client.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures_util::StreamExt;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio_tungstenite::connect_async;

use crate::bench::figures::{Figure, print};
use crate::cli::BenchStartArguments;
use crate::commands::Context;

/// A start that takes longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures and prints.
pub fn bench_start(context: &Context, arguments: &BenchStartArguments) -> Result<()> {
    ensure!(arguments.runs > 0, "--runs must be at least 1");
    let path = context.resolve(&arguments.session)?.path;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let mut runs_ms = Vec::new();
    for _ in 0..arguments.runs {
        let start = runtime.block_on(async { tokio::time::timeout(PATIENCE, start(&path)).await });
        runs_ms.push(start.context("the server did not answer within a minute")??.as_secs_f64() * 1000.0);
    }
    print(&[Figure::of_runs("start.first_frame", "ms", &runs_ms, None)], arguments.json)
}

/// Starts a replay in a process of its own and waits until a client has its first frame: the whole board.
async fn start(path: &std::path::Path) -> Result<Duration> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let started = Instant::now();
    let mut server = Command::new(program)
        .arg("replay")
        .arg(path)
        .args(["--port", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("cannot start a server")?;
    let stdout = server.stdout.take().context("the server has no output")?;
    // Held open until the end: a server that cannot print its other addresses stops.
    let mut lines = BufReader::new(stdout).lines();
    let line = lines.next_line().await?.context("the server stopped at once")?;
    let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next());
    let address = address.with_context(|| format!("no address in {line:?}"))?;
    let (mut client, _) = connect_async(format!("ws://{address}/ws/v1/timeline?session=current"))
        .await
        .context("cannot connect to the server")?;
    loop {
        let message = client.next().await.context("the server closed the connection")??;
        if message.to_text().is_ok_and(|text| text.contains(r#""type":"snapshot""#)) {
            break;
        }
    }
    let took = started.elapsed();
    drop(lines);
    server.kill().await.context("cannot stop the server")?;
    Ok(took)
}
