//! A broker of a test's own.

use std::process::{Child, Command, Stdio};

/// Where the program of a Kafka-compatible broker is, as `make services` installs it.
pub const PROGRAM: &str = "OVERCUT_TEST_BROKER";

/// The broker, killed with this.
pub struct Broker {
    pub address: String,
    program: String,
    port: u16,
    storage: String,
    child: Child,
}

impl Broker {
    /// On every interface, known to its clients by the address of one of them.
    pub fn start(program: &str, host: &str, storage: &str) -> Broker {
        let port = free_port();
        Broker::run(program, port, format!("{host}:{port}"), storage)
    }

    /// Known to its clients by the address of whoever passes on to it.
    pub fn known_as(program: &str, address: &str, storage: &str) -> Broker {
        Broker::run(program, free_port(), address.to_owned(), storage)
    }

    fn run(program: &str, port: u16, address: String, storage: &str) -> Broker {
        let child = spawn(program, port, &address, storage);
        Broker { address, program: program.to_owned(), port, storage: storage.to_owned(), child }
    }

    /// Where it listens.
    pub fn listens(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn start_again(&mut self) {
        self.child = spawn(&self.program, self.port, &self.address, &self.storage);
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("0.0.0.0:0").unwrap().local_addr().unwrap().port()
}

fn spawn(program: &str, port: u16, address: &str, storage: &str) -> Child {
    Command::new(program)
        .args(["broker", "--listener-url", &format!("tcp://0.0.0.0:{port}")])
        .args(["--advertised-listener-url", &format!("tcp://{address}"), "--storage-engine", storage])
        .envs(std::env::var("S3_ENDPOINT").map(|endpoint| ("AWS_ENDPOINT", endpoint)))
        .env("AWS_ALLOW_HTTP", "true")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
