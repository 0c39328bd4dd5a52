"""`python -m nccodec.training CROPS --out FILE ...` is `nc train`, in a form that torchrun can start:
`torchrun --nproc-per-node N -m nccodec.training CROPS --out FILE ...` trains in N processes."""

import sys

from ..cli import main

if __name__ == "__main__":
    sys.argv.insert(1, "train")
    main()
