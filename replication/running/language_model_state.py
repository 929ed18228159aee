"""What a run of the language model has on disk between epochs, so that it can go on from there.

A JSON file names the weights (safetensors) that it belongs to and is written last, both in one
step each: a kill at any moment leaves the last whole epoch. There are no states of generators: an
epoch's draws are keyed by its number (memn2n_language_model.starts).
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch

from replication.records import files as stored_files, provenance, record as results
from tasks.errors import UserError


@dataclass(frozen=True)
class Kept:
    """One restart's state.

    folder  of this cell's running restarts
    seed    the restart's
    run     {protocol, data, golden}: what the cell is, and the digest of its trainer's golden
            figures; a state of another run, or of a trainer that gave other numbers, is refused
    """
    folder: Path
    seed: int
    run: dict

    @property
    def file(self):
        return Path(self.folder) / f"seed-{self.seed}.json"

    def load(self, curves):
        """The weights {name: tensor} of the last epoch, and its curves into `curves`; or None.

        Raises UserError, one line, for a state that is damaged or of another run.
        """
        if not self.file.exists():
            return None
        advice = f"delete {self.folder} to train the cell from its beginning"
        try:
            state = json.loads(self.file.read_text(encoding="utf-8"))
            weights = self.file.with_name(state["weights"])
            if stored_files.sha256(weights) != state["sha256"]:
                raise UserError(f"{weights}: not the weights that {self.file.name} names; {advice}")
            if set(state["curves"]) != set(curves):
                raise ValueError(f"curves {', '.join(state['curves'])}")
            different = results.differences(state["run"], results.plain(self.run), "run")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{self.file}: not the state of a run ({type(error).__name__}: "
                            f"{error}); {advice}") from None
        if different:
            raise UserError(f"{self.file}: the state of another run: {'; '.join(different[:3])}; "
                            f"{advice}")
        curves.update(state["curves"])
        return safetensors.torch.load_file(weights)

    def kinds(self):
        """provenance.kind of the machines that its epochs were trained on, the first one first."""
        if not self.file.exists():
            return []
        return json.loads(self.file.read_text(encoding="utf-8")).get("kinds", [])

    def store(self, weights, curves):
        """Replaces the state by that after one more epoch."""
        epoch = len(curves["rate"])
        here = provenance.kind(provenance.environment(next(iter(weights.values())).device.type))
        kinds = self.kinds()
        weights = {name: w.contiguous().cpu().numpy() for name, w in weights.items()}
        file = self.file.with_name(f"seed-{self.seed}.epoch-{epoch}.safetensors")
        stored_files.write(file, stored_files.checkpoint_to_bytes(weights, {}))
        state = {"run": self.run, "epoch": epoch, "curves": curves, "weights": file.name,
                 "sha256": stored_files.sha256(file),
                 "kinds": kinds if here in kinds else [*kinds, here]}
        stored_files.write(self.file, (results.one_line(state) + "\n").encode())
        for old in self.file.parent.glob(f"seed-{self.seed}.epoch-*.safetensors"):
            if old != file:
                old.unlink()


def discard(folder, seeds):
    """Removes the states of restarts that a record has; the folder goes with the last one."""
    for seed in seeds:
        for file in (folder / f"seed-{seed}.json", *folder.glob(f"seed-{seed}.epoch-*"),
                     *folder.glob(f".seed-{seed}.*.tmp")):       # of a kill while one was written
            file.unlink(missing_ok=True)     # what names the others first: no state is half there
    with suppress(OSError):
        folder.rmdir()
