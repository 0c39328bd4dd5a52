"""The one tree of errors. Each message is a single line that says what is wrong and where."""


class NclError(Exception):
    """Anything that nccodec refuses: the base of every error below."""


class NclWarning(UserWarning):
    """Something that is not as might be expected, such as what of a picture a file does not hold; the rest is done."""


class ImageError(NclError):
    """A picture that cannot be read, written or represented."""


class FormatError(NclError):
    """Bytes that are no valid `.ncl` file (bitstream_spec.md names the rule that they break)."""


class TruncatedError(FormatError):
    """A `.ncl` that ends before its last field."""


class ChecksumError(FormatError):
    """A `.ncl` whose checksum does not match: damaged in storage or transport."""


class LimitError(NclError):
    """Valid, but beyond a limit of the specification or of the caller (pixels, scale, sizes)."""


class WeightsError(NclError):
    """A weights file that is missing, damaged or unusable."""


class CollageError(NclError):
    """Parameters of a map that is not admissible: no contraction and not nilpotent."""


class VerificationError(NclError):
    """A `.ncl` that does not hold what it should."""


class TrainingError(NclError):
    """Training that cannot start or resume: no usable pictures, or a checkpoint that does not fit."""


class StoreError(NclError):
    """A store beyond this machine that cannot be reached, or does not read or write what is asked for."""


class ClusterError(NclError):
    """A cluster that cannot be reached, or whose workers cannot work."""


class ComparisonError(NclError):
    """A comparison that cannot be made: unknown codecs, unusable curves, a package that is missing."""
