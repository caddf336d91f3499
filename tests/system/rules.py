"""system.rules: rulesets of the rules plugin on a running kernel with the registry beside it: published while they are
evaluated, through swaps of both plugins; canaries that are promoted, and sent back, by what the rules plugin reports;
and what one tenant's explosive expressions do to another."""

import json
import os
import subprocess
import threading
import time

from harness import FULL, SOCLE, SystemTest, main, plugin, wait_for
from models import RESIDENT, Load, Tenant, YAML, ended, millis, sides_of, verdict

USERS = ["u%d" % i for i in range(16)]
SECONDS = 20 if FULL else 4
# A table and a graph as other tools write them.
APPROVAL = """\
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="d" namespace="n">
  <inputData name="Score" id="i"/>
  <decision name="Approval Status" id="approval"><variable name="Approval Status" typeRef="string"/>
    <decisionTable hitPolicy="UNIQUE">
      <input><inputExpression typeRef="number"><text>Score</text></inputExpression></input>
      <output/>
      <rule><inputEntry><text>&gt;= 600</text></inputEntry><outputEntry><text>"Approved"</text></outputEntry></rule>
      <rule><inputEntry><text>&lt; 600</text></inputEntry><outputEntry><text>"Declined"</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>
"""
SURCHARGE = {"nodes": [{"id": "i", "type": "inputNode", "name": "in"},
                       {"id": "e", "type": "expressionNode", "name": "e",
                        "content": {"expressions": [{"id": "x", "key": "x", "value": "a + 0.1"}]}}],
             "edges": [{"sourceId": "i", "targetId": "e"}]}
GRANTS = '["call:storage/1", "call:models/1", "call:rules/1", "call:forms/1", "call:auth/1", "act-as:tenants"]'


def manifest():
    listeners = {"http": ("demo", "tester"), "other": ("other", "tester")}
    listeners.update({user: ("demo", user) for user in USERS})
    entries = {"storage-rocksdb": "home: kernel",
               "gateway": "home: kernel, listen: [%s, ops], grants: [ingress, catalog]" % ", ".join(listeners),
               "models": "home: kernel, grants: %s, config: {canary_calls: 50, canary_interval: 50ms}" % GRANTS,
               "rules": 'home: kernel, grants: ["call:models/1"], config: {env: {region: eu}}'}
    lines = ["socle: 1", "data: data", "listeners:", '  ops: {address: "127.0.0.1:0"}']
    lines += ['  %s: {address: "127.0.0.1:0", tenant: %s, principal: %s}' % (name, tenant, user)
              for name, (tenant, user) in listeners.items()]
    lines += ["resident: " + RESIDENT, "tenants: {demo: {}, other: {}}", "plugins:"]
    lines += ["  - {path: %s, %s}" % (plugin(name), entry) for name, entry in entries.items()]
    return "\n".join(lines) + "\n"


def ruleset(value, expression="input.?n.orValue(7) * 0"):
    return """\
rules: loan
input: {type: object, properties: {n: {type: integer}}}
steps:
  - {table: band, hit: F, inputs: [{expr: "input.?n.orValue(7)", type: integer}], outputs: [{type: integer}],
     rows: [["< 5", "0"], ["[5..10)", "1"], ["-", "2"]]}
output: {value: "%d + band - 1 + %s"}
tests: [{name: seven, input: {}, output: {value: %d}}]
""" % (value, expression, value)


