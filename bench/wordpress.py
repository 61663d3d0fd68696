"""WordPress beside us: `apt install wordpress mariadb-server php-fpm nginx`.

MariaDB, php-fpm and nginx run with their packages' settings where speed hangs on them, under a
folder and on a port of their own, and only for as long as the measurement lasts.
"""

from __future__ import annotations

import http.client
import secrets
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from glob import glob
from pathlib import Path

from bench import post_form
from tests.served import free_port, wait_until

CODE = Path("/usr/share/wordpress")
CONFIG = """<?php
foreach (['DB_NAME' => 'wordpress', 'DB_USER' => 'root', 'DB_PASSWORD' => '',
          'DB_HOST' => 'localhost:{folder}/mariadb.sock', 'DB_CHARSET' => 'utf8mb4',
          'DB_COLLATE' => '', 'DISABLE_WP_CRON' => true] as $name => $value) define($name, $value);
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {{
    define($name . '_KEY', '{secret}' . $name); define($name . '_SALT', $name . '{secret}'); }}
$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""
PHP = """[global]
error_log = {folder}/php.log
[www]
user = root
group = root
listen = {folder}/php.sock
pm = static
pm.max_children = 8
"""
NGINX = """user root;
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 768; }}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    fastcgi_cache_path {folder}/cache keys_zone=pages:10m;
    fastcgi_cache_key $request_method$host$request_uri;
    server {{
        listen 127.0.0.1:{port};
        listen 127.0.0.1:{cached_port};
        root {folder}/site;
        index index.php;
        location / {{ try_files $uri $uri/ /index.php?$args; }}
        location ~ \\.php$ {{
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
            fastcgi_pass unix:{folder}/php.sock;
            set $passed_by 1;
            if ($server_port = {cached_port}) {{ set $passed_by 0; }}
            fastcgi_cache pages;
            fastcgi_cache_valid 200 10m;
            fastcgi_cache_bypass $passed_by;
            fastcgi_no_cache $passed_by;
        }}
    }}
}}
"""
MARIADB = ["--no-defaults", "--user=root", "--datadir={folder}/data"]


class WordPress:
    """A WordPress as its installer leaves it, with the post and the page that it brings.

    On `cached_port` nginx keeps what PHP made, on `port` it doesn't.
    """

    def __init__(self, folder: Path, port: int, cached_port: int) -> None:
        self.folder, self.port, self.cached_port = folder, port, cached_port

    def install(self) -> None:
        shutil.copytree(CODE, self.folder / "site", ignore_dangling_symlinks=True)
        config = CONFIG.format(folder=self.folder, secret=secrets.token_hex())
        (self.folder / "site" / "wp-config.php").write_text(config)
        self.sql("CREATE DATABASE wordpress", database="")
        password = secrets.token_urlsafe()
        fields = {
            "weblog_title": "A site",
            "user_name": "owner",
            "admin_email": "owner@example.com",
            "admin_password": password,
            "admin_password2": password,
            "pw_weak": "1",
        }
        status = post_form(self.port, "/wp-admin/install.php?step=2", fields)
        assert status == http.client.OK, status
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/?p=1") as answer:
            page = answer.read()
        assert b"Hello world!" in page, (
            "WordPress has no theme: install what apt recommends with it"
        )

    def sql(self, statement: str, database: str = "wordpress") -> str:
        command = ["mariadb", "-uroot", f"--socket={self.folder}/mariadb.sock", "-N", "-e"]
        return subprocess.check_output([*command, statement, *filter(None, [database])], text=True)

    def send_comment(self, source: str, name: str, email: str, text: str) -> bool:
        """Posts a comment to the first post and tells whether it was taken."""
        fields = {"comment_post_ID": "1", "author": name, "email": email, "comment": text}
        return post_form(self.port, "/wp-comments-post.php", fields, source) == http.client.FOUND


@contextmanager
def running_wordpress() -> Iterator[WordPress | None]:
    """Gives a fresh WordPress, or None where it isn't installed."""
    php = next(iter(glob("/usr/sbin/php-fpm*")), None)
    tools = ("mariadb", "mariadbd", "mariadb-install-db", "nginx")
    if not (php and CODE.exists() and all(map(shutil.which, tools))):
        yield None
        return
    with tempfile.TemporaryDirectory() as name, ExitStack() as started:
        folder, port, cached_port = Path(name), free_port(), free_port()
        for config, text in (("php.conf", PHP), ("nginx.conf", NGINX)):
            (folder / config).write_text(
                text.format(folder=folder, port=port, cached_port=cached_port)
            )
        mariadb = [part.format(folder=folder) for part in MARIADB]
        install = ["mariadb-install-db", *mariadb, "--auth-root-authentication-method=normal"]
        subprocess.run(install, check=True, stdout=subprocess.DEVNULL)
        servers = (
            ["mariadbd", *mariadb, "--skip-networking", f"--socket={folder}/mariadb.sock"],
            [php, "--nodaemonize", "--allow-to-run-as-root", f"--fpm-config={folder}/php.conf"],
            ["nginx", "-c", f"{folder}/nginx.conf", "-g", "daemon off;"],
        )
        for command in servers:
            with (folder / "output.log").open("a") as log:
                process = subprocess.Popen(command, stdout=log, stderr=log)
            started.callback(process.wait)
            started.callback(process.terminate)
        for socket in ("mariadb.sock", "php.sock", "nginx.pid"):
            wait_until((folder / socket).exists)
        wordpress = WordPress(folder, port, cached_port)
        wordpress.install()
        yield wordpress
