"""Models linear in the tracks: by definition, beside scikit-learn, blind to what is held out, and on planted scales."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

from epigroup.core.errors import InputError
from epigroup.imputation.choices import (
    can_be_left_out,
    choose_penalty,
    choose_shares,
    least_on_simplex,
    leave_out,
)
from epigroup.imputation.fit_models import fit_known
from epigroup.imputation.linear_parts import additive_fit
from epigroup.imputation.models import MODELS, model_of
from epigroup.imputation.moments import Moments
from epigroup.imputation.weights import ENSEMBLE, read_fitted, write_fitted
from planted_tracks import moments_of, planted_places, planted_values

PLACES = planted_places()


def fitted_errors(values, known, test, names=tuple(MODELS)):
    """{model: its mean squared error on a test track}, by the values themselves."""
    fitted, _ = fit_known(moments_of(values), PLACES, known, [PLACES.target(test)], names)
    row = PLACES.index(test)
    return {
        name: float(np.mean((fitted.weights[m, 0] @ values + fitted.intercepts[m, 0] - values[row]) ** 2))
        for m, name in enumerate(fitted.models)
    }


def known_without(*test):
    return np.array([i for i, one in enumerate(PLACES.tracks) if one.task_id not in test])


@pytest.mark.parametrize("name", MODELS)
def test_no_model_sees_what_is_held_out(name):
    values = planted_values(PLACES, 1)
    known, row = known_without("B_K27"), PLACES.index("B_K27")
    moments = moments_of(values)
    other = values.copy()
    other[row] = np.random.default_rng(2).normal(5, 9, values.shape[1])
    turned = moments_of(other)
    # the same but for the row and column of what is held out, to the last bit
    covariance = moments.covariance.copy()
    covariance[row], covariance[:, row] = turned.covariance[row], turned.covariance[:, row]
    mean = moments.mean.copy()
    mean[row] = turned.mean[row]
    found = [
        model_of(name).fit(one, PLACES, known, model_of(name).PENALTIES[-1])(PLACES.target("B_K27"))
        for one in (moments, Moments(moments.n, mean, covariance))
    ]
    np.testing.assert_array_equal(found[0].weights, found[1].weights)
    assert found[0].intercept == found[1].intercept and found[0].weights[row] == 0


def test_average_and_constant_are_those_of_the_other_cell_types():
    values = planted_values(PLACES, 3)
    known = known_without("A_K4", "C_K4")
    rows = [PLACES.index(f"{cell}_K4") for cell in "BDE"]
    for name, expected in (("average", values[rows].mean(axis=0)), ("constant", values[rows].mean())):
        found = model_of(name).fit(moments_of(values), PLACES, known, 0.0)(PLACES.target("A_K4"))
        np.testing.assert_allclose(
            found.weights @ values + found.intercept, np.broadcast_to(expected, values.shape[1:]), rtol=1e-9
        )


def test_nearest_cell_type_is_the_one_whose_tracks_correlate_best():
    values = planted_values(PLACES, 4)
    rng = np.random.default_rng(1)
    for assay in ("K27", "K36", "K9"):
        copy = values[PLACES.index(f"D_{assay}")]
        values[PLACES.index(f"A_{assay}")] = 3 * copy + rng.normal(0, 0.2, copy.shape)
    found = model_of("nearest_cell_type").fit(moments_of(values), PLACES, known_without("A_K4"), 0.0)
    weights = found(PLACES.target("A_K4")).weights
    assert np.flatnonzero(weights).tolist() == [PLACES.index("D_K4")] and weights.max() == 1


def test_cell_regression_is_least_squares_on_the_cells_one_after_the_other():
    values = planted_values(PLACES, 5)
    known = known_without("A_K4")
    found = model_of("cell_regression").fit(moments_of(values), PLACES, known, 0.0)(PLACES.target("A_K4"))
    others = [PLACES.index(f"{cell}_K4") for cell in "BCDE"]
    blocks, targets = [], []
    for row, cell in zip(others, "BCDE", strict=True):
        average = values[[other for other in others if other != row]].mean(axis=0)
        own = [values[PLACES.index(f"{cell}_{assay}")] for assay in ("K27", "K36", "K9")]
        blocks.append(np.array([average, *own]).T)
        targets.append(values[row])
    reference = LinearRegression().fit(np.concatenate(blocks), np.concatenate(targets))
    mine = np.array(
        [values[others].mean(axis=0), *(values[PLACES.index(f"A_{assay}")] for assay in ("K27", "K36", "K9"))]
    ).T
    np.testing.assert_allclose(
        found.weights @ values + found.intercept, reference.predict(mine), rtol=1e-5, atol=1e-6
    )


def test_a_scale_that_is_planted_by_cell_type_is_recovered():
    values = planted_values(PLACES, 6, own=0.0, noise=0.05)
    for test in ("A_K4", "E_K36"):
        errors = fitted_errors(values, known_without(test), test)
        variance = values[PLACES.index(test)].var()
        assert errors["average"] > 0.08 * variance
        for name in ("scaled_average", "residual_regression", ENSEMBLE):
            assert errors[name] < 0.1 * errors["average"], name


def test_what_a_cell_type_has_of_its_own_is_taken_from_its_other_tracks():
    values = planted_values(PLACES, 7, own=0.7, noise=0.05)
    errors = fitted_errors(values, known_without("C_K9"), "C_K9")
    assert errors["residual_regression"] < 0.5 * errors["scaled_average"]
    assert errors["cell_regression"] < 0.7 * errors["average"]


@pytest.mark.parametrize("name", MODELS)
def test_errors_from_moments_are_those_of_the_values(name):
    values = planted_values(PLACES, 8)
    one = leave_out(name, moments_of(values), PLACES, known_without("B_K27"), model_of(name).PENALTIES[0])
    for row, weights, intercept, error in zip(one.rows, one.weights, one.intercepts, one.errors, strict=True):
        assert weights[row] == 0
        assert error == pytest.approx(np.mean((weights @ values + intercept - values[row]) ** 2), rel=1e-9)


def test_the_penalty_of_least_error_is_taken():
    moments, known = moments_of(planted_values(PLACES, 9)), known_without("B_K27")
    chosen = choose_penalty("residual_regression", moments, PLACES, known)
    tried = {
        penalty: leave_out("residual_regression", moments, PLACES, known, penalty).error
        for penalty in model_of("residual_regression").PENALTIES
    }
    assert chosen.error == min(tried.values()) and tried[chosen.penalty] == chosen.error


@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
@settings(deadline=None, max_examples=60)
def test_shares_are_the_best_on_the_simplex(seed, size):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(size, rng.integers(1, 2 * size + 1)))
    products = root @ root.T
    shares = least_on_simplex(products)
    assert (shares >= 0).all() and shares.sum() == pytest.approx(1)
    best = shares @ products @ shares
    for other in [*np.eye(size), *rng.dirichlet(np.ones(size), 200)]:
        assert best <= other @ products @ other + 1e-7 * np.trace(products)


def test_a_mixture_errs_less_than_its_members_on_what_chose_it():
    moments, known = moments_of(planted_values(PLACES, 10)), known_without("B_K27", "D_K4")
    left_out = [choose_penalty(name, moments, PLACES, known) for name in MODELS]
    shares, error = choose_shares(left_out, moments)
    assert shares.sum() == pytest.approx(1) and error <= min(one.error for one in left_out) + 1e-9


def test_an_additive_fit_without_penalty_finds_planted_effects():
    rng = np.random.default_rng(11)
    cells, assays = rng.normal(size=5), rng.normal(size=4)
    rows = np.arange(len(PLACES))[1:]
    found = additive_fit((cells[PLACES.cell] + assays[PLACES.assay])[rows], PLACES, rows, 0.0)
    np.testing.assert_allclose(found, cells[:, None] + assays[None], atol=1e-4)


def test_a_track_that_is_alone_is_not_left_out():
    places = planted_places(tuple(f"A_{assay}" for assay in ("K27", "K36", "K9")))
    rows = can_be_left_out(places, np.arange(len(places)))
    assert places.index("A_K4") not in rows and len(rows) == len(places) - 1


def test_nothing_to_choose_by_is_refused():
    places = planted_places(
        tuple(one.task_id for one in PLACES.tracks if one.task_id not in ("A_K4", "B_K27"))
    )
    values = planted_values(places, 1)
    with pytest.raises(InputError, match="no model can be chosen: of 2 known tracks"):
        choose_penalty("average", moments_of(values), places, np.arange(2))


def test_an_unknown_model_is_refused_with_the_one_that_was_meant():
    with pytest.raises(InputError, match="unknown model 'scaled_avrage'; did you mean scaled_average"):
        model_of("scaled_avrage")


def test_fitted_models_are_read_as_they_were_written(tmp_path):
    values = planted_values(PLACES, 12)
    fitted, table = fit_known(
        moments_of(values),
        PLACES,
        known_without("B_K27"),
        [PLACES.target("B_K27")],
        ["average", "scaled_average"],
    )
    write_fitted(tmp_path / "models.h5", fitted)
    again = read_fitted(tmp_path / "models.h5")
    assert (again.models, again.targets, again.tasks) == (fitted.models, fitted.targets, fitted.tasks)
    np.testing.assert_array_equal(again.weights, fitted.weights)
    assert [row[0] for row in table] == ["average", "scaled_average", ENSEMBLE]
    assert sum(row[4] for row in table) == 1
    with pytest.raises(KeyError):
        again.of("average", ("A", "K4"))


def test_a_known_place_is_imputed_as_if_it_were_not_known():
    moments, known = moments_of(planted_values(PLACES, 13)), np.arange(len(PLACES))
    target = PLACES.target("C_K36")
    fitted, _ = fit_known(moments, PLACES, known, [target], ["average", "linear_factorisation"])
    assert (fitted.weights[:, 0, PLACES.index("C_K36")] == 0).all()
    one = leave_out("linear_factorisation", moments, PLACES, known, (1.0, 1.0))
    again, _ = fit_known(moments, PLACES, known_without("C_K36"), [target], ["average"])
    np.testing.assert_array_equal(fitted.weights[0], again.weights[0])
    assert len(one.rows) == len(PLACES)
