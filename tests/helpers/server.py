"""A server on this machine that behaves as badly as any."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server:
    """Serves bytes by path; `mode` says how it misbehaves, `ranges` what it was asked for."""

    def __init__(self):
        self.content, self.mode, self.ranges = {}, {}, []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = False  # closing the server waits for its answers
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def put(self, path, content, mode=""):
        self.content[path], self.mode[path] = content, mode
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def answer(self, request):
        content, mode = self.content.get(request.path), self.mode.get(request.path)
        if content is None:
            return request.send_error(404)
        asked = request.headers.get("Range")
        self.ranges.append(asked)
        start = int(asked[6:-1]) if asked and mode != "no ranges" else 0
        if start >= len(content):
            request.send_response(416)
            request.send_header("Content-Range", f"bytes */{len(content)}")
            return request.end_headers()
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range",
                                f"bytes {start}-{len(content) - 1}/{len(content)}")
        if mode.startswith("length "):
            request.send_header("Content-Length", mode.removeprefix("length "))
        elif mode not in ("no length", "endless"):
            request.send_header("Content-Length", str(len(content) - start))
        request.end_headers()
        stop = len(content) // 2 if mode == "breaks off" and not start else len(content)
        if mode == "always breaks off":
            stop = len(content) // 2
        if mode == "endless":
            return self.pour(request.wfile)
        request.wfile.write(content[start:stop])

    def pour(self, file):
        """Bytes until the other side hangs up, or for far longer than anyone should listen."""
        self.hung_up = False
        try:
            for _ in range(1000):
                file.write(bytes(2**16))
        except ConnectionError:
            self.hung_up = True
