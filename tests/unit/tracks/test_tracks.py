"""The IGV session and the track hub, read back: every path leads from their folder to a file that is there."""

import re
import xml.etree.ElementTree as ET

import pytest

from epigroup.tracks.browsers import Shown, write_hub, write_session


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A results folder and its profiles, paths relative to the working folder as in a run."""
    monkeypatch.chdir(tmp_path)

    def file(path):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("x")
        return path

    def peaks(name):
        file(f"out/peaks/standard/{name}.narrowPeak.gz.tbi")
        return file(f"out/peaks/standard/{name}.narrowPeak.gz")

    def bigbed(name):
        return file(f"out/tracks/peaks/{name}.bb")

    def signals(name):
        return {kind: file(f"out/signals/{name}.{kind}.bw") for kind in ("enrichment", "pvalue")}

    file("out/genome/genome.fa")
    return [
        Shown("atac.1", "CA", "liver & <bile>", peaks("atac.1"), bigbed("atac.1"), signals("atac.1")),
        Shown("atac+1", "CA", "liver", peaks("atac+1"), bigbed("atac+1"), signals("atac+1")),
        Shown("ctcf", "TFB", "CTCF, liver", peaks("ctcf"), bigbed("ctcf"), {"signal": file("given/ctcf.bw")}),
        Shown("given", "HM", "H3K4me3, " + "very " * 40 + "long", peaks("given"), bigbed("given")),
    ]


def stanzas(path):
    """Stanzas of a file of UCSC's settings: lines `key value`, blank lines between."""
    blocks = [block for block in path.read_text().split("\n\n") if block.strip()]
    found = [dict(line.split(" ", 1) for line in block.splitlines()) for block in blocks]
    assert all(len(block.splitlines()) == len(one) for block, one in zip(blocks, found)), "a key twice"
    return found


def hub(tmp_path, profiles, **words):
    folder = tmp_path / "out/tracks"
    outs = {key: folder / f"{key}.txt" for key in ("hub", "genomes", "tracks")}
    write_hub(outs, profiles, **{"name": "my run", "assembly": "hg38", "email": "a@b.org"} | words)
    return folder


def test_the_session_names_every_file_by_a_relative_path(tmp_path, run):
    out = "out/tracks/igv_session.xml"
    write_session(out, run, assembly="toy1", fasta="out/genome/genome.fa", chromosome="chr1")
    session = ET.parse(tmp_path / out).getroot()
    assert (session.tag, session.get("genome"), session.get("locus")) == (
        "Session",
        "../genome/genome.fa",
        "chr1",
    )
    folder = tmp_path / "out/tracks"
    assert (folder / session.get("genome")).is_file()
    resources = session.find("Resources").findall("Resource")
    wanted = [path for one in run for path in (*one.signals.values(), one.peaks)]
    assert [(folder / one.get("path")).resolve() for one in resources] == [tmp_path / path for path in wanted]
    assert all((folder / one.get("index")).is_file() for one in resources if one.get("index"))
    assert sum(one.get("index") is not None for one in resources) == len(run)
    tracks = session.find("Panel").findall("Track")
    assert [one.get("id") for one in tracks] == [one.get("path") for one in resources]
    assert [one.get("name") for one in tracks][:3] == [
        "atac.1 fold enrichment",
        "atac.1 -log10 p",
        "atac.1 peaks",
    ]
    assert all(not one.get("path").startswith("/") for one in resources)


def test_a_genome_that_igv_has_is_named(tmp_path, run):
    write_session("s.xml", run, assembly="hg38", fasta="out/genome/genome.fa", chromosome="chr1")
    assert ET.parse(tmp_path / "s.xml").getroot().get("genome") == "hg38"


def test_the_hub_leads_to_every_signal_and_all_peaks(tmp_path, run):
    folder = hub(tmp_path, run)
    (top,) = stanzas(folder / "hub.txt")
    assert top.keys() == {"hub", "shortLabel", "longLabel", "genomesFile", "email"}
    assert (top["hub"], top["shortLabel"], top["email"]) == ("my_run", "my run", "a@b.org")
    (genome,) = stanzas(folder / top["genomesFile"])
    assert genome["genome"] == "hg38"
    tracks = stanzas(folder / genome["trackDb"])
    groups = {one["track"] for one in tracks if "superTrack" in one}
    assert groups == {"CA", "HM", "TFB"}
    shown = [one for one in tracks if "bigDataUrl" in one]
    assert {one["parent"].split()[0] for one in shown} == groups
    paths = {(folder / one["bigDataUrl"]).resolve(): one["type"] for one in shown}
    assert len(paths) == len(shown) and all(path.is_file() for path in paths)
    assert paths == {
        **{tmp_path / path: "bigWig" for one in run for path in one.signals.values()},
        **{tmp_path / one.bigbed: "bigNarrowPeak" for one in run},
    }
    names = [one["track"] for one in tracks]
    assert len(set(names)) == len(names) and all(
        re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII) for name in names
    )
    assert all(len(one["shortLabel"]) <= 17 and len(one["longLabel"]) <= 80 for one in tracks)


def test_an_assembly_that_ucsc_may_not_have_is_said(tmp_path, run, caplog):
    hub(tmp_path, run, assembly="toy1")
    assert "toy1 may be none" in caplog.text
