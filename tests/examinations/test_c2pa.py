from __future__ import annotations

import http.server
import io
import json
import threading

import pytest
from examined import content, examine
from PIL import Image

from pictures import jpeg
from signing import Authority, manifest_segments
from tamis.errors import DecodeError
from tamis.examinations.provenance import c2pa, specimens
from tamis.examinations.provenance.c2pa import C2paManifests
from tamis.examinations.provenance.credentials import validator
from tamis.examinations.provenance.credentials.manifests import incomplete, manifests, problems
from tamis.model import Resources

MIMES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture(scope="module")
def stranger():
    return Authority("Somebody Else")


def picture(kind="JPEG", seed=1):
    if kind == "JPEG":
        return jpeg(seed)
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(jpeg(seed))) as image:
        image.save(buffer, kind, lossless=True)
    return buffer.getvalue()


def trusting(authority):
    return C2paManifests.equipped(Resources(authority.trust_list))


def altered(data):
    """The file with one byte of its pixels changed."""
    mark = next(mark for mark in (b"VP8L", b"IDAT", b"\xff\xda") if mark in data)
    at = (data.index if mark == b"VP8L" else data.rindex)(mark) + 60
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize("kind", MIMES)
@pytest.mark.parametrize(
    "origin",
    [
        "digitalCapture",
        "computationalCapture",
        "trainedAlgorithmicMedia",
        "compositeWithTrainedAlgorithmicMedia",
        "composite",
    ],
)
def test_the_ladder_of_states(authority, stranger, kind, origin):
    plain = picture(kind)
    signed = authority.sign(plain, MIMES[kind], source_type=origin)
    assert examine(C2paManifests(), plain) == {}
    observed = {
        "invalid": examine(trusting(authority), altered(signed)),
        "valid": examine(trusting(stranger), signed),
        "trusted": examine(trusting(authority), signed),
    }
    for state, found in observed.items():
        assert found["c2pa.state"] == state
        assert found["c2pa.source_types"] == [origin]
        assert found["c2pa.signer"] == "Test Cameras"
        assert ("c2pa.trusted_source_types" in found) == (state == "trusted")
    codes = {item["code"] for item in observed["invalid"]["c2pa.problems"]}
    assert any(code.endswith("Hash.mismatch") for code in codes)
    assert "c2pa.problems" not in observed["trusted"]
    assert examine(C2paManifests(), signed)["c2pa.state"] == "valid"  # no list: nobody is trusted


def test_the_version_names_the_trust_list(authority, stranger):
    assert C2paManifests().stored_version == C2paManifests.version
    versions = {trusting(one).stored_version for one in (authority, stranger)}
    assert len(versions) == 2
    assert all(version.startswith(f"{C2paManifests.version}-trust-") for version in versions)


def test_an_ingredient_is_described_so_that_it_can_be_found(authority):
    parent = authority.sign(jpeg(2), "image/jpeg", source_type="digitalCapture")
    child = authority.sign(
        jpeg(1), "image/jpeg", source_type="trainedAlgorithmicMedia", parent=parent
    )
    found = examine(trusting(authority), child)
    first, second = found["c2pa.manifests"]
    assert found["c2pa.source_types"] == ["trainedAlgorithmicMedia", "digitalCapture"]
    assert found["c2pa.trusted_source_types"] == ["trainedAlgorithmicMedia"]
    (ingredient,) = found["c2pa.ingredients"]
    assert ingredient["relationship"] == "parentOf"
    assert ingredient["manifest"] == second["label"]
    assert ingredient["of"] == first["label"]
    assert second["actions"][0]["source_type"] == "digitalCapture"


def test_the_thumbnail_of_an_ingredient_has_the_fingerprint_of_the_picture(authority):
    from tamis.fingerprints.pdq import Pdq
    from tamis.media.decode import decode
    from tamis.media.sniff import sniff

    parent = jpeg(2)
    child = authority.sign(jpeg(1), "image/jpeg", parent=parent)
    (ingredient,) = examine(C2paManifests(), child)["c2pa.ingredients"]
    decoded = decode(parent, sniff(parent), max_pixels=10**8)
    own = int.from_bytes(Pdq().compute(decoded).variants[0])
    assert (own ^ int(ingredient["thumbnail"]["pdq"], 16)).bit_count() <= 31


@pytest.mark.parametrize(
    ("field", "text", "service"),
    [
        ("generator", "OpenAI Media Service API", "OpenAI"),
        ("agent", "Adobe Firefly", "Adobe Firefly"),
        ("agent", "Dreamina 3.0", "ByteDance"),
        ("generator", "a camera", None),
        ("agent", "the author of Imagen", None),
    ],
)
def test_services_are_known_by_the_beginning_of_their_names(authority, field, text, service):
    found = examine(C2paManifests(), authority.sign(jpeg(1), "image/jpeg", **{field: text}))
    assert found.get("c2pa.services") == ([service] if service else None)
    assert ("c2pa.generators" in found) == (service in ("OpenAI", "ByteDance"))


class _Counter(http.server.BaseHTTPRequestHandler):
    asked = 0

    def do_GET(self):
        type(self).asked += 1
        self.send_response(404)
        self.end_headers()

    def log_message(self, *arguments):
        pass


