//! A broker of a test's own.

use std::process::{Child, Command, Stdio};

/// Where the program of a Kafka-compatible broker is, as `make services` installs it.
pub const PROGRAM: &str = "OVERCUT_TEST_BROKER";

/// The broker, killed with this.
pub struct Broker {
    pub address: String,
    program: String,
    storage: String,
    child: Child,
}

impl Broker {
    /// On every interface, known to its clients by the address of one of them.
    pub fn start(program: &str, host: &str, storage: &str) -> Broker {
        let port = std::net::TcpListener::bind("0.0.0.0:0").unwrap().local_addr().unwrap().port();
        let address = format!("{host}:{port}");
        let child = spawn(program, &address, storage);
        Broker { address, program: program.to_owned(), storage: storage.to_owned(), child }
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn start_again(&mut self) {
        self.child = spawn(&self.program, &self.address, &self.storage);
    }
}

fn spawn(program: &str, address: &str, storage: &str) -> Child {
    let (_, port) = address.rsplit_once(':').unwrap();
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
