#!/usr/bin/env python3
"""make_fuzz_archives.py: writes tests/fuzz/corpus/model_archive, small archives that are good, damaged and evil."""
import gzip
import hashlib
import io
import json
import pathlib
import stat
import tarfile
import zipfile

CORPUS = pathlib.Path(__file__).resolve().parent.parent / "tests" / "fuzz" / "corpus" / "model_archive"
MANIFEST = json.dumps({"createdOn": "25/11/2026 14:03:59", "runtime": "python", "archiverVersion": "0.12.0",
                       "model": {"modelName": "a", "serializedFile": "a.pt", "handler": "image_classifier",
                                 "modelVersion": "1.0"}})
LABELS = json.dumps({"0": "cat", "1": ["n1", "dog"]})
MEMBERS = {"a.pt": b"weights", "index_to_name.json": LABELS.encode(), "MAR-INF/MANIFEST.json": MANIFEST.encode()}
DATE = (1980, 1, 1, 0, 0, 0)


def metadata(members):
    listed = {name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
              for name, content in members.items()}
    return json.dumps({"format": 1, "classes": ["CAT", "DOG"], "threshold": 0.5, "members": listed})


def zipped(members, method=zipfile.ZIP_STORED, modes=None):
    """`members`: pairs, so that names may come twice."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, content in members:
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type = method
            info.create_system = 3
            info.external_attr = ((modes or {}).get(name, stat.S_IFREG | 0o644)) << 16
            file.writestr(info, content)
    return stream.getvalue()


def tarred(entries):
    """`entries`: (name, kind of tarfile, content or target)."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as file:
        for name, kind, content in entries:
            info = tarfile.TarInfo(name)
            info.type = kind
            if kind == tarfile.REGTYPE:
                info.size = len(content)
                file.addfile(info, io.BytesIO(content))
            else:
                info.linkname = content
                file.addfile(info)
    return gzip.compress(stream.getvalue(), mtime=0)


def regular(members, top=""):
    return [(top + name, tarfile.REGTYPE, content) for name, content in members.items()]


def write_all():
    good = list(MEMBERS.items())
    ours = [*good, ("MAR-INF/animalctl.json", metadata(MEMBERS))]
    stored = zipped(good)
    manifest = ("MAR-INF/MANIFEST.json", MANIFEST)
    files = {
        "stored.mar": stored,
        "deflated.mar": zipped(good, zipfile.ZIP_DEFLATED),
        "ours.mar": zipped(ours),
        "ours_changed.mar": zipped([("a.pt", b"weightz"), *ours[1:]]),
        "bzip2.mar": zipped(good, zipfile.ZIP_BZIP2),
        "plain.tgz": tarred(regular(MEMBERS)),
        "top.tgz": tarred([("a", tarfile.DIRTYPE, ""), *regular(MEMBERS, "a/")]),
        "link.tgz": tarred([*regular(MEMBERS), ("l", tarfile.SYMTYPE, "/etc/passwd")]),
        "through_link.tgz": tarred([("l", tarfile.SYMTYPE, ".."), ("l/evil", tarfile.REGTYPE, b"x")]),
        "hard_link.tgz": tarred([*regular(MEMBERS), ("l", tarfile.LNKTYPE, "../x")]),
        "device.tgz": tarred([*regular(MEMBERS), ("d", tarfile.CHRTYPE, "")]),
        "up.tgz": tarred([*regular(MEMBERS), ("../evil", tarfile.REGTYPE, b"x")]),
        "up.mar": zipped([manifest, ("../evil", b"x")]),
        "absolute.mar": zipped([manifest, ("/tmp/evil", b"x")]),
        "backslash.mar": zipped([manifest, ("..Zevil", b"x")]).replace(b"..Zevil", b"..\\evil"),
        "nul.mar": zipped([manifest, ("aZb", b"x")]).replace(b"aZb", b"a\0b"),
        "twice.mar": zipped([manifest, ("a.pt", b"x"), ("b.pt", b"x")]).replace(b"b.pt", b"a.pt"),
        "file_and_folder.mar": zipped([manifest, ("a", b"x"), ("a/b", b"x")]),
        "link.mar": zipped([manifest, ("l", b"/etc/passwd")], modes={"l": stat.S_IFLNK | 0o777}),
        "bomb.mar": zipped([manifest, ("zeros", bytes(3 << 20))], zipfile.ZIP_DEFLATED),
        "bomb.tgz": tarred([*regular(MEMBERS), ("zeros", tarfile.REGTYPE, bytes(3 << 20))]),
        "many.mar": zipped([manifest, *((f"f{i}", b"") for i in range(60))]),
        "cut.mar": stored[:len(stored) // 2],
        "wrong_checksum.mar": stored.replace(b"weights", b"weightz"),
        "no_manifest.mar": zipped(good[:2]),
        "empty.mar": zipped([]),
        "nothing": b"",
        "manifest.json": MANIFEST.encode(),
        "labels.json": LABELS.encode(),
        "metadata.json": metadata(MEMBERS).encode(),
    }
    CORPUS.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (CORPUS / name).write_bytes(content)


if __name__ == "__main__":
    write_all()
