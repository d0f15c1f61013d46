"""What may happen to a training image, in the order in which it happens.

An operation that is on happens to a sample with its probability; what it does then is drawn evenly from its ranges.
Each names the transform of torchvision.transforms.v2 with the same parameters. Lengths are shares of the image's side,
so that a recipe means the same at any image size, except for kernels, which are px of the final image.
"""

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import ValidationInfo, field_validator

from core.recipe.rules import parse_rules
from core.recipe.section import Section, Span, setting, span


class Operation(Section):
    """An operation of the augmentation."""

    NEUTRAL: ClassVar[dict[str, float]] = {}  # for each range the value at which nothing happens

    enabled: bool = setting(False, "On", "Whether this operation is used at all.")
    probability: float = setting(1.0, "Probability", "Share of the samples to which it happens.", ge=0, le=1)

    @property
    def used(self) -> bool:
        """Whether it can happen to any sample."""
        return self.enabled and self.probability > 0


class Crop(Operation):
    """Resized crop"""  # RandomResizedCrop

    area: Span = span((0.8, 1.0), "Area", "Share of the image that is kept.", 0.01, 1.0)
    ratio: Span = span((0.75, 1.33), "Aspect ratio", "Width over height of what is kept.", 0.2, 5.0)


class PaddedCrop(Operation):
    """Padded crop"""  # RandomCrop(padding=…)

    padding: float = setting(0.125, "Padding", "Added at each side, as a share of the side.", ge=0, le=1)
    window: float = setting(1.0, "Window", "Side of the cut, as a share of the side.", ge=0.05, le=3)

    @field_validator("window")
    @classmethod
    def _window_fits(cls, value: float, info: ValidationInfo) -> float:
        largest = 1 + 2 * info.data.get("padding", 0)  # a padding that is refused is told of itself
        if value > largest:
            raise ValueError(f"the window should be at most {largest:g}, the side of the padded image")
        return value


class HorizontalFlip(Operation):
    """Horizontal flip"""  # RandomHorizontalFlip

    probability: float = setting(0.5, "Probability", "Share of the samples to which it happens.", ge=0, le=1)


class VerticalFlip(Operation):
    """Vertical flip"""  # RandomVerticalFlip

    probability: float = setting(0.5, "Probability", "Share of the samples to which it happens.", ge=0, le=1)


class QuarterTurn(Operation):
    """Quarter turns"""  # rot90 by 1, 2 or 3 quarters, counter-clockwise

    probability: float = setting(0.75, "Probability", "Share of the samples to which it happens.", ge=0, le=1)


class Rotation(Operation):
    """Rotation"""  # RandomRotation

    NEUTRAL: ClassVar[dict[str, float]] = {"degrees": 0}

    degrees: Span = span((-10.0, 10.0), "Angle", "Turned by this; positive is counter-clockwise.", -180, 180, unit="°")


class Perspective(Operation):
    """Perspective"""  # RandomPerspective

    NEUTRAL: ClassVar[dict[str, float]] = {"distortion": 0}

    probability: float = setting(0.5, "Probability", "Share of the samples to which it happens.", ge=0, le=1)
    distortion: float = setting(0.2, "Distortion", "How far each corner may move, of half the side.", ge=0, le=0.65)


class Affine(Operation):
    """Shift, scale, shear"""  # RandomAffine(degrees=0, …)

    NEUTRAL: ClassVar[dict[str, float]] = {"shift": 0, "scale": 1, "shear": 0}

    shift: float = setting(0.08, "Shift", "Moved by up to this share of the side, across and down.", ge=0, le=1)
    scale: Span = span((0.9, 1.1), "Scale", "Enlarged about the centre by this factor.", 0.1, 4.0)
    shear: Span = span((0.0, 0.0), "Shear", "Slanted sideways by this angle.", -60, 60, unit="°")


class Jitter(Operation):
    """Colour jitter"""  # ColorJitter, in the order of these fields

    NEUTRAL: ClassVar[dict[str, float]] = {"brightness": 1, "contrast": 1, "saturation": 1, "hue": 0}

    brightness: Span = span((0.7, 1.3), "Brightness", "Brightness is multiplied by this.", 0, 3)
    contrast: Span = span((0.7, 1.3), "Contrast", "Distance from the mean grey is multiplied by this.", 0, 3)
    saturation: Span = span((1.0, 1.0), "Saturation", "Distance from grey is multiplied by this.", 0, 3)
    hue: Span = span((0.0, 0.0), "Hue", "Moved around the colour circle by this share of it.", -0.5, 0.5)


class Grayscale(Operation):
    """Grayscale"""  # RandomGrayscale

    probability: float = setting(0.1, "Probability", "Share of the samples to which it happens.", ge=0, le=1)


class Invert(Operation):
    """Negative"""  # RandomInvert

    probability: float = setting(0.3, "Probability", "Share of the samples to which it happens.", ge=0, le=1)


