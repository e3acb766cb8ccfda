"""Changes how a photo shows a person: turned, cropped, small in a scene, one of a crowd.

Each function maps an image and a similarity or affine map from the original's pixels (3×3) to the
new image and its map.
"""

import math

import numpy as np
from PIL import Image


def moved(x, y):
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def scaled(x, y):
    return np.diag([x, y, 1.0])


def at(to_photo, point):
    u, v, w = to_photo @ np.array([*point, 1.0])
    return np.array([u / w, v / w])


def turned(degrees):
    """The photo turned clockwise, as from a camera held sideways or a person lying down."""

    def frame(image, to_photo, eyes):
        photo = Image.fromarray(image)
        ground = tuple(int(value) for value in image[:3].mean((0, 1)))
        out = photo.rotate(-degrees, resample=Image.BICUBIC, expand=True, fillcolor=ground)
        sin, cos = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
        spin = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
        about = moved(out.width / 2, out.height / 2) @ spin @ moved(-photo.width / 2, -photo.height / 2)
        return np.asarray(out), about @ to_photo

    return frame


def cropped(share, right=0.0, down=0.25):
    """A crop in which the eyes are `share` of the width apart. Its centre is shifted from the middle
    of the eyes, in distances of the eyes."""

    def frame(image, to_photo, eyes):
        apart, middle = np.linalg.norm(eyes[1] - eyes[0]), eyes.mean(0)
        side = apart / share
        left, top = middle + apart * np.array([right, down]) - side / 2
        factor = np.clip(800 / side, 400 / side, 1.0)
        size = round(side * factor)
        photo = Image.fromarray(image)
        data = (1 / factor, 0, left, 0, 1 / factor, top)
        out = photo.transform((size, size), Image.AFFINE, data, resample=Image.BICUBIC)
        return np.asarray(out), scaled(factor, factor) @ moved(-left, -top) @ to_photo

    return frame


def scene(width, height):
    """A background without people: soft patches of colour, and noise."""
    random = np.random.default_rng(1)
    patches = Image.fromarray(random.integers(40, 210, (height // 60, width // 60, 3), dtype="uint8"))
    pixels = np.asarray(patches.resize((width, height), Image.BICUBIC), float)
    return Image.fromarray((pixels + random.normal(0, 8, (height, width, 1))).clip(0, 255).astype("uint8"))


def small(pixels, width=1920, height=1080):
    """The photo in a scene, with the eyes `pixels` apart."""

    def frame(image, to_photo, eyes):
        factor = pixels / np.linalg.norm(eyes[1] - eyes[0])
        part = Image.fromarray(image)
        part = part.resize([max(1, round(side * factor)) for side in part.size], Image.LANCZOS)
        whole = scene(width, height)
        corner = (int(0.62 * width - part.width / 2), int(0.45 * height - part.height / 2))
        whole.paste(part, corner)
        grown = scaled(part.width / image.shape[1], part.height / image.shape[0])
        return np.asarray(whole), moved(*corner) @ grown @ to_photo

    return frame


FRAMES = {"whole": lambda image, to_photo, eyes: (image, to_photo)}
FRAMES |= {f"turned by {degrees}°": turned(degrees) for degrees in (45, 75, 90, -90, 135, 180)}
FRAMES |= {f"eyes {round(100 * share)} % of the width apart": cropped(share) for share in (0.4, 0.6, 0.85)}
FRAMES |= {"mouth outside": cropped(0.4, down=-0.35), "half of the face outside": cropped(0.4, right=0.8)}
FRAMES |= {f"{pixels} pixels between the eyes": small(pixels) for pixels in (40, 20, 12, 8)}
