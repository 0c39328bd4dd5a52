"""Command line: `nc`, and `nccodec` where that is netcat."""

import signal


def main() -> None:
    """Run `nc`: one clear line for whatever goes wrong, never a traceback for bad input, nor for Ctrl-C, which ends the
    process at once while it is still being read."""
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # where it is ignored it stays so
    if ours:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from .app import run

    if ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run()
