//! A harness in a process of its own, on the second core where there are two.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The core that clients run on; all else runs on the other.
pub const CLIENT_CORE: &str = "0";
pub const SERVER_CORE: &str = "1";

pub struct Site {
    pub url: String,
    child: Child,
}

impl Site {
    /// Starts `mapgate-local` of this build with these options.
    pub fn start(options: &[&str]) -> Self {
        let program = own_path().with_file_name("mapgate-local");
        let mut command = pinned(SERVER_CORE, &program);
        command.args(["--listen", "127.0.0.1:0"]).args(options);
        Self::of(command)
    }

    /// Starts a program that says `ready` and its URL once it is.
    pub fn of(mut command: Command) -> Self {
        let command = command.env("RUST_LOG", "error").stdout(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let ready = lines.find_map(|line| Some(line.ok()?.strip_prefix("ready ")?.to_owned()));
        // Read on, or its next line would meet a closed pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            url: ready.expect("it is ready"),
            child,
        }
    }

    /// The memory it holds, in MB.
    pub fn resident(&self) -> f64 {
        self.status("VmRSS:")
    }

    /// The most memory it held, in MB, since [`Site::forget_peak`].
    pub fn peak(&self) -> f64 {
        self.status("VmHWM:")
    }

    pub fn forget_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").expect("Linux");
    }

    fn status(&self, name: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap_or("0");
        line.trim()
            .trim_end_matches(" kB")
            .parse::<f64>()
            .unwrap_or(f64::NAN)
            / 1024.0
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // SIGTERM, so that it takes its own children and folders with it.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// The bench's own program.
pub fn own_path() -> PathBuf {
    std::env::current_exe().expect("the bench's own path")
}

/// A program on one core, where `taskset` is there.
pub fn pinned(core: &str, program: impl AsRef<Path>) -> Command {
    let mut command = Command::new("taskset");
    command.arg("-c").arg(core).arg(program.as_ref());
    command
}

/// Processes that end with the bench.
pub struct Running(pub Vec<Child>);

impl Drop for Running {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            let _ = child.wait();
        }
    }
}
