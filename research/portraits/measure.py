"""Measures faces in hard photos: how many are found, and how exactly glasses are fitted.

    python3 research/portraits/measure.py --portraits DIR --people 20 [--program target/release/stgan]

DIR is a folder of labelled portraits with whole photos and FaceMesh points (see __main__.py). Each
whole photo is shown in other ways (frame.py), covered (cover.py) or lit anew (light.py): stand-ins
for the real thing. A face is found if the pupils are within 0.25 inter-pupil distances. The fit
error is the mean distance of the lens centres from those of stiff glasses (`plane.csv`), in
distances of these. Then it measures portraits turned to other poses. The last line is JSON.

Needs numpy and Pillow, and the built program.
"""

import argparse
import csv
import json
import os
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image, ImageOps

import cover
import frame
import light
import turn
from turn import PLANE

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
GLASSES = os.path.join(ROOT, "www", "public", "gallery", "glasses", "quill.png")
# Half the distance of the lens centres over the width of the glasses, in the canonical pose.
LENS = 0.278 / 0.613 / 2
MAX_PUPIL_ERROR = 0.25
LARGEST_SIDE = 520
YAWS = [(10, 20), (20, 30), (30, 45)]


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--portraits", required=True)
    parser.add_argument("--split", default="val")
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--program", default=os.path.join(ROOT, "target", "release", "stgan"))
    parser.add_argument("--locator", help="weights file of the face locator")
    parser.add_argument("--weights", help="weights file of the generators")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    return parser.parse_args()


class Person:
    def __init__(self, folder, label, plane, points):
        self.label, self.plane, self.points = label, plane, points
        self.h = np.array([float(plane[name]) for name in PLANE]).reshape(3, 3)
        photo = ImageOps.exif_transpose(Image.open(f"{folder}/{label['photo']}")).convert("RGB")
        factor = min(1.0, LARGEST_SIDE / max(photo.size))
        photo = photo.resize([round(side * factor) for side in photo.size], Image.LANCZOS)
        self.photo = np.asarray(photo)
        # The similarity that both images' eye centres define.
        eye = lambda prefix, side: complex(*(float(label[f"{prefix}{side}_eye_{axis}"]) for axis in "xy"))
        ratio = (eye("photo_", "l") - eye("photo_", "r")) / (eye("", "l") - eye("", "r"))
        offset = eye("photo_", "r") - ratio * eye("", "r")
        similarity = np.array([[ratio.real, -ratio.imag, offset.real], [ratio.imag, ratio.real, offset.imag], [0, 0, 1]])
        self.from_aligned = frame.scaled(factor, factor) @ similarity
        self.aligned = np.asarray(Image.open(f"{folder}/aligned/{label['id']}.jpg").convert("RGB"), float)
        self.pupils = np.array([[float(label[f"{side}_iris_{axis}"]) for axis in "xy"] for side in "rl"])


def whole(person, name):
    pupils = np.array([frame.at(person.from_aligned, pupil) for pupil in person.pupils])
    image, to_photo = frame.FRAMES[name](person.photo, person.from_aligned, pupils)
    return image, to_photo, person.pupils, person.h


def covered(person, kind, random):
    points = np.array([frame.at(person.from_aligned, point[:2]) for point in person.points])
    image, _ = cover.covered(person.photo.astype(float), points, person.from_aligned @ person.h, random, kind)
    return image, person.from_aligned, person.pupils, person.h


def lit(person, change, random):
    points = np.array([frame.at(person.from_aligned, point[:2]) for point in person.points])
    return change(person.photo.astype(float), points, random), person.from_aligned, person.pupils, person.h


def posed(person, yaw, faces, random):
    pitch, side = random.uniform(-15, 15), random.choice([-1, 1])
    image, h, points = turn.turned(person.aligned, person.points, person.plane, side * random.uniform(*yaw), pitch, faces)
    return image, np.eye(3), points[list(turn.IRISES), :2], h


