"""A stand-in for W&B's server: answers just enough that `wandb sync` completes, and counts what arrives."""

import contextlib
import http.server
import json
import threading


class Server:
    """On a port of this machine, until the end of the `with`.

    Attributes:
        address: of the server.
        mode: healthy; silent (takes connections, never answers), refusing (401), without_values (400 for the history),
            without_files (403 for uploaded files), or without_artifacts (none is created, which tables are).
        modes: those of single runs, by id.
        rows: of the histories that were accepted: id, step and loss, in the order of arrival.
        media: of the histories that were accepted: id, step and names of media, in the order of arrival.
        views: workspaces and reports as they are now, by id: what was sent, and the id.
        files: names of uploaded files.
        requests: number of requests.
    """

    def __init__(self, mode="healthy"):
        self.mode, self.modes, self.rows, self.media, self.files, self.requests = mode, {}, [], [], [], 0
        self.views: dict[str, dict[str, str]] = {}
        self._ended = threading.Event()

    def __enter__(self):
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.handle_error = lambda *arguments: None  # of connections that W&B drops
        self._server.daemon_threads, self._server.block_on_close = True, False
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error):
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path, body):
        """Status and content."""
        self.requests += 1
        mode = next((mode for id, mode in self.modes.items() if id.encode() in body or id in path), self.mode)
        if mode == "silent":
            self._ended.wait()
        if mode == "refusing":
            return 401, {"errors": [{"message": "user is not logged in"}], "key": "0123456789" * 4}
        if path.startswith("/storage/"):
            if mode == "without_files":
                return 403, {}
            self.files.append(path.rpartition("/")[2])
        elif path.endswith("/file_stream"):
            if mode == "without_values":
                return 400, {}
            lines = json.loads(body).get("files", {}).get("wandb-history.jsonl", {}).get("content", [])
            rows, run = list(map(json.loads, lines)), path.split("/")[-2]
            self.rows += [(run, row["_step"], row["train/loss"]) for row in rows if "train/loss" in row]
            names = [(row["_step"], {key for key, value in row.items() if isinstance(value, dict)}) for row in rows]
            self.media += [(run, step, found) for step, found in names if found]
        elif path == "/graphql":
            if mode == "without_artifacts" and b"createArtifact(" in body:
                return 403, {}
            return 200, {"data": self._data(json.loads(body))}
        return 200, {}

    def _data(self, request):
        given = request.get("variables", {})
        if "viewer" in request["query"]:
            account = {"id": "u", "name": "Some One", "username": "someone", "email": "a@b.c", "entity": "someone"}
            return {"viewer": account | {"admin": False, "flags": "{}", "deletedAt": None}}
        if "upsertView" in request["query"]:
            id = given.get("id") or f"view{len(self.views)}"
            known = id in self.views
            self.views[id] = view = given | {"id": id}
            project = {"id": "p", "name": view["projectName"], "entityName": view["entityName"]}
            return {"upsertView": {"view": view | {"project": project}, "inserted": not known}}
        if "allViews" in request["query"]:
            kind = {"type": given.get("viewType", "runs"), "name": given.get("viewName")}
            asked = {key: value for key, value in kind.items() if value is not None}
            found = [view for view in self.views.values() if asked.items() <= view.items()]
            page = {"endCursor": None, "hasNextPage": False}
            return {"project": {"allViews": {"edges": [{"node": view} for view in found], "pageInfo": page}}}
        if "models(" in request["query"]:
            page = {"endCursor": None, "hasNextPage": False}
            node = {"id": "p", "name": "tests", "entityName": "someone", "createdAt": "2026-01-01T00:00:00"}
            return {"models": {"pageInfo": page, "edges": [{"node": node | {"isBenchmark": False, "user": None}}]}}
        if "query ArtifactType(" in request["query"]:
            return {"project": None}
        if "UpsertBucket" in request["query"]:
            project = {"id": "p", "name": "tests", "entity": {"id": "e", "name": "someone"}}
            bucket = {"id": "b", "name": given["name"], "displayName": "d", "config": "{}", "historyLineCount": 0}
            return {"upsertBucket": {"bucket": bucket | {"project": project}, "inserted": True}}
        if "createRunFiles" in request["query"]:
            files = [
                {"name": name, "uploadUrl": f"{self.address}/storage/{given['run']}/{name}"} for name in given["files"]
            ]
            return {"createRunFiles": {"runID": "b", "uploadHeaders": [], "files": files}}
        if "createArtifact(" in request["query"]:  # of a table: the server has it already
            sequence = {"id": "s", "latestArtifact": {"id": "a", "versionIndex": 0}}
            return {"createArtifact": {"artifact": {"id": "a", "state": "COMMITTED", "artifactSequence": sequence}}}
        return {}

    def _handler(outer):  # noqa: N805
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, answer = outer.answer(self.path, body)
                content = json.dumps(answer).encode()
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)

            do_GET = do_PUT = do_POST  # noqa: N815

            def log_message(self, *arguments):
                pass

        return Handler
