"""Own simulators of the 20 bAbI tasks (Weston et al., arXiv:1502.05698).

One module a task, qa01_... to qa20_..., each with one function `story(rng)`
that returns one whole story as a list of Line. They were inferred from the
paper's description of each task and from statistics of the released files,
and are compared with those files by `python -m tasks.generators --compare`.

Known to differ from the release:

- Task 3: in 5 of some 12,750 places, among 2,000 questions, the release asks
  nothing although the rule that fits all its other places allows a question.
- Task 5: "What did A give to B?" is open where A gave B another thing since.
  The release asks it there in 22 of 11,000 questions (the 10k training and
  test files); the simulator never does.
"""

# Part of every random stream's key: it changes when the bytes of any task change.
VERSION = "1"
