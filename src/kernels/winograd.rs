//! Winograd's minimal filtering (Lavin & Gray 2016) for 4×4 kernels at stride 2.
//!
//! On cells of 2×2 pixels with 4·C channels, such a convolution is one with 2×2 cells at stride 1.
//! F(3×3, 2×2) then computes 3×3 outputs from 4×4 cells with 16 products instead of 36:
//!
//! ```text
//!     Y = Aᵀ [ (G g Gᵀ) ∘ (Bᵀ d B) ] A
//!
//!          | 1  0  −1   0 |        |  1    0  |        | 1  1   1  0 |
//!     Bᵀ = | 0  1   1   0 |    G = | 1/2  1/2 |   Aᵀ = | 0  1  −1  0 |
//!          | 0 −1   1   0 |        | 1/2 −1/2 |        | 0  1   1  1 |
//!          | 0 −1   0   1 |        |  0    1  |
//! ```
//!
//! The interpolation points are 0, 1, −1 and ∞. Inputs and outputs are therefore transformed by
//! additions only, and the rounding error is not larger than that of the sums.

use super::block::{BlockOperands, Scratch, grow};
use super::lanes::Lanes;
use super::tile::{PIXELS, Sums, VECTORS, accumulate, for_pixels, tiles};

/// Number of outputs of a tile along each axis.
pub(super) const TILE: usize = 3;
/// Number of cells of a tile along each axis.
const CELLS: usize = 4;
/// Number of products of a tile.
pub(super) const POINTS: usize = CELLS * CELLS;

/// Maximum number of transformed inputs at a time: 256 KB, which fit into a core's cache.
const STRIP: usize = 1 << 16;

/// Entry `point` of G g Gᵀ for a 2×2 kernel g(y, x).
pub(super) fn weight(point: usize, g: impl Fn(usize, usize) -> f32) -> f32 {
    const G: [[f32; 2]; CELLS] = [[1.0, 0.0], [0.5, 0.5], [0.5, -0.5], [0.0, 1.0]];
    let (down, across) = (G[point / CELLS], G[point % CELLS]);
    let row = |y: usize| across[0] * g(y, 0) + across[1] * g(y, 1);
    down[0] * row(0) + down[1] * row(1)
}

/// The products of transformed inputs and transformed weights.
pub(super) trait Products: Copy {
    /// Stores the inputs of tile `tile` of `tiles`. `transform(buffer, stride)` writes a run of
    /// values for each point, `stride` apart.
    fn take<L: Lanes>(
        self,
        scratch: &mut Scratch,
        tiles: usize,
        tile: usize,
        transform: impl FnOnce(&mut [f32], usize),
    );
    /// Adds the products at one point for M tiles, starting at `tile`, and the channels of one
    /// panel.
    fn at<L: Lanes, const M: usize>(
        self,
        sums: &mut Sums<L, M>,
        scratch: &Scratch,
        panel_point: (usize, usize),
        tiles: usize,
        tile: usize,
    );
}

/// f32 weights [panel][point][row][channel of panel] with `depth` rows.
#[derive(Clone, Copy)]
pub(super) struct Floats<'a> {
    pub(super) weights: &'a [f32],
    pub(super) depth: usize,
}

impl Products for Floats<'_> {
    #[inline(always)]
    fn take<L: Lanes>(
        self,
        scratch: &mut Scratch,
        tiles: usize,
        tile: usize,
        transform: impl FnOnce(&mut [f32], usize),
    ) {
        // [point][tile][row].
        grow(&mut scratch.inputs, POINTS * tiles * self.depth);
        transform(&mut scratch.inputs[tile * self.depth..], tiles * self.depth);
    }

    #[inline(always)]
    fn at<L: Lanes, const M: usize>(
        self,
        sums: &mut Sums<L, M>,
        scratch: &Scratch,
        (panel, point): (usize, usize),
        tiles: usize,
        tile: usize,
    ) {
        let size = self.depth * VECTORS * L::WIDTH;
        let runs = std::array::from_fn(|i| &scratch.inputs[(point * tiles + tile + i) * self.depth..][..self.depth]);
        accumulate::<L, f32, M>(sums, &runs, &self.weights[(panel * POINTS + point) * size..][..size]);
    }
}

/// The position of a tile: the view, and the tile's row and column.
type Place = (usize, (usize, usize));

