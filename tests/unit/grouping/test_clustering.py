"""The methods that cluster task vectors, against scikit-learn, scipy, NumPy or their definitions."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans, SpectralClustering
from sklearn.datasets import make_circles
from sklearn.linear_model import Lasso
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import kneighbors_graph

from epigroup import grouping
from epigroup.core.errors import InputError
from epigroup.grouping.clustering import distances, stability
from epigroup.grouping.dbscan import join_noise
from epigroup.grouping.method import GroupingInputs, Heads
from epigroup.grouping.spectral import neighbour_affinity, rbf_affinity, split_affinity
from epigroup.grouping.subspace import self_expression, subspace_affinity
from epigroup.grouping.vectors import task_vectors
from epigroup.grouping.ward import cut_tree
from grouping_examples import run

ON_VECTORS = ["kmeans", "ward", "spectral", "dbscan", "ssc"]


def inputs(rows, k, *, labels=None, covariance=None, bias=None, seed=1, **options):
    ids = [f"t{i}" for i in range(len(rows))]
    bias = np.zeros(len(rows)) if bias is None else bias
    heads = (Heads(np.asarray(rows), bias, covariance),)
    sheet = pd.DataFrame({"task_id": ids})
    return GroupingInputs("g", ids, sheet, k, seed, heads=heads, labels=labels, options=options)


def blobs(k=4, each=12, d=20, apart=6.0, seed=0):
    rng = np.random.default_rng(seed)
    of = np.arange(k * each) % k
    return apart * rng.normal(size=(k, d))[of] + rng.normal(size=(k * each, d)), of


def subspaces(angle, each, seed, d=4, ambient=50):
    """Three subspaces of dimension 4 in 50, each within the sum of the other two, neighbours at an angle
    (Elhamifar & Vidal 2013, section 6); points of length 1, and the subspace of each."""
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.normal(size=(ambient, 2 * d)))[0]
    turns = np.deg2rad(angle) * np.arange(3)
    points = [
        rng.normal(size=(each, d)) @ (np.cos(t) * basis[:, :d] + np.sin(t) * basis[:, d:]).T for t in turns
    ]
    rows = np.concatenate(points)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True), np.repeat(np.arange(3), each)


@pytest.mark.parametrize("method", ON_VECTORS)
def test_every_method_finds_clear_groups_and_repeats_itself(method):
    rows, of = blobs()
    found = run(method, inputs(rows, 4))
    assert adjusted_rand_score(of, found.groups) == 1
    assert found.measures["stability"] > 0.95
    again = run(method, inputs(rows, 4))
    assert again.groups.tolist() == found.groups.tolist() and again.measures == found.measures
    centres = np.array([rows[of == g].mean(axis=0) for g in range(4)])
    assert found.measures["inertia"] == pytest.approx(((rows - centres[of]) ** 2).sum())
    assert found.measures["similarity_within"] > found.measures["similarity_between"]


def spoiled(what):
    rows, _ = blobs()
    if what == "nan":
        rows[3, 1] = np.nan
    elif what == "infinite":
        rows[5, 0] = np.inf
    elif what == "equal":
        rows[:] = rows[0]
    return rows


@pytest.mark.parametrize("method", ON_VECTORS)
@pytest.mark.parametrize(
    ("what", "k", "message"),
    [
        ("nan", 3, "head of task 't3' holds NaN"),
        ("infinite", 3, "head of task 't5' holds NaN or infinite"),
        ("equal", 3, "all 48 rows of E are equal"),
        ("fine", 49, "k is 49, but there are 48 tasks"),
    ],
)
def test_what_cannot_be_clustered_is_named_by_every_method(method, what, k, message):
    with pytest.raises(InputError, match=f"grouping g: .*{message}"):
        run(method, inputs(spoiled(what), k))


@pytest.mark.parametrize("method", ["kmeans", "ward", "spectral", "ssc"])
def test_one_group_and_a_group_each(method):
    rows, _ = blobs(each=3)
    assert run(method, inputs(rows, 1)).groups.tolist() == [0] * 12
    assert run(method, inputs(rows, 12)).groups.tolist() == list(range(12))


@given(st.integers(0, 1000), st.integers(2, 9))
@settings(deadline=None, max_examples=20)
def test_ward_is_scikit_learns_and_scipys(seed, k):
    rows = np.random.default_rng(seed).normal(size=(30, 6))
    ours = run("ward", inputs(rows, k)).groups
    assert adjusted_rand_score(ours, AgglomerativeClustering(k, linkage="ward").fit_predict(rows)) == 1
    assert adjusted_rand_score(ours, fcluster(linkage(rows, "ward"), k, "maxclust")) == 1


@given(st.lists(st.integers(0, 3), min_size=4, max_size=25), st.data())
@settings(deadline=None, max_examples=50)
def test_a_tree_of_equal_merges_is_cut_into_exactly_k(points, data):
    apart = np.abs(np.subtract.outer(points, points)).astype(float)
    k = data.draw(st.integers(1, len(points)))
    for how in ("ward", "average"):
        assert len(set(cut_tree(apart, k, how))) == k


def test_distances_are_those_of_the_definition():
    rows = np.random.default_rng(0).normal(size=(12, 5))
    apart = distances(rows)
    for i, j in combinations(range(12), 2):
        assert apart[i, j] == apart[j, i] == pytest.approx(np.linalg.norm(rows[i] - rows[j]))
    assert (apart.diagonal() == 0).all()


def test_spectral_graphs_are_scikit_learns():
    rows = np.random.default_rng(0).normal(size=(40, 5))
    apart = distances(rows)
    median = np.median(apart[np.triu_indices(40, 1)])
    np.testing.assert_allclose(rbf_affinity(apart), rbf_kernel(rows, gamma=1 / (2 * median**2)), atol=1e-12)
    graph = kneighbors_graph(rows, 8, include_self=True).toarray()
    np.testing.assert_array_equal(neighbour_affinity(apart, 7), (graph + graph.T) / 2)


@pytest.mark.parametrize("seed", range(5))
def test_spectral_clustering_is_scikit_learns(seed):
    rows, _ = blobs(apart=1.0, seed=seed)
    affinity = rbf_affinity(distances(rows))
    theirs = SpectralClustering(4, affinity="precomputed", n_init=50, random_state=0).fit_predict(affinity)
    ours = split_affinity(affinity, 4, starts=50, state=0)
    # theirs clusters eigenvectors scaled otherwise, so that a task between two groups may differ
    assert adjusted_rand_score(theirs, ours) > 0.85


def test_neighbours_tell_rings_where_kmeans_cannot():
    rows, of = make_circles(200, factor=0.4, noise=0.03, random_state=0)
    found = run("spectral", inputs(rows, 2, graph="neighbours", neighbours=8))
    assert adjusted_rand_score(of, found.groups) == 1
    assert adjusted_rand_score(of, run("kmeans", inputs(rows, 2)).groups) < 0.1
    with pytest.raises(InputError, match="graph is 'full'"):
        run("spectral", inputs(rows, 2, graph="full"))


def test_dbscan_takes_a_setting_that_gives_k_and_joins_noise_to_the_nearest():
    rows, of = blobs(each=10, d=3, apart=8.0, seed=4)
    stray = rows[of == 2].mean(axis=0) + 0.35 * (rows[of == 0].mean(axis=0) - rows[of == 2].mean(axis=0))
    rows, of = np.vstack([rows, stray]), np.append(of, 2)
    found = run("dbscan", inputs(rows, 4))
    assert adjusted_rand_score(of, found.groups) == 1
    measures = found.measures
    plain = DBSCAN(eps=measures["eps"], min_samples=measures["min_samples"]).fit(rows).labels_
    assert plain.max() + 1 == 4 and (plain == -1).sum() == measures["noise"]
    assert adjusted_rand_score(plain[plain >= 0], found.groups[plain >= 0]) == 1
    assert 1 <= measures["settings_with_k"] < measures["settings_tried"]


def test_noise_joins_the_group_of_its_nearest_member():
    places = np.array([0.0, 1, 2, 10, 11, 4, 8, 100])[:, None]
    clusters = np.array([0, 0, 0, 1, 1, -1, -1, -1])
    assert join_noise(clusters, distances(places)).tolist() == [0, 0, 0, 1, 1, 0, 1, 1]
    assert join_noise(np.full(8, -1), distances(places)).tolist() == [0] * 8


def test_dbscan_says_what_it_tried_where_no_setting_fits():
    rows = np.random.default_rng(0).normal(size=(30, 40))
    with pytest.raises(
        InputError, match=r"no setting gives 9 groups; of \d+ settings .* min_samples 2, 3.*1 \("
    ):
        run("dbscan", inputs(rows, 9))


def test_self_expression_is_a_lasso_of_each_task_on_the_others():
    rows, _ = subspaces(50, 8, seed=0)
    weights = self_expression(rows, alpha=20)
    assert (weights.diagonal() == 0).all()
    gram = np.abs(rows @ rows.T - np.eye(len(rows)))
    fit = 20 / gram.max(axis=0).min()
    for task in range(0, len(rows), 5):
        others = np.delete(np.arange(len(rows)), task)
        lasso = Lasso(1 / (fit * rows.shape[1]), fit_intercept=False, tol=1e-10, max_iter=100_000)
        lasso.fit(rows[others].T, rows[task])
        np.testing.assert_allclose(weights[others, task], lasso.coef_, atol=2e-3)


def test_subspace_clustering_on_the_paper_s_unions_of_subspaces():
    """Both errors fall with the angle and with the number of points, and k-means sees nothing."""
    wrong, found = {}, {}
    for angle, each in ((10, 24), (40, 24), (60, 6), (60, 24)):
        wrong[angle, each], found[angle, each] = [], []
        for seed in range(3):
            rows, of = subspaces(angle, each, seed)
            weights = np.abs(self_expression(rows, alpha=20))
            within = np.where(of[:, None] == of, weights, 0).sum(axis=0)
            wrong[angle, each].append(float(np.mean(1 - within / weights.sum(axis=0))))
            groups = split_affinity(subspace_affinity(weights), 3, starts=20, state=seed)
            found[angle, each].append(adjusted_rand_score(of, groups))
    error = {key: np.mean(values) for key, values in wrong.items()}
    assert error[10, 24] > error[40, 24] > error[60, 24]
    assert error[60, 6] > 10 * error[60, 24] and error[60, 24] < 0.01
    assert min(found[60, 24]) == 1 and min(found[40, 24]) > 0.9 and max(found[10, 24]) < 0.5
    rows, of = subspaces(60, 24, 0)
    assert adjusted_rand_score(of, run("ssc", inputs(rows, 3)).groups) == 1
    assert adjusted_rand_score(of, KMeans(3, n_init=20, random_state=0).fit_predict(rows)) < 0.2


def test_a_task_that_no_other_can_express_is_named():
    rows = np.vstack([np.eye(4), np.eye(4) * 2])[:7]
    with pytest.raises(InputError, match="task 't3' has nothing in common"):
        run("ssc", inputs(rows, 2))


def networks(n, noise=0.3, seed=0):
    """Heads of n networks whose hidden units are turned against each other, and the groups."""
    rng = np.random.default_rng(seed)
    rows, of = blobs(k=3, each=8, d=16, apart=1.0, seed=seed)
    turned = []
    for _ in range(n):
        turn = np.linalg.qr(rng.normal(size=(16, 16)))[0]
        turned.append(Heads((rows + noise * rng.normal(size=rows.shape)) @ turn, np.zeros(len(rows))))
    return tuple(turned), of


@pytest.mark.parametrize("of_method", ["kmeans", "ward"])
def test_a_consensus_outvotes_a_network_that_learnt_something_else(of_method):
    heads, of = networks(4)
    heads = (*heads, Heads(np.random.default_rng(9).normal(size=heads[0].weights.shape), heads[0].bias))
    given_inputs = inputs(heads[0].weights, 3, of_entry=grouping.entry(of_method))
    given_inputs = GroupingInputs(**{**vars(given_inputs), "heads": heads})
    found = run("consensus", given_inputs)
    assert adjusted_rand_score(of, found.groups) == 1
    assert found.measures["networks"] == 5 and 0.3 < found.measures["network_agreement"] < 0.9
    with pytest.raises(InputError, match="needs the heads of two networks"):
        run("consensus", GroupingInputs(**{**vars(given_inputs), "heads": heads[:1]}))


def test_stability_is_one_for_groups_that_are_there_and_low_for_noise():
    noise = np.random.default_rng(0).normal(size=(60, 30))
    assert run("kmeans", inputs(noise, 5)).measures["stability"] < 0.5

    def constant(tasks, _state):
        return tasks // 20

    assert stability(np.arange(60) // 20, 3, constant, 0) == 1
    assert stability(np.arange(6), 5, constant, 0) is None


def test_the_bias_is_a_column_of_its_own():
    rows, _ = blobs(each=3)
    bias = np.arange(12.0)
    raw = task_vectors(inputs(rows, 2, bias=bias, vectors="raw", append=["bias"]))
    np.testing.assert_array_equal(raw, np.column_stack([rows, bias]))
    unit = task_vectors(inputs(rows, 2, bias=bias, vectors="l2", append=["bias"]))
    np.testing.assert_allclose(np.linalg.norm(unit, axis=1), 1)
    with pytest.raises(InputError, match="append: bias changes nothing"):
        task_vectors(inputs(rows, 2, covariance=np.eye(20), vectors="logit_covariance", append=["bias"]))
    with pytest.raises(InputError, match="head of task 't1' holds NaN"):
        task_vectors(inputs(rows, 2, bias=np.where(bias == 1, np.nan, bias), append=["bias"]))


def test_vectors_of_labels_have_the_labels_correlation_as_inner_products():
    rng = np.random.default_rng(0)
    labels = np.corrcoef((rng.random((6, 400)) < 0.3) | (rng.random(400) < 0.2))
    rows = task_vectors(inputs(np.zeros((6, 2)), 2, labels=labels, vectors="labels"))
    np.testing.assert_allclose(rows @ rows.T, labels, atol=1e-12)
    labels[2] = labels[:, 2] = np.nan
    with pytest.raises(InputError, match="labels of task 't2' are all the same"):
        task_vectors(inputs(np.zeros((6, 2)), 2, labels=labels, vectors="labels"))
    with pytest.raises(InputError, match="all 6 labels are the same"):
        task_vectors(inputs(np.zeros((6, 2)), 2, labels=np.ones((6, 6)), vectors="labels"))


def test_what_is_no_covariance_or_gives_a_constant_logit_is_refused():
    rows, _ = blobs(each=3, d=4)
    with pytest.raises(InputError, match="needs the covariance"):
        task_vectors(inputs(rows, 2, vectors="logit_covariance"))
    with pytest.raises(InputError, match="eigenvalue of -1"):
        task_vectors(inputs(rows, 2, covariance=np.diag([1.0, 1, 1, -1]), vectors="logit_covariance"))
    rows[4] = [0, 0, 0, 3.0]
    with pytest.raises(InputError, match="task 't4' predicts the same for every example"):
        task_vectors(inputs(rows, 2, covariance=np.diag([1.0, 1, 1, 0]), vectors="logit_covariance"))


def test_agreement_with_labels_is_pearsons_over_pairs_that_have_a_correlation(caplog):
    rows, _ = blobs(k=2, each=5)
    labels = np.corrcoef(np.random.default_rng(3).normal(size=(10, 40)))
    labels[4] = labels[:, 4] = np.nan
    found = run("kmeans", inputs(rows, 2, labels=labels)).measures["label_agreement"]
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    pairs = [(i, j) for i, j in combinations(range(10), 2) if 4 not in (i, j)]
    cosines, known = zip(*((unit[i] @ unit[j], labels[i, j]) for i, j in pairs))
    assert found == pytest.approx(np.corrcoef(cosines, known)[0, 1])
    assert "9 pairs of tasks have no label correlation" in caplog.text
    assert "label_agreement" not in run("kmeans", inputs(rows, 2)).measures
    nothing = np.full((10, 10), np.nan)
    assert run("kmeans", inputs(rows, 2, labels=nothing)).measures["label_agreement"] is None
