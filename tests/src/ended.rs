//! What an application left behind.

/// How a run ended, and what it said.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status; 128 and the signal's number if a signal ended it.
    pub status: i32,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error, logs and all.
    pub stderr: String,
}

impl Ended {
    /// Checks that it ended well.
    pub fn good(self) -> Self {
        assert_eq!(self.status, 0, "{}{}", self.stdout(), self.stderr);
        self
    }

    /// Checks that it ended with status 1 and said this.
    pub fn failed_with(self, sentence: &str) -> Self {
        assert_eq!(self.status, 1, "{}{}", self.stdout(), self.stderr);
        assert!(self.stderr.contains(sentence), "no {sentence:?} in\n{}", self.stderr);
        self
    }

    /// Its standard output as text.
    pub fn stdout(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }
}
