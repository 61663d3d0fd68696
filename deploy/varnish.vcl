# Varnish in front of the site, behind whatever ends https and sets X-Forwarded-For and
# X-Forwarded-Proto: /etc/varnish/default.vcl
#
# Set PURGE_URL=varnish://127.0.0.1:6081 in the site's settings, so that the worker tells Varnish
# of each change. Without it, Varnish asks the site every time and only helps while that is down.
#
# varnishd writes no log of requests. Leave varnishncsa off (`systemctl disable --now varnishncsa`):
# its lines hold visitors' IP addresses and the tokens in addresses.

vcl 4.1;

import std;

backend site {
    .host = "127.0.0.1";
    .port = "8000";
    .connect_timeout = 5s;
    # A form that waits for the database gets its answer from the site after 20 seconds
    .first_byte_timeout = 30s;
    .probe = {
        .url = "/healthz";
        .interval = 2s;
        .timeout = 2s;
        .window = 4;
        .threshold = 2;
        .initial = 2;
    }
}

acl site_itself {
    "127.0.0.1";
    "::1";
}

sub vcl_recv {
    if (req.method == "BAN") {
        # Whoever comes through what ends https has its address, but not its silence about it
        if (client.ip !~ site_itself || req.http.X-Forwarded-Proto || req.http.X-Forwarded-For ~ ",") {
            return (synth(403, "Not from here"));
        }
        # By the host alone: a change to a menu is a change to all pages
        if (std.ban("obj.http.x-host == " + req.http.host)) {
            return (synth(200, "Banned"));
        }
        return (synth(400, std.ban_error()));
    }
    # No header may pass for a variable of the site's own
    unset req.http.SCRIPT_NAME;
    unset req.http.PATH_INFO;
    unset req.http.REMOTE_USER;
    # What ends https on this machine has named the visitor; Varnish adds who has asked it
    if (client.ip ~ site_itself) {
        set req.http.X-Forwarded-For = regsub(req.http.X-Forwarded-For, ",[^,]*$", "");
    }
    if (req.method != "GET" && req.method != "HEAD") {
        return (pass);
    }
    if (req.url ~ "^/admin/" || req.http.Cookie ~ "(^|;\s*)(sessionid=|opened-)") {
        return (pass);
    }
    unset req.http.Cookie;
    # What advertisements add makes no page of its own
    set req.url = regsuball(req.url, "(?<=[?&])(utm_\w+|fbclid|gclid|msclkid|mc_[ce]id)=[^&]*(&|$)", "");
    set req.url = regsub(req.url, "[?&]$", "");
    # What is too old is given only while the site doesn't answer
    if (std.healthy(req.backend_hint)) {
        set req.grace = 0s;
    }
    return (hash);
}

sub vcl_hash {
    # Who comes by https must not be given the redirect that leads there
    hash_data(req.http.X-Forwarded-Proto);
}

sub vcl_backend_fetch {
    # Work such as an import may take longer than a visitor would wait
    if (bereq.url ~ "^/admin/") {
        set bereq.first_byte_timeout = 60s;
    }
}

sub vcl_backend_error {
    set beresp.status = 503;
    set beresp.http.Content-Type = "text/html; charset=utf-8";
    set beresp.http.Cache-Control = "no-store";
    set beresp.http.Retry-After = "30";
    set beresp.body = std.fileread("/srv/vasite/deploy/503.html");
    return (deliver);
}

sub vcl_backend_response {
    set beresp.http.x-host = bereq.http.host;
    set beresp.keep = 1h;
    set beresp.grace = 7d;
    if (beresp.status >= 500 && bereq.is_bgfetch) {
        return (abandon);
    }
    if (beresp.http.Set-Cookie || beresp.http.Cache-Control ~ "no-store|private") {
        set beresp.uncacheable = true;
        set beresp.ttl = 30s;
    }
}

sub vcl_deliver {
    unset resp.http.x-host;
    unset resp.http.Via;
    unset resp.http.X-Varnish;
}
