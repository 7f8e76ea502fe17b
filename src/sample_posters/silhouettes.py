"""People in full figure: outfits and poses, shaded or as silhouettes."""

from dataclasses import dataclass

from numpy.random import Generator

from sample_posters.colours import Colour, darken, lighten, mix
from sample_posters.random_draws import chance, pick
from sample_posters.shapes import Pen, Point

# joints in units of the figure's height, feet at (0, 0), y downwards, in this order:
# head, neck, left elbow and hand, right elbow and hand, left knee and foot, right knee and foot
POSES: dict[str, tuple[Point, ...]] = {
    "stand": ((0, -0.93), (0, -0.82), (-0.15, -0.64), (-0.14, -0.47), (0.15, -0.64),
              (0.14, -0.47), (-0.06, -0.26), (-0.075, 0), (0.06, -0.26), (0.08, 0)),
    "ready": ((0, -0.93), (0, -0.82), (-0.21, -0.67), (-0.2, -0.5), (0.21, -0.67),
              (0.19, -0.5), (-0.13, -0.27), (-0.2, 0), (0.13, -0.27), (0.2, 0)),
    "aim": ((0, -0.93), (0, -0.82), (-0.17, -0.64), (-0.08, -0.5), (0.2, -0.75),
            (0.36, -0.78), (-0.1, -0.27), (-0.16, 0), (0.1, -0.27), (0.15, 0)),
    "run": ((0.09, -0.92), (0.06, -0.81), (-0.12, -0.7), (-0.2, -0.58), (0.19, -0.66),
            (0.28, -0.77), (-0.03, -0.26), (-0.26, -0.16), (0.17, -0.33), (0.17, -0.04)),
    "fright": ((-0.02, -0.92), (0, -0.82), (-0.2, -0.84), (-0.16, -1.02), (0.2, -0.86),
               (0.18, -1.04), (-0.08, -0.26), (-0.1, 0), (0.1, -0.28), (0.18, 0)),
    "dance": ((0.02, -0.93), (0, -0.82), (-0.2, -0.85), (-0.27, -1.0), (0.19, -0.68),
              (0.08, -0.55), (-0.05, -0.26), (-0.04, 0), (0.16, -0.33), (0.29, -0.15)),
    "akimbo": ((0, -0.93), (0, -0.82), (-0.23, -0.65), (-0.08, -0.53), (0.23, -0.65),
               (0.08, -0.53), (-0.08, -0.26), (-0.12, 0), (0.08, -0.26), (0.12, 0)),
    "raise": ((0, -0.93), (0, -0.82), (-0.2, -0.66), (-0.12, -0.52), (0.2, -0.88),
              (0.23, -1.04), (-0.1, -0.27), (-0.15, 0), (0.1, -0.27), (0.16, 0)),
    "carry": ((0, -0.93), (0, -0.82), (-0.17, -0.65), (0.0, -0.6), (0.18, -0.64),
              (0.11, -0.55), (-0.09, -0.27), (-0.14, 0), (0.09, -0.27), (0.13, 0)),
    "cross": ((0, -0.93), (0, -0.82), (-0.17, -0.65), (0.06, -0.66), (0.17, -0.65),
              (-0.06, -0.64), (-0.06, -0.26), (-0.08, 0), (0.06, -0.26), (0.09, 0)),
    "walk": ((0.01, -0.93), (0, -0.82), (-0.13, -0.64), (-0.17, -0.48), (0.12, -0.64),
             (0.16, -0.5), (-0.07, -0.27), (-0.17, -0.02), (0.08, -0.27), (0.1, 0)),
}
# sum of a colour's three channels below which it is drawn without shading
DARKEST_SHADED = 110


@dataclass(frozen=True)
class Outfit:
    """What a figure wears and holds: cut, hat, prop and colours."""

    cut: str
    hat: str
    prop: str
    skin: Colour
    hair: Colour
    top: Colour
    bottom: Colour


