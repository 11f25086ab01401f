//! The command line.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser, Subcommand};
use mapgate_core::settings::Secret;
use mapgate_core::table::ROLE_ADMIN;

/// Makes a user, or gives one a new password and lifts the lockout.
///
/// The user must choose another password at the next login, and every session and token of before is dead. A second
/// factor stays. The environment is that of the functions: `MAPGATE_TABLE`, `MAPGATE_SECRETS`, `MAPGATE_SETTINGS`,
/// `MAPGATE_BASE_URL` and the variables of AWS; for the harness, `mapgate-local --services-only` prints them.
///
/// A user whose name is that of a command stands behind two dashes: manage-users -- import
#[derive(Debug, Parser)]
#[command(
    name = "manage-users",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    subcommand_negates_reqs = true
)]
struct Line {
    #[command(subcommand)]
    command: Option<Other>,
    #[command(flatten)]
    user: UserArguments,
}

#[derive(Debug, Args)]
struct UserArguments {
    /// The password; - reads it from standard input. For an existing user it is the user name where none is given
    #[arg(short, long, value_parser = secret)]
    password: Option<Secret>,
    /// Makes the user where there is none; needs password and e-mail address
    #[arg(short, long)]
    create: bool,
    /// A role to add to the user's; a new user has `role_admin` where none is given
    #[arg(short, long, value_name = "ROLE")]
    rolename: Option<String>,
    /// The e-mail address
    #[arg(short, long)]
    email: Option<String>,
    /// The name that the user logs in with
    #[arg(required = true)]
    username: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Other {
    /// Brings roles, users, OAuth2 clients, OGC servers and layers from GeoMapFish
    #[command(long_about = include_str!("../import/help.txt"), after_long_help = include_str!("../import/export.sql"))]
    Import(ImportArguments),
    /// Prints a URL that logs a user in, for portals that link to this one
    Urllogin(UrlLoginArguments),
    /// Makes the keys of `MAPGATE_SECRETS` where it holds none; else adds new ones, which sign from a quarter of an hour later on,
    /// and takes out those that newer ones replaced more than 90 days ago
    Keys,
    /// Checks a settings file as the functions do, and writes it to the secret that `MAPGATE_SETTINGS` names
    Settings(SettingsArguments),
}

/// What to import.
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// JSON lines, as the SQL in --help exports them
    pub file: PathBuf,
}

/// Which settings.
#[derive(Debug, Args)]
pub struct SettingsArguments {
    /// The settings file
    pub file: PathBuf,
}

/// What URL to make.
#[derive(Debug, Args)]
pub struct UrlLoginArguments {
    /// The name that the user logs in with
    pub user: String,
    /// The user's password; - reads it from standard input
    #[arg(value_parser = secret)]
    pub password: Secret,
    /// For how many days the URL is good
    #[arg(default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub days: u32,
}

/// What to do with a user.
#[derive(Debug)]
pub struct UserAsked {
    /// The name to log in with.
    pub username: String,
    /// The password, where one is given.
    pub password: Option<Secret>,
    /// Whether to make the user where there is none.
    pub create: bool,
    /// The role, where one is given.
    pub rolename: Option<String>,
    /// The e-mail address, where one is given.
    pub email: Option<String>,
}

impl UserAsked {
    /// The role of a user who is made.
    pub(super) fn role_of_new(&self) -> &str {
        self.rolename.as_deref().unwrap_or(ROLE_ADMIN)
    }
}

/// What is asked.
#[derive(Debug)]
pub enum Command {
    /// To make or change a user.
    User(UserAsked),
    /// To import.
    Import(ImportArguments),
    /// To make a URL.
    UrlLogin(UrlLoginArguments),
    /// To make or rotate the keys.
    Keys,
    /// To write the settings.
    Settings(SettingsArguments),
}

/// What there is to say instead of doing anything.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// The text.
    pub text: String,
    /// Whether it is a fault, not the help that was asked for.
    pub is_fault: bool,
}

impl Answer {
    /// Says it, and gives the exit code that belongs to it.
    #[must_use]
    pub fn print(&self) -> ExitCode {
        // Where the output is closed there is nobody to tell.
        if self.is_fault {
            let _ = writeln!(std::io::stderr(), "{}", self.text);
            return ExitCode::from(2);
        }
        let _ = write!(std::io::stdout(), "{}", self.text);
        ExitCode::SUCCESS
    }
}

