"""Answers one JSON request per line with one JSON line. The first request sets up; each further one is a query.

{"extension": "", "setup": ["…"]}  ->  {"version": "…", "extension": "…"}
{"sql": "…", "limit": seconds}     ->  {"columns": […], "types": […], "rows": [[text or null]], "took": seconds}
On failure                         ->  {"error": "…", "timeout": true or false}
"""
import datetime
import decimal
import json
import os
import queue
import sys
import threading
import time


def requests():
    """Yields the requests. When the input ends, so does this process, even in the middle of a query: its starter is gone."""
    lines = queue.Queue()

    def read():
        for line in sys.stdin:
            lines.put(line)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    while True:
        yield json.loads(lines.get())


def text(value):
    """PostgreSQL's text of a value, except that numbers and times may have more zeros at their end."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        zone = "+00" if value.tzinfo else ""
        return value.replace(tzinfo=None).isoformat(" ") + zone
    if isinstance(value, (bytes, bytearray)):
        return "\\x" + bytes(value).hex()
    return str(value)


def connect(request):
    import duckdb

    extension = request["extension"]
    if not extension:
        import duckdb_extension_postgres_scanner as package

        name = f"extensions/v{duckdb.__version__}/postgres_scanner.duckdb_extension"
        extension = os.path.join(os.path.dirname(package.__file__), name)
    con = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    con.execute("load '" + extension.replace("'", "''") + "'")
    for sql in request["setup"]:
        con.execute(sql)
    found = con.execute("select extension_version from duckdb_extensions() where loaded and extension_name = 'postgres_scanner'").fetchone()
    return con, {"version": duckdb.__version__, "extension": found[0] if found else ""}


def ask(con, request):
    import duckdb

    late = threading.Event()

    def interrupt():
        late.set()
        con.interrupt()

    timer = threading.Timer(request["limit"], interrupt)
    begin = time.perf_counter()
    timer.start()
    try:
        result = con.execute(request["sql"])
        described = result.description or []
        rows = result.fetchall()
        took = time.perf_counter() - begin
    except duckdb.Error:  # the extension has other errors than InterruptException when its reading is interrupted
        if not late.is_set():
            raise
        return {"error": "interrupted", "timeout": True}
    finally:
        timer.cancel()
        timer.join()  # an interruption that comes late must not strike the next query
    return {
        "columns": [d[0] for d in described],
        "types": [str(d[1]) for d in described],
        "rows": [[text(v) for v in row] for row in rows],
        "took": took,
    }


def main():
    # Answers have the standard output to themselves: DuckDB shows there how far a query is that takes long.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    con = None
    for request in requests():
        try:
            if con is None:
                con, answer = connect(request)
            else:
                answer = ask(con, request)
        except BaseException as e:
            answer = {"error": f"{type(e).__name__}: {e}", "timeout": False}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


main()
