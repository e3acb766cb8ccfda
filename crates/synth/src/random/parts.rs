//! The parts of a pair of glasses as SVG elements. Unless noted, a function draws the right half
//! (x > 0) and the caller mirrors it.

use super::paint::{Colour, Finish};
use super::{Layout, log_uniform};
use rand::Rng;
use std::fmt::Write;

/// The arms as in product images: missing, folded behind the lenses, or open.
pub(super) fn arms(rng: &mut impl Rng, layout: &Layout, fills: [&str; 2], out: &mut String) {
    let fill = fills[usize::from(rng.random_bool(0.4))];
    let (y, thick) = (layout.hinge, log_uniform(rng, 1.0, 9.0));
    let shade = rng.random_range(0.45..1.0);
    match rng.random_range(0..10) {
        // Folded: each arm runs nearly horizontally behind both lenses.
        0 | 1 => {
            let far = rng.random_range(-85.0..-10.0);
            let fall = rng.random_range(-4.0..22.0);
            let hook = rng.random_range(2.0..16.0);
            let _ = write!(
                out,
                r#"<path d="M97 {y0:.1}L{far:.1} {y1:.1}l{h:.1} {hook:.1}" fill="none" stroke="{fill}" stroke-width="{thick:.1}" stroke-linejoin="round" stroke-linecap="round" opacity="{shade:.2}"/>"#,
                y0 = y,
                y1 = y + fall,
                h = -hook * 0.7,
            );
        }
        // Open: foreshortened, converging behind the lenses, with the ear tips pointing down.
        2 | 3 => {
            let x = rng.random_range(68.0..97.0);
            let drop = rng.random_range(-6.0..14.0);
            let tip = rng.random_range(4.0..32.0);
            let thin = thick * rng.random_range(0.4..0.9);
            let _ = write!(
                out,
                r#"<path d="M99 {a:.1}L{x:.1} {b:.1}l-1 {tip:.1}h{w:.1}V{c:.1}L99 {d:.1}z" fill="{fill}" opacity="{shade:.2}"/>"#,
                a = y - thick,
                b = y + drop,
                w = thin,
                c = y + drop + thin,
                d = y + thick,
            );
        }
        // Stubs: only the outer face of each arm is visible, beside the hinge.
        4 => {
            let deep = rng.random_range(1.5..6.0);
            let _ = write!(
                out,
                r#"<path d="M{x:.1} {a:.1}L100 {b:.1}V{c:.1}L{x:.1} {d:.1}z" fill="{fill}" opacity="{shade:.2}"/>"#,
                x = 100.0 - deep,
                a = y - thick,
                b = y - thick * 0.7,
                c = y + thick * 0.7,
                d = y + thick,
            );
        }
        _ => {}
    }
}

