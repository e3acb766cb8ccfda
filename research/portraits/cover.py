"""Covers parts of a face: masks, veils, hair, hands, hats and dark glasses, drawn over the image.

All covers are drawn from FaceMesh points, so they turn with the face. The labels of the face do not
change.
"""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

# Drawing at twice the size smooths the edges.
SCALE = 2
# FaceMesh points: the outline of the face from the ear over the chin to the other ear, the outline
# above it, the bridge of the nose from its root down, the contours of the eyes.
JAW = [127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454, 356]
FOREHEAD = [127, 162, 21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 389, 356]
BRIDGE = [168, 6, 197, 195]
BELOW_THE_EYES = {"right": 119, "left": 348}
EYES = [
    [33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7],
    [263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249],
]
MOUTH, CHIN, CHEEKS = (13, 14), 152, (205, 425)
IRISES = (468, 473)


class Face:
    """FaceMesh points, with a frame of reference: the middle of the pupils, their distance, the
    direction to the image's right along them."""

    def __init__(self, points):
        self.points = points[:, :2]
        right, left = self.points[list(IRISES)]
        self.middle, across = (right + left) / 2, left - right
        chin = self.points[CHIN] - self.middle
        # On turned heads the pupils are close together; the height of the face is a better unit.
        self.unit = max(np.hypot(*across), np.hypot(*chin) / 1.95)
        self.across = across / np.hypot(*across)
        self.down = np.array([-self.across[1], self.across[0]])

    def at(self, x, y):
        return self.middle + self.unit * (x * self.across + y * self.down)

    def centre(self):
        return self.points[JAW + FOREHEAD].mean(0)

    def grown(self, indices, factor):
        """Points of the mesh, moved away from the centre of the face."""
        return self.centre() + factor * (self.points[indices] - self.centre())


def colour(random):
    """A colour of cloth: most are black, white, grey or pale blue."""
    kind = random.integers(6)
    if kind == 0:
        return np.full(3, random.uniform(0, 45))
    if kind == 1:
        return np.full(3, random.uniform(190, 255))
    if kind == 2:
        return np.array([random.uniform(110, 190), random.uniform(170, 215), random.uniform(200, 245)])
    return random.uniform(0, 255, 3)


def cloth(size, random):
    """The pixels of a piece of cloth: a colour with folds, sometimes stripes or a pattern."""
    width, height = size
    y, x = np.mgrid[:height, :width] / max(width, height)
    pixels = np.broadcast_to(colour(random), (height, width, 3)).copy()
    if random.random() < 0.25:
        angle, period = random.uniform(0, math.pi), random.uniform(0.01, 0.06)
        waves = np.sin(2 * math.pi * (x * math.cos(angle) + y * math.sin(angle)) / period)
        if random.random() < 0.5:
            waves *= np.sin(2 * math.pi * (y * math.cos(angle) - x * math.sin(angle)) / period)
        pixels = np.where((waves > random.uniform(-0.3, 0.6))[..., None], colour(random), pixels)
    shade = np.ones((height, width))
    for _ in range(3):
        angle, period = random.uniform(0, math.pi), random.uniform(0.08, 0.5)
        phase = random.uniform(0, 2 * math.pi)
        shade += 0.1 * np.sin(2 * math.pi * (x * math.cos(angle) + y * math.sin(angle)) / period + phase)
    shade *= 1 + random.uniform(-0.6, 0.6) * (x - 0.5)
    return (pixels * shade[..., None] + random.normal(0, 3, pixels.shape)).clip(0, 255)


def smooth(polygon, steps=6):
    """A closed Catmull–Rom curve through the corners of a polygon."""
    polygon, curve = np.asarray(polygon), []
    for i in range(len(polygon)):
        a, b, c, d = (polygon[(i + k) % len(polygon)] for k in (-1, 0, 1, 2))
        for t in np.arange(steps) / steps:
            curve.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - 3 * c + d - a) * t**3))
    return np.array(curve)


