"""The PyTorch side of bench-stn: grid_sample and its gradients, as in benches/grid_sample.rs.

usage: torch_grid_sample.py bilinear|bicubic BATCH CHANNELS SIZE ITERATIONS

Prints one line per iteration, `it SECONDS`, the CPU time.
"""
import math
import sys
import time

import torch
import torch.nn.functional as F

mode, (batch, channels, size, iterations) = sys.argv[1], map(int, sys.argv[2:])
torch.set_num_threads(1)
torch.manual_seed(1)
axis = torch.linspace(-1, 1, size)
y, x = torch.meshgrid(axis, axis, indexing="ij")
sin, cos = math.sin(0.3), math.cos(0.3)
grid = torch.stack([0.9 * (cos * x - sin * y) + 0.1, 0.9 * (sin * x + cos * y) - 0.05], -1)
grid = grid.expand(batch, size, size, 2).contiguous().requires_grad_()
image = torch.randn(batch, channels, size, size).requires_grad_()
for _ in range(iterations):
    image.grad = grid.grad = None
    start = time.process_time()
    output = F.grid_sample(image, grid, mode=mode, padding_mode="zeros", align_corners=True)
    output.backward(torch.ones_like(output))
    print(f"it {time.process_time() - start:.6f}")
