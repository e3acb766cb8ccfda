"""The PyTorch side of bench-train: adversarial training iterations with the networks of the paper.

usage: torch_iteration.py SIZE BATCH ITERATIONS

An iteration is one generator step and two discriminator steps with gradient penalty. Prints one line
per iteration, `it SECONDS`, the CPU time. crates/cli/benches/train_iteration.rs does the same work.
"""
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

CHANNELS = [32, 64, 128, 256, 512]
HIDDEN = 256
KERNEL = 4
STRIDE = 2
LEARNING_RATE = 1e-5
BETAS = (0.9, 0.999)
DISCRIMINATOR_STEPS = 2
GRADIENT_PENALTY = 10.0
UPDATE_PENALTY = 1.0
PARAMETER_DEVIATION = 0.1

# The basis of sl(3): row i is A(p) for the unit vector p_i, flattened (see src/homography.rs).
BASIS = torch.zeros(8, 9)
for row, column, value in [
    (0, 2, 1.0),
    (1, 1, 1.0),
    (2, 0, 1.0),
    (2, 4, -1.0),
    (3, 6, 1.0),
    (4, 5, 1.0),
    (5, 3, 1.0),
    (6, 4, -1.0),
    (6, 8, 1.0),
    (7, 7, 1.0),
]:
    BASIS[row, column] = value


def convolve(x, layer, stride):
    """Applies a convolution with "SAME" padding: ceil(side / stride) outputs per side."""
    kernel, side = layer.weight.shape[2], x.shape[2]
    padding = max((-(-side // stride) - 1) * stride + kernel - side, 0)
    if padding % 2:
        before, after = padding // 2, padding - padding // 2
        return F.conv2d(F.pad(x, (before, after, before, after)), layer.weight, layer.bias, stride=stride)
    return F.conv2d(x, layer.weight, layer.bias, stride=stride, padding=padding // 2)


class Discriminator(nn.Module):
    """A PatchGAN discriminator: one score per patch."""

    def __init__(self):
        super().__init__()
        widths = [3, *CHANNELS]
        self.convolutions = nn.ModuleList([nn.Conv2d(a, b, KERNEL) for a, b in zip(widths, widths[1:])])
        self.output = nn.Conv2d(CHANNELS[-1], 1, 3)

    def forward(self, x):
        for layer in self.convolutions:
            x = F.leaky_relu(convolve(x, layer, STRIDE), 0.2)
        return convolve(x, self.output, 1)


class Generator(nn.Module):
    """Convolutions, each followed by the downscaled input, then two linear layers."""

    def __init__(self, size, inputs=7):
        super().__init__()
        widths = [inputs, *(width + inputs for width in CHANNELS)]
        self.convolutions = nn.ModuleList([nn.Conv2d(a, b, KERNEL) for a, b in zip(widths, CHANNELS)])
        side = size
        for _ in CHANNELS:
            side = -(-side // STRIDE)
        self.hidden = nn.Linear(widths[-1] * side * side, HIDDEN)
        self.output = nn.Linear(HIDDEN, 8)

    def forward(self, x):
        image = x
        for layer in self.convolutions:
            x = F.relu(convolve(x, layer, STRIDE))
            image = F.avg_pool2d(F.pad(image, (0, image.shape[3] % 2, 0, image.shape[2] % 2)), 2)
            x = torch.cat([x, image], 1)
        return self.output(F.relu(self.hidden(x.flatten(1))))


class Warp:
    """Warps images by the homographies exp(A(p)), as stgan::stn::warp."""

    def __init__(self, size):
        axis = torch.linspace(-1, 1, size)
        self.size = size
        self.points = torch.stack([axis.repeat(size), axis.repeat_interleave(size), torch.ones(size * size)])

    def __call__(self, image, params):
        generators = (params @ BASIS).view(-1, 3, 3)
        homography, term = torch.eye(3) + generators, generators
        for power in range(2, 20):
            term = term @ generators / power
            homography = homography + term
        mapped = homography @ self.points
        grid = (mapped[:, :2] / (mapped[:, 2:] + 1e-8)).transpose(1, 2).reshape(-1, self.size, self.size, 2)
        return F.grid_sample(image, grid, align_corners=True, padding_mode="zeros")


def composite(background, foreground):
    """Blends RGBA over RGB."""
    return background + (foreground[:, :3] - background) * foreground[:, 3:]


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    size, batch, iterations = map(int, sys.argv[1:])
    torch.set_num_threads(1)
    torch.manual_seed(0)
    warp = Warp(size)
    generator, discriminator = Generator(size), Discriminator()
    generator_adam = torch.optim.Adam(generator.parameters(), LEARNING_RATE, BETAS)
    discriminator_adam = torch.optim.Adam(discriminator.parameters(), LEARNING_RATE, BETAS)
    background, real = torch.rand(batch, 3, size, size), torch.rand(batch, 3, size, size)
    glasses = torch.rand(batch, 4, size, size)

    for _ in range(iterations):
        start = time.process_time()
        params = torch.randn(batch, 8) * PARAMETER_DEVIATION
        with torch.no_grad():
            warped = warp(glasses, params)
        delta = generator(torch.cat([background, warped], 1))
        fake = composite(background, warp(glasses, params + delta))
        for parameter in discriminator.parameters():
            parameter.requires_grad_(False)
        loss = UPDATE_PENALTY * delta.pow(2).sum(1).mean() - discriminator(fake).mean()
        generator_adam.zero_grad()
        loss.backward()
        generator_adam.step()

        for parameter in discriminator.parameters():
            parameter.requires_grad_(True)
        fake = fake.detach()
        for _ in range(DISCRIMINATOR_STEPS):
            scores = discriminator(torch.cat([fake, real]))
            share = torch.rand(batch, 1, 1, 1)
            mixed = (share * real + (1 - share) * fake).requires_grad_()
            (gradient,) = torch.autograd.grad(discriminator(mixed).sum(), mixed, create_graph=True)
            norm = (gradient.pow(2) + 1e-8).flatten(1).sum(1).sqrt()
            penalty = GRADIENT_PENALTY * (norm - 1).pow(2).mean()
            loss = scores[:batch].mean() - scores[batch:].mean() + penalty
            discriminator_adam.zero_grad()
            loss.backward()
            discriminator_adam.step()
        print(f"it {time.process_time() - start:.6f}", flush=True)


if __name__ == "__main__":
    main()
