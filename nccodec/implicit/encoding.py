"""A picture -> ImplicitCode: see `codec.kinds.Encoder`. Replaced by the branch that fits."""


class Encoder: ...
