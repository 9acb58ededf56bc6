//! `groundswell notify`: is everybody reachable, before it matters.

use super::{Exit, Io};
use crate::config::{Config, Notify, process_environment};
use crate::mention::Timestamp;
use crate::notify::{DEFAULT_TEAM, Sender, receivers_of, request, test_event};
use std::path::PathBuf;
use std::time::SystemTime;

/// Send a test message to every receiver of a team
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  groundswell notify --test engineering --config groundswell.yaml\n\n\
    Exit codes: 0 every receiver took it, 1 some did not, 2 it could not be tried.")]
pub struct NotifyArgs {
    /// The team whose receivers are tried; a clearly marked test message is sent, once, to each
    #[arg(long, value_name = "TEAM")]
    pub test: String,
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Sends the test messages, one line per receiver on stdout.
///
/// # Errors
/// When stdout or stderr cannot be written.
pub fn run(args: &NotifyArgs, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let (config, warnings) = match Config::load(args.config.as_deref(), process_environment(), &Vec::new()) {
        Ok(loaded) => loaded,
        Err(error) => {
            writeln!(io.stderr, "error: {:#}", anyhow::Error::new(error))?;
            return Ok(Exit::Unusable);
        }
    };
    for warning in warnings {
        writeln!(io.stderr, "warning: {warning}")?;
    }
    if receivers_of(&config.notify, &args.test).is_empty() {
        writeln!(io.stderr, "error: {}", no_receivers(&config.notify, &args.test))?;
        return Ok(Exit::Unusable);
    }
    tell(&config.notify, &args.test, io)
}

fn tell(config: &Notify, team: &str, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let sender = Sender::new(config);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(now.as_secs()).unwrap_or(0);
    let event = test_event(team, Timestamp::clamped(0).plus_seconds(seconds));
    let mut exit = Exit::Ok;
    for (place, receiver) in receivers_of(config, team).iter().enumerate() {
        let outcome = match sender.send(&request(receiver, &event, config, seconds)) {
            Ok(()) => "ok".to_owned(),
            Err(failure) => {
                exit = Exit::Findings;
                format!("error: {failure}")
            }
        };
        writeln!(io.stdout, "{team}[{place}] {}: {outcome}", receiver.kind())?;
    }
    Ok(exit)
}

fn no_receivers(config: &Notify, team: &str) -> String {
    let teams: Vec<&str> = config.receivers.keys().map(String::as_str).collect();
    let known =
        if teams.is_empty() { "none are configured".to_owned() } else { format!("known are {}", teams.join(", ")) };
    format!("team \"{team}\" has no receivers in notify.receivers ({known}; \"{DEFAULT_TEAM}\" serves all others)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    fn notify(yaml: &str, team: &str) -> (Exit, String, String) {
        let name =
            format!("groundswell-notify-{}-{:x}.yaml", std::process::id(), crate::mention::hash64(&[yaml, team]));
        let file = std::env::temp_dir().join(name);
        std::fs::write(&file, yaml).expect("a temporary file");
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut io = Io { stdin: &mut std::io::empty(), stdout: &mut stdout, stderr: &mut stderr };
        let exit = run(&NotifyArgs { test: team.to_owned(), config: Some(file.clone()) }, &mut io).expect("writes");
        let _ = std::fs::remove_file(file);
        (exit, String::from_utf8(stdout).expect("text"), String::from_utf8(stderr).expect("text"))
    }

    #[test]
    fn each_receiver_is_told_and_reported() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let server = std::thread::spawn(move || {
            let mut bodies = Vec::new();
            for (stream, status) in listener.incoming().take(2).zip(["200 OK", "403 No"]) {
                let (mut stream, mut got, mut part) = (stream.expect("a connection"), String::new(), [0; 4096]);
                while !got.ends_with('}') {
                    let read = stream.read(&mut part).expect("reads");
                    got.push_str(&String::from_utf8_lossy(&part[..read]));
                }
                let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                bodies.push(got);
            }
            bodies
        });
        let url = format!("http://127.0.0.1:{port}/");
        let yaml = format!(
            "notify:\n  allow_private: [127.0.0.1]\n  receivers:\n    comms:\n      - slack: {{url: \"{url}\"}}\n      \
             - webhook: {{url: \"{url}\", secret: s}}\n"
        );
        let (exit, stdout, stderr) = notify(&yaml, "comms");
        assert_eq!(exit, Exit::Findings);
        assert_eq!(stdout, "comms[0] slack: ok\ncomms[1] webhook: error: answered 403\n");
        assert!(stderr.contains("warning: notify.receivers.comms[0].slack.url holds a secret"), "{stderr}");
        let bodies = server.join().expect("served");
        assert!(bodies[0].contains("TEST: nothing happened"), "{}", bodies[0]);
        assert!(bodies[1].contains("groundswell.notification.test.v1"), "{}", bodies[1]);
    }

    #[test]
    fn what_cannot_be_tried_says_why() {
        let (exit, _, stderr) = notify("notify: {receivers: {comms: []}}\n", "sales");
        assert!(exit == Exit::Unusable && stderr.contains("team \"sales\" has no receivers"), "{stderr}");
        let (exit, _, stderr) = notify("notfy: {}\n", "sales");
        assert!(exit == Exit::Unusable && stderr.contains("did you mean \"notify\"?"), "{stderr}");
    }
}
