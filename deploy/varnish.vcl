# Varnish in front of the site, behind whatever ends https: /etc/varnish/default.vcl
#
# Set PURGE_URL=varnish://127.0.0.1:6081 in the site's settings, so that the worker tells Varnish
# of each change. Without it, Varnish asks the site every time and only helps while that is down.

vcl 4.1;

import std;

backend site {
    .host = "127.0.0.1";
    .port = "8000";
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
        if (!client.ip ~ site_itself) {
            return (synth(403, "Not from here"));
        }
        # By the host alone: a change to a menu is a change to all pages
        if (std.ban("obj.http.x-host == " + req.http.host)) {
            return (synth(200, "Banned"));
        }
        return (synth(400, std.ban_error()));
    }
    if (req.method != "GET" && req.method != "HEAD") {
        return (pass);
    }
    if (req.url ~ "^/admin/" || req.http.Cookie ~ "(^|;\s*)sessionid=") {
        return (pass);
    }
    unset req.http.Cookie;
    # What advertisements add makes no page of its own
    set req.url = regsuball(req.url, "(?<=[?&])(utm_[a-z]+|fbclid|gclid|msclkid|mc_[ce]id)=[^&]*(&|$)", "");
    set req.url = regsub(req.url, "[?&]$", "");
    # What is too old is given only while the site doesn't answer
    if (std.healthy(req.backend_hint)) {
        set req.grace = 0s;
    }
    return (hash);
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
