"""A hand-in as `make labN-submit` packs it and as grading takes it: its name, its manifest, and its signature.

    ada_lab3_20261101-120000.zip    who, which lab, when
    lab3/manifest.json              the same, a hash of each file and, where the course gives keys out, a signature

A course has one secret. A student's key is derived from it and from the student's id: so it signs for this student
alone, and who grades needs nothing but the secret to check all of them.
"""

import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from grader.errors import Refused

TIME = "%Y%m%d-%H%M%S"
# A browser adds " (1)" to a name that it knows already, a learning platform "-1"; a person drops the time.
COPY = r"( ?\(\d+\)|-\d{1,3})"
PACKED = re.compile(rf"(?P<student>.+)_lab(?P<number>\d+)(_(?P<time>\d{{8}}-\d{{6}}))?{COPY}*")
STUDENT = re.compile(r"[^\W_][\w.@+-]{0,63}")  # letters of any script; the ids of a course are often names
# What everybody is called who works in the same image, or at the same machine.
SHARED_LOGINS = {
    *("root", "admin", "administrator", "user", "users", "guest", "nobody", "default", "owner", "test", "me", "pi"),
    *("lab", "labuser", "student", "students", "node", "app", "dev", "developer", "docker", "runner", "coder"),
    *("vscode", "codespace", "gitpod", "jovyan", "ubuntu", "debian", "opc", "ec2-user", "azureuser"),
}
KEY_FILE = "student.key"


def is_shared(student: str) -> bool:
    """Whether this is a login name that many have, and so says nothing of who hands in."""
    return student.lower() in SHARED_LOGINS


def is_student_id(name: str) -> bool:
    """Whether a name can be an id: in signatures and on disks no two ways to write it may be there."""
    return bool(STUDENT.fullmatch(name)) and unicodedata.normalize("NFKC", name) == name


def archive_name(student: str, lab: str, when: datetime) -> str:
    return f"{student}_{lab}_{when:{TIME}}.zip"


# --- signatures -------------------------------------------------------------------------------------------------------


def read_secret(path: Path) -> str:
    """The course's secret, from the file that holds it; Refused where it cannot be read, or holds none."""
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("cannot_be_read", path=str(path), reason=str(error)) from None
    if not secret:
        raise Refused("no_course_key", path=str(path))
    return secret


def student_key(secret: str, student: str) -> str:
    """The key of one student, as KEY_FILE holds it: the student's id, a colon, and what signs."""
    return f"{student}:{_signature(secret, 'labkit.student', student.encode())}"


def owner_of(key: str) -> str:
    """The student whose key this is; "" where it is no key."""
    student, _, signs = key.strip().rpartition(":")
    return student if signs else ""


def signed(manifest: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The manifest with a signature over all that is in it."""
    return {**manifest, "signature": _signature(key.strip(), "labkit.hand-in", _content(manifest))}


def is_signed_by(manifest: Mapping[str, Any], secret: str, student: str) -> bool:
    """Whether a manifest, which anybody may have written, carries the signature of this student."""
    signature = manifest.get("signature")
    if not isinstance(signature, str) or not signature.isascii() or not is_student_id(student):
        return False
    try:
        wanted = _signature(student_key(secret, student), "labkit.hand-in", _content(manifest))
    except RecursionError:  # it is nested as deep as can just be read
        return False
    return hmac.compare_digest(signature, wanted)


def packed_at(manifest: Mapping[str, Any]) -> str:
    """When a hand-in was packed, as its archive's name has it; "" where the manifest does not say."""
    try:
        return datetime.fromisoformat(manifest["packed"]).strftime(TIME)
    except (KeyError, TypeError, ValueError):
        return ""


def _content(manifest: Mapping[str, Any]) -> bytes:
    return json.dumps({key: manifest[key] for key in manifest if key != "signature"}, sort_keys=True).encode()


def _signature(key: str, purpose: str, data: bytes) -> str:
    from itsdangerous import Signer

    return str(Signer(key, salt=purpose, digest_method=hashlib.sha256).get_signature(data), "ascii")