# cut, hats, props and poses that go together, by the role of a figure
ROLES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "gentleman": ("suit", ("none", "fedora", "bowler"), ("none", "cane"),
                  ("stand", "walk", "akimbo", "cross")),
    "sleuth": ("coat", ("fedora",), ("gun", "none"), ("aim", "stand", "walk", "ready")),
    "lady": ("dress", ("long", "bob"), ("none",), ("stand", "akimbo", "dance", "walk")),
    "grande dame": ("gown", ("long", "bun", "plume"), ("none",), ("stand", "akimbo", "raise")),
    "victim": ("dress", ("long",), ("none",), ("fright", "run")),
    "cowboy": ("vest", ("stetson",), ("gun", "none"), ("ready", "aim", "ready")),
    "soldier": ("suit", ("helmet",), ("rifle",), ("carry", "run", "carry")),
    "hero": ("tunic", ("none", "long"), ("sword", "gun"), ("raise", "aim", "ready")),
    "commando": ("tunic", ("none", "band"), ("rifle", "gun"), ("carry", "aim", "ready")),
    "fiend": ("cape", ("none", "horns"), ("none",), ("fright", "raise", "stand")),
    "spaceman": ("suit", ("bowl",), ("gun", "none"), ("aim", "ready", "run")),
    "dancer": ("dress", ("bob", "plume"), ("none",), ("dance", "raise")),
    "clown": ("suit", ("bowler", "none"), ("cane", "none"), ("run", "fright", "dance", "akimbo")),
    "youth": ("shirt", ("none", "band"), ("none",), ("stand", "cross", "walk", "akimbo")),
    "girl": ("shirt", ("long", "bob"), ("none",), ("stand", "cross", "akimbo", "walk")),
}
SKINS: tuple[Colour, ...] = ((238, 198, 164), (226, 178, 138), (196, 142, 104), (120, 78, 54))
HAIRS: tuple[Colour, ...] = ((32, 24, 22), (70, 44, 28), (128, 82, 40), (206, 162, 84))


def choose_outfit(rng: Generator, role: str, cloths: tuple[Colour, ...]) -> tuple[Outfit, str]:
    """Return a random outfit for a role in the given colours, and a pose that suits it."""
    cut, hats, props, poses = ROLES[role]
    outfit = Outfit(
        cut, pick(rng, hats), pick(rng, props), pick(rng, SKINS), pick(rng, HAIRS),
        pick(rng, cloths), pick(rng, cloths),
    )
    return outfit, pick(rng, poses)


def flat_outfit(outfit: Outfit, ink: Colour) -> Outfit:
    """Return the outfit in one colour, for a silhouette."""
    return Outfit(outfit.cut, outfit.hat, outfit.prop, ink, ink, ink, ink)


def draw_figure(pen: Pen, outfit: Outfit, pose: str, rng: Generator) -> None:
    """Draw a figure in the pen's frame, whose unit is the figure's height, origin at its feet."""
    joints = [(x + float(rng.normal(0, 0.008)), y) for x, y in POSES[pose]]
    head, neck, elbow_l, hand_l, elbow_r, hand_r, knee_l, foot_l, knee_r, foot_r = joints
    lower = outfit.skin if outfit.cut in ("dress", "gown", "tunic") else outfit.bottom
    hips = ((neck[0] - 0.048, -0.5), (neck[0] + 0.048, -0.5))
    if outfit.cut == "cape":
        side = rng.uniform(0.18, 0.34)
        pen.shape([(neck[0] - 0.06, -0.86), (neck[0] + 0.06, -0.86), (side, -0.2),
                   (side * 0.4, -0.1), (-side * 0.3, -0.16), (-side, -0.08)], outfit.bottom)
    if outfit.hat == "long":
        pen.disc((head[0], head[1] + 0.03), 0.062, 0.105, outfit.hair)
    for hip, knee, foot in zip(hips, (knee_l, knee_r), (foot_l, foot_r), strict=True):
        _jointed(pen, (hip, knee, (foot[0], foot[1] - 0.03)), (0.055, 0.038, 0.024), lower, lower)
        toe = (foot[0] + (0.025 if foot[0] >= 0 else -0.025), foot[1] - 0.016)
        pen.disc(toe, 0.045, 0.018, darken(outfit.bottom, 0.5))
    _trunk(pen, outfit, neck, rng)
    shoulders = ((neck[0] - 0.092, -0.785), (neck[0] + 0.092, -0.785))
    sleeve = outfit.skin if outfit.cut in ("dress", "gown", "tunic") else outfit.top
    for shoulder, elbow, hand in zip(shoulders, (elbow_l, elbow_r), (hand_l, hand_r), strict=True):
        forearm = outfit.skin if outfit.cut == "shirt" else sleeve
        _jointed(pen, (shoulder, elbow, hand), (0.036, 0.03, 0.021), sleeve, forearm)
        pen.disc(hand, 0.023, 0.025, outfit.skin)
    pen.limb(neck, head, 0.03, 0.03, darken(outfit.skin, 0.25) if outfit.skin != outfit.top
             else outfit.skin)
    _head(pen, outfit, head)
    _prop(pen, outfit, hand_l, hand_r)


