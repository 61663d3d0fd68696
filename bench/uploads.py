"""Two hundred pictures of 12 megapixels uploaded at once, and the time of each format.

They come as the admin's page for many sends them, four at a time, and each is then described.
Memory is that of the web's processes (proportional set size, so that what they share counts
once); the home page is asked for meanwhile. Then the renditions of one photograph are made in
this process.
"""

from __future__ import annotations

import http.client
import os
import re
import statistics
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

from PIL import Image

from bench import wait_for_pictures
from tests.served import ServedSite

PICTURES, AT_ONCE, SIZE = 200, 4, (4000, 3000)
PASSWORD = "pear-tree-9"
FORM = "application/x-www-form-urlencoded"
TIMING = """
import collections, io, time
from django.core.files.images import ImageFile
from wagtail.images.models import Filter
from vasite.content.models import SiteImage
from vasite.content.pictures import all_specs
with open("PHOTOGRAPH", "rb") as file:
    from vasite.content.pictures import normalise_upload
    from django.core.files.uploadedfile import SimpleUploadedFile
    started = time.perf_counter()
    photo = SimpleUploadedFile("photo.jpg", file.read())
    normalise_upload(photo)
    print("upload", time.perf_counter() - started, 1)
image = SiteImage(title="Photo", file=ImageFile(photo, name="photo.jpg"))
image.save()
image.renditions.all().delete()
seconds, files = collections.Counter(), collections.Counter()
for spec in all_specs(image):
    started = time.perf_counter()
    image.get_rendition(Filter(spec=spec))
    seconds[spec.rpartition("-")[2]] += time.perf_counter() - started
    files[spec.rpartition("-")[2]] += 1
for name in seconds:
    print(name, seconds[name], files[name])
"""


def measure() -> str:
    os.environ["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
    data_dir = Path(tempfile.mkdtemp(prefix="bench-uploads-"))
    photograph = data_dir / "photograph.jpg"
    photograph.write_bytes(photograph_bytes())
    with ServedSite(data_dir) as site:
        wait_for_pictures(site)
        cookies = sign_in(site.port)
        for _ in range(4):  # each thread has worked once
            upload(site.port, cookies, photograph, 0)
        stored = count_pictures(site)
        before = memory(site)
        most, answers = [before], []
        done = threading.Event()

        def watch() -> None:
            while not done.is_set():
                started = time.perf_counter()
                assert site.get("/")[0] == 200
                answers.append((time.perf_counter() - started) * 1000)
                most.append(memory(site))
                time.sleep(0.25)

        watcher = threading.Thread(target=watch)
        watcher.start()
        started = time.monotonic()
        try:
            with ThreadPoolExecutor(AT_ONCE) as threads:
                list(
                    threads.map(
                        lambda n: upload(site.port, cookies, photograph, n), range(PICTURES)
                    )
                )
        finally:
            done.set()
            watcher.join()
        seconds = time.monotonic() - started
        after = memory(site)
        stored = count_pictures(site) - stored
        timing = site.run_code(TIMING.replace("PHOTOGRAPH", str(photograph))).splitlines()
    assert stored == PICTURES, stored
    p50, p99 = statistics.median(answers), statistics.quantiles(answers, n=100)[98]
    lines = [
        f"{PICTURES} uploads, {AT_ONCE} at a time: {seconds:.0f} s, all stored. Web memory "
        f"{before:.0f} MB before, {max(most):.0f} MB at most, {after:.0f} MB after. The home "
        f"page meanwhile: p50 {p50:.0f} ms, p99 {p99:.0f} ms ({len(answers)} requests).",
        "",
        "| a photograph of 12 megapixels | seconds | files |",
        "|---|--:|--:|",
    ]
    for row in timing:
        if found := re.fullmatch(r"(upload|avif|webp|jpeg) ([\d.]+) (\d+)", row):
            lines.append(f"| {found[1]} | {float(found[2]):.2f} | {found[3]} |")
    return "\n".join(lines)


def count_pictures(site: ServedSite) -> int:
    code = "from vasite.content.models import SiteImage as S; print(S.objects.count())"
    return int(site.run_code(code).split()[-1])


def photograph_bytes() -> bytes:
    """Gives a picture with as much detail as a photograph: soft shapes under a camera's noise."""
    noise = Image.effect_noise((500, 375), 90).resize(SIZE, Image.Resampling.BICUBIC)
    grain = Image.effect_noise(SIZE, 24)
    soft = Image.blend(noise, grain, 0.3)
    shapes = Image.merge("RGB", [soft, soft.rotate(180), Image.linear_gradient("L").resize(SIZE)])
    output = BytesIO()
    shapes.save(output, "JPEG", quality=90)
    return output.getvalue()


def memory(site: ServedSite) -> float:
    """Gives the megabytes of gunicorn's processes."""
    kilobytes = 0
    for pid in site.children("gunicorn"):
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        kilobytes += int(re.search(r"^Pss:\s+(\d+)", rollup, re.M)[1])
    return kilobytes / 1024


def sign_in(port: int) -> dict[str, str]:
    answer, cookies = ask(port, "GET", "/admin/login/", {})
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', answer)[1]
    fields = {"username": "admin", "password": PASSWORD, "csrfmiddlewaretoken": token}
    body = urlencode(fields).encode()
    return cookies | ask(port, "POST", "/admin/login/", cookies, body, FORM)[1]


def upload(port: int, cookies: dict[str, str], photograph: Path, number: int) -> None:
    boundary = "----vasite-bench"
    fields = {"title": f"Photo {number}", "csrfmiddlewaretoken": cookies["csrftoken"]}
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    )
    body += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="files[]"; filename="p.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    ).encode()
    body += photograph.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
    kind = f"multipart/form-data; boundary={boundary}"
    text, _ = ask(port, "POST", "/admin/images/multiple/add/", cookies, body, kind)
    key = re.search(r'"uploaded_file_id": (\d+)', text)[1]
    words = {
        f"uploaded-image-{key}-title": f"Photo {number}",
        f"uploaded-image-{key}-description": "A view over hills in the evening",
        "csrfmiddlewaretoken": cookies["csrftoken"],
    }
    path = f"/admin/images/multiple/create_from_uploaded_image/{key}/"
    text, _ = ask(port, "POST", path, cookies, urlencode(words).encode(), FORM)
    assert '"success": true' in text, text[:300]


def ask(
    port: int,
    method: str,
    path: str,
    cookies: dict[str, str],
    body: bytes | None = None,
    kind: str = "",
) -> tuple[str, dict[str, str]]:
    """Gives the text of an answer and the cookies that it sets."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    headers |= {"Content-Type": kind} if kind else {}
    headers |= {"X-Requested-With": "XMLHttpRequest"} if "multiple" in path else {}
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    new = dict(
        one.partition(";")[0].split("=", 1) for one in answer.headers.get_all("Set-Cookie") or ()
    )
    return answer.read().decode(), new
