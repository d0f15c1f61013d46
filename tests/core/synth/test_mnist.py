import gzip
import hashlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torchvision.datasets import MNIST

from core.cli.main import run
from core.errors import Error
from core.events import Progress, Stage
from core.images.idx import find_digits
from core.synth import mnist

Serve = Callable[[BaseHTTPRequestHandler, bytes], None]


def _whole(request: BaseHTTPRequestHandler, data: bytes) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(len(data)))
    request.end_headers()
    request.wfile.write(data)


def _cut(request: BaseHTTPRequestHandler, data: bytes) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(len(data)))
    request.end_headers()
    request.wfile.write(data[: len(data) // 2])


def _other(request: BaseHTTPRequestHandler, data: bytes) -> None:
    _whole(request, b"<html>Log in to this network</html>")


def _absent(request: BaseHTTPRequestHandler, data: bytes) -> None:
    request.send_error(404)


@pytest.fixture
def files() -> dict[str, bytes]:
    """Four files in MNIST's names and formats: three digits to train, the others too."""
    chance = np.random.default_rng(0)
    found = {}
    for name, _ in MNIST.resources:
        shape = (300, 28, 28) if "images" in name else (300,)
        array = chance.integers(0, 10, shape, np.uint8)
        header = bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
        found[name] = gzip.compress(header + array.tobytes())
    return found


@pytest.fixture
def mirror(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Serve], str]]:
    """`mirror(serve)` starts a server on this machine and gives its address; torchvision's checksums are of `files`."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(MNIST, "resources", [(name, hashlib.md5(data).hexdigest()) for name, data in files.items()])
    servers: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def start(serve: Serve) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                serve(self, files[self.path.lstrip("/")])

            def log_message(self, *_: Any) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    return lambda *addresses: monkeypatch.setattr(MNIST, "mirrors", list(addresses))


@pytest.fixture
def nobody() -> str:
    """An address at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


def _held(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_all_files_arrive_and_bytes_are_counted(
    files: dict[str, bytes], mirror: Callable[[Serve], str], use: Callable[..., None], tmp_path: Path
) -> None:
    use(mirror(_whole))
    events = list(mnist.download(tmp_path / "new" / "mnist"))
    assert {path.name: path.read_bytes() for path in (tmp_path / "new" / "mnist").iterdir()} == files
    assert len(find_digits(tmp_path / "new" / "mnist")[0]) == 300
    stages = [event for event in events if isinstance(event, Stage)][1:]
    assert [stage.total for stage in stages] == [len(data) for data in files.values()]
    assert {stage.unit for stage in stages} == {"bytes"}
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert last.done == last.total == len(files["t10k-labels-idx1-ubyte.gz"])


def test_what_is_there_is_not_fetched_again(
    files: dict[str, bytes], mirror: Callable[[Serve], str], use: Callable[..., None], nobody: str, tmp_path: Path
) -> None:
    mirror(_whole)
    use(nobody)
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    assert len(list(mnist.download(tmp_path))) == 1


@pytest.mark.parametrize(("serve", "reason"), [(_other, "checksum"), (_cut, "connection ended"), (_absent, "404")])
def test_a_mirror_that_fails_is_told_and_leaves_nothing(
    serve: Serve, reason: str, mirror: Callable[[Serve], str], use: Callable[..., None], tmp_path: Path
) -> None:
    use(mirror(serve))
    with pytest.raises(Error, match=reason) as told:
        list(mnist.download(tmp_path))
    assert "train-images-idx3-ubyte.gz" in told.value.title
    assert str(tmp_path) in told.value.hint
    assert _held(tmp_path) == []


def test_without_a_connection_the_files_can_be_put_by_hand(
    mirror: Callable[[Serve], str], use: Callable[..., None], nobody: str, tmp_path: Path
) -> None:
    mirror(_whole)
    use(nobody)
    with pytest.raises(Error, match="refused") as told:
        list(mnist.download(tmp_path))
    assert all(name in told.value.hint for name, _ in MNIST.resources)
    assert "by hand" in told.value.hint


def test_the_next_mirror_helps_out(
    files: dict[str, bytes], mirror: Callable[[Serve], str], use: Callable[..., None], nobody: str, tmp_path: Path
) -> None:
    use(nobody, mirror(_cut), mirror(_other), mirror(_whole))
    list(mnist.download(tmp_path))
    assert _held(tmp_path) == sorted(files)


def test_stopped_half_way_it_leaves_whole_files_and_goes_on_later(
    files: dict[str, bytes], mirror: Callable[[Serve], str], use: Callable[..., None], tmp_path: Path
) -> None:
    use(mirror(_whole))
    job = mnist.download(tmp_path)
    for event in job:
        if isinstance(event, Progress) and _held(tmp_path):
            break
    job.close()
    assert _held(tmp_path) == ["train-images-idx3-ubyte.gz"]
    list(mnist.download(tmp_path))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files


def test_the_command_fetches_to_the_cache_folder(
    files: dict[str, bytes],
    mirror: Callable[[Serve], str],
    use: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("WILDSET_CACHE", str(tmp_path / "cache"))
    use(mirror(_whole))
    assert run(["synth", "download", "--json"]) == 0
    assert str(tmp_path / "cache") in capsys.readouterr().out
    assert _held(mnist.folder()) == sorted(files)
