"""Write the next revision of the server's chain: `python -m sync.migrations "what changes"`."""

import sys

from leora_core.store.upgrade import revise
from sync.migrations import CHAIN

sys.stdout.write(f"{revise(CHAIN, ' '.join(sys.argv[1:]))}\n")
