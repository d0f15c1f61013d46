import numpy as np

from core.synth.digits import SIDE, digits


def test_all_digits_with_their_labels() -> None:
    stamps, labels = digits()
    assert stamps.shape == (1797, SIDE, SIDE)
    assert stamps.dtype == np.uint8
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_ink_keeps_off_the_edge() -> None:
    stamps, _ = digits()
    edge = np.concatenate([stamps[:, 0], stamps[:, -1], stamps[:, :, 0], stamps[:, :, -1]])
    assert edge.max() < 20
    assert stamps.max() > 200


def test_upscaled_smoothly() -> None:
    stamps, _ = digits()
    steps = np.abs(np.diff(stamps.astype(int), axis=2))
    assert steps.max() < 60  # blocks of the scan would jump by 200
