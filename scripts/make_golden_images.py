#!/usr/bin/python3
"""Draws the images of tests/golden/image and writes what Python's OpenCV decodes from them.

Run by hand with Debian's python3 (python3-opencv, python3-numpy):
    /usr/bin/python3 scripts/make_golden_images.py
golden.json holds, for each file, the size and the SHA-256 of the RGB pixels of
cv2.imread(path, cv2.IMREAD_COLOR), and AnimalNet's input: resize to 16 x 16 INTER_AREA, then BGR2GRAY.
"""
import hashlib
import json
import pathlib
import struct
import zlib

import cv2
import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "image"
# Annex K of ITU-T T.81: the lengths of the standard DC code, and one AC code that only ends a block.
DC_LENGTHS = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
AC_LENGTHS = [1] + [0] * 15


def picture(height=60, width=84):
    """A smooth gradient, a disc, a bar and a little texture: something of everything a codec meets."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    image = np.stack([x * 255 / width, y * 255 / height, 255 - (x + y) * 255 / (width + height)], axis=2)
    image[(x - 30) ** 2 + (y - 25) ** 2 < 200] = (30, 200, 240)
    image[40:50, 10:70] = (200, 40, 60)
    image += 12 * np.sin(x * 1.7 + y * 0.9)[..., None]
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def encoded(extension, image, *parameters):
    return cv2.imencode(extension, image, list(parameters))[1].tobytes()


def exif(orientation, order="<"):
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(order + "IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def segment(marker, content):
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def with_exif(jpeg, orientation, order="<"):
    return jpeg[:2] + segment(0xE1, b"Exif\0\0" + exif(orientation, order)) + jpeg[2:]


def png_chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width, height, depth, color_type, rows, between=b"", interlace=0):
    """`rows` are packed rows without filter bytes."""
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, interlace)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + between + png_chunk(b"IDAT", data)
            + png_chunk(b"IEND", b""))


def dc_codes():
    codes, code, value = {}, 0, 0
    for length, count in enumerate(DC_LENGTHS, start=1):
        for _ in range(count):
            codes[value] = format(code, f"0{length}b")
            code, value = code + 1, value + 1
        code <<= 1
    return codes


def four_component_jpeg(blocks, transform):
    """A baseline JPEG of flat 8 x 8 blocks with four components; `blocks` is rows x columns x 4, 0..255."""
    codes = dc_codes()
    bits, previous = [], [0] * 4
    for row in blocks:
        for block in row:
            for component, value in enumerate(block):
                level = int(value) - 128
                difference, previous[component] = level - previous[component], level
                size = abs(difference).bit_length()
                bits.append(codes[size])
                if size:
                    bits.append(format(difference if difference > 0 else difference + (1 << size) - 1, f"0{size}b"))
                bits.append("0")  # the AC code that ends the block
    stream = "".join(bits)
    stream += "1" * (-len(stream) % 8)
    data = int(stream, 2).to_bytes(len(stream) // 8, "big").replace(b"\xff", b"\xff\0")
    height, width = 8 * len(blocks), 8 * len(blocks[0])
    components = range(1, 5)
    frame = struct.pack(">BHHB", 8, height, width, 4) + b"".join(bytes([i, 0x11, 0]) for i in components)
    return (b"\xff\xd8" + segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([transform]))
            + segment(0xDB, b"\0" + bytes([8] * 64)) + segment(0xC0, frame)
            + segment(0xC4, b"\0" + bytes(DC_LENGTHS) + bytes(range(12)))
            + segment(0xC4, b"\x10" + bytes(AC_LENGTHS) + b"\0")
            + segment(0xDA, b"\4" + b"".join(bytes([i, 0]) for i in components) + b"\0\x3f\0") + data + b"\xff\xd9")


def png_files(image):
    height, width = image.shape[:2]
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    rgb = image[:, :, ::-1]
    palette = bytes((i * 37 % 256 if channel == 0 else i * 91 % 256 if channel == 1 else 255 - i) for i in range(256)
                    for channel in range(3))
    alpha = np.dstack([rgb, np.tile(np.arange(width, dtype=np.uint8) * 3, (height, 1))])
    deep = (rgb[:20, :30].astype(np.uint32) * 253 + 191).astype(">u2")
    rows = lambda array: [np.ascontiguousarray(row).tobytes() for row in array]
    plte, trns = png_chunk(b"PLTE", palette), png_chunk(b"tRNS", bytes(range(256)))
    files = {
        "colour.png": png(width, height, 8, 2, rows(rgb)),
        "grey.png": png(width, height, 8, 0, rows(grey)),
        "grey_alpha.png": png(width, height, 8, 4, rows(np.dstack([grey, 255 - grey]))),
        "grey_16_bit.png": png(width, height, 16, 0, rows(grey.astype(">u2") * 256 + 255)),
        "colour_16_bit.png": png(30, 20, 16, 2, rows(deep)),
        "alpha.png": png(width, height, 8, 6, rows(alpha)),
        "palette.png": png(width, height, 8, 3, rows(grey), plte),
        "palette_transparent.png": png(width, height, 8, 3, rows(grey), plte + trns),
        "exif_7.png": png(width, height, 8, 2, rows(rgb), png_chunk(b"eXIf", exif(7, ">"))),
        "gamma_and_text.png": png(width, height, 8, 2, rows(rgb), png_chunk(b"gAMA", struct.pack(">I", 100000))
                                  + png_chunk(b"zTXt", b"note\0\0" + zlib.compress(b"a" * 100000))),
    }
    for depth in (1, 2, 4):
        per_byte = 8 // depth
        indices = (grey >> (8 - depth)).astype(np.uint8)
        indices = np.pad(indices, ((0, 0), (0, -width % per_byte)))
        packed = np.zeros((height, indices.shape[1] // per_byte), np.uint8)
        for i in range(per_byte):
            packed |= indices[:, i::per_byte] << (8 - depth * (i + 1))
        files[f"grey_{depth}_bit.png"] = png(width, height, depth, 0, rows(packed))
        files[f"palette_{depth}_bit.png"] = png(width, height, depth, 3, rows(packed),
                                                png_chunk(b"PLTE", palette[:3 << depth]))
    return files


def jpeg_files(image):
    colour = encoded(".jpg", image, cv2.IMWRITE_JPEG_QUALITY, 85)
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    y, x = np.mgrid[0:6, 0:8]
    blocks = np.stack([x * 30 + 10, y * 40 + 15, (x + y) * 17 + 20, 250 - x * 25], axis=2)
    files = {
        "colour.jpg": colour,
        "grey.jpg": encoded(".jpg", grey, cv2.IMWRITE_JPEG_QUALITY, 85),
        "progressive.jpg": encoded(".jpg", image, cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
        "restart_markers.jpg": encoded(".jpg", image, cv2.IMWRITE_JPEG_RST_INTERVAL, 3),
        "truncated.jpg": colour[:len(colour) * 6 // 10],
        "cmyk.jpg": four_component_jpeg(blocks, 0),
        "ycck.jpg": four_component_jpeg(blocks, 2),
        "odd_size.jpg": encoded(".jpg", image[:37, :41], cv2.IMWRITE_JPEG_QUALITY, 70),
        "exif_behind_xmp.jpg": colour[:2] + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>")
                               + with_exif(colour, 6)[2:],
    }
    for orientation in range(1, 9):
        files[f"exif_{orientation}.jpg"] = with_exif(colour, orientation, "<" if orientation % 2 else ">")
    return files


def other_files(image):
    height, width = image.shape[:2]
    alpha = np.dstack([image, np.tile(np.arange(width, dtype=np.uint8) * 3, (height, 1))])
    return {
        "lossy.webp": encoded(".webp", image, cv2.IMWRITE_WEBP_QUALITY, 80),
        "lossless.webp": encoded(".webp", image, cv2.IMWRITE_WEBP_QUALITY, 101),
        "alpha.webp": encoded(".webp", alpha, cv2.IMWRITE_WEBP_QUALITY, 101),
        "colour.bmp": encoded(".bmp", image[:20, :30]),
        "grey.bmp": encoded(".bmp", cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[:20, :30]),
    }


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    image = picture()
    entries = {}
    for name, content in sorted({**png_files(image), **jpeg_files(image), **other_files(image)}.items()):
        path = FOLDER / name
        path.write_bytes(content)
        decoded = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if decoded is None:
            raise SystemExit(f"{name}: OpenCV does not decode this file")
        small = cv2.cvtColor(cv2.resize(decoded, (16, 16), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
        entries[name] = {
            "height": decoded.shape[0],
            "width": decoded.shape[1],
            "rgb_sha256": hashlib.sha256(np.ascontiguousarray(decoded[:, :, ::-1]).tobytes()).hexdigest(),
            "animalnet": small.ravel().tolist(),
        }
    text = json.dumps({"opencv": cv2.__version__, "images": entries}, separators=(",", ":"))
    (FOLDER / "golden.json").write_text(text.replace('},"', '},\n"') + "\n")
    print(f"{len(entries)} images in {FOLDER.name}, OpenCV {cv2.__version__}")


if __name__ == "__main__":
    main()
