"""The sections of a recipe besides augmentation.

Defaults follow the MNIST-W write-up: section 1 for synthetic images, section 2 for AdamW, the cosine with warm-up, and
smoothing 0.05. A setting that `needs` another to have one of some values changes nothing while it has not.
"""

import re
from typing import Literal

from pydantic import ValidationInfo, field_validator

from core.recipe.section import Section, Span, setting, span

_BLOCKS = ("name", ("resnet_blocks",))
_SGD = ("method", ("sgd",))


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


NETWORKS = ("small_cnn", "lenet5", "lenet_rgb", "resnet18", "resnet34", "resnet_blocks")
LIBRARIES = ("torchvision:", "timm:")  # before the name of a network of theirs
_SUGGESTED = ("torchvision:resnet18", "torchvision:resnet50", "torchvision:mobilenet_v3_small", "torchvision:vit_b_16")


class Model(Section):
    """Model"""

    name: str = setting(
        "small_cnn",
        "Network",
        "The architecture to train; torchvision: or timm: before a name takes it from that library.",
        suggested=(*NETWORKS, *_SUGGESTED),
    )
    dropout: float = setting(0.2, "Dropout", "Share of features dropped before the last layer.", ge=0, lt=1)
    batchnorm: bool = setting(
        True, "Batch normalisation", "Normalise within each batch.", needs=("name", ("lenet_rgb", "resnet_blocks"))
    )
    base_channels: int = setting(
        16, "First channels", "Feature maps that the first layer makes.", ge=1, le=1024, needs=_BLOCKS
    )
    expands: str = setting(
        "1,1,2,1,2,1",
        "Blocks",
        "A number for each: 1 keeps the shape, 2 doubles the channels and halves the sides.",
        pattern=r"^[1-8](, ?[1-8]){0,199}$",
        needs=_BLOCKS,
    )
    activation: Literal["relu", "leaky_relu", "elu", "gelu", "silu", "mish", "tanh"] = setting(
        "relu", "Activation", "What follows each layer.", needs=_BLOCKS
    )
    residual: bool = setting(True, "Shortcuts", "Add what goes into a block to what comes out.", needs=_BLOCKS)
    weights: str = setting(
        "",
        "First weights",
        "Empty starts from nothing; default takes the library's; or a file of weights, or a run's checkpoint.",
    )
    transfer: Literal["everything", "head_and_norms", "head"] = setting(
        "everything",
        "Train",
        "With first weights: the whole network, its last layer and batch normalisation, or the last layer only.",
    )
    backbone_rate: float = setting(
        1.0, "Backbone's rate", "Learning rate of all but the last layer, as a share.", gt=0, le=1
    )

    @field_validator("name")
    @classmethod
    def _known(cls, value: str) -> str:
        if value in NETWORKS or re.fullmatch(r"(torchvision|timm):[A-Za-z0-9_.-]{1,80}", value):
            return value
        raise ValueError(f"it should be {', '.join(NETWORKS)}, or torchvision: or timm: with a name")


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

    method: Literal["adamw", "adam", "sgd"] = setting(
        "adamw", "Method", "AdamW decays weights apart from the gradient, Adam and SGD with it."
    )
    learning_rate: float = setting(1e-3, "Learning rate", "Step size after warm-up.", gt=0, le=10)
    weight_decay: float = setting(1e-4, "Weight decay", "Shrinks weights a little at each step.", ge=0, le=1)
    momentum: float = setting(0.9, "Momentum", "Share of the last step that goes on.", ge=0, lt=1, needs=_SGD)
    nesterov: bool = setting(False, "Nesterov", "Look ahead along the momentum.", needs=_SGD)
    batch_size: int = setting(
        64, "Batch size", "Images per step; 0 chooses what fits the memory.", unit="images", ge=0, le=4096
    )
    label_smoothing: float = setting(0.05, "Label smoothing", "Softens the target labels.", ge=0, lt=1)
    class_weights: Literal["none", "balanced"] = setting(
        "none", "Class weights", "Balanced gives rare classes as much weight in the loss as common ones."
    )
    sampling: Literal["each_once", "balanced"] = setting(
        "each_once", "Sampling", "Each image once an epoch, or as many images of each class."
    )
    curriculum: Literal["none", "easy_first"] = setting(
        "none",
        "Curriculum",
        "Easy first begins with the easiest third of each class, and shows all from the middle of the run on.",
    )
    clip: float = setting(0.0, "Clip gradients", "Longest gradient that is taken as it is; 0 does not clip.", ge=0)
    ema: float = setting(
        0.0, "Averaged weights", "Decay of a moving average that is validated and kept; 0 is off.", ge=0, lt=1
    )


class Schedule(Section):
    """Schedule"""

    epochs: int = setting(12, "Epochs", "Passes over the training images.", ge=1, le=10_000)
    shape: Literal["cosine", "constant", "step", "exponential", "one_cycle"] = setting(
        "cosine", "Shape", "How the learning rate changes over the epochs."
    )
    warmup_epochs: float = setting(
        1.0,
        "Warm-up",
        "Learning rate rises linearly this long.",
        unit="epochs",
        ge=0,
        needs=("shape", ("cosine", "constant", "step", "exponential")),
    )
    floor: float = setting(
        1e-6, "Final learning rate", "Where the cosine ends.", ge=0, le=1, needs=("shape", ("cosine",))
    )
    step_epochs: int = setting(
        10,
        "Step",
        "The rate drops each time so many epochs are done.",
        unit="epochs",
        ge=1,
        le=1_000_000,
        needs=("shape", ("step",)),
    )
    gamma: float = setting(
        0.1,
        "Drop",
        "What the rate is multiplied by at each step, or each epoch of the exponential.",
        gt=0,
        le=1,
        needs=("shape", ("step", "exponential")),
    )
    rise: float = setting(
        0.3, "Rise", "Share of the run in which one cycle goes up.", gt=0, lt=1, needs=("shape", ("one_cycle",))
    )
    metric: Literal["accuracy", "balanced_accuracy", "loss", "worst_class", "worst_source"] = setting(
        "accuracy", "Best by", "What of the validation images says which epoch is the best."
    )
    patience: int = setting(
        50, "Early stop after", "Stop after so many epochs without a better one.", unit="epochs", ge=1, le=1_000_000
    )


class Compute(Section):
    """Computing"""

    precision: Literal["float32", "bfloat16", "float16"] = setting(
        "float32",
        "Precision",
        "Shorter numbers are faster on a GPU and need half the memory; float16 is for CUDA only.",
    )
    channels_last: bool = setting(True, "Channels last", "The order in memory that convolutions like best.")
    compile: bool = setting(False, "Compile", "Let PyTorch compile the network: slow to start, faster then.")
