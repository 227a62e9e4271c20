"""The pages of the prediction API in Chromium: what a person sees, by mouse, keyboard and screen reader."""

import struct
import zlib

import pytest


@pytest.fixture
def picture(tmp_path):
    """A PNG of 240 by 180 pixels, drawn here: sky, meadow, a sun."""

    def pixel(x, y):
        if (x - 185) ** 2 + (y - 45) ** 2 < 26**2:
            return (255, 214, 90)
        return (120 + y // 2, 180 + y // 4, 235) if y < 115 else (86 + (x + y) % 9, 150 - (y - 115) // 2, 70)

    rows = b"".join(b"\0" + bytes(v for x in range(240) for v in pixel(x, y)) for y in range(180))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    path = tmp_path / "meadow.png"
    header = struct.pack(">IIBBBBB", 240, 180, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return path


def test_page_to_try_the_model(in_browser, page_server, picture, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"bad picture")
    report = in_browser("predict_page.mjs", page_server, str(picture), str(broken))
    assert report["faultsLight"] == []
    assert report["faultsDark"] == []
    assert report["faultsError"] == []
    assert report["refused"] == "No answerThe fake picture cannot be decoded"


def test_swagger_ui_without_network_and_inline_code(in_browser, page_server):
    report = in_browser("docs_page.mjs", page_server)
    assert report["complaints"] == []
    assert report["operations"] == 8
    assert '"animal"' in report["answer"]
