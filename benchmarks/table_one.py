"""Table 1 of the MNIST-W write-up as our recipe and as pipelines of other libraries, with the same parameters.

Each takes decoded photos in the form that its library likes best, made beforehand, and gives normalised floats.
"""

import itertools
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from core.augment import sample
from core.recipe import Recipe, find

SIDE = 128  # px
CLASSES = tuple("0123456789")
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_CROP, _RATIO, _SCALE, _PATCH = (0.7, 1.0), (0.75, 1.33), (0.9, 1.1), (0.02, 0.15)

Pixels = npt.NDArray[np.uint8]
Run = Callable[[], object]  # all the photos once, with new draws at each call


def recipe() -> Recipe:
    """The recipe of the write-up's final run, whose augmentation is its table 1."""
    return find("mnist-w-resnet18")


def ours(photos: Pixels, with_recipe: Recipe) -> Run:
    """What training does: draws and rendering of one batch on one thread."""
    epochs, ids = itertools.count(1), np.arange(1, len(photos) + 1)
    labels = ids % len(CLASSES)
    return lambda: sample.samples(photos, ids, labels, CLASSES, with_recipe, next(epochs))


def torchvision_pil(photos: Pixels) -> Run:
    """torchvision.transforms.v2 on Pillow images, as the write-up has it."""
    from PIL import Image

    images, chain = [Image.fromarray(photo) for photo in photos], torchvision_chain()
    return lambda: [chain(image) for image in images]


def torchvision_tensors(photos: Pixels) -> Run:
    """torchvision.transforms.v2 on tensors uint8[3,H,W], one by one: a batch would share its draws."""
    import torch

    images, chain = torch.from_numpy(photos).permute(0, 3, 1, 2).contiguous(), torchvision_chain()
    return lambda: [chain(image) for image in images]


def albumentations(photos: Pixels) -> Run:
    """albumentations on arrays; its noise comes before the floats, its perspective has a normal spread of corners."""
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # else its import asks the network
    import albumentations as a
    from albumentations.pytorch import ToTensorV2

    chain = a.Compose(
        [
            a.RandomResizedCrop(size=(SIDE, SIDE), scale=_CROP, ratio=_RATIO),
            a.Rotate(limit=20, p=1),
            a.Perspective(scale=(0.0, 0.1), p=0.5),
            a.Affine(translate_percent=(-0.1, 0.1), scale=_SCALE, p=1),
            a.ColorJitter(brightness=(0.6, 1.4), contrast=(0.6, 1.4), saturation=(0.6, 1.4), hue=(-0.1, 0.1), p=1),
            a.GaussianBlur(blur_limit=(5, 5), sigma_limit=(0.1, 2.0), p=1),
            a.GaussNoise(std_range=(0.05, 0.05), p=1),
            a.Erasing(scale=_PATCH, p=0.25),
            a.Normalize(mean=_MEAN, std=_STD),
            ToTensorV2(),
        ],
        seed=0,
    )
    return lambda: [chain(image=photo)["image"] for photo in photos]


def kornia(photos: Pixels, device: str = "cpu") -> Run:
    """kornia on a batch, with draws for each image, from levels uint8[N,3,H,W] on the device."""
    import torch

    chain = kornia_chain()
    levels = torch.from_numpy(photos).permute(0, 3, 1, 2).contiguous().to(device)

    def run() -> Any:
        with torch.no_grad():
            return chain(levels.float() / 255)

    return run


def torchvision_chain() -> Any:
    """An image to a normalised tensor, in the order of the write-up."""
    import torch
    from torchvision.transforms import v2

    return v2.Compose(
        [
            v2.RandomResizedCrop(SIDE, scale=_CROP, ratio=_RATIO),
            v2.RandomRotation(20),
            v2.RandomPerspective(distortion_scale=0.2, p=0.5),
            v2.RandomAffine(0, translate=(0.1, 0.1), scale=_SCALE),
            v2.ColorJitter(0.4, 0.4, 0.4, 0.1),
            v2.GaussianBlur(5, sigma=(0.1, 2.0)),
            v2.ToImage(),
            v2.ToDtype(torch.float32, scale=True),
            v2.GaussianNoise(sigma=0.05),
            v2.RandomErasing(p=0.25, scale=_PATCH),
            v2.Normalize(_MEAN, _STD),
        ]
    )


def kornia_chain() -> Any:
    """float[N,3,H,W] in [0, 1] to normalised samples."""
    import kornia.augmentation as k
    import torch

    return k.AugmentationSequential(
        k.RandomResizedCrop((SIDE, SIDE), scale=_CROP, ratio=_RATIO),
        k.RandomRotation(20, p=1),
        k.RandomPerspective(0.2, p=0.5),
        k.RandomAffine(0, translate=(0.1, 0.1), scale=_SCALE, p=1),
        k.ColorJitter(0.4, 0.4, 0.4, 0.1, p=1),
        k.RandomGaussianBlur((5, 5), (0.1, 2.0), p=1),
        k.RandomGaussianNoise(std=0.05, p=1),
        k.RandomErasing(scale=_PATCH, p=0.25),
        k.Normalize(torch.tensor(_MEAN), torch.tensor(_STD)),
    )


PEERS: dict[str, Callable[[Pixels], Run]] = {
    "torchvision_v2_pil": torchvision_pil,
    "torchvision_v2_tensors": torchvision_tensors,
    "albumentations": albumentations,
    "kornia": kornia,
}


def peers(photos: Pixels) -> dict[str, Run | None]:
    """The pipelines of other libraries; None for one that is not installed."""
    found: dict[str, Run | None] = {}
    for name, make in PEERS.items():
        try:
            found[name] = make(photos)
        except ModuleNotFoundError as problem:
            if (problem.name or "").partition(".")[0] != name:
                raise
            found[name] = None
            print(f"{name} is not installed, so it is left out: pip install 'wildset[bench]'")
    return found
