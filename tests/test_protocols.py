"""Every committed record has the protocol that its script gives to the cell today."""

import copy
import json

import pytest

from replication.records import provenance
from replication.verification import record_checks

REFERENCE = provenance.ROOT / "results" / "reference"
# Their files are about models of other records, and have no protocol of their own.
FIGURES = ("memn2n_figure2_attention", "memn2n_figure3_hops")
EXPERIMENTS = sorted(path.name for path in REFERENCE.iterdir()
                     if path.name.partition("@")[0] not in FIGURES and list(path.rglob("*.json")))


def problems(record, protocols):
    """What of a record's protocol is another than its script's."""
    assert {record["column"], (record["row"], record["column"])} & protocols.keys()
    return record_checks.problems_of_protocol(record, protocols)


def leaves(protocol, place=()):
    """The places of all single values of a protocol."""
    for key, value in protocol.items():
        if isinstance(value, dict):
            yield from leaves(value, (*place, key))
        else:
            yield *place, key


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_committed_records_have_the_protocol_of_their_script(experiment):
    protocols = record_checks.variants_of(experiment.partition("@")[0])
    for path in sorted((REFERENCE / experiment).rglob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        assert problems(record, protocols) == [], path
    for place in leaves(record["protocol"]):    # of the last one, each field alone changed
        other = copy.deepcopy(record)
        part = other["protocol"]
        for key in place[:-1]:
            part = part[key]
        part[place[-1]] = "another"
        assert len(problems(other, protocols)) == 1, place


def test_no_committed_file_is_a_stray(tmp_path):
    """What verify says of the evidence, here for the files' names alone."""
    records = {path: json.loads(path.read_text(encoding="utf-8"))
               for path in record_checks.record_files(REFERENCE)}
    cells = {path: record for path, record in records.items() if "curves" in record}
    assert len(cells) > 1000 and record_checks.strays(REFERENCE, cells) == []
    (tmp_path / "memn2n_tuning").mkdir()
    (tmp_path / "memn2n_tuning" / "another.csv").write_text("x")
    assert len(record_checks.strays(tmp_path, {})) == 1
