"""Converts one generator stage of a weights file to ONNX, for onnxruntime-web.

usage: onnx_export.py WEIGHTS.safetensors STAGE OUTPUT.onnx

The graph has the input `x` [1, C, H, W] and the output `y` [1, 8] (Δp). C, H and W come from the
weights file, whose tensors must be f32. Requires onnx, safetensors and numpy.
"""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors import safe_open

KERNEL = 4
STRIDE = 2


def read_stage(path, stage):
    """Returns the tensors of a stage by name, and the height and width of its input in pixels."""
    prefix = f"stages.{stage}."
    with safe_open(path, "numpy") as file:
        names = [name for name in file.keys() if name.startswith(prefix)]
        tensors = {name[len(prefix) :]: file.get_tensor(name) for name in names}
        size = file.metadata()["size"]
    if not tensors:
        sys.exit(f"error: {path} has no stage {stage}")
    return {name: tensor.astype(np.float32) for name, tensor in tensors.items()}, sides(size)


def sides(text):
    """Returns height and width from `144` or `120x160`."""
    height, _, width = text.partition("x")
    return int(height), int(width or height)


def generator(tensors, size):
    """Builds the graph: convolutions with the downscaled input appended, then two linear layers."""
    nodes = []

    def add(operator, inputs, output, **attributes):
        nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    features = image = "x"
    sides = size
    layer = 1
    while f"conv{layer}.weight" in tensors:
        # As TensorFlow's "SAME": ceil(side / stride) outputs; the odd pixel of padding comes last.
        outputs = [-(-side // STRIDE) for side in sides]
        padding = [(out - 1) * STRIDE + KERNEL - side for out, side in zip(outputs, sides)]
        before = [pixels // 2 for pixels in padding]
        after = [pixels - first for pixels, first in zip(padding, before)]
        weights = [f"conv{layer}.weight", f"conv{layer}.bias"]
        features = add(
            "Conv",
            [features, *weights],
            f"conv{layer}",
            kernel_shape=[KERNEL, KERNEL],
            strides=[STRIDE, STRIDE],
            pads=[*before, *after],
        )
        features = add("Relu", [features], f"relu{layer}")
        odd = {"pads": [0, 0, *(side % 2 for side in sides)], "count_include_pad": 1}
        odd = odd if any(odd["pads"]) else {}
        image = add("AveragePool", [image], f"image{layer}", kernel_shape=[2, 2], strides=[2, 2], **odd)
        features = add("Concat", [features, image], f"features{layer}", axis=1)
        sides = outputs
        layer += 1
    flat = add("Flatten", [features], "flat", axis=1)
    hidden = add("Gemm", [flat, "fc1.weight", "fc1.bias"], "hidden", transB=1)
    hidden = add("Relu", [hidden], "hidden_relu")
    add("Gemm", [hidden, "fc2.weight", "fc2.bias"], "y", transB=1)

    channels = tensors["conv1.weight"].shape[1]
    return helper.make_graph(
        nodes,
        "generator",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, channels, *size])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 8])],
        [numpy_helper.from_array(tensor, name) for name, tensor in tensors.items()],
    )


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    _, weights, stage, output = sys.argv
    model = helper.make_model(generator(*read_stage(weights, stage)), opset_imports=[helper.make_opsetid("", 17)])
    # The newest IR version that onnxruntime-web reads may be older than this package's default.
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, output)


if __name__ == "__main__":
    main()