/// The lens: clear, tinted, graduated, mirrored or opaque.
pub(super) fn lens(rng: &mut impl Rng, layout: &Layout, defs: &mut String) -> String {
    let (low, high) = layout.inner.bounds();
    let tint = Colour::lens(rng);
    let mut stops = Vec::new();
    match rng.random_range(0..20) {
        0..=8 => {
            let alpha = rng.random_range(0.0..0.15);
            stops.extend([(0.0, Colour::pale(rng), alpha), (1.0, Colour::pale(rng), alpha)]);
        }
        9..=11 => {
            let alpha = rng.random_range(0.15..0.9);
            stops.extend([(0.0, tint, alpha), (1.0, tint, alpha)]);
        }
        12..=14 => {
            let (top, bottom) = (rng.random_range(0.5..1.0), rng.random_range(0.0..0.5));
            let second = if rng.random_bool(0.3) { Colour::lens(rng) } else { tint };
            stops.extend([(rng.random_range(0.0..0.35), tint, top), (1.0, second, bottom)]);
        }
        15 | 16 => {
            for i in 0..4 {
                let at = f64::from(i) / 3.0;
                stops.push((at, Colour::bright(rng), rng.random_range(0.75..1.0)));
            }
        }
        17 | 18 => {
            let alpha = rng.random_range(0.9..1.0);
            stops.extend([(0.0, tint, alpha), (1.0, tint.scaled(rng.random_range(0.6..2.2)), alpha)]);
        }
        // A product image that was cut out along the outer edge only: the lenses are white.
        _ => {
            let alpha = rng.random_range(0.5..1.0);
            stops.extend([(0.0, Colour::WHITE, alpha), (1.0, Colour::pale(rng), alpha)]);
        }
    }
    let lean = rng.random_range(-12.0..12.0);
    let _ = write!(
        defs,
        r#"<linearGradient id="tint" gradientUnits="userSpaceOnUse" x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}">"#,
        low[0] - lean,
        low[1],
        low[0] + lean,
        high[1]
    );
    for (at, colour, alpha) in stops {
        let _ = write!(defs, r#"<stop offset="{at:.2}" stop-color="{colour}" stop-opacity="{alpha:.2}"/>"#);
    }
    defs.push_str("</linearGradient>");
    let mut out = format!(r#"<path d="{}" fill="url(#tint)"/>"#, layout.inner.path());
    let edge = if layout.rimless {
        Some(rng.random_range(0.25..0.9))
    } else {
        rng.random_bool(0.3).then(|| rng.random_range(0.05..0.5))
    };
    if let Some(alpha) = edge {
        let colour = if rng.random_bool(0.5) { Colour::grey(rng, 0.25..0.75) } else { Colour::lens(rng) };
        let _ = write!(
            out,
            r#"<path d="{}" fill="none" stroke="{colour}" stroke-opacity="{alpha:.2}" stroke-width="{:.1}"/>"#,
            layout.inner.path(),
            rng.random_range(0.6..2.2)
        );
    }
    out
}

/// Reflections on the right lens: slanted bands or a soft spot of light.
pub(super) fn glare(rng: &mut impl Rng, layout: &Layout) -> String {
    let mut out = String::new();
    if rng.random_bool(0.4) {
        return out;
    }
    let (low, high) = layout.inner.bounds();
    let wide = high[0] - low[0];
    let slant = rng.random_range(-0.8..0.8) * wide;
    for _ in 0..rng.random_range(1..4) {
        let x = low[0] + rng.random_range(-0.2..1.0) * wide;
        let band = log_uniform(rng, 0.03, 0.45) * wide;
        let alpha = log_uniform(rng, 0.04, 0.5);
        let _ = write!(
            out,
            r#"<path d="M{:.1} {:.1}h{band:.1}L{:.1} {:.1}h-{band:.1}z" fill="{}" fill-opacity="{alpha:.2}"/>"#,
            x + slant / 2.0,
            low[1],
            x - slant / 2.0 + band,
            high[1],
            Colour::pale(rng)
        );
    }
    if rng.random_bool(0.25) {
        let _ = write!(
            out,
            r##"<ellipse cx="{:.1}" cy="{:.1}" rx="{:.1}" ry="{:.1}" fill="#fff" fill-opacity="{:.2}"/>"##,
            low[0] + rng.random_range(0.2..0.8) * wide,
            rng.random_range(0.2..0.9) * low[1],
            rng.random_range(0.05..0.3) * wide,
            rng.random_range(0.03..0.12) * wide,
            log_uniform(rng, 0.1, 0.8)
        );
    }
    out
}

/// The rim: full, or a half rim that a thread or a thin wire completes.
pub(super) fn rim(
    rng: &mut impl Rng,
    layout: &Layout,
    front: &Finish,
    fills: [&str; 2],
    defs: &mut String,
    out: &mut String,
) {
    if layout.rimless {
        return;
    }
    let ring = format!("{}{}", layout.outer.path(), layout.inner.path());
    let (_, high) = layout.outer.bounds();
    let mut clip = "";
    if let Some(y) = layout.half {
        let (top, bottom) = if layout.half_below { (y.min(0.0), 100.0) } else { (-100.0, y) };
        let slope = rng.random_range(-10.0..10.0);
        let _ = write!(
            defs,
            r#"<clipPath id="half"><path d="M0 {:.1}H110V{:.1}L0 {:.1}z"/></clipPath>"#,
            if layout.half_below { bottom } else { top },
            if layout.half_below { top } else { bottom },
            if layout.half_below { top } else { bottom + slope },
        );
        clip = r#" clip-path="url(#half)""#;
        if rng.random_bool(0.7) {
            let wire = if rng.random_bool(0.5) { fills[1].to_owned() } else { Colour::grey(rng, 0.3..0.9).to_string() };
            let _ = write!(
                out,
                r#"<path d="{}" fill="none" stroke="{wire}" stroke-width="{:.1}" stroke-opacity="{:.2}"/>"#,
                layout.inner.path(),
                log_uniform(rng, 0.5, 2.5),
                rng.random_range(0.2..1.0)
            );
        }
    }
    let _ = write!(out, "<g{clip}>");
    let _ = write!(out, r#"<path d="{ring}" fill="{}" fill-rule="evenodd"/>"#, fills[0]);
    if front.blotched() {
        let _ = write!(defs, r#"<clipPath id="ring"><path d="{ring}" clip-rule="evenodd"/></clipPath>"#);
        let _ =
            write!(out, r#"<g clip-path="url(#ring)">{}</g>"#, front.blotches(rng, [0.0, -high[1]], [100.0, high[1]]));
    }
    // Optional details: an inner wire in a thick rim, a dark inner edge, a light outer edge.
    if layout.rim > 2.0 && rng.random_bool(0.12) {
        let _ = write!(
            out,
            r#"<path d="{}" fill="none" stroke="{}" stroke-width="{:.1}"/>"#,
            layout.inner.path(),
            fills[1],
            rng.random_range(0.8..2.5)
        );
    }
    for path in [&layout.inner, &layout.outer] {
        if rng.random_bool(0.4) {
            let colour = if rng.random_bool(0.6) { Colour::WHITE } else { Colour::BLACK };
            let _ = write!(
                out,
                r#"<path d="{}" fill="none" stroke="{colour}" stroke-width="{:.2}" stroke-opacity="{:.2}"/>"#,
                path.path(),
                log_uniform(rng, 0.3, 2.0),
                log_uniform(rng, 0.08, 0.7)
            );
        }
    }
    // A highlight along the upper part of the rim.
    if layout.rim > 1.5 && rng.random_bool(0.4) {
        let middle = layout.inner.between(&layout.outer, rng.random_range(0.3..0.8));
        let arc = middle.arc(rng.random_range(0.5..0.65), rng.random_range(0.7..0.95));
        let _ = write!(
            out,
            r##"<path d="{arc}" fill="none" stroke="#fff" stroke-linecap="round" stroke-width="{:.2}" stroke-opacity="{:.2}"/>"##,
            layout.rim * rng.random_range(0.1..0.4),
            rng.random_range(0.1..0.8)
        );
    }
    out.push_str("</g>");
}

/// The end piece, which joins the rim to the hinge: from nothing to a wide wing.
pub(super) fn end_piece(rng: &mut impl Rng, layout: &Layout, fills: [&str; 2], out: &mut String) {
    let y = layout.hinge;
    let from = layout.outer.right_at(y).unwrap_or(layout.end) - (layout.rim * 0.6).max(0.8);
    if 100.0 - from < 3.0 && rng.random_bool(0.5) {
        return;
    }
    let start = if layout.rimless {
        log_uniform(rng, 1.0, 4.0)
    } else if layout.plain {
        (layout.rim * rng.random_range(0.4..1.2)).clamp(0.8, 7.0)
    } else {
        (layout.rim * rng.random_range(0.5..2.2)).clamp(0.8, 16.0)
    };
    let end = (start * rng.random_range(0.5..1.5)).clamp(0.8, 16.0);
    let rise = rng.random_range(-7.0..4.0) * if rng.random_bool(0.5) { 1.0 } else { 0.0 };
    let bend = rng.random_range(0.2..0.8);
    let knee = from + (100.0 - from) * bend;
    let _ = write!(
        out,
        r#"<path d="M{from:.1} {:.1}Q{knee:.1} {:.1} 100 {:.1}V{:.1}Q{knee:.1} {:.1} {from:.1} {:.1}z" fill="{}"/>"#,
        y - start,
        y + rise - end,
        y + rise - end,
        y + rise + end,
        y + rise + end * 0.9,
        y + start,
        fills[0]
    );
    match rng.random_range(0..8) {
        // A rivet, a metal plate, or the screw of a rimless lens.
        0 => {
            let _ = write!(
                out,
                r#"<circle cx="{:.1}" cy="{:.1}" r="{:.1}" fill="{}"/>"#,
                (from + knee) / 2.0,
                y,
                rng.random_range(0.7..2.0),
                fills[1]
            );
        }
        1 => {
            let plate = end * rng.random_range(0.4..1.0);
            let _ = write!(
                out,
                r#"<rect x="{:.1}" y="{:.1}" width="{:.1}" height="{:.1}" fill="{}"/>"#,
                knee,
                y + rise - plate,
                (100.0 - knee) * rng.random_range(0.5..1.0),
                2.0 * plate,
                fills[1]
            );
        }
        _ if layout.rimless => {
            let _ = write!(out, r##"<circle cx="{:.1}" cy="{y:.1}" r="1.2" fill="#666"/>"##, from - 1.0);
        }
        _ => {}
    }
}

/// A nose pad on its wire, beside the inner edge of the lens.
pub(super) fn nose_pad(rng: &mut impl Rng, layout: &Layout, wire: &str, out: &mut String) {
    let (low, high) = layout.outer.bounds();
    let y = low[1] + (high[1] - low[1]) * rng.random_range(0.45..0.75);
    let edge = layout.outer.left_at(y).unwrap_or(layout.gap);
    let x = (edge + rng.random_range(-0.6..0.25) * layout.gap).max(2.0);
    let (wide, tall) = (rng.random_range(1.2..3.6), rng.random_range(3.5..8.0));
    let tone = if rng.random_bool(0.8) { Colour::pale(rng) } else { Colour::grey(rng, 0.1..0.6) };
    let _ = write!(
        out,
        r##"<path d="M{edge:.1} {:.1}Q{:.1} {:.1} {x:.1} {y:.1}" fill="none" stroke="{wire}" stroke-width="{:.1}"/><ellipse cx="{x:.1}" cy="{y:.1}" rx="{wide:.1}" ry="{tall:.1}" transform="rotate({:.0} {x:.1} {y:.1})" fill="{tone}" fill-opacity="{:.2}" stroke="#000" stroke-opacity=".3" stroke-width=".4"/>"##,
        y - tall * 1.4,
        edge - 3.0,
        y - tall,
        rng.random_range(0.6..1.6),
        rng.random_range(-25.0..5.0),
        rng.random_range(0.15..1.0),
    );
}

/// The bridge, drawn across both halves.
pub(super) fn bridge(rng: &mut impl Rng, layout: &Layout, fill: &str, out: &mut String) {
    let (low, high) = layout.outer.bounds();
    let place = rng.random_range(0.1..0.55);
    let y = low[1] + (high[1] - low[1]) * place;
    // The bridge overlaps the rim a little.
    let reach = |y: f64| layout.outer.left_at(y).unwrap_or(layout.gap + 4.0) + (layout.rim * 0.7).max(1.0);
    let thin = layout.rimless || layout.rim < 3.0 || rng.random_bool(if layout.plain { 0.1 } else { 0.25 });
    if thin {
        let stroke = log_uniform(rng, 1.0, 4.0);
        let arch = rng.random_range(-0.6..1.4) * layout.gap;
        let mut wire = |y: f64, arch: f64| {
            let x = reach(y);
            let _ = write!(
                out,
                r#"<path d="M-{x:.1} {y:.1}C-{k:.1} {c:.1} {k:.1} {c:.1} {x:.1} {y:.1}" fill="none" stroke="{fill}" stroke-width="{stroke:.1}"/>"#,
                k = x * 0.45,
                c = y - arch,
            );
        };
        wire(y, arch);
        // The second bar of aviator glasses: straight and higher up.
        if rng.random_bool(0.25) {
            wire(low[1] + (high[1] - low[1]) * rng.random_range(0.02..0.2), rng.random_range(-2.0..8.0));
        }
        return;
    }
    let tall = (layout.rim * rng.random_range(0.8..2.6)).clamp(3.0, 26.0);
    let (top, bottom) = (y - tall / 2.0, y + tall / 2.0);
    let (above, below) = (reach(top), reach(bottom));
    let dip = rng.random_range(-0.2..0.5) * layout.gap;
    let arch = match rng.random_range(0..3) {
        // Keyhole: the notch widens below its neck.
        0 => {
            let neck = layout.gap * rng.random_range(0.25..0.6);
            let round = layout.gap * rng.random_range(0.2..0.5);
            format!(
                "L{below:.1} {b:.1}C{n:.1} {b:.1} {n:.1} {m:.1} {r:.1} {m:.1}C{r:.1} {t:.1} -{r:.1} {t:.1} -{r:.1} {m:.1}C-{n:.1} {m:.1} -{n:.1} {b:.1} -{below:.1} {b:.1}",
                b = bottom + tall * 0.5,
                n = neck,
                m = bottom,
                r = neck + round * 0.3,
                t = bottom - tall * 0.45,
            )
        }
        // Saddle: an arch from rim to rim.
        1 => format!(
            "L{below:.1} {b:.1}C{k:.1} {c:.1} -{k:.1} {c:.1} -{below:.1} {b:.1}",
            b = bottom + tall * rng.random_range(0.0..0.9),
            k = layout.gap * 0.7,
            c = bottom - tall * rng.random_range(0.1..0.5),
        ),
        // Straight.
        _ => format!("L{below:.1} {bottom:.1}H-{below:.1}"),
    };
    let _ = write!(
        out,
        r#"<path d="M-{above:.1} {top:.1}C-{k:.1} {c:.1} {k:.1} {c:.1} {above:.1} {top:.1}{arch}z" fill="{fill}"/>"#,
        k = layout.gap * 0.6,
        c = top + dip,
    );
}

/// A brow bar from lens to lens, or across the full width.
pub(super) fn brow_bar(rng: &mut impl Rng, layout: &Layout, fill: &str, out: &mut String) {
    let (low, high) = layout.outer.bounds();
    let wide = if rng.random_bool(0.5) { rng.random_range(0.5..0.9) * layout.end } else { 99.0 };
    let y = low[1] + rng.random_range(-0.04..0.12) * (high[1] - low[1]);
    let bow = rng.random_range(-6.0..6.0);
    let _ = write!(
        out,
        r#"<path d="M-{wide:.1} {a:.1}Q0 {c:.1} {wide:.1} {a:.1}" fill="none" stroke="{fill}" stroke-width="{:.1}" stroke-linecap="round"/>"#,
        log_uniform(rng, 1.2, 9.0),
        a = y + bow,
        c = y - bow,
    );
}
