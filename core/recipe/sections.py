"""The sections of a recipe besides augmentation.

Formulas and defaults follow the MNIST-W write-up: section 1 for synthetic images, section 2 for AdamW, the cosine with
warm-up, and smoothing 0.05.
"""

from typing import Literal

from pydantic import ValidationInfo, field_validator

from core.recipe.section import Section, Span, setting, span


class Data(Section):
    """Data"""

    image_size: int = setting(
        64, "Image size", "Images are resized to a square of this side.", unit="px", ge=16, le=512
    )
    stored_size: int = setting(
        0,
        "Stored size",
        "Training images are kept at this side, so that crops have more detail; 0 is the image size.",
        unit="px",
        ge=0,
        le=1024,
    )
    normalize: Literal["imagenet", "cifar10", "mnist", "centre", "none"] = setting(
        "imagenet", "Normalise", "Whose mean and deviation are taken off; centre takes off 0.5, none keeps 0 to 1."
    )
    where: str = setting("", "Only images where", "A filter that limits the images used, such as source:sign,meter.")

    @property
    def training_side(self) -> int:
        """Side in px at which training images are kept."""
        return self.stored_size or self.image_size

    @field_validator("stored_size")
    @classmethod
    def _stored_not_smaller(cls, value: int, info: ValidationInfo) -> int:
        least = info.data.get("image_size", 0)  # an image size that is refused is told of itself
        if 0 < value < least:
            raise ValueError(f"the stored size should be 0, or at least the image size of {least} px")
        return value


class Model(Section):
    """Model"""

    name: Literal["small_cnn", "lenet5", "resnet18"] = setting("small_cnn", "Network", "The architecture to train.")
    dropout: float = setting(0.2, "Dropout", "Share of features dropped before the last layer.", ge=0, lt=1)


class Synth(Section):
    """Synthetic images"""

    count: int = setting(
        0,
        "Synthetic images",
        "Digits composed on crops of training images, added to training.",
        unit="images",
        ge=0,
        le=1_000_000,
    )
    stamps: str = setting(
        "scikit-learn", "Digits from", "scikit-learn, mnist, or a folder: of IDX files, or of a project."
    )
    smallest: int = setting(
        32, "Smallest background", "Images with a shorter side are no backgrounds.", unit="px", ge=1, le=4096
    )
    crop: Span = span((0.5, 1.0), "Crop", "Share of the image's side that is behind the digit.", 0.05, 1)
    padding: Span = span((0.08, 0.23), "Padding", "Room around the digit, as a share of the side.", 0, 0.4)
    rotation: Span = span((-10.0, 10.0), "Rotation", "The digit is turned by this.", -180, 180, unit="°")
    perspective: float = setting(0.0, "Perspective", "How far corners of the digit move, of its side.", ge=0, le=0.5)
    ink: Literal["any", "contrast"] = setting(
        "any", "Ink", "Any colour, or one that stands off the brightness below it."
    )
    contrast: float = setting(
        80.0, "Least contrast", "Grey levels between contrasting ink and what is below it.", ge=0, le=200
    )
    opacity: Span = span((1.0, 1.0), "Opacity", "How much the ink covers.", 0.1, 1)
    stroke: Span = span((0.0, 0.0), "Stroke width", "Below 0 finer, above 0 bolder, as a share of the stroke.", -0.9, 1)
    threshold: int = setting(20, "Threshold", "Opacity of 255 up to which ink is left out.", ge=0, le=254)
    shadow: Span = span((0.0, 0.0), "Shadow", "Darkness of a shadow beside the stroke.", 0, 1)
    match_blur: bool = setting(False, "Match blur", "Make the digit as soft as its background is.")
    match_noise: bool = setting(False, "Match noise", "Give the digit the grain of its background.")


class Optim(Section):
    """Optimizer"""

    method: Literal["adamw"] = setting("adamw", "Method", "AdamW with decoupled weight decay.")
    learning_rate: float = setting(1e-3, "Learning rate", "Step size after warm-up.", gt=0, le=10)
    weight_decay: float = setting(1e-4, "Weight decay", "Shrinks weights a little at each step.", ge=0, le=1)
    batch_size: int = setting(64, "Batch size", "Images per step.", unit="images", ge=1, le=4096)
    label_smoothing: float = setting(0.05, "Label smoothing", "Softens the target labels.", ge=0, lt=1)


class Schedule(Section):
    """Schedule"""

    epochs: int = setting(12, "Epochs", "Passes over the training images.", ge=1, le=10_000)
    warmup_epochs: float = setting(1.0, "Warm-up", "Learning rate rises linearly this long.", unit="epochs", ge=0)
    floor: float = setting(1e-6, "Final learning rate", "Where the cosine ends.", ge=0, le=1)
    patience: int = setting(
        50, "Early stop after", "Stop after so many epochs without a better validation accuracy.", unit="epochs", ge=1
    )
