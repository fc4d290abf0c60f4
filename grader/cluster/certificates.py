"""Who may speak with whom on a cluster: one certificate and its key, made by Dask, that all machines of a cluster have.

TLS then encrypts what travels, and refuses whoever does not have them, in both directions.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import Refused

if TYPE_CHECKING:
    from distributed.security import Security

CERTIFICATE, KEY = "cluster.pem", "cluster.key"
USUAL = "cluster-certificates"  # the folder, where none is named: where the instructor stands


def write(folder: Path) -> None:
    """Makes them anew. Refused where there are some, or they cannot be written."""
    from distributed.security import Security

    if (folder / KEY).exists():
        raise Refused("certificates_are_there", folder=str(folder))
    made = Security.temporary()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, text in ((CERTIFICATE, made.tls_ca_file), (KEY, made.tls_client_key)):
            with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(text)
    except OSError as error:
        raise Refused("cannot_be_written", 3, path=str(folder), reason=error.strerror or "") from None


def read(folder: Path) -> "Security":
    """What Dask needs to speak TLS with them; Refused where there are none."""
    from distributed.security import Security

    certificate, key = str(folder / CERTIFICATE), str(folder / KEY)
    if not (os.path.isfile(certificate) and os.path.isfile(key)):
        raise Refused("no_certificates", folder=str(folder))
    return Security(
        require_encryption=True,
        tls_ca_file=certificate,
        **{
            f"tls_{role}_{what}": path
            for role in ("client", "scheduler", "worker")
            for what, path in (("cert", certificate), ("key", key))
        },
    )


def options(folder: str) -> str:
    """The same for Dask's commands."""
    return f"--tls-ca-file {folder}/{CERTIFICATE} --tls-cert {folder}/{CERTIFICATE} --tls-key {folder}/{KEY}"
