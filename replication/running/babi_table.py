"""A table on bAbI as cells: columns x tasks, each a model of its own, or a column with one model."""

from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path

from replication.records.cells import Cell
from replication.running import command_line
from replication.running.run_cells import run_cells
from replication.training import protocols
from replication.training.babi_task import Task, held_out
from tasks import archives, babi, stand_ins
from tasks.errors import UserError

JOINT_STACK = 5    # restarts trained together of a joint model, whose tables are larger
FOLDERS_10K = ("en-10k", "hn-10k", "shuffled-10k")
SMOKE_QUESTIONS = 200    # of each file in a run whose numbers mean nothing ..
SMOKE_JOINT = 20         # .. and where a joint model learns from all files

SUPERVISED, LSTM, WSH = "MemNN strongly supervised", "LSTM", "MemNN-WSH"
MEMNN_2014 = "MemNN k=2 (+time)"
BASELINES = (SUPERVISED, LSTM, WSH)    # the first columns of MemN2N's Tables 1 and 3


@dataclass(frozen=True)
class Baseline:
    """How the cells of a column are trained whose number is a mean over seeds.

    trainer, train_task  as of `BabiTable.cell`; device: None is any
    """
    protocol: object
    trainer: str
    train_task: object
    device: str | None = "cpu"


def baseline(column):
    """The Baseline of a column that the papers quote from one another, one run each."""
    # Imported here, so that a table's --help need not load torch.
    if column == SUPERVISED:
        from replication.training import memnn_adaptive
        return Baseline(protocols.AM_NG_NL, "memnn_adaptive", memnn_adaptive.train_task)
    if column == LSTM:
        from replication.training import recurrent_babi
        return Baseline(protocols.LSTM, "lstm_babi", recurrent_babi.train_task, None)
    from replication.training import memnn_babi
    protocol = {WSH: protocols.WSH, MEMNN_2014: protocols.MEMNN_2014}[column]
    return Baseline(protocol, "memnn_babi", memnn_babi.train_task)


def with_baselines(variants):
    """{column: its protocol}: of a table's own columns, and of the BASELINES beside them."""
    return variants | {column: baseline(column).protocol for column in BASELINES}


@dataclass(frozen=True)
class BabiTable:
    """What the cells of one table share.

    experiment  its name; other data than the official English has its own folder of records
    source      archives.Source of the files
    folder      of the tasks' language
    tasks       numbers of the tasks whose records are asked
    smoke       a tiny run, to see that everything runs
    base        the folder of the published table's own data
    cut         the beginnings of files are enough
    """
    experiment: str
    source: archives.Source
    folder: str
    tasks: tuple
    smoke: bool = False
    base: str = "en"
    cut: bool = False

    def records_of(self, tasks):
        """The folder of records of models that are trained on these tasks."""
        source = self.source.record(self.folder, tasks)["source"]
        mark = "" if self.folder == self.base else self.folder.removesuffix("-10k")
        mark = "simulated" if source == "simulated" else stand_ins.MARKS.get(source, mark)
        return self.experiment + (f"@{mark}" if mark else "")

    def files(self, task):
        """Training and test file."""
        pair = (self.source.babi(self.folder, task, split) for split in ("train", "test"))
        return tuple(map(beginning, pair) if self.cut else pair)

    def cell(self, column, task, protocol, trainer, train_task, **more):
        """The cell of one column and task.

        trainer     the name of train_task's golden figures
        train_task  (babi_task.Task, protocol, seeds, device) -> Trained
        more        further fields of the Cell
        """
        files = self.files(task)
        n, n_test = map(questions_in, files)
        return Cell(experiment=self.records_of([task]), column=column, task=task,
                    train=partial(train_task, Task(task, *files), protocol), trainer=trainer,
                    protocol=asdict(protocol),
                    data=data_of(self.source.record(self.folder, [task]), protocol, n,
                                 n_test=n_test), **more)

    def memn2n_cells(self, variants):
        """One cell a variant {column: protocols.MemN2N} and task."""
        from replication.training.memn2n import train_task
        return longest_first([
            self.cell(column, task, self._protocol(protocol), "memn2n", train_task)
            for column, protocol in variants.items() for task in self.tasks])

    def joint_cells(self, variants):
        """One cell a variant {column: protocols.MemN2N}, a model of all tasks."""
        from replication.training.memn2n import first_of, train_jointly
        files = {task: self.files(task) for task in babi.TASK_NAMES}
        questions = SMOKE_JOINT if self.smoke else None
        sizes = {task: [len(first_of(file, questions)) if self.smoke else questions_in(file)
                        for file in pair] for task, pair in files.items()}
        n = sum(train for train, _ in sizes.values())
        cells = []
        for column, protocol in variants.items():
            protocol = self._protocol(protocol)
            cells.append(Cell(
                experiment=self.records_of(list(files)), column=column,
                train=partial(train_jointly, files, questions, protocol), trainer="memn2n_joint",
                protocol=asdict(protocol),
                data=data_of(self.source.record(self.folder, list(files)), protocol, n),
                tasks=tuple(self.tasks), n_test={task: test for task, (_, test) in sizes.items()},
                stack=JOINT_STACK))
        return sorted(cells, key=lambda cell: -cell.protocol["hops"])

    def baseline_cells(self, variants):
        """One cell a variant {column: Baseline} and task."""
        cells = []
        for column, one in variants.items():
            protocol = replace(one.protocol, epochs=1) if self.smoke else one.protocol
            cells += [self.cell(column, task, protocol, one.trainer, one.train_task,
                                selection="mean over seeds", device=one.device)
                      for task in self.tasks]
        return longest_first(cells)

    def _protocol(self, protocol):
        return shortened(protocol) if self.smoke else protocol

    def cells_of(self, columns, alone, joint):
        """The cells of some columns, the longest first.

        alone, joint  {column: protocols.MemN2N}: a model a task, one of all tasks; columns of
                      neither are baselines
        """
        jointly, singly = ({column: variants[column] for column in columns if column in variants}
                           for variants in (joint, alone))
        baselines = {column: baseline(column) for column in columns
                     if column not in joint and column not in alone}
        cells = self.joint_cells(jointly) if jointly else []
        return cells + self.baseline_cells(baselines) + self.memn2n_cells(singly)


