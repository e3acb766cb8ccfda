//! Hair and headwear.

mod headwear;

use super::Person;
use super::brush::{Colour, Point, Sheet, closed, open, polygon, smoothed};
use rand::Rng;

const COLOURS: [u32; 9] = [0x0c0a0a, 0x17110e, 0x2b1b12, 0x452b19, 0x6a4526, 0x94683a, 0xc49a58, 0xe3c98e, 0x8d3a18];
const GREYS: [u32; 4] = [0x5a5a5c, 0x8c8c8e, 0xbcbcbc, 0xeaeae8];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Bald,
    Receding,
    Short,
    Fringe,
    Bob,
    Long,
    Curls,
    Tied,
    Beanie,
    Cap,
    Scarf,
}

const STYLES: [(Style, u32); 11] = [
    (Style::Bald, 8),
    (Style::Receding, 9),
    (Style::Short, 26),
    (Style::Fringe, 10),
    (Style::Bob, 10),
    (Style::Long, 16),
    (Style::Curls, 9),
    (Style::Tied, 7),
    (Style::Beanie, 4),
    (Style::Cap, 4),
    (Style::Scarf, 4),
];

/// The parameters of a hairstyle.
pub(super) struct Hair {
    style: Style,
    pub colour: Colour,
    cloth: Colour,
    /// The thickness of the hair at the sides and above the crown.
    side: f64,
    top: f64,
    /// The height of the hairline in the middle, and the offset of the parting.
    line: f64,
    parting: f64,
    /// The length of long hair, and how far it covers the face, in degrees around the head.
    length: f64,
    inward: f64,
}

impl Hair {
    pub(super) fn sample(rng: &mut impl Rng) -> Self {
        let total: u32 = STYLES.iter().map(|(_, share)| share).sum();
        let mut at = rng.random_range(0..total);
        let mut style = Style::Short;
        for (candidate, share) in STYLES {
            if at < share {
                style = candidate;
                break;
            }
            at -= share;
        }
        let colour = match rng.random_range(0..20) {
            0..=3 => Colour::along(&GREYS, rng.random()),
            4 => Colour::muted(rng, 0.8, 0.2..0.9),
            _ => Colour::along(&COLOURS, rng.random()),
        };
        Self {
            style,
            colour: colour.varied(rng, 0.02),
            cloth: Colour::muted(rng, 0.8, 0.05..0.95),
            side: rng.random_range(1.0..6.0),
            top: rng.random_range(3.0..16.0),
            line: rng.random_range(-50.0..-34.0),
            parting: rng.random_range(-1.0..1.0),
            length: rng.random_range(80.0..150.0),
            inward: rng.random_range(8.0..34.0),
        }
    }

    /// Whether hair or cloth covers the ears.
    pub(super) fn hides_ears(&self) -> bool {
        matches!(self.style, Style::Bob | Style::Long | Style::Scarf)
    }

    /// Draws the hair behind the neck.
    pub(super) fn behind(&self, sheet: &mut Sheet, person: &Person) {
        let pose = &person.pose;
        let (low, wide) = match self.style {
            Style::Bob => (0.45 * self.length + 10.0, 8.0 + self.side),
            Style::Long => (self.length, 8.0 + 1.5 * self.side),
            Style::Scarf => (90.0, 9.0),
            _ => return,
        };
        let mut points = pose.over_the_crown(20.0, 0.6 * self.top, |_| wide);
        let unit = pose.unit();
        let (first, last) = (points[0], points[points.len() - 1]);
        let flare = 0.08 * low * unit;
        points.extend([
            [last[0] + flare, last[1] + 0.5 * low * unit],
            [last[0] + 0.5 * flare, last[1] + low * unit],
            [first[0] - 0.5 * flare, first[1] + low * unit],
            [first[0] - flare, first[1] + 0.5 * low * unit],
        ]);
        let colour = if self.style == Style::Scarf { self.cloth } else { self.colour };
        sheet.fill(&closed(&points), colour.scaled(0.72), 1.0);
    }

    /// Draws the hair in front of the head.
    pub(super) fn front(&self, sheet: &mut Sheet, rng: &mut impl Rng, person: &Person) {
        match self.style {
            Style::Bald => {
                if rng.random_bool(0.5) {
                    self.ring(sheet, person, 8.0, rng.random_range(0.1..0.5), 0.6);
                }
            }
            Style::Receding => self.receding(sheet, rng, person),
            Style::Short | Style::Tied => {
                let line = if self.style == Style::Tied { self.line - 4.0 } else { self.line };
                let (side, top) = if self.style == Style::Tied { (1.5, 3.0) } else { (self.side, self.top) };
                if self.style == Style::Tied && rng.random_bool(0.5) {
                    let [x, y] = person.pose.edge(-person.pose.shape.crown + 4.0, 1.0, 0.0);
                    let unit = person.pose.unit();
                    let middle = person.pose.point([0.0, -person.pose.shape.crown, -50.0]);
                    let knot = [0.5 * (x + middle[0]), y.min(middle[1]) - 8.0 * unit];
                    sheet.ellipse(knot, [15.0 * unit, 13.0 * unit], 0.0, self.colour.scaled(0.85), 1.0);
                }
                self.cap(sheet, rng, person, line, side, top);
            }
            Style::Fringe => {
                let line = rng.random_range(-30.0..-18.0);
                self.cap(sheet, rng, person, line, self.side, self.top);
            }
            Style::Bob | Style::Long => self.curtains(sheet, rng, person),
            Style::Curls => self.curls(sheet, rng, person),
            Style::Beanie | Style::Cap => self.hat(sheet, rng, person),
            Style::Scarf => self.scarf(sheet, rng, person),
        }
    }

