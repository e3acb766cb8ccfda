//! Temple arms as product photos show them: folded behind the lenses, open and foreshortened,
//! spread to the sides.

use crate::colour::Colour;
use crate::random::{Layout, log_uniform};
use rand::Rng;
use std::fmt::Write;

/// Markup in the drawing's coordinates.
pub(super) struct Arms {
    pub behind: String,
    pub beside: String,
}

pub(super) fn arms(rng: &mut impl Rng, layout: &Layout) -> Arms {
    let mut arms = Arms { behind: String::new(), beside: String::new() };
    // The colours of front or metal, or one of their own, darkened as what lies farther back is.
    let own = Colour::hsv(rng.random(), rng.random_range(0.0..0.8), rng.random_range(0.05..1.0)).to_string();
    let fill = match rng.random_range(0..5) {
        0 | 1 => "url(#front)",
        2 | 3 => "url(#metal)",
        _ => own.as_str(),
    };
    let thick = if layout.rim < 3.0 { log_uniform(rng, 1.0, 6.0) } else { log_uniform(rng, 2.0, 14.0) };
    match rng.random_range(0..20) {
        0..=5 => folded(rng, layout, fill, thick, &mut arms.behind),
        6..=9 => open(rng, layout, fill, thick, &mut arms.behind),
        10..=17 => hooked(rng, layout, fill, thick, &mut arms.behind),
        18 => spread(rng, layout, fill, thick, &mut arms.beside),
        _ => {}
    }
    if rng.random_bool(if layout.rim < 3.0 { 0.7 } else { 0.25 }) {
        pads(rng, layout, &mut arms.behind);
    }
    arms
}

/// Both arms lie one over the other behind the lenses, nearly level, with their tips bent.
fn folded(rng: &mut impl Rng, layout: &Layout, fill: &str, thick: f64, out: &mut String) {
    let fall = rng.random_range(-6.0..30.0);
    let taper = rng.random_range(0.5..1.1);
    for side in [1.0, -1.0] {
        let far = -side * rng.random_range(30.0..92.0);
        let (y, end) = (layout.hinge, layout.hinge + fall + rng.random_range(-6.0..6.0));
        let (near_x, thin) = (side * 98.0, thick * taper);
        let bow = rng.random_range(-5.0..5.0);
        let (hook_x, hook_y) = (-side * rng.random_range(4.0..22.0), rng.random_range(0.0..26.0));
        let shade = rng.random_range(0.55..1.0);
        let middle = [0.5 * (near_x + far), 0.5 * (y + end) + bow];
        let _ = write!(
            out,
            r#"<path d="M{near_x:.1} {:.1}Q{:.1} {:.1} {far:.1} {:.1}q{:.1} 1 {hook_x:.1} {hook_y:.1}l{:.1} {:.1}Q{far:.1} {:.1} {far:.1} {:.1}Q{:.1} {:.1} {near_x:.1} {:.1}z" fill="{fill}" opacity="{shade:.2}"/>"#,
            y - thick / 2.0,
            middle[0],
            middle[1] - thick / 2.0,
            end - thin / 2.0,
            0.6 * hook_x,
            -0.2 * thin,
            thin,
            end + thin * 1.4,
            end + thin / 2.0,
            middle[0],
            middle[1] + thick / 2.0,
            y + thick / 2.0,
        );
        // The inner face is lit differently along its edge.
        if rng.random_bool(0.5) {
            let _ = write!(
                out,
                r#"<path d="M{near_x:.1} {:.1}Q{:.1} {:.1} {far:.1} {:.1}" fill="none" stroke="{}" stroke-opacity="{:.2}" stroke-width="{:.1}"/>"#,
                y - thick / 2.0,
                middle[0],
                middle[1] - thick / 2.0,
                end - thin / 2.0,
                if rng.random_bool(0.5) { "#fff" } else { "#000" },
                rng.random_range(0.1..0.6),
                log_uniform(rng, 0.4, 1.5),
            );
        }
    }
}

/// Both arms run back from the hinges in perspective: towards a vanishing point behind the bridge,
/// above it or below, with ear tips that hang down.
fn open(rng: &mut impl Rng, layout: &Layout, fill: &str, thick: f64, out: &mut String) {
    let depth = rng.random_range(0.05..0.5);
    let vanish = [rng.random_range(-14.0..14.0), layout.hinge + rng.random_range(-30.0..34.0)];
    let tip = rng.random_range(3.0..34.0);
    let shade = rng.random_range(0.5..1.0);
    // Seen from outside, the arm stands off the front before it runs back.
    let bulge = if rng.random_bool(0.3) { rng.random_range(0.0..8.0) } else { 0.0 };
    for side in [1.0, -1.0] {
        let near = [side * 99.0, layout.hinge];
        let far = [near[0] + depth * (vanish[0] - near[0]), near[1] + depth * (vanish[1] - near[1])];
        let thin = thick * (1.0 - depth) * rng.random_range(0.6..1.0);
        let knee = [0.3 * near[0] + 0.7 * far[0] + side * bulge, 0.5 * (near[1] + far[1])];
        let _ = write!(
            out,
            r#"<path d="M{:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}l{:.1} {tip:.1}h{:.1}L{:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}z" fill="{fill}" opacity="{shade:.2}"/>"#,
            near[0],
            near[1] - thick / 2.0,
            knee[0],
            knee[1] - thick / 2.0,
            far[0],
            far[1] - thin / 2.0,
            -side * 0.1 * tip,
            side * (0.4 * thin).max(1.0),
            far[0] + side * (0.4 * thin).max(1.0),
            far[1] + thin / 2.0,
            knee[0],
            knee[1] + thick / 2.0,
            near[0],
            near[1] + thick / 2.0,
        );
    }
}

