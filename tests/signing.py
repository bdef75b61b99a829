"""Signs pictures with Content Credentials, under an authority made for the test."""

from __future__ import annotations

import datetime as dt
import io
import json

from c2pa import Builder, C2paSignerInfo, C2paSigningAlg, Context, Settings, Signer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_BEGIN = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
_DAYS = 3650


class Authority:
    """A certificate authority with one signer."""

    def __init__(self, organisation: str = "Test Cameras") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Test Root", "Test Authority")
        self.root = self._certificate(self._name, self._key.public_key(), authority=True)
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())
        self._leaf = self._certificate(
            _name("Test Signer", organisation),
            self._leaf_key.public_key(),
            authority=False,
        )

    @property
    def trust_list(self) -> str:
        """The root, in PEM."""
        return _pem(self.root)

    def sign(
        self,
        data: bytes,
        mime: str,
        *,
        source_type: str = "",
        action: str = "c2pa.created",
        agent: str = "Test Agent",
        parent: bytes | None = None,
        generator: str = "tests",
    ) -> bytes:
        """Return the picture with a manifest."""
        first: dict[str, object] = {"action": action, "softwareAgent": agent}
        if source_type:
            first["digitalSourceType"] = IPTC + source_type
        manifest = {
            "claim_generator_info": [{"name": generator, "version": "1"}],
            "title": "signed",
            "format": mime,
            "assertions": [{"label": "c2pa.actions", "data": {"actions": [first]}}],
        }
        settings = Settings.from_dict({"verify": {"verify_after_sign": False}})
        signed = io.BytesIO()
        with Builder(json.dumps(manifest), Context(settings)) as builder:
            if parent is not None:
                described = json.dumps({"title": "parent.jpg", "relationship": "parentOf"})
                builder.add_ingredient(described, "image/jpeg", io.BytesIO(parent))
            builder.sign(self._signer(), mime, io.BytesIO(data), signed)
        return signed.getvalue()

    def _signer(self) -> Signer:
        key = self._leaf_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        chain = (_pem(self._leaf) + _pem(self.root)).encode()
        return Signer.from_info(C2paSignerInfo(C2paSigningAlg.ES256, chain, key, None))

    def _certificate(
        self, name: x509.Name, key: ec.EllipticCurvePublicKey, *, authority: bool
    ) -> x509.Certificate:
        usage = x509.KeyUsage(
            digital_signature=not authority,
            key_cert_sign=authority,
            crl_sign=authority,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        own = self._key.public_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(_BEGIN)
            .not_valid_after(_BEGIN + dt.timedelta(days=_DAYS))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(own), critical=False)
        )
        if not authority:
            purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
            builder = builder.add_extension(purposes, critical=False)
        return builder.sign(self._key, hashes.SHA256())


def manifest_segments(signed: bytes) -> bytes:
    """The segments of a signed JPEG file that hold its manifest."""
    found = b""
    at = 2
    while signed[at + 1] != 0xDA:
        size = 2 + int.from_bytes(signed[at + 2 : at + 4], "big")
        found += signed[at : at + size] if signed[at + 1] == 0xEB else b""
        at += size
    return found


def _name(common: str, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
        ]
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
