//! The word that a misspelt one was meant to be.

/// The candidate that is most like `word`, if any is like enough.
///
/// Likeness is the number of letters to insert, remove, replace or swap, in either case; a third of the word
/// may differ. Of two equally like candidates the first is taken.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The optimal string alignment distance, without regard to case.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.to_lowercase().chars().collect();
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let width = right.len() + 1;
    let mut table = vec![0; (left.len() + 1) * width];
    for row in 0..=left.len() {
        for column in 0..width {
            table[row * width + column] = if row == 0 {
                column
            } else if column == 0 {
                row
            } else {
                let replaced = usize::from(left[row - 1] != right[column - 1]);
                let mut best = (table[(row - 1) * width + column - 1] + replaced)
                    .min(table[(row - 1) * width + column] + 1)
                    .min(table[row * width + column - 1] + 1);
                let swapped = row > 1
                    && column > 1
                    && left[row - 1] == right[column - 2]
                    && left[row - 2] == right[column - 1];
                if swapped {
                    best = best.min(table[(row - 2) * width + column - 2] + 1);
                }
                best
            };
        }
    }
    table[left.len() * width + right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_finds_the_one_that_was_meant() {
        let fields = ["instances", "memory", "cores", "coreLimit"];
        assert_eq!(nearest("instnaces", fields), Some("instances"));
        assert_eq!(nearest("corelimit", fields), Some("coreLimit"));
        assert_eq!(nearest("memry", fields), Some("memory"));
        assert_eq!(nearest("serviceAccount", fields), None);
    }
}
