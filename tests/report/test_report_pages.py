"""The pages of a validation report: everything is in them, nothing runs, and they stay the same."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tamis.i18n import set_language
from tamis.pipeline import validating
from tamis.pipeline.truth import Truth, TruthRow
from tamis.pipeline.truth_media import Joined, Picture
from tamis.report import html, pdf, plots
from tamis.report.document import Document, Heading, Paragraph, Table
from tamis.report.numbers import number, percent
from tamis.report.validation import document

HOSTILE = '<script>alert(1)</script>&"\u202egnp.exe {x} %s'


def pictures(number: int, groups: int, name: str = "group") -> list[Picture]:
    rng = np.random.default_rng(number)
    found = []
    for line in range(2, number + 2):
        origin = ("capture", "synthetic")[line % 2]
        ratio = float(rng.normal(0.7 if origin == "capture" else -0.7, 0.6))
        row = TruthRow(line, f"{line}.jpg", "", origin, f"{name} {line % groups}", "as found")
        silent = line % 17 == 0
        stratum = "" if silent else "jpeg-high/4:2:0/below-1024/unresampled"
        found.append(
            Picture(
                row,
                f"{line:064x}",
                "jpeg",
                stratum,
                {},
                None if silent else ratio,
                0.0 if silent else 1.5 * ratio,
                ("tiny", "unheard_of") if silent else (),
            )
        )
    return found


def report(monkeypatch: pytest.MonkeyPatch, found: list[Picture], **others: object) -> dict:
    joined = Joined(tuple(found), *((others.get(name) or ()) for name in (
        "repeated", "not_found", "other_content", "unreadable",
    )))  # fmt: skip
    truth = Truth("truth.csv", "0" * 64, tuple(item.row for item in found), (), ("notes",))
    monkeypatch.setattr(validating, "join", lambda *_: joined)
    return validating.validate(None, truth, {"signal.network": "1"}, "tamis validate t -o FOLDER")


@pytest.fixture
def _french():
    set_language("fr")
    yield
    set_language("en")


def test_pages_are_the_same_every_time(monkeypatch):
    found = report(monkeypatch, pictures(60, 6))
    one, two = (document(found) for _ in range(2))
    assert html.render(one) == html.render(two)
    assert pdf.render(one) == pdf.render(two)
    assert pdf.render(one).startswith(b"%PDF")


def test_the_report_is_the_same_every_time(monkeypatch):
    one, two = (report(monkeypatch, pictures(60, 6)) for _ in range(2))
    assert one == two


def test_the_page_runs_and_loads_nothing(monkeypatch):
    page = html.render(document(report(monkeypatch, pictures(60, 6)))).decode()
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert set(re.findall(r'\bsrc="([a-z]+:[a-z/]+)', page)) == {"data:image/png"}
    assert "style=" not in page
    assert "http://" not in page
    assert "https://" not in page


def test_text_from_a_truth_file_stays_text(monkeypatch):
    found = report(
        monkeypatch,
        pictures(60, 6, HOSTILE),
        unreadable=((TruthRow(3, HOSTILE, "", "capture", "", ""), HOSTILE),),
    )
    page = html.render(document(found)).decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert pdf.render(document(found)).startswith(b"%PDF")


def test_markup_is_none_on_paper():
    blocks = (
        Heading("<b>&nope;</i>", 1),
        Paragraph("<para><font color=red>\udcff", "lead", "<u>"),
        Table(("<a href=x>", "n"), (("</para>", "1"),), "<img src=/etc/passwd>"),
    )
    made = Document("<title>", "en", "<footer>", blocks)
    assert pdf.render(made).startswith(b"%PDF")
    assert b"<b>" not in html.render(made)


def test_with_too_little_there_are_reasons_instead_of_figures(monkeypatch):
    found = report(monkeypatch, pictures(12, 6))
    page = html.render(document(found)).decode()
    assert "too few of one kind to say how good the ratios are" in page
    assert "fewer than 10 pictures of a class" in page.lower()
    assert page.count("<img ") == 4  # neither cross-entropy nor reliability
    assert "nan" not in re.sub(r'"data:[^"]*"', "", page)


def test_without_any_ratio_there_is_still_a_report(monkeypatch):
    silent = [item for item in pictures(200, 6) if item.pixels is None]
    found = report(monkeypatch, silent)
    assert found["systems"]["pixels"]["captures"] == 0
    assert pdf.render(document(found)).startswith(b"%PDF")
    page = html.render(document(found)).decode()
    assert "too small" in page
    assert "unheard_of" in page  # a reason without a name of its own is shown as it is


def test_bad_ratios_are_said_to_be_bad(monkeypatch):
    turned = [
        Picture(item.row, item.sha256, "jpeg", "", {}, -3 * item.log10_lr, -3 * item.log10_lr, ())
        for item in pictures(60, 6)
    ]
    page = html.render(document(report(monkeypatch, turned))).decode()
    assert "no less than saying nothing" in page
    assert "must not be relied on" in page


@pytest.mark.usefixtures("_french")
def test_in_french_with_commas(monkeypatch):
    found = report(monkeypatch, pictures(60, 6))
    page = html.render(document(found)).decode()
    shown = f"{found['systems']['pixels']['figures']['cllr']['value']:.3f}".replace(".", ",")
    assert shown in page
    assert "Rapport de validation" in page
    assert "captures" not in re.sub(r'"data:[^"]*"|<style>.*?</style>', "", page, flags=re.DOTALL)
    assert (number(-0.5, 1), percent(0.125)) == ("−0,5", "12,5\u202f%")


def test_a_person_s_own_settings_of_matplotlib_change_no_plot(monkeypatch):
    import matplotlib as mpl

    ratios, capture = np.linspace(-1, 1, 40), np.arange(40) >= 18
    before = plots.tippett(ratios, capture)
    monkeypatch.setitem(mpl.rcParams, "lines.linewidth", 9.0)
    assert plots.tippett(ratios, capture) == before
    assert mpl.rcParams["lines.linewidth"] == 9.0


def test_no_path_of_this_machine_is_in_the_report(monkeypatch):
    text = str(report(monkeypatch, pictures(24, 6)))
    assert "/home" not in text
    assert "/tmp" not in text