class Canvas:
    def __init__(self, image, random):
        self.image, self.random = image, random
        self.size = (image.shape[1], image.shape[0])

    def coverage(self, draw, blur):
        mask = Image.new("L", [SCALE * side for side in self.size])
        draw(ImageDraw.Draw(mask))
        mask = mask.resize(self.size, Image.LANCZOS)
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur))
        return np.asarray(mask, float)[..., None] / 255

    def paint(self, draw, pixels, opacity=1.0, blur=0.0, shadow=0.0):
        """Paints over what `draw` fills. `shadow` darkens the surroundings below the edge."""
        if shadow:
            dark = np.roll(self.coverage(draw, 3.0), 3, axis=0)
            self.image = self.image * (1 - shadow * dark)
        cover = opacity * self.coverage(draw, blur)
        self.image = self.image * (1 - cover) + pixels * cover

    def polygon(self, corners, pixels, **options):
        corners = [tuple(SCALE * value for value in corner) for corner in corners]
        self.paint(lambda canvas: canvas.polygon(corners, fill=255), pixels, **options)

    def lines(self, lines, widths, pixels, **options):
        def draw(canvas):
            for line, width in zip(lines, widths):
                line = [tuple(SCALE * value for value in point) for point in line]
                canvas.line(line, fill=255, width=max(1, round(SCALE * width)), joint="curve")

        self.paint(draw, pixels, **options)

    def skin(self, face):
        """The colour of the skin, from both cheeks."""
        colours = []
        for index in CHEEKS:
            x, y = np.round(face.points[index]).astype(int)
            patch = self.image[max(y - 3, 0) : y + 4, max(x - 3, 0) : x + 4]
            if patch.size:
                colours.append(np.median(patch.reshape(-1, 3), axis=0))
        return np.median(colours, axis=0) if colours else np.full(3, 128.0)


def mask(canvas, face, random):
    """A medical or a cloth mask, from the bridge of the nose to below the chin."""
    top = face.points[BRIDGE[random.integers(1, len(BRIDGE))]]
    start = random.integers(1, 4)
    jaw = face.grown(JAW[start : len(JAW) - start], random.uniform(1.0, 1.1))
    cheeks = [face.points[index] + face.unit * random.uniform(0, 0.25) * face.down for index in BELOW_THE_EYES.values()]
    pixels = cloth(canvas.size, random)
    outline = np.vstack([jaw, cheeks[1], top, cheeks[0]])
    if random.random() < 0.7:
        ends = [(jaw[0], face.points[JAW[0]]), (jaw[-1], face.points[JAW[-1]])]
        canvas.lines(ends, [random.uniform(1, 2.5)] * 2, pixels)
    canvas.polygon(smooth(outline), pixels, shadow=random.uniform(0, 0.4))
    if random.random() < 0.5:
        left, right = jaw[2], jaw[-3]
        folds = [[left + (right - left) * t + 0.12 * face.unit * k * face.down for t in (0.1, 0.5, 0.9)] for k in (-1, 0, 1)]
        canvas.lines(folds, [1.2] * 3, pixels * 0.75, opacity=0.6)


def around(canvas, face, opening, random):
    """Cloth over the whole image but an opening, only as far as the head reaches."""
    head = smooth([face.centre() + 2.1 * face.unit * np.array([math.sin(a) * 0.85, -math.cos(a) * 1.15]) for a in np.linspace(0, 2 * math.pi, 12)[:-1]])
    shoulders = [face.at(-3.5, 6), face.at(-2.2, 2.6), face.at(2.2, 2.6), face.at(3.5, 6)]
    fill = lambda corners: [tuple(SCALE * value for value in corner) for corner in corners]

    def draw(on):
        on.polygon(fill(head), fill=255)
        on.polygon(fill(shoulders), fill=255)
        on.polygon(fill(smooth(opening)), fill=0)

    canvas.paint(draw, cloth(canvas.size, random), shadow=random.uniform(0, 0.3))


