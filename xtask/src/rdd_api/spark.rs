//! Spark's own list of methods.

/// A group of methods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    /// The heading.
    pub(super) title: String,
    /// `RDD.map`, in the order of the list.
    pub(super) methods: Vec<String>,
}

/// The list of Spark 4.3.0. Its first two lines say what it is.
pub(super) fn sections() -> Vec<Section> {
    let list = include_str!("../../data/spark-rdd-api.txt");
    read(list.split_once("\n\n").map_or(list, |(_, sections)| sections))
}

/// Reads `# TITLE` lines, each followed by methods.
pub(super) fn read(list: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in list.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match (line.strip_prefix("# "), sections.last_mut()) {
            (Some(title), _) => sections.push(Section { title: title.to_owned(), methods: Vec::new() }),
            (None, Some(section)) => section.methods.push(line.to_owned()),
            (None, None) => {}
        }
    }
    sections
}

/// Whether `name` looks like a method of a class in the list, but is not in it.
pub(super) fn is_unknown(sections: &[Section], name: &str) -> bool {
    let class = |name: &str| name.rsplit_once('.').map(|(class, _)| class.to_owned());
    let mut known = sections.iter().flat_map(|section| &section.methods);
    let Some(wanted) = class(name) else { return false };
    known.clone().any(|known| class(known).as_ref() == Some(&wanted)) && !known.any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_sections_and_no_method_twice() {
        let sections = sections();
        assert_eq!(sections[0].title, "Transformations");
        assert_eq!(sections[0].methods[0], "RDD.map");
        let mut names: Vec<&String> = sections.iter().flat_map(|section| &section.methods).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(names.iter().all(|name| name.contains('.') && !name.contains(' ')));
    }

    #[test]
    fn only_classes_of_the_list_can_have_unknown_methods() {
        let sections = read("# A\nRDD.map\n");
        assert!(!is_unknown(&sections, "RDD.map"));
        assert!(is_unknown(&sections, "RDD.mop"));
        assert!(!is_unknown(&sections, "BlockManager.get"));
        assert!(!is_unknown(&sections, "HashPartitioner"));
    }
}
