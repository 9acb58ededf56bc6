//! Three brokers on this machine, killed one at a time and started again.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;

use crate::support::process::temporary;
use crate::support::{Broker, free_ports};

const NODES: usize = 3;
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a broker stays away: longer than its session, so that leaders and coordinators have moved, and that it is
/// known to have been away when it is waited for.
const AWAY: Duration = Duration::from_secs(7);
/// Between two kills everything is in sync for so long.
const CALM: Duration = Duration::from_secs(2);

struct Node {
    ports: (u16, u16),
    child: Option<Child>,
}

/// It ends with this process, however that ends.
pub struct Cluster {
    pub broker: Broker,
    nodes: Vec<Node>,
    folder: PathBuf,
}

impl Cluster {
    /// Starts it and waits until all nodes answer.
    ///
    /// # Errors
    /// When they do not.
    pub fn start() -> Result<Self, String> {
        let nodes: Vec<Node> = (0..NODES).map(|_| Node { ports: free_ports(), child: None }).collect();
        let addresses: Vec<String> = nodes.iter().map(|node| format!("127.0.0.1:{}", node.ports.0)).collect();
        let mut cluster = Self { broker: Broker::at(addresses.join(",")), nodes, folder: temporary("cluster") };
        (0..NODES).for_each(|node| cluster.start_node(node));
        cluster.await_sync()?;
        Ok(cluster)
    }

    fn start_node(&mut self, number: usize) {
        let voter = |(number, node): (usize, &Node)| format!("{}@127.0.0.1:{}", number + 1, node.ports.1);
        let voters: Vec<String> = self.nodes.iter().enumerate().map(voter).collect();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/kafka/kafka.sh");
        let (port, controller_port) = self.nodes[number].ports;
        let mut command = Command::new("bash");
        command.arg(script).arg("start").env("GROUNDSWELL_KAFKA_HEAP", "360m");
        command.args(["--port", &port.to_string(), "--controller-port", &controller_port.to_string()]);
        command.args(["--node", &(number + 1).to_string(), "--voters", &voters.join(",")]);
        command.args(["--die-with", &std::process::id().to_string()]);
        command.arg("--data").arg(self.folder.join(format!("node-{}", number + 1)));
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.nodes[number].child = Some(quiet.spawn().expect("bash"));
    }

    /// Waits until all nodes are there and every partition has all of its copies.
    fn await_sync(&self) -> Result<(), String> {
        let (client, deadline) = (self.broker.client(), Instant::now() + PATIENCE);
        while Instant::now() < deadline {
            let metadata = client.fetch_metadata(None, Duration::from_secs(5));
            let in_sync = |metadata: &rdkafka::metadata::Metadata| {
                let mut partitions = metadata.topics().iter().flat_map(rdkafka::metadata::MetadataTopic::partitions);
                metadata.brokers().len() == NODES && partitions.all(|one| one.isr().len() == one.replicas().len())
            };
            if metadata.is_ok_and(|metadata| in_sync(&metadata)) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Err(format!("the three brokers were not in sync in {PATIENCE:?}, see {}", self.folder.display()))
    }

    /// Kills one node after the other, `kills` times in all unless it is over, and starts it again; tells how often.
    pub fn kill_in_turn(&mut self, kills: usize, over: &AtomicBool) -> Result<usize, String> {
        let mut done = 0;
        // the processes are to be at work before the first
        std::thread::sleep(AWAY);
        while done < kills && !over.load(Ordering::Relaxed) {
            let number = done % NODES;
            if let Some(mut child) = self.nodes[number].child.take() {
                let _ = child.kill();
                let _ = child.wait();
            }
            done += 1;
            std::thread::sleep(AWAY);
            self.start_node(number);
            self.await_sync()?;
            std::thread::sleep(CALM);
        }
        Ok(done)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for child in self.nodes.iter_mut().filter_map(|node| node.child.as_mut()) {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
