"""Adds detectors to the site and removes them; the audit log of the site tells of each."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tamis.audit import checkpoint, log
from tamis.config import detectors_folder
from tamis.detectors import self_test
from tamis.detectors.card import LARGEST_CARD, Card, parse, written
from tamis.detectors.installed import CARD, MODEL, card_of
from tamis.detectors.model_file import LARGEST_MODEL
from tamis.detectors.self_test import Trial, Tried
from tamis.errors import DetectorError
from tamis.i18n import _, current_language
from tamis.isolate.pool import SafePool, Status
from tamis.model import printable

if TYPE_CHECKING:
    from tamis.config import Settings
    from tamis.model import InstalledDetector
    from tamis.store.database import Store

_TRIAL_SECONDS = 300.0


def add(
    site: Store, model_path: Path, card_path: Path, settings: Settings, *, trust_weights: bool
) -> Card:
    """Install a detector, once its model proved to be what the card says.

    Args:
        site: the site's store; the caller holds its writer's lock.
        model_path: an ONNX file.
        card_path: its card.
        settings: in force.
        trust_weights: take the digest and the self-test of these weights where the card has none.
            What the card says of a calibration is then dropped: it was of somebody else's scores.

    Returns:
        the card as installed.

    Raises:
        DetectorError: the card or the model is refused, or the self-test differs, or a detector of
            this name is installed; nothing is left behind.
    """
    name = printable(str(model_path))
    card = parse(_read(card_path, LARGEST_CARD), printable(str(card_path)))
    if (detectors_folder() / card.id).exists():
        raise DetectorError(_("{id}: is installed already; remove it first", id=card.id))
    model = _read(model_path, LARGEST_MODEL)
    self_test.examined(model, name, card)
    complete = _completed(card, model, printable(str(card_path)), trusted=trust_weights)
    logits = tried(complete, model, name, settings)
    if complete.proven:
        if differing := self_test.drift(complete, logits):
            raise DetectorError(
                _("{file}: the self-test differs: {list}", file=name, list="; ".join(differing))
            )
    else:
        measured = self_test.made(logits)
        complete = complete.model_copy(update={"self_test": measured, "calibration": None})
    _install(site, complete, model, name)
    return complete


def tried(card: Card, model: bytes, name: str, settings: Settings) -> tuple[float, ...]:
    """Return the logits of the self-test, made in a confined worker.

    Raises:
        DetectorError: the model cannot be used as the card says.
    """
    pool: SafePool[Trial] = SafePool(
        self_test.attempt,
        workers=1,
        timeout=_TRIAL_SECONDS,
        memory=settings.worker_memory_mib << 20,
        preload=("tamis.pipeline.warm",),
        initialiser=self_test.prepare,
        results=(Tried,),
    )
    (outcome,) = pool.map([Trial(written(card), model, name, current_language())])
    if outcome.status is not Status.OK or not isinstance(outcome.value, Tried):
        reason = f"{outcome.status.value}: {outcome.detail}"
        raise DetectorError(_("{file}: the trial failed: {reason}", file=name, reason=reason))
    if outcome.value.error:
        raise DetectorError(outcome.value.error)
    return outcome.value.logits


def remove(site: Store, name: str) -> None:
    """Remove a detector; what it observed stays in the cases.

    Raises:
        DetectorError: there is none of this name.
    """
    folder = detectors_folder() / name
    if name in ("", ".", "..") or folder.parent != detectors_folder() or not folder.is_dir():
        raise DetectorError(_("{id}: there is no such detector", id=printable(name)))
    with site.write() as connection:
        log.append(connection, "detector.remove", {"id": name, "card_sha256": _digest_of(folder)})
        shutil.rmtree(folder)
    checkpoint.sign(site)


def find(installed: tuple[InstalledDetector, ...], name: str) -> InstalledDetector:
    """Return the installed detector of this name.

    Raises:
        DetectorError: there is none.
    """
    for each in installed:
        if Path(each.folder).name == name:
            return each
    raise DetectorError(_("{id}: there is no such detector", id=printable(name)))


def replace_card(site: Store, installed: InstalledDetector, card: Card, record: str) -> None:
    """Put another card in the place of an installed detector's, and tell the audit log.

    Args:
        site: the site's store; the caller holds its writer's lock.
        installed: whose card.
        card: the new one.
        record: kind of the audit record.
    """
    folder = Path(installed.folder)
    before = hashlib.sha256(installed.card.encode()).hexdigest()
    with site.write() as connection:
        fresh = folder / f".{CARD}"
        fresh.write_text(written(card), encoding="utf-8")
        body = described(card) | {"before": before, "card_sha256": _digest(fresh)}
        log.append(connection, record, body)
        fresh.replace(folder / CARD)
    checkpoint.sign(site)


def described(card: Card) -> dict[str, object]:
    """Return what is told of a detector, without the pictures of its self-test."""
    calibration = card.calibration
    return {
        "id": card.id,
        "version": card.version,
        "title": card.title,
        "licence": card.licence,
        "url": card.url,
        "sha256": card.sha256,
        "state": card.state,
        "self_test": card.self_test.origin if card.self_test else None,
        "calibration": calibration.model_dump(mode="json") if calibration else None,
    }


def listed(installed: tuple[InstalledDetector, ...]) -> list[Card]:
    """Return the cards of the installed detectors.

    Raises:
        DetectorError: one was changed into something that is no card.
    """
    return [card_of(each) for each in installed]


def _completed(card: Card, model: bytes, name: str, *, trusted: bool) -> Card:
    """Return the card with the digest of the weights, and a self-test.

    Raises:
        DetectorError: it lacks one, and the weights are not to be trusted.
    """
    lacking = [key for key in ("sha256", "self_test") if getattr(card, key) is None]
    if lacking and not trusted:
        raise DetectorError(
            _(
                "{file}: it has no {keys}, so nothing shows that these are the weights it is for "
                "or that pictures are prepared as they ask; --trust-weights installs them all the "
                "same, as unproven",
                file=name,
                keys=", ".join(lacking),
            )
        )
    given = {
        "sha256": card.sha256 or hashlib.sha256(model).hexdigest(),
        "self_test": card.self_test or self_test.made(),
    }
    return card.model_copy(update=given)


def _install(site: Store, card: Card, model: bytes, name: str) -> None:
    folder = detectors_folder() / card.id
    fresh = folder.with_name(f".{card.id}")
    try:
        shutil.rmtree(fresh, ignore_errors=True)  # of an installation that was cut off
        fresh.mkdir(parents=True)
        (fresh / MODEL).write_bytes(model)
        (fresh / CARD).write_text(written(card), encoding="utf-8")
    except OSError as error:
        raise DetectorError(
            _("{file}: cannot be written: {reason}", file=fresh, reason=error.strerror)
        ) from error
    with site.write() as connection:
        body = described(card) | {"file": name, "card_sha256": _digest(fresh / CARD)}
        log.append(connection, "detector.add", body)
        fresh.rename(folder)
    checkpoint.sign(site)


def _read(path: Path, limit: int) -> bytes:
    """Return a file of at most `limit` bytes.

    Raises:
        DetectorError: it is larger, or cannot be read.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        raise DetectorError(
            _(
                "{file}: cannot be read: {reason}",
                file=printable(str(path)),
                reason=error.strerror,
            )
        ) from error
    if len(data) > limit:
        raise DetectorError(
            _("{file}: larger than {limit} MiB", file=printable(str(path)), limit=limit >> 20)
        )
    return data


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest_of(folder: Path) -> str | None:
    card = folder / CARD
    return _digest(card) if card.is_file() else None
