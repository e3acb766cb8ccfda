//! Hats and scarves.

use super::super::Person;
use super::super::brush::{Colour, Point, Sheet, closed, open, polygon, smoothed};
use super::{Hair, Style};
use rand::Rng;

impl Hair {
    pub(super) fn hat(&self, sheet: &mut Sheet, rng: &mut impl Rng, person: &Person) {
        let pose = &person.pose;
        let unit = pose.unit();
        // Some hair is visible below the hat.
        self.ring(sheet, person, rng.random_range(0.0..14.0), 1.0, 2.0);
        let band = rng.random_range(-46.0..-28.0);
        let angles = [-60.0, 0.0, 30.0, 60.0, 90.0, 120.0, 150.0, 180.0, 240.0];
        let low = |y: f64, out: f64| -> Vec<Point> { angles.iter().map(|&a| pose.around(y, a, out)).collect() };
        let mut points = pose.over_the_crown(band, 4.0 + 0.8 * self.top, |_| 3.5);
        points.extend(low(band, 3.5));
        let path = polygon(&smoothed(&points));
        sheet.fill(&path, self.cloth, 1.0);
        if self.style == Style::Beanie {
            let mut fold = low(band - 12.0, 5.0);
            fold.extend(low(band + 2.0, 5.0).into_iter().rev());
            sheet.fill(&closed(&fold), self.cloth.mix(Colour::muted(rng, 0.8, 0.1..1.0), 0.4), 1.0);
            return;
        }
        let far = rng.random_range(24.0..40.0);
        let peak = [
            (-36.0, band - 1.0, 0.0),
            (-24.0, band + 3.0, 0.8),
            (0.0, band + 4.0, 1.0),
            (24.0, band + 3.0, 0.8),
            (36.0, band - 1.0, 0.0),
        ];
        let mut visor: Vec<Point> = peak.iter().map(|&(x, y, z)| pose.raised(x, y + 2.0, far * z)).collect();
        visor.extend(
            [36.0, 16.0, 0.0, -16.0, -36.0].map(|x: f64| pose.raised(x, band - 2.0 - 0.004 * (1296.0 - x * x), 3.0)),
        );
        sheet.fill(&closed(&visor), self.cloth.scaled(0.7), 1.0);
        let shade: Vec<Point> = [-34.0, -12.0, 12.0, 34.0].iter().map(|&x| pose.face(x, band + 6.0)).collect();
        sheet.stroke(&open(&shade), Colour::BLACK, 5.0 * unit, 0.25);
    }

    /// A scarf around head and neck, with an opening for the face.
    pub(super) fn scarf(&self, sheet: &mut Sheet, rng: &mut impl Rng, person: &Person) {
        let pose = &person.pose;
        let unit = pose.unit();
        let b = pose.shape.bottom;
        let mut outer = pose.over_the_crown(30.0, 5.0, |_| 7.0);
        let (first, last) = (outer[0], outer[outer.len() - 1]);
        outer.push([last[0] + 14.0 * unit, last[1] + 60.0 * unit]);
        outer.push([last[0] + 40.0 * unit, last[1] + 110.0 * unit]);
        outer.push([first[0] - 40.0 * unit, first[1] + 110.0 * unit]);
        outer.push([first[0] - 14.0 * unit, first[1] + 60.0 * unit]);
        let rim = [
            (self.line * 0.9, 90.0),
            (self.line * 0.75, 55.0),
            (-10.0, 24.0),
            (20.0, 16.0),
            (45.0, 18.0),
            (0.85 * b, 34.0),
        ];
        let mut inner: Vec<Point> = rim.iter().map(|&(y, degrees)| pose.around(y, degrees, 0.5)).collect();
        inner.push(pose.raised(0.0, b - 1.0, -3.0));
        inner.extend(rim.iter().skip(1).rev().map(|&(y, degrees)| pose.around(y, 180.0 - degrees, 0.5)));
        // The opposite winding of the outer ring cuts the opening for the face.
        inner.reverse();
        let hole = closed(&inner);
        let path = format!("{}{hole}", closed(&outer));
        sheet.fill(&path, self.cloth, 1.0);
        sheet.stroke(&hole, self.cloth.scaled(0.6), 2.0 * unit, 0.7);
        for _ in 0..rng.random_range(1..5) {
            let y = rng.random_range(0.0..60.0);
            let line = [
                [first[0], first[1] + y * unit],
                pose.raised(0.0, b + 12.0 + 0.4 * y, -10.0),
                [last[0], last[1] + (y + rng.random_range(-20.0..20.0)) * unit],
            ];
            sheet.stroke(&open(&line), self.cloth.scaled(0.65), rng.random_range(0.8..2.5) * unit, 0.5);
        }
    }
}
