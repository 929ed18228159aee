"""In the place of torch, which takes seconds to load, in processes that compute nothing with it."""

import os


def set_num_threads(number):
    pass


class backends:
    class cpu:
        @staticmethod
        def get_cpu_capability():
            return os.environ["CPU_CAPABILITY"]    # the real one's, for the records to be the same
