"""Makes the illustrations of README.md and docs/how-it-works.md from the rendered gallery.

    pip install pillow
    python3 scripts/illustrations.py

Runs the program `stgan` for the homographies (the environment variable STGAN names another binary) and
writes docs/fit.jpg, docs/view.jpg and docs/discriminator.jpg.
"""

import json
import os
import shlex
import subprocess
from math import cos, radians, sin
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
GALLERY = ROOT / "www" / "public" / "gallery"
PROGRAM = shlex.split(os.environ.get("STGAN", "cargo run --release --quiet --"))

# The canonical pose (src/pose/mod.rs): temples at ±TEMPLE_X, pupils and temples at EYE_Y.
TEMPLE_X, EYE_Y = 0.613, -0.191
VIEW = 72  # Pixels of the view, in the shipped weights.
CANONICAL_TO_VIEW = [[(VIEW - 1) / 2, 0, VIEW / 2], [0, (VIEW - 1) / 2, VIEW / 2], [0, 0, 1]]
GAP = 6  # Pixels between two panels.


def multiply(a, b):
    return [[sum(a[i][k] * b[k][j] for k in range(3)) for j in range(3)] for i in range(3)]


def inverse(m):
    def minor(i, j):
        rows = [r for r in range(3) if r != i]
        columns = [c for c in range(3) if c != j]
        (a, b), (c, d) = [[m[r][k] for k in columns] for r in rows]
        return (-1) ** (i + j) * (a * d - b * c)

    determinant = sum(m[0][j] * minor(0, j) for j in range(3))
    return [[minor(j, i) / determinant for j in range(3)] for i in range(3)]


def warp(image, to_output, size):
    """`image` drawn at `size` under the homography `to_output`, supersampled four times."""
    scale = [[4, 0, 0], [0, 4, 0], [0, 0, 1]]
    m = inverse(multiply(scale, to_output))
    coefficients = [m[i][j] / m[2][2] for i in range(3) for j in range(3)][:8]
    large = (size[0] * 4, size[1] * 4)
    return image.transform(large, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC).reduce(4)


def fit(portrait, glasses, placement, updates=None):
    """What `stgan fit --json` prints."""
    at = ",".join(f"{value:.2f}" for value in placement)
    command = [*PROGRAM, "fit", portrait, glasses, "--at", at, "--json"]
    command += ["--updates", str(updates)] if updates is not None else []
    return json.loads(subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout)


def rows(flat):
    return [flat[0:3], flat[3:6], flat[6:9]]


def strip(panels):
    height = max(panel.height for panel in panels)
    result = Image.new("RGB", (sum(panel.width + GAP for panel in panels) - GAP, height), "white")
    x = 0
    for panel in panels:
        result.paste(panel, (x, 0))
        x += panel.width + GAP
    return result


def save(image, name):
    path = ROOT / "docs" / name
    image.save(path, quality=88, optimize=True, progressive=True)
    print(f"{path.relative_to(ROOT)}: {image.width}×{image.height}, {path.stat().st_size / 1000:.0f} kB")


def main():
    portrait, glasses = GALLERY / "portraits" / "helen.jpg", GALLERY / "glasses" / "sparrow.png"
    photo, front = Image.open(portrait).convert("RGBA"), Image.open(glasses).convert("RGBA")

    # Placed too high, too far right, too large and tilted.
    found = json.loads(
        subprocess.run(
            [*PROGRAM, "fit", portrait, glasses, "--json"], check=True, capture_output=True, cwd=ROOT
        ).stdout
    )["placement"]
    x, y, width = found["x"], found["y"], found["width"]
    start = (x + 0.12 * width, y - 0.1 * width, 1.18 * width, found["rotation"] + 9)
    homographies = [rows(fit(portrait, glasses, start, 0)["homography"])]
    homographies += [rows(update["homography"]) for update in fit(portrait, glasses, start)["updates"]]

    def composite(homography, to_output, size):
        background = warp(photo, to_output, size)
        return Image.alpha_composite(background, warp(front, multiply(to_output, homography), size)).convert("RGB")

    # The face, as placed and after each update.
    size = (224, 240)
    scale = size[0] / (1.7 * width)
    corner = (x - 0.85 * width, y - 0.75 * width)
    to_panel = [[scale, 0, -scale * corner[0]], [0, scale, -scale * corner[1]], [0, 0, 1]]
    save(strip([composite(h, to_panel, size) for h in homographies]), "fit.jpg")

    # The view of the networks: the glasses as placed are in canonical pose.
    def view_of(x, y, width, rotation):
        unit, angle = width / (2 * TEMPLE_X), radians(rotation)
        c, s = unit * cos(angle), unit * sin(angle)
        canonical_to_photo = [[c, -s, x + s * EYE_Y], [s, c, y - c * EYE_Y], [0, 0, 1]]
        return multiply(CANONICAL_TO_VIEW, inverse(canonical_to_photo))

    def enlarge(panel, times):
        return panel.resize((panel.width * times, panel.height * times), Image.Resampling.NEAREST)

    view, square = view_of(*start), (VIEW, VIEW)
    background = warp(photo, view, square).convert("RGB")
    grey = Image.new("RGBA", square, (200, 200, 200, 255))
    canonical = Image.alpha_composite(grey, warp(front, multiply(view, homographies[0]), square)).convert("RGB")
    panels = [background, canonical] + [composite(h, view, square) for h in homographies]
    save(strip([enlarge(panel, 2) for panel in panels]), "view.jpg")

    # What the discriminator compares: the right pose, and wrong ones of the same face and glasses.
    view = view_of(x, y, width, found["rotation"])
    to_view = multiply(view, homographies[-1])

    def perturbed(change):
        in_view = multiply(multiply(CANONICAL_TO_VIEW, change), inverse(CANONICAL_TO_VIEW))
        return multiply(in_view, to_view)

    changes = [
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        [[1, 0, 0.12], [0, 1, -0.14], [0, 0, 1]],
        [[0.98, 0.18, 0], [-0.18, 0.98, 0], [0, 0, 1]],
        [[1.2, 0, 0], [0, 0.85, 0], [0, 0, 1]],
        [[1, 0.1, 0], [0.05, 1, 0.05], [0.35, 0.1, 1]],
    ]
    face = warp(photo, view, square)
    panels = [
        Image.alpha_composite(face, warp(front, perturbed(change), square)).convert("RGB") for change in changes
    ]
    save(strip([enlarge(panel, 2) for panel in panels]), "discriminator.jpg")


main()
