"""The leak certificate of a run: what of its images was in more than one split when it began, or went on."""

import json

from core.errors import Error
from core.project.certificate import Certificate, from_dict
from core.runs.durable import write_durably
from core.runs.folder import RunFolder


def write(run: RunFolder, certificate: Certificate) -> None:
    """Put the certificate into the run's folder, in the place of an older one. Raises OSError."""
    text = json.dumps(certificate.as_dict(), indent=2, ensure_ascii=False)
    write_durably(run.certificate_file, f"{text}\n".encode())


def read(run: RunFolder) -> Certificate | None:
    """The certificate of a run; None of one that was begun before there were any. Raises `Error` if it is damaged."""
    try:
        return from_dict(json.loads(run.certificate_file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as problem:
        raise Error(
            f"The leak certificate of run {run.name} is damaged.", f"Look at {run.certificate_file}, or delete it."
        ) from problem
