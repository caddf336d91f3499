"""system.tenants: tenants of a whole kernel as an operator makes, changes and ends them, while their requests come over
HTTP; killed with SIGKILL in the middle of it, nothing acknowledged is lost and nothing is half done."""

import hashlib
import json
import os
import random
import socket
import struct
import subprocess
import time

from harness import FULL, RESIDENT, SOCLE, Kernel, Refused, SystemTest, main, plugin, wait_for

PLANS = "plans: {free: {rate: 1000, storage.bytes: 1MiB}, paid: {weight: 4}}"
KILLS = 40 if FULL else 12


def manifest(listeners, plans=PLANS, tenants="", plugins=("storage-rocksdb", "gateway", "notes"), auth="no"):
    """Listeners `http`, `http1` …, one for each tenant in `listeners`, and a plain one when there is none."""
    entries = {"storage-rocksdb": "home: kernel", "notes": 'home: kernel, grants: ["call:storage/1"]',
               "fake-auth": 'home: kernel, config: {fails: "%s"}' % auth,
               "gateway": "home: kernel, listen: [%s], grants: [ingress, catalog]" % ", ".join(
                   ["http%s" % (i or "") for i in range(max(1, len(listeners)))] + ["ops"])}
    lines = ["socle: 1", "data: data", "listeners:", '  ops: {address: "127.0.0.1:0"}']
    lines += ['  http%s: {address: "127.0.0.1:0", tenant: %s, principal: tester}' % (i or "", tenant)
              for i, tenant in enumerate(listeners)]
    lines += [] if listeners else ['  http: {address: "127.0.0.1:0"}']
    lines += ["resident: " + RESIDENT, plans, tenants, "plugins:"]
    lines += ["  - {path: %s, %s}" % (plugin(p), entries[p]) for p in plugins]
    return "\n".join(lines) + "\n"