#[inline(always)]
pub(super) fn run<L: Lanes, P: Products>(mut layer: BlockOperands, products: P, scratch: &mut Scratch) {
    let (panel, depth) = (VECTORS * L::WIDTH, 4 * layer.channels.0);
    let size = layer.size();
    let (down, across) = (size.height.div_ceil(TILE), size.width.div_ceil(TILE));
    let place = |tile: usize| (tile / (down * across), (tile / across % down, tile % across));
    let count = layer.inputs.len() * down * across;
    let max_tiles = (STRIP / (POINTS * depth)).next_multiple_of(L::PIXELS);
    let strips = count.div_ceil(max_tiles);
    for strip in 0..strips {
        let start = strip * count / strips;
        let strip_tiles = (strip + 1) * count / strips - start;
        for tile in 0..strip_tiles {
            let transform =
                |to: &mut [f32], stride: usize| transform_input::<L>(&layer, place(start + tile), to, stride);
            products.take::<L>(scratch, strip_tiles, tile, transform);
        }
        for index in 0..layer.channels.1.div_ceil(panel) {
            for (tile, pixels) in tiles::<L>(strip_tiles) {
                let mut places = [(0, (0, 0)); PIXELS];
                for (i, to) in places.iter_mut().take(pixels).enumerate() {
                    *to = place(start + tile + i);
                }
                for_pixels!(pixels, multiply::<L, P>(&mut layer, &places, products, scratch, index, strip_tiles, tile));
            }
        }
    }
}

/// Multiplies a column by Bᵀ.
#[inline(always)]
fn to_points<L: Lanes>([a, b, c, d]: [L; CELLS]) -> [L; CELLS] {
    [a.sub(c), b.add(c), c.sub(b), d.sub(b)]
}

/// Multiplies a column by Aᵀ.
#[inline(always)]
fn from_points<L: Lanes>([a, b, c, d]: [L; CELLS]) -> [L; TILE] {
    let sum = b.add(c);
    [a.add(sum), b.sub(c), sum.add(d)]
}

/// Computes Bᵀ d B of one tile: a run of 4·C values for each point, `stride` apart.
#[inline(always)]
fn transform_input<L: Lanes>(layer: &BlockOperands, (view, (y, x)): Place, points: &mut [f32], stride: usize) {
    let channels = layer.channels.0;
    for half in 0..2 {
        let mut rows: [&[f32]; CELLS] = [&[]; CELLS];
        for (cell, row) in rows.iter_mut().enumerate() {
            *row = layer.inputs[view].run(2 * (TILE * y + cell) + half, 2 * TILE * x, 2 * CELLS);
        }
        let width = 2 * channels;
        let mut start = 0;
        loop {
            let mut columns = [[L::splat(0.0); CELLS]; CELLS];
            for (column, values) in columns.iter_mut().enumerate() {
                for (value, row) in values.iter_mut().zip(rows) {
                    *value = L::load(&row[column * width + start..]);
                }
                *values = to_points(*values);
            }
            for row in 0..CELLS {
                let values = to_points([columns[0][row], columns[1][row], columns[2][row], columns[3][row]]);
                for (column, value) in values.into_iter().enumerate() {
                    value.store(&mut points[(row * CELLS + column) * stride + half * width + start..]);
                }
            }
            if start + L::WIDTH >= width {
                break;
            }
            // The last vector may overlap the one before it.
            start = (start + L::WIDTH).min(width - L::WIDTH);
        }
    }
}

/// Computes the outputs of M tiles for the channels of one panel.
#[expect(clippy::needless_range_loop, reason = "the index is of an inner dimension")]
#[inline(always)]
fn multiply<L: Lanes, P: Products, const M: usize>(
    layer: &mut BlockOperands,
    places: &[Place; PIXELS],
    products: P,
    scratch: &Scratch,
    panel: usize,
    strip_tiles: usize,
    tile: usize,
) {
    let mut points: [Sums<L, M>; POINTS] = [[[L::splat(0.0); VECTORS]; M]; POINTS];
    for (point, sums) in points.iter_mut().enumerate() {
        products.at::<L, M>(sums, scratch, (panel, point), strip_tiles, tile);
    }
    let first = panel * VECTORS * L::WIDTH;
    let size = layer.size();
    for i in 0..M {
        let (view, (y, x)) = places[i];
        for vector in 0..VECTORS {
            let mut columns = [[L::splat(0.0); TILE]; CELLS];
            for (column, values) in columns.iter_mut().enumerate() {
                let mut products = [L::splat(0.0); CELLS];
                for (row, product) in products.iter_mut().enumerate() {
                    *product = points[row * CELLS + column][i][vector];
                }
                *values = from_points(products);
            }
            for row in 0..TILE.min(size.height - TILE * y) {
                let values = from_points([columns[0][row], columns[1][row], columns[2][row], columns[3][row]]);
                for (column, value) in values.into_iter().enumerate().take(size.width - TILE * x) {
                    layer.put(view, (TILE * y + row, TILE * x + column), first + vector * L::WIDTH, value);
                }
            }
        }
    }
}
