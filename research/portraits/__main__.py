"""Makes harder faces out of labelled portraits, with the exact plane of stiff glasses.

    python3 research/portraits --portraits DIR --out harder --copies 3

DIR has `labels.csv`, `plane.csv`, `aligned/`, `mesh.npz` (`ids`, `points` [face, 478, 3]: FaceMesh
points in pixels of the aligned image, z in the same unit, smaller is nearer) and
`canonical_face.obj`, whose triangles are used. The output has the layout of docs/training.md
(Data): images, `labels.csv` and `plane.csv`. All copies of a person stay in the split of the
original. Train on both folders: `stgan train --data DIR --data harder`.

Each copy is turned with probability `--turned`, by a yaw of up to 45 degrees and a pitch of up to
25 degrees; covered with probability `--covered` (see cover.py); and lit anew with probability
`--lit` (see light.py). Dark glasses count as glasses. The column `covered` is 1 if dark glasses or
hair cover the eyes.

Needs numpy and Pillow.
"""

import argparse
import csv
import os

import numpy as np
from PIL import Image

import cover
import light
import turn
from turn import PLANE

# The pupils and temples as seen, and their FaceMesh points.
VISIBLE = [f"{side}_{name}_{axis}" for name in ("iris", "temple") for side in "rl" for axis in "xy"]
VISIBLE_POINTS = [468, 473, 127, 356]


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--portraits", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--copies", type=int, default=3)
    parser.add_argument("--splits", default="train,val,extra_gray")
    parser.add_argument("--turned", type=float, default=0.6)
    parser.add_argument("--covered", type=float, default=0.4)
    parser.add_argument("--lit", type=float, default=0.4)
    parser.add_argument("--cover", choices=list(cover.COVERS), help="only this cover")
    parser.add_argument("--light", choices=list(light.LIGHTS), help="only this light")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def copy(image, points, label, plane, faces, random, options):
    """One copy: its pixels, its homography, its yaw and pitch as in `plane.csv`, its visible
    landmarks, and the name of its cover."""
    h = np.array([float(plane[name]) for name in PLANE]).reshape(3, 3)
    yaw, pitch, visible, covered_by = float(plane["yaw"]), float(plane["pitch"]), [label[name] for name in VISIBLE], None
    if random.random() < options.turned:
        yaw, pitch = random.uniform(-45, 45), random.uniform(-25, 25)
        image, h, points = turn.turned(image, points, plane, yaw, pitch, faces)
        visible = [f"{value:.2f}" for value in points[VISIBLE_POINTS, :2].ravel()]
    if random.random() < options.covered:
        image, covered_by = cover.covered(image, points, h, random, options.cover)
    if random.random() < options.lit:
        image, _ = light.lit(image, points, random, options.light)
    return image.round().clip(0, 255).astype("uint8"), h, yaw, pitch, visible, covered_by


def main():
    options = parse()
    read = lambda name: csv.DictReader(open(f"{options.portraits}/{name}", newline=""))
    planes = {row["id"]: row for row in read("plane.csv")}
    mesh = np.load(f"{options.portraits}/mesh.npz")
    meshes = dict(zip(mesh["ids"], mesh["points"].astype(float)))
    faces = turn.triangles(f"{options.portraits}/canonical_face.obj")
    os.makedirs(f"{options.out}/aligned", exist_ok=True)
    labels, fronts = [], []
    for index, label in enumerate(read("labels.csv")):
        plane, points = planes.get(label["id"]), meshes.get(label["id"])
        if plane is None or points is None or label["split"] not in options.splits.split(","):
            continue
        random = np.random.default_rng([options.seed, index])
        image = np.asarray(Image.open(f"{options.portraits}/aligned/{label['id']}.jpg").convert("RGB"), float)
        for number in range(options.copies):
            pixels, h, yaw, pitch, visible, covered_by = copy(image, points, label, plane, faces, random, options)
            name = f"{label['id']}-{number}"
            Image.fromarray(pixels).save(f"{options.out}/aligned/{name}.jpg", quality=92)
            # In `labels.csv`, yaw is positive if the face turns to the right of the image.
            glasses = int(label["glasses"] == "1" or covered_by == "dark-glasses")
            eyes_covered = int(covered_by in ("dark-glasses", "hair"))
            labels.append([name, label["split"], glasses, label["person"], f"{-yaw:.1f}", eyes_covered, *visible])
            numbers = (f"{value:.7g}" for value in (h / h[2, 2]).ravel())
            fronts.append([name, *numbers, f"{yaw:.1f}", f"{pitch:.1f}", plane["temples"]])
    tables = {
        "labels.csv": [["id", "split", "glasses", "person", "yaw", "covered", *VISIBLE], *labels],
        "plane.csv": [["id", *PLANE, "yaw", "pitch", "temples"], *fronts],
    }
    for name, rows in tables.items():
        temporary = f"{options.out}/{name}.part"
        with open(temporary, "w", newline="") as file:
            csv.writer(file).writerows(rows)
        os.replace(temporary, f"{options.out}/{name}")
    print(len(labels), "images")


if __name__ == "__main__":
    main()
