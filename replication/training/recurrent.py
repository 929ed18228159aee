"""How the recurrent models are fitted: the weights of the epoch with the lowest validation loss."""

import numpy
import torch

from replication.training import epochs

OPTIMIZERS = {"SGD": torch.optim.SGD, "Adam": torch.optim.Adam}


def fit(model, train, validate, protocol, patience=None):
    """Trains `model` in place, and leaves it with the weights of the epoch that counts.

    train     (optimizer) -> the mean loss of one pass over the training data
    validate  () -> {"valid_loss": loss, and what else each epoch's curves have}
    protocol  optimizer, rate and epochs
    patience  epochs without a lower validation loss until training ends; None: it goes on
    Returns (curves, failed): {name: (epochs,)}, train_loss before those of `validate`, NaN after
    the last epoch; and the epoch, from 1, with a loss that is no number, where training ends. None:
    there was none.
    """
    optimizer = OPTIMIZERS[protocol.optimizer](model.parameters(), lr=protocol.rate)
    curves, best = {}, None
    for epoch in range(protocol.epochs):
        figures = {"train_loss": train(optimizer), **validate()}
        epochs.done(epoch + 1, protocol.epochs)
        for name, value in figures.items():
            curves.setdefault(name, numpy.full(protocol.epochs, numpy.nan))[epoch] = value
        if not numpy.isfinite(figures["train_loss"] + figures["valid_loss"]):
            return curves, epoch + 1
        lowest = best_epoch(curves)
        if lowest == epoch:
            best = {name: weight.clone() for name, weight in model.state_dict().items()}
        elif patience is not None and epoch - lowest >= patience:
            break
    model.load_state_dict(best)
    return curves, None


def step(model, optimizer, loss, clip):
    """One step down the gradient of a loss, no longer than `clip`."""
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()


def learn(model, optimizer, losses, clip):
    """A step down each of [(mean loss, number of answers)]; the mean loss of all answers."""
    total = count = 0
    for loss, number in losses:
        step(model, optimizer, loss, clip)
        total, count = total + number * loss.item(), count + number
    return total / count


def best_epoch(curves):
    """The epoch, from 0, with the lowest validation loss."""
    return int(numpy.nanargmin(curves["valid_loss"]))