def test_nothing_is_fetched_from_an_address_in_the_file(authority):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Counter)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/manifest.c2pa"
        packet = specimens.xmp_packet(
            f'xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="{address}"'
        )
        elsewhere = specimens.jpeg_with_xmp(packet)
        assert examine(C2paManifests(), elsewhere) == {"c2pa.remote": [address]}
        hollow = specimens.jpeg(
            (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet),
            (0xEB, specimens.app11(specimens.manifest_store())),
        )
        assert examine(C2paManifests(), hollow)["c2pa.state"] == "unreadable"
    finally:
        server.shutdown()
        server.server_close()
    assert _Counter.asked == 0


def test_a_manifest_copied_onto_another_picture_is_invalid(authority):
    signed, other = authority.sign(jpeg(1), "image/jpeg"), jpeg(2)
    found = examine(trusting(authority), other[:2] + manifest_segments(signed) + other[2:])
    assert found["c2pa.state"] == "invalid"


@pytest.mark.parametrize("step", range(0, 4000, 97))
def test_damage_never_raises(authority, step):
    signed = bytearray(authority.sign(jpeg(1), "image/jpeg"))
    at = signed.index(b"jumb") + step
    signed[at : at + 3] = b"\xff\x00\x7f"
    state = examine(C2paManifests(), bytes(signed)).get("c2pa.state")
    assert state in ("invalid", "unreadable", None)


@pytest.mark.parametrize(
    "store",
    [
        {},
        {"manifests": []},
        {"manifests": {"a": None}, "active_manifest": "a"},
        {"manifests": {"a": {"ingredients": [{"active_manifest": "a"}]}}, "active_manifest": "a"},
        {"manifests": {"a": {"assertions": [{"label": 7, "data": {"actions": "x"}}]}}},
        {
            "manifests": {
                "a": {
                    "assertions": [{"label": "c2pa.actions", "data": {"actions": [None, {}]}}],
                    "claim_generator_info": {"name": 3},
                    "signature_info": [],
                }
            },
            "validation_status": [{"code": 1}, "x"],
        },
    ],
)
def test_a_store_of_any_shape_is_described(store):
    described = manifests(store)
    json.dumps([described, problems(store), incomplete(store)])
    assert [item["label"] for item in described] == list(store.get("manifests") or {})


def test_texts_and_lists_are_cut():
    actions = [{"action": "x" * 10_000}] * 1000
    store = {
        "manifests": {
            f"m{number}": {"assertions": [{"label": "c2pa.actions", "data": {"actions": actions}}]}
            for number in range(100)
        }
    }
    described = manifests(store)
    assert len(described) == 32
    assert len(described[0]["actions"]) == 64
    assert len(described[0]["actions"][0]["action"]) == 512


def test_a_file_without_a_manifest_never_reaches_the_validator(monkeypatch):
    monkeypatch.setattr(
        "tamis.examinations.provenance.c2pa.validate", lambda *_: pytest.fail("validated")
    )
    assert C2paManifests().examine(content(jpeg(1))) == []


def test_thumbnails_are_few_and_small(monkeypatch):
    looked = []
    monkeypatch.setattr(
        "tamis.examinations.provenance.c2pa.decode",
        lambda data, sniffed, max_pixels: looked.append(max_pixels) or decode_nothing(),
    )
    found = [{"label": "a", "ingredients": [{"thumbnail": f"t{n}"} for n in range(500)]}]
    c2pa._add_thumbnails(found, {f"t{n}": b"\xff\xd8\xff" + bytes([n % 256]) for n in range(500)})
    assert len(looked) == 16
    assert max(looked) < 2_000_000


def decode_nothing():
    raise DecodeError("broken", "")


def test_a_thumbnail_of_an_unusual_format_is_not_decoded():
    buffer = io.BytesIO()
    Image.new("RGB", (2000, 2000)).save(buffer, "JPEG2000")
    assert c2pa._thumbnail(buffer.getvalue()).keys() == {"sha256", "bytes"}


@pytest.mark.parametrize(
    "actions",
    [
        [{"action": "c2pa.edited"}] * 70,
        [{"digitalSourceType": "http://example.org/somethingNew"}],
        [{"parameters": {"digitalSourceType": {"a": 1}}}],
    ],
)
def test_what_was_cut_or_is_unknown_is_said(actions):
    data = {"actions": [{"digitalSourceType": "trainedAlgorithmicMedia"}, *actions]}
    store = {"manifests": {"a": {"assertions": [{"label": "c2pa.actions", "data": data}]}}}
    assert incomplete(store)
    data["actions"] = data["actions"][:1]
    assert not incomplete(store)


def test_a_reference_into_the_file_is_no_address():
    packet = specimens.xmp_packet(
        'xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="self#jumbf=/c2pa/x"'
    )
    assert examine(C2paManifests(), specimens.jpeg_with_xmp(packet)) == {}


@pytest.mark.parametrize(
    ("codes", "state"),
    [
        (["signingCredential.expired", "signingCredential.untrusted"], "expired"),
        (["signingCredential.expired", "assertion.dataHash.mismatch"], "invalid"),
        (["signingCredential.untrusted", "claimSignature.mismatch"], "invalid"),
        ([], "invalid"),
    ],
)
def test_an_expired_certificate_is_no_alteration(codes, state):
    statuses = [{"code": code} for code in codes]
    assert validator._state({"validation_state": "Invalid", "validation_status": statuses}) == state