    /// The lower border of hair that leaves the ears free.
    ///
    /// It runs from the nape on the right of the image over ear, sideburn and forehead to the nape
    /// on the left. `line` is its height in the middle of the forehead.
    fn border(&self, person: &Person, line: f64, burn: f64) -> Vec<Point> {
        let pose = &person.pose;
        let p = 8.0 * self.parting;
        let right = [(34.0, -45.0), (12.0, -28.0), (-9.0, -12.0), (burn, 8.0), (-14.0, 22.0)];
        let forehead = [
            (0.72 * line + p.max(0.0), 42.0),
            (0.95 * line, 62.0),
            (line - 0.3 * p.abs(), 90.0 - 14.0 * self.parting),
            (0.95 * line, 118.0),
            (0.72 * line - p.min(0.0), 138.0),
        ];
        let left = right.iter().rev().map(|&(y, degrees)| (y, 180.0 - degrees));
        right.into_iter().chain(forehead).chain(left).map(|(y, degrees)| pose.around(y, degrees, 0.6)).collect()
    }

    /// Draws the hair above the border given by `line`.
    fn cap(&self, sheet: &mut Sheet, rng: &mut impl Rng, person: &Person, line: f64, side: f64, top: f64) {
        let pose = &person.pose;
        let burn = rng.random_range(-4.0..18.0);
        let lift = |y: f64| side * ((34.0 - y) / 40.0).clamp(0.0, 1.0);
        let mut points = pose.over_the_crown(34.0, top, lift);
        let ragged = rng.random_range(0.0..2.2) * pose.unit();
        let border = self.border(person, line, burn).into_iter();
        points.extend(border.map(|[x, y]| [x, y + ragged * rng.random_range(-1.0..1.0)]));
        let path = polygon(&smoothed(&points));
        self.fill(sheet, rng, person, &path);
    }

    /// Fills a path with the hair colour, a highlight on the crown, and strands.
    fn fill(&self, sheet: &mut Sheet, rng: &mut impl Rng, person: &Person, path: &str) {
        let pose = &person.pose;
        let unit = pose.unit();
        sheet.fill(path, self.colour, 1.0);
        let crown = pose.point([20.0 * self.parting, -pose.shape.crown, -30.0]);
        let strands = rng.random_range(6..18);
        let contrast = rng.random_range(0.05..0.5);
        sheet.clipped(path, |sheet| {
            let shine = self.colour.mix(Colour::WHITE, 0.5);
            let paint = sheet.radial(
                [crown[0], crown[1] + 16.0 * unit],
                40.0 * unit,
                &[(0.0, shine, 0.35 * contrast + 0.05), (1.0, shine, 0.0)],
            );
            sheet.fill(path, paint, 1.0);
            for k in 0..strands {
                let degrees = -20.0 + 220.0 * (f64::from(k) + rng.random::<f64>()) / f64::from(strands);
                let low = rng.random_range(-30.0..30.0);
                let line = [
                    crown,
                    pose.around(-0.7 * pose.shape.crown, degrees, 0.5 * self.top),
                    pose.around(-30.0, degrees + rng.random_range(-8.0..8.0), 2.0),
                    pose.around(low, degrees, 2.0),
                ];
                let tone = if rng.random_bool(0.5) { self.colour.scaled(0.5) } else { shine };
                sheet.stroke(&open(&line), tone, rng.random_range(0.5..2.5) * unit, contrast);
            }
        });
    }

    /// Draws hair around the sides and the back only, for a bald top.
    fn ring(&self, sheet: &mut Sheet, person: &Person, burn: f64, opacity: f64, side: f64) {
        let pose = &person.pose;
        for mirror in [false, true] {
            let turn = |degrees: f64| if mirror { 180.0 - degrees } else { degrees };
            let border = [
                (34.0, -45.0),
                (12.0, -28.0),
                (-9.0, -12.0),
                (burn, 8.0),
                (-14.0, 22.0),
                (-34.0, 14.0),
                (-42.0, -30.0),
            ];
            let mut points: Vec<Point> =
                border.iter().map(|&(y, degrees)| pose.around(y, turn(degrees), 0.6)).collect();
            let edge = if mirror { -1.0 } else { 1.0 };
            points.extend([-42.0, -28.0, -10.0, 8.0, 26.0].map(|y| pose.edge(y, edge, side)));
            sheet.fill(&closed(&points), self.colour, opacity);
        }
    }

