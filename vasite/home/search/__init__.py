"""Search over pages and posts: /search/ and its suggestions."""
