"""Sections of the config read into records."""

from dataclasses import FrozenInstanceError, dataclass

import pytest

from epigroup.core.errors import InputError
from epigroup.core.settings import as_given, read_settings


@dataclass(frozen=True)
class Network:
    hidden: int
    dropout: tuple[float, ...] = ()


@dataclass(frozen=True)
class Training:
    network: Network
    rate: float
    warm: Network | None = None


def test_a_section_becomes_a_record_with_its_parts():
    read = read_settings(
        Training, {"rate": 0.1, "network": {"hidden": 64, "dropout": [0.0, 0.2]}}, "training"
    )
    assert read == Training(Network(64, (0.0, 0.2)), 0.1)
    assert read_settings(
        Training, {"rate": 1.0, "network": {"hidden": 1}, "warm": {"hidden": 2}}, "t"
    ).warm == Network(2)
    with pytest.raises(FrozenInstanceError):
        read.rate = 0.2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"rate": 1.0, "network": {"hidden": 1}, "momentum": 0.9},
            "training: unknown key 'momentum'; known: network, rate",
        ),
        ({"network": {"hidden": 1}}, "training: the key 'rate' is missing"),
        ({"rate": 1.0, "network": {}}, "training.network: the key 'hidden' is missing"),
    ],
)
def test_a_key_too_many_or_too_few_is_named(given, said):
    with pytest.raises(InputError, match=said):
        read_settings(Training, given, "training")


@dataclass(frozen=True)
class Search:
    rates: tuple[float, ...] | None = None
    trials: int | None = 8
    phases: tuple[Network, ...] = ()


@pytest.mark.parametrize("given", [{}, {"trials": None}, {"rates": [0.1, 0.2], "trials": 3}])
def test_what_is_written_is_read_as_the_same_record(given):
    record = read_settings(Search, given, "search")
    assert read_settings(Search, as_given(record), "search") == record
    assert as_given(record)["trials"] == given.get("trials", 8) and "phases" in as_given(record)


def test_a_record_within_a_list_is_not_written():
    with pytest.raises(TypeError, match="Network lies within"):
        as_given(Search(phases=(Network(1),)))
