//! Lucene's monitor as a program: fetched by Maven once, compiled once, asked by files.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The numbers of the matching queries, by text, ascending.
pub type Answers = Vec<Vec<u32>>;

/// The compiled program.
pub struct Oracle {
    classes: PathBuf,
    jars: PathBuf,
}

/// A folder nobody used before.
pub fn temporary(name: &str) -> PathBuf {
    let stamp = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();
    let folder = std::env::temp_dir().join(format!("groundswell-{name}-{}-{stamp}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

impl Oracle {
    /// Fetches and compiles it below `target/`, where that has not happened yet.
    pub fn compile() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (source, target) = (root.join("tests/lucene"), root.join("target/lucene"));
        let (jars, classes) = (target.join("jars"), target.join("classes"));
        std::fs::create_dir_all(&target).unwrap();
        if !target.join("complete").exists() {
            let mut fetch = Command::new("mvn");
            fetch.args(["-q", "-B", "-f"]).arg(source.join("pom.xml")).arg("dependency:copy-dependencies");
            run(fetch.arg(format!("-DoutputDirectory={}", jars.display())));
            std::fs::write(target.join("complete"), "").unwrap();
        }
        let mut compile = Command::new("javac");
        compile.arg("-cp").arg(jars.join("*")).arg("-d").arg(&classes).arg(source.join("Oracle.java"));
        run(&mut compile);
        Self { classes, jars }
    }

    /// Its answers, and its own word on how long it took, as JSON.
    pub fn ask(&self, queries: &[String], texts: &[String]) -> (Answers, String) {
        let folder = temporary("lucene");
        let file = |name: &str| folder.join(name);
        std::fs::write(file("queries"), queries.join("\n")).unwrap();
        std::fs::write(file("texts"), texts.join("\n")).unwrap();
        let mut java = Command::new("java");
        java.args(["-Xmx3g", "-XX:+UseSerialGC", "-cp"]);
        java.arg(format!("{}:{}/*", self.classes.display(), self.jars.display())).arg("Oracle");
        let timing = run(java.arg(file("queries")).arg(file("texts")).arg(file("answers")));
        let answers = std::fs::read_to_string(file("answers")).unwrap();
        let numbers = |line: &str| line.split_whitespace().map(|number| number.parse().unwrap()).collect();
        let answers = answers.lines().map(numbers).collect();
        std::fs::remove_dir_all(&folder).unwrap();
        (answers, timing.trim().to_owned())
    }
}