def _jointed(
    pen: Pen, joints: tuple[Point, Point, Point], girths: tuple[float, float, float],
    upper: Colour, lower: Colour,
) -> None:
    """Draw a leg or an arm through its three joints, its left side lighter."""
    parts = ((0, upper), (1, lower))
    for part, cloth in parts:
        shade = cloth if sum(cloth) < DARKEST_SHADED else darken(cloth, 0.36)
        pen.limb(joints[part], joints[part + 1], girths[part], girths[part + 1], shade)
    if sum(upper) < DARKEST_SHADED:
        return
    inset = 0.28 * girths[2]
    for part, cloth in parts:
        (x, y), (end_x, end_y) = joints[part : part + 2]
        pen.limb((x - inset, y), (end_x - inset, end_y), girths[part] * 0.7,
                 girths[part + 1] * 0.7, cloth)


def _trunk(pen: Pen, outfit: Outfit, neck: Point, rng: Generator) -> None:
    """Draw the body from neck to hips, and the skirt of a coat, gown or dress."""
    x, cloth = neck[0], outfit.top
    dark = cloth if sum(cloth) < DARKEST_SHADED else darken(cloth, 0.42)
    waist = 0.062 if outfit.cut in ("dress", "gown") else 0.082
    body = [(x - 0.045, -0.845), (x + 0.045, -0.845), (x + 0.125, -0.79), (x + waist, -0.6),
            (x + 0.1, -0.47), (x - 0.1, -0.47), (x - waist, -0.6), (x - 0.125, -0.79)]
    pen.shape(body, dark)
    pen.shape([(px * 0.62 - 0.028 + x * 0.38, py) for px, py in body], cloth)
    flare = rng.uniform(0.13, 0.24)
    if outfit.cut in ("dress", "gown"):
        hem = -0.02 if outfit.cut == "gown" else rng.uniform(-0.36, -0.22)
        pen.shape([(x - waist, -0.6), (x + waist, -0.6), (x + flare, hem), (x, hem + 0.03),
                   (x - flare, hem)], dark)
        pen.shape([(x - waist, -0.6), (x + 0.01, -0.6), (x, hem + 0.03), (x - flare, hem)], cloth)
    elif outfit.cut == "coat":
        pen.shape([(x - 0.1, -0.62), (x + 0.1, -0.62), (x + 0.16, -0.22), (x - 0.16, -0.22)], dark)
        pen.shape([(x - 0.1, -0.62), (x + 0.0, -0.62), (x - 0.02, -0.22), (x - 0.16, -0.22)], cloth)
    elif outfit.cut == "tunic":
        pen.shape([(x - 0.1, -0.52), (x + 0.1, -0.52), (x + 0.12, -0.36), (x - 0.12, -0.36)],
                  outfit.bottom)
    if outfit.cut in ("suit", "coat", "vest") and outfit.skin != cloth:
        shirt = lighten(cloth, 0.75)
        pen.shape([(x - 0.035, -0.84), (x + 0.035, -0.84), (x, -0.66)], shirt)
        pen.line([(x, -0.83), (x, -0.68)], outfit.bottom, 0.014)


