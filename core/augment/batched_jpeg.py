"""JPEG artefacts of a batch as libjpeg makes them, in whole numbers, so that OpenCV's are the very same.

An image becomes YCbCr with halved chroma, blocks of 8x8 px become frequencies that are rounded to multiples of the
table of their quality, and back. Constants and roundings are those of libjpeg's accurate integer transform
(jfdctint.c, jidctint.c), colour conversion (jccolor.c, jdcolor.c), sampling (jcsample.c, jdsample.c) and quality scale
(jcparam.c), of which the entropy coding loses nothing and is left out. 32 bits suffice everywhere.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

# Annex K of the JPEG standard: luma and chroma at quality 50, rows are vertical frequencies.
_LUMA = """16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62
18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99"""
_CHROMA = """17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 99 99 99 99 99 99
99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99"""
_TABLES = np.array([_LUMA.split(), _CHROMA.split()]).astype(np.int64).reshape(2, 8, 8)

# The eight cosines of the transform times 2^13 in libjpeg's roundings; the right half mirrors the left.
_HALF = np.array(
    [
        [8192, 8192, 8192, 8192],
        [11363, 9633, 6437, 2260],
        [10703, 4433, -4433, -10703],
        [9633, -2259, -11362, -6436],
        [8192, -8192, -8192, 8192],
        [6437, -11362, 2261, 9633],
        [4433, -10704, 10704, -4433],
        [2260, -6436, 9633, -11363],
    ]
)
_COSINES = np.concatenate([_HALF, _HALF[:, ::-1] * np.array([[1], [-1]] * 4)], axis=1).astype(np.int32)

# Shifts that take away what both passes of the transform scale by: 2^13 each, 8 there and back, 2 bits kept between.
_FORWARD, _BACK = (11, 15), (11, 18)


def jpeg_artefacts(levels: Tensor, quality: npt.NDArray[np.int64]) -> Tensor:
    """Whole levels float32[N,3,H,W] in 0..255 after compression at `quality` (N, 1 to 100) and decompression."""
    height, width = levels.shape[2:]
    table = torch.from_numpy(quantization(quality)).to(levels.device)  # N,2,8,8
    luma, chroma = _to_ycc(levels.to(torch.int32))
    luma = _coded(_padded(luma, 8, 8), table[:, 0])[:, :height, :width]
    half = _halved(chroma.flatten(0, 1))
    rough = _coded(_padded(half, 8, 8), table[:, 1].repeat_interleave(2, dim=0))
    doubled = _doubled(rough[:, : (height + 1) // 2, : (width + 1) // 2])[:, :height, :width].reshape(chroma.shape)
    return _to_rgb(luma, doubled)


def quantization(quality: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """The steps to which frequencies are rounded: int32[N,2,8,8] for luma and chroma."""
    percent = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    return np.clip((_TABLES * percent[:, None, None, None] + 50) // 100, 1, 255).astype(np.int32)


def _to_ycc(rgb: Tensor) -> tuple[Tensor, Tensor]:
    """int32[N,3,H,W] as luma [N,H,W] and chroma [N,2,H,W]."""
    red, green, blue = rgb.unbind(1)
    middle = (128 << 16) + (1 << 15) - 1
    luma = (19595 * red + 38470 * green + 7471 * blue + (1 << 15)) >> 16
    chroma_blue = (-11059 * red - 21709 * green + 32768 * blue + middle) >> 16
    chroma_red = (32768 * red - 27439 * green - 5329 * blue + middle) >> 16
    return luma, torch.stack([chroma_blue, chroma_red], dim=1)


def _to_rgb(luma: Tensor, chroma: Tensor) -> Tensor:
    """float32[N,3,H,W] of luma [N,H,W] and chroma [N,2,H,W]."""
    half = 1 << 15
    blue, red = (chroma - 128).unbind(1)
    channels = [
        luma + ((91881 * red + half) >> 16),
        luma + ((-22554 * blue - 46802 * red + half) >> 16),
        luma + ((116130 * blue + half) >> 16),
    ]
    return torch.stack(channels, dim=1).clamp_(0, 255).to(torch.float32)


def _halved(planes: Tensor) -> Tensor:
    """[N,H,W] at half the size; the mean of four is rounded down and up in turns, as libjpeg does.

    The right edge is repeated before the halving up to full blocks; below, only an odd last row is.
    """
    planes = _padded(planes, 2, 16)
    four = planes[:, ::2, ::2] + planes[:, ::2, 1::2] + planes[:, 1::2, ::2] + planes[:, 1::2, 1::2]
    turns = 1 + torch.arange(four.shape[2], device=four.device, dtype=torch.int32) % 2
    return (four + turns) >> 2


def _doubled(planes: Tensor) -> Tensor:
    """[N,h,w] at twice the size, each sample 9, 3, 3 and 1 sixteenths of the four nearest; mere copies up to w = 2."""
    if planes.shape[2] <= 2:
        return planes.repeat_interleave(2, dim=1).repeat_interleave(2, dim=2)
    tall = _replicated(planes, (0, 0, 1, 1))
    rows = torch.stack([3 * planes + tall[:, :-2], 3 * planes + tall[:, 2:]], dim=2).flatten(1, 2)
    wide = _replicated(rows, (1, 1, 0, 0))
    left, right = (3 * rows + wide[:, :, :-2] + 8) >> 4, (3 * rows + wide[:, :, 2:] + 7) >> 4
    return torch.stack([left, right], dim=3).flatten(2, 3)


def _padded(planes: Tensor, down: int, across: int) -> Tensor:
    """The lower and right edge repeated up to multiples of these."""
    height, width = planes.shape[1:]
    return _replicated(planes, (0, -width % across, 0, -height % down))


def _replicated(planes: Tensor, sides: tuple[int, int, int, int]) -> Tensor:
    """int32[N,H,W] with the edge repeated (left, right, up, down); levels are exact in float32, which pads anywhere."""
    if not any(sides):
        return planes
    return functional.pad(planes.to(torch.float32), sides, mode="replicate").to(torch.int32)


def _coded(planes: Tensor, table: Tensor) -> Tensor:
    """int32[N,H,W] (multiples of 8) with the frequencies of each block rounded to multiples of `table` [N,8,8]."""
    count, height, width = planes.shape
    cosines = torch.from_numpy(_COSINES).to(planes.device)
    blocks = (planes - 128).reshape(count, height // 8, 8, width // 8, 8).permute(4, 2, 0, 1, 3)  # x,y,N,rows,columns
    waves = _passed(_passed(blocks, cosines, _FORWARD[0]).transpose(0, 1), cosines, _FORWARD[1])  # v,u,N,…
    step = table.permute(1, 2, 0)[..., None, None]
    # the transform's values are 8 times too large; half away from zero
    times = torch.div(waves.abs() + 4 * step, 8 * step, rounding_mode="floor") * waves.sign()
    waves = times * step
    rough = _passed(_passed(waves, cosines.T, _BACK[0]).transpose(0, 1), cosines.T, _BACK[1])  # x,y,N,…
    return (rough + 128).clamp_(0, 255).permute(2, 3, 1, 4, 0).reshape(count, height, width)


def _passed(blocks: Tensor, matrix: Tensor, shift: int) -> Tensor:
    """`matrix` times the first axis of 8, rounded to 1 / 2^shift: whole numbers that no device's matrix product has."""
    blocks = blocks.contiguous()
    total = torch.full_like(blocks, 1 << (shift - 1))
    for place in range(8):
        total += matrix[:, place, None, None, None, None] * blocks[place]
    return total >> shift
