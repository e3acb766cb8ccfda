"""Turns a portrait to another pose, with the plane of stiff glasses.

The face is texture-mapped on its FaceMesh points, turned about a point inside the head, and
projected in perspective. The surroundings of the face are carried along, less and less towards the
border of the image. Skin that the photo does not show is stretched.
"""

import math

import numpy as np

# The camera of `plane.csv`: its focal length is three times the longer side of the image.
FOCAL_LENGTH = 3.0
# The pivot inside the head and the glasses before the cornea, in inter-pupil distances.
PIVOT = 1.2
VERTEX_DISTANCE = 10.0 / 63.0
IRISES = (468, 473)
# The columns of the homography in `plane.csv`.
PLANE = [f"h{i}{j}" for i in (1, 2, 3) for j in (1, 2, 3)]
# FaceMesh's outline of the face, in order.
OVAL = [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152]
OVAL += [148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109]
# Rings around the face: the distance from its centre relative to the outline, and the share of the
# motion of the outline.
RINGS = [(1.35, 0.8), (1.8, 0.45), (2.6, 0.15)]


def triangles(path):
    with open(path) as lines:
        faces = [line.split()[1:4] for line in lines if line.startswith("f ")]
    return np.array([[int(corner.split("/")[0]) - 1 for corner in face] for face in faces])


def rotation(yaw, pitch):
    """Turns the face to the left of the image by `yaw` and down by `pitch`, in radians."""
    sin, cos = math.sin(yaw), math.cos(yaw)
    about_y = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    sin, cos = math.sin(pitch), math.cos(pitch)
    about_x = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    return about_x @ about_y


class Camera:
    """A camera that looks at the centre of the image."""

    def __init__(self, width, height):
        self.distance = FOCAL_LENGTH * max(width, height)
        self.centre = np.array([width / 2, height / 2])

    def into_space(self, points):
        scale = 1 + points[:, 2:] / self.distance
        return np.hstack([(points[:, :2] - self.centre) * scale, points[:, 2:]])

    def project(self, points):
        return points[:, :2] / (1 + points[:, 2:] / self.distance) + self.centre


def plane_in_space(row, eye_depth):
    """The origin and the two axes of the plane of `plane.csv` in space, in pixels."""
    h = np.array([float(row[name]) for name in PLANE]).reshape(3, 3)
    h = h / h[2, 2]
    origin = h[:2, 2]
    # The derivatives at the origin.
    across, down = (h[:2, k] - origin * h[2, k] for k in (0, 1))
    a, b, c = across @ across, down @ down, across @ down
    size = math.sqrt(0.5 * (a + b + math.sqrt(max((a - b) ** 2 + 4 * c * c, 0.0))))
    # The axes are of equal length. Positive yaw brings the right side nearer, positive pitch the
    # upper side.
    across_z = -math.copysign(math.sqrt(max(size**2 - a, 0.0)), float(row["yaw"]))
    down_z = math.copysign(math.sqrt(max(size**2 - b, 0.0)), float(row["pitch"]))
    depth = eye_depth - VERTEX_DISTANCE * size
    return np.array([*origin, depth]), np.array([*across, across_z]), np.array([*down, down_z])


def homography(source, target):
    """The homography through four pairs of points."""
    rows = []
    for (x, y), (u, v) in zip(source, target):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, -u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, -v])
    h = np.linalg.svd(np.array(rows))[2][-1]
    return (h / h[8]).reshape(3, 3)


def around(points, width, height):
    """Points around the face and on the border of the image, and the share of the outline's motion
    that each takes; with the outline's index for each."""
    outline = points[OVAL, :2]
    centre = outline.mean(0)
    found, shares, indices = [], [], []
    for factor, share in RINGS:
        found.append(centre + factor * (outline - centre))
        shares.append(np.full(len(OVAL), share))
        indices.append(np.arange(len(OVAL)))
    # The border is far outside, so that the last ring of triangles covers the image.
    found.append(centre + 8.0 * (outline - centre))
    shares.append(np.zeros(len(OVAL)))
    indices.append(np.arange(len(OVAL)))
    return np.vstack(found), np.concatenate(shares), np.concatenate(indices)


