"""What large-scale QA is compared with: word overlap, tf-idf (scikit-learn), BM25 (bm25s).

Each is a function of the memory that returns a function (a question's word ids) -> scores (T,).
"""

import bm25s
import numpy
from sklearn.feature_extraction.text import TfidfTransformer

from replication.models.memnn_bags import bags


def word_overlap(memory, Phi):
    """How many words question and triple share."""
    def scores(ids):
        return Phi @ numpy.bincount(ids, minlength=Phi.shape[1]).astype(numpy.float32)
    return scores


def tf_idf(memory, Phi):
    """Cosine of the tf-idf vectors, with scikit-learn's default weights."""
    transformer = TfidfTransformer()
    documents = transformer.fit_transform(Phi)

    def scores(ids):
        return documents @ transformer.transform(bags([ids], Phi.shape[1])).toarray()[0]
    return scores


def bm25(memory, Phi):
    """BM25 with bm25s's default variant and constants."""
    texts = [memory.words[start:stop].tolist()
             for start, stop in zip(memory.bounds[:-1:3], memory.bounds[3::3])]
    retriever = bm25s.BM25()
    retriever.index((texts, {word: word for word in range(Phi.shape[1])}), show_progress=False)

    def scores(ids):
        return retriever.get_scores_from_ids(list(ids))
    return scores


BASELINES = {"word overlap": word_overlap, "tf-idf": tf_idf, "BM25": bm25}
