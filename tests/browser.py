"""A real browser without a window, driven by its keyboard through Chromium's debugging pipe."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

PATIENCE_S = 60
NAMED = {"Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowRight": 39, "Tab": 9, "PageDown": 34}


def program() -> str | None:
    """The browser of this machine, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


class Browser:
    """One page of a browser; what it downloads comes to a folder."""

    def __init__(self, profile: Path, downloads: Path) -> None:
        self._next, self.events = 0, list[dict[str, Any]]()
        self._held = b""
        to_browser, self._to = os.pipe()
        self._from, from_browser = os.pipe()
        flags = f"--headless=new --no-sandbox --disable-gpu --user-data-dir={profile}"
        flags += " --window-size=1100,900 --remote-debugging-pipe about:blank"
        line = f"exec {program()} {flags} 3<&{to_browser} 4>&{from_browser}"
        self._process = subprocess.Popen(
            ["bash", "-c", line],
            pass_fds=(to_browser, from_browser),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]
        for domain in ("Page", "Runtime", "Network"):
            self.call(f"{domain}.enable")
        own = self.evaluate("navigator.userAgent")
        self.call("Emulation.setUserAgentOverride", userAgent=own, acceptLanguage="zh-CN")
        self.call("Page.setInterceptFileChooserDialog", enabled=True)
        self.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads))

    def close(self) -> None:
        """End the browser as a user does, so that it keeps what pages stored."""
        self._session = None
        self.call("Browser.close")
        self._process.wait(PATIENCE_S)
        os.close(self._to)
        os.close(self._from)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """What the browser answers to a command; events that come before are kept."""
        self._next += 1
        message = {"id": self._next, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == self._next:
                assert "error" not in answer, (method, answer)
                return answer["result"]
            self.events.append(answer)

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._held:
            part = os.read(self._from, 1 << 16)
            assert part, "the browser has ended"
            self._held += part
        message, _, self._held = self._held.partition(b"\0")
        return json.loads(message)

    def open(self, path: Path) -> None:
        """Open a file, and wait until its script has run."""
        self.call("Page.navigate", url=path.as_uri())
        self.wait("document.readyState === 'complete' && !!document.getElementById('text')")

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)[
            "result"
        ].get("value")

    def text(self, name: str) -> str:
        """What an element shows."""
        return self.evaluate(f"document.getElementById({name!r}).innerText")

    def wait(self, expression: str) -> None:
        """Wait until an expression in the page is true."""
        until = time.monotonic() + PATIENCE_S
        while not self.evaluate(expression):
            assert time.monotonic() < until, expression
            time.sleep(0.02)

    def press(self, *keys: str) -> None:
        """Press keys one after the other: letters, digits, names of other keys."""
        for key in keys:
            is_named = key in NAMED
            code = key if is_named else f"Digit{key}" if key.isdigit() else f"Key{key.upper()}"
            code = {"?": "Slash", " ": "Space"}.get(key, code)
            number = NAMED.get(key) or ord(key.upper())
            of_key = {"key": key, "code": code, "windowsVirtualKeyCode": number}
            typed = {} if is_named and key != "Enter" else {"text": "\r" if is_named else key}
            self.call("Input.dispatchKeyEvent", type="keyDown", **of_key, **typed)
            self.call("Input.dispatchKeyEvent", type="keyUp", **of_key)

    def type(self, text: str) -> None:
        """Type a text, Han characters too, as an input method does."""
        self.call("Input.insertText", text=text)

    def choose_file(self, path: Path) -> None:
        """Answer the dialog for a file that the page has asked for."""
        until = time.monotonic() + PATIENCE_S
        while True:
            asked = [one for one in self.events if one.get("method") == "Page.fileChooserOpened"]
            if asked:
                break
            assert time.monotonic() < until, "no dialog for a file"
            self.evaluate("0")
        node = asked[-1]["params"]["backendNodeId"]
        self.call("DOM.setFileInputFiles", files=[str(path)], backendNodeId=node)

    def requests(self) -> list[str]:
        """The addresses that the page asked for, but for itself and data in it."""
        asked = [
            one["params"]["request"]["url"]
            for one in self.events
            if one.get("method") == "Network.requestWillBeSent"
        ]
        return [url for url in asked if not url.startswith(("file:", "data:", "blob:", "about:"))]

    def picture(self, path: Path) -> None:
        """Keep what the window shows."""
        data = self.call("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(data))


def downloaded(folder: Path, pattern: str) -> Path:
    """The one file of that name, once it is whole."""
    until = time.monotonic() + PATIENCE_S
    while not (found := [*folder.glob(pattern)]) or [*folder.glob("*.crdownload")]:
        assert time.monotonic() < until, pattern
        time.sleep(0.05)
    (file,) = found
    return file
