"""Tunes a baseline on validation questions: trains the runs of its grid that its file lacks.

    python -m replication.tune recurrent --jobs 2           RNN and LSTM of Memory Networks, Tables 3, 5
    python -m replication.tune lstm_babi --jobs 2           the LSTM of MemN2N's Table 1
    python -m replication.tune sentence_answers --jobs 2    word features of Memory Networks, Table 6
    python -m replication.tune text_rnn --jobs 2            RNN and LSTM beside MemN2N's Table 2
    python -m replication.tune NAME --choose                train nothing: say what the file's rows say
    python -m replication.tune NAME --help                  its flags: --results, --jobs, --choose,
                                                            and --data where it reads files

Each script's first lines say where its choice is typed; a test holds it to the file.
"""

import importlib
import sys

from replication.running import command_line
from tasks.errors import UserError

NAMES = ("recurrent", "lstm_babi", "sentence_answers", "text_rnn")


def main(argv=None):
    words = sys.argv[1:] if argv is None else list(argv)
    if words[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    if words[:1] == [] or words[0] not in NAMES:
        raise UserError(f"what is to be tuned? one of {', '.join(NAMES)}")
    return importlib.import_module(f"replication.tuning.{words[0]}").main(words[1:])


if __name__ == "__main__":
    sys.exit(command_line.run(main))
