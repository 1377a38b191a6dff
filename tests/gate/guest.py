"""Somebody with a browser of their own, in front of a deployment with sign-in."""

import re
import time
from urllib.parse import urlsplit

import deployment
from joserfc import jwt
from joserfc.jwk import OctKey
from playwright.sync_api import expect

NOTHING_RUNS = "[data-testid=stApp][data-test-script-state=notRunning]"


class Guest:
    def __init__(self, browser, url, **options):
        self.url = url
        self.context = browser.new_context(
            viewport={"width": 1280, "height": 800}, reduced_motion="reduce", accept_downloads=True, **options
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.blocked, self._frames = [], []
        self.page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: self._frames.extend([frame])))
        self.page.on("console", lambda one: self.blocked.append(one.text) if "Content Security Policy" in one.text else None)

    def heard(self):
        """Everything the server sent through sockets, shown or not."""
        return b"".join(one if isinstance(one, bytes) else one.encode() for one in self._frames)

    # where they are

    @property
    def address(self):
        """Path and query of what is on screen."""
        parts = urlsplit(self.page.url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def open(self, address="/"):
        self.page.goto(f"{self.url}{address}")
        return self

    def inside(self):
        """Wait until a page of the app is drawn."""
        expect(self.page.get_by_test_id("stSidebarNav")).to_be_visible(timeout=20_000)
        self.page.wait_for_selector(NOTHING_RUNS)
        return self

    def outside(self, words=""):
        """Wait until the sign-in page is drawn, and says so; nothing of the app is left on it."""
        expect(self.page.get_by_role("button", name="Sign in", exact=True)).to_be_visible(timeout=30_000)
        if words:
            expect(self.page.get_by_test_id("stAlert")).to_contain_text(re.compile(words))
        expect(self.page.get_by_test_id("stSidebarNav")).to_have_count(0)
        expect(self.page.get_by_test_id("stVegaLiteChart")).to_have_count(0)
        expect(self.page.get_by_role("button", name="Sign out")).to_have_count(0)
        return self

    # what they do

    def sign_in(self, name, address="/", *, deny=False):
        """Through the sign-in page, to the provider, and back."""
        return self.open(address).go_to_provider().answer(name, deny=deny)

    def come(self, name, address="/definitions"):
        """The same way without looking at the pages on it, to a light page: quicker where neither is the subject."""
        token = jwt.encode({"alg": "HS256"}, {"provider": "default", "exp": int(time.time()) + 60}, OctKey.import_key(deployment.SECRET))
        asked = self.context.request.get(f"{self.url}/auth/login?provider={token}")
        landed = self.context.request.post(asked.url, form={"sub": name})
        assert landed.url == f"{self.url}/", landed.url
        return self.open(address)

    def go_to_provider(self):
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.get_by_role("button", name="Deny").wait_for()
        return self

    def answer(self, name, *, deny=False):
        if deny:
            self.page.get_by_role("button", name="Deny").click()
        else:
            self.page.get_by_placeholder("sub").fill(name)
            self.page.get_by_role("button", name="Authorize").click()
        return self

    def sign_out(self):
        self.page.get_by_role("button", name="Sign out").click()
        self.page.wait_for_url(re.compile("end_session"))
        return self

    # what they hold

    def cookies(self):
        return self.context.cookies(self.url)

    def identity(self):
        """The cookies that say who they are."""
        return [one for one in self.cookies() if one["name"].startswith("_streamlit_user")]

    def give(self, cookies):
        """Take somebody's cookies as one's own."""
        self.context.add_cookies([{"url": self.url, "name": one["name"], "value": one["value"]} for one in cookies])
        return self

    def fetch(self, path, method="GET", **more):
        """A request with this browser's cookies, redirects not followed."""
        return self.context.request.fetch(f"{self.url}{path}", method=method, max_redirects=0, **more)

    def close(self):
        self.context.close()
