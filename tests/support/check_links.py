#!/usr/bin/env python3
"""check_links.py ROOT: every relative link in README.md and docs/ leads to a file, and every file path that a page names in
backquotes (kernel/..., sdk/..., tests/..., plugins/..., examples/..., docs/...) exists. Exit 1 names what does not."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
pages = [root / "README.md", *sorted((root / "docs").rglob("*.md")), *sorted((root / "examples").rglob("*.md"))]
problems = []
for page in pages:
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.S | re.M)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target and not (page.parent / target).exists():
            problems.append(f"{page.relative_to(root)}: link to {target}, which does not exist")
    for name in re.findall(r"`((?:kernel|sdk|tests|plugins|examples|docs|manifests)/[\w./-]+)`", text):
        if ".N" not in name and not (root / name).exists():  # abi-1.N stands for a series
            problems.append(f"{page.relative_to(root)}: names {name}, which does not exist")
print("\n".join(problems) or f"{len(pages)} pages checked")
sys.exit(1 if problems else 0)
