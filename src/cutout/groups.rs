//! Connected groups of cells in a grid.

/// A connected group of cells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    pub count: usize,
    /// Left, top, right, bottom: the first and the last column and row.
    pub bounds: [usize; 4],
    /// The sums of the columns and of the rows of all cells.
    sums: [f64; 2],
}

/// All groups of a grid.
#[derive(Clone, Debug)]
pub(crate) struct Groups {
    pub groups: Vec<Group>,
    /// The index of each cell's group; `None` for cells that are not set.
    pub of: Vec<Option<u32>>,
}

impl Group {
    /// The mean of the cells' centres (x, y), in cells from the grid's top-left corner.
    pub(crate) fn centre(&self) -> [f64; 2] {
        self.sums.map(|sum| sum / self.count as f64 + 0.5)
    }
}

/// Finds the groups of the set cells of a grid of `width` columns. Cells belong together if they
/// are at most `reach` columns and rows apart.
///
/// # Panics
/// If `width` is 0 and there are cells.
pub(crate) fn groups(is_set: &[bool], width: usize, reach: usize) -> Groups {
    let height = is_set.len() / width.max(1);
    let mut of = vec![None; is_set.len()];
    let mut groups: Vec<Group> = Vec::new();
    let mut stack = Vec::new();
    for start in 0..is_set.len() {
        if !is_set[start] || of[start].is_some() {
            continue;
        }
        let id = Some(groups.len() as u32);
        let mut group = Group { count: 0, bounds: [usize::MAX, usize::MAX, 0, 0], sums: [0.0; 2] };
        of[start] = id;
        stack.push(start);
        while let Some(i) = stack.pop() {
            let (x, y) = (i % width, i / width);
            group.count += 1;
            let [left, top, right, bottom] = group.bounds;
            group.bounds = [left.min(x), top.min(y), right.max(x), bottom.max(y)];
            group.sums = [group.sums[0] + x as f64, group.sums[1] + y as f64];
            for ny in y.saturating_sub(reach)..(y + reach + 1).min(height) {
                for nx in x.saturating_sub(reach)..(x + reach + 1).min(width) {
                    let next = ny * width + nx;
                    if is_set[next] && of[next].is_none() {
                        of[next] = id;
                        stack.push(next);
                    }
                }
            }
        }
        groups.push(group);
    }
    Groups { groups, of }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_separated_by_gaps_wider_than_the_reach() {
        let set: Vec<bool> = "##..#.#...#...".chars().map(|c| c == '#').collect();
        let counts = |reach| groups(&set, 14, reach).groups.iter().map(|group| group.count).collect::<Vec<_>>();
        assert_eq!(counts(1), [2, 1, 1, 1]);
        assert_eq!(counts(2), [2, 2, 1]);
        let two_rows = groups(&set, 7, 1);
        assert_eq!(two_rows.groups[0].bounds, [0, 0, 1, 0]);
        assert_eq!(two_rows.groups[0].centre(), [1.0, 0.5]);
        assert_eq!(two_rows.of[2], None);
    }
}
