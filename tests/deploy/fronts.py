"""The servers that may stand in front of the site, started from the files in deploy/."""

from __future__ import annotations

import getpass
import http.client
import os
import re
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from tests.served import free_port, wait_until
from vasite.environment import PROJECT_DIR

DEPLOY = PROJECT_DIR / "deploy"
HOST, TWIN_HOST = "www.example.co.uk", "example.co.uk"
MODULES = Path("/usr/share/nginx/modules-available")
NGINX = """
daemon off;
user {user};
pid {folder}/nginx.pid;
worker_processes 2;
error_log {folder}/error.log;
{modules}
events {{ worker_connections 1024; }}
http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def certificate(folder: Path) -> tuple[Path, Path]:
    """Gives a certificate for HOST, signed by itself, and its key."""
    paths = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
    command += ["-addext", f"subjectAltName=DNS:{HOST},DNS:{TWIN_HOST}"]
    command += ["-out", str(paths[0]), "-keyout", str(paths[1])]
    subprocess.run(command, check=True, capture_output=True)
    return paths


class Backend(Protocol):
    """What a server in front needs to know of the site behind it."""

    port: int
    environment: dict[str, str]


def fill_in(text: str, places: dict[str, object]) -> str:
    """Gives a configuration with a test's places in place of those that it names."""
    for name, value in places.items():
        assert name in text, f"{name} is not in the configuration"
        text = text.replace(name, str(value))
    return text


@contextmanager
def running(command: list[str], port: int, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ | environment
    )
    try:
        wait_until(lambda: listens(port) or process.poll() is not None)
        assert process.poll() is None, process.communicate()[0].decode()
        yield process
    finally:
        process.terminate()
        process.wait(20)


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def connect(port: int, host: str = HOST) -> http.client.HTTPSConnection:
    """Gives a visitor's connection to a server here that has a certificate of the test's own."""
    context = ssl._create_unverified_context()  # noqa: S323
    connection: Any = http.client.HTTPSConnection(host, port, context=context, timeout=30)
    connection._create_connection = lambda _, *arguments: socket.create_connection(
        ("127.0.0.1", port), *arguments
    )
    return connection  # type: ignore[no-any-return]


def write_nginx(site: Backend, folder: Path, port: int, timeout: str) -> Path:
    """Writes deploy/nginx.conf for a site and a port, and what nginx needs around it."""
    pem, key = certificate(folder)
    text = fill_in(
        (DEPLOY / "nginx.conf").read_text(),
        {
            "/etc/letsencrypt/live/vasite/fullchain.pem": pem,
            "/etc/letsencrypt/live/vasite/privkey.pem": key,
            "/srv/vasite/deploy": DEPLOY,
            "proxy_read_timeout 30s": f"proxy_read_timeout {timeout}",
            "/var/lib/vasite": site.environment["DATA_DIR"],
            "server 127.0.0.1:8000": f"server 127.0.0.1:{site.port}",
        },
    )
    text = re.sub(r" +listen \[::\].*\n", "", text)
    text = text.replace("listen 443", f"listen 127.0.0.1:{port}")
    text = text.replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
    (folder / "site.conf").write_text(text)
    modules = "".join(path.read_text() for path in MODULES.glob("*brotli-static*.conf"))
    modules = modules.replace("modules/", "/usr/lib/nginx/modules/")
    path = folder / "nginx.conf"
    path.write_text(NGINX.format(folder=folder, modules=modules, user=getpass.getuser()))
    return path


@contextmanager
def nginx(site: Backend, folder: Path, timeout: str = "30s") -> Iterator[int]:
    """Yield the port of nginx with deploy/nginx.conf in front of a site, whose response it awaits
    for `timeout`."""
    port = free_port()
    configuration = write_nginx(site, folder, port, timeout)
    with running(["/usr/sbin/nginx", "-p", str(folder), "-c", str(configuration)], port):
        yield port


@contextmanager
def varnish(port_of_site: int, folder: Path, port: int, timeout: str = "30s") -> Iterator[None]:
    """Runs Varnish with deploy/varnish.vcl on a port, in front of a site."""
    vcl = folder / "site.vcl"
    vcl.write_text(
        fill_in(
            (DEPLOY / "varnish.vcl").read_text(),
            {
                '.port = "8000"': f'.port = "{port_of_site}"',
                "/srv/vasite/deploy": DEPLOY,
                "first_byte_timeout = 30s": f"first_byte_timeout = {timeout}",
            },
        )
    )
    command = ["/usr/sbin/varnishd", "-F", "-n", str(folder / "varnish"), "-f", str(vcl)]
    command += ["-a", f"127.0.0.1:{port}", "-s", "malloc,64m", "-j", "none"]
    with running(command, port):
        yield


@contextmanager
def caddy(site: Backend, folder: Path, timeout: str = "30s") -> Iterator[int]:
    """Yield the port of Caddy with deploy/Caddyfile in front of a site, whose response it awaits
    for `timeout`."""
    port = free_port()
    pem, key = certificate(folder)
    names = "{$SITE_URL} {$TWIN_URL} {"
    places: dict[str, object] = {
        names: f"{names}\n\tbind 127.0.0.1\n\ttls {pem} {key}",
        "/srv/vasite/deploy": DEPLOY,
        "response_header_timeout 30s": f"response_header_timeout {timeout}",
        "\n{\n": "\n{\n\tadmin off\n\tauto_https disable_redirects\n",
    }
    caddyfile = folder / "Caddyfile"
    caddyfile.write_text(fill_in((DEPLOY / "Caddyfile").read_text(), places))
    environment = {
        "SITE_URL": f"https://{HOST}:{port}",
        "TWIN_URL": f"https://{TWIN_HOST}:{port}",
        "SITE_BACKEND": f"127.0.0.1:{site.port}",
    }
    command = ["caddy", "run", "--config", str(caddyfile), "--adapter", "caddyfile"]
    with running(command, port, **environment):
        yield port
