"""How well synthetic images can be told from real ones, by a plain classifier that looks at what a camera leaves.

A classifier that is right half the time finds no difference; one that is always right finds one that a network in
training may find, too.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from core.errors import Error

Pixels = npt.NDArray[np.uint8]
Features = npt.NDArray[np.float32]

LEAST = 10  # images of each kind
FEATURES = "16 × 16 px thumbnails, colours, directions of edges, and detail at four scales"
_FOLDS = 5
_THUMBNAIL, _BINS, _CELLS, _DIRECTIONS, _SCALES = 16, 16, 4, 8, 4
_SIDE = 64  # px at which directions are counted
_REGULARITY = 0.01  # scikit-learn's C: about as many features as images want a firm hand


@dataclass(frozen=True)
class Realism:
    """`points` float64[N+M,2]: real, then synthetic images on the two main axes of their features; `accuracy` is the
    classifier's on images it did not see, both kinds counting alike: 0.5 is chance; `features` in words."""

    points: npt.NDArray[np.float64]
    accuracy: float
    features: str


def compare(real: Pixels, synthetic: Pixels, seed: int) -> Realism:
    """Compare `real` uint8[N,S,S,3] with `synthetic` uint8[M,S,S,3]; `seed` divides them into five folds.

    The points are a principal component analysis, the classifier a logistic regression, both of standardised features.
    Raises `Error` where there are fewer than `LEAST` of either.
    """
    few = min(len(real), len(synthetic))
    if few < LEAST:
        raise Error(
            f"{few} images are too few to tell real from synthetic ones.", f"There should be {LEAST} of each or more."
        )
    # Imported here: it takes a second, and composing needs none of it.
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    features = np.concatenate([described(real), described(synthetic)]).astype(np.float64)
    kind = np.repeat([0, 1], [len(real), len(synthetic)])
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=_REGULARITY, class_weight="balanced"))
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    points = np.zeros((len(kind), 2))
    with threadpool_limits(1):  # on busy cores several threads would wait for each other most of the time
        scores = cross_val_score(classifier, features, kind, cv=folds, scoring="balanced_accuracy")
        if features.std(axis=0).any():
            points = PCA(2, svd_solver="covariance_eigh").fit_transform(StandardScaler().fit_transform(features))
    return Realism(np.asarray(points), float(np.mean(scores)), FEATURES)


def described(images: Pixels) -> Features:
    """What the classifier sees of images uint8[N,S,S,3]: float32[N,F]."""
    return np.stack([_features(image) for image in images])


def _features(image: Pixels) -> Features:
    grey = np.asarray(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY), np.uint8)
    thumbnail = cv2.resize(grey, (_THUMBNAIL, _THUMBNAIL), interpolation=cv2.INTER_AREA)
    colours = [cv2.calcHist([image], [channel], None, [_BINS], [0, 256]).ravel() for channel in range(3)]
    shares = np.sqrt(np.concatenate(colours) / grey.size)
    return np.concatenate([thumbnail.ravel() / 255, shares, _directions(grey), _detail(grey)]).astype(np.float32)


def _directions(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Strength of edges by direction in each of 4 x 4 cells, as in histograms of oriented gradients (Dalal 2005)."""
    plane = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    across, down = cv2.Sobel(plane, cv2.CV_32F, 1, 0), cv2.Sobel(plane, cv2.CV_32F, 0, 1)
    strength, angle = cv2.cartToPolar(across, down)
    direction = np.minimum((angle % np.pi) * (_DIRECTIONS / np.pi), _DIRECTIONS - 1).astype(np.int64)
    place = np.arange(_SIDE) * _CELLS // _SIDE
    bins = (place[:, None] * _CELLS + place) * _DIRECTIONS + direction
    return np.log1p(np.bincount(bins.ravel(), strength.ravel(), _CELLS * _CELLS * _DIRECTIONS))


def _detail(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Logarithms of what is left of the image from one halving to the next: mean, deviation and peak of its size."""
    found = []
    plane = grey.astype(np.float32)
    for _ in range(_SCALES):
        size = plane.shape[::-1]
        smaller = cv2.resize(plane, (max(1, size[0] // 2), max(1, size[1] // 2)), interpolation=cv2.INTER_AREA)
        left = np.abs(plane - cv2.resize(smaller, size, interpolation=cv2.INTER_LINEAR))
        found += [left.mean(), left.std(), np.median(left), left.max()]
        plane = np.asarray(smaller, np.float32)
    return np.log1p(np.array(found, np.float64))
