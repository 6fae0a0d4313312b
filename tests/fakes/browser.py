"""A real headless Chromium, driven over its debugging pipe: no port, no library, no network."""

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-default-apps", "--no-first-run",
    "--hide-scrollbars", "--mute-audio", "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe",
)  # fmt: skip
PATIENCE_S = 60.0


def find_chromium() -> str | None:
    """The browser's program, or None when there is none on this machine."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for path in map(shutil.which, names) if path), None)


@dataclass(slots=True)
class Tab:
    """One open page and everything that it did since it was opened."""

    browser: "Browser"
    session: str
    console: list[str] = field(default_factory=list)
    """Errors and warnings of the console, broken policies and uncaught exceptions included."""
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    loads: int = 0

    def call(self, method: str, **parameters: Any) -> Any:
        """One command of the DevTools protocol; its result."""
        return self.browser.call(method, parameters, self.session)

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression; promises are waited for."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise AssertionError(found["exceptionDetails"])
        return found["result"].get("value")

    def look(self, *, width: int = 1100, dark: bool = False, medium: str = "screen") -> None:
        """Lay the page out for a width in CSS pixels and a colour scheme."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=medium, features=[scheme])

    def go(self, path: Path) -> None:
        """Go to a file and wait until it is loaded."""
        before = self.loads
        self.call("Page.navigate", url=path.as_uri())
        while self.loads == before:
            self.browser.wait()

    def open(self, path: Path) -> None:
        """Go to a file of ours and wait until its charts are drawn or given up."""
        self.go(path)
        self.wait_for("[...document.querySelectorAll('.chart')].every(chart => chart.dataset.state)")

    def wait_for(self, condition: str) -> None:
        """Wait until a JavaScript expression is true."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.run(condition):
            assert time.monotonic() < deadline, f"it never came true: {condition}"

    def screenshot(self, path: Path) -> None:
        """The whole page as PNG."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 12_000), "scale": 1}
        data = self.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)["data"]
        path.write_bytes(base64.b64decode(data))

    def take(self, event: dict[str, Any]) -> None:
        """Note what the page did."""
        method, about = event["method"], event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"])
        elif method == "Page.loadEventFired":
            self.loads += 1
        elif method == "Runtime.consoleAPICalled" and about["type"] in {"error", "warning", "assert"}:
            self.console.append(str([one.get("value", one.get("description")) for one in about["args"]]))
        elif method == "Runtime.exceptionThrown":
            self.console.append(json.dumps(about["exceptionDetails"]))
        elif method == "Log.entryAdded" and about["entry"]["level"] in {"error", "warning"}:
            self.console.append(about["entry"]["text"])
        elif method == "Page.javascriptDialogOpening":
            self.dialogs.append(about["message"])
            self.browser.send("Page.handleJavaScriptDialog", {"accept": False}, self.session)


class Browser:
    """The process and its pipe; messages are JSON that a NUL ends."""

    def __init__(self, program: str, profile: Path) -> None:
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        # The protocol wants its ends at 3 and 4; a shell puts them there.
        line = f'exec "$0" "$@" 3<&{to_read} 4>&{to_write}'
        self._errors = (profile / "stderr").open("wb")
        self.process = subprocess.Popen(
            ["bash", "-c", line, program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(to_read, to_write), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._errors,
            env={**os.environ, "HOME": str(profile)},
        )  # fmt: skip
        os.close(to_read)
        os.close(to_write)
        self._buffer = b""
        self._number = 0
        self._tabs: dict[str, Tab] = {}

    def send(self, method: str, parameters: dict[str, Any], session: str = "") -> int:
        """Send a command; its number."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self._write, json.dumps(message).encode() + b"\0")
        return self._number

    def call(self, method: str, parameters: dict[str, Any], session: str = "") -> Any:
        """Send a command and wait for its result; events on the way go to their tabs."""
        number = self.send(method, parameters, session)
        while (message := self.wait()).get("id") != number:
            pass
        assert "error" not in message, f"{method}: {message['error']}"
        return message["result"]

    def wait(self) -> dict[str, Any]:
        """The next message; events go to their tabs on the way."""
        message = self._receive()
        if "method" in message and message.get("sessionId") in self._tabs:
            self._tabs[message["sessionId"]].take(message)
        return message

    def _receive(self) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE_S
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, "the browser does not answer"
            part = os.read(self._read, 1 << 20)
            assert part, "the browser has gone"
            self._buffer += part
        raw, _, self._buffer = self._buffer.partition(b"\0")
        found: dict[str, Any] = json.loads(raw)
        return found

    @contextlib.contextmanager
    def tab(self, *, scripts: bool = True) -> Iterator[Tab]:
        """A fresh page of its own, without JavaScript when `scripts` is False."""
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        tab = self._tabs[session] = Tab(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            tab.call(f"{domain}.enable")
        if not scripts:
            tab.call("Emulation.setScriptExecutionDisabled", value=True)
        try:
            yield tab
        finally:
            self._tabs.pop(session)
            self.call("Target.closeTarget", {"targetId": target})

    def close(self) -> None:
        """End the browser and wait for it."""
        with contextlib.suppress(OSError, AssertionError):
            self.call("Browser.close", {})
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self._write)
        os.close(self._read)
        self._errors.close()
