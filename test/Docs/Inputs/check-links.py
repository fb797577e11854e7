"""Checks that relative links of Markdown pages lead to files.

usage: check-links.py FOLDER
"""

import pathlib
import re
import sys


def main(folder):
    root = pathlib.Path(folder)
    pages = [
        page
        for page in root.rglob("*.md")
        if not any(part.startswith("build") for part in page.relative_to(root).parts)
    ]
    broken, count = [], 0
    for page in pages:
        text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#\s]+)", text):
            if "://" in target:
                continue
            count += 1
            if not (page.parent / target).exists():
                broken.append(f"{page}: no {target}")
    print("\n".join(broken) or f"{count} links on {len(pages)} pages")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
