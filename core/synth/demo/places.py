"""The twelve capture settings of the demo: where in which photograph, with what tool, in what light and camera.

Each has a part of a photograph of its own, so that no piece of background is seen in two of them.
"""

from dataclasses import dataclass

from core.synth.demo.compositor import Look, Range


@dataclass(frozen=True, kw_only=True)
class Place:
    """One source. `box` is left, top, right, bottom in px of `photo`; `crop` the range of the squares' sides."""

    photo: str
    box: tuple[int, int, int, int]
    look: Look
    crop: Range = (28, 90)
    quality: int = 85  # of the JPEG files
    split: str = "train"


CHINA, FLOWER = "china.jpg", "flower.jpg"

PLACES: dict[str, Place] = {
    "sky-marker": Place(
        photo=CHINA,
        box=(335, 0, 640, 140),
        look=Look(hue=(190, 380), saturation=(0.6, 1), value=(0.2, 0.8), texture=0.1, exposure=(0.82, 1.0)),
        quality=90,
    ),
    "haze-spray": Place(
        photo=CHINA,
        box=(345, 140, 560, 212),
        look=Look(
            hue=(320, 420),
            saturation=(0.7, 1),
            edge=0.3,
            weight=(0.3, 0.42),
            opacity=(0.8, 0.95),
            exposure=(0.7, 0.95),
            grain=0.2,
            warmth=(0.02, 0.12),
            blur=(0.4, 0.9),
        ),
    ),
    "lake-paint": Place(
        photo=CHINA,
        box=(355, 214, 545, 282),
        look=Look(
            hue=(180, 300),
            saturation=(0.5, 1),
            light_ink=0.4,
            exposure=(0.6, 1.0),
            warmth=(-0.12, -0.03),
            light=(0.1, 0.35),
            noise=(2, 6),
        ),
        split="val",
    ),
    "temple-gold": Place(
        photo=CHINA,
        box=(85, 130, 335, 345),
        crop=(28, 56),
        look=Look(
            hue=(38, 56),
            saturation=(0.35, 0.8),
            value=(0.8, 1),
            light_ink=0.9,
            shadow=0.6,
            bevel=0.6,
            texture=0.1,
            exposure=(0.55, 0.8),
            warmth=(0.02, 0.1),
            blur=(0.3, 0.7),
        ),
        quality=88,
    ),
    "roof-chalk": Place(
        photo=CHINA,
        box=(130, 60, 300, 130),
        crop=(28, 56),
        look=Look(
            saturation=(0, 0.25),
            value=(0.9, 1),
            light_ink=0.8,
            grain=0.45,
            texture=0.25,
            exposure=(0.45, 0.75),
            opacity=(0.8, 1),
            noise=(2, 5),
        ),
    ),
    "bush-tape": Place(
        photo=CHINA,
        box=(375, 305, 560, 427),
        crop=(28, 64),
        look=Look(
            hue=(0, 360),
            saturation=(0.5, 0.9),
            value=(0.85, 1),
            light_ink=0.8,
            weight=(0.24, 0.34),
            edge=0.1,
            texture=0.05,
            shadow=0.5,
            bevel=0.3,
            exposure=(0.55, 0.85),
            blur=(0.3, 0.8),
        ),
    ),
    "garden-stencil": Place(
        photo=CHINA,
        box=(0, 345, 200, 427),
        crop=(28, 64),
        look=Look(
            saturation=(0, 0.15),
            value=(0.85, 1),
            light_ink=0.85,
            edge=0.22,
            grain=0.25,
            exposure=(0.5, 0.8),
            motion=(0, 3),
            warmth=(0, 0.1),
        ),
        quality=72,
    ),
    "leaf-chalk": Place(
        photo=FLOWER,
        box=(0, 75, 165, 330),
        look=Look(
            hue=(0, 360),
            saturation=(0.05, 0.45),
            value=(0.9, 1),
            light_ink=1,
            grain=0.45,
            texture=0.35,
            opacity=(0.75, 0.95),
            exposure=(0.9, 1.5),
            noise=(2, 5),
        ),
        split="val",
    ),
    "petal-ink": Place(
        photo=FLOWER,
        box=(185, 95, 312, 350),
        look=Look(
            hue=(200, 350),
            saturation=(0.5, 1),
            value=(0.05, 0.45),
            light_ink=0.1,
            weight=(0.3, 0.48),
            texture=0.15,
            exposure=(0.95, 1.2),
        ),
        quality=90,
    ),
    "bloom-brush": Place(
        photo=FLOWER,
        box=(316, 95, 440, 350),
        look=Look(
            hue=(160, 320),
            saturation=(0.3, 1),
            light_ink=0.5,
            weight=(0.24, 0.38),
            texture=0.2,
            exposure=(0.6, 1.05),
            light=(0.1, 0.4),
            blur=(0.4, 1.0),
            warmth=(-0.1, 0.05),
        ),
        split="val",
    ),
    "night-neon": Place(
        photo=FLOWER,
        box=(190, 0, 640, 85),
        look=Look(
            saturation=(0.55, 0.95),
            value=(1, 1),
            light_ink=1,
            weight=(0.3, 0.44),
            edge=0.14,
            glow=0.9,
            texture=0,
            exposure=(0.6, 1.3),
            noise=(3, 8),
            blur=(0.4, 0.9),
        ),
        quality=80,
    ),
    "dusk-poster": Place(
        photo=FLOWER,
        box=(445, 90, 640, 330),
        look=Look(
            hue=(0, 70),
            saturation=(0.4, 1),
            value=(0.8, 1),
            light_ink=0.9,
            edge=0.1,
            exposure=(0.9, 1.7),
            motion=(0, 4),
            warmth=(-0.1, 0.15),
            light=(0.1, 0.4),
            noise=(3, 9),
        ),
        quality=70,
    ),
}
