use super::*;
use std::fmt::Write as _;

fn run_on(args: &ForecastArgs, input: &[u8]) -> (Exit, String, String) {
    let (mut stdin, mut stdout, mut stderr) = (input, Vec::new(), Vec::new());
    let mut io = Io { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr };
    let exit = run(args, &mut io).expect("memory does not fail");
    (exit, String::from_utf8_lossy(&stdout).into_owned(), String::from_utf8_lossy(&stderr).into_owned())
}

fn check(input: &str) -> (Exit, String, String) {
    run_on(&ForecastArgs { baseline: false, truth: None }, input.as_bytes())
}

/// Rows of a made cascade: a share every `step` seconds up to `end`, after the post.
fn rows(name: &str, step: usize, end: usize) -> Vec<String> {
    let shares = (step..=end).step_by(step).map(|seconds| format!("{name},{seconds},{}", 100 + seconds % 700));
    std::iter::once(format!("{name},0,5000")).chain(shares).collect()
}

fn file(rows: &[String]) -> String {
    format!("cascade,seconds,followers\n{}\n", rows.join("\n"))
}

fn numbers(line: &str) -> Vec<f64> {
    line.split(',').skip(1).map(|field| field.parse().expect("a number")).collect()
}

#[test]
fn every_cascade_has_a_line_at_every_horizon() {
    let (exit, out, err) = check(&file(&rows("a", 20, 30_000)));
    assert_eq!((exit, err.as_str()), (Exit::Ok, ""));
    let mut lines = out.lines();
    assert_eq!(lines.next(), Some("cascade,at_seconds,predicted,low,high"));
    let lines: Vec<_> = lines.map(numbers).collect();
    assert_eq!(lines.iter().map(|line| line[0]).collect::<Vec<_>>(), [600.0, 1800.0, 3600.0, 21_600.0]);
    for line in lines {
        let [at, predicted, low, high] = line[..] else { unreachable!("four numbers") };
        assert!(at / 20.0 <= low && low <= predicted && predicted <= high, "{at}: {predicted} in {low} to {high}");
    }
}

#[test]
fn order_of_cascades_changes_no_number() {
    let (a, b) = (rows("a", 20, 8000), rows("\"b, c\"", 33, 4000));
    let apart = check(&file(&[a.clone(), b.clone()].concat()));
    // by seconds, as a stream has them
    let mut mixed = [a, b].concat();
    mixed.sort_by_key(|row| row.rsplit(',').nth(1).expect("seconds").parse::<u64>().expect("a number"));
    let together = check(&file(&mixed));
    let sorted = |out: &str| {
        let mut lines: Vec<String> = out.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&apart.1), sorted(&together.1));
    assert_eq!(apart.1.lines().filter(|line| line.starts_with("\"b, c\",")).count(), 4);
}

#[test]
fn what_comes_after_a_horizon_leaves_its_line_as_it_was() {
    let all = rows("a", 20, 30_000);
    let whole = check(&file(&all)).1;
    for (cut, lines) in [(600, 2), (1800, 3), (3600, 4)] {
        let until = check(&file(&all[..=cut / 20])).1;
        assert_eq!(
            whole.lines().take(lines).collect::<Vec<_>>(),
            until.lines().take(lines).collect::<Vec<_>>(),
            "{cut}"
        );
    }
}

#[test]
fn bad_rows_are_named_left_out_and_make_the_exit_code_one() {
    let good = check(&file(&rows("a", 50, 2000)));
    let mut mixed = rows("a", 50, 2000);
    for bad in [
        "b,5,10",
        "a,1,10",
        "a,-3,10",
        "a,x,10",
        "a,2000,-1",
        "a,2000,1e300",
        "a,NaN,1",
        "a,2000",
        ",2000,3",
        "a,1e300,3",
        "\"\",2000,1",
    ] {
        mixed.insert(30, bad.to_owned());
    }
    let (exit, out, err) = check(&file(&mixed));
    assert_eq!((exit, &out), (Exit::Findings, &good.1));
    let named: Vec<_> = err.lines().map(|line| line.split(':').nth(1).unwrap_or_default().trim().to_owned()).collect();
    assert_eq!(named, (32..43).map(|line| format!("line {line}")).collect::<Vec<_>>());
    assert!(err.contains("has no post") && err.contains("before those of the cascade's last row"), "{err}");
}

#[test]
fn a_missing_column_is_unusable() {
    for input in ["", "\n", "a,0,5\n", "cascade,seconds\na,0\n", "cascade,time,followers\n"] {
        let (exit, out, err) = check(input);
        assert_eq!((exit, out.as_str()), (Exit::Unusable, ""), "{input}");
        assert!(err.contains("`cascade`, `seconds` and `followers`"), "{err}");
    }
    let (exit, out, _) = check("\u{feff}Followers,zone, seconds ,\"cascade\"\r\n9,x,0,a\r\n\r\n3,x,5,a\r\n");
    assert_eq!((exit, out.lines().count()), (Exit::Ok, 5));
}

#[test]
fn endless_lines_and_complaints_are_bounded() {
    let mut input = file(&rows("a", 100, 1000));
    let _ = writeln!(input, "a,1000,{}", "1".repeat(200_000));
    input += &"zz\n".repeat(5000);
    let (exit, out, err) = check(&input);
    assert_eq!((exit, out.lines().count(), err.lines().count()), (Exit::Findings, 5, 21));
    assert!(err.contains("the line is longer") && err.ends_with("5001 bad rows in all\n"));
}

#[test]
fn a_post_without_shares_has_lines_too() {
    let (exit, out, _) = check("cascade,seconds,followers\na,0,0\n");
    assert_eq!((exit, out.lines().count()), (Exit::Ok, 5));
    assert!(out.lines().skip(1).all(|line| numbers(line).iter().all(|number| number.is_finite())));
    assert_eq!(check("cascade,seconds,followers\n").1.lines().count(), 1);
}

#[test]
fn the_baseline_is_told_instead_and_beside() {
    let input = file(&rows("a", 20, 30_000));
    let (exit, out, _) = run_on(&ForecastArgs { baseline: true, truth: None }, input.as_bytes());
    assert_eq!((exit, out.lines().count()), (Exit::Ok, 5));
    assert_ne!(out, check(&input).1);

    let folder = std::env::temp_dir().join(format!("groundswell-forecast-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    let path = folder.join("index.csv");
    let with = |text: &str| {
        std::fs::write(&path, text).expect("a file for the test");
        run_on(&ForecastArgs { baseline: false, truth: Some(path.clone()) }, input.as_bytes())
    };
    let (exit, out, err) = with("cascade,from,retweets_7d\na,x,1500\nunknown,x,3\n");
    assert_eq!((exit, out), (Exit::Ok, check(&input).1));
    assert_eq!(err.lines().filter(|line| line.contains("forecast ")).count(), 4, "{err}");
    assert_eq!(err.lines().filter(|line| line.contains("baseline ")).count(), 4, "{err}");
    for (text, named) in [("", "lacks"), ("cascade,size\n", "lacks"), ("cascade,retweets_7d\na,0\n", "line 2")] {
        let (exit, out, err) = with(text);
        assert_eq!((exit, out.as_str()), (Exit::Unusable, ""), "{text}");
        assert!(err.contains(named), "{err}");
    }
    let absent = ForecastArgs { baseline: false, truth: Some(folder.join("absent.csv")) };
    assert_eq!(run_on(&absent, b"").0, Exit::Unusable);
    std::fs::remove_dir_all(&folder).expect("the test's own folder");
}
