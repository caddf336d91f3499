"""system.token_keys: rotating the keys that sign access tokens, of a whole kernel with three workers: from the answer on
every worker signs with the next key and knows it, however many rotations follow each other or run side by side."""

import base64
import http.client
import json
import threading

import tokens
from harness import main
from tokens import PASSWORD, bearer, part

WORKERS = 3
CONNECTIONS = 12


def key_of(token):
    head = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]


class Rotation(tokens.Tokens):
    def setUp(self):
        super(tokens.Tokens, self).setUp()
        self.node = self.kernel(manifest=tokens.manifest()).start("--workers", str(WORKERS))
        self.first = self.person("ada", ["member"])["access_token"]
        self.admin = bearer(self.operator())
        # Kept open, so that all workers have some.
        self.connections = [http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=60) for _ in range(CONNECTIONS)]
        for connection in self.connections:
            self.addCleanup(connection.close)

    def by(self, connection, method, path, body=None, headers=None):
        fields = dict(headers or {})
        if body is not None:
            fields["Content-Type"] = "application/json"
        connection.request(method, path, None if body is None else json.dumps(body), fields)
        response = connection.getresponse()
        return response.status, json.loads(response.read())

    def everywhere(self, token):
        """What each connection's worker says of a token: 200, or why not."""
        answers = [self.by(c, "GET", "/v1/auth/session", headers=bearer(token)) for c in self.connections]
        return {200 if status == 200 else answer["detail"] for status, answer in answers}

    def signed_everywhere(self):
        """A new token of each connection's worker."""
        body = {"username": "ada", "password": PASSWORD, "tenant": "demo"}
        answers = [self.by(c, "POST", "/v1/auth/login", body) for c in self.connections]
        self.assertEqual({200}, {status for status, _ in answers}, answers)
        return [answer["access_token"] for _, answer in answers]

    def rotate(self, connection=None):
        status, answer = self.by(connection or self.connections[0], "POST", "/v1/auth/token-keys/rotate", {}, self.admin)
        self.assertEqual(200, status, answer)
        return {key["kid"] for key in answer["keys"]}

    def test_from_the_answer_on_every_worker_signs_with_the_next_key_and_knows_it(self):
        self.assertEqual({200}, self.everywhere(self.first))
        for _ in range(3):
            for connection in self.connections[:2]:
                known = self.rotate(connection)
            fresh = self.signed_everywhere()
            kids = {key_of(token) for token in fresh}
            self.assertEqual(1, len(kids), "some workers sign with a key of before")
            self.assertLess(kids, known)
            self.assertNotIn(key_of(self.first), kids)
            for token in fresh[:4] + [self.first]:
                self.assertEqual({200}, self.everywhere(token))

    def test_tokens_made_while_keys_are_rotated_side_by_side_are_good_everywhere(self):
        self.assertEqual({200}, self.everywhere(self.first))
        outcomes = []

        def rotations(connection):
            for _ in range(3):
                outcomes.append(self.by(connection, "POST", "/v1/auth/token-keys/rotate", {}, self.admin))

        own = [http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=60) for _ in range(3)]
        threads = [threading.Thread(target=rotations, args=(c,)) for c in own]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            token = self.login("ada")["access_token"]
            self.assertEqual({200}, self.everywhere(token))
        for thread in threads:
            thread.join()
        for connection in own:
            connection.close()
        self.assertEqual([200] * 9, [status for status, _ in outcomes], outcomes)
        for token in self.signed_everywhere()[:6] + [self.first]:
            self.assertEqual({200}, self.everywhere(token))

    def test_keys_that_somebody_makes_up_change_nothing_for_others(self):
        head, rest = self.first.split(".", 1)
        for number in range(40):
            made_up = part({"alg": "EdDSA", "typ": "at+jwt", "kid": "made-up-%d" % number}) + "." + rest
            status, answer = self.by(self.connections[number % CONNECTIONS], "GET", "/v1/auth/session", headers=bearer(made_up))
            self.assertEqual((401, "bad_token"), (status, answer["code"]))
        self.assertEqual({200}, self.everywhere(self.first))


if __name__ == "__main__":
    main()