class Tenants(SystemTest):
    def kernel(self, listeners=(), **options):
        kernel = Kernel(self.folder, manifest=manifest(listeners, **options))
        self.addCleanup(kernel.__exit__)
        kernel.start()
        addresses = kernel.command("status")["listeners"]
        kernel.ports = {tenant: int(addresses["http%s" % (i or "")].rsplit(":", 1)[1])
                        for i, tenant in enumerate(listeners)}
        return kernel

    def ask(self, kernel, tenant, method, path, body=None):
        status, headers, text = kernel.request(method, path, body, port=kernel.ports[tenant])
        return status, headers, json.loads(text) if text else None

    def titles(self, kernel, tenant):
        status, _, answer = self.ask(kernel, tenant, "GET", "/v1/notes?limit=100")
        self.assertEqual(200, status, answer)
        return sorted(item["doc"]["title"] for item in answer["items"])

    def note(self, kernel, tenant, title, text="t"):
        return self.ask(kernel, tenant, "POST", "/v1/notes", {"title": title, "text": text})

    def refused(self, kernel, *words):
        with self.assertRaises(Refused) as caught:
            kernel.command(*words)
        return caught.exception.answer["error"]

    def names(self, kernel):
        return {t["tenant"]: t for t in kernel.command("tenant", "list")["tenants"]}

    def test_one_tenants_data_limits_and_state_are_not_anothers(self):
        kernel = self.kernel(["a", "b"])
        for tenant in ("a", "b"):
            self.assertEqual(201, self.note(kernel, tenant, "of " + tenant)[0])
        self.assertEqual(["of a"], self.titles(kernel, "a"))
        self.assertEqual(["of b"], self.titles(kernel, "b"))
        kernel.command("tenant", "set", "a", "storage.bytes=300")
        status, _, problem = self.note(kernel, "a", "more", "x" * 500)
        self.assertEqual((507, "storage_quota"), (status, problem["code"]))
        self.assertEqual(201, self.note(kernel, "b", "more", "x" * 500)[0])
        kernel.command("tenant", "suspend", "a")
        status, _, problem = self.ask(kernel, "a", "GET", "/v1/notes")
        self.assertEqual((403, "tenant_suspended", "tenant 'a' is suspended; ask its operator to resume it"),
                         (status, problem["code"], problem["detail"]))
        self.assertEqual(["more", "of b"], self.titles(kernel, "b"))
        kernel.command("tenant", "resume", "a")
        self.assertEqual(["of a"], self.titles(kernel, "a"))

    def test_limits_set_live_hold_for_the_next_request_and_after_a_restart(self):
        kernel = self.kernel(["a"])
        self.assertEqual(201, self.note(kernel, "a", "one")[0])
        kernel.command("tenant", "set", "a", "records=1")
        self.assertEqual("storage_quota", self.note(kernel, "a", "two")[2]["code"])
        kernel.kill()
        kernel = self.kernel(["a"])
        self.assertEqual("storage_quota", self.note(kernel, "a", "two")[2]["code"])
        kernel.command("tenant", "set", "a", "records=")
        self.assertEqual(201, self.note(kernel, "a", "two")[0])

    def test_a_tenant_over_its_rate_is_told_when_to_come_again_and_others_are_served(self):
        kernel = self.kernel(["a", "b"])
        status, headers, _ = self.ask(kernel, "a", "GET", "/v1/notes")
        self.assertEqual((200, None), (status, headers.get("ratelimit")))
        begun = time.monotonic()
        kernel.command("tenant", "set", "a", "rate=0.01", "burst=3")
        answers = [self.ask(kernel, "a", "GET", "/v1/notes") for _ in range(6)]
        self.assertEqual([200, 200, 200, 429, 429, 429], [status for status, _, _ in answers])
        self.assertEqual(['"requests";r=%d' % n for n in (2, 1, 0, 0, 0, 0)],
                         [headers["ratelimit"].split(";t=")[0] for _, headers, _ in answers])
        status, headers, problem = answers[-1]
        self.assertEqual(("rate_limited", 429), (problem["code"], problem["status"]))
        self.assertEqual('"requests";q=3;w=300', headers["ratelimit-policy"])
        self.assertEqual(("3", "0"), (headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]))
        took = time.monotonic() - begun
        self.assertTrue(100 - took - 1 <= int(headers["retry-after"]) <= 100, headers)
        self.assertTrue(300 - took - 1 <= int(headers["x-ratelimit-reset"]) <= 300, headers)
        self.assertEqual(200, self.ask(kernel, "b", "GET", "/v1/notes")[0])
        shown = kernel.command("tenant", "show", "a")
        self.assertEqual((4, 3), (shown["requests"], shown["refused"]))
        kernel.command("tenant", "set", "a", "rate=", "burst=")
        self.assertEqual(200, self.ask(kernel, "a", "GET", "/v1/notes")[0])

    def test_a_rate_of_next_to_nothing_is_not_no_limit(self):
        kernel = self.kernel(["a"])
        kernel.command("tenant", "set", "a", "rate=1e-12", "burst=2")
        answers = [self.ask(kernel, "a", "GET", "/v1/notes") for _ in range(4)]
        self.assertEqual([200, 200, 429, 429], [status for status, _, _ in answers])
        self.assertGreater(int(answers[-1][1]["retry-after"]), 86400)

    def test_a_limit_that_would_let_no_request_end_is_refused_and_nothing_changes(self):
        kernel = self.kernel(["a"])
        leave = " (leave it out for no limit, suspend a tenant that shall not be served), found '%s'"
        for word, wanted in (("in_flight=0", "a whole number from 1 up" + leave % "0"),
                             ("in_flight=0.5", "a whole number from 1 up" + leave % "0.5"),
                             ("cpu=0", "a number of cores from 0.001 up" + leave % "0"),
                             ("memory=0", "a size from 1MiB up" + leave % "0"),
                             ("memory=64KiB", "a size from 1MiB up" + leave % "64KiB"),
                             ("queue=0.5", "a whole number from 0 up, found '0.5'"),
                             ("weight=0", "a number from 0.001 to 1000000, found '0'")):
            error = self.refused(kernel, "tenant", "set", "a", word)
            self.assertEqual("%s: expected %s" % (word.split("=")[0], wanted), error["message"])
        self.assertEqual({}, kernel.command("tenant", "show", "a")["limits"])
        kernel.command("tenant", "set", "a", "in_flight=1", "queue=0", "cpu=0.5", "memory=1MiB", "weight=0.001")
        self.assertEqual(200, self.ask(kernel, "a", "GET", "/v1/notes")[0])

    def test_a_body_larger_than_the_plan_allows_is_refused(self):
        kernel = self.kernel(["a", "b"])
        kernel.command("tenant", "set", "a", "payload.bytes=1KiB")
        self.assertEqual(201, self.note(kernel, "a", "short")[0])
        status, _, problem = self.note(kernel, "a", "long", "x" * 2000)
        self.assertEqual((413, "body_too_large"), (status, problem["code"]))
        self.assertEqual(201, self.note(kernel, "b", "long", "x" * 2000)[0])

    def test_a_tenant_and_its_use_are_shown(self):
        kernel = self.kernel(["a"], tenants="tenants: {a: {plan: free}}")
        self.note(kernel, "a", "one")
        shown = kernel.command("tenant", "show", "a")
        self.assertEqual(("a", "active", "free", True), tuple(shown[k] for k in ("tenant", "state", "plan", "declared")))
        self.assertEqual(1, shown["usage"]["records"]["level"])
        used = shown["usage"]["storage.bytes"]
        self.assertEqual(("stock", 1 << 20), (used["kind"], used["limit"]))
        self.assertGreater(used["level"], 0)
        self.assertEqual(0, kernel.terminate())
        kernel = self.kernel(["a"], tenants="tenants: {a: {plan: free}}")
        self.assertEqual(used["level"], kernel.command("tenant", "show", "a")["usage"]["storage.bytes"]["level"])

    def test_plans_of_the_system_file_change_live(self):
        kernel = self.kernel()
        kernel.command("tenant", "create", "acme", "--plan", "free", "--no-admin", "")
        path = os.path.join(self.folder, "next.yaml")

        def following(plans):
            with open(path, "w", encoding="utf-8") as file:
                file.write(manifest([], plans=plans))
            return path

        following("plans: {free: {rate: 7, storage.bytes: 2MiB}, paid: {weight: 4}}")
        keys = {c["key"]: (c["kind"], c["before"], c["after"]) for c in kernel.command("plan", path)["changes"]}
        self.assertEqual({"plans.free.rate": ("changed", "1000", "7"),
                          "plans.free.storage.bytes": ("changed", "1048576", "2097152")}, keys)
        self.assertEqual(1000, kernel.command("tenant", "show", "acme")["limits"]["rate"])
        kernel.command("apply", path)
        self.assertEqual({"rate": 7, "storage.bytes": 2 << 20}, kernel.command("tenant", "show", "acme")["limits"])
        for command in ("plan", "apply"):
            error = self.refused(kernel, command, following("plans: {paid: {weight: 4}}"))
            self.assertEqual(("conflict", "plan 'free' is missing, and 1 tenant has it ('acme'); keep the plan in the "
                              "system file, or move them with `socle tenant set ID plan=…`"),
                             (error["code"], error["message"]))
        kernel.command("tenant", "set", "acme", "plan=paid")
        kernel.command("apply", path)
        self.assertEqual({"weight": 4}, kernel.command("tenant", "show", "acme")["limits"])

    def test_the_watched_system_file_changes_plans_without_a_command(self):
        kernel = self.kernel()
        kernel.command("tenant", "create", "acme", "--plan", "free", "--no-admin", "")
        with open(kernel.file, "w", encoding="utf-8") as file:
            file.write(manifest([], plans="plans: {free: {rate: 8}, paid: {weight: 4}}"))
        wait_for("the plan's new rate", 60, lambda: kernel.command("tenant", "show", "acme")["limits"]["rate"] == 8)

    def test_a_deleted_tenants_data_is_gone_when_its_name_comes_back(self):
        kernel = self.kernel(["acme", "other"])
        for tenant in ("acme", "other"):
            self.note(kernel, tenant, "of " + tenant)
        error = self.refused(kernel, "tenant", "delete", "acme")
        self.assertIn("is declared in", error["message"])
        kernel.terminate()
        kernel = self.kernel()
        self.assertEqual({"tenant": "acme", "state": "deleted"}, kernel.command("tenant", "delete", "acme"))
        self.assertEqual({"tenant": "acme", "state": "deleted"}, kernel.command("tenant", "delete", "acme"))
        kernel.terminate()
        kernel = self.kernel(["acme", "other"])
        self.assertEqual([], self.titles(kernel, "acme"))
        self.assertEqual(["of other"], self.titles(kernel, "other"))

    def test_nothing_is_deleted_while_there_is_nobody_to_erase_its_data(self):
        kernel = self.kernel(plugins=("gateway",))
        kernel.command("tenant", "create", "acme", "--no-admin", "")
        error = self.refused(kernel, "tenant", "delete", "acme")
        self.assertEqual(("unavailable", "no plugin provides storage/1 now, so its data cannot be erased; load one first"),
                         (error["code"], error["message"]))
        self.assertEqual("active", kernel.command("tenant", "show", "acme")["state"])

    def test_a_deletion_cut_off_by_the_kill_is_ended_by_the_next_kernel(self):
        kernel = self.kernel(["acme"])
        for i in range(30):
            self.note(kernel, "acme", "n%d" % i, "x" * 2000)
        kernel.terminate()
        # What the journal holds when the kill comes between the decision and the erasure.
        decision = b"+ acme state=deleting\n"
        with open(os.path.join(self.folder, "data", "tenants", "journal"), "ab") as file:
            file.write(b"%08x %s\n%s" % (len(decision), hashlib.sha256(decision).hexdigest()[:16].encode(), decision))
        kernel = self.kernel()
        wait_for("the deletion's end", 60, lambda: "acme" not in self.names(kernel))
        kernel.terminate()
        self.assertEqual([], self.titles(self.kernel(["acme"]), "acme"))

    def test_with_an_auth_provider_an_administrator_is_invited_and_tokens_are_issued(self):
        kernel = self.kernel(plugins=("storage-rocksdb", "gateway", "fake-auth"))
        self.assertEqual({"tenant": "acme", "plan": "free", "state": "active", "username": "admin",
                          "password_link": "https://socle.test/acme/admin/admin"},
                         kernel.command("tenant", "create", "acme", "--plan", "free"))
        self.assertEqual({"tenant": "quiet", "plan": "", "state": "active"},
                         kernel.command("tenant", "create", "quiet", "--no-admin", ""))
        self.assertEqual({"token": "token-acme-nobody"}, kernel.command("tenant", "token", "acme"))
        self.assertEqual({"token": "token-acme-ann"}, kernel.command("tenant", "token", "acme", "--user", "ann"))
        self.assertEqual("not_found", self.refused(kernel, "tenant", "token", "nobody")["code"])
        done = subprocess.run([SOCLE, "tenant", "token", "acme", "--control", kernel.control_path], capture_output=True,
                              text=True, timeout=60)
        self.assertEqual((0, "token-acme-nobody\n", ""), (done.returncode, done.stdout, done.stderr))

    def test_a_tenant_whose_administrator_cannot_be_invited_is_not_created(self):
        for fails, code, said in (("refuses", "conflict", "auth/1.invite: there is an admin already"),
                                  ("says_nothing", "internal", 'auth/1.invite answered without "username"')):
            with self.subTest(fails):
                kernel = self.kernel(plugins=("storage-rocksdb", "gateway", "fake-auth"), auth=fails)
                error = self.refused(kernel, "tenant", "create", "acme")
                self.assertEqual(code, error["code"])
                self.assertTrue(error["message"].startswith("tenant 'acme' was not created: " + said), error)
                self.assertEqual({}, self.names(kernel))
                self.assertEqual("acme", kernel.command("tenant", "create", "acme", "--no-admin", "")["tenant"])
                kernel.command("tenant", "delete", "acme")
                kernel.terminate()

    def test_a_tenant_may_ask_what_it_uses(self):
        kernel = self.kernel(["a", "b"], tenants="tenants: {a: {plan: free}}")
        self.note(kernel, "a", "one")
        status, headers, usage = self.ask(kernel, "a", "GET", "/v1/usage")
        self.assertEqual((200, "no-store", "a", "free"),
                         (status, headers["cache-control"], usage["tenant"], usage["plan"]))
        self.assertEqual({"rate": 1000, "storage.bytes": 1 << 20}, usage["limits"])
        self.assertEqual({"kind": "stock", "level": 1}, usage["usage"]["records"])
        self.assertEqual(("b", {}), tuple(self.ask(kernel, "b", "GET", "/v1/usage")[2][k] for k in ("tenant", "limits")))
        kernel.terminate()
        status, _, text = self.kernel().request("GET", "/v1/usage")
        self.assertEqual((401, "unauthenticated"), (status, json.loads(text)["code"]))

    @staticmethod
    def send(kernel, *words):
        """A command whose answer nobody waits for."""
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(kernel.control_path)
            parts = [w.encode() for w in words]
            s.sendall(struct.pack("<I", len(parts)) + b"".join(struct.pack("<I", len(p)) + p for p in parts))

    def test_whatever_was_acknowledged_before_a_kill_is_there_and_batches_are_whole(self):
        seed = random.randrange(1 << 32)
        dice = random.Random(seed)
        there, maybe = {}, {}
        for kill in range(KILLS):
            kernel = self.kernel()
            names = {name: t["state"] for name, t in self.names(kernel).items()}
            for name, state in there.items():
                allowed = {state} | maybe.get(name, set())
                self.assertIn(names.get(name), allowed, "seed %d, kill %d: %s" % (seed, kill, name))
            for name in names:
                self.assertTrue(name in there or name in maybe, "seed %d: %s was never asked for" % (seed, name))
            batches = {}
            for name in names:
                if name.startswith("batch"):
                    batches.setdefault(name.rsplit("-", 1)[0], []).append(name)
            self.assertTrue(all(len(b) == 50 for b in batches.values()), "seed %d: half a batch" % seed)
            there = {name: state for name, state in names.items() if state != "deleting"}
            maybe = {name: {None} for name, state in names.items() if state == "deleting"}
            for step in range(dice.randrange(1, 6)):
                self.random_step(kernel, dice, there, kill, step)
            word, name = dice.choice(("create", "delete", "suspend")), "last-%d" % kill
            if word != "create" and there:
                name = dice.choice(sorted(n for n in there if not n.startswith("batch")) or [name])
            maybe[name] = {"create": {"active"}, "delete": {"deleting", None}, "suspend": {"suspended"}}[word]
            if name not in there:
                maybe[name] = maybe[name] | {None, "deleting"}
            self.send(kernel, "tenant", word, name)
            path = os.path.join(self.folder, "batch")
            with open(path, "w", encoding="utf-8") as file:
                file.write("".join("batch%d-%d plan=free\n" % (kill, i) for i in range(50)))
            maybe.update({"batch%d-%d" % (kill, i): {"active", None} for i in range(50)})
            self.send(kernel, "tenant", "create", "--from", path)
            kernel.kill()
        print("\ntenants: %d kills, %d tenants kept, none lost, no batch halved (seed %d)" % (KILLS, len(there), seed))

    def random_step(self, kernel, dice, there, kill, step):
        single = sorted(name for name in there if not name.startswith("batch"))
        word = dice.choice(("create", "create", "suspend", "delete"))
        if word == "create" or not single:
            name = "t%d-%d" % (kill, step)
            kernel.command("tenant", "create", name, "--no-admin", "")
            there[name] = "active"
        elif word == "suspend":
            name = dice.choice(single)
            there[name] = kernel.command("tenant", "suspend", name)["state"]
        else:
            name = dice.choice(single)
            kernel.command("tenant", "delete", name)
            del there[name]


if __name__ == "__main__":
    main()