def veil(canvas, face, random):
    """A niqab or balaclava: only the eyes are free."""
    above, below = random.uniform(0.3, 0.55), random.uniform(0.28, 0.5)
    side = random.uniform(0.95, 1.15)
    box = [(-side, -above), (0, -above - 0.05), (side, -above), (side + 0.1, 0), (side, below), (0, below - 0.05), (-side, below), (-side - 0.1, 0)]
    around(canvas, face, [face.at(x, y) for x, y in box], random)


def headscarf(canvas, face, random):
    """A headscarf or a hood around the face."""
    factor = random.uniform(0.9, 1.05)
    around(canvas, face, face.grown(JAW[2:-2] + FOREHEAD[::-1][2:-2], factor), random)


def hat(canvas, face, random):
    """A hat or a cap over the forehead, with or without a brim."""
    low = random.uniform(-0.75, -0.4)
    crown = [(-1.35, low), (-1.3, -1.6), (-0.8, -2.3), (0, -2.5), (0.8, -2.3), (1.3, -1.6), (1.35, low), (0, low - 0.12)]
    pixels = cloth(canvas.size, random)
    canvas.polygon(smooth([face.at(x, y) for x, y in crown]), pixels, shadow=random.uniform(0, 0.5))
    if random.random() < 0.6:
        reach, drop = random.uniform(1.2, 2.2), random.uniform(0.05, 0.3)
        brim = [(-reach, low - 0.1), (0, low - 0.25), (reach, low - 0.1), (reach * 0.7, low + drop * 0.6), (0, low + drop), (-reach * 0.7, low + drop * 0.6)]
        canvas.polygon(smooth([face.at(x, y) for x, y in brim]), pixels * random.uniform(0.6, 1), shadow=0.4)


def hair(canvas, face, random):
    """Strands of hair over the forehead and one eye."""
    side = random.choice([-1, 1])
    tone = random.uniform(10, 120) * np.array([1.0, random.uniform(0.6, 0.95), random.uniform(0.3, 0.8)])
    lines, widths = [], []
    for _ in range(random.integers(15, 70)):
        x, reach = random.uniform(-0.2, 1.4), random.uniform(0.2, 1.6)
        bend = random.normal(0, 0.15)
        strand = [(x * 0.6, -1.5), (x + bend, -0.7), (x + 0.3 * bend + random.normal(0, 0.08), reach - 0.5), (x - 0.1 + bend, reach)]
        lines.append(smooth([face.at(side * a, b) for a, b in strand])[:18])
        widths.append(random.uniform(1, 5))
    half = len(lines) // 2
    canvas.lines(lines[:half], widths[:half], tone, opacity=random.uniform(0.8, 1))
    canvas.lines(lines[half:], widths[half:], tone * random.uniform(0.7, 1.5), opacity=random.uniform(0.6, 1))


def hand(canvas, face, random):
    """A hand before the mouth or the cheek: four fingers and the palm."""
    skin = canvas.skin(face) * random.uniform(0.85, 1.1)
    side = random.choice([-1, 1])
    x, y = random.uniform(-0.3, 0.6), random.uniform(0.5, 1.4)
    angle = random.uniform(-0.6, 1.2)
    direction = np.array([math.cos(angle), -math.sin(angle)])
    across = np.array([direction[1], -direction[0]])
    thick = random.uniform(0.2, 0.28)
    lines = []
    for finger in range(4):
        root = np.array([x, y]) + thick * 1.05 * (finger - 1.5) * across
        tip = root + direction * random.uniform(0.7, 1.1)
        lines.append([face.at(side * a, b) for a, b in (root - 0.9 * direction, root, tip)])
    for line in lines:
        canvas.lines([line], [thick * face.unit], skin, shadow=0.35)
        tip = line[-1]
        box = [tip + thick / 2 * face.unit * np.array([math.cos(a), math.sin(a)]) for a in np.linspace(0, 2 * math.pi, 16)]
        canvas.polygon(box, skin)