/// Both arms run back from the hinges, strongly foreshortened, and end in thick tips that hang down
/// and inwards: the most frequent view in shops.
fn hooked(rng: &mut impl Rng, layout: &Layout, fill: &str, thick: f64, out: &mut String) {
    let [top, bottom] = layout.heights();
    let run = rng.random_range(4.0..34.0);
    let rise = rng.random_range(-10.0..14.0);
    let fall = (bottom - top) * rng.random_range(0.12..0.85);
    let lean = fall * rng.random_range(0.0..0.9);
    let tip = (thick * rng.random_range(0.9..2.2)).clamp(2.5, 17.0);
    let shade = rng.random_range(0.55..1.0);
    // Tips have the colour of the arms, or are of dark acetate on arms of metal.
    let dark = Colour::hsv(rng.random(), rng.random_range(0.0..0.8), rng.random_range(0.05..0.6)).to_string();
    let tip_fill = if rng.random_bool(0.35) { dark.as_str() } else { fill };
    let cap = if rng.random_bool(0.7) { "round" } else { "butt" };
    let light = rng.random_bool(0.4).then(|| rng.random_range(0.1..0.6));
    for side in [1.0, -1.0] {
        // The camera rarely stands exactly in the middle.
        let near = [side * rng.random_range(94.0..99.0), layout.hinge + rng.random_range(-2.0..2.0)];
        let knee = [near[0] - side * run * rng.random_range(0.85..1.15), near[1] + rise];
        let end = [knee[0] - side * lean, knee[1] + fall * rng.random_range(0.9..1.1)];
        let start = [knee[0] + 0.15 * (end[0] - knee[0]), knee[1] + 0.15 * (end[1] - knee[1])];
        let _ = write!(
            out,
            r#"<path d="M{:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}" fill="none" stroke="{fill}" stroke-width="{thick:.1}" opacity="{shade:.2}"/><path d="M{:.1} {:.1}L{:.1} {:.1}" fill="none" stroke="{tip_fill}" stroke-width="{tip:.1}" stroke-linecap="{cap}" opacity="{shade:.2}"/>"#,
            near[0], near[1], knee[0], knee[1], start[0], start[1], start[0], start[1], end[0], end[1],
        );
        if let Some(light) = light {
            let off = side * tip * 0.3;
            let _ = write!(
                out,
                r##"<path d="M{:.1} {:.1}L{:.1} {:.1}" fill="none" stroke="#fff" stroke-opacity="{light:.2}" stroke-width="{:.1}"/>"##,
                start[0] + off,
                start[1],
                end[0] + off,
                end[1],
                0.15 * tip,
            );
        }
    }
}

/// Arms that lean outwards beside the front.
fn spread(rng: &mut impl Rng, layout: &Layout, fill: &str, thick: f64, out: &mut String) {
    let reach = rng.random_range(3.0..40.0);
    let drop = rng.random_range(-14.0..30.0);
    for side in [1.0, -1.0] {
        let y = layout.hinge;
        let _ = write!(
            out,
            r#"<path d="M{:.1} {:.1}L{:.1} {:.1}v{:.1}L{:.1} {:.1}z" fill="{fill}" opacity="{:.2}"/>"#,
            side * 98.0,
            y - thick / 2.0,
            side * (99.0 + reach),
            y + drop - 0.3 * thick,
            0.7 * thick,
            side * 98.0,
            y + thick / 2.0,
            rng.random_range(0.6..1.0),
        );
    }
}

fn pads(rng: &mut impl Rng, layout: &Layout, out: &mut String) {
    let [top, bottom] = layout.heights();
    let y = top + (bottom - top) * rng.random_range(0.4..0.75);
    let x = layout.gap * rng.random_range(0.35..1.1) + 1.0;
    let (wide, tall) = (rng.random_range(1.2..3.8), rng.random_range(3.0..9.0));
    let tone = Colour::hsv(rng.random(), rng.random_range(0.0..0.2), rng.random_range(0.5..1.0));
    let alpha = rng.random_range(0.3..1.0);
    let lean = rng.random_range(-25.0..5.0);
    for side in [1.0, -1.0] {
        let _ = write!(
            out,
            r#"<ellipse cx="{cx:.1}" cy="{y:.1}" rx="{wide:.1}" ry="{tall:.1}" transform="rotate({:.0} {cx:.1} {y:.1})" fill="{tone}" fill-opacity="{alpha:.2}" stroke="url(#metal)" stroke-width=".7"/>"#,
            side * lean,
            cx = side * x,
        );
    }
}
