//! Right places in which the piece stands upright.

use super::RoomSample;
use stgan::Homography;

/// Half the height over which the vertical of a cut-out is taken, as a share of its box.
const REACH: f64 = 0.35;

impl RoomSample {
    /// From pixels of the cut-out to pixels of the room; see [`RoomSample::places`].
    pub fn truth(&self) -> Homography {
        self.upright(&Homography(self.record.family[0]))
    }

    /// All right places, the truth first: from pixels of the cut-out to pixels of the room.
    ///
    /// They are the homographies of the record, sheared along the horizontal about the centre of
    /// the piece until its vertical is the vertical of the room there. A homography that fits the
    /// surface best can lean by 20° and more, because seats and table tops shift when a piece is
    /// turned. A piece that leans looks wrong.
    pub fn places(&self) -> impl ExactSizeIterator<Item = Homography> {
        self.record.family.iter().map(|place| self.upright(&Homography(*place)))
    }

    fn upright(&self, place: &Homography) -> Homography {
        let [left, top, right, bottom] = self.record.bounds;
        let (x, reach) = (0.5 * (left + right), REACH * (bottom - top));
        let [above, centre, below] = [-reach, 0.0, reach].map(|y| place.apply([x, 0.5 * (top + bottom) + y]));
        let [across, down] = self.vertical(centre);
        let lean = (below[0] - above[0]) / (below[1] - above[1]);
        let shear = across / down - lean;
        Homography([1.0, shear, -shear * centre[1], 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]) * *place
    }

    /// The direction of a vertical line in the room's image, at a pixel: towards its vanishing
    /// point.
    fn vertical(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let focal = f64::from(self.record.focal);
        let [right, down, forward] = [1, 4, 7].map(|i| f64::from(self.record.rotation[i]));
        let middle = [0.5 * f64::from(self.room.width()), 0.5 * f64::from(self.room.height())];
        [focal * right + (middle[0] - x) * forward, focal * down + (middle[1] - y) * forward]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rooms::{RoomSettings, draw};
    use stgan_synth::rooms::Split;

    #[test]
    fn pieces_stand_upright_in_their_right_places_and_keep_centre_and_heights() {
        let options = RoomSettings::default().options(Split::Train).unwrap();
        let mut leaning: f64 = 0.0;
        for sample in draw(12, &options, 3, &mut |_| ()).unwrap() {
            let [left, top, right, bottom] = sample.record.bounds;
            let at = |u: f64, v: f64| [left + u * (right - left), top + v * (bottom - top)];
            assert_eq!(sample.places().len(), sample.record.family.len());
            assert_eq!(sample.places().next(), Some(sample.truth()));
            for (fitted, place) in sample.record.family.iter().map(|place| Homography(*place)).zip(sample.places()) {
                let (a, b) = (fitted.apply(at(0.5, 0.5)), place.apply(at(0.5, 0.5)));
                assert!((a[0] - b[0]).hypot(a[1] - b[1]) < 1e-9);
                for (u, v) in [(0.1, 0.2), (0.9, 1.0)] {
                    assert!((fitted.apply(at(u, v))[1] - place.apply(at(u, v))[1]).abs() < 1e-9, "heights stay");
                }
                let (above, below) = (place.apply(at(0.5, 0.5 - REACH)), place.apply(at(0.5, 0.5 + REACH)));
                let [across, down] = sample.vertical(b);
                let lean = (below[0] - above[0]) / (below[1] - above[1]);
                assert!((lean - across / down).abs() < 1e-9 && lean.abs() < 0.2, "{lean}");
                let (above, below) = (fitted.apply(at(0.5, 0.5 - REACH)), fitted.apply(at(0.5, 0.5 + REACH)));
                leaning = leaning.max(((below[0] - above[0]) / (below[1] - above[1])).abs());
            }
        }
        assert!(leaning > 0.2, "without this step, some lean: {leaning}");
    }
}