def thing(canvas, face, random):
    """A phone, a cup or a sheet of paper before the lower face."""
    x, y = random.uniform(-1, 1), random.uniform(0.9, 1.9)
    width, height, angle = random.uniform(0.5, 1.2), random.uniform(0.5, 1.1), random.uniform(-0.5, 0.5)
    corners = []
    for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        u, v = a * width / 2, b * height / 2
        corners.append(face.at(x + u * math.cos(angle) - v * math.sin(angle), y + u * math.sin(angle) + v * math.cos(angle)))
    canvas.polygon(corners, cloth(canvas.size, random), shadow=0.3)


def dark_glasses(canvas, face, random, plane):
    """Opaque or tinted glasses in the plane of the glasses."""
    def at(x, y):
        u, v, w = plane @ np.array([x, y, 1.0])
        return np.array([u / w, v / w])

    half, high, power = random.uniform(0.36, 0.46), random.uniform(0.26, 0.42), random.uniform(2, 4.5)
    tint = np.array([1.0, random.uniform(0.8, 1), random.uniform(0.6, 1.1)]) * random.uniform(5, 70)
    drop = random.uniform(0, 0.12)
    opacity = random.uniform(0.75, 1.0)
    rim = cloth((1, 1), random)[0, 0]
    for side in (-0.5, 0.5):
        angles = np.linspace(0, 2 * math.pi, 40)
        shape = [(np.sign(math.cos(a)) * abs(math.cos(a)) ** (2 / power) * half, np.sign(math.sin(a)) * abs(math.sin(a)) ** (2 / power) * high) for a in angles]
        corners = [at(side * 1.02 + x, drop + y) for x, y in shape]
        canvas.polygon(corners, tint, opacity=opacity)
        canvas.lines([corners + corners[:1]], [random.uniform(1, 4)], rim)
        if random.random() < 0.5:
            glint = [at(side + dx, drop + dy) for dx, dy in ((-0.2, -0.15), (-0.05, -0.18), (-0.15, 0.1), (-0.25, 0.1))]
            canvas.polygon(glint, np.full(3, 230.0), opacity=random.uniform(0.1, 0.5), blur=2)
    canvas.lines([[at(-0.14, drop - 0.08), at(0.14, drop - 0.08)]], [random.uniform(1.5, 4)], rim)


def closed_eyes(canvas, face, random):
    """Closed lids: skin over both eyes, with a line of lashes."""
    for contour in EYES:
        points = face.points[contour]
        lid = points[:8].mean(0) - 0.12 * face.unit * face.down
        x, y = np.round(lid).astype(int)
        patch = canvas.image[max(y - 1, 0) : y + 2, max(x - 2, 0) : x + 3]
        if patch.size == 0:
            continue
        tone = np.median(patch.reshape(-1, 3), axis=0)
        centre = points.mean(0)
        canvas.polygon(centre + 1.15 * (points - centre), tone * random.uniform(0.9, 1.03), blur=0.7)
        line = points[[0, 15, 14, 13, 12, 11, 10, 9, 8]] + 0.02 * face.unit * face.down
        canvas.lines([line], [random.uniform(1, 2.2)], tone * 0.35, opacity=0.8)


COVERS = {
    "mask": (mask, 4),
    "veil": (veil, 2),
    "headscarf": (headscarf, 2),
    "hat": (hat, 2),
    "hair": (hair, 2),
    "hand": (hand, 1),
    "thing": (thing, 1),
    "dark-glasses": (dark_glasses, 3),
    "closed-eyes": (closed_eyes, 1),
}


def covered(image, points, plane, random, kind=None):
    """The image with one cover, of a random kind or the given one, and the name of the kind."""
    if kind is None:
        weights = np.array([weight for _, weight in COVERS.values()], float)
        kind = random.choice(list(COVERS), p=weights / weights.sum())
    canvas, face = Canvas(image, random), Face(points)
    extra = (plane,) if kind == "dark-glasses" else ()
    COVERS[kind][0](canvas, face, random, *extra)
    return canvas.image.clip(0, 255), kind
