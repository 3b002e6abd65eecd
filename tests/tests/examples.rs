//! Each example on small input: by itself, on executor processes, and through its manifest.

use std::collections::{BTreeMap, BTreeSet};

use hearth_tests::{App, text};

/// An example in the three ways in which a user starts it; each gives the same.
fn three_ways(name: &str) -> [App; 3] {
    [App::example(name).conf("spark.master", "local[2]"), App::example(name), App::manifest(name)]
}

#[test]
fn pi_is_about_3_14() {
    for app in three_ways("pi") {
        assert_eq!(app.run().good().stdout(), "Pi is roughly 3.14236\n");
        app.assert_nothing_left();
    }
    let app = App::manifest("pi").args(["4", "1000"]);
    let printed: f64 =
        app.run().good().stdout().trim_start_matches("Pi is roughly ").trim_end().parse().unwrap();
    assert!((3.0..3.3).contains(&printed), "{printed}");
}

#[test]
fn word_count_prints_the_ten_most_frequent_words() {
    let text = "b a\tc\nc\u{b}d\u{c}e  f\r\ng g h i j k l m\n\n a";
    for app in three_ways("word-count") {
        app.write("text", text);
        let expected = "2\ta\n2\tc\n2\tg\n1\tb\n1\td\n1\te\n1\tf\n1\th\n1\ti\n1\tj\n";
        assert_eq!(app.args(["text"]).run().good().stdout(), expected);
    }
}

#[test]
fn word_count_saves_every_word_of_a_directory_tree_and_of_a_glob() {
    let (one, two) = (text::words(1, 2_000), text::words(2, 500));
    let mut expected = BTreeMap::new();
    for word in one.split_ascii_whitespace().chain(two.split(['\u{b}', ' ', '\t', '\n', '\u{c}'])) {
        for word in word.split('\u{b}').filter(|word| !word.is_empty()) {
            *expected.entry(word.to_owned()).or_insert(0) += 1;
        }
    }
    for (input, app) in
        [("in", App::example("word-count")), ("{in,in/b/c}/*.txt", App::manifest("word-count"))]
    {
        app.write("in/a.txt", &one);
        app.write("in/b/c/d.txt", &two);
        let app = app.args([input, "out"]);
        assert_eq!(app.run().good().stdout(), "");
        let saved = String::from_utf8(app.saved("out")).unwrap();
        let counts: BTreeMap<String, i32> = saved
            .lines()
            .map(|line| line.split_once('\t').unwrap())
            .map(|(word, count)| (word.to_owned(), count.parse().unwrap()))
            .collect();
        assert_eq!(counts, expected, "{input}");
        assert_eq!(saved.lines().count(), expected.len(), "a word twice");
    }
}

