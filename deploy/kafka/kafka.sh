#!/usr/bin/env bash
# One real Kafka broker (KRaft, combined mode) on this machine, without Docker: Java 17 or newer and Maven.
#
#   deploy/kafka/kafka.sh fetch                      fetch the jars once (54 MB, Maven Central); prints their folder
#   deploy/kafka/kafka.sh start [--port 9092] [--controller-port N] [--data DIR] [--temporary] [--die-with PID]
#                               [--second PORT:ADVERTISED] [--node ID --voters ID@HOST:PORT,…]
#   deploy/kafka/kafka.sh produce TOPIC              append lines of stdin, each `key<TAB>value`
#   deploy/kafka/kafka.sh consume TOPIC              print committed records from the beginning, until 30 s bring no more
#
# `produce` and `consume` talk to GROUNDSWELL_BROKERS, 127.0.0.1:9092 by default; further options go to Kafka's tool.
# `start` stays in the foreground; end it with Ctrl-C. It listens on 127.0.0.1 only. The data stays in DIR
# (target/kafka-data by default) from one start to the next; --temporary removes it at the end.
# --die-with ends the broker when that process is gone, so that a killed test leaves nothing behind.
# --second is one more listener that is advertised as another port: that of a proxy. --node and --voters make it one
# node of several; the topics of its own are then copied to as many as there are, three at most.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=4.1.0
cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/groundswell
jars=${GROUNDSWELL_KAFKA_JARS:-$cache/kafka-$version}

die() {
  printf 'kafka.sh: %s\n' "$*" >&2
  exit 2
}

need() {
  command -v "$1" >/dev/null || die "$1 is not installed: $2"
}

fetch() {
  [[ -f $jars/complete ]] && return
  need mvn "apt-get install maven, or https://maven.apache.org"
  mkdir -p "$(dirname "$jars")"
  # two starters at once must not fetch into each other's folder
  exec 9>"$jars.lock"
  flock 9
  if [[ ! -f $jars/complete ]]; then
    printf 'kafka.sh: fetching Kafka %s into %s\n' "$version" "$jars" >&2
    mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
      -DoutputDirectory="$jars" -Dkafka.version="$version" >&2 || die "Maven could not fetch Kafka $version"
    touch "$jars/complete"
  fi
  exec 9>&-
}

free_port() {
  need python3 "needed to find a free port; or give --controller-port"
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

properties() {
  local second_listener='' second_advertised='' nodes=${voters//[^@]/} copies in_sync=1
  if [[ -n $second ]]; then
    second_listener=,SECOND://127.0.0.1:${second%:*}
    second_advertised=,SECOND://127.0.0.1:${second#*:}
  fi
  copies=$((${#nodes} < 3 ? ${#nodes} : 3))
  ((copies < 3)) || in_sync=2
  cat <<CONF
process.roles=broker,controller
node.id=$node
controller.quorum.voters=$voters
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller_port$second_listener
advertised.listeners=PLAINTEXT://127.0.0.1:$port$second_advertised
controller.listener.names=CONTROLLER
broker.session.timeout.ms=5000
broker.heartbeat.interval.ms=500
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SECOND:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$data/logs
offsets.topic.replication.factor=$copies
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=$in_sync
transaction.state.log.num.partitions=4
# a transaction of a process that is gone is over soon after its time
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
share.coordinator.state.topic.replication.factor=$copies
share.coordinator.state.topic.min.isr=$in_sync
share.coordinator.state.topic.num.partitions=1
default.replication.factor=$copies
min.insync.replicas=$in_sync
# a misspelt topic must fail, not appear
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
num.network.threads=2
num.io.threads=4
num.replica.fetchers=1
log.cleaner.dedupe.buffer.size=16777216
CONF
}

# Whether process $1 runs; a dead one that nobody has waited for does not.
alive() {
  kill -0 "$1" 2>/dev/null || return 1
  [[ ! -r /proc/$1/status ]] || ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status"
}

# Ends the broker (this process, after its exec) with process $1, and removes temporary data after it.
watch_over() {
  local owner=$1 broker=$2
  trap '' INT TERM HUP
  while alive "$broker"; do
    if [[ -n $owner ]] && ! alive "$owner"; then
      kill -KILL "$broker" 2>/dev/null || true
    fi
    sleep 1
  done
  if $temporary; then rm -rf "$data"; fi
}

start() {
  port=9092 controller_port='' data=$here/../../target/kafka-data temporary=false second='' node=1 voters=''
  local owner=''
  while (($#)); do
    case $1 in
      --port) port=$2; shift 2 ;;
      --controller-port) controller_port=$2; shift 2 ;;
      --data) data=$2; shift 2 ;;
      --temporary) temporary=true; shift ;;
      --die-with) owner=$2; shift 2 ;;
      --second) second=$2; shift 2 ;;
      --node) node=$2; shift 2 ;;
      --voters) voters=$2; shift 2 ;;
      *) die "unknown option $1" ;;
    esac
  done
  need java "Java 17 or newer, apt-get install openjdk-17-jre-headless"
  fetch
  mkdir -p "$data"
  data=$(cd "$data" && pwd)
  controller_port=${controller_port:-$(free_port)}
  voters=${voters:-$node@127.0.0.1:$controller_port}
  properties >"$data/server.properties"
  local java=(java -Xmx${GROUNDSWELL_KAFKA_HEAP:-512m} -Xms128m -XX:+UseSerialGC
    -Dlog4j2.configurationFile="$here/log4j2.yaml" -cp "$jars/*")
  if [[ ! -f $data/logs/meta.properties ]]; then
    # the cluster's id is not a secret; a fixed one keeps `start` repeatable
    "${java[@]}" kafka.tools.StorageTool format -t Z3JvdW5kc3dlbGwtbG9jYQ -c "$data/server.properties" \
      --ignore-formatted >/dev/null || die "could not format $data/logs"
  fi
  if $temporary || [[ -n $owner ]]; then
    watch_over "$owner" $$ >/dev/null 2>&1 </dev/null &
  fi
  printf 'kafka.sh: broker on 127.0.0.1:%s, data in %s\n' "$port" "$data" >&2
  exec "${java[@]}" kafka.Kafka "$data/server.properties"
}

# A console tool of Kafka's own: class, topic, options.
tool() {
  local class=$1 topic=${2-}
  shift
  [[ -n $topic ]] || die "which topic?"
  shift
  need java "Java 17 or newer, apt-get install openjdk-17-jre-headless"
  fetch
  exec java -Xmx256m -XX:+UseSerialGC -Dlog4j2.configurationFile="$here/log4j2.yaml" -cp "$jars/*" "$class" \
    --bootstrap-server "${GROUNDSWELL_BROKERS:-127.0.0.1:9092}" --topic "$topic" "$@"
}

case ${1-} in
  fetch) fetch; printf '%s\n' "$jars" ;;
  start) shift; start "$@" ;;
  produce) shift; tool org.apache.kafka.tools.ConsoleProducer "$@" --property parse.key=true ;;
  consume)
    shift
    tool org.apache.kafka.tools.consumer.ConsoleConsumer "$@" --from-beginning --isolation-level read_committed \
      --timeout-ms 30000
    ;;
  *) sed -n '2,16p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
