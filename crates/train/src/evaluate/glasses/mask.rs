//! Masks of pixels: morphology and connected groups, as OpenCV and SciPy define them.

/// One value for each pixel of an image, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mask {
    pub width: usize,
    pub on: Vec<bool>,
}

impl Mask {
    pub(super) fn new(width: usize, on: impl IntoIterator<Item = bool>) -> Self {
        Self { width, on: on.into_iter().collect() }
    }

    /// Pixels with a set pixel in the square of `2 · reach + 1` pixels around them.
    pub(super) fn dilated(&self, reach: usize) -> Self {
        let any = |values: &[bool]| values.contains(&true);
        Self { width: self.width, on: over_squares(&self.on, self.width, reach, any) }
    }

    /// Pixels all of whose square is set. Pixels beyond the image count as set.
    pub(super) fn eroded(&self, reach: usize) -> Self {
        let all = |values: &[bool]| !values.contains(&false);
        Self { width: self.width, on: over_squares(&self.on, self.width, reach, all) }
    }

    /// The mask with all groups of unset pixels that do not touch the border of the image.
    pub(super) fn filled(&self) -> Self {
        let height = self.on.len() / self.width.max(1);
        let unset: Vec<bool> = self.on.iter().map(|on| !on).collect();
        let mut on = self.on.clone();
        for group in groups(&unset, self.width) {
            let at_border = |&i: &usize| {
                let (x, y) = (i % self.width, i / self.width);
                x == 0 || y == 0 || x + 1 == self.width || y + 1 == height
            };
            if !group.iter().any(at_border) {
                group.into_iter().for_each(|i| on[i] = true);
            }
        }
        Self { width: self.width, on }
    }

    /// The groups of more than `pixels` set pixels.
    pub(super) fn without_small_groups(&self, pixels: f64) -> Self {
        let mut on = vec![false; self.on.len()];
        let large = groups(&self.on, self.width).into_iter().filter(|group| group.len() as f64 > pixels);
        large.flatten().for_each(|i| on[i] = true);
        Self { width: self.width, on }
    }
}

/// Pixels whose square of `2 · reach + 1` pixels has more than one label.
pub(super) fn borders(labels: &[u8], width: usize, reach: usize) -> Mask {
    let largest = over_squares(labels, width, reach, |values| values.iter().copied().max().unwrap_or(0));
    let smallest = over_squares(labels, width, reach, |values| values.iter().copied().min().unwrap_or(0));
    Mask::new(width, largest.iter().zip(&smallest).map(|(a, b)| a != b))
}

/// Applies an associative function to the part inside the image of the square around each pixel:
/// along rows, then along columns.
fn over_squares<T: Copy>(values: &[T], width: usize, reach: usize, of: impl Fn(&[T]) -> T) -> Vec<T> {
    let height = values.len() / width.max(1);
    let range = |at: usize, length: usize| at.saturating_sub(reach)..(at + reach + 1).min(length);
    let mut along_rows = Vec::with_capacity(values.len());
    for row in values.chunks_exact(width.max(1)) {
        along_rows.extend((0..width).map(|x| of(&row[range(x, width)])));
    }
    let mut column = Vec::with_capacity(2 * reach + 1);
    let mut result = Vec::with_capacity(values.len());
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        column.clear();
        column.extend(range(y, height).map(|y| along_rows[y * width + x]));
        result.push(of(&column));
    }
    result
}

/// The indices of the pixels of each group of set pixels. Pixels that share a side belong together.
fn groups(on: &[bool], width: usize) -> Vec<Vec<usize>> {
    let mut left = on.to_vec();
    let mut groups = Vec::new();
    for start in 0..on.len() {
        if !std::mem::take(&mut left[start]) {
            continue;
        }
        let mut group = vec![start];
        let mut next = 0;
        while let Some(&i) = group.get(next) {
            next += 1;
            let x = i % width;
            let beside = [(x > 0).then(|| i - 1), (x + 1 < width).then_some(i + 1)];
            let above_below = [i.checked_sub(width), Some(i + width).filter(|&i| i < on.len())];
            for i in beside.into_iter().chain(above_below).flatten() {
                if std::mem::take(&mut left[i]) {
                    group.push(i);
                }
            }
        }
        groups.push(group);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(rows: &[&str]) -> Mask {
        Mask::new(rows[0].len(), rows.concat().chars().map(|c| c == '#'))
    }

    #[test]
    fn squares_grow_and_shrink() {
        let one = mask(&[".....", ".....", "..#..", ".....", "....."]);
        let square = mask(&[".....", ".###.", ".###.", ".###.", "....."]);
        assert_eq!(one.dilated(1), square);
        assert_eq!(square.eroded(1), one);
        // At the border only pixels of the image count.
        assert_eq!(mask(&["##...", "##..."]).eroded(1), mask(&["#....", "#...."]));
        assert_eq!(borders(&[0, 0, 0, 2, 2], 5, 1), mask(&["..##."]));
    }

    #[test]
    fn holes_are_closed_if_nothing_but_a_corner_opens_them() {
        let ring = mask(&["####.", "#..#.", "#.##.", "###..", "....."]);
        assert_eq!(ring.filled(), mask(&["####.", "####.", "####.", "###..", "....."]));
        let open = mask(&["##.#.", "#..#.", "####."]);
        assert_eq!(open.filled(), open);
        assert_eq!(mask(&["##..#", "....."]).without_small_groups(1.0), mask(&["##...", "....."]));
    }
}
