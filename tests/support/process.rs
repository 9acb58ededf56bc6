//! `groundswell run` as a process: configured, started, stopped, killed, asked over HTTP.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use groundswell::pipeline::Outcomes;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::TopicPartitionList;

use super::equality::Outputs;
use super::{Broker, free_port, unique};

const BINARY: &str = env!("CARGO_BIN_EXE_groundswell");
const PATIENCE: Duration = Duration::from_secs(90);
/// The platforms of every deployment in tests.
pub const PLATFORMS: [&str; 4] = ["x", "bluesky", "mastodon", "reddit"];

/// One tenant on a broker: a prefix, a pack folder, a folder for files.
pub struct Deployment<'a> {
    pub broker: &'a Broker,
    pub prefix: String,
    pub folder: PathBuf,
    pub rules: PathBuf,
}

/// A folder that nobody used before.
pub fn temporary(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(unique(&format!("groundswell-{name}")));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

impl<'a> Deployment<'a> {
    /// A tenant of its own, without topics yet.
    pub fn new(broker: &'a Broker, name: &str) -> Self {
        let folder = temporary(name);
        let rules = folder.join("rules");
        Self { broker, prefix: format!("{}.", unique(name)), folder, rules }
    }

    /// `groundswell topics apply`.
    pub fn apply_topics(&self, raw_partitions: i32) {
        let mut command = Command::new(BINARY);
        command.args(["topics", "apply", "--brokers", &self.broker.brokers, "--prefix", &self.prefix]);
        command.args(["--raw-partitions", &raw_partitions.to_string()]).arg("--rules").arg(&self.rules);
        for platform in PLATFORMS {
            command.args(["--platform", platform]);
        }
        // a busy broker shows its changes late; applying twice changes nothing
        let deadline = Instant::now() + PATIENCE;
        loop {
            let output = command.output().unwrap();
            if output.status.success() {
                return;
            }
            let problem = String::from_utf8_lossy(&output.stderr);
            let is_late = problem.contains("does not show its changes yet") && Instant::now() < deadline;
            assert!(is_late, "topics apply: {problem}");
        }
    }

    /// Configures a process; `more` are further lines of YAML.
    pub fn process(&self, instance: &str, more: &str) -> Process {
        self.process_at(&self.broker.brokers, instance, more)
    }

    /// The same by another way to the broker.
    pub fn process_at(&self, brokers: &str, instance: &str, more: &str) -> Process {
        Process::new(brokers, self, instance, more)
    }

    /// Names of this tenant's topics.
    pub fn topics(&self) -> Vec<String> {
        let metadata = self.broker.client().fetch_metadata(None, Duration::from_secs(10)).unwrap();
        let names = metadata.topics().iter().map(|topic| topic.name().to_owned());
        names.filter(|name| name.starts_with(&self.prefix)).collect()
    }

    /// All committed outputs.
    pub fn outputs(&self) -> Outputs {
        let mut outputs = Outputs::new(&self.prefix);
        let public = |topic: &String| {
            let name = topic.strip_prefix(&self.prefix).unwrap_or_default();
            !name.starts_with("raw.") && !matches!(name, "signals" | "state" | "clock")
        };
        for topic in self.topics().into_iter().filter(public) {
            for seen in self.broker.read_all(&topic) {
                outputs.add(&topic, seen.key, seen.value, seen.headers);
            }
        }
        outputs
    }

    /// Items by outcome and dead letters by reason, from the metadata of the committed offsets of triage.
    pub fn committed_counts(&self, partitions: i32) -> (Outcomes, BTreeMap<String, u64>) {
        let mut config = self.broker.config();
        let consumer: BaseConsumer = config.set("group.id", format!("{}triage", self.prefix)).create().unwrap();
        let mut list = TopicPartitionList::new();
        for platform in PLATFORMS {
            list.add_partition_range(&format!("{}raw.{platform}", self.prefix), 0, partitions - 1);
        }
        let committed = consumer.committed_offsets(list, Duration::from_secs(20)).unwrap();
        let (mut outcomes, mut reasons) = (Outcomes::default(), BTreeMap::new());
        for element in committed.elements() {
            let Ok(context) = serde_json::from_str::<serde_json::Value>(element.metadata()) else { continue };
            outcomes.merge(&serde_json::from_value(context["outcomes"].clone()).unwrap());
            for (reason, count) in context["dead_letters"].as_object().into_iter().flatten() {
                *reasons.entry(reason.clone()).or_default() += count.as_u64().unwrap();
            }
        }
        (outcomes, reasons)
    }
}

impl Drop for Deployment<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// One `groundswell run`; it ends with the test.
pub struct Process {
    pub http_port: u16,
    pub log: PathBuf,
    config: PathBuf,
    /// Takes the end of the raw topics as the end of the input, and ends then.
    pub until_end: bool,
    /// What it finds in its environment besides.
    pub environment: Vec<(&'static str, String)>,
    child: Option<Child>,
}

impl Process {
    fn new(brokers: &str, deployment: &Deployment<'_>, instance: &str, more: &str) -> Self {
        let http_port = free_port();
        let mut text = String::new();
        let Deployment { prefix, folder, rules, .. } = deployment;
        writeln!(text, "kafka:\n  brokers: \"{brokers}\"\n  prefix: {prefix}\n  properties:").unwrap();
        // a killed member is missed sooner
        writeln!(text, "    consumer.session.timeout.ms: \"6000\"").unwrap();
        // and an added partition is seen sooner
        writeln!(text, "    consumer.topic.metadata.refresh.interval.ms: \"2000\"\ninstance: {instance}").unwrap();
        writeln!(text, "rules: {}\nsources: {{ platforms: [{}] }}", rules.display(), PLATFORMS.join(", ")).unwrap();
        writeln!(text, "http: {{ bind: \"127.0.0.1:{http_port}\" }}\n{more}").unwrap();
        let config = folder.join(format!("{instance}.yaml"));
        std::fs::write(&config, text).unwrap();
        let log = folder.join(format!("{instance}.log"));
        Self { http_port, log, config, until_end: false, environment: Vec::new(), child: None }
    }

    /// Starts it, or starts it again. Its log goes on in the same file.
    pub fn start(&mut self) {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&self.log).unwrap();
        let mut command = Command::new(BINARY);
        command.arg("run").arg("--config").arg(&self.config);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if self.until_end {
            command.arg("--until-end");
        }
        let out = log.try_clone().unwrap();
        let child = command.stdin(Stdio::null()).stdout(out).stderr(log).spawn().unwrap();
        self.child = Some(child);
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("it was started").id()
    }

    /// How it ended; none while it runs.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.as_mut().and_then(|child| child.try_wait().unwrap())
    }

    /// Waits for its end.
    pub fn wait(&mut self, patience: Duration) -> ExitStatus {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(Instant::now() < deadline, "it did not end in {patience:?}:\n{}", self.log_end());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// `kill -SIGNAL`.
    pub fn signal(&self, signal: &str) {
        let status = Command::new("kill").arg(signal).arg(self.pid().to_string()).status().unwrap();
        assert!(status.success(), "kill {signal}: {status}");
    }

    /// `kill -9`, and waits until it is gone.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// How much it has logged.
    pub fn log_bytes(&self) -> u64 {
        std::fs::metadata(&self.log).map_or(0, |file| file.len())
    }

    /// Everything it has logged, without colours.
    pub fn log_text(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    fn log_end(&self) -> String {
        let text = self.log_text();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    /// GET of a path: status and body; none while nobody answers.
    pub fn get(&self, path: &str) -> Option<(u16, String)> {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
    }

    /// POST of a body with one more header: status and body; none while nobody answers.
    pub fn post(&self, path: &str, header: &str, body: &str) -> Option<(u16, String)> {
        let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}\r\n");
        self.ask(&format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()))
    }

    fn ask(&self, request: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.http_port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let status = answer.get(9..12)?.parse().ok()?;
        Some((status, answer.split_once("\r\n\r\n")?.1.to_owned()))
    }

    /// Asks until the answer is as wanted.
    pub fn get_until(&self, path: &str, what: &str, patience: Duration, want: impl Fn(u16, &str) -> bool) -> String {
        let (deadline, mut last) = (Instant::now() + patience, None);
        while Instant::now() < deadline {
            last = self.get(path);
            if let Some((status, body)) = &last
                && want(*status, body)
            {
                return body.clone();
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{what}: {path} said {last:?}\n{}", self.log_end());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Folder of a deployment's file, for tests that change it.
pub fn append(path: &Path, text: &str) {
    let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}
