"""The part of tests/bench/sched/run.sh that runs a kernel: a light tenant beside heavier ones."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../system"))

from fairness import Fairness  # noqa: E402

SECONDS = int(os.environ.get("SECONDS_EACH", "5"))
LIGHT_RATE = 400  # of requests of some 100 µs: 4 % of a core
WORK = "/v1/burn/100000"


class Light(Fairness):
    def runTest(self):
        self.serve({"light": "weight: 1", "other": "weight: 1"})
        capacity = self.load(("other", 4, WORK, "closed", 8))["other"]["completed"] * 1000 / 3000
        light = ("light", 4, WORK, "open", LIGHT_RATE)

        def p99(*others):
            reports = [self.load(light, *others, measure=SECONDS * 1000)["light"]["p99"] for _ in range(3)]
            return sorted(reports)[1]

        alone = p99()
        share = p99(("other", 8, WORK, "open", int(capacity / 2)))
        flood = p99(("other", 64, WORK, "closed", 25))
        print("sched.light_p99: alone %.0f us, beside its equal at its share (%d/s) %.0f us, beside one with 1,600 requests "
              "under way (50 x its share and more) %.0f us: %.2f x (aim 1.2), alone + %.1f slices (aim 2); median of 3 x "
              "%d s, light at %d/s" % (alone, capacity / 2, share, flood, flood / share, (flood - alone) / 200, SECONDS,
                                       LIGHT_RATE))


def main():
    case = Light()
    case.setUp()
    try:
        case.runTest()
    finally:
        case.doCleanups()


if __name__ == "__main__":
    main()
