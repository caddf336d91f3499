"""system.json_over_http: every text of the jsontestsuite, posted to a plugin that reads JSON through the gateway.

A `y_` text is not called malformed (what the plugin thinks of its content is its own affair), an `n_` text is 400
`bad_json`, and neither closes the connection; one longer than the route's body limit is 413. The folder is $SOCLE_CONFORMANCE, by default ../shared/conformance beside
the repository; the files are listed, never named here."""

import glob
import http.client
import json
import os
import unittest

from harness import SystemTest, at_best, main

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
BODY_LIMIT = 64 * 1024  # of POST /v1/notes
SUITE = os.path.join(os.environ.get("SOCLE_CONFORMANCE") or os.path.join(ROOT, "../shared/conformance"), "jsontestsuite")


@unittest.skipUnless(os.path.isdir(SUITE), "no jsontestsuite at %s" % SUITE)
class JsonOverHttp(SystemTest):
    def test_malformed_texts_are_refused_and_correct_ones_are_read(self):
        kernel = self.kernel(plugins=("storage-rocksdb", "gateway", "notes")).start()
        connection = http.client.HTTPConnection("127.0.0.1", kernel.port, timeout=60)
        self.addCleanup(connection.close)
        connection.connect()
        first = connection.sock
        judged = {"y_": 0, "n_": 0}
        for path in sorted(glob.glob(os.path.join(SUITE, "test_parsing", "*.json"))):
            name = os.path.basename(path)
            with open(path, "rb") as file:
                text = file.read()

            def post(text=text):
                connection.request("POST", "/v1/notes", text, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                return answer.status, json.loads(answer.read())

            def post_long():
                try:
                    return post()[0]
                except ConnectionError as lost:  # what is refused is read on for 2 s only; on a machine that stood still, no longer
                    connection.close()
                    raise AssertionError("the answer is lost") from lost
            if len(text) > BODY_LIMIT:
                self.assertEqual((at_best(post_long), name[:2]), (413, "n_"))
                judged["n_"] += 1
                connection.connect()
                first = connection.sock
                continue
            status, problem = post()
            malformed = (status, problem.get("code")) == (400, "bad_json")
            with self.subTest(name):
                self.assertIn(status, (201, 400, 422))
                if name[:2] in judged:
                    judged[name[:2]] += 1
                    self.assertEqual(malformed, name.startswith("n_"), "%d %s" % (status, problem))
            self.assertIs(connection.sock, first, "%s closed the connection" % name)
        self.assertGreater(min(judged.values()), 0, "no texts in %s" % SUITE)
        print("jsontestsuite over HTTP: %(y_)d read, %(n_)d refused" % judged)


if __name__ == "__main__":
    main()
