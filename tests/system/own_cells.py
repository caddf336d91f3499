#!/usr/bin/env python3
"""system.own_cells: with `cell: per-tenant` and `per-plan` the fault of one tenant's plugin code is that tenant's alone,
from HTTP to the operator's tables; cells come with the first call, are bounded, and go when idle or with the tenant."""

import json
import os
import re
import threading

from harness import Refused, SystemTest, copy_plugin, main, wait_for

TENANTS = ("acme", "globex", "initech")


class OwnCells(SystemTest):
    def start(self, cell, limits=""):
        tenants = ["tenants:"] + ["  %s: {plan: %s}" % (t, "gold" if t != "initech" else "free") for t in TENANTS]
        entries = {"drill": "home: cell, cell: %s%s" % (cell, limits),
                   "gateway": "home: kernel, listen: [http, ops, %s], grants: [ingress, catalog]" % ", ".join(TENANTS)}
        kernel = self.kernel(plugins=("storage-rocksdb", "gateway", "hello", "drill"), entries=entries)
        with open(kernel.file, encoding="utf-8") as file:
            text = file.read()
        for tenant in TENANTS:
            text = text.replace("listeners:\n", 'listeners:\n  %s: {address: "127.0.0.1:0", tenant: %s, principal: tester}\n'
                                % (tenant, tenant), 1)
        text = text.replace("plans: {demo: {weight: 1}}", "plans: {demo: {weight: 1}, gold: {weight: 4}, free: {weight: 1}}")
        text = text.replace("tenants: {demo: {plan: demo}}", "\n".join(tenants + ["  demo: {plan: demo}"]))
        with open(kernel.file, "w", encoding="utf-8") as file:
            file.write(text)
        self.running = kernel.start()
        addresses = kernel.command("status")["listeners"]
        self.ports = {t: int(addresses[t].rsplit(":", 1)[1]) for t in TENANTS}
        return kernel

    def drill(self, tenant, what):
        status, _, text = self.running.request("POST", "/v1/drill/" + what, b"{}", {"Content-Type": "application/json"},
                                               port=self.ports[tenant])
        return status, text

    def ask(self, tenant):
        status, _, text = self.running.request("GET", "/v1/drill", port=self.ports[tenant])
        return status, text

    def generation(self):
        return [g for g in self.running.command("plugin", "show", "drill")["generations"] if g["state"] == "active"][-1]

    def cells(self):
        return {c["of"]: c for c in self.generation()["cells"]}

    def doctor(self):
        """Of the cells' processes."""
        try:
            answer = self.running.command("doctor")
        except Refused as refused:  # something is not well
            answer = refused.answer
        return {c["check"]: c for c in answer["checks"]}["cell processes"]

    def test_what_one_tenant_does_to_its_cell_no_other_tenant_notices(self):
        self.start("per-tenant", ", limits: {memory: 64MiB, files: 96}")
        for tenant in TENANTS:
            self.assertEqual((200, "well"), self.ask(tenant))
        before = self.cells()
        self.assertEqual({"", *TENANTS}, set(before))
        self.assertEqual(4, len({c["pid"] for c in before.values()}))
        stop, answers = threading.Event(), []

        def others():
            while not stop.is_set():
                answers.extend(self.ask(t) for t in ("globex", "initech"))
        asking = threading.Thread(target=others)
        asking.start()
        for what in ("segv", "abort", "overflow", "kill", "exit", "loop"):
            status, text = self.drill("acme", what)
            self.assertEqual((503, "cell_died"), (status, json.loads(text)["code"]), what)
        status, text = self.drill("acme", "memory")
        self.assertTrue((status, text) == (200, "ENOMEM") or status == 503, text)
        self.drill("acme", "descriptors")
        wait_for("acme's next good answer", 60, lambda: self.ask("acme") == (200, "well"))
        stop.set()
        asking.join()
        self.assertGreater(len(answers), 20)
        self.assertEqual({(200, "well")}, set(answers))
        after = self.cells()
        for tenant in ("", "globex", "initech"):
            self.assertEqual((before[tenant]["pid"], 0), (after[tenant]["pid"], after[tenant]["deaths"]), tenant)
        self.assertGreaterEqual(after["acme"]["deaths"], 6)
        crash = self.running.command("plugin", "show", "drill")["last_crash"]
        self.assertEqual(("cell", "acme"), (crash["process"], crash["tenant"]))
        print("\nown_cells: 6 deaths of acme's cell, %d answers of others, 0 wrong" % len(answers))

    def test_tenants_of_a_plan_share_a_cell_and_move_with_the_plan(self):
        self.start("per-plan")
        for tenant in TENANTS:
            self.assertEqual((200, "well"), self.ask(tenant))
        self.assertEqual({"", "gold", "free"}, set(self.cells()))
        self.assertEqual(503, self.drill("acme", "segv")[0])
        wait_for("its death to be counted", 60, lambda: self.cells()["gold"]["deaths"] == 1)
        self.running.command("tenant", "set", "acme", "plan=free")
        self.assertEqual(503, self.drill("acme", "segv")[0])
        wait_for("its death to be counted", 60, lambda: self.cells()["free"]["deaths"] == 1)
        self.assertEqual(1, self.cells()["gold"]["deaths"])

    def test_idle_cells_end_and_a_full_house_is_told(self):
        self.start("per-tenant", ", limits: {cells: 2, idle: 2s}")
        self.assertEqual((200, "well"), self.ask("acme"))
        self.assertEqual((200, "well"), self.ask("globex"))
        status, text = self.ask("initech")
        self.assertEqual((503, "cells_exhausted"), (status, json.loads(text)["code"]), text)
        self.assertIn("plugin 'drill' has all the 2 cells its `limits.cells` allows", self.doctor()["found"])
        self.assertEqual(3, [p for p in self.running.command("top")["plugins"] if p["plugin"] == "drill"][0]["cells"])
        wait_for("room", 60, lambda: self.ask("initech") == (200, "well"))
        wait_for("idle cells to end", 60, lambda: set(self.cells()) == {""})
        self.assertTrue(self.doctor()["ok"])
        self.assertEqual((200, "well"), self.ask("acme"))

    def test_a_deleted_tenants_cell_ends_before_its_data_is_erased(self):
        kernel = self.start("per-tenant")
        for tenant in TENANTS:
            self.assertEqual((200, "well"), self.ask(tenant))
        before = self.cells()
        with open(kernel.file, encoding="utf-8") as file:
            text = file.read()
        with open(kernel.file, "w", encoding="utf-8") as file:  # nobody declares it any more
            file.write(text.replace("tenant: acme,", "tenant: globex,").replace("  acme: {plan: gold}\n", ""))

        def deleted():
            try:
                return kernel.command("tenant", "delete", "acme")
            except Refused as refused:
                self.assertIn("is declared in", refused.answer["error"]["message"])
                return None
        wait_for("the manifest to be taken and the tenant to go", 60, deleted)
        self.assertFalse(os.path.exists("/proc/%d" % before["acme"]["pid"]))
        after = self.cells()
        self.assertEqual({"", "globex", "initech"}, set(after))
        for tenant in after:
            self.assertEqual(before[tenant]["pid"], after[tenant]["pid"])

    def test_swaps_moves_and_a_restart_keep_who_shares(self):
        kernel = self.start("per-tenant")
        second = copy_plugin(self.folder, "drill")
        stop, wrong, asked = threading.Event(), [], [0]

        def ask():
            while not stop.is_set():
                for tenant in TENANTS:
                    answer = self.ask(tenant)
                    asked[0] += 1
                    if answer != (200, "well"):
                        wrong.append(answer)
        asking = threading.Thread(target=ask)
        asking.start()
        for _ in range(3):
            kernel.swap("drill", second)
            kernel.command("plugin", "move", "drill", "--home", "kernel")
            kernel.command("plugin", "move", "drill", "--home", "cell")
            kernel.command("plugin", "rollback", "drill")
            kernel.command("plugin", "rollback", "drill")
        stop.set()
        asking.join()
        self.assertEqual([], wrong)
        self.assertGreater(asked[0], 30)
        self.ask("acme")
        self.assertIn("acme", self.cells())
        kernel.kill_kernel()
        kernel.await_restart()
        wait_for("an answer", 60, lambda: self.ask("globex") == (200, "well"))
        self.assertEqual("per-tenant", self.generation()["cell"])
        self.assertIn("globex", self.cells())
        print("\nown_cells: 15 swaps, moves and rollbacks, %d requests, 0 failed" % asked[0])

    def test_a_plugin_whose_state_is_one_instances_cannot_have_several(self):
        path = copy_plugin(self.folder, "drill", [("state: none", "state: cache")])
        kernel = self.kernel(plugins=("gateway", "drill"), paths={"drill": path},
                             entries={"drill": "home: cell, cell: per-tenant"}).spawn()
        self.assertEqual(1, kernel.process.wait(60))
        self.assertIn("plugin 'drill' cannot have cells of its own: its `state: cache` is one instance's, and with "
                      "`cell: per-tenant` it has several; say `cell: shared`", kernel.log_text())

    def canary(self, folder, during, wanted):
        """Swaps drill for a canary that acme alone meets, while `during` asks; the report, whose outcome begins with `wanted`,
        and how many were tried: again with more time where that was too short for calls enough, or others made some take long."""
        for tried, seconds in enumerate((4, 8, 16, 32), 1):
            report = self.canary_for(seconds, folder, during)
            if not re.match("reverted: (too few calls|p95 )", report["outcome"]):
                break
        self.assertTrue(report["outcome"].startswith(wanted), report)
        return report, tried

    def canaries(self):
        return [g for g in self.running.command("plugin", "show", "drill")["generations"] if g["state"] == "canary"]

    def canary_for(self, seconds, folder, during):
        reports = []

        def command():
            try:
                reports.append(self.running.command("plugin", "swap", "drill", folder, "--canary", "0%",
                                                    "--for", "%ds" % seconds, "--tenants", "acme"))
            except Refused as reverted:
                reports.append(reverted.answer)
        swap = threading.Thread(target=command)
        swap.start()
        wait_for("the canary", 60, lambda: self.canaries() or not swap.is_alive())
        while swap.is_alive():
            during()
        swap.join()
        return reports[0]

    def test_a_canary_in_a_cell_is_judged_and_its_crashes_are_its_own(self):
        self.start("shared")
        second, asked = copy_plugin(self.folder, "drill"), {"acme": 0, "globex": 0}

        def ask():
            for tenant in asked:
                self.assertEqual((200, "well"), self.ask(tenant))
                asked[tenant] += 1
        self.canary(second, ask, "promoted")
        self.assertEqual("1.0.1", self.generation()["version"])
        third = copy_plugin(os.path.join(self.folder, "third"), "drill", [("version: 1.0.0", "version: 1.0.0")])

        def crash():
            for _ in range(20):
                self.assertEqual((200, "well"), self.ask("globex"))
                self.assertEqual((200, "well"), self.ask("acme"))
            if self.canaries():
                self.assertEqual(503, self.drill("acme", "segv")[0])
        report, tried = self.canary(third, crash, "reverted: errors ")
        for tenant in asked:
            self.assertEqual((200, "well"), self.ask(tenant))
        # The last request to crash may have come after a verdict, when acme was back beside globex; no earlier one did.
        self.assertLessEqual(self.generation()["crashes"], 2 * tried)
        print("\nown_cells: canary in a cell: promoted after %s calls; sent back: %s" % (asked, report["outcome"]))

    def test_a_rollback_ends_a_canary_in_a_cell_and_nobody_notices(self):
        self.start("shared")
        before, reports = self.generation(), []
        second = copy_plugin(self.folder, "drill")
        stop, wrong = threading.Event(), []

        def ask():
            while not stop.is_set():
                wrong.extend(answer for answer in map(self.ask, ("acme", "globex")) if answer != (200, "well"))

        def command():
            try:
                reports.append(self.running.command("plugin", "swap", "drill", second, "--for", "1h", "--tenants", "acme"))
            except Refused as reverted:
                reports.append(reverted.answer)
        threads = [threading.Thread(target=ask), threading.Thread(target=command)]
        for thread in threads:
            thread.start()
        try:
            # Its own and acme's calls: the canary serves.
            canary = wait_for("the canary to serve", 60, lambda: [g for g in self.canaries() if g["calls"] > 0])[0]
            ended = self.running.command("plugin", "rollback", "drill")
            threads[1].join(60)
            after = self.running.command("plugin", "show", "drill")["generations"]
            wait_for("calls at the serving generation", 60, lambda: self.generation()["calls"] > [
                g["calls"] for g in after if g["generation"] == before["generation"]][0])
        finally:
            stop.set()
            threads[0].join(60)
        self.assertEqual([], wrong)
        self.assertEqual(("canary ended", canary["generation"], before["generation"], 0, "unmapped"),
                         tuple(ended[key] for key in ("outcome", "from", "to", "failed", "old_state")))
        told = "reverted: ended by `socle plugin rollback drill`"
        self.assertEqual([told], [report["outcome"] for report in reports])
        self.assertEqual([told], [g["verdict"] for g in after if g["generation"] == canary["generation"]])
        self.assertEqual((before["generation"], before["cells"][0]["pid"]),
                         (self.generation()["generation"], self.generation()["cells"][0]["pid"]))
        self.assertFalse(os.path.exists("/proc/%d" % canary["cells"][0]["pid"]))
        self.assertIn("canary " + told, self.running.log_text())

    def test_apply_changes_who_shares(self):
        kernel = self.start("shared")
        self.ask("acme")
        self.assertEqual({""}, set(self.cells()))
        with open(kernel.file, encoding="utf-8") as file:
            text = file.read()
        with open(kernel.file, "w", encoding="utf-8") as file:
            file.write(text.replace("cell: shared", "cell: per-tenant"))
        wait_for("the manifest to be taken", 60, lambda: self.generation()["cell"] == "per-tenant")
        self.assertEqual((200, "well"), self.ask("acme"))
        self.assertIn("acme", self.cells())


if __name__ == "__main__":
    main()
