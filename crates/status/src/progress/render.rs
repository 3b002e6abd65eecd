//! The text of the bar: a pure function. Spark: `ConsoleProgressBar.show`.

use std::time::Duration;

use hearth_types::Timestamp;

use super::StageProgress;

/// Stages shown at a time.
const MAX_STAGES: usize = 3;

/// A stage that is younger is not shown.
pub(super) const FIRST_DELAY: Duration = Duration::from_millis(500);

/// The bar for the running stages, `None` when none has run long enough. `width` is the terminal's.
pub fn render_progress(stages: &[StageProgress], now: Timestamp, width: usize) -> Option<String> {
    let shown =
        || stages.iter().filter(|stage| now.since(stage.submission_time) > FIRST_DELAY).take(MAX_STAGES);
    let count = shown().count();
    let width = width.checked_div(count)?;
    let mut bar = String::with_capacity(width * count);
    for stage in shown() {
        one(&mut bar, stage, width);
    }
    Some(bar)
}

fn one(out: &mut String, stage: &StageProgress, width: usize) {
    let StageProgress { stage, submission_time: _, total, completed, active } = stage;
    let head = format!("[Stage {stage}:");
    let tail = format!("({completed} + {active}) / {total}]");
    let room = width.saturating_sub(head.len() + tail.len());
    let done = (room as u64 * u64::from(*completed)).checked_div(u64::from(*total)).unwrap_or(0);
    let done = usize::try_from(done).unwrap_or(room).min(room);
    out.push_str(&head);
    out.extend(std::iter::repeat_n('=', done));
    if done < room {
        out.push('>');
        out.extend(std::iter::repeat_n(' ', room - done - 1));
    }
    out.push_str(&tail);
}

#[cfg(test)]
mod tests {
    use hearth_types::StageId;

    use super::*;

    fn stage(id: u32, completed: u32, active: u32, total: u32) -> StageProgress {
        StageProgress { stage: StageId(id), submission_time: Timestamp(0), total, completed, active }
    }

    fn at(stages: &[StageProgress], width: usize) -> Option<String> {
        render_progress(stages, Timestamp::from_millis(600), width)
    }

    #[test]
    fn one_stage_fills_the_line_as_spark_draws_it() {
        let bar = at(&[stage(1, 3, 2, 10)], 80).unwrap();
        assert_eq!(bar.len(), 80);
        assert_eq!(bar, format!("[Stage 1:{}>{}(3 + 2) / 10]", "=".repeat(17), " ".repeat(40)));
    }

    #[test]
    fn at_most_three_stages_share_the_line() {
        let stages: Vec<_> = (0..5).map(|id| stage(id, 1, 1, 4)).collect();
        let bar = at(&stages, 90).unwrap();
        assert_eq!(bar.matches("[Stage").count(), 3);
        assert_eq!(bar.len(), 90);
    }

    #[test]
    fn a_young_stage_is_not_shown() {
        assert_eq!(render_progress(&[stage(0, 0, 1, 4)], Timestamp::from_millis(500), 80), None);
        assert_eq!(at(&[], 80), None);
    }

    #[test]
    fn a_finished_or_empty_stage_and_a_narrow_terminal_do_no_harm() {
        assert!(at(&[stage(0, 4, 0, 4)], 40).unwrap().contains("=(4 + 0) / 4]"));
        assert!(at(&[stage(0, 0, 0, 0)], 40).unwrap().contains(">"));
        assert_eq!(at(&[stage(0, 9, 0, 4)], 10).unwrap(), "[Stage 0:(9 + 0) / 4]");
    }
}
