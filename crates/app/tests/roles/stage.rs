//! Processes of the program over topics of their own.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use crate::{LOOK, PATIENCE};

/// A process of the program, killed with this.
pub struct Role {
    pub name: &'static str,
    arguments: Vec<String>,
    child: Child,
    said: Arc<Mutex<String>>,
    /// How much was said before this process started.
    n_before: usize,
}

impl Role {
    pub fn start(stage: &Stage, name: &'static str, arguments: &[&str]) -> Role {
        let arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
        let said = Arc::default();
        Role { name, child: spawn(stage.command(&arguments), &said), arguments, said, n_before: 0 }
    }

    /// In a network of its own.
    pub fn start_in(stage: &Stage, namespace: &str, name: &'static str, arguments: &[&str]) -> Role {
        let arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
        let own = stage.command(&arguments);
        let mut command = Command::new("ip");
        command.args(["netns", "exec", namespace]).arg(own.get_program()).args(own.get_args());
        command.envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let said = Arc::default();
        Role { name, child: spawn(command, &said), arguments, said, n_before: 0 }
    }

    /// `kill -9`, and another one in its place.
    pub fn kill_and_start_again(&mut self, stage: &Stage) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.n_before = self.said.lock().unwrap().len();
        self.child = spawn(stage.command(&self.arguments), &self.said);
    }

    /// True once it has something to do. A member of a group that is killed while it joins leaves Tansu 0.6 believing that
    /// it leads the group, and nobody is given anything any more; a Kafka drops it.
    pub fn works(&mut self) -> bool {
        let said = self.said().split_off(self.n_before);
        let is_given = said.rsplit("partitions=").next().is_some_and(|last| !last.starts_with("[]"));
        let joins = !matches!(self.arguments[0].as_str(), "ingest" | "gateway");
        !self.is_over()
            && if joins {
                said.contains("partitions=") && is_given
            } else {
                said.contains("telling") || said.contains("wall ")
            }
    }

    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Waits until it has said all of that, and returns all that it said.
    pub fn until_said(&self, words: &[&str]) -> String {
        let began = Instant::now();
        loop {
            let said = self.said();
            if words.iter().all(|word| said.contains(word)) {
                return said;
            }
            assert!(began.elapsed() < PATIENCE, "{}: {said}", self.name);
            thread::sleep(LOOK);
        }
    }

    pub fn is_over(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until it ends by itself, and wants it to have ended well.
    pub fn end(mut self) {
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{}: {}", self.name, self.said());
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What all have said.
pub fn said<'a>(roles: impl IntoIterator<Item = &'a Role>) -> String {
    roles.into_iter().map(|role| format!("-- {}\n{}", role.name, role.said())).collect()
}

fn spawn(mut command: Command, said: &Arc<Mutex<String>>) -> Child {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    for stream in
        [Box::new(child.stdout.take().unwrap()) as Box<dyn Read + Send>, Box::new(child.stderr.take().unwrap())]
    {
        let said = said.clone();
        thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                said.lock().unwrap().push_str(&format!("{line}\n"));
            }
        });
    }
    child
}

/// Topics of our own, and a data folder.
pub struct Stage {
    pub folder: TempDir,
    pub prefix: String,
    environment: Vec<(&'static str, String)>,
}

impl Stage {
    /// With these lines in the configuration of the bus.
    pub fn set(lines: &[&str]) -> Stage {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
        let (folder, prefix) = (tempfile::tempdir().unwrap(), format!("chaos-{now}."));
        let config = format!(
            "[bus]\nprefix = \"{prefix}\"\npartitions = 4\nsession_timeout_s = 6.0\n\
             max_poll_interval_s = 6.0\n{}\n",
            lines.join("\n")
        );
        std::fs::write(folder.path().join("config.toml"), config).unwrap();
        Stage { folder, prefix, environment: Vec::new() }
    }

    /// With a variable set for every process.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Stage {
        self.environment.push((name, value.into()));
        self
    }

    fn command(&self, arguments: &[String]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_overcut"));
        command.arg("--config").arg(self.folder.path().join("config.toml"));
        // A command that names a data folder of its own is given that one.
        if !arguments.iter().any(|word| word == "--data") {
            command.arg("--data").arg(self.folder.path().join("data"));
        }
        command.args(arguments).env("OVERCUT_DATA", overcut_testkit::data().unwrap()).env("NO_COLOR", "1");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}
