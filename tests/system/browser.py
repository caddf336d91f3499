"""A headless Chromium for tests, driven over its own pipe (DevTools protocol, JSON ended by NUL), with nothing but the
standard library. `find()` is None where there is no Chromium: then say so and skip."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time


def find():
    return os.environ.get("SOCLE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Browser:
    """One process with one tab. Every wait ends: with an answer, or after `seconds` with what was waited for."""

    def __init__(self, seconds=60):
        self.seconds = seconds
        self.folder = tempfile.mkdtemp(prefix="socle-browser-")
        down, self.out = os.pipe()
        self.inn, up = os.pipe()

        def wire():
            os.dup2(down, 13)
            os.dup2(up, 14)
            os.dup2(13, 3)
            os.dup2(14, 4)

        self.process = subprocess.Popen(
            [find(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
             "--hide-scrollbars", "--remote-debugging-pipe", "--user-data-dir=" + self.folder, "about:blank"],
            preexec_fn=wire, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(down)
        os.close(up)
        self.buffer = b""
        self.events = []
        self.number = 0
        self.session = None
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(domain + ".enable")

    def close(self):
        try:
            self.session = None
            self.send("Browser.close")
            self.process.wait(5)
        except Exception:
            self.process.kill()
            self.process.wait()
        for fd in (self.out, self.inn):
            os.close(fd)
        shutil.rmtree(self.folder, ignore_errors=True)

    def read(self, end):
        while b"\0" not in self.buffer:
            if not select.select([self.inn], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError("the browser does not answer")
            more = os.read(self.inn, 1 << 20)
            if not more:
                raise AssertionError("the browser has ended")
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(line)

    def send(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + self.seconds
        while True:
            answer = self.read(end)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise AssertionError("%s: %s" % (method, answer["error"]["message"]))
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, event):
        end = time.monotonic() + self.seconds
        while True:
            for i, one in enumerate(self.events):
                if one.get("method") == event:
                    return self.events.pop(i)["params"]
            self.events.append(self.read(end))

    def open(self, url):
        self.events = [e for e in self.events if e.get("method") != "Page.loadEventFired"]
        self.send("Page.navigate", url=url)
        self.wait_for("Page.loadEventFired")

    def run(self, expression):
        """The value of an expression; of a promise, what it brings."""
        answer = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise AssertionError("%s: %s" % (expression[:80], answer["exceptionDetails"].get("exception", {}).get("description")))
        return answer["result"].get("value")

    def until(self, expression):
        end = time.monotonic() + self.seconds
        while True:
            value = self.run(expression)
            if value:
                return value
            if time.monotonic() > end:
                raise AssertionError("never true: %s" % expression)
            select.select([], [], [], 0.02)

    def leave_by(self, expression):
        """Does what leads to another page, and waits for it."""
        self.events = [e for e in self.events if e.get("method") != "Page.loadEventFired"]
        self.run(expression)
        self.wait_for("Page.loadEventFired")

    def click(self, selector):
        self.leave_by("document.querySelector(%s).click()" % json.dumps(selector))

    def type(self, name, text):
        """As a person would: focus, keys, and on to the next field."""
        self.run("(() => { const i = document.querySelector(`[name=\"${CSS.escape(%s)}\"]:not([type=hidden])`); i.focus(); if (i.select && i.type !== 'date') i.select(); })()" % json.dumps(name))
        kind = self.run("document.activeElement.tagName + ' ' + document.activeElement.type")
        if kind.startswith("SELECT") or kind.endswith(("date", "datetime-local")):
            self.run("(() => { const i = document.activeElement; i.value = %s; i.dispatchEvent(new Event('input', {bubbles: true})); i.dispatchEvent(new Event('change', {bubbles: true})); })()" % json.dumps(text))
        elif kind.endswith("checkbox"):
            self.run("document.activeElement.checked === %s || document.activeElement.click()" % json.dumps(bool(text)))
        else:
            self.send("Input.insertText", text=text)
            self.run("document.activeElement.blur()")

    def press(self, key, leaves=False):
        """A key of the keyboard, wherever the focus is; `leaves`: it leads to another page, which is waited for."""
        code, text = {"Tab": (9, ""), "Enter": (13, "\r"), "ArrowDown": (40, ""), "ArrowUp": (38, "")}[key]
        self.events = [e for e in self.events if e.get("method") != "Page.loadEventFired"]
        down = {"type": "keyDown", "text": text, "unmodifiedText": text} if text else {"type": "rawKeyDown"}
        self.send("Input.dispatchKeyEvent", key=key, code=key, windowsVirtualKeyCode=code, **down)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)
        if leaves:
            self.wait_for("Page.loadEventFired")

    def language(self, tag):
        """What the next pages are asked for in."""
        self.send("Network.setExtraHTTPHeaders", headers={"Accept-Language": tag})

    def size(self, width, height, dark=False, script=True):
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.send("Emulation.setScriptExecutionDisabled", value=not script)

    def picture(self, path, whole=True):
        data = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(data["data"]))

    def complaints(self):
        """What the page did wrong: refused by the policy, exceptions, errors of the console."""
        out = []
        for event in self.events:
            if event.get("method") == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
                out.append(event["params"]["entry"]["text"])
            if event.get("method") == "Runtime.exceptionThrown":
                out.append(event["params"]["exceptionDetails"]["text"])
        return out
