use super::*;

/// Runs the command on `input`: exit, stdout, stderr.
fn check_with(config: Option<PathBuf>, input: &[u8]) -> (Exit, String, String) {
    let (mut stdin, mut stdout, mut stderr) = (input, Vec::new(), Vec::new());
    let mut io = Io { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr };
    let exit = run(&DetectArgs { config }, &mut io).expect("memory does not fail");
    (exit, String::from_utf8_lossy(&stdout).into_owned(), String::from_utf8_lossy(&stderr).into_owned())
}

fn check(input: &[u8]) -> (Exit, String, String) {
    check_with(None, input)
}

/// A steady series with one burst at row 900.
fn series() -> String {
    let mut text = String::from("timestamp,value\n");
    for row in 0..1000_i64 {
        let at = Timestamp::from_seconds(1_700_000_000 + 300 * row).expect("in range");
        text += &format!("{at},{}\n", if row == 900 { 300 } else { 20 + row % 7 });
    }
    text
}

#[test]
fn timestamps_come_back_byte_for_byte_one_line_per_row() {
    let input =
        b"timestamp,value\r\n2015-02-26 21:42:53,3\r\n 2015-02-26T21:47:53.250Z ,4\r\n\"2015-02-26, later\",5\r\n\
        1424987573,6\r\n\r\n\xff\xfe,7\r\n,8";
    let (mut stdin, mut stdout, mut stderr) = (&input[..], Vec::new(), Vec::new());
    let mut io = Io { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr };
    assert_eq!(run(&DetectArgs { config: None }, &mut io).expect("memory does not fail"), Exit::Ok);
    let want = b"timestamp,anomaly_score\n2015-02-26 21:42:53,0.000000\n 2015-02-26T21:47:53.250Z ,0.000000\n\
        \"2015-02-26, later\",0.000000\n1424987573,0.000000\n\xff\xfe,0.000000\n,0.000000\n";
    assert_eq!(String::from_utf8_lossy(&stdout), String::from_utf8_lossy(want));
    assert_eq!(stdout, want);
}

#[test]
fn a_burst_scores_highest() {
    let (exit, out, err) = check(series().as_bytes());
    assert_eq!((exit, err.as_str()), (Exit::Ok, ""));
    let scores: Vec<f64> =
        out.lines().skip(1).map(|line| line.split_once(',').expect("two").1.parse().expect("number")).collect();
    assert_eq!(scores.len(), 1000);
    assert!(scores[900] > 0.8, "{}", scores[900]);
    assert!(scores.iter().enumerate().all(|(row, &score)| row == 900 || score < 0.5));
}

#[test]
fn bad_rows_score_zero_are_named_and_make_the_exit_code_one() {
    let (exit, out, err) = check(b"value,other,timestamp\n1,x,a\nmany,x,b\n\n-1,x,c\nNaN,,d\n1e300,,e\n7\n");
    assert_eq!(exit, Exit::Findings);
    assert_eq!(out.lines().skip(1).collect::<Vec<_>>(), ["a", "b", "c", "d", "e", ""].map(|t| format!("{t},0.000000")));
    let lines: Vec<_> = err.lines().map(|line| line.split(':').nth(1).unwrap_or_default().trim()).collect();
    assert_eq!(lines, ["line 3", "line 5", "line 6", "line 7"]);
    assert!(!err.contains("many"), "the value itself stays out of messages");
}

#[test]
fn a_missing_header_is_unusable() {
    for input in [&b""[..], b"\n", b"2015-02-26 21:42:53,3\n", b"timestamp,count\n1,2\n"] {
        let (exit, out, err) = check(input);
        assert_eq!((exit, out.as_str()), (Exit::Unusable, ""));
        assert!(err.contains("`timestamp` and `value`"), "{err}");
    }
}

#[test]
fn a_header_may_have_a_mark_quotes_and_more_columns() {
    assert_eq!(Columns::of_header(b"\xef\xbb\xbf\"Timestamp\",zone, value "), Some(Columns { timestamp: 0, value: 2 }));
}

