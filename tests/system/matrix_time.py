"""system.matrix_time: as system.matrix, with access tokens whose own time is over: at least 10 s, and 30 s more that clocks
may differ, so this one waits 40 s."""

from harness import main, wait_for
from matrix import Refusals


class TimeOver(Refusals):
    def test_an_access_token_ends_by_itself(self):
        self.boot(", cold_burst: 100000, token_life: 10s")
        session, answer = self.sign_in("acme", "admin")
        shown = self.shown(token=answer["access_token"], client=self.client_token(self.key(session)))
        self.assertEqual(10, answer["expires_in"])
        self.assertEqual({200}, {self.asked("GET /v1/auth/session", **fields)[0] for fields in shown.values()})
        for fields in shown.values():
            wait_for("the token's end", 120, lambda: self.asked("GET /v1/auth/session", **fields)[0] == 401, pause=1)
        self.refused("over by its own time", shown)
        self.assertEqual(200, self.ask(self.k, "GET", "/v1/auth/session", token=session)[0], "the session goes on")


if __name__ == "__main__":
    main()