class Rules(SystemTest):
    def system(self):
        kernel = self.kernel(manifest=manifest()).start()
        self.ports = {name: int(at.rsplit(":", 1)[1]) for name, at in kernel.command("status")["listeners"].items()}
        return kernel

    def tenant(self, listener="http"):
        tenant = Tenant(self.ports[listener])
        self.addCleanup(tenant.close)
        return tenant

    def test_env_is_what_the_operator_says_and_a_trace_stands_beside_a_fault(self):
        self.system()
        tenant = self.tenant()
        tenant.release("rules: where\noutput: {region: env.region, none: 'env.?nothing.orValue(7)'}\n", name="where")
        answer = tenant.good("POST", "/v1/rules/where/evaluate", {"input": {}})
        self.assertEqual(answer["output"], {"region": "eu", "none": 7})
        tenant.release("rules: falls\nsteps: [{set: a, expr: input.x}, {set: b, expr: 1 / a}]\noutput: b\n", name="falls")
        status, problem = tenant.ask("POST", "/v1/rules/falls/evaluate", {"input": {"x": 0}, "trace": True})
        self.assertEqual((status, problem["code"]), (422, "divide_by_zero"))
        self.assertEqual([step["step"] for step in problem["trace"]["steps"]], ["a", "b"])
        self.assertEqual(problem["errors"][0]["pointer"], "/steps/1/expr")
        status, problem = tenant.ask("POST", "/v1/rules/falls/evaluate", {"input": {"x": 0}})
        self.assertNotIn("trace", problem)

    def test_rulesets_published_under_load_through_swaps_of_both_plugins_fail_nobody_and_are_never_stale(self):
        kernel = self.system()
        self.tenant().release(ruleset(0))
        published, failures, stop = [], [], threading.Event()

        def publish():
            mine, i = self.tenant(), 0
            while not stop.is_set():
                i += 1
                try:
                    mine.good("PUT", "/v1/models/rules/loan", ruleset(i), YAML)
                    begin = time.monotonic_ns()
                    mine.good("POST", "/v1/models/rules/loan/publish")
                    published.append((begin, time.monotonic_ns(), i))
                except AssertionError as failure:
                    failures.append(failure)
                    return

        publisher = threading.Thread(target=publish)
        reports = []
        with Load(self.ports["http"], question={"input": {}}) as busy:
            publisher.start()
            end = time.monotonic() + SECONDS
            # A slow disk takes longer for so many.
            while time.monotonic() < end or (len(published) <= 10 and publisher.is_alive() and time.monotonic() < end + 120):
                reports += [kernel.swap(name, plugin(name)) for name in ("rules", "models")]
            stop.set()
            publisher.join()
        self.assertEqual(failures, [])
        self.assertEqual({r["failed"] for r in reports}, {0})
        self.assertGreater(len(published), 10)
        self.assertGreater(len(busy.seen), 200)
        self.assertEqual([s for s in busy.seen if s[2] != 200], [])
        for begin, over, _, value in busy.seen:
            self.assertGreaterEqual(value, max((v for _, done, v in published if done < begin), default=0), "stale")
            self.assertLessEqual(value, max((v for asked, _, v in published if asked < over), default=0))
        print("\nrules: %d evaluations beside %d publishes and %d swaps of rules and models: 0 failed, 0 stale; p50 "
              "%.2f ms, p99 %.2f ms" % (len(busy.seen), len(published), len(reports), millis(busy.seen, 0.5),
                                        millis(busy.seen, 0.99)))

    def socle(self, kernel, *words):
        """The command line itself: exit code and answer."""
        done = subprocess.run([SOCLE, *words, "--json", "--control", kernel.control_path],
                              capture_output=True, text=True, timeout=60)
        return done.returncode, json.loads(done.stdout or done.stderr)

    def canary(self, author, text, seconds):
        """A canary on half of the users for so long, met by all of them until it has ended or has calls enough."""
        answer = author.release(text, {"canary": {"weight": "50%", "for": "%ds" % seconds}})
        self.assertEqual(answer["state"], "canary")
        clients = [self.tenant(user) for user in USERS]
        met = []
        for _ in range(20):
            for user, client in zip(USERS, clients):
                status, answer = client.ask("POST", "/v1/rules/loan/evaluate", {"input": {}})
                met.append((user, answer["version"] if status == 200 else answer["code"]))
        self.assertEqual(len(set(sides_of(met).values())), 2, "one side was met by nobody")

    def test_a_canary_of_a_ruleset_is_promoted_by_what_the_rules_plugin_reports(self):
        self.system()
        author = self.tenant()
        author.release(ruleset(1))
        for attempt in range(5):
            self.canary(author, ruleset(2, "0 * %d" % attempt), 3 << attempt)
            end = verdict(author)
            if end["action"] == "promote":
                break
        self.assertEqual("promote", end["action"], end)
        self.assertEqual(author.good("POST", "/v1/rules/loan/evaluate", {"input": {}})["output"], {"value": 2})

    def test_a_canary_of_a_ruleset_that_errs_is_sent_back(self):
        text = ruleset(2, "(has(input.n) ? 0 : 1 / (band - 1))").replace("input: {}, output", "input: {n: 7}, output")
        self.system()
        author = self.tenant()
        author.release(ruleset(1))
        self.canary(author, text, 60)  # it is sent back as soon as there are calls enough
        end = wait_for("the canary's end", 60, lambda: ended(author))
        self.assertEqual("revert", end["action"])
        self.assertIn("errors: canary", end["reason"])
        self.assertEqual(author.good("POST", "/v1/rules/loan/evaluate", {"input": {}})["output"], {"value": 1})

    def test_a_retired_ruleset_is_gone_at_once_and_comes_back(self):
        kernel = self.system()
        author = self.tenant()
        author.release(ruleset(3))
        self.assertEqual(author.ask("POST", "/v1/rules/loan/evaluate", {"input": {}})[0], 200)
        code, answer = self.socle(kernel, "model", "retire", "rules/loan", "--tenant", "demo", "--reason", "replaced")
        self.assertEqual(code, 0, answer)
        self.assertEqual((answer["version"], answer["state"]), ("1.0.0", "retired"))
        status, problem = author.ask("POST", "/v1/rules/loan/evaluate", {"input": {}})
        self.assertEqual((status, problem["code"]), (404, "unknown_model"))
        self.assertEqual(author.good("GET", "/v1/models/rules")["items"][0]["retired"], True)
        self.assertEqual(author.good("GET", "/v1/models/rules/loan/history")["items"][0]["reason"], "replaced")
        author.good("POST", "/v1/models/rules/loan/rollback")
        self.assertEqual(author.good("POST", "/v1/rules/loan/evaluate", {"input": {}})["output"], {"value": 3})
        author.good("POST", "/v1/models/rules/loan/retire", {"reason": "again"})
        self.assertEqual(author.ask("POST", "/v1/rules/loan/evaluate", {"input": {}})[0], 404)

    def test_a_tenant_that_trusts_keys_publishes_only_what_they_signed(self):
        kernel = self.system()
        folder = os.path.join(self.folder, "signed")
        os.makedirs(folder)
        with open(os.path.join(folder, "loan.yaml"), "w", encoding="utf-8") as file:
            file.write(ruleset(6))
        keys = {}
        for name in ("author", "stranger"):
            keys[name] = os.path.join(self.folder, name)
            subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", keys[name]], check=True)
            subprocess.run(["openssl", "pkey", "-in", keys[name], "-pubout", "-out", keys[name] + ".pub"], check=True)
        model = lambda *words: self.socle(kernel, "model", *words, "--tenant", "demo")
        self.assertEqual(model("trust", keys["author"] + ".pub")[0], 0)
        self.assertEqual(model("plan", folder)[1]["refused"], False)
        for more, why in (([], "must be signed by one of its 1 keys"), (["--key", keys["stranger"]], "none of this tenant's"),
                          (["--key", keys["author"] + ".pub"], "no Ed25519 private key")):
            code, answer = model("apply", folder, *more)
            self.assertEqual(code, 1)
            self.assertIn(why, json.dumps(answer))
        code, answer = model("apply", folder, "--key", keys["author"])
        self.assertEqual((code, answer.get("applied")), (0, 1), answer)
        stored = self.tenant().good("GET", "/v1/models/rules/loan")
        self.assertEqual(len(stored["signature"]["value"]), 128)
        author = self.tenant()
        author.good("PUT", "/v1/models/rules/loan", ruleset(7), YAML)
        status, problem = author.ask("POST", "/v1/models/rules/loan/publish")
        self.assertEqual((status, problem["code"]), (403, "bad_signature"))
        self.assertEqual(model("trust", "none")[0], 0)
        author.good("POST", "/v1/models/rules/loan/publish")

    def test_an_erased_tenants_models_are_gone_when_its_name_comes_back(self):
        kernel = self.system()
        ask = lambda method, body: kernel.command("call", "models/1." + method, json.dumps(body), "--tenant", "guest")
        kernel.command("tenant", "create", "guest", "--no-admin", "")
        items = [{"kind": "rules", "name": "loan", "text": ruleset(4)}]
        self.assertEqual(ask("import", {"items": items})["applied"], 1)
        self.assertEqual(len(ask("list", {})["items"]), 1)
        # Deleted only when every service that remembers tenants has forgotten it.
        self.assertEqual(kernel.command("tenant", "delete", "guest")["state"], "deleted")
        kernel.command("tenant", "create", "guest", "--no-admin", "")
        self.assertEqual(ask("list", {})["items"], [])
        self.assertEqual(ask("import", {"items": items})["items"][0]["version"], "1.0.0")

    def test_expressions_that_explode_are_stopped_and_another_tenant_goes_on(self):
        self.system()
        author, other = self.tenant(), self.tenant("other")
        other.release(ruleset(5))
        bombs = {"fuel": "lists.range(1000).map(a, lists.range(1000).map(b, a * b)).flatten().sum()",
                 "memory": "lists.range(14).map(i, i).size() + size(%s)" % (
                     "cel.bind(s, " * 18 + "'0123456789abcdef0123456789abcdef'" + ", s + s)" * 18)}
        for name, bomb in bombs.items():
            text = "rules: %s\noutput: {value: %s}\n" % (name, json.dumps(bomb))
            status, answer = author.ask("PUT", "/v1/models/rules/" + name, text, YAML)
            if status == 422:
                self.assertIn(answer["errors"][0]["code"], ("too_costly", "cost_unbounded"))
            else:
                author.good("POST", "/v1/models/rules/%s/publish" % name)
        grown = "rules: grown\noutput: {value: \"lists.range(input.n).map(a, lists.range(input.n).map(b, a * b)).size()\"}\n"
        author.release(grown, name="grown")
        # One list, looked through once for each of its elements: work without memory.
        loops = "rules: loops\noutput: {value: \"cel.bind(l, lists.range(input.n), l.all(a, l.all(b, a + b >= 0)))\"}\n"
        author.release(loops, name="loops")
        for _ in range(3):  # what others do on this machine may spoil a round's times, not its answers
            alone, beside = self.beside_exploding()
            if beside <= 10 * alone + 10:
                break
        # Clients, workers and the pool share the cores.
        self.assertLessEqual(beside, 10 * alone + 10)

    def beside_exploding(self):
        """The p99 in ms of another tenant's evaluations, alone and beside exploding ones, each of which is stopped."""
        with Load(self.ports["other"], question={"input": {}}) as quiet:
            time.sleep(SECONDS / 2)
        stop, codes = threading.Event(), set()

        def explode(name, n):
            mine = self.tenant()
            while not stop.is_set():
                status, answer = mine.ask("POST", "/v1/rules/%s/evaluate" % name, {"input": {"n": n}})
                codes.add((status, answer.get("code")))

        threads = [threading.Thread(target=explode, args=bomb) for bomb in (("grown", 100000), ("loops", 2000)) * 2]
        with Load(self.ports["other"], question={"input": {}}) as beside:
            for thread in threads:
                thread.start()
            time.sleep(SECONDS / 2)
            stop.set()
            for thread in threads:
                thread.join()
        self.assertIn((422, "out_of_fuel"), codes)
        self.assertIn((422, "out_of_memory"), codes)
        self.assertLessEqual(codes, {(422, "out_of_fuel"), (422, "out_of_memory"), (503, "overloaded"), (429, "rate"),
                                     (504, "deadline_exceeded")})  # the last on a machine that is very slow
        self.assertEqual([s for s in beside.seen if s[2] != 200 or s[3] != 5], [])
        print("\nrules: another tenant's evaluations beside four clients of exploding ones: p50 %.2f ms (alone %.2f), p99 "
              "%.2f ms (alone %.2f); %s" % (millis(beside.seen, 0.5), millis(quiet.seen, 0.5), millis(beside.seen, 0.99),
                                           millis(quiet.seen, 0.99), sorted(codes)))
        return millis(quiet.seen, 0.99), millis(beside.seen, 0.99)

    def test_an_imported_decision_is_saved_published_and_evaluated(self):
        self.system()
        tenant = self.tenant()
        for order, name, title, record, output in (
                ({"format": "dmn", "source": APPROVAL}, "approval-status", "Approval Status", {"Score": 700}, "Approved"),
                ({"format": "dmn", "source": APPROVAL, "name": "status"}, "status", "Approval Status", {"Score": 1}, "Declined"),
                ({"format": "jdm", "source": SURCHARGE}, "imported", None, {"a": 0.2}, {"x": 0.3}),
                ({"format": "jdm", "source": SURCHARGE, "name": "Night Surcharge"}, "night-surcharge", "Night Surcharge",
                 {"a": 1}, {"x": 1.1})):
            with self.subTest(name=name):
                source = tenant.good("POST", "/v1/rules/import", order)["source"]
                self.assertEqual((source["rules"], source.get("title")), (name, title))
                tenant.good("PUT", "/v1/models/rules/" + name, source)
                tenant.good("POST", "/v1/models/rules/%s/publish" % name)
                answer = tenant.good("POST", "/v1/rules/%s/evaluate" % name, {"input": record})
                self.assertEqual((answer["output"], answer["version"]), (output, "1.0.0"))

    def test_every_ruleset_of_the_gallery_can_be_published_and_read_as_it_was_written(self):
        self.system()
        tenant = self.tenant()

        def text(path):
            tenant.connection.request("GET", path, None, {"Accept": "application/yaml"})
            response = tenant.connection.getresponse()
            body = response.read().decode()
            self.assertEqual((response.status, response.getheader("Content-Type").split(";")[0]),
                             (200, "application/yaml"), body)
            return body

        gallery = tenant.good("GET", "/v1/templates")["items"]
        self.assertEqual({item["kind"] for item in gallery}, {"forms", "policies", "rules"})
        for item in gallery:
            written = text("/v1/templates/%(kind)s/%(name)s" % item)
            if item["kind"] != "rules":
                continue  # their kinds are not served here
            path = "/v1/models/rules/" + item["name"]
            tenant.release(written, name=item["name"])
            self.assertEqual(text(path), written)
            stored = tenant.good("GET", path)
            self.assertEqual((stored["text"], stored["source"]["rules"]), (written, item["name"]))
            tests = tenant.good("POST", "/v1/rules/%s:test" % item["name"])
            self.assertGreater(tests["passed"], 0)
            self.assertEqual(tests["failed"], 0)
        status, problem = tenant.ask("GET", "/v1/templates/rules/nothing")
        self.assertEqual((status, problem["code"]), (404, "unknown_template"))


if __name__ == "__main__":
    main()
