from typing import Sequence

import numpy as np

version: str

def start(threads: int) -> None: ...
def threads() -> int: ...
def end() -> None: ...
def kernels() -> tuple[
    tuple[str, tuple[tuple[str, float, float], ...], int, bool, tuple[tuple[str, tuple[int, ...]], ...]], ...
]: ...

class Options:
    digits: int
    order: int
    check_order: int
    inner: float
    outer: float
    cutoff: float
    m2l: str
    m2l_tolerance: float
    m2l_rank: int
    m2l_single: int
    m2l_memory: int
    near_field: str
    method: str
    leaf_capacity: int
    root_scale: float
    balance: int
    bounding_box: tuple[list[float], list[float]] | None
    cell: float | None
    outputs: list[str]
    right_hand_sides: int
    memory_limit: int
    tune: bool
    def __init__(self) -> None: ...
    def cache_off(self) -> None: ...
    def cache_read(self) -> None: ...
    def cache_write(self, path: str) -> None: ...

class Facts:
    """What a plan decided and found out."""

    n_sources: int
    n_targets: int
    digits: int
    order: int
    check_order: int
    right_hand_sides: int
    method: str
    m2l: str
    m2l_rank: int
    m2l_single: bool
    near_field: str
    leaf_capacity: int
    near_over_far: float
    balanced: bool
    root_size: float
    depth: int
    n_leaves: int
    n_boxes: int
    boxes_by_level: list[int]
    largest_leaf: int
    operators_source: str
    pairs_p2p: int
    pairs_m2l: int
    pairs_m2p: int
    pairs_p2l: int
    plan_bytes: int
    launches: int
    notice: str

class Plan:
    def __init__(
        self,
        kernel: str,
        parameters: Sequence[float],
        single: bool,
        sources: np.ndarray,
        targets: np.ndarray | None,
        options: Options,
    ) -> None: ...
    def execute(self, charges: np.ndarray, results: Sequence[tuple[str, np.ndarray]]) -> None: ...
    def check(
        self, charges: np.ndarray, results: Sequence[tuple[str, np.ndarray]], samples: int
    ) -> dict[str, tuple[float, float]]: ...
    def update_points(self, sources: np.ndarray, targets: np.ndarray | None) -> None: ...
    def set_timing(self, on: bool) -> None: ...
    def stage_seconds(self) -> dict[str, float]: ...
    def facts(self) -> Facts: ...
    def options(self) -> Options: ...
    def description(self) -> str: ...
    def shape(self, output: str) -> list[int]: ...