#[test]
fn sort_orders_lines_by_their_bytes() {
    let text = text::words(3, 5_000) + "Ä\nz\n\u{10ffff}\n~\n\n";
    let mut expected: Vec<&str> = text.lines().collect();
    expected.sort_unstable();
    for app in three_ways("sort") {
        app.write("in", &text);
        let app = app.args(["in", "out"]);
        app.run().good();
        assert!(app.parts("out").len() > 1);
        assert_eq!(String::from_utf8(app.saved("out")).unwrap().lines().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn join_pairs_the_lines_of_each_key() {
    for app in three_ways("join") {
        app.write("left", "b\t2\nb\t1\tx\na\nc\t9\n\td\n");
        app.write("right", "b\t7\n\te\nb\na\t5\nz\t1\n");
        let app = app.args(["left", "right", "out"]);
        app.run().good();
        let expected = "\td\te\na\t5\nb\t1\tx\nb\t1\tx\t7\nb\t2\nb\t2\t7\n";
        assert_eq!(String::from_utf8(app.saved("out")).unwrap(), expected);
    }
}

#[test]
fn page_rank_gives_most_to_the_page_that_all_lead_to() {
    for app in three_ways("page-rank") {
        app.write("edges", "a hub\nb hub\nc   hub\nhub\ta\na hub\n\n");
        let ended = app.args(["edges", "20"]).run().good();
        let ranks: Vec<(&str, f64)> = ended
            .stdout()
            .lines()
            .map(|line| line.split_once('\t').unwrap())
            .map(|(url, rank)| (url, rank.parse().unwrap()))
            .collect();
        // Spark's example forgets the rank of a page without a link to it, and so does this.
        let (hub, a) = expected_ranks(20);
        assert_eq!(ranks.iter().map(|(url, _)| *url).collect::<Vec<_>>(), ["a", "hub"]);
        assert!(
            (ranks[0].1 - a).abs() < 1e-9 && (ranks[1].1 - hub).abs() < 1e-9,
            "{ranks:?}, not {a} and {hub}"
        );
    }
}

/// The ranks of the hub and of `a` in the graph above, computed by hand.
fn expected_ranks(iterations: u32) -> (f64, f64) {
    let (mut hub, mut a, mut others) = (1.0, 1.0, 2.0);
    for _ in 0..iterations {
        (hub, a, others) = (0.15 + 0.85 * (a + others), 0.15 + 0.85 * hub, 0.0);
    }
    (hub, a)
}

#[test]
fn k_means_finds_the_middles_of_heaps() {
    let mut numbers = text::Numbers::of_seed(5);
    let mut points = String::new();
    for (x, y) in [(0.0, 0.0), (100.0, 0.0), (0.0, 100.0)] {
        for _ in 0..300 {
            let mut near = || numbers.below(1_000) as f64 / 500.0 - 1.0;
            points.push_str(&format!("{} {}\n", x + near(), y + near()));
        }
    }
    for app in three_ways("k-means") {
        app.write("points", &points);
        let ended = app.args(["points", "3"]).run().good();
        let mut centres: Vec<Vec<f64>> = ended
            .stdout()
            .lines()
            .map(|line| line.split(' ').map(|number| number.parse().unwrap()).collect())
            .collect();
        centres.sort_by(|left, right| left.partial_cmp(right).unwrap());
        assert_eq!(centres.len(), 3);
        let nearby = |centre: &[f64]| (centre[0].round() as i64 / 50, centre[1].round() as i64 / 50);
        let heaps: BTreeSet<_> = centres.iter().map(|centre| nearby(centre)).collect();
        assert_eq!(heaps, BTreeSet::from([(0, 0), (2, 0), (0, 2)]), "{centres:?}");
    }
}

#[test]
fn log_mining_answers_from_the_error_lines() {
    let log = "26/11/21 07:00:00 ERROR Shuffle: connection refused by host1\n\
               26/11/21 07:00:01 INFO Shuffle: no ERROR, a timeout only\n\
               26/11/21 07:00:02 ERROR Disk: timeout after 30 s\n\
               \n\
               26/11/21 07:00:03 ERROR Shuffle: out of memory, refused\n\
               26/11/21 07:00:04 WARN Disk: slow\n";
    for app in three_ways("log-mining") {
        app.write("log", log);
        let expected =
            "3 errors\n1 mention timeout\n2 mention refused\n1 mention memory\n2 in Shuffle\n1 in Disk\n";
        assert_eq!(app.args(["log"]).run().good().stdout(), expected);
    }
}

#[test]
fn transitive_closure_counts_the_paths() {
    for app in three_ways("transitive-closure") {
        assert_eq!(
            app.run().good().stdout(),
            format!("The transitive closure has {} edges\n", closure_size())
        );
    }
}

/// The size of the closure of the example's graph, computed in the plainest way.
fn closure_size() -> usize {
    let mut state = 42u64;
    let mut node = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % 100
    };
    let mut leads = vec![[false; 100]; 100];
    let mut edges = BTreeSet::new();
    while edges.len() < 200 {
        let (from, to) = (node(), node());
        if from != to && edges.insert((from, to)) {
            leads[from][to] = true;
        }
    }
    for by in 0..100 {
        for from in 0..100 {
            for to in 0..100 {
                leads[from][to] |= leads[from][by] && leads[by][to];
            }
        }
    }
    leads.iter().flatten().filter(|leads| **leads).count()
}

#[test]
fn dynamic_gives_the_same_sums_while_executors_come_and_go() {
    let sums = ["1 tasks, sum of squares 0", "8 tasks, sum of squares 140", "40 tasks, sum of squares 20540"];
    let sums = [0, 1, 2, 1, 0].map(|at| format!("round 1: {}", sums[at]));
    let rounds = |stdout: &str| -> Vec<String> {
        stdout.lines().filter(|line| line.contains("sum of squares")).map(str::to_owned).collect()
    };
    let alone = App::example("dynamic").conf("spark.master", "local[8]").run().good();
    assert_eq!(rounds(alone.stdout()), sums);

    let app = App::manifest("dynamic");
    let ended = app.run().good();
    assert_eq!(rounds(ended.stdout()), sums);
    let count = |what: &str| ended.stdout().lines().filter(|line| line.contains(what)).count();
    assert!(count(" came") > 1, "no executor came with the backlog: {}", ended.stdout());
    app.assert_nothing_left();
}
