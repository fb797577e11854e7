"""The shape argv[2] with as many layers as the plan argv[1] says, and argv[3]."""

import json
import re
import sys

plan = open(sys.argv[1]).read()
shape = json.load(open(sys.argv[2]))
shape["block_count"] = int(re.search(r"^layers: (\d+) of", plan, re.M)[1])
shape["block_count"] += int(sys.argv[3]) if len(sys.argv) > 3 else 0
print(json.dumps(shape))
