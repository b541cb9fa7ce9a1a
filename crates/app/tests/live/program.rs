//! The program, started as a person would, and what it says.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// What takes longer than this has failed.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// A running program with a data folder of its own, which ends with this.
pub struct Program {
    child: Child,
    /// Everything it printed.
    said: Arc<Mutex<String>>,
    /// `host:port` of its wall; empty if it has none.
    pub address: String,
}

/// A data folder.
pub fn data() -> TempDir {
    tempfile::tempdir().unwrap()
}

impl Program {
    /// `overcut live` on a free port.
    pub fn live(data: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Program {
        let mut program = Program::start(data, &[&["live", "--port", "0"], arguments].concat(), environment);
        program.wait_for(|said| said.contains("wall  http://"));
        let said = program.said();
        let address = said.split("wall  http://").nth(1).unwrap().lines().next().unwrap();
        program.address = address.trim_end_matches('/').to_owned();
        program
    }

    /// Any command.
    pub fn start(data: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Program {
        let mut child = spawn(data, arguments, environment);
        let said = Arc::new(Mutex::new(String::new()));
        listen(child.stdout.take().unwrap(), &said);
        listen(child.stderr.take().unwrap(), &said);
        Program { child, said, address: String::new() }
    }

    /// `overcut serve` on a free port, whose terminal goes once it has said where it listens.
    pub fn unheard(data: &Path) -> Program {
        let mut child = spawn(data, &["serve", "--port", "0"], &[]);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("http://")), "it says where it listens");
        drop((lines, child.stderr.take()));
        Program { child, said: Arc::default(), address: String::new() }
    }

    /// Everything it printed so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Waits until it has printed what is wanted.
    pub fn wait_for(&mut self, is_there: impl Fn(&str) -> bool) {
        let since = Instant::now();
        while !is_there(&self.said()) {
            assert!(since.elapsed() < PATIENCE, "it only said:\n{}", self.said());
            assert!(self.child.try_wait().unwrap().is_none(), "it ended:\n{}", self.said());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// What its API answers.
    pub fn get(&self, path: &str) -> Value {
        let text = get(&self.address, path);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
    }

    /// Asks its API until the answer is as wanted, and returns it.
    pub fn get_until(&self, path: &str, is_there: impl Fn(&Value) -> bool) -> Value {
        let since = Instant::now();
        loop {
            let answer = self.get(path);
            if is_there(&answer) {
                return answer;
            }
            assert!(since.elapsed() < PATIENCE, "{path} only says {answer:#}\n{}", self.said());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// What it has in memory, bytes; 0 where that cannot be found out.
    pub fn memory_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        1024 * line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
    }

    /// Kills it without a word.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it has ended by itself, and returns all that it said.
    pub fn wait(mut self) -> String {
        assert!(self.child.wait().unwrap().success(), "{}", self.said());
        thread::sleep(Duration::from_millis(50)); // the readers of its output come to the end of it
        self.said()
    }

    /// Stops it as Ctrl-C does, and returns all that it said and how long it took.
    pub fn stop(mut self) -> (String, Duration) {
        let since = Instant::now();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(since.elapsed() < PATIENCE, "it does not stop:\n{}", self.said());
            thread::sleep(Duration::from_millis(5));
        };
        let took = since.elapsed();
        assert!(status.success(), "{status}:\n{}", self.said());
        thread::sleep(Duration::from_millis(50)); // the readers of its output come to the end of it
        (self.said(), took)
    }
}

fn spawn(data: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_overcut"))
        .args(arguments)
        .args(["--data".as_ref(), data.as_os_str()])
        .env_remove("OVERCUT_DATA")
        .env_remove("OVERCUT_F1TV_TOKEN")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen(output: impl Read + Send + 'static, said: &Arc<Mutex<String>>) {
    let said = said.clone();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let mut said = said.lock().unwrap();
            said.push_str(&line);
            said.push('\n');
        }
    });
}

/// The body of an answer.
pub fn get(address: &str, path: &str) -> String {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

/// A table of a recording, as `overcut export` writes it.
pub fn table(recording: &Path, table: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_overcut"))
        .args(["export".as_ref(), recording.as_os_str(), table.as_ref()])
        .env_remove("OVERCUT_DATA")
        .output()
        .unwrap();
    assert!(output.status.success(), "{table}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The recordings in a data folder, finished or not, by name.
pub fn recordings(data: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.to_string_lossy().contains(".mcap"));
    paths.sort();
    paths
}

/// Checks that a text is nowhere in what was said nor in any file below a folder.
pub fn assert_nowhere(secret: &str, said: &str, folder: &Path) {
    assert!(!said.contains(secret), "the secret was said:\n{said}");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_in_it = |bytes: Vec<u8>| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        if path.is_dir() {
            assert_nowhere(secret, said, &path);
        } else {
            assert!(!is_in_it(std::fs::read(&path).unwrap()), "the secret is in {}", path.display());
        }
    }
}