impl Command {
    /// What the process was started with.
    pub fn of_process() -> Result<Self, Answer> {
        Self::of(std::env::args_os())
    }

    /// What `arguments` ask, the program's name first; or the help, or one line that says what is wrong, without the
    /// words that were given: one of them may be a password in the wrong place.
    pub fn of(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<Self, Answer> {
        let line = Line::try_parse_from(arguments).map_err(|error| answer(&error))?;
        Ok(match (line.command, line.user.username) {
            (Some(Other::Import(asked)), _) => Self::Import(asked),
            (Some(Other::Urllogin(asked)), _) => Self::UrlLogin(asked),
            (Some(Other::Keys), _) => Self::Keys,
            (Some(Other::Settings(asked)), _) => Self::Settings(asked),
            (None, username) => Self::User(UserAsked {
                username: username.unwrap_or_default(),
                password: line.user.password,
                create: line.user.create,
                rolename: line.user.rolename,
                email: line.user.email,
            }),
        })
    }
}

fn answer(error: &clap::Error) -> Answer {
    let argument = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(name)) => name.clone(),
        Some(ContextValue::Strings(names)) => names.join(", "),
        _ => String::new(),
    };
    let fault = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            return Answer {
                text: error.to_string(),
                is_fault: false,
            };
        }
        ErrorKind::MissingRequiredArgument => format!("{argument} is missing"),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            format!("the value of {argument} is not right")
        }
        ErrorKind::ArgumentConflict => "these arguments do not go together".to_owned(),
        _ => "an argument is not understood".to_owned(),
    };
    Answer {
        text: format!("{fault} (manage-users --help says more)"),
        is_fault: true,
    }
}

/// Taken over at once, so that nothing prints it.
#[expect(clippy::unnecessary_wraps, reason = "what clap asks of a parser")]
fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[&str]) -> Result<Command, Answer> {
        Command::of(["manage-users"].iter().chain(arguments).copied())
    }

    fn fault(arguments: &[&str]) -> String {
        let answer = of(arguments).unwrap_err();
        assert!(answer.is_fault && !answer.text.contains('\n'), "{answer:?}");
        answer.text
    }

    #[test]
    fn geomapfishs_own_calls_are_understood() {
        let line = [
            "--create",
            "--password",
            "pw",
            "--rolename",
            "editor",
            "--email",
            "a@example.com",
            "jane",
        ];
        let short = ["-c", "-p", "pw", "-r", "editor", "-e", "a@example.com", "jane"];
        for line in [line, short] {
            let Ok(Command::User(asked)) = of(&line) else {
                panic!("{line:?}");
            };
            assert_eq!((asked.username.as_str(), asked.create), ("jane", true));
            assert_eq!(asked.password.as_ref().map(Secret::expose), Some("pw"));
            assert_eq!(asked.role_of_new(), "editor");
            assert_eq!(asked.email.as_deref(), Some("a@example.com"));
        }
        let Ok(Command::User(asked)) = of(&["jane"]) else {
            panic!("no user");
        };
        assert_eq!(
            (asked.rolename.as_deref(), asked.role_of_new()),
            (None, ROLE_ADMIN)
        );
        assert!(matches!(of(&["--", "import"]), Ok(Command::User(asked)) if asked.username == "import"));
        assert!(matches!(of(&["help"]), Ok(Command::User(_))));
        assert!(matches!(of(&["import", "x"]), Ok(Command::Import(_))));
        assert!(matches!(of(&["urllogin", "jane", "pw"]), Ok(Command::UrlLogin(asked)) if asked.days == 1));
    }

    #[test]
    fn a_fault_is_one_line_without_what_may_be_a_password() {
        for line in [
            &[][..],
            &["-c"],
            &["jane", "hidden"],
            &["jane", "--hidden"],
            &["urllogin", "jane", "1", "hidden"],
            &["urllogin", "jane", "pw", "0"],
            &["urllogin", "jane"],
            &["import"],
            &["-p", "hidden", "import", "file"],
        ] {
            let fault = fault(line);
            assert!(!fault.contains("hidden"), "{fault}");
        }
        assert!(fault(&[]).contains("USERNAME"));
        assert!(fault(&["urllogin", "jane", "pw", "0"]).contains("DAYS"));
    }

    #[test]
    fn the_help_says_which_sql_exports() {
        let help = of(&["import", "--help"]).unwrap_err();
        assert!(
            !help.is_fault && help.text.contains("main_static") && help.text.contains("role_restrictionarea")
        );
    }
}
