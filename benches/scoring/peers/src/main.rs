//! Scores the texts of standard input, one JSON string a line, with both crates of VADER, and tells the CPU seconds.

use std::hint::black_box;
use std::io::BufRead as _;

fn main() {
    let lines = std::io::stdin().lock().lines();
    let texts: Vec<String> = lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    let one = vader_sentiment::SentimentIntensityAnalyzer::new();
    let other = vader_sentimental::SentimentIntensityAnalyzer::new();
    time("vader_sentiment", &texts, |text| one.polarity_scores(text)["compound"]);
    time("vader-sentimental", &texts, |text| other.polarity_scores(text).compound);
}

fn time<T>(name: &str, texts: &[String], score: impl Fn(&str) -> T) {
    // the first texts build tables
    texts.iter().take(100).for_each(|text| drop(black_box(score(text))));
    let begun = cpu_seconds();
    texts.iter().for_each(|text| drop(black_box(score(text))));
    println!("{name} {}", cpu_seconds() - begun);
}

/// Time this thread has run.
fn cpu_seconds() -> f64 {
    let status = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    status.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1e9
}
