"""Quantitative targets: from bigWigs into shards, and out of the loader; what is refused by name."""

import json

import numpy as np
import pytest
import torch
from test_bigwig import by_base, write

from epigroup.dataset_summary import summarise_dataset
from epigroup.errors import InputError
from epigroup.genome import open_genome, write_genome
from epigroup.intervals import read_peaks
from epigroup.labelling import make_shard
from epigroup.loader import Batches, Sequences
from epigroup.shards import open_dataset, read_shard
from epigroup.signals import check_signals, read_signals
from epigroup.standard_peaks import standardise
