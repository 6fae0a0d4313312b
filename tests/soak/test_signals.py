"""Signals as a script sends them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.fakes.provider import FakeProvider
from tests.fakes.script import Script
from tests.soak.forks import ROOT, environment
from tests.soak.runs import KEY, command, write_set


def test_started_in_the_background_of_a_script_sigterm_ends_it(tmp_path: Path) -> None:
    """With SIGINT inherited as ignored, SIGTERM leaves with 143; the same command goes on and repeats no finished call."""
    write_set(tmp_path, 20)
    small = {**environment(tmp_path, JC_API_KEY=KEY), "PYTHONPATH": str(ROOT)}
    with FakeProvider(Script(latency_s=0.1)) as server:
        line = [sys.executable, "-m", "jc", *command(server.url, "--concurrency", "4", "--judge-mode", "pointwise")]
        script = ["bash", "-c", 'trap "" INT; exec "$@"', "bash", *line]
        process = subprocess.Popen(script, cwd=tmp_path, env=small, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while len(server.requests) < 10:
            assert process.poll() is None
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGTERM)
        process.communicate(timeout=30)
        stopped = len(server.requests)
        server.use(Script())
        done = subprocess.run(line, cwd=tmp_path, env=small, capture_output=True, check=False, timeout=60)
        again = [unit for unit, count in server.book.attempts.items() if count > 1]

    assert process.returncode == 143
    assert stopped < 80
    assert done.returncode == 0, done.stderr
    assert again == []
