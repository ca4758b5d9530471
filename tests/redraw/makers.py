"""Plans, households and random edits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.redraw import Grid, Plan, Points

if TYPE_CHECKING:
    from collections.abc import Callable


def plan_of(shapes: list[Any], codes: list[str] | None = None) -> Plan:
    codes = codes or [f"G{i:04d}" for i in range(len(shapes))]
    made = zip(codes, shapes, strict=True)
    return Plan.of(Grid(code, None, "V", None, None, shape) for code, shape in made)


def voronoi(
    rng: np.random.Generator, count: int, side: float = 0.1, *, slanted: bool = False
) -> Plan:
    """A county of `count` grids: clipped Voronoi cells on the lattice, edges matched.

    slanted: its outer border has five long edges, on which hardly a point of the lattice lies.
    """
    points = shapely.multipoints(
        rng.uniform((105.0, 35.7), (105.0 + side, 35.7 + side), (count, 2))
    )
    ground = shapely.box(105.0, 35.7, 105.0 + side, 35.7 + side)
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=ground))
    if slanted:
        rim = np.array([(0.03, 0.01), (0.91, 0), (1, 0.57), (0.47, 0.99), (0, 0.83)])
        ground = shapely.Polygon(rim * side + np.array([105.0, 35.7]))
    inside = [cell.intersection(ground) for cell in cells]
    return plan_of(matched([cell for cell in inside if cell.area > 0]))


def matched(shapes: list[Any]) -> list[Any]:
    """Shapes noded on the lattice: a partition with equal edges."""
    units = [shapely.transform(shape, lambda p: np.rint(p * 1e7)) for shape in shapes]
    lines = shapely.union_all([shape.boundary for shape in units], grid_size=1.0)
    faces = shapely.get_parts(shapely.polygonize([lines]))
    degrees = shapely.transform(faces, lambda p: np.rint(p) / 1e7)
    return list(degrees)


def homes_in(plan: Plan, rng: np.random.Generator, each: int = 12) -> Points:
    """About so many households in each grid, some exactly on corners and edges."""
    lon, lat = [], []
    for code in plan.codes():
        w, s, e, n = plan[code].polygon.bounds
        inside = rng.uniform((w, s), (e, n), (each, 2))
        lon += list(inside[:, 0])
        lat += list(inside[:, 1])
        x, y = (
            plan[code].polygon.exterior.coords[0]
            if plan[code].polygon.geom_type == "Polygon"
            else (w, s)
        )
        lon.append(x)
        lat.append(y)
    return Points(np.round(lon, 7), np.round(lat, 7))


def random_edit(rng: np.random.Generator, plan: Plan, codes: list[str]) -> dict[str, Any]:
    """Any edit, sensible or hostile, near a random grid."""
    code = codes[int(rng.integers(len(codes)))]
    w, s, e, n = plan[code].polygon.bounds
    around = plan.near((w, s, e, n))
    other = around[int(rng.integers(len(around)))]
    size = np.array([e - w, n - s])
    middle = np.array([(w + e) / 2, (s + n) / 2])
    kind = OPS[int(rng.integers(len(OPS)))]
    spot = middle + rng.normal(0, 0.4, 2) * size
    makers: dict[str, Callable[[], dict[str, Any]]] = {
        "split": lambda: {"code": code, "line": line(stroke(rng, middle, size))},
        "merge": lambda: {"codes": [code, other]},
        "course": lambda: {"codes": [code, other], "line": line(stroke(rng, middle, 2 * size))},
        "transfer": lambda: {"area": blob(rng, spot, size * rng.uniform(0.1, 1.2)), "to": other},
        "assign": lambda: {"lasso": blob(rng, spot, size * rng.uniform(0.1, 1.2)), "to": other},
        "reshape": lambda: corner(rng, plan[code].polygon, size),
        "change": lambda: {"code": code, "name": f"N{rng.integers(9)}"},
        "renumber": lambda: {"code": code, "new_code": f"R{rng.integers(10**9)}"},
        "grow": lambda: at_the_rim(rng, plan, codes),
        "trim": lambda: {"area": at_the_rim(rng, plan, codes)["area"]},
    }
    allowed: dict[str, Any] = {"allow_pieces": True} if rng.random() < 0.05 else {}
    if rng.random() < 0.5:
        allowed["allow_led"] = True
    return {"op": kind, **makers[kind](), **allowed}


def at_the_rim(rng: np.random.Generator, plan: Plan, codes: list[str]) -> dict[str, Any]:
    """An area at the far side of the outermost of some grids, and that grid.

    Further in there is no new ground, and ground given up would leave a hole.
    """
    some = [codes[int(i)] for i in rng.integers(len(codes), size=24)]
    low, high = np.split(np.array([plan[code].polygon.bounds for code in some]), 2, axis=1)
    middle = (low + high) / 2
    out = middle - middle.mean(axis=0)
    far = np.hypot(*out.T)
    k = int(np.argmax(far))
    spot = middle[k] + (high - low)[k] / 2 * out[k] / max(far[k], 1e-9)
    return {"area": blob(rng, spot, (high - low)[k] * rng.uniform(0.2, 1)), "to": some[k]}


def hostile_edit(rng: np.random.Generator, plan: Plan, codes: list[str]) -> dict[str, Any]:
    """What nobody means, but somebody does."""
    code, other = (codes[int(i)] for i in rng.integers(len(codes), size=2))
    shape = plan[code].polygon
    points = shapely.get_coordinates(shape)
    w, s, e, n = shape.bounds
    own = {"type": "Polygon", "coordinates": [points[: len(shape_ring(shape))].tolist()]}
    some = points[np.sort(rng.integers(len(points), size=4))]
    far = [[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]
    beyond = plan.bounds if rng.random() < 0.1 else (w - (e - w), s, e, n)
    whole = shapely.get_coordinates(shapely.box(*beyond)).tolist()
    dot = [[w, s], [w + 1e-7, s], [w, s + 1e-7], [w, s]]
    bow = [[w, s], [e, n], [e, s], [w, n], [w, s]]
    makers: list[Callable[[], dict[str, Any]]] = [
        lambda: {"op": "split", "code": code, "line": line(points)},  # along its own edges
        lambda: {"op": "split", "code": code, "line": line(points[:2])},
        lambda: {"op": "split", "code": code, "line": line(some)},  # from corner to corner
        lambda: {"op": "split", "code": code, "line": line([points[0], points[0]])},
        lambda: {"op": "split", "code": code, "line": line(bow[:-1])},
        lambda: {"op": "split", "code": code, "line": line(stroke(rng, points[0], (1e-6, 1e-6)))},
        lambda: {"op": "split", "code": "nobody", "line": line(some)},
        lambda: {"op": "split", "code": code, "line": line([(w, s), (e, n)]), "new_codes": [other]},
        lambda: {"op": "split", "code": code, "line": line([(w - 1, s), (e + 1, n)])},
        lambda: {"op": "split", "code": code, "line": line(points + 1e-7)},  # beside its edges
        lambda: {"op": "merge", "codes": [code]},
        lambda: {"op": "merge", "codes": codes[:40]},
        lambda: {"op": "merge", "codes": [code, other, "nobody"]},
        lambda: {"op": "course", "codes": [code, code], "line": line(some)},
        lambda: {"op": "course", "codes": [code, other], "line": line(far)},
        lambda: {"op": "transfer", "area": own, "to": code},
        lambda: {"op": "transfer", "area": own, "to": other},
        *(
            lambda ring=ring, op=op: {"op": op, **_ground(ring, op, code)}  # type: ignore[misc]
            for ring in (far, whole, dot, bow)
            for op in GROUND_OPS
        ),
        lambda: {"op": "reshape", "moves": [{"from": points[0].tolist(), "to": [0.0, 0.0]}]},
        lambda: {"op": "reshape", "moves": [{"from": [w - 1, s], "to": [w, s]}]},
        lambda: {
            "op": "reshape",
            "moves": [{"from": p, "to": points[0].tolist()} for p in points[1:-1].tolist()],
        },
        lambda: {"op": "reshape", "remove": points[:-1].tolist()},
        lambda: {
            "op": "reshape",
            "insert": [{"between": [points[0].tolist(), points[1].tolist()], "at": [w, n]}],
        },
        lambda: {
            "op": "reshape",
            "moves": [{"from": points[0].tolist(), "to": points[2].tolist()}],
        },
        lambda: {"op": "renumber", "code": code, "new_code": other},
        lambda: {"op": "change", "code": "nobody", "name": "x"},
    ]
    return makers[int(rng.integers(len(makers)))]()


def shape_ring(shape: Any) -> Any:
    """The corners of the first shell."""
    part = shape.geoms[0] if shape.geom_type == "MultiPolygon" else shape
    return part.exterior.coords


def _ground(ring: list[list[float]], op: str, code: str) -> dict[str, Any]:
    area = {"type": "Polygon", "coordinates": [ring]}
    if op == "trim":
        return {"area": area}
    return {"lasso" if op == "assign" else "area": area, "to": code}


def corner(rng: np.random.Generator, shape: Any, size: Any) -> dict[str, Any]:
    """Move a corner a little, far or wildly; put one in; take one out."""
    points = shapely.get_coordinates(shape)
    at = int(rng.integers(len(points) - 1))
    a, b = points[at].tolist(), points[at + 1].tolist()
    kind = int(rng.integers(5))
    if kind == 0:
        t = (points[at] + points[at + 1]) / 2 + rng.normal(0, 0.05, 2) * size
        return {"insert": [{"between": [a, b], "at": t.tolist()}]}
    if kind == 1:
        return {"remove": [a]}
    step = rng.normal(0, (0.03, 0.15, 2.0)[kind - 2], 2) * size
    return {"moves": [{"from": a, "to": (points[at] + step).tolist()}]}


GROUND_OPS = ("transfer", "assign", "grow", "trim")
OPS = (
    *("split", "split", "merge", "merge", "course", "transfer", "transfer", "assign", "assign"),
    *("reshape", "reshape", "reshape", "change", "renumber", "grow", "trim"),
)


def line(points: Any) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [[float(x), float(y)] for x, y in points]}


def stroke(rng: np.random.Generator, middle: Any, size: Any) -> Any:
    """A line through the neighbourhood, winding; sometimes it ends inside or crosses itself."""
    angle = rng.uniform(0, 2 * np.pi)
    way = np.array([np.cos(angle), np.sin(angle)])
    count = int(rng.integers(2, 8))
    t = np.sort(rng.uniform(-1.2, 1.2, count)) if rng.random() < 0.8 else np.linspace(-1, 1, count)
    t[0], t[-1] = (-1.2, 1.2) if rng.random() < 0.8 else (t[0], t[-1])
    across = np.array([-way[1], way[0]])
    wind = rng.normal(0, (0.0, 0.1, 0.5)[int(rng.integers(3))], count)
    return middle + (t[:, None] * way + wind[:, None] * across) * size


def blob(rng: np.random.Generator, middle: Any, size: Any) -> dict[str, Any]:
    count = int(rng.integers(3, 14))
    angle = np.sort(rng.uniform(0, 2 * np.pi, count))
    if rng.random() < 0.05:
        angle = rng.permutation(angle)  # crosses itself
    far = rng.uniform(0.5, 1.0, count)[:, None] * size
    ring = middle + np.column_stack([np.cos(angle), np.sin(angle)]) * far
    coordinates = [[float(x), float(y)] for x, y in ring]
    return {"type": "Polygon", "coordinates": [[*coordinates, coordinates[0]]]}