#[test]
fn an_endless_line_is_one_bad_row_and_complaints_are_bounded() {
    let mut input = b"timestamp,value\n1,2".to_vec();
    input.extend(std::iter::repeat_n(b'0', 200_000));
    input.extend_from_slice(b"\n2,3\n");
    let (exit, out, err) = check(&input);
    assert_eq!((exit, out.lines().count()), (Exit::Findings, 3));
    assert!(err.contains("line 2: the line is longer"), "{err}");

    let input = format!("timestamp,value\n{}", "1,x\n".repeat(5000));
    let (_, out, err) = check(input.as_bytes());
    assert_eq!((out.lines().count(), err.lines().count()), (5001, 21));
    assert!(err.ends_with("5000 bad rows in all\n"));
}

#[test]
fn times_in_four_spellings() {
    let want = Timestamp::from_seconds(1_424_986_973);
    for text in
        ["2015-02-26 21:42:53", "2015-02-26T21:42:53Z", "2015-02-26T22:42:53+01:00", "1424986973", "1424986973.0"]
    {
        assert_eq!(time_of(text.as_bytes()), want, "{text}");
    }
    for text in ["", "soon", "-", "1e400", "99999999999999999999", "2015-02-30 00:00:00"] {
        assert_eq!(time_of(text.as_bytes()), None, "{text}");
    }
}

/// Hands out one row at a time, and fails when the next is asked for before the last was answered.
#[test]
fn every_row_is_answered_before_the_next_is_read() {
    use std::cell::Cell;
    use std::rc::Rc;
    struct Source(Vec<&'static [u8]>, usize, Rc<Cell<usize>>);
    impl Read for Source {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            // line n is asked for only after n lines were flushed (the header answers the header)
            assert_eq!(self.2.get(), self.1);
            let Some(line) = self.0.get(self.1) else { return Ok(0) };
            self.1 += 1;
            into[..line.len()].copy_from_slice(line);
            Ok(line.len())
        }
    }
    struct Sink(Rc<Cell<usize>>);
    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            self.0.set(self.0.get() + 1);
            Ok(())
        }
    }
    let flushed = Rc::new(Cell::new(0));
    let rows: Vec<&[u8]> = vec![b"timestamp,value\n", b"1,2\n", b"301,3\n", b"601,4\n"];
    let mut stdin = std::io::BufReader::new(Source(rows, 0, Rc::clone(&flushed)));
    let (mut stdout, mut stderr) = (Sink(Rc::clone(&flushed)), Vec::new());
    let mut io = Io { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr };
    assert_eq!(run(&DetectArgs { config: None }, &mut io).expect("memory does not fail"), Exit::Ok);
    assert_eq!(flushed.get(), 4);
}

#[test]
fn the_configuration_changes_constants_and_names_its_mistakes() {
    let folder = std::env::temp_dir().join(format!("groundswell-detect-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    let with = |text: &str| {
        let path = folder.join("config.yaml");
        std::fs::write(&path, text).expect("a file for the test");
        check_with(Some(path), series().as_bytes())
    };
    let plain = check(series().as_bytes());
    assert_eq!(with(""), plain);
    assert_eq!(with("broker: {host: there}\n"), plain);
    let silent = with("detect: {warm_up_hours: 1000}\n");
    assert_eq!(silent.0, Exit::Ok);
    assert!(silent.1.lines().skip(1).all(|line| line.ends_with(",0.000000")));
    for (text, named) in
        [("detect: {record_ratio: 0}", "record_ratio"), ("detect: {speed: 1}", "speed"), ("[", "config")]
    {
        let (exit, out, err) = with(text);
        assert_eq!((exit, out.as_str()), (Exit::Unusable, ""), "{text}");
        assert!(err.contains(named), "{text}: {err}");
    }
    assert_eq!(check_with(Some(folder.join("absent.yaml")), b"").0, Exit::Unusable);
    std::fs::remove_dir_all(&folder).expect("the test's own folder");
}
