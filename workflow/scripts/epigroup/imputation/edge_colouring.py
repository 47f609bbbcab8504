"""Edges of a bipartite graph in colours that are even everywhere: tracks, between cell types and assays, in folds.

By de Werra (1971) a bipartite graph has, for any number of colours, a colouring in which the numbers of edges of each
colour differ by at most one, at every node and in all. It is built as in the proof: a node is parted into nodes of at
most `n_colours` edges, these are coloured so that no two edges of a node agree (König 1916, by alternating paths), and
whole paths change their two colours until the colours are even.
"""

from collections.abc import Hashable, Sequence

Node = tuple[int, Hashable, int]  # side, node of the graph, which part of it


def colour_edges(edges: Sequence[tuple[Hashable, Hashable]], n_colours: int) -> list[int]:
    """The colour, 0 to n_colours - 1, of each edge (left node, right node); the order of the edges decides which of the
    many even colourings it is.

    At each node, and over all edges, the numbers of edges of any two colours differ by at most 1.
    """
    ends = _part_nodes(edges, n_colours)
    at: dict[Node, dict[int, int]] = {node: {} for pair in ends for node in pair}  # node -> colour -> edge
    colour = [-1] * len(edges)
    for edge, (left, right) in enumerate(ends):
        free_left = next(one for one in range(n_colours) if one not in at[left])
        free_right = next(one for one in range(n_colours) if one not in at[right])
        if free_left in at[right]:
            # The path begins at `right`; in a bipartite graph it cannot end at `left`.
            _exchange(_path(right, free_left, free_right, at, ends), free_left, free_right, at, ends, colour)
        colour[edge] = free_left
        at[left][free_left] = at[right][free_left] = edge
    _even_out(n_colours, at, ends, colour)
    return colour


def _part_nodes(edges: Sequence[tuple[Hashable, Hashable]], n_colours: int) -> list[tuple[Node, Node]]:
    degree: dict[tuple[int, Hashable], int] = {}
    ends = []
    for pair in edges:
        parts = []
        for side, node in enumerate(pair):
            n = degree.get((side, node), 0)
            degree[side, node] = n + 1
            parts.append((side, node, n // n_colours))
        ends.append((parts[0], parts[1]))
    return ends


def _path(start: Node, first: int, second: int, at: dict, ends: Sequence[tuple[Node, Node]]) -> list[int]:
    """The edges of the path from a node by an edge of the colour `first`, then `second`, then `first`, ..."""
    path, node, wanted = [], start, first
    while wanted in at[node]:
        edge = at[node][wanted]
        path.append(edge)
        left, right = ends[edge]
        node = left if node == right else right
        wanted = second if wanted == first else first
    return path


def _exchange(
    path: Sequence[int], one: int, other: int, at: dict, ends: Sequence[tuple[Node, Node]], colour: list[int]
) -> None:
    for edge in path:
        for node in ends[edge]:
            del at[node][colour[edge]]
    for edge in path:
        colour[edge] = other if colour[edge] == one else one
        for node in ends[edge]:
            at[node][colour[edge]] = edge


def _even_out(n_colours: int, at: dict, ends: Sequence[tuple[Node, Node]], colour: list[int]) -> None:
    """Exchange colours along paths that begin and end with the more frequent one, until counts differ by at most 1."""
    counts = [colour.count(one) for one in range(n_colours)]
    while max(counts) - min(counts) > 1:
        many, few = counts.index(max(counts)), counts.index(min(counts))
        # More edges of `many` than of `few` in all: some path has one more of them, and begins at such a node.
        for node in at:
            if many in at[node] and few not in at[node]:
                path = _path(node, many, few, at, ends)
                if len(path) % 2:
                    _exchange(path, many, few, at, ends, colour)
                    counts[many] -= 1
                    counts[few] += 1
                    break