def data_of(facts, protocol, n, **more):
    """A cell's `data`: what archives.Source says of its files, of whose n training questions the
    protocol holds some out, and more of its keys.
    """
    n_valid = held_out(n, protocol.validation_share)
    return {**facts, "n_train": n - n_valid, "n_valid": n_valid, **more}


@cache
def questions_in(file):
    """How many questions a file has; read once, however many columns ask."""
    return len(babi.read(file))


@cache
def beginning(file):
    """A file with the first SMOKE_QUESTIONS questions of this one, or this one where it has no more.

    A copy goes with this process.
    """
    lines = Path(file).read_bytes().splitlines(keepends=True)
    ends = [number for number, line in enumerate(lines, start=1) if b"\t" in line]
    if len(ends) <= SMOKE_QUESTIONS:
        return file
    copy = command_line.temporary_folder() / Path(file).name
    copy.write_bytes(b"".join(lines[:ends[SMOKE_QUESTIONS - 1]]))
    return copy


def shortened(protocol):
    """A MemN2N's protocol for --smoke."""
    return replace(protocol, epochs=2, linear_start_epochs=min(1, protocol.linear_start_epochs))


def longest_first(cells):
    """The cells, those of the tasks that take longest first."""
    return sorted(cells, key=lambda cell: cell.task not in (3, 5, 2))


def table_of(experiment, options, all_tasks=False, base="en", third="official"):
    """The BabiTable that was asked for; says where its data is from.

    all_tasks  the files of all tasks are needed, whatever is asked
    base       the folder of the published table's own data
    third      task 3's training file: "official", or what stands in for it (tasks.stand_ins)
    """
    tasks = list(babi.TASK_NAMES) if all_tasks else options.tasks
    if third == "official":
        source = archives.locate(options.data, options.source,
                                 needs=archives.babi_files(options.folder, tasks))
    elif options.source == "simulated":
        raise UserError(f"--task-3 {third}: it stands beside official files, and --source "
                        "simulated was asked for")
    else:
        source = stand_ins.locate(options.data, third, options.folder, tasks)
    print(source.description, flush=True)
    # The workers of a cluster have the files themselves, and no beginnings of them.
    return BabiTable(experiment, source, options.folder, tuple(options.tasks), options.smoke, base,
                     cut=options.smoke and isinstance(options.run.jobs, int))


def table_at_10k(experiment, options, joint, third):
    """The same of 10,000 training questions a task.

    joint  the columns asked whose models learn from all tasks, from as many questions of each
    """
    if joint and third == "partial":
        raise UserError(f"--task-3 partial: {joint[0]} learns from as many questions of each "
                        "task; choose other --columns, or --task-3 simulated")
    return table_of(experiment, options, bool(joint), FOLDERS_10K[0], third)


def run(cells, options):
    """Completes the cells' records; returns the exit status."""
    return run_cells(cells, options.run)
