"""system.model_memory: what is compiled of a tenant's models is memory of that tenant: shown, kept up to an eighth of its
`memory`, refused beyond it in words that say what to do, and nobody else's concern."""

from harness import SystemTest, main, plugin, wait_for
from models import RESIDENT, Tenant, YAML

PATTERN = 96 << 10  # bytes that a regular expression counts at least
MEMORY = 4 << 20    # of the small tenant
TENANTS = ("small", "other")


def manifest():
    entries = {"storage-rocksdb": "home: kernel",
               "gateway": "home: kernel, listen: [%s, ops], grants: [ingress, catalog]" % ", ".join(("http",) + TENANTS),
               "models": 'home: kernel, grants: ["call:storage/1", "call:models/1", "call:rules/1", "call:forms/1", '
                         '"call:auth/1", "act-as:tenants"]',
               "rules": 'home: kernel, grants: ["call:models/1"]'}
    lines = ["socle: 1", "data: data", "listeners:", '  http: {address: "127.0.0.1:0"}', '  ops: {address: "127.0.0.1:0"}']
    lines += ['  %s: {address: "127.0.0.1:0", tenant: %s, principal: tester}' % (t, t) for t in TENANTS]
    lines += ["resident: " + RESIDENT, "plans: {small: {memory: 4MiB}}", "tenants: {small: {plan: small}, other: {}}",
              "plugins:"]
    lines += ["  - {path: %s, %s}" % (plugin(name), entry) for name, entry in entries.items()]
    return "\n".join(lines) + "\n"


def ruleset(name, patterns):
    """A short text with so many regular expressions, which take most of what its compiled form takes."""
    parts = ", ".join("p%d: \"input.w.matches('^a%d+$')\"" % (i, i) for i in range(patterns))
    return "rules: %s\noutput: {%s}\n" % (name, parts)


class ModelMemory(SystemTest):
    def setUp(self):
        super().setUp()
        self.k = self.kernel(manifest=manifest()).start()
        listeners = self.k.command("status")["listeners"]
        self.small, self.other = (Tenant(int(listeners[t].rsplit(":", 1)[1])) for t in TENANTS)
        self.addCleanup(self.small.close)
        self.addCleanup(self.other.close)

    def held(self, tenant):
        return self.k.command("tenant", "show", tenant)["memory_bytes"]

    def comes_to(self, tenant, least, most):
        """What workers have leased and do not use is given back a second after the last request."""
        return wait_for("%s holds %d to %d bytes" % (tenant, least, most), 60,
                        lambda: least <= self.held(tenant) <= most, pause=0.1)

    @staticmethod
    def evaluate(tenant, name):
        return tenant.good("POST", "/v1/rules/%s/evaluate" % name, {"input": {"w": "a0"}})["output"]["p0"]

    def test_compiled_rulesets_are_the_tenants_memory(self):
        self.small.release(ruleset("w0", 1), name="w0")
        self.assertTrue(self.evaluate(self.small, "w0"))
        self.comes_to("small", PATTERN, 2 * PATTERN)

        # An eighth of its memory is kept, of what was used last; all are served.
        for i in range(1, 12):
            name = "w%d" % i
            self.small.release(ruleset(name, 1), name=name)
            self.assertTrue(self.evaluate(self.small, name))
        self.comes_to("small", 3 * PATTERN, MEMORY // 8 + PATTERN // 2)
        for i in range(12):
            self.assertTrue(self.evaluate(self.small, "w%d" % i))

        # One over the eighth is served, and not kept.
        self.small.release(ruleset("large", 8), name="large")
        self.assertTrue(self.evaluate(self.small, "large"))
        self.comes_to("small", PATTERN, MEMORY // 8 + PATTERN // 2)

        # One that there is no room for is told so, when it is published; its draft is there.
        self.small.good("PUT", "/v1/models/rules/huge", ruleset("huge", 64), YAML)
        status, problem = self.small.ask("POST", "/v1/models/rules/huge/publish")
        self.assertEqual((status, problem["code"]), (413, "too_large"), problem)
        self.assertIn("ruleset 'huge': ", problem["detail"])
        self.assertIn(" bytes are to be kept, and the tenant has %d in all: make smaller" % MEMORY, problem["detail"])
        self.assertTrue(self.evaluate(self.small, "w3"), "what is small is served")
        self.comes_to("small", PATTERN, MEMORY // 8 + PATTERN // 2)

        # Another tenant has the memory that it has.
        before = self.held("small")
        self.other.release(ruleset("others", 32), name="others")
        self.assertTrue(self.evaluate(self.other, "others"))
        self.comes_to("other", 32 * PATTERN, 64 * PATTERN)
        self.assertLessEqual(self.held("small"), before)

        # With a larger plan the same is published and kept.
        self.k.command("tenant", "set", "small", "memory=128MiB")
        self.small.good("POST", "/v1/models/rules/huge/publish")
        self.assertTrue(self.evaluate(self.small, "huge"))
        self.comes_to("small", 32 * PATTERN, 128 * PATTERN)

        # With a smaller one than is kept, requests go on, and what is made anew takes the place of what was kept.
        self.k.command("tenant", "set", "small", "memory=1MiB")
        self.assertTrue(self.evaluate(self.small, "huge"))
        self.small.release("rules: tiny\noutput: {p0: \"true\"}\n", name="tiny")
        self.assertTrue(self.evaluate(self.small, "tiny"))
        self.comes_to("small", 0, 1 << 20)


if __name__ == "__main__":
    main()
