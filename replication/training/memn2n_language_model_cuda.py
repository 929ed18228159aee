"""The steps of memn2n_language_model.py on a GPU: one CUDA graph, launched once a step.

A step's kernels are small, and launching them one by one takes longer than they run. A graph
launches them all, and how many they are is then what counts. So what a hop multiplies lies side by
side, for one product: of each window the words, the time vectors and H,

    X_k = [P_k  p_k  u_k]    u_k [m  T_A]^T: the scores    X_k [c  T_C  H^T]: u_{k+1} before ReLU

where P_k is p_k on the window's words (`spread`). The six matrices lie in one tensor, and their
gradients in another. Nothing in a step waits for the processor or has a shape that depends on the
words. The figures are those of a processor but for the order of sums.

Dimensions as in replication/models/memn2n_language_model.py, and S = J + N slots of a window.
"""

import torch
from torch.nn.functional import embedding

from replication.models.memn2n_language_model import U_1, band

WARM_UP = 3      # steps before the capture, at rate 0: libraries allocate what they need
ORDER = ("A", "C", "T_A", "T_C", "H", "W")      # T_C and H^T side by side


class Steps:
    """Steps of SGD on one model, whose matrices it puts into one tensor.

    text  (T,)    G windows of L neighbours a step    limit  of the gradient's norm
    """

    def __init__(self, model, text, G, L, limit):
        self.model, self.limit, self.G = model, limit, G
        K, N, d = model.K, model.N, model.d
        self.J = N + L - 1
        self.S = self.J + N
        self.every = text.unfold(0, N + L, 1)                            # (.., N + L)
        matrices = [getattr(model, name) for name in ORDER]
        matrices[4] = matrices[4].mT                                     # H^T
        self.weights = torch.cat([matrix.flatten() for matrix in matrices])
        self.gradient = torch.zeros_like(self.weights)
        sizes = [matrix.numel() for matrix in matrices]
        self.w, self.g = ([part.view(matrix.shape) for part, matrix in zip(
            whole.split(sizes), matrices)] for whole in (self.weights, self.gradient))
        for name, part in zip(ORDER, self.w):
            setattr(model, name, part.mT if name == "H" else part)
        n = sum(sizes[:2])
        self.of_words = self.gradient[:n]                                # A and C
        self.of_hops = self.gradient[n + sizes[2]:n + sum(sizes[2:5])].view(N + d, d)
        self.X = self.weights.new_zeros(G, K, L, self.S + d)             # zero outside the bands
        self.X[:, 0, :, self.S:] = U_1
        self.Z = self.weights.new_zeros(G, K, L, self.S)
        self.dX = self.weights.new_empty(G, K + 1, L, self.S + d)
        self.places = torch.ones(G, dtype=torch.int64, device=text.device)
        self.rate = self.weights.new_zeros(())

    def sum_of(self, X):
        """What X (G, L, ..) has for each slot, of its word and of its time vector: (G, L, N)."""
        J, N = self.J, self.model.N
        return band(X, N) + X[..., J:J + N]

    def put(self, X, p):
        """Writes p (G, L, N) into X (G, L, ..), on the window's words and by itself."""
        J, N = self.J, self.model.N
        band(X, N).copy_(p)
        X[..., J:J + N] = p

    def gradients(self):
        """Gradients of the summed cross-entropy at `places`, into `gradient`; returns the loss."""
        model, J, S, X, Z, dX = self.model, self.J, self.S, self.X, self.Z, self.dX
        (K, N), G, linear = (model.K, model.N), self.G, model.linear
        A, C, T_A, T_C, H_T, W = self.w
        window = self.every[self.places]                                 # (G, N + L)
        x, y = window[:, :-1].contiguous(), window[:, N:].reshape(-1, 1)
        m = torch.cat([embedding(x, A), T_A.expand(G, -1, -1)], 1)       # (G, S, d)
        c = torch.cat([embedding(x, C), torch.cat([T_C, H_T]).expand(G, -1, -1)], 1)
        p = []
        for k in range(K):
            scores = X[:, k, :, S:] @ m.mT                               # (G, L, S)
            p.append(self.sum_of(scores).softmax(-1))                    # (G, L, N)   equation 1
            self.put(X[:, k], p[k])
            u = X[:, k] @ c                                              # (G, L, d)   section 2.2
            u[..., linear:].relu_()
            if k + 1 < K:
                X[:, k + 1, :, S:] = u
        last = u.flatten(0, 1)                                           # (B, d)
        D = torch.log_softmax(last @ W, 1)                               # (B, V)
        loss = -D.gather(1, y).sum()
        D.exp_().scatter_add_(1, y, D.new_full(y.shape, -1.0))
        torch.mm(last.mT, D, out=self.g[5])
        dX[:, K, :, S:] = (D @ W.mT).view_as(u)
        for k in reversed(range(K)):
            du = dX[:, k + 1, :, S:]                                     # of u_{k+1}
            after = X[:, k + 1, :, S + linear:] if k + 1 < K else u[..., linear:]
            torch.ops.aten.threshold_backward.grad_input(du[..., linear:], after, 0,
                                                         grad_input=du[..., linear:])
            torch.bmm(du, c.mT, out=dX[:, k])
            dz = torch.ops.aten._softmax_backward_data(
                self.sum_of(dX[:, k]), p[k], 2, p[k].dtype)
            self.put(Z[:, k], dz)
            if k:                                                        # u_1 is not learned
                dX[:, k, :, S:].baddbmm_(Z[:, k], m)
        X, Z, do = X.flatten(1, 2), Z.flatten(1, 2), dX[:, 1:, :, S:].flatten(1, 2)
        dm, dc = Z.mT @ X[..., S:], X.mT @ do                            # as m and c
        torch.sum(dm[:, J:], 0, out=self.g[2])
        torch.sum(dc[:, J:], 0, out=self.of_hops)
        self.of_words.zero_()
        for dE, each in zip(self.g, (dm, dc)):
            dE.index_add_(0, x.flatten(), each[:, :J].flatten(0, 1))
        return loss

    def take(self):
        """One step at `places`; returns the loss before it."""
        loss = self.gradients()
        norm = torch.linalg.vector_norm(self.gradient)
        self.weights.addcmul_(self.gradient, -self.rate * (self.limit / norm).clamp_max(1.0))
        return loss


def steps_with(model, text, protocol, rate):
    """As in memn2n_language_model.py; the loss's tensor is overwritten by the next step."""
    p = protocol
    steps = Steps(model, text, p.batch // p.window, p.window, p.clip)
    beside = torch.cuda.Stream()             # a capture must not be on the stream of all else
    beside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(beside):
        for _ in range(WARM_UP):
            steps.take()
    torch.cuda.current_stream().wait_stream(beside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss = steps.take()
    steps.rate.fill_(rate)

    def replayed(places):
        steps.places.copy_(places)
        graph.replay()
        return loss
    return replayed