class Sharpness(Operation):
    """Sharpness"""  # adjust_sharpness

    NEUTRAL: ClassVar[dict[str, float]] = {"factor": 1}

    factor: Span = span((0.5, 2.0), "Factor", "Below 1 softer, above 1 sharper.", 0, 5)


class Blur(Operation):
    """Gaussian blur"""  # GaussianBlur

    NEUTRAL: ClassVar[dict[str, float]] = {"sigma": 0}

    kernel: int = setting(5, "Kernel", "Side of the window, an odd number.", unit="px", ge=3, le=31)
    sigma: Span = span((0.1, 1.0), "Sigma", "Width of the blur.", 0.05, 10, unit="px")

    @field_validator("kernel")
    @classmethod
    def _odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError("it should be an odd number, so that the window has a centre")
        return value


class Motion(Operation):
    """Motion blur"""  # a line of equal weights; torchvision has none

    NEUTRAL: ClassVar[dict[str, float]] = {"length": 1}

    length: Span = span((2.0, 7.0), "Length", "How far the camera moved.", 1, 31, unit="px")


class Noise(Operation):
    """Gaussian noise"""  # GaussianNoise, clipped

    NEUTRAL: ClassVar[dict[str, float]] = {"sigma": 0}

    sigma: Span = span((0.0, 0.05), "Sigma", "Standard deviation, where white is 1.", 0, 1)


class Jpeg(Operation):
    """JPEG artefacts"""  # JPEG

    NEUTRAL: ClassVar[dict[str, float]] = {"quality": 100}

    probability: float = setting(0.5, "Probability", "Share of the samples to which it happens.", ge=0, le=1)
    quality: Span = span((40, 90), "Quality", "As cameras and browsers count it.", 1, 100, whole=True)


class Erasing(Operation):
    """Random erasing"""  # RandomErasing

    NEUTRAL: ClassVar[dict[str, float]] = {"area": 0}

    probability: float = setting(0.25, "Probability", "Share of the samples to which it happens.", ge=0, le=1)
    area: Span = span((0.02, 0.15), "Area", "Share of the image that is covered.", 0.001, 0.9)
    ratio: Span = span((0.3, 3.3), "Aspect ratio", "Height over width of what is covered.", 0.1, 10)
    fill: Literal["black", "grey"] = setting("black", "Fill", "Black, or the grey that normalises to 0.")


class Mixup(Operation):
    """Mixup"""  # MixUp, for a whole batch

    probability: float = setting(0.2, "Probability", "Share of the batches to which it happens.", ge=0, le=1)
    alpha: float = setting(0.2, "Alpha", "Small: mostly one of the two images; 1: any mixture.", gt=0, le=10)


class Cutmix(Operation):
    """Cutmix"""  # CutMix, for a whole batch

    probability: float = setting(0.2, "Probability", "Share of the batches to which it happens.", ge=0, le=1)
    alpha: float = setting(1.0, "Alpha", "Small: tiny or huge cuts; 1: any size.", gt=0, le=10)


class Augment(Section):
    """Augmentation"""

    border: Literal["mirror", "edge", "black"] = setting(
        "mirror", "Outside", "What comes in from beyond the image's edge."
    )
    rules: str = setting(
        "",
        "Rules for classes",
        "Such as: no horizontal_flip for 2, 3; rotation at most 30 for 6, 9; horizontal_flip turns left into right.",
    )
    crop: Crop = Crop()
    padded_crop: PaddedCrop = PaddedCrop()
    horizontal_flip: HorizontalFlip = HorizontalFlip()
    vertical_flip: VerticalFlip = VerticalFlip()
    quarter_turn: QuarterTurn = QuarterTurn()
    rotation: Rotation = Rotation(enabled=True)
    perspective: Perspective = Perspective()
    affine: Affine = Affine(enabled=True)
    jitter: Jitter = Jitter(enabled=True)
    grayscale: Grayscale = Grayscale()
    invert: Invert = Invert()
    sharpness: Sharpness = Sharpness()
    blur: Blur = Blur()
    motion: Motion = Motion()
    noise: Noise = Noise()
    jpeg: Jpeg = Jpeg()
    erasing: Erasing = Erasing()
    mixup: Mixup = Mixup()
    cutmix: Cutmix = Cutmix()

    @field_validator("rules")
    @classmethod
    def _rules_are_read(cls, value: str) -> str:
        parse_rules(value, operations())
        return value

    def operations(self) -> Iterator[tuple[str, Operation]]:
        """Name and operation, in the order in which they happen."""
        for name in operations():
            yield name, getattr(self, name)

    @classmethod
    def none(cls) -> "Augment":
        """Nothing happens."""
        return cls.model_validate({name: {"enabled": False} for name in operations()})


def operations() -> dict[str, type[Operation]]:
    """The operations by name, in the order in which they happen."""
    fields: dict[str, Any] = {name: field.annotation for name, field in Augment.model_fields.items()}
    return {name: kind for name, kind in fields.items() if isinstance(kind, type) and issubclass(kind, Operation)}