def _head(pen: Pen, outfit: Outfit, head: Point) -> None:
    """Draw the head with its hair and hat."""
    x, y = head
    skin, hair = outfit.skin, outfit.hair
    pen.disc((x, y + 0.002), 0.047, 0.062, skin)
    if skin != hair:
        pen.disc((x + 0.018, y + 0.004), 0.029, 0.056, mix(skin, hair, 0.35))
        pen.disc((x, y - 0.032), 0.05, 0.036, hair)
    cloth = outfit.bottom
    if outfit.hat in ("fedora", "stetson"):
        wide = 0.1 if outfit.hat == "fedora" else 0.14
        pen.shape([(x - wide, y - 0.04), (x, y - 0.022), (x + wide, y - 0.04), (x, y - 0.05)],
                  cloth, curved=True)
        pen.shape([(x - 0.058, y - 0.035), (x - 0.05, y - 0.1), (x, y - 0.088),
                   (x + 0.05, y - 0.1), (x + 0.058, y - 0.035)], cloth)
    elif outfit.hat in ("bowler", "helmet"):
        pen.disc((x, y - 0.045), 0.058, 0.05, cloth)
        pen.disc((x, y - 0.03), 0.078, 0.014, cloth)
    elif outfit.hat == "bob":
        pen.disc((x, y - 0.02), 0.062, 0.056, hair)
        pen.disc((x - 0.006, y + 0.014), 0.036, 0.042, skin)
    elif outfit.hat == "bun":
        pen.disc((x, y - 0.078), 0.03, 0.028, hair)
    elif outfit.hat == "plume":
        pen.shape([(x - 0.02, y - 0.05), (x + 0.02, y - 0.16), (x + 0.12, y - 0.17),
                   (x + 0.05, y - 0.05)], outfit.top, curved=True)
    elif outfit.hat == "horns":
        pen.shape([(x - 0.05, y - 0.03), (x - 0.06, y - 0.12), (x, y - 0.055),
                   (x + 0.06, y - 0.12), (x + 0.05, y - 0.03)], hair)
    elif outfit.hat == "band":
        pen.block(x - 0.05, y - 0.045, x + 0.05, y - 0.025, outfit.top)
    elif outfit.hat == "bowl":
        pen.disc((x, y - 0.01), 0.085, 0.09, outfit.top)
        pen.disc((x - 0.008, y - 0.005), 0.062, 0.06, darken(outfit.bottom, 0.4))


def _prop(pen: Pen, outfit: Outfit, left: Point, right: Point) -> None:
    """Draw what the figure holds."""
    x, y = right
    metal = outfit.hair if outfit.skin == outfit.hair else (70, 72, 80)
    if outfit.prop == "gun":
        pen.block(x - 0.01, y - 0.035, x + 0.1, y - 0.012, metal)
        pen.block(x - 0.012, y - 0.02, x + 0.014, y + 0.025, metal)
    elif outfit.prop == "rifle":
        pen.line([(left[0] - 0.16, left[1] + 0.12), (x + 0.2, y - 0.22)], metal, 0.022)
        pen.line([(left[0] - 0.17, left[1] + 0.13), (left[0], left[1])], darken(metal, 0.3), 0.04)
    elif outfit.prop == "sword":
        pen.line([(x, y), (x + 0.08, y - 0.34)], lighten(metal, 0.5), 0.018)
        pen.line([(x - 0.05, y - 0.02), (x + 0.06, y + 0.005)], metal, 0.018)
    elif outfit.prop == "cane":
        pen.line([(x, y), (x + 0.06, -0.01)], metal, 0.014)


def draw_couple(pen: Pen, first: Outfit, second: Outfit, rng: Generator) -> None:
    """Draw two figures close together in the pen's frame, whose unit is their height."""
    close = rng.uniform(0.12, 0.17)
    pose = "dance" if chance(rng, 0.4) else "stand"
    draw_figure(pen.beside(-close), first, "stand", rng)
    draw_figure(pen.beside(close * 0.7, 0.93, turn=True), second, pose, rng)
