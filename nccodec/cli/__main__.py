"""`python -m nccodec.cli COMMAND ...` is `nc COMMAND ...`, in a form that torchrun can start:
`torchrun --nproc-per-node N -m nccodec.cli train CROPS --out FILE ...` trains in N processes."""

from . import main

if __name__ == "__main__":
    main()
