"""Own simulators of the 20 bAbI tasks (Weston et al., arXiv:1502.05698).

One module a task, qa01_... to qa20_..., each with one function `story(rng)`
that returns one whole story as a list of Line. They were inferred from the
paper's description of each task and from statistics of the released files,
and are compared with those files by `python -m tasks.generators --compare`.
"""

# Part of every random stream's key: it changes when the bytes of any task change.
VERSION = "1"