    fn receding(&self, sheet: &mut Sheet, rng: &mut impl Rng, person: &Person) {
        let thin = rng.random_range(0.6..1.0);
        self.ring(sheet, person, rng.random_range(0.0..14.0), thin, self.side.min(4.0));
        if rng.random_bool(0.5) {
            // Thin hair on top.
            let pose = &person.pose;
            let lift = |_: f64| 1.0;
            let mut points = pose.over_the_crown(-46.0, 0.5 * self.top, lift);
            points.extend(
                [(-46.0, 10.0), (-60.0, 50.0), (-56.0, 90.0), (-60.0, 130.0), (-46.0, 170.0)]
                    .map(|(y, degrees)| pose.around(y, degrees, 0.6)),
            );
            sheet.fill(&polygon(&smoothed(&points)), self.colour, thin);
        }
    }

    /// Draws long, parted hair on both sides of the face.
    fn curtains(&self, sheet: &mut Sheet, rng: &mut impl Rng, person: &Person) {
        let pose = &person.pose;
        let unit = pose.unit();
        let wide = 5.0 + self.side;
        let fringe = rng.random_bool(0.3).then(|| rng.random_range(-30.0..-17.0));
        let line = fringe.unwrap_or(self.line);
        let reach = if self.style == Style::Bob { 0.45 * self.length } else { self.length };
        let parted = 90.0 - 26.0 * self.parting;
        let inward = |y: f64, share: f64| (y, self.inward * share);
        let mut points = pose.over_the_crown(30.0, self.top, |_| wide);
        let (first, last) = (points[0], points[points.len() - 1]);
        let hang = |[x, y]: Point, dx: f64, dy: f64| [x + dx * unit, y + dy * unit];
        points.push(hang(last, 2.0, 0.5 * reach));
        points.push(hang(last, -3.0, reach));
        points.push(hang(last, -18.0, reach - 6.0));
        let side = [inward(46.0, 0.5), inward(20.0, 0.9), inward(-6.0, 1.0)];
        points.extend(side.map(|(y, degrees)| pose.around(y, degrees, 1.5)));
        points.push(pose.around(0.75 * line, 0.4 * self.inward + 40.0, 1.0));
        points.push(pose.around(line, if fringe.is_some() { 70.0 } else { parted - 8.0 }, 1.0));
        points.push(pose.around(line - 2.0, parted, 1.0));
        points.push(pose.around(line, if fringe.is_some() { 110.0 } else { parted + 8.0 }, 1.0));
        points.push(pose.around(0.75 * line, 140.0 - 0.4 * self.inward, 1.0));
        points.extend(side.iter().rev().map(|&(y, degrees)| pose.around(y, 180.0 - degrees, 1.5)));
        points.push(hang(first, 18.0, reach - 6.0));
        points.push(hang(first, 3.0, reach));
        points.push(hang(first, -2.0, 0.5 * reach));
        let path = polygon(&smoothed(&points));
        self.fill(sheet, rng, person, &path);
        let contrast = rng.random_range(0.1..0.5);
        sheet.clipped(&path, |sheet| {
            for [x, y] in [first, last] {
                for _ in 0..rng.random_range(2..7) {
                    let dx = rng.random_range(-14.0..14.0) * unit;
                    let wave = rng.random_range(-5.0..5.0) * unit;
                    let line = [
                        [x + dx, y - 70.0 * unit],
                        [x + dx + wave, y],
                        [x + dx - wave, y + 0.5 * reach * unit],
                        [x + dx, y + reach * unit],
                    ];
                    let tone = self.colour.scaled(if rng.random_bool(0.6) { 0.55 } else { 1.5 });
                    sheet.stroke(&open(&line), tone, rng.random_range(0.6..2.6) * unit, contrast);
                }
            }
        });
    }

    fn curls(&self, sheet: &mut Sheet, rng: &mut impl Rng, person: &Person) {
        let pose = &person.pose;
        let unit = pose.unit();
        let (side, top) = (3.0 + 2.5 * self.side, 1.3 * self.top);
        self.cap(sheet, rng, person, self.line, side, top);
        let low = rng.random_range(-10.0..40.0);
        let rim = pose.over_the_crown(low, top, |_| 0.8 * side);
        let size = rng.random_range(4.0..10.0) * unit;
        let border = self.border(person, self.line, -6.0);
        for [x, y] in rim.into_iter().chain(border.into_iter().skip(4).take(7)) {
            for _ in 0..3 {
                let at = [x + size * rng.random_range(-0.7..0.7), y + size * rng.random_range(-0.7..0.7)];
                let r = size * rng.random_range(0.5..1.0);
                sheet.ellipse(at, [r, r], 0.0, self.colour.scaled(rng.random_range(0.75..1.3)), 1.0);
            }
        }
    }
}
