//! A process of a test's, and what it has said.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

/// A process that ends with its value, and what it has said.
#[derive(Debug)]
pub struct Program {
    /// The process.
    pub child: Child,
    log: Arc<Mutex<String>>,
    lines: mpsc::UnboundedReceiver<String>,
    folder: TempDir,
}

impl Program {
    /// Starts a command, which uses `folder` and leaves nothing elsewhere.
    ///
    /// # Panics
    /// Where it cannot be started.
    #[must_use]
    pub fn of(mut command: Command, folder: TempDir) -> Self {
        command.stdin(Stdio::null());
        Self::started(command, folder)
    }

    /// Starts a command whose standard input stays open as long as the program's value lives.
    ///
    /// # Panics
    /// Where it cannot be started.
    #[must_use]
    pub fn with_input(mut command: Command, folder: TempDir) -> Self {
        command.stdin(Stdio::piped());
        Self::started(command, folder)
    }

    fn started(mut command: Command, folder: TempDir) -> Self {
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (sender, lines) = mpsc::unbounded_channel();
        collect(child.stdout.take().unwrap(), log.clone(), sender.clone());
        collect(child.stderr.take().unwrap(), log.clone(), sender);
        Self {
            child,
            log,
            lines,
            folder,
        }
    }

    /// All that it has said until now, on both outputs.
    ///
    /// # Panics
    /// Where a test has panicked while it held the log.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// The most memory that it has held, in MB.
    ///
    /// # Panics
    /// Where it has ended.
    #[must_use]
    pub fn peak_memory(&self) -> f64 {
        self.memory("VmHWM:")
    }

    /// The memory that it holds now, in MB.
    ///
    /// # Panics
    /// Where it has ended.
    #[must_use]
    pub fn resident_memory(&self) -> f64 {
        self.memory("VmRSS:")
    }

    fn memory(&self, name: &str) -> f64 {
        let id = self.child.id().unwrap();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let found = status.lines().find_map(|line| line.strip_prefix(name));
        let kilobytes = found.unwrap().trim().trim_end_matches(" kB");
        kilobytes.parse::<f64>().unwrap() / 1024.0
    }

    /// The variables that it has printed for a shell, as `export NAME='value'`.
    #[must_use]
    pub fn exported(&self) -> Vec<(String, String)> {
        let log = self.log();
        let lines = log.lines().filter_map(|line| line.strip_prefix("export "));
        lines
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
            .collect()
    }

    /// What it has left in the folder for temporary files.
    ///
    /// # Panics
    /// Where that cannot be read.
    #[must_use]
    pub fn leftovers(&self) -> Vec<PathBuf> {
        std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect()
    }

    /// The next line that holds `part`; `None` where the program ends before.
    pub async fn line_with(&mut self, part: &str) -> Option<String> {
        loop {
            let line = self.lines.recv().await?;
            if line.contains(part) {
                return Some(line);
            }
        }
    }
}

fn collect(
    output: impl AsyncRead + Unpin + Send + 'static,
    log: Arc<Mutex<String>>,
    sender: mpsc::UnboundedSender<String>,
) {
    tokio::spawn(async move {
        let mut lines = BufReader::new(output).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            log.lock().unwrap().extend([line.as_str(), "\n"]);
            // Nobody has to listen.
            sender.send(line).ok();
        }
    });
}
