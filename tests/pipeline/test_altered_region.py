"""A region with another history than the rest raises a picture in the queue of its case."""

from __future__ import annotations

from tamis.examinations.signal import specimens
from users import Site


def test_a_region_put_in_raises_the_picture(tmp_path):
    site = Site(tmp_path)
    site.evidence.mkdir()
    (site.evidence / "altered.png").write_bytes(specimens.pasted())
    (site.evidence / "never.png").write_bytes(specimens.never())
    site.run("scan", site.evidence, "--case", site.case, "--seed", "5eed")
    places = {place["path"]: place for place in site.queue()}
    assert "altered_region" in places["altered.png"]["reasons"]
    assert places["never.png"]["reasons"] == "unknown"
    assert float(places["altered.png"]["priority"]) > float(places["never.png"]["priority"])