def cases(faces):
    found = {name: lambda person, random, name=name: whole(person, name) for name in frame.FRAMES}
    for share in (0.2, 0.14, 0.1):
        change = lambda image, points, random, share=share: image * share
        found[f"dim, × {share}"] = lambda person, random, change=change: lit(person, change, random)
    for kind in light.LIGHTS:
        found[f"light: {kind}"] = lambda person, random, kind=kind: lit(person, light.LIGHTS[kind], random)
    for kind in cover.COVERS:
        found[f"cover: {kind}"] = lambda person, random, kind=kind: covered(person, kind, random)
    for yaw in YAWS:
        name = f"head turned by {yaw[0]} to {yaw[1]}°"
        found[name] = lambda person, random, yaw=yaw: posed(person, yaw, faces, random)
    return found


def measured(options, folder, name, number, case):
    """The pupil error and the fit error; None for each that there is not."""
    image, to_photo, pupils, plane = case
    path = os.path.join(folder, f"{name}-{number}.jpg".replace(" ", "-").replace("/", "-"))
    Image.fromarray(np.asarray(image).round().clip(0, 255).astype("uint8")).save(path, quality=93)
    command = [options.program, "fit", path, GLASSES, "--json", "-o", path + ".out.png"]
    for option in ("locator", "weights"):
        if value := getattr(options, option):
            command += [f"--{option}", value]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        if "no-face" in done.stderr:
            return None, None
        raise SystemExit(done.stderr)
    result = json.loads(done.stdout)
    expected = np.array([frame.at(to_photo, pupil) for pupil in pupils])
    expected = expected[np.argsort(expected[:, 0])] if abs(np.ptp(expected[:, 0])) > 1 else expected
    located = np.array(result["face"]["pupils"])
    errors = [np.linalg.norm(located[order] - expected, axis=1).mean() for order in ([0, 1], [1, 0])]
    pupil_error = min(errors) / np.linalg.norm(expected[1] - expected[0])
    width, height = result["glasses"]
    fitted = np.array(result["homography"]).reshape(3, 3)
    lenses = [frame.at(fitted, (width * (0.5 + side * LENS), height / 2)) for side in (-1, 1)]
    right = [frame.at(to_photo @ plane, (side * 0.5, 0)) for side in (-1, 1)]
    apart = np.linalg.norm(right[1] - right[0])
    fit_error = np.mean([np.linalg.norm(a - b) for a, b in zip(lenses, right)]) / apart
    return (pupil_error, fit_error) if pupil_error <= MAX_PUPIL_ERROR else (None, None)


def people(options):
    read = lambda name: csv.DictReader(open(f"{options.portraits}/{name}", newline=""))
    planes = {row["id"]: row for row in read("plane.csv")}
    mesh = np.load(f"{options.portraits}/mesh.npz")
    meshes = dict(zip(mesh["ids"], mesh["points"].astype(float)))
    rows = [row for row in read("labels.csv") if row["split"] == options.split and row["photo"] and row["glasses"] == "0"]
    rows = [row for row in rows if row["id"] in planes and row["id"] in meshes]
    chosen = np.linspace(0, len(rows) - 1, min(options.people, len(rows))).astype(int)
    return [Person(options.portraits, rows[i], planes[rows[i]["id"]], meshes[rows[i]["id"]]) for i in chosen]


def main():
    options = parse()
    group = people(options)
    faces = turn.triangles(f"{options.portraits}/canonical_face.obj")
    report = {}
    print(f"{len(group)} people\n\n{'':34}found   pupil error       fit error\n{'':42}median   95 %   median   95 %")
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(options.jobs) as pool:
        for name, case in cases(faces).items():
            one = lambda i: measured(options, folder, name, i, case(group[i], np.random.default_rng([5, i])))
            found = [errors for errors in pool.map(one, range(len(group))) if errors[0] is not None]
            row = {"found": len(found), "of": len(group)}
            for key, errors in zip(("pupil_error", "fit_error"), zip(*found)):
                row[key] = [round(float(np.quantile(errors, share)), 4) for share in (0.5, 0.95)]
            report[name] = row
            numbers = "".join(f"{value:9.3f}" for key in ("pupil_error", "fit_error") for value in row.get(key, []))
            print(f"{name:34}{len(found):3} of {len(group)}{numbers}", flush=True)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
