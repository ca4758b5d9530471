// Laws of static/app/plantopology.js, run in the browser by test_plan_topology.py.
// Each case gets the module and throws where the law is broken.
(() => {
  const same = (got, want, what = "") => {
    const [a, b] = [JSON.stringify(got), JSON.stringify(want)];
    if (a !== b) throw new Error(`${what} ${a} is not ${b}`);
  };
  const area = (...ring) => ({ type: "Polygon", coordinates: [[...ring, ring[0]]] });
  // A | B    four squares of side 1 around the corner (1, 1); the edge A-B has a vertex of its own.
  // C | D
  const four = (m) => {
    const plan = new m.Topology();
    plan.put("A", area([0, 1], [1, 1], [1, 1.5], [1, 2], [0, 2]));
    plan.put("B", area([1, 1], [2, 1], [2, 2], [1, 2], [1, 1.5]));
    plan.put("C", area([0, 0], [1, 0], [1, 1], [0, 1]));
    plan.put("D", area([1, 0], [2, 0], [2, 1], [1, 1]));
    return plan;
  };
  const size = (pieces) => {
    let sum = 0;
    for (const ring of pieces.flat()) {
      ring.forEach(([x, y], i) => {
        const [u, v] = ring[(i + 1) % ring.length];
        sum += x * v - u * y;
      });
    }
    return Math.abs(sum / 2);
  };
  const total = (plan, changed) =>
    [...plan.pieces.keys()].reduce((sum, code) => sum + size(changed.get(code) ?? plan.pieces.get(code)), 0);
  // Numbers that are always the same, so that a failure can be had again.
  const random = (seed) => () => ((seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648);
  const board = (m, n, chance) => {
    const at = Array.from({ length: n + 1 }, (_, r) =>
      Array.from({ length: n + 1 }, (_, c) => m.snapped([c + chance() * 0.3, r + chance() * 0.3])),
    );
    const plan = new m.Topology();
    for (let r = 0; r < n; r++)
      for (let c = 0; c < n; c++)
        plan.put(`${r}-${c}`, area(at[r][c], at[r][c + 1], at[r + 1][c + 1], at[r + 1][c]));
    return { plan, at };
  };

  return {
    "a shared corner is known by all the grids that meet there": (m) => {
      const plan = four(m);
      same(plan.codesAt(m.keyOf([1, 1])).sort(), ["A", "B", "C", "D"]);
      same(plan.isCorner(m.keyOf([1, 1])), true);
      same(plan.isCorner(m.keyOf([1, 1.5])), false);
      same(plan.isCorner(m.keyOf([1, 2])), true, "where an edge meets the rim");
    },
    "only lines that are no lines any more are lost": (m) => {
      const plan = four(m);
      const before = m.ringsOf(area([0, 1], [1, 1], [1, 1.5], [1, 2], [0, 2]));
      same(plan.lost(before), [], "nothing has moved");
      same(plan.lost(m.ringsOf(area([0, 1], [1, 1], [1, 2], [0, 2]))), [], "a vertex has come onto an edge");
      plan.put("C", area([0, 0], [0.4, 0], [1, 0], [1, 1], [0.5, 1.0000001], [0, 1]));
      plan.put("A", area([0, 1], [0.5, 1.0000001], [1, 1], [1, 1.5], [1, 2], [0, 2]));
      same(plan.lost(before), [], "a vertex stands a step of the lattice beside the edge");
      plan.drop("B");
      plan.put("A", area([0, 1], [0.5, 1.0000001], [1, 1], [2, 1], [2, 2], [1, 2], [0, 2]));
      same(plan.lost(before), [[[1, 1], [1, 1.5], [1, 2]]], "the edge between two that were merged");
    },
    "a moved corner moves in every grid and leaves the plan as it was": (m) => {
      const plan = four(m);
      const changed = plan.after({ moves: [{ from: [1, 1], to: [1.2, 0.9] }] });
      same([...changed.keys()].sort(), ["A", "B", "C", "D"]);
      for (const pieces of changed.values()) same(pieces[0][0].some(([x, y]) => x === 1.2 && y === 0.9), true);
      same(plan.codesAt(m.keyOf([1.2, 0.9])), [], "the plan is not touched");
      same(Math.abs(total(plan, changed) - 4) < 1e-9, true, "no ground is lost or counted twice");
    },
    "a vertex put on a shared edge stands in both grids, whatever way they run round": (m) => {
      const plan = four(m);
      const changed = plan.after({ insert: [{ between: [[1, 1], [2, 1]], at: [1.5, 1.2] }] });
      same([...changed.keys()].sort(), ["B", "D"]);
      same([changed.get("B")[0][0].length, changed.get("D")[0][0].length], [6, 5]);
      same(Math.abs(total(plan, changed) - 4) < 1e-9, true);
    },
    "a vertex on the rim is put into the one grid that has the edge": (m) => {
      same([...four(m).after({ insert: [{ between: [[0, 0], [1, 0]], at: [0.5, 0] }] }).keys()], ["C"]);
    },
    "a removed vertex is gone from both grids": (m) => {
      const changed = four(m).after({ remove: [[1, 1.5]] });
      same([...changed.keys()].sort(), ["A", "B"]);
      same([...changed.values()].map((pieces) => pieces[0][0].length), [4, 4]);
    },
    "an edge that no grid has changes nothing": (m) => {
      same(four(m).after({ insert: [{ between: [[0, 0], [2, 2]], at: [1, 1] }] }).size, 0);
      same(four(m).after({ moves: [{ from: [9, 9], to: [8, 8] }] }).size, 0);
    },
    "grids touch where they share an edge, not where they share a corner": (m) => {
      const plan = four(m);
      same(plan.neighbours("A"), ["B", "C"]);
      same(plan.shared("A", "B"), [[[1, 1], [1, 1.5]], [[1, 1.5], [1, 2]]]);
      same(plan.shared("A", "D"), []);
    },
    "a place is in the grid that holds it, a place outside in none": (m) => {
      const plan = four(m);
      same(plan.at([0.5, 1.5]), "A");
      same(plan.at([1.5, 0.5]), "D");
      same(plan.at([5, 5]), "");
    },
    "a hole is not part of the grid and its corners move too": (m) => {
      const plan = new m.Topology();
      const hole = [[1, 1], [1, 2], [2, 2], [2, 1]];
      plan.put("ring", { type: "Polygon", coordinates: [[[0, 0], [3, 0], [3, 3], [0, 3], [0, 0]], [...hole, hole[0]]] });
      plan.put("in", area([1, 1], [2, 1], [2, 2], [1, 2]));
      same(plan.at([1.5, 1.5]), "in");
      same([...plan.after({ moves: [{ from: [2, 2], to: [2.5, 2.5] }] }).keys()].sort(), ["in", "ring"]);
    },
    "a grid in two pieces keeps them": (m) => {
      const plan = new m.Topology();
      const pieces = [[[[0, 0], [1, 0], [1, 1], [0, 0]]], [[[5, 5], [6, 5], [6, 6], [5, 5]]]];
      plan.put("two", { type: "MultiPolygon", coordinates: pieces });
      same(plan.at([5.9, 5.2]), "two");
      same(plan.after({ moves: [{ from: [6, 6], to: [7, 7] }] }).get("two").length, 2);
    },
    "a grid put again forgets where it was, one dropped is gone": (m) => {
      const plan = four(m);
      plan.put("A", area([0, 1], [1, 1], [1, 2], [0, 3]));
      same(plan.codesAt(m.keyOf([1, 1.5])), ["B"]);
      plan.drop("A");
      same(plan.codesAt(m.keyOf([0, 3])), []);
      same(plan.at([0.5, 1.5]), "");
      same(plan.near([0, 1.2, 0.5, 3]), []);
    },
    "a corner pulled over the far side of a grid is seen to break it": (m) => {
      const plan = four(m);
      const to = [2.5, 2.5];
      same(plan.breaks(plan.after({ moves: [{ from: [1, 1], to }] }), [to]), true);
      const near = [1.1, 1.1];
      same(plan.breaks(plan.after({ moves: [{ from: [1, 1], to: near }] }), [near]), false);
    },
    "where the footprint has moved is its new rim, and neither an old edge nor one that is shared is": (m) => {
      const plan = four(m);
      const old = [...plan.pieces.values()];
      same(plan.rim(["A", "B", "C", "D"], old), [], "nothing has moved");
      plan.put("D", area([1, 0], [1.5, 0.0000001], [2, 0], [2, 1], [1, 1]));
      plan.put("A", area([0, 1], [1, 1], [1, 2], [0, 2]));
      plan.put("B", area([1, 1], [2, 1], [2, 2], [1, 2]));
      same(plan.rim(["A", "B", "D"], old), [], "corners have come and gone on edges");
      plan.put("B", area([1, 1], [2, 1], [2, 1.6], [1.4, 1.6], [1, 2]));
      same(plan.rim(["B"], old), [[[2, 1.6], [1.4, 1.6], [1, 2]]], "ground is given up");
      plan.put("C", area([0, 0], [1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0]));
      same(plan.rim(["C"], old), [[[0, 1], [-1, 1], [-1, 0], [0, 0]]], "ground has come in");
    },
    "keys are places on the lattice": (m) => {
      same(m.keyOf([105.12345674, 35.1]), "1051234567,351000000");
      same(m.snapped([105.12345674, -0.00000001]), [105.1234567, 0]);
    },
    "the nearest of places within reach is found, none beyond it": (m) => {
      same(m.nearest([[0, 0], [10, 0]], [7, 1], 12), 1);
      same(m.nearest([[0, 0]], [20, 0], 12), -1);
      same(m.onSegment([0, 0], [10, 0], [4, 3]), { at: [4, 0], along: 0.4 });
      same(m.onSegment([0, 0], [10, 0], [-4, 3]), { at: [0, 0], along: 0 });
    },
    "the place on an edge under the pointer is found, not one at its ends": (m) => {
      const pixels = ([x, y]) => [x * 100, y * 100];
      const plan = four(m);
      same(plan.nearestEdge("D", pixels, [150, 104], 9), { between: [[2, 1], [1, 1]], at: [1.5, 1] });
      same(plan.nearestEdge("D", pixels, [150, 120], 9), null, "beyond reach");
      same(plan.nearestEdge("D", pixels, [100.5, 104], 9), null, "at the corner");
    },
    "no small move of any corner of a crooked board changes its total, or tears a shared edge": (m) => {
      const chance = random(42);
      for (let round = 0; round < 300; round++) {
        const { plan, at } = board(m, 4, chance);
        const [r, c] = [1 + Math.floor(chance() * 3), 1 + Math.floor(chance() * 3)];
        const to = m.snapped([at[r][c][0] + chance() * 0.2 - 0.1, at[r][c][1] + chance() * 0.2 - 0.1]);
        const changed = plan.after({ moves: [{ from: at[r][c], to }] });
        same(changed.size, 4);
        same(Math.abs(total(plan, changed) - total(plan, new Map())) < 1e-9, true, `round ${round}`);
        const next = new m.Topology();
        for (const [code, pieces] of plan.pieces) {
          const now = changed.get(code) ?? pieces;
          next.put(code, { type: "MultiPolygon", coordinates: now.map((piece) => piece.map((ring) => [...ring, ring[0]])) });
        }
        for (const code of plan.pieces.keys()) same(next.neighbours(code), plan.neighbours(code), code);
      }
    },
  };
})()
