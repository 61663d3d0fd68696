"""What the readers of archives and images raise at a damaged, encrypted or forged file.

Each decompressor and each image format has exceptions of its own; none of them is an error of ours.
"""

import lzma
import struct
import zipfile
import zlib

from PIL import Image, UnidentifiedImageError

DAMAGED_ARCHIVE = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError, LookupError, struct.error, MemoryError),
    ArithmeticError,  # a place or length beyond 63 bits
)
DAMAGED_IMAGE = (
    *(UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError),
    *(TypeError, LookupError, EOFError, ArithmeticError, AttributeError, AssertionError),
    *(RuntimeError, struct.error, zlib.error, MemoryError),
)
