"""From a trained LightGBM model to the arrays that crawler/extraction/model.py reads."""

from __future__ import annotations

import lightgbm
import numpy as np


def text(lines) -> np.ndarray:
    return np.frombuffer("\n".join(lines).encode("utf-8"), dtype=np.uint8)


def floor32(value: float) -> np.float32:
    """The greatest float32 not above value: `x <= value` stays the same for every float32 x."""
    rounded = np.float32(value)
    return np.nextafter(rounded, np.float32(-np.inf)) if float(rounded) > value else rounded


def forest_arrays(purpose: str, booster: lightgbm.Booster) -> dict[str, np.ndarray]:
    dump = booster.dump_model()
    features = dump["feature_names"]
    trees = [tree["tree_structure"] for tree in dump["tree_info"]]
    splits: list[tuple[int, np.float32, int, int]] = []
    leaves = np.zeros((len(trees), 32), dtype=np.float32)

    def visit(node: dict, tree: int, start: int) -> int:
        """Numbers the leaves from left to right; returns one behind the last."""
        if "leaf_value" in node:
            leaves[tree, start] = node["leaf_value"]
            return start + 1
        middle = visit(node["left_child"], tree, start)
        end = visit(node["right_child"], tree, middle)
        left = sum(1 << leaf for leaf in range(start, middle))
        splits.append((node["split_feature"], floor32(node["threshold"]), tree, 0xFFFFFFFF & ~left))
        return end

    for number, tree in enumerate(trees):
        visit(tree, number, 0)
    used = sorted({split[0] for split in splits})
    place = {feature: at for at, feature in enumerate(used)}
    return {
        f"{purpose}_features": text(features[k] for k in used),
        f"{purpose}_feature": np.array([place[s[0]] for s in splits], dtype=np.uint8),
        f"{purpose}_threshold": np.array([s[1] for s in splits], dtype=np.float32),
        f"{purpose}_tree": np.array([s[2] for s in splits], dtype=np.uint16),
        f"{purpose}_mask": np.array([s[3] for s in splits], dtype=np.uint32),
        f"{purpose}_leaves": leaves,
    }


def model_arrays(weights: dict[str, float], boosters: dict[str, lightgbm.Booster]) -> dict[str, np.ndarray]:
    tokens = sorted(weights)
    arrays = {
        "names": text(tokens),
        "name_weights": np.array([weights[token] for token in tokens], dtype=np.float16),
        "forests": text(boosters),
    }
    for purpose, booster in boosters.items():
        arrays |= forest_arrays(purpose, booster)
    return arrays