def surrounding_triangles(first):
    """Triangles between the outline and the rings. Vertices of the rings start at `first`."""
    count, found = len(OVAL), []
    starts = [first + k * count for k in range(len(RINGS) + 1)]
    rings = [OVAL] + [list(range(start, start + count)) for start in starts]
    for inner, outer in zip(rings, rings[1:]):
        for i in range(count):
            j = (i + 1) % count
            found += [[inner[i], inner[j], outer[i]], [inner[j], outer[j], outer[i]]]
    return np.array(found)


def draw(image, source, target, depth, faces):
    """Maps each triangle of `source` to `target`, the far ones first."""
    height, width = image.shape[:2]
    lookup = np.full((height, width, 2), -1.0)
    for face in faces[np.argsort(-depth[faces].mean(1))]:
        a, b, c = target[face]
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        if abs(area) < 1e-6:
            continue
        low = np.maximum(np.floor(target[face].min(0)).astype(int), 0)
        high = np.minimum(np.ceil(target[face].max(0)).astype(int) + 1, [width, height])
        if (low >= high).any():
            continue
        y, x = np.mgrid[low[1] : high[1], low[0] : high[0]] + 0.5
        v = ((x - a[0]) * (c[1] - a[1]) - (y - a[1]) * (c[0] - a[0])) / area
        w = ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / area
        inside = (v >= -1e-6) & (w >= -1e-6) & (v + w <= 1 + 1e-6)
        p, q, r = source[face]
        from_source = p + v[..., None] * (q - p) + w[..., None] * (r - p)
        lookup[low[1] : high[1], low[0] : high[0]][inside] = from_source[inside]
    x, y = np.clip(lookup[..., 0] - 0.5, 0, width - 1.001), np.clip(lookup[..., 1] - 0.5, 0, height - 1.001)
    i, j = x.astype(int), y.astype(int)
    u, v = (x - i)[..., None], (y - j)[..., None]
    top = image[j, i] * (1 - u) + image[j, i + 1] * u
    bottom = image[j + 1, i] * (1 - u) + image[j + 1, i + 1] * u
    return top * (1 - v) + bottom * v


def turned(image, points, row, yaw, pitch, faces):
    """The image turned to an absolute pose in degrees, the homography of its plane, and the
    FaceMesh points."""
    height, width = image.shape[:2]
    camera = Camera(width, height)
    irises = points[list(IRISES)]
    apart = np.linalg.norm(irises[0, :2] - irises[1, :2])
    eye_depth = irises[:, 2].mean()
    space = camera.into_space(points)
    pivot = np.array([*(irises[:, :2].mean(0) - camera.centre), eye_depth + PIVOT * apart])
    before = rotation(math.radians(float(row["yaw"])), math.radians(float(row["pitch"])))
    turn = rotation(math.radians(yaw), math.radians(pitch)) @ before.T
    after = (space - pivot) @ turn.T + pivot
    # The face stays where it is in the image.
    shift = points[OVAL, :2].mean(0) - camera.project(after[OVAL]).mean(0)
    found = camera.project(after) + shift

    rings, shares, indices = around(points, width, height)
    motion = found[OVAL] - points[OVAL, :2]
    source = np.vstack([points[:, :2], rings])
    target = np.vstack([found, rings + shares[:, None] * motion[indices]])
    depth = np.concatenate([after[:, 2], np.full(len(rings), after[:, 2].max() + apart)])
    pixels = draw(image, source, target, depth, np.vstack([faces, surrounding_triangles(len(points))]))

    origin, across, down = plane_in_space(row, eye_depth)
    corners = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]
    base = camera.into_space(origin[None])[0]
    plane = np.array([base + x * across + y * down for x, y in corners])
    seen = camera.project((plane - pivot) @ turn.T + pivot) + shift
    return pixels, homography(corners, seen), np.hstack([found, after[:, 2:]])
