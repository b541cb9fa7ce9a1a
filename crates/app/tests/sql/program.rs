//! The program, asked on the command line and over HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// `overcut` on a data folder, and on no other.
pub fn overcut(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_overcut"));
    command.args(arguments).args(["--data".as_ref(), data.as_os_str()]).env_remove("OVERCUT_DATA");
    command
}

/// What `overcut sql` says.
pub fn sql(data: &Path, arguments: &[&str]) -> Output {
    overcut(data, &[&["sql"], arguments].concat()).stdin(Stdio::null()).output().unwrap()
}

/// What `overcut sql` answers.
pub fn answer(data: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = sql(data, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The rows of a query.
pub fn rows(data: &Path, query: &str) -> Value {
    serde_json::from_slice::<Value>(&answer(data, &[query, "--json"])).unwrap()["rows"].take()
}

/// What `overcut sql -` answers to a query on its input.
pub fn answer_to_input(data: &Path, query: &str) -> Vec<u8> {
    let mut child =
        overcut(data, &["sql", "-", "--json"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(query.as_bytes()).unwrap();
    child.wait_with_output().unwrap().stdout
}

/// A server that ends with this.
pub struct Server {
    child: Child,
    address: String,
}

/// An answer over HTTP.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&self.body)))
    }
}

impl Server {
    /// `overcut serve` on a free port of loopback, with more arguments.
    pub fn start(data: &Path, arguments: &[&str]) -> Server {
        let mut child = overcut(data, &[&["serve", "--port", "0"], arguments].concat())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.find_map(|line| Some(line.unwrap().strip_prefix("wall  http://")?.to_owned())).unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        let port = url.split('/').next().unwrap().rsplit(':').next().unwrap().to_owned();
        Server { child, address: format!("127.0.0.1:{port}") }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks for a path and hears the answer to its end.
    pub fn get(&self, path: &str) -> Answer {
        self.request(path, "")
    }

    /// Asks a question for an answer of a media type, or of whichever the server likes.
    pub fn ask(&self, query: &str, accept: &str) -> Answer {
        self.request(&path_of(query), &format!("Accept: {accept}\r\n"))
    }

    fn request(&self, path: &str, headers: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {}\r\n{headers}\r\n", self.address).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let split = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(bytes[..split].to_vec()).unwrap().to_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head, body: bytes.split_off(split + 4) }
    }
}

/// The path that a question is asked at.
pub fn path_of(query: &str) -> String {
    let encoded: String = query.bytes().map(|byte| format!("%{byte:02x}")).collect();
    format!("/api/v1/sql?query={encoded}")
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
