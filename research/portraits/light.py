"""Changes the light of a photo: from one side, from behind, dim, coloured, with noise."""

import io
import math

import numpy as np
from PIL import Image, ImageFilter


def split(image, points, random):
    """Light from one side: a soft edge through the face, the other side nearly dark."""
    height, width = image.shape[:2]
    middle, unit = points[:, :2].mean(0), np.ptp(points[:, 0])
    angle = random.uniform(0, 2 * math.pi)
    y, x = np.mgrid[:height, :width]
    along = ((x - middle[0]) * math.cos(angle) + (y - middle[1]) * math.sin(angle)) / unit
    dark = random.uniform(0.05, 0.5)
    return image * (dark + (1 - dark) / (1 + np.exp(-along / random.uniform(0.02, 0.3))))[..., None]


def dim(image, points, random):
    """Little light, and the noise of the camera."""
    return image * math.exp(random.uniform(math.log(0.07), math.log(0.6))) + random.normal(0, random.uniform(0, 4), image.shape)


def curve(image, points, random):
    """Deep shadows or washed-out lights, overexposed at times."""
    return 255 * random.uniform(0.8, 1.8) * (image.clip(0, 255) / 255) ** random.uniform(0.5, 2.5)


def coloured(image, points, random):
    """Light of one colour."""
    return image * random.uniform(0.25, 1.15, 3)


def haze(image, points, random):
    """A low contrast, as against the light."""
    share = random.uniform(0.2, 0.6)
    return image * (1 - share) + random.uniform(120, 255) * share


def soft(image, points, random):
    """Out of focus, or enlarged from a small image."""
    blurred = Image.fromarray(image.clip(0, 255).astype("uint8")).filter(ImageFilter.GaussianBlur(random.uniform(0.8, 3.5)))
    return np.asarray(blurred, float)


def compressed(image, points, random):
    """Strong JPEG compression."""
    file = io.BytesIO()
    Image.fromarray(image.clip(0, 255).astype("uint8")).save(file, "JPEG", quality=int(random.integers(6, 35)))
    return np.asarray(Image.open(file).convert("RGB"), float)


LIGHTS = {f.__name__: f for f in (split, dim, curve, coloured, haze, soft, compressed)}


def lit(image, points, random, kind=None):
    """The image in another light, random or the given one, and the name of the light."""
    kind = kind or random.choice(list(LIGHTS))
    return LIGHTS[kind](image, points, random).clip(0, 255), kind
