"""Links that files declare, by identifier."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tamis.linking.declared import DeclaredLink, declared_links, lineage
from tamis.model import Observation


def of(**observed: object):
    pairs = {name.replace("__", "."): value for name, value in observed.items()}
    return lineage([Observation(name, value) for name, value in pairs.items()])


def ingredient(**values: object):
    return {"c2pa__ingredients": [{"relationship": "parentOf", **values}]}


PHOTO = of(lineage__document_id="did:1", lineage__instance_id="iid:1")
SIGNED = of(c2pa__manifests=[{"label": "urn:a"}, {"label": "urn:old"}])


def test_an_ingredient_leads_to_its_file_and_back():
    child = of(**ingredient(instance_id="iid:1"))
    everyone = {1: PHOTO, 2: child, 3: SIGNED}
    evidence = {"by": "instance_id", "id": "iid:1", "relationship": "parentOf"}
    assert declared_links(2, everyone) == [DeclaredLink(1, "derived_from", evidence)]
    assert declared_links(1, everyone) == [DeclaredLink(2, "source_of", evidence)]
    assert declared_links(3, everyone) == []


def test_a_manifest_is_surer_than_an_identifier():
    both = of(
        c2pa__manifests=[{"label": "urn:a"}],
        lineage__instance_id="iid:9",
    )
    child = of(**ingredient(instance_id="iid:9", manifest="urn:a"))
    (link,) = declared_links(2, {1: both, 2: child})
    assert link.evidence["by"] == "manifest"


def test_only_the_active_manifest_names_a_file():
    child = of(**ingredient(manifest="urn:old"))
    assert declared_links(2, {1: SIGNED, 2: child}) == []


def test_states_of_one_document():
    later = of(lineage__document_id="did:2", lineage__original_id="did:1")
    (link,) = declared_links(1, {1: PHOTO, 2: later})
    assert (link.type, link.evidence["id"]) == ("same_document", "did:1")


def test_a_file_is_no_source_of_itself():
    own = of(lineage__document_id="did:1", lineage__sources=["did:1"])
    assert own.sources == {}


def test_a_thumbnail_without_fingerprint_is_no_thumbnail():
    assert of(**ingredient(thumbnail={"sha256": "00"})).thumbnails == ()
    (one,) = of(**ingredient(thumbnail={"pdq": "ab" * 32, "pdq_quality": 80})).thumbnails
    assert (one.pdq, one.quality) == (b"\xab" * 32, 80)


@given(
    st.dictionaries(
        st.sampled_from(["c2pa.ingredients", "c2pa.manifests", "lineage.sources"]),
        st.recursive(
            st.none() | st.text() | st.integers(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=8,
        ),
    )
)
def test_observations_of_any_shape_are_taken(observed):
    named = lineage([Observation(name, value) for name, value in observed.items()])
    for link in declared_links(1, {1: named, 2: named, 3: PHOTO}):
        json.dumps(link.evidence)
